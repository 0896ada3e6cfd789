// Derivatives of functions of tensors, numbers in structs and models. docs/guide/derivatives.md walks through it.
#include <iostream>

#include "cotangent/cotangent.hpp"

namespace {

// [tree]
struct Line {
    ct::Tensor slope, offset;
};

ct::Tensor misfit(const Line& line, const ct::Tensor& x, const ct::Tensor& y) {
    return mean(square(line.slope * x + line.offset - y));
}
// [tree]

// [map]
ct::Tensor swish(const ct::Tensor& x) {
    return ct::map([](auto v) { return v * sigmoid(v); }, x);
}
// [map]

}  // namespace

int main() {
    // [grad]
    const auto f = [](const ct::Tensor& x) { return sum(sin(x) * x); };
    const ct::Tensor x = ct::Tensor::of<double>({0.5, 1.0, 2.0});
    std::cout << "f'(x)   = " << ct::grad(f)(x) << "\n";  // sin x + x cos x
    // [grad]

    // [nested]
    const auto cube = [](const ct::Tensor& t) { return t * t * t; };
    const ct::Tensor two = ct::full({}, 2, ct::Dtype::float64);
    std::cout << "cube''' = " << ct::grad(ct::grad(ct::grad(cube)))(two) << "\n";  // 6
    // [nested]

    // [directions]
    const ct::Tensor along = ct::Tensor::of<double>({1.0, 0.0, 0.0});
    const auto [value, slope] = ct::jvp(f, x, along);  // forward: f(x) and its derivative along a direction
    std::cout << "f(x)    = " << value << ", along the first axis " << slope << "\n";
    const auto squares = [](const ct::Tensor& t) { return t * t; };
    const auto [y, pullback] = ct::vjp(squares, x);  // reverse: J(x)^T u for as many u as you like
    std::cout << "J^T u   = " << pullback(along) << "\n";
    // [directions]

    // [hessian]
    std::cout << "hessian =\n" << ct::hessian(f)(x) << "\n";
    std::cout << "H v     = " << ct::hvp(f, x, along) << "\n";  // a column of it, without forming it
    // [hessian]

    // [fit a line]
    const ct::Tensor xs = ct::Tensor::of<float>({0, 1, 2, 3}), ys = ct::Tensor::of<float>({1, 3, 5, 7});
    Line line{0.0, 0.0};
    for (int step = 0; step < 200; ++step) {
        const Line gradient = ct::grad(misfit)(line, xs, ys);  // a Line too
        ct::axpy(-0.1, gradient, line);                        // line += -0.1 * gradient
    }
    std::cout << "line    = " << line.slope << " x + " << line.offset << "\n";
    // [fit a line]

    // [check]
    ct::check_derivatives(swish, x);  // throws, and says what is wrong, unless every derivative agrees with differences
    std::cout << "swish'  = " << ct::grad([](const ct::Tensor& t) { return sum(swish(t)); })(x) << "\n";
    // [check]

    // [custom]
    const auto safe_sqrt = ct::custom_gradient(
        [](const ct::Tensor& t) { return sqrt(t); },
        [](const ct::Tensor& g, const ct::Tensor& root, const ct::Tensor&) {
            return g * 0.5 / maximum(root, ct::constant_like(root, 1e-3));  // finite at 0, where 1 / (2 sqrt(t)) is not
        });
    const ct::Tensor at_zero = ct::Tensor::of<double>({0.0, 4.0});
    std::cout << "sqrt'   = " << ct::grad([&](const ct::Tensor& t) { return sum(safe_sqrt(t)); })(at_zero) << "\n";
    // [custom]

    // [checkpoint]
    const auto deep = ct::checkpoint([](ct::Tensor t) {
        for (int k = 0; k < 100; ++k) t = tanh(1.1 * t);  // a hundred results, none of them kept
        return t;
    });
    std::cout << "deep'   = " << ct::grad([&](const ct::Tensor& t) { return sum(deep(t)); })(x) << "\n";
    // [checkpoint]

    // [constants]
    const auto half = [](const ct::Tensor& t) { return sum(ct::stop_gradient(t) * t); };  // the first factor is a constant
    std::cout << "half    = " << ct::grad(half)(x) << "\n";
    // [constants]

    // [errors]
    try {
        (void)ct::grad([](const ct::Tensor& t) { return t * t; })(x);
    } catch (const ct::ShapeError& error) {
        std::cout << error.what() << "\n";
    }
    // [errors]
}
