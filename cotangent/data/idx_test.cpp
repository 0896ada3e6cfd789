#include "cotangent/data/idx.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "cotangent/data/detail/file.hpp"
#include "cotangent/data/detail/mutate.hpp"
#include "cotangent/data/detail/testing.hpp"

namespace data = cotangent::data;

namespace {

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
    std::vector<std::byte> bytes;
    for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

}  // namespace

TEST_CASE("IDX elements are big-endian numbers of four kinds") {
    CHECK(data::decode_idx(bytes_of({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255})).to_vector<int>() ==
          std::vector<int>{1, 2, 3, 4, 5, 255});
    const auto integers = data::decode_idx(bytes_of({0, 0, 12, 1, 0, 0, 0, 2, 0, 0, 1, 2, 255, 255, 255, 254}));
    CHECK(integers.dtype() == cotangent::Dtype::int32);
    CHECK(integers.to_vector<int>() == std::vector<int>{258, -2});
    CHECK(data::decode_idx(bytes_of({0, 0, 13, 1, 0, 0, 0, 1, 0x3f, 0xc0, 0, 0})).item() == 1.5);
    CHECK(data::decode_idx(bytes_of({0, 0, 14, 0, 0xc0, 0x04, 0, 0, 0, 0, 0, 0})).item() == -2.5);
}

TEST_CASE("damaged IDX says what is wrong") {
    const auto error = [](std::initializer_list<int> values) {
        try {
            (void)data::decode_idx(bytes_of(values));
        } catch (const cotangent::IoError& failure) {
            return std::string(failure.what());
        }
        return std::string("none");
    };
    CHECK(error({}) == "decode_idx: it does not begin like an IDX file");
    CHECK(error({0, 0, 9, 1, 0, 0, 0, 0}) ==
          "decode_idx: its elements are of IDX type 0x09, expected 0x08, 0x0c, 0x0d or 0x0e");
    CHECK(error({0, 0, 8, 1, 0, 0}) == "decode_idx: it ends inside its header");
    CHECK(error({0, 0, 8, 1, 0, 0, 0, 9, 1}) == "decode_idx: it has 1 bytes of elements, expected 9 for shape [9]");
    CHECK(error({0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}) ==
          "decode_idx: its shape is too large");
    CHECK(error({0, 0, 8, 4, 0xef, 0x5d, 0x29, 0x74, 0xfd, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xab}) ==
          "decode_idx: its shape is too large");  // though an axis of length 0 makes the product 0
    CHECK_THROWS_AS((void)data::load_mnist("/nowhere", data::Part::validation), cotangent::ValueError);
    CHECK_THROWS_WITH_AS((void)data::load_mnist("/nowhere"),
                         "load_mnist: /nowhere has no file train-images-idx3-ubyte or train-images-idx3-ubyte.gz",
                         cotangent::IoError);
}

TEST_CASE("MNIST has 70,000 digits, and its training pixels the published MD5") {
    const auto folder = data::testing::shared_data("mnist");
    if (folder.empty()) return;
    const auto train = data::load_mnist(folder), test = data::load_mnist(folder, data::Part::test);
    data::check(train);
    CHECK(train.images.shape() == cotangent::Shape{60000, 28, 28, 1});
    CHECK(test.images.shape() == cotangent::Shape{10000, 28, 28, 1});
    const auto labels = train.labels.to_vector<int>();
    CHECK(std::vector<int>(labels.begin(), labels.begin() + 10) == std::vector<int>{5, 0, 4, 1, 9, 2, 1, 3, 1, 4});
    CHECK(std::count(labels.begin(), labels.end(), 1) == 6742);

    // The MD5 is that of the whole file: put its header before the pixels.
    auto file = bytes_of({0, 0, 8, 3, 0, 0, 0xea, 0x60, 0, 0, 0, 28, 0, 0, 0, 28});
    const auto pixels = std::as_bytes(train.images.values<std::uint8_t>());
    file.insert(file.end(), pixels.begin(), pixels.end());
    std::array<unsigned char, 16> digest{};
    EVP_Digest(file.data(), file.size(), digest.data(), nullptr, EVP_md5(), nullptr);
    CHECK(digest == std::array<unsigned char, 16>{0x6b, 0xbc, 0x9a, 0xce, 0x89, 0x8e, 0x44, 0xae, 0x57, 0xda, 0x46, 0xa3,
                                                  0x24, 0x03, 0x1a, 0xdb});
}

TEST_CASE("pictures and labels must be as many") {
    const data::testing::TemporaryFolder folder;
    data::detail::write_file("test", folder / "train-images.idx3-ubyte",
                             bytes_of({0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7, 8}));
    data::detail::write_file("test", folder / "train-labels-idx1-ubyte", bytes_of({0, 0, 8, 1, 0, 0, 0, 2, 3, 1}));
    const auto two = data::load_mnist(folder.path(), data::Part::train, data::fashion_mnist_class_names());
    CHECK(two.images.to_vector<int>() == std::vector<int>{7, 8});
    CHECK(two.class_names[static_cast<std::size_t>(two.labels.to_vector<int>()[0])] == "Dress");
    data::detail::write_file("test", folder / "train-labels-idx1-ubyte", bytes_of({0, 0, 8, 1, 0, 0, 0, 1, 3}));
    CHECK_THROWS_AS((void)data::load_mnist(folder.path()), cotangent::IoError);
    data::detail::write_file("test", folder / "train-labels-idx1-ubyte", bytes_of({0, 0, 8, 1, 0, 0, 0, 2, 3, 10}));
    CHECK_THROWS_AS((void)data::load_mnist(folder.path()), cotangent::IoError);
}

TEST_CASE("mutated IDX is read or refused") {
    const auto valid = bytes_of({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255});
    CHECK(data::testing::survive_mutations(valid, 5000, [](const auto& bytes) { (void)data::decode_idx(bytes); }) > 1000);
}
