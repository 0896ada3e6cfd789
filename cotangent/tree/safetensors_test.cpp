#include "cotangent/tree/safetensors.hpp"

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <random>

#include <doctest/doctest.h>

#include "cotangent/tensor/ops.hpp"
#include "tests/temporary_folder.hpp"

namespace {

using namespace cotangent;
namespace fs = std::filesystem;

struct Dense {
    Tensor weight, bias;
};
struct Model {
    std::vector<Dense> layers;
    Frozen<Tensor> mean;
    double scale = 1;
    std::optional<Tensor> classes;
    int steps = 0;
};

Model model() {
    return {.layers = {{Tensor::of<float>({{1, 2}, {3, 4}}), Tensor::of<float>({5, 6})}, {ones({2, 1}), zeros({1})}},
            .mean = {Tensor::of<double>({0.25, 0.5})},
            .scale = 0.1,
            .classes = Tensor::of<std::int64_t>({7, 8, 9}),
            .steps = 5};
}

bool same(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && a.dtype() == b.dtype() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}
bool same(const NamedTensors& a, const NamedTensors& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const auto& x, const auto& y) { return x.first == y.first && same(x.second, y.second); });
}

/// A file of this header and so many bytes of data.
std::vector<std::byte> file_of(const std::string& header, std::size_t data_size) {
    std::vector<std::byte> bytes(8 + header.size() + data_size);
    const std::uint64_t length = header.size();
    std::memcpy(bytes.data(), &length, 8);
    std::memcpy(bytes.data() + 8, header.data(), header.size());
    return bytes;
}

/// The message of decoding such a file.
std::string refusal(const std::vector<std::byte>& bytes) {
    try {
        (void)decode_tensors(bytes, "x");
    } catch (const IoError& error) {
        return error.what();
    }
    return "accepted";
}
std::string refusal(const std::string& header, std::size_t data_size) { return refusal(file_of(header, data_size)); }

}  // namespace

TEST_CASE("a tree is loaded as it was saved, Frozen state and integer tensors too") {
    const testing::TemporaryFolder folder;
    const fs::path path = folder / "model.safetensors";
    save(path, model(), {{"epoch", "3"}, {"größe", "\"quoted\"\n"}});
    Model loaded = map_tree<Leaves::all>([](const auto& x) { return x * 0; }, model());
    loaded.steps = 11;
    const Metadata metadata = load(path, loaded);
    CHECK(same(named_leaves<Leaves::all>(loaded), named_leaves<Leaves::all>(model())));
    CHECK(loaded.scale == 0.1);
    CHECK(loaded.steps == 11);  // no leaf: not saved
    CHECK(metadata == Metadata{{"epoch", "3"}, {"größe", "\"quoted\"\n"}});
}

TEST_CASE("every dtype, empty tensors and any UTF-8 name survive") {
    NamedTensors tensors = {{"f64", Tensor::of<double>({0.1, -0.0, std::numeric_limits<double>::infinity()})},
                            {"i64", Tensor::of<std::int64_t>({std::numeric_limits<std::int64_t>::min()})},
                            {"", Tensor::of<float>({{std::nanf("7")}})},
                            {"層.\"0\"\\\n", Tensor::of<std::int32_t>({-1, 2})},
                            {"scalar", full({}, 3)},
                            {"empty", zeros({3, 0})},
                            {"half", cast(Tensor::of<float>({1.5, -2}), Dtype::bfloat16)},
                            {"bytes", Tensor::of<std::uint8_t>({0, 255})},
                            {"mask", Tensor::of<bool>({{true, false, true}})}};
    const TensorFile file = decode_tensors(encode_tensors(tensors));
    CHECK(same(file.tensors, tensors));  // already ordered by width
    CHECK(file.metadata.empty());
    CHECK(decode_tensors(encode_tensors({})).tensors.empty());
}

TEST_CASE("the data starts at a multiple of 8 and wide elements come first") {
    const auto bytes = encode_tensors({{"a", Tensor::of<std::uint8_t>({1})}, {"b", Tensor::of<double>({2})}});
    std::uint64_t header_size = 0;
    std::memcpy(&header_size, bytes.data(), 8);
    CHECK(header_size % 8 == 0);
    CHECK(bytes.size() == 8 + header_size + 9);
    CHECK(decode_tensors(bytes).tensors[0].first == "b");
}

TEST_CASE("a file written by the Python package is read") {
    // testdata/make_golden.py: safetensors 0.8.0, NumPy 2.4.6
    const TensorFile file = load_tensors(fs::path(__FILE__).parent_path() / "testdata" / "golden.safetensors");
    std::map<std::string, Tensor> tensors(file.tensors.begin(), file.tensors.end());
    REQUIRE(tensors.size() == 8);
    CHECK(same(tensors["stem.weight"], Tensor::of<float>({{0.5f, -1.5f, 2.25f}, {1e-30f, 3e38f, -0.0f}})));
    CHECK(same(tensors["stem.bias"], Tensor::of<double>({3.141592653589793, std::numeric_limits<double>::infinity()})));
    CHECK(same(tensors["half"], cast(Tensor::of<float>({1, -3.140625}), Dtype::bfloat16)));
    CHECK(same(tensors["größe/層"], Tensor::of<std::int32_t>({std::numeric_limits<std::int32_t>::min(), 7})));
    CHECK(same(tensors["step"], Tensor::of<std::int64_t>({(std::int64_t{1} << 40) + 1}).view({})));
    CHECK(same(tensors["bytes"], Tensor::of<std::uint8_t>({0, 127, 255})));
    CHECK(same(tensors["mask"], Tensor::of<bool>({{true, false, true}}).view({3})));
    CHECK(same(tensors["nothing"], zeros({0, 4})));
    CHECK(file.metadata == Metadata{{"format", "np"}, {"naïve", "“quoted”"}});
}

TEST_CASE("load names everything that does not fit and leaves the tree as it was") {
    const testing::TemporaryFolder folder;
    const fs::path path = folder / "model.safetensors";
    save_tensors(path, {{"layers.0.weight", zeros({2, 2})},
                        {"layers.0.bias", zeros({3})},
                        {"layers.1.weight", zeros({2, 1}, Dtype::float64)},
                        {"mean", zeros({2}, Dtype::float64)},
                        {"scale", zeros({}, Dtype::float64)},
                        {"extra", zeros({1}, Dtype::uint8)}});
    Model tree = model();
    CHECK_THROWS_WITH_AS(load(path, tree),
                         ("load: " + path.string() +
                          ": does not fit the tree: missing `layers.1.bias` [1] float32; missing `classes` [3] int64; "
                          "unexpected `extra` [1] uint8; `layers.0.bias` is [3] float32, expected [2] float32; "
                          "`layers.1.weight` is [2, 1] float64, expected [2, 1] float32")
                             .c_str(),
                         IoError);
    CHECK(same(named_leaves<Leaves::all>(tree), named_leaves<Leaves::all>(model())));
}

TEST_CASE("damaged files are refused with the reason") {
    const std::string entry = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
    const auto with = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
        return R"({"a":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
    };
    CHECK(refusal("{" + entry + "}", 8) == "accepted");
    CHECK(refusal(std::vector<std::byte>(7)) == "load: x: has 7 bytes, expected at least 8");
    auto long_header = file_of("{}", 0);
    long_header[0] = std::byte{3};
    CHECK(refusal(long_header) == "load: x: the header claims 3 bytes, but 2 follow: the file is truncated");
    long_header[7] = std::byte{0x80};
    CHECK(refusal(long_header) == "load: x: the header claims 9223372036854775811 bytes, expected at most 100000000");
    CHECK(refusal("{" + entry + "}", 7) == "load: x: `a` ends at byte 8 of the data, which has 7: the file is truncated");
    CHECK(refusal("{" + entry + "}", 9) == "load: x: 1 bytes follow the last tensor, expected none");
    CHECK(refusal("{" + entry + R"(,"b":{"dtype":"U8","shape":[2],"data_offsets":[7,9]}})", 9) ==
          "load: x: `b` starts at byte 7 of the data, inside the tensor before it");
    CHECK(refusal("{" + entry + R"(,"b":{"dtype":"U8","shape":[2],"data_offsets":[9,11]}})", 11) ==
          "load: x: `b` starts at byte 9 of the data, expected 8: a hole");
    CHECK(refusal("{" + entry + "," + entry + "}", 8) == "load: x: the header has the name `a` twice");
    CHECK(refusal(R"({"a":{"dtype":"F32","dtype":"I32","shape":[2],"data_offsets":[0,8]}})", 8) ==
          "load: x: the header has the name `dtype` twice");
    CHECK(refusal("{\"\xff\":1}", 0).starts_with("load: x: the header is not JSON: "));
    CHECK(refusal("{", 0).starts_with("load: x: the header is not JSON: "));
    CHECK(refusal("[]", 0) == "load: x: the header is array, expected an object");
    CHECK(refusal(std::string(100000, '['), 0) == "load: x: the header nests deeper than the format does");
    CHECK(refusal(R"({"a":3})", 0) == "load: x: `a` is described by 3, expected dtype, shape and data_offsets");
    CHECK(refusal(with(R"("U64")", "[1]", "[0,8]"), 8) ==
          "load: x: `a` has dtype U64, expected one of F32 F64 BF16 I32 I64 U8 BOOL F16 I8 I16 U16 U32");
    CHECK(refusal(with("7", "[4]", "[0,8]"), 8).starts_with("load: x: `a` has dtype 7, expected"));
    CHECK(refusal(with(R"("F32")", "[3]", "[0,8]"), 8) == "load: x: `a` has 8 bytes, expected 12 for F32 [3]");
    CHECK(refusal(with(R"("F32")", "[-2]", "[0,8]"), 8) ==
          "load: x: `a` has a length -2 in its shape, expected an integer of 0 or more");
    CHECK(refusal(with(R"("F32")", "[4294967296,4294967296,0]", "[0,0]"), 0) ==
          "load: x: `a` has the shape [4294967296,4294967296,0], whose size overflows");
    CHECK(refusal(with(R"("F32")", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4) == "load: x: `a` has 9 axes, expected at most 8");
    CHECK(refusal(with(R"("F32")", "[2]", "[8,0]"), 8) ==
          "load: x: `a` has data_offsets [8,0], expected a first and a last byte");
    CHECK(refusal(R"({"__metadata__":{"a":1}})", 0) == "load: x: __metadata__ `a` is number, expected text");
    auto boolean = file_of(with(R"("BOOL")", "[1]", "[0,1]"), 1);
    CHECK(refusal(boolean) == "accepted");
    boolean.back() = std::byte{2};
    CHECK(refusal(boolean) == "load: x: `a` is BOOL and has a byte that is neither 0 nor 1");
}

TEST_CASE("files that cannot be opened or written are named") {
    const testing::TemporaryFolder folder;
    const fs::path missing = folder / "missing.safetensors";
    CHECK_THROWS_WITH_AS((void)load_tensors(missing),
                         ("load: " + missing.string() + ": cannot open it: No such file or directory").c_str(), IoError);
    CHECK_THROWS_WITH_AS((void)load_tensors(folder.path()),
                         ("load: " + folder.path().string() + ": is not a regular file").c_str(), IoError);
    const fs::path nowhere = folder / "no" / "where";
    CHECK_THROWS_WITH_AS(
        save(nowhere, model()),
        ("write: " + nowhere.string() + ": cannot create a file in its folder: No such file or directory").c_str(), IoError);
}

TEST_CASE("what the format cannot hold is not saved") {
    CHECK_THROWS_WITH_AS((void)encode_tensors({{"a", zeros({1})}, {"a", zeros({1})}}), "save: two tensors have the name `a`",
                         ValueError);
    CHECK_THROWS_WITH_AS((void)encode_tensors({{"__metadata__", zeros({1})}}),
                         "save: a tensor has the name __metadata__, which the format reserves", ValueError);
    CHECK_THROWS_AS((void)encode_tensors({{"\xff", zeros({1})}}), ValueError);
    CHECK_THROWS_AS((void)encode_tensors({}, {{"a", "\xff"}}), ValueError);
}

TEST_CASE("thousands of damaged files are loaded or refused, nothing else") {
    const auto valid = encode_tensors({{"a", Tensor::of<float>({{1, 2}, {3, 4}})},
                                       {"b.weight", Tensor::of<std::int64_t>({5})},
                                       {"mask", Tensor::of<bool>({{true, false}})},
                                       {"none", zeros({0})}},
                                      {{"key", "value"}});
    std::mt19937 random(20190321);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
    const std::string tokens = "0123456789[]{}:,\"-.eF\xff ";
    int accepted = 0, refused = 0;
    for (int round = 0; round < 6000; ++round) {
        auto bytes = valid;
        for (std::size_t change = below(3) + 1; change > 0 && bytes.size() > 1; --change) {
            const auto at = static_cast<std::ptrdiff_t>(below(bytes.size()));
            const auto token = static_cast<std::byte>(tokens[below(tokens.size())]);
            switch (below(6)) {
                case 0: bytes[static_cast<std::size_t>(at)] = static_cast<std::byte>(below(256)); break;
                case 1: bytes[static_cast<std::size_t>(at)] = token; break;
                case 2: bytes.insert(bytes.begin() + at, token); break;
                case 3: bytes.erase(bytes.begin() + at); break;
                case 4: bytes.resize(static_cast<std::size_t>(at)); break;
                default: {
                    const std::vector<std::byte> copy(
                        bytes.begin() + at,
                        bytes.begin() + at +
                            static_cast<std::ptrdiff_t>(below(bytes.size() - static_cast<std::size_t>(at))));
                    bytes.insert(bytes.begin() + at, copy.begin(), copy.end());
                }
            }
        }
        try {
            const TensorFile file = decode_tensors(bytes);
            CHECK(same(decode_tensors(encode_tensors(file.tensors, file.metadata)).tensors,
                       decode_tensors(encode_tensors(file.tensors)).tensors));
            ++accepted;
        } catch (const Error&) {
            ++refused;
        }
    }
    CHECK(accepted > 100);
    CHECK(refused > 4000);
}
