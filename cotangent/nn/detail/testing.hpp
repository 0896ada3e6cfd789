#pragma once
// For this room's tests only.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "cotangent/data/npy.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/random.hpp"
#include "cotangent/tensor/threads.hpp"
#include "cotangent/tree/tree_math.hpp"
#include "tests/temporary_folder.hpp"

namespace cotangent::nn::testing {

using Tensors = std::vector<Tensor>;
using cotangent::testing::TemporaryFolder;

/// One file of tests/golden, whose README.md says what each case holds.
class Golden {
public:
    explicit Golden(const std::string& file)
        : arrays_(data::read_npz(std::filesystem::path(__FILE__).parent_path() / "../../../tests/golden" / (file + ".npz"))) {}
    [[nodiscard]] bool has(const std::string& name) const { return arrays_.contains(name); }
    [[nodiscard]] const Tensor& operator()(const std::string& name) const {
        REQUIRE_MESSAGE(has(name), "the golden file has no array " << name);
        return arrays_.at(name);
    }
    [[nodiscard]] double number(const std::string& name, double otherwise = 0) const {
        return has(name) ? arrays_.at(name).item() : otherwise;
    }

private:
    data::NamedArrays arrays_;
};

/// |seen - wanted| <= tolerance * max(1, largest |wanted|), element by element.
inline void check_close(const Tensor& seen, const Tensor& wanted, double tolerance) {
    REQUIRE(to_string(seen.shape()) == to_string(wanted.shape()));
    const auto a = seen.to_vector<double>(), b = wanted.to_vector<double>();
    double scale = 1, worst = 0;
    std::size_t at = 0;
    for (const double value : b) scale = std::max(scale, std::abs(value));
    for (std::size_t k = 0; k < a.size(); ++k) {
        const double error = std::abs(a[k] - b[k]);
        if (!(error <= worst)) worst = error, at = k;  // also a NaN
    }
    if (a.empty()) return;
    CAPTURE(at);
    CAPTURE(a[at]);
    CAPTURE(b[at]);
    CHECK(worst <= tolerance * scale);
}

[[nodiscard]] inline bool identical(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && a.dtype() == b.dtype() && (a.is_empty() || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0);
}

/// Are two trees the same bit for bit?
template <class Tree>
[[nodiscard]] bool identical_trees(const Tree& a, const Tree& b) {
    const auto x = named_leaves<Leaves::all>(a), y = named_leaves<Leaves::all>(b);
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const auto& u, const auto& v) {
        const bool same = u.first == v.first && identical(u.second, v.second);
        if (!same) MESSAGE("the first difference is in " << u.first);
        return same;
    });
}

/// Compares f(inputs) with CASE/y, and the gradients of sum(CASE/seed * y) with CASE/d_INPUT, in float64 and float32.
template <class F>
void check_golden(const Golden& golden, const std::string& name, const std::vector<std::string>& inputs, const F& f,
                  double tolerance = 1e-12, double single_tolerance = 5e-6) {
    for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
        CAPTURE(name);
        CAPTURE(cotangent::name(dtype));
        Tensors x;
        for (const std::string& input : inputs) x.push_back(cast(golden(name + "/" + input), dtype));
        const auto [y, pullback] = vjp([&](const Tensors& in) { return Tensor(f(in)); }, x);
        const double bound = dtype == Dtype::float64 ? tolerance : single_tolerance;
        CHECK(y.dtype() == dtype);
        check_close(y, golden(name + "/y"), bound);
        const Tensors gradients = pullback(cast(golden(name + "/seed"), dtype));
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            CAPTURE(inputs[k]);
            check_close(gradients[k], golden(name + "/d_" + inputs[k]), bound);
        }
    }
}

[[nodiscard]] inline Tensor random_tensor(const Shape& shape, std::uint64_t seed, Dtype dtype = Dtype::float64) {
    Rng rng(seed);
    return normal(rng, shape, 0, 1, dtype);
}

/// Calls f with 1, 2 and 4 threads: the results, trees of tensors, must be the same bit for bit.
template <class F>
void check_thread_independence(const F& f) {
    const int before = thread_count();
    set_thread_count(1);
    const auto alone = f();
    for (const int threads : {2, 4}) {
        set_thread_count(threads);
        CAPTURE(threads);
        CHECK(identical_trees(f(), alone));
    }
    set_thread_count(before);
}

}  // namespace cotangent::nn::testing
