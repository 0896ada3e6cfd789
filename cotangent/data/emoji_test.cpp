#include "cotangent/data/emoji.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>

#include "cotangent/data/image_file.hpp"
#include "cotangent/tensor/threads.hpp"

namespace data = cotangent::data;

namespace {

bool is_installed() {
    const data::EmojiOptions options;
    const bool found = std::filesystem::exists(options.font) && std::filesystem::exists(options.list);
    if (!found) MESSAGE("skipped: needs the packages fonts-noto-color-emoji and unicode-data");
    return found;
}

const data::EmojiDataset& all() {
    static const data::EmojiDataset dataset = data::load_emoji();
    return dataset;
}

std::int64_t find(const data::EmojiDataset& dataset, std::string_view name) {
    for (std::int64_t i = 0; i < dataset.size(); ++i)
        if (dataset.emoji[static_cast<std::size_t>(i)].name == name) return i;
    return -1;
}

}  // namespace

TEST_CASE("the emoji are more than 1,500 in Unicode's nine groups") {
    if (!is_installed()) return;
    const auto& dataset = all();
    CHECK(dataset.size() > 1500);
    CHECK(dataset.class_names == std::vector<std::string>{"Smileys & Emotion", "People & Body", "Animals & Nature",
                                                          "Food & Drink", "Travel & Places", "Activities", "Objects",
                                                          "Symbols", "Flags"});
    CHECK(dataset.images.shape() == cotangent::Shape{dataset.size(), 32, 32, 4});
    data::check(data::compose(dataset));
    std::set<std::u32string> seen;
    for (std::size_t i = 0; i < dataset.emoji.size(); ++i) {
        const auto& one = dataset.emoji[i];
        seen.insert(one.code_points);
        CHECK(one.group == dataset.class_names[dataset.labels.values<std::int64_t>()[i]]);
        CHECK(!one.name.empty());
        for (const char32_t c : one.code_points) CHECK((c < 0x1f3fb || c > 0x1f3ff));
    }
    CHECK(seen.size() == dataset.emoji.size());
}

TEST_CASE("sequences are one picture: flags, families, keycaps") {
    if (!is_installed()) return;
    const auto& dataset = all();
    for (const char* name : {"flag: Switzerland", "flag: Scotland", "woman astronaut", "heart on fire", "keycap: 7",
                             "rainbow flag", "family: man, woman, girl, boy"}) {
        CAPTURE(name);
        CHECK(find(dataset, name) >= 0);
    }
    const auto& swiss = dataset.emoji[static_cast<std::size_t>(find(dataset, "flag: Switzerland"))];
    CHECK(swiss.code_points == U"\U0001F1E8\U0001F1ED");
    CHECK(swiss.subgroup == "country-flag");
    CHECK(data::to_utf8(swiss) == "\xf0\x9f\x87\xa8\xf0\x9f\x87\xad");
}

TEST_CASE("emoji have the colours they are known for") {
    if (!is_installed()) return;
    const auto& dataset = all();
    const auto middle = [&](const char* name) {
        const auto* pixel = dataset.images.data<std::uint8_t>() + ((find(dataset, name) * 32 + 16) * 32 + 16) * 4;
        return std::array<int, 4>{pixel[0], pixel[1], pixel[2], pixel[3]};
    };
    const auto red = middle("red circle"), green = middle("green circle"), blue = middle("blue circle");
    CHECK((red[0] > 180 && red[1] < 100 && red[2] < 100 && red[3] == 255));
    CHECK((green[1] > green[0] + 40 && green[1] > green[2] + 40 && green[3] == 255));
    CHECK((blue[2] > 180 && blue[0] < 100 && blue[3] == 255));
    // The corners of a circle are transparent.
    CHECK(dataset.images.data<std::uint8_t>()[find(dataset, "red circle") * 32 * 32 * 4 + 3] == 0);
}

TEST_CASE("no two emoji have the same pixels") {
    if (!is_installed()) return;
    const auto& dataset = all();
    const auto bytes = dataset.images.values<std::uint8_t>();
    std::set<std::string> seen;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        seen.emplace(reinterpret_cast<const char*>(bytes.data()) + i * 4096, 4096);
    }
    CHECK(static_cast<std::int64_t>(seen.size()) == dataset.size());
}

TEST_CASE("emoji do not depend on the number of threads") {
    if (!is_installed()) return;
    const int before = cotangent::thread_count();
    cotangent::set_thread_count(1);
    const auto one = data::load_emoji({.size = 16});
    cotangent::set_thread_count(5);
    const auto five = data::load_emoji({.size = 16});
    cotangent::set_thread_count(before);
    const auto a = one.images.values<std::uint8_t>(), b = five.images.values<std::uint8_t>();
    CHECK(std::equal(a.begin(), a.end(), b.begin(), b.end()));
}

TEST_CASE("the parts share no emoji and hold about 70, 10 and 20 per cent") {
    if (!is_installed()) return;
    const auto& dataset = all();
    const double count = static_cast<double>(dataset.size());
    const auto train = data::part(dataset, data::Part::train), validation = data::part(dataset, data::Part::validation),
               test = data::part(dataset, data::Part::test);
    CHECK(train.size() + validation.size() + test.size() == dataset.size());
    CHECK(static_cast<double>(train.size()) / count == doctest::Approx(0.7).epsilon(0.05));
    CHECK(static_cast<double>(validation.size()) / count == doctest::Approx(0.1).epsilon(0.2));
    CHECK(static_cast<double>(test.size()) / count == doctest::Approx(0.2).epsilon(0.15));
    for (const auto& part : {train, validation, test}) {
        const auto labels = part.labels.to_vector<int>();
        for (int label = 0; label < 9; ++label) CHECK(std::count(labels.begin(), labels.end(), label) > 0);
    }
}

TEST_CASE("part_of is the published rule") {
    // FNV-1a 64 of the UTF-8 text mod 10, computed in Python: 4, 2, 0, 6, 0.
    const auto part_of = [](const char32_t* text) { return data::part_of({text, "", "", ""}); };
    CHECK(part_of(U"\U0001F600") == data::Part::train);
    CHECK(part_of(U"\u2764") == data::Part::validation);
    CHECK(part_of(U"\U0001F355") == data::Part::test);
    CHECK(part_of(U"\U0001F98A") == data::Part::train);
    CHECK(part_of(U"\u26BD") == data::Part::test);
}

TEST_CASE("compose lays an emoji over its background") {
    data::EmojiDataset dataset{
        .images = cotangent::Tensor::from(
            std::vector<std::uint8_t>{200, 100, 0, 255, 200, 100, 0, 0, 200, 100, 0, 51, 0, 0, 0, 128}, {1, 2, 2, 4}),
        .labels = cotangent::Tensor::from(std::vector<std::int64_t>{0}, {1}),
        .class_names = {"only"},
        .emoji = {{U"x", "x", "only", "only"}}};
    const auto pixels = data::compose(dataset, {.red = 0, .green = 50, .blue = 255}).images.to_vector<int>();
    CHECK(pixels == std::vector<int>{200, 100, 0, 0, 50, 255, 40, 60, 204, 0, 25, 127});
}

TEST_CASE("an absent or wrong file is an error that names the package") {
    CHECK_THROWS_WITH_AS(
        (void)data::load_emoji({.list = "/nowhere/emoji-test.txt"}),
        "emoji: cannot read /nowhere/emoji-test.txt: No such file or directory (it comes with `apt-get install "
        "unicode-data`)",
        cotangent::IoError);
    CHECK_THROWS_WITH_AS((void)data::load_emoji({.size = 0}), "emoji: size is 0, expected one in [1, 1024]",
                         cotangent::ValueError);
    if (!is_installed()) return;
    CHECK_THROWS_WITH_AS((void)data::load_emoji({.font = "/nowhere/font.ttf"}),
                         "emoji: cannot read /nowhere/font.ttf: No such file or directory (it comes with `apt-get install "
                         "fonts-noto-color-emoji`)",
                         cotangent::IoError);
    const data::EmojiOptions options;
    CHECK_THROWS_AS((void)data::load_emoji({.font = options.list}), cotangent::IoError);
    CHECK_THROWS_AS((void)data::load_emoji({.list = options.font}), cotangent::IoError);
}
