#include "cotangent/tensor/threads.hpp"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "cotangent/tensor/error.hpp"

#include <doctest/doctest.h>

namespace {

/// Sets the number of threads for one test.
class ThreadCount {
public:
    explicit ThreadCount(int count) : before_(ct::thread_count()) { ct::set_thread_count(count); }
    ~ThreadCount() { ct::set_thread_count(before_); }
    ThreadCount(const ThreadCount&) = delete;
    ThreadCount& operator=(const ThreadCount&) = delete;

private:
    int before_;
};

}  // namespace

TEST_CASE("parallel_for covers every index exactly once") {
    for (const int threads : {1, 2, 4}) {
        const ThreadCount count(threads);
        CHECK(ct::thread_count() == threads);
        for (const std::int64_t size : {0, 1, 7, 64, 1000, 4097})
            for (const std::int64_t grain : {1, 3, 64, 100000}) {
                std::vector<std::atomic<int>> seen(static_cast<std::size_t>(size));
                ct::parallel_for(size, grain, [&](std::int64_t first, std::int64_t last) {
                    for (std::int64_t k = first; k < last; ++k) ++seen[static_cast<std::size_t>(k)];
                });
                CHECK(std::all_of(seen.begin(), seen.end(), [](const auto& times) { return times == 1; }));
            }
    }
}

TEST_CASE("where parallel_for cuts does not depend on the number of threads") {
    std::vector<std::vector<std::int64_t>> cuts;
    for (const int threads : {1, 2, 4}) {
        const ThreadCount count(threads);
        std::vector<std::int64_t> starts(4);
        ct::parallel_for(100, 30, [&](std::int64_t first, std::int64_t last) { starts[static_cast<std::size_t>(first / 30)] = last; });
        cuts.push_back(starts);
    }
    CHECK(cuts[0] == std::vector<std::int64_t>{30, 60, 90, 100});
    CHECK(cuts[1] == cuts[0]);
    CHECK(cuts[2] == cuts[0]);
}

TEST_CASE("calls nest") {
    const ThreadCount count(4);
    std::atomic<std::int64_t> total{0};
    ct::parallel_pieces(8, [&](std::int64_t outer) {
        ct::parallel_pieces(8, [&](std::int64_t inner) {
            ct::parallel_for(10, 2, [&](std::int64_t first, std::int64_t last) { total += (last - first) * (outer * 8 + inner); });
        });
    });
    CHECK(total == 10 * 64 * 63 / 2);
}

TEST_CASE("several threads may call at once") {
    const ThreadCount count(3);
    std::vector<std::int64_t> sums(6);
    std::vector<std::thread> callers;
    for (std::size_t caller = 0; caller < sums.size(); ++caller)
        callers.emplace_back([&, caller] {
            for (int repeat = 0; repeat < 50; ++repeat) {
                std::atomic<std::int64_t> sum{0};
                ct::parallel_for(1000, 10, [&](std::int64_t first, std::int64_t last) {
                    for (std::int64_t k = first; k < last; ++k) sum += k;
                });
                sums[caller] += sum;
            }
        });
    for (std::thread& caller : callers) caller.join();
    CHECK(std::all_of(sums.begin(), sums.end(), [](std::int64_t sum) { return sum == 50 * 999 * 500; }));
}

TEST_CASE("an exception of a piece reaches the caller, and the pool works on") {
    for (const int threads : {1, 4}) {
        const ThreadCount count(threads);
        const auto fail = [](std::int64_t piece) {
            if (piece == 5) throw std::runtime_error("piece 5");
        };
        CHECK_THROWS_WITH_AS(ct::parallel_pieces(20, fail), "piece 5", std::runtime_error);
        std::atomic<int> done{0};
        ct::parallel_pieces(20, [&](std::int64_t) { ++done; });
        CHECK(done == 20);
    }
}

TEST_CASE("set_thread_count says what is wrong") {
    CHECK_THROWS_WITH_AS(ct::set_thread_count(0), "set_thread_count: count is 0, expected 1 to 1024", ct::ValueError);
    CHECK_THROWS_AS(ct::set_thread_count(-1), ct::ValueError);
    CHECK_THROWS_AS(ct::set_thread_count(1025), ct::ValueError);
}
