#include "cotangent/base/progress.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <sstream>
#include <string>
#include <thread>

#include "cotangent/base/interrupt.hpp"

namespace ct = cotangent;

TEST_CASE("a duration reads as a clock does") {
    CHECK(ct::format_duration(7.4) == "0:07");
    CHECK(ct::format_duration(723) == "12:03");
    CHECK(ct::format_duration(3765) == "1:02:45");
    CHECK(ct::format_duration(-1) == "0:00");
}

TEST_CASE("a bar ends full, with the time taken and the note, and ends its line") {
    std::ostringstream stream;
    {
        ct::Progress progress(&stream, "epoch 1/2", 4);
        for (int k = 0; k <= 4; ++k) progress.update(k, "loss 0.5");
    }
    const std::string text = stream.str();
    CHECK(text.find("epoch 1/2  [========================] 100 %  0:00  loss 0.5") != std::string::npos);
    CHECK(text.back() == '\n');
}

TEST_CASE("the time left follows from the share that is done") {
    std::ostringstream stream;
    ct::Progress progress(&stream, "work", 1000, ct::ProgressStyle::lines);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    progress.update(1);  // at least 20 ms for a thousandth
    const std::string text = stream.str();
    const auto left = text.find(" left");
    REQUIRE(left != std::string::npos);
    const auto colon = text.rfind(':', left);
    const int minutes = std::stoi(text.substr(text.find('%') + 1, colon)), seconds = std::stoi(text.substr(colon + 1));
    CHECK(60 * minutes + seconds >= 20);
}

TEST_CASE("lines come once a tenth") {
    std::ostringstream stream;
    ct::Progress progress(&stream, "work", 1000, ct::ProgressStyle::lines);
    for (int k = 0; k <= 1000; ++k) progress.update(k);
    const std::string text = stream.str();
    CHECK(std::count(text.begin(), text.end(), '\n') == 11);
}

TEST_CASE("without a stream nothing happens") {
    ct::Progress progress(nullptr, "quiet", 10);
    CHECK_NOTHROW(progress.update(5));
}

TEST_CASE("a guarded signal is seen and does not end the process") {
    const ct::InterruptGuard guard;
    CHECK_FALSE(ct::interrupted());
    std::raise(SIGINT);
    CHECK(ct::interrupted());
}
