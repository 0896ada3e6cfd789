#include "cotangent/tensor/storage.hpp"

#include <algorithm>
#include <cstdint>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/creation.hpp"

#include <doctest/doctest.h>

TEST_CASE("freed memory is used again: a steady loop asks nothing of the system") {
    for (const ct::Shape& shape : {ct::Shape{3}, ct::Shape{1000}, ct::Shape{1000, 300}}) {
        const auto step = [&] { return ct::ones(shape) * 2.0 + 1.0; };
        for (int k = 0; k < 3; ++k) (void)step();
        const auto before = ct::memory_counters().system_allocations;
        for (int k = 0; k < 100; ++k) (void)step();
        CHECK(ct::memory_counters().system_allocations == before);
    }
}

TEST_CASE("counters follow large blocks from use to the cache and back to the system") {
    ct::release_cached_memory();
    const ct::MemoryCounters start = ct::memory_counters();
    constexpr std::int64_t bytes = 1 << 22;
    {
        const ct::Tensor x = ct::zeros({bytes / 4});
        const ct::MemoryCounters used = ct::memory_counters();
        CHECK(used.system_allocations == start.system_allocations + 1);
        CHECK(used.bytes_in_use - start.bytes_in_use >= bytes);
        CHECK(used.bytes_in_use - start.bytes_in_use <= bytes + bytes / 4 + 64);
        CHECK(used.bytes_cached == 0);
    }
    CHECK(ct::memory_counters().bytes_in_use == start.bytes_in_use);
    CHECK(ct::memory_counters().bytes_cached >= bytes);
    ct::release_cached_memory();
    CHECK(ct::memory_counters().bytes_cached == 0);
}

TEST_CASE("a large block freed by one thread is found by another") {
    ct::release_cached_memory();
    std::vector<ct::Tensor> batch;
    std::thread([&] { batch.push_back(ct::ones({500, 500})); }).join();
    const auto before = ct::memory_counters().system_allocations;
    std::thread([&] { batch.clear(); }).join();
    std::thread([&] { batch.push_back(ct::ones({500, 500})); }).join();
    CHECK(ct::memory_counters().system_allocations == before);
}

TEST_CASE("small blocks freed by another thread, or after its end, do no harm") {
    std::vector<ct::Tensor> made;
    std::thread([&] {
        for (int k = 0; k < 1000; ++k) made.push_back(ct::full({k % 40}, k));
    }).join();
    bool all_right = true;
    for (int k = 0; k < 1000; ++k)
        for (const float value : made[static_cast<std::size_t>(k)].values<float>()) all_right = all_right && value == static_cast<float>(k);
    CHECK(all_right);
    std::thread([&] { made.clear(); }).join();
    CHECK(ct::ones({10}).values<float>()[9] == 1);
}

TEST_CASE("blocks of every size are aligned and apart") {
    std::vector<ct::detail::Storage> blocks;
    for (std::size_t bytes = 0; bytes < 20000; bytes = bytes * 5 / 4 + 1) {
        blocks.emplace_back(bytes);
        const auto at = reinterpret_cast<std::uintptr_t>(blocks.back().data());
        CHECK(at % 64 == 0);
        CHECK(blocks.back().bytes() == bytes);
        std::fill_n(blocks.back().data(), bytes, std::byte{static_cast<unsigned char>(blocks.size())});
    }
    bool untouched = true;
    for (std::size_t k = 0; k < blocks.size(); ++k)
        for (std::size_t i = 0; i < blocks[k].bytes(); ++i)
            untouched = untouched && blocks[k].data()[i] == std::byte{static_cast<unsigned char>(k + 1)};
    CHECK(untouched);
}

// The sanitizers end the program where memory is refused.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("memory that the system does not have is an error that says how much, and is not counted as in use") {
    const auto before = ct::memory_counters();
    CHECK_THROWS_WITH_AS((void)ct::Tensor::uninitialized({1LL << 50}, ct::Dtype::float32),
                         doctest::Contains("bytes of memory for a tensor"), std::bad_alloc);
    CHECK(ct::memory_counters().system_allocations == before.system_allocations);
    CHECK(ct::memory_counters().bytes_in_use == before.bytes_in_use);
}
#endif

TEST_CASE("owners are counted when one thread becomes several") {
    const ct::Tensor x = ct::ones({3});
    std::vector<ct::Tensor> before(100, x);  // counted without locks if this is the only thread
    const auto copy_and_drop = [&](std::size_t first) {
        for (int k = 0; k < 20000; ++k) const ct::Tensor copy = x;
        for (std::size_t k = first; k < before.size(); k += 2) before[k] = ct::Tensor();
    };
    std::thread even(copy_and_drop, 0), odd(copy_and_drop, 1);
    even.join();
    odd.join();
    CHECK(x.is_sole_owner());
}

TEST_CASE("a storage counts its owners") {
    ct::detail::Storage a(100);
    CHECK(a.is_sole_owner());
    {
        const ct::detail::Storage b = a;
        CHECK_FALSE(a.is_sole_owner());
        CHECK(b.data() == a.data());
    }
    CHECK(a.is_sole_owner());
    const ct::detail::Storage moved = std::move(a);
    CHECK(moved.is_sole_owner());
    CHECK_FALSE(ct::detail::Storage().is_sole_owner());
}
