#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>

namespace cotangent {

enum class ProgressStyle : std::uint8_t {
    bar,   ///< one line that is drawn again, for a terminal
    lines  ///< a line at the start of each tenth, for a log
};

/// Shows how far long work is and how long the rest will take. Writes at most ten times a second.
///     epoch 3/12  [=========>          ]  47 %  0:12 left  loss 0.412
class Progress {
public:
    /// Without a stream it shows nothing.
    Progress(std::ostream* stream, std::string title, std::int64_t total, ProgressStyle style = ProgressStyle::bar);
    /// Ends the line.
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// `done` of `total` pieces are done; `note` stands at the end of the line.
    void update(std::int64_t done, const std::string& note = {});

private:
    void draw(std::int64_t done, const std::string& note);

    std::ostream* stream_;
    std::string title_;
    std::int64_t total_;
    ProgressStyle style_;
    double start_, last_ = -1;  // seconds_now()
    std::int64_t last_tenth_ = -1;
    std::size_t width_ = 0;
};

/// Seconds on a clock that never goes back.
[[nodiscard]] double seconds_now();

/// `0:07`, `12:03`, `1:02:45`.
[[nodiscard]] std::string format_duration(double seconds);

}  // namespace cotangent
