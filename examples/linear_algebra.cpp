// Linear algebra and Fourier transforms, differentiated. docs/guide/linear_algebra.md walks through it.
#include <iostream>
#include <numbers>

#include "cotangent/cotangent.hpp"

using ct::Tensor;

namespace {

// [density]
/// The log density of x under a Gaussian around 0, less its constant.
Tensor log_density(const Tensor& covariance, const Tensor& x) {
    const Tensor factor = ct::cholesky(covariance);
    const Tensor white = ct::triangular_solve(factor, x);
    return -0.5 * sum(square(white)) - sum(log(ct::diagonal(factor)));
}
// [density]

}  // namespace

int main() {
    // [run_density]
    const Tensor covariance = Tensor::of<double>({{2, 0.5}, {0.5, 1}}), x = Tensor::of<double>({{1}, {-1}});
    const auto [value, gradient] = ct::value_and_grad(log_density)(covariance, x);
    std::cout << "density   = " << value.item() << "\n";
    std::cout << "gradient  =\n" << gradient << "\n";
    // [run_density]

    // [repeated]
    // Of three equal eigenvalues.
    const auto heat = [](const Tensor& a) { return sum(exp(ct::eigh(a).values)); };
    const Tensor twice = 2.0 * ct::eye(3, ct::Dtype::float64);
    std::cout << "heat'     = " << ct::trace(ct::grad(heat)(twice)).item() << "\n";  // 3 e^2
    // [repeated]

    // [refused]
    try {
        (void)ct::solve(Tensor::of<double>({{1, 2}, {2, 4}}), x);
    } catch (const ct::ValueError& error) {
        std::cout << error.what() << "\n";
    }
    // [refused]

    // [spectrum]
    const auto power = [](const Tensor& signal) {  // at 3 periods of 16: complex numbers are pairs in a last axis
        return sum(square(slice_axis(ct::rfft(signal), 0, 3, 4)));
    };
    const Tensor wave = sin(ct::linspace(0, 2 * std::numbers::pi * 3 * 15 / 16, 16, ct::Dtype::float64));
    const auto [energy, slope] = ct::jvp(power, wave, wave);
    std::cout << "power     = " << energy.item() << ", slope " << slope.item() << "\n";  // (16 / 2)^2, and twice that
    // [spectrum]
}
