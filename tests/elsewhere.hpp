#pragma once
// For tests only.
#include <future>
#include <utility>

namespace cotangent::testing {

/// f() on a thread of its own, with its result or error.
template <class F>
auto elsewhere(F f) {
    return std::async(std::launch::async, std::move(f)).get();
}

}  // namespace cotangent::testing
