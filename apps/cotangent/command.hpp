#pragma once
// What the subcommands share. Each stands in its own file and adds itself to the command line.
#include <iosfwd>
#include <string>

#include "cotangent/base/progress.hpp"

namespace CLI {
class App;
}

namespace cotangent::app {

void add_tour(CLI::App& app);
void add_train(CLI::App& app);
void add_evaluate(CLI::App& app);
void add_predict(CLI::App& app);
void add_data(CLI::App& app);

/// Exit codes, beside 0.
inline constexpr int failed = 1, wrong_usage = 2, was_interrupted = 130;

/// Thrown after Ctrl-C once everything is saved; what() says what was.
struct Interrupted {
    std::string message;
};

/// Standard error, where progress goes, and how it is shown there.
[[nodiscard]] std::ostream* progress_stream();
[[nodiscard]] ProgressStyle progress_style();

}  // namespace cotangent::app
