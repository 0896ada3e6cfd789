#include "cotangent/data/npy.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <numeric>

#include "cotangent/data/detail/file.hpp"
#include "cotangent/data/detail/mutate.hpp"
#include "cotangent/data/detail/testing.hpp"

namespace data = cotangent::data;
using cotangent::Dtype;
using cotangent::Tensor;

namespace {

data::NamedArrays samples() {
    return {
        {"float32", Tensor::of<float>({{1.5f, -2, 3}, {4, 5, 6}})},
        {"float64", Tensor::from(std::vector<double>{0.1}, {})},
        {"int32", Tensor::from(std::vector<std::int32_t>{-1, 2, 2147483647}, {3})},
        {"int64", Tensor::from(std::vector<std::int64_t>{1, -(std::int64_t{1} << 40)}, {2, 1, 1})},
        {"uint8", Tensor::from(std::vector<std::uint8_t>(1000, 7), {10, 100})},
        {"bool", Tensor::of<bool>({{true, false}})},
        {"empty", Tensor::from(std::vector<float>{}, {0, 5})},
    };
}

bool is_same(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && a.dtype() == b.dtype() && std::equal(a.raw(), a.raw() + a.bytes(), b.raw());
}

std::vector<std::byte> npy(std::string header, std::size_t elements) {
    std::string text("\x93NUMPY\x01\x00", 8);
    text.push_back(static_cast<char>(header.size()));
    text.push_back(0);
    text += header + std::string(elements, '\x01');
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

/// The project's Python, which has NumPy, or the system's.
std::string python() {
    const auto own = std::filesystem::path(__FILE__).parent_path() / "../../.venv/bin/python3";
    return std::filesystem::exists(own) ? own.string() : "python3";
}

bool has_numpy() {
    const bool found = std::system((python() + " -c 'import numpy' 2>/dev/null").c_str()) == 0;
    if (!found) MESSAGE("skipped: needs python3 with NumPy");
    return found;
}

}  // namespace

TEST_CASE(".npy and .npz give back every array") {
    for (const auto& [name, tensor] : samples()) {
        CAPTURE(name);
        const auto bytes = data::encode_npy(tensor);
        CHECK((bytes.size() - tensor.bytes()) % 64 == 0);
        CHECK(is_same(data::decode_npy(bytes), tensor));
    }
    for (const auto compression : {data::NpzCompression::stored, data::NpzCompression::deflated}) {
        const auto bytes = data::encode_npz(samples(), compression);
        const auto arrays = data::decode_npz(bytes);
        REQUIRE(arrays.size() == samples().size());
        for (const auto& [name, tensor] : samples()) CHECK(is_same(arrays.at(name), tensor));
    }
    CHECK(data::encode_npz(samples(), data::NpzCompression::deflated).size() < data::encode_npz(samples()).size());
    CHECK(data::decode_npz(data::encode_npz({})).empty());
}

TEST_CASE("NumPy reads what is written and the reverse") {
    if (!has_numpy()) return;
    const data::testing::TemporaryFolder folder;
    data::write_npz(folder / "ours.npz", samples(), data::NpzCompression::deflated);
    data::write_npz(folder / "stored.npz", samples());
    data::write_npy(folder / "ours.npy", samples().at("float32"));
    std::ofstream(folder / "check.py") << R"(
import numpy as np, sys, zipfile
folder = sys.argv[1] + '/'
for name in ('ours.npz', 'stored.npz'):
    assert zipfile.ZipFile(folder + name).testzip() is None
    a = np.load(folder + name)
    assert a['float32'].dtype == np.float32 and a['float32'].tolist() == [[1.5, -2, 3], [4, 5, 6]]
    assert a['float64'].dtype == np.float64 and a['float64'].shape == () and a['float64'] == 0.1
    assert a['int32'].dtype == np.int32 and a['int32'].tolist() == [-1, 2, 2**31 - 1]
    assert a['int64'].dtype == np.int64 and a['int64'].tolist() == [[[1]], [[-2**40]]]
    assert a['uint8'].shape == (10, 100) and (a['uint8'] == 7).all()
    assert a['bool'].dtype == np.bool_ and a['bool'].tolist() == [[True, False]]
    assert a['empty'].shape == (0, 5)
assert np.load(folder + 'ours.npy').tolist() == [[1.5, -2, 3], [4, 5, 6]]
x = np.arange(24, dtype='<f4').reshape(2, 3, 4)
np.save(folder + 'c.npy', x)
np.save(folder + 'fortran.npy', np.asfortranarray(x))
np.lib.format.write_array(open(folder + 'v2.npy', 'wb'), x, version=(2, 0))
np.savez(folder + 'plain.npz', x=x, y=np.array([True, False]), z=np.int64(5))
np.savez_compressed(folder + 'packed.npz', x=np.asfortranarray(x), y=np.zeros((0, 2), '<i4'))
np.save(folder + 'big.npy', x.astype('>f4'))
np.save(folder + 'half.npy', x.astype('<f2'))
)";
    REQUIRE(std::system((python() + " " + (folder / "check.py").string() + " " + folder.path().string()).c_str()) == 0);
    std::vector<float> values(24);
    std::iota(values.begin(), values.end(), 0.0f);
    const Tensor x = Tensor::from(values, {2, 3, 4});
    for (const char* file : {"c.npy", "fortran.npy", "v2.npy"}) {
        CAPTURE(file);
        CHECK(is_same(data::read_npy(folder / file), x));
    }
    const auto plain = data::read_npz(folder / "plain.npz"), packed = data::read_npz(folder / "packed.npz");
    CHECK(is_same(plain.at("x"), x));
    CHECK(is_same(packed.at("x"), x));
    CHECK(plain.at("y").to_vector<int>() == std::vector<int>{1, 0});
    CHECK(plain.at("z").item() == 5);
    CHECK(packed.at("y").shape() == cotangent::Shape{0, 2});
    const std::string big = folder / "big.npy";
    CHECK_THROWS_WITH_AS(
        (void)data::read_npy(big),
        ("read_npy: cannot read " + big + ": its elements are `>f4`, expected one of <f4 <f8 <i4 <i8 |u1 |b1").c_str(),
        cotangent::IoError);
    CHECK_THROWS_AS((void)data::read_npy(folder / "half.npy"), cotangent::IoError);
}

TEST_CASE("Fortran order becomes row-major") {
    auto bytes = npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", 6);
    for (int i = 0; i < 6; ++i) bytes[bytes.size() - 6 + i] = static_cast<std::byte>(i);
    CHECK(data::decode_npy(bytes).to_vector<int>() == std::vector<int>{0, 2, 4, 1, 3, 5});
}

TEST_CASE("damaged .npy says what is wrong") {
    const auto error = [](const std::vector<std::byte>& bytes) {
        try {
            (void)data::decode_npy(bytes);
        } catch (const cotangent::IoError& failure) {
            return std::string(failure.what());
        }
        return std::string("none");
    };
    CHECK(error({}) == "decode_npy: it does not begin like an .npy file");
    CHECK(error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 7)) ==
          "decode_npy: it has 7 bytes of elements, expected 8 for float32 [2]");
    CHECK(error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", 0)) ==
          "decode_npy: its shape is too large");
    CHECK(error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4, 0), }", 0)) ==
          "decode_npy: its shape is too large");  // though the product is 0
    CHECK(error(npy("{'descr': '<f4', 'shape': (2,), }", 8)) == "decode_npy: its header is not the one that NumPy writes");
    CHECK(error(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", 8)) ==
          "decode_npy: its elements are records, expected numbers");
    CHECK_THROWS_AS((void)data::encode_npy(Tensor::uninitialized({2}, Dtype::bfloat16)), cotangent::DtypeError);
    auto archive = data::encode_npz(samples());
    archive[100] ^= std::byte{1};
    CHECK_THROWS_AS((void)data::decode_npz(archive), cotangent::IoError);
}

TEST_CASE("mutated arrays are read or refused") {
    const auto array = data::encode_npy(Tensor::of<float>({{1, 2, 3}, {4, 5, 6}}));
    CHECK(data::testing::survive_mutations(array, 5000, [](const auto& bytes) { (void)data::decode_npy(bytes); }) > 1000);
    for (const auto compression : {data::NpzCompression::stored, data::NpzCompression::deflated}) {
        const auto archive =
            data::encode_npz({{"a", Tensor::of<float>({1, 2})}, {"b", Tensor::of<float>({3})}}, compression);
        CHECK(data::testing::survive_mutations(archive, 3000, [](const auto& bytes) { (void)data::decode_npz(bytes); }) >
              1000);
    }
}
