#include "cotangent/grad/check_derivatives.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>

namespace cotangent::detail {
namespace {

using Tensors = std::vector<Tensor>;

Tensors random_like(const Tensors& shapes, std::uint64_t seed) {
    std::mt19937_64 generator(seed);
    std::normal_distribution<double> normal;
    Tensors result;
    for (const Tensor& like : shapes) {
        Tensor draw = Tensor::uninitialized(like.shape(), Dtype::float64);
        for (double& value : draw.mutable_values<double>()) value = normal(generator);
        result.push_back(draw);
    }
    return result;
}

Tensors along(const Tensors& x, const Tensors& direction, double distance) {
    Tensors result;
    for (std::size_t i = 0; i < x.size(); ++i) result.push_back(x[i] + direction[i] * distance);
    return result;
}

double inner(const Tensors& a, const Tensors& b) {
    double total = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const auto u = a[i].to_vector<double>(), v = b[i].to_vector<double>();
        for (std::size_t k = 0; k < u.size(); ++k) total += u[k] * v[k];
    }
    return total;
}

double largest(const Tensors& tensors) {
    double result = 0;
    for (const Tensor& tensor : tensors)
        for (const double value : tensor.to_vector<double>()) result = std::max(result, std::abs(value));
    return result;
}

void expect_close(const char* what, const Tensors& seen, const Tensors& wanted, double tolerance) {
    const double scale = std::max(1.0, largest(wanted));
    for (std::size_t i = 0; i < seen.size(); ++i) {
        if (seen[i].shape() != wanted[i].shape())
            throw Error(fmt::format("check_derivatives: {} has shape {}, expected {}", what, to_string(seen[i].shape()),
                                    to_string(wanted[i].shape())));
        const auto a = seen[i].to_vector<double>(), b = wanted[i].to_vector<double>();
        for (std::size_t k = 0; k < a.size(); ++k)
            if (!(std::abs(a[k] - b[k]) <= tolerance * scale) && !(std::isnan(a[k]) && std::isnan(b[k])) && a[k] != b[k])
                throw Error(fmt::format("check_derivatives: {} is {} at element {} of {}, expected {} (tolerance {})", what,
                                        a[k], k, i, b[k], tolerance * scale));
    }
}

void expect_close(const char* what, double seen, double wanted, double scale, double tolerance) {
    if (!(std::abs(seen - wanted) <= tolerance * std::max(1.0, scale)))
        throw Error(fmt::format("check_derivatives: {} gives {}, expected {} (tolerance {})", what, seen, wanted,
                                tolerance * std::max(1.0, scale)));
}

Tensors vjp_of(const TensorFunction& f, const Tensors& x, const Tensors& cotangents) { return vjp(f, x).second(cotangents); }
Tensors jvp_of(const TensorFunction& f, const Tensors& x, const Tensors& tangents) { return jvp(f, x, tangents).second; }

/// (-f(+2h) + 8 f(+h) - 8 f(-h) + f(-2h)) / 12h: the error is O(h^4).
Tensors differences(const TensorFunction& f, const Tensors& x, const Tensors& direction, double h) {
    const Tensors a = f(along(x, direction, 2 * h)), b = f(along(x, direction, h));
    const Tensors c = f(along(x, direction, -h)), d = f(along(x, direction, -2 * h));
    Tensors result;
    for (std::size_t i = 0; i < a.size(); ++i) result.push_back(((b[i] - c[i]) * 8.0 - (a[i] - d[i])) / (12 * h));
    return result;
}

/// The same numbers in the middle of larger memory.
Tensor at_an_offset(const Tensor& x) {
    Tensor larger = full({x.size() + 7}, std::nan(""), x.dtype());
    std::copy_n(x.data<double>(), x.size(), larger.mutable_values<double>().data() + 3);
    return larger.view(x.shape(), 3);
}

void check_value(const TensorFunction& f, const Tensors& x, const Tensors& y, const CheckOptions& options) {
    Tensors moved, single;
    for (const Tensor& tensor : x) {
        moved.push_back(at_an_offset(tensor));
        single.push_back(cast(tensor, Dtype::float32));
    }
    expect_close("the value at an offset", f(moved), y, 0);
    if (options.single_tolerance > 0) expect_close("the float32 value", f(single), y, options.single_tolerance);
}

}  // namespace

void check_tensor_derivatives(const TensorFunction& f, const Tensors& x, const CheckOptions& options) {
    for (const Tensor& tensor : x)
        if (tensor.dtype() != Dtype::float64)
            throw DtypeError(fmt::format("check_derivatives: an argument is {}, expected float64", name(tensor.dtype())));
    const Tensors y = f(x);
    check_value(f, x, y, options);

    const Tensors u = random_like(y, 1), v = random_like(x, 2), w = random_like(x, 3);
    const Tensors tangent = jvp_of(f, x, v), cotangent = vjp_of(f, x, u);
    expect_close("jvp against differences", tangent, differences(f, x, v, options.step), options.tolerance);
    const double scale = std::abs(inner(u, tangent)) + largest(tangent) * largest(u);
    expect_close("vjp as the transpose of jvp", inner(cotangent, v), inner(u, tangent), scale, 1e-9);
    for (std::size_t i = 0; i < x.size(); ++i)
        if (cotangent[i].shape() != x[i].shape())
            throw Error(fmt::format("check_derivatives: cotangent {} has shape {}, expected {}", i,
                                    to_string(cotangent[i].shape()), to_string(x[i].shape())));
    if (!options.second_order) return;

    const TensorFunction first = [&](const Tensors& at) { return vjp_of(f, at, u); };
    const Tensors forward_over_reverse = jvp_of(first, x, v);
    expect_close("second derivative (forward over reverse)", forward_over_reverse, differences(first, x, v, options.step),
                 options.second_tolerance);
    const double mixed = inner(forward_over_reverse, w);
    const double size = std::abs(mixed) + largest(forward_over_reverse) * largest(w) * 10;
    expect_close("second derivative (reverse over reverse)", inner(vjp_of(first, x, w), v), mixed, size, 1e-8);
    const TensorFunction second = [&](const Tensors& at) { return jvp_of(f, at, w); };
    expect_close("second derivative (forward over forward)", inner(u, jvp_of(second, x, v)), mixed, size, 1e-8);
    expect_close("second derivative (reverse over forward)", inner(vjp_of(second, x, u), v), mixed, size, 1e-8);
}

}  // namespace cotangent::detail
