#include "cotangent/base/progress.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ostream>
#include <utility>

#include <fmt/format.h>

namespace cotangent {

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string format_duration(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::llround(std::max(0.0, seconds)));
    if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

Progress::Progress(std::ostream* stream, std::string title, std::int64_t total, ProgressStyle style)
    : stream_(stream), title_(std::move(title)), total_(std::max<std::int64_t>(1, total)), style_(style), start_(seconds_now()) {}

Progress::~Progress() {
    if (stream_ && style_ == ProgressStyle::bar && width_ > 0) *stream_ << '\n' << std::flush;
}

void Progress::update(std::int64_t done, const std::string& note) {
    if (!stream_) return;
    const double now = seconds_now();
    if (style_ == ProgressStyle::bar && done < total_ && now - last_ < 0.1) return;
    const std::int64_t tenth = done * 10 / total_;
    if (style_ == ProgressStyle::lines && std::exchange(last_tenth_, tenth) == tenth) return;
    last_ = now;
    draw(done, note);
}

void Progress::draw(std::int64_t done, const std::string& note) {
    constexpr int cells = 24;
    const double share = std::clamp(static_cast<double>(done) / static_cast<double>(total_), 0.0, 1.0);
    const double passed = seconds_now() - start_;
    const std::string time = done >= total_ ? format_duration(passed)
                             : done > 0     ? format_duration(passed / share - passed) + " left"
                                            : "";
    const auto filled = static_cast<std::size_t>(share * cells);
    std::string bar(filled, '=');
    if (filled < cells) bar += '>';
    bar.resize(cells, ' ');
    std::string line = fmt::format("{}  [{}] {:3.0f} %  {}  {}", title_, bar, 100 * share, time, note);
    if (style_ == ProgressStyle::lines) {
        *stream_ << line << '\n' << std::flush;
        return;
    }
    const std::size_t length = line.size();
    if (length < width_) line.resize(width_, ' ');  // wipes what was longer
    width_ = length;
    *stream_ << '\r' << line << std::flush;
}

}  // namespace cotangent
