// cotangent_gradbench [PROBLEM ...] [--side NAME] [--repeat N] [--data DIR] [--inputs FILE] [--memory]: see README.md.
#include <time.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include "cotangent/tensor/error.hpp"
#include "cotangent/tensor/threads.hpp"
#include "memory.hpp"
#include "sides/side.hpp"

#include <nlohmann/json.hpp>

namespace {

namespace gb = cotangent::gradbench;
using nlohmann::json;

/// This thread's own time: there is one thread, and what else the machine does counts less.
double now() {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double seconds_of(const auto& work, int times) {
    const double start = now();
    for (int k = 0; k < times; ++k) work();
    return (now() - start) / times;
}

/// So many calls that they last about 1 ms.
int calls_of(const auto& work) {
    int calls = 1;
    while (seconds_of(work, calls) * calls < 5e-4) calls *= 2;
    return calls;
}

double quantile(std::vector<double> values, double share) {
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
}

/// Objective and gradient in turn; each neighbouring pair gives one ratio.
json measure(const std::function<double()>& objective, const gb::Run& run, int repeat) {
    double value = 0;
    const auto plain = [&] { value += objective(); };
    const int objective_calls = calls_of(plain), gradient_calls = calls_of(run.gradient);
    std::vector<double> objective_seconds, gradient_seconds, ratios;
    for (int k = 0; k < repeat; ++k) {
        objective_seconds.push_back(seconds_of(plain, objective_calls));
        gradient_seconds.push_back(seconds_of(run.gradient, gradient_calls));
        ratios.push_back(gradient_seconds.back() / objective_seconds.back());
    }
    return {{"objective_seconds", quantile(objective_seconds, 0.5)},
            {"gradient_seconds", quantile(gradient_seconds, 0.5)},
            {"least_objective_seconds", quantile(objective_seconds, 0)},
            {"least_gradient_seconds", quantile(gradient_seconds, 0)},
            {"ratio", quantile(ratios, 0.5)},
            {"quartiles", {quantile(ratios, 0.25), quantile(ratios, 0.75)}}};
}

/// Peaks beyond what the process had before the problem was there; inputs count on both sides.
json measure_memory(const std::function<double()>& objective, const gb::Run& run, std::size_t before) {
    const auto peak = [&](const auto& work) {
        gb::reset_peak();
        work();
        return gb::peak_bytes() - before;
    };
    const std::size_t plain = peak([&] { (void)objective(); });
    return {{"objective_bytes", plain}, {"gradient_bytes", peak(run.gradient)}};
}

struct Options {
    std::vector<std::string> problems;
    std::string side, inputs, data = "../shared/data";
    int repeat = 51;
    bool memory = false, result = false;
};

Options parse(int argc, char** argv) {
    Options options;
    if (const char* home = std::getenv("COTANGENT_DATA")) options.data = home;
    for (int k = 1; k < argc; ++k) {
        const std::string argument = argv[k];
        const auto value = [&] {
            if (++k == argc) throw ct::ValueError("cotangent_gradbench: " + argument + " has no value, expected one");
            return std::string(argv[k]);
        };
        if (argument == "--side") options.side = value();
        else if (argument == "--repeat") options.repeat = std::stoi(value());
        else if (argument == "--data") options.data = value();
        else if (argument == "--inputs") options.inputs = value();
        else if (argument == "--memory") options.memory = true;
        else if (argument == "--result") options.result = true;
        else options.problems.push_back(argument);
    }
    if (options.problems.empty()) options.problems = gb::problem_names();
    return options;
}

void run(const std::string& name, const Options& options) {
    const std::size_t before = gb::resident_bytes();
    const gb::Problem problem = gb::make_problem(name, std::filesystem::path(options.data) / "autodiff");
    if (!options.inputs.empty()) {
        std::ofstream(options.inputs) << gb::to_json(problem);
        return;
    }
    const auto objective = gb::objective_of(problem);
    for (const gb::Side& side : gb::sides()) {
        if (!options.side.empty() && options.side != side.name) continue;
        const auto made = side.make(problem);
        if (!made) continue;
        json line = options.memory ? measure_memory(objective, *made, before) : measure(objective, *made, options.repeat);
        line["problem"] = name;
        line["side"] = side.name;
        line["value"] = objective();
        if (options.result) {
            made->gradient();
            line["result"] = made->result();
        }
        std::cout << line.dump() << std::endl;
    }
}

}  // namespace

int main(int argc, char** argv) try {
    const Options options = parse(argc, argv);
    ct::set_thread_count(1);
    for (const std::string& name : options.problems) run(name, options);
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
