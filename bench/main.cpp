// cotangent_bench WORKLOAD [--threads T] [--serve]: see README.md for the protocol.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "cotangent/tensor/error.hpp"
#include "cotangent/tensor/threads.hpp"
#include "workloads.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace {

namespace ct = cotangent;
using Clock = std::chrono::steady_clock;

struct Timed {
    double seconds, value;
};

Timed run(const ct::bench::Step& step, std::int64_t steps) {
    const auto start = Clock::now();
    double value = 0;
    for (std::int64_t k = 0; k < steps; ++k) value = step();
    return {std::chrono::duration<double>(Clock::now() - start).count(), value};
}

void warm_up(const ct::bench::Step& step) {
    double seconds = 0;
    for (int k = 0; k < 3 || seconds < 0.3; ++k) seconds += run(step, 1).seconds;
}

void serve(const ct::bench::Step& step, const std::string& workload, int threads) {
    using nlohmann::json;
    const auto answer = [](const json& line) { std::cout << line.dump() << std::endl; };
    answer({{"ready", true}, {"workload", workload}, {"threads", threads}, {"version", "cotangent 0.1.0"}});
    for (std::string line; std::getline(std::cin, line);) try {
            const json command = json::parse(line);
            if (command.at("cmd") == "quit") return;
            if (command.at("cmd") != "run")
                throw ct::ValueError(fmt::format("serve: cmd is {}, expected run or quit", command.at("cmd").dump()));
            const Timed timed = run(step, command.at("steps"));
            answer({{"seconds", timed.seconds}, {"value", timed.value}});
        } catch (const std::exception& error) {
            answer({{"error", error.what()}});
        }
}

void report(const ct::bench::Step& step, const std::string& workload, int threads) {
    std::vector<double> times;
    for (int k = 0; k < 31; ++k) times.push_back(run(step, 1).seconds);
    std::nth_element(times.begin(), times.begin() + 15, times.end());
    fmt::print("{}, {} threads: {:.4f} ms a step (median of 31)\n", workload, threads, times[15] * 1e3);
}

}  // namespace

int main(int argc, char** argv) try {
    std::string workload;
    int threads = 1;
    bool serving = false;
    for (int k = 1; k < argc; ++k) {
        const std::string argument = argv[k];
        if (argument == "--serve") serving = true;
        else if (argument == "--threads" && k + 1 < argc) threads = std::stoi(argv[++k]);
        else workload = argument;
    }
    ct::set_thread_count(threads);
    const ct::bench::Step step = ct::bench::make_workload(workload);
    warm_up(step);
    if (serving) serve(step, workload, threads);
    else report(step, workload, threads);
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
}
