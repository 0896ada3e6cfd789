#pragma once
// For problems written in tensors.
#include <memory>
#include <span>
#include <vector>

#include "cotangent/grad/compile/compile.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"
#include "pieces.hpp"
#include "side.hpp"

namespace cotangent::gradbench {

inline Tensor column(std::span<const double> values) {
    return Tensor::from(values, {static_cast<std::int64_t>(values.size())});
}
inline Tensor matrix(std::span<const double> values, std::size_t rows) {
    return Tensor::from(values, {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(values.size() / rows)});
}
inline Tensor constant(double value) { return full({}, value, Dtype::float64); }
/// x * x with its derivative in one pass. Compiled once: a map is seconds of a compiler's time.
[[nodiscard]] Tensor squares(const Tensor& x);
inline Tensor total_of_squares(const Tensor& x) { return sum(squares(x)); }

enum class How : std::uint8_t { eager, compiled };

/// Of a function of one tree of tensors.
template <class X, class F>
Run gradient_run(How how, const X& parameters, F f) {
    const auto result = std::make_shared<X>();
    const auto flat = [result] { return numbers_in(*result); };
    if (how == How::eager) return {[result, parameters, g = grad(std::move(f))] { *result = g(parameters); }, flat};
    return {[result, parameters, g = std::make_shared<decltype(compile(grad(f)))>(grad(f))] { *result = (*g)(parameters); },
            flat};
}
template <class F>
Run gradient_run(How how, const std::vector<double>& parameters, F f) {
    return gradient_run(how, column(parameters), std::move(f));
}

[[nodiscard]] Run tensors_gmm(How how, const Gmm& problem);
[[nodiscard]] Run tensors_ode(How how, const Ode& problem);

}  // namespace cotangent::gradbench
