#include "cotangent/data/cifar10.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "cotangent/data/detail/file.hpp"
#include "cotangent/data/detail/mutate.hpp"
#include "cotangent/data/detail/testing.hpp"

namespace data = cotangent::data;

namespace {

std::vector<std::byte> record(int label, int red) {
    std::vector<std::byte> bytes(3073, std::byte{9});
    bytes[0] = static_cast<std::byte>(label);
    bytes[1] = static_cast<std::byte>(red);
    bytes[1 + 1024] = std::byte{20};
    bytes[1 + 2048] = std::byte{30};
    return bytes;
}

}  // namespace

TEST_CASE("CIFAR-10 planes become pixels, and files are read in order") {
    const data::testing::TemporaryFolder folder;
    data::detail::write_file("test", folder / "data_batch_2.bin", record(3, 2));
    data::detail::write_file("test", folder / "data_batch_1.bin", record(9, 1));
    data::detail::write_file("test", folder / "readme.html", {});
    const auto dataset = data::load_cifar10(folder.path());
    data::check(dataset);
    CHECK(dataset.images.shape() == cotangent::Shape{2, 32, 32, 3});
    CHECK(dataset.labels.to_vector<int>() == std::vector<int>{9, 3});
    const auto pixels = dataset.images.to_vector<int>();
    CHECK(std::vector<int>(pixels.begin(), pixels.begin() + 4) == std::vector<int>{1, 20, 30, 9});
    CHECK_THROWS_WITH_AS((void)data::load_cifar10(folder.path(), data::Part::test),
                         ("load_cifar10: " + folder.path().string() + " has no file test_batch*.bin").c_str(),
                         cotangent::IoError);
    data::detail::write_file("test", folder / "data_batch_3.bin", record(10, 0));
    CHECK_THROWS_WITH_AS((void)data::load_cifar10(folder.path()),
                         ("load_cifar10: cannot read " + (folder / "data_batch_3.bin").string() +
                          ": record 0 has the label 10, expected one below 10")
                             .c_str(),
                         cotangent::IoError);
}

TEST_CASE("the real test batch is read from its packed file") {
    const auto folder = data::testing::shared_data("cifar10");
    if (folder.empty()) return;
    const auto test = data::load_cifar10(folder, data::Part::test);
    data::check(test);
    CHECK(test.images.shape() == cotangent::Shape{1000, 32, 32, 3});
    // The first pictures of the test batch are a cat, two ships, an airplane, two frogs.
    const auto labels = test.labels.to_vector<int>();
    CHECK(std::vector<int>(labels.begin(), labels.begin() + 6) == std::vector<int>{3, 8, 8, 0, 6, 6});
    const auto statistics = data::channel_statistics(test.images);
    CHECK(statistics.mean[0] == doctest::Approx(0.49).epsilon(0.03));
    CHECK(statistics.mean[2] == doctest::Approx(0.45).epsilon(0.03));
}

TEST_CASE("mutated CIFAR-10 is read or refused") {
    auto valid = record(1, 1);
    CHECK(data::testing::survive_mutations(valid, 1000, [](const auto& bytes) { (void)data::decode_cifar10(bytes); }) > 100);
}
