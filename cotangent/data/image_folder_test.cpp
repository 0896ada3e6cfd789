#include "cotangent/data/image_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "cotangent/data/detail/testing.hpp"
#include "cotangent/data/image_file.hpp"
#include "cotangent/tensor/threads.hpp"

namespace data = cotangent::data;
using cotangent::Tensor;

namespace {

Tensor plain(std::int64_t height, std::int64_t width, std::uint8_t value) {
    return Tensor::from(std::vector<std::uint8_t>(static_cast<std::size_t>(height * width * 3), value), {height, width, 3});
}

}  // namespace

TEST_CASE("each sub-folder is a class, in the order of names") {
    const data::testing::TemporaryFolder folder;
    for (const char* name : {"dogs", "cats", "cats/kittens", ".cache"}) std::filesystem::create_directories(folder / name);
    data::write_image(folder / "dogs/b.png", plain(20, 30, 10));
    data::write_image(folder / "dogs/a.webp", plain(8, 8, 20));
    data::write_image(folder / "cats/z.JPG", plain(50, 10, 30));
    data::write_image(folder / "cats/kittens/a.png", plain(9, 9, 40));
    data::write_image(folder / ".cache/a.png", plain(9, 9, 40));
    std::ofstream(folder / "cats/notes.txt") << "not a picture";
    const auto [dataset, skipped] = data::load_image_folder(folder.path(), {.height = 12, .width = 16});
    data::check(dataset);
    CHECK(skipped.empty());
    CHECK(dataset.class_names == std::vector<std::string>{"cats", "dogs"});
    CHECK(dataset.names == std::vector<std::string>{"cats/kittens/a.png", "cats/z.JPG", "dogs/a.webp", "dogs/b.png"});
    CHECK(dataset.labels.to_vector<int>() == std::vector<int>{0, 0, 1, 1});
    CHECK(dataset.images.shape() == cotangent::Shape{4, 12, 16, 3});
    const auto pixels = dataset.images.to_vector<int>();
    CHECK(pixels[0] == 40);
    CHECK(pixels[3 * 12 * 16 * 3 + 100] == 10);
}

TEST_CASE("an unreadable picture is an error, or skipped and reported") {
    const data::testing::TemporaryFolder folder;
    std::filesystem::create_directories(folder / "a");
    data::write_image(folder / "a/1.png", plain(8, 8, 1));
    std::ofstream(folder / "a/2.png") << "broken";
    data::write_image(folder / "a/3.png", plain(8, 8, 3));
    const std::string reason = "read_image: cannot read " + (folder / "a/2.png").string() + ": it is not JPEG, PNG or WebP";
    CHECK_THROWS_WITH_AS((void)data::load_image_folder(folder.path()), reason.c_str(), cotangent::IoError);
    const auto read =
        data::load_image_folder(folder.path(), {.height = 8, .width = 8, .unreadable = data::Unreadable::skip});
    data::check(read.dataset);
    REQUIRE(read.skipped.size() == 1);
    CHECK(read.skipped[0].file == "a/2.png");
    CHECK(read.skipped[0].reason == reason);
    CHECK(read.dataset.names == std::vector<std::string>{"a/1.png", "a/3.png"});
    CHECK(read.dataset.images.to_vector<int>()[8 * 8 * 3] == 3);
}

TEST_CASE("a folder without classes or pictures is an error") {
    const data::testing::TemporaryFolder folder;
    CHECK_THROWS_WITH_AS((void)data::load_image_folder(folder.path()),
                         ("load_image_folder: " + folder.path().string() +
                          " has no pictures, expected one sub-folder a class with JPEG, PNG or WebP files")
                             .c_str(),
                         cotangent::IoError);
    CHECK_THROWS_WITH_AS((void)data::load_image_folder("/nowhere"),
                         "load_image_folder: cannot read /nowhere: No such file or directory", cotangent::IoError);
    CHECK_THROWS_AS((void)data::load_image_folder(folder.path(), {.height = 0}), cotangent::ValueError);
}

TEST_CASE("real photographs are read, 150 a class") {
    const auto home = data::testing::shared_data("imagenette224");
    if (home.empty()) return;
    // Three of the ten classes keep the test quick.
    const data::testing::TemporaryFolder folder;
    for (const char* name : {"n01440764", "n03417042", "n03888257"}) {
        std::filesystem::create_directory_symlink(std::filesystem::absolute(home / name), folder / name);
    }
    const auto [dataset, skipped] = data::load_image_folder(folder.path(), {.height = 64, .width = 64});
    CHECK(dataset.size() == 450);
    CHECK(dataset.class_names == std::vector<std::string>{"n01440764", "n03417042", "n03888257"});
    for (const float mean : data::channel_statistics(dataset.images).mean) CHECK((mean > 0.3f && mean < 0.6f));
}
