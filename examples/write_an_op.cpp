// An op with derivative rules of its own, outside the library. docs/guide/write_an_op.md walks through it.
#include <iostream>

#include "cotangent/cotangent.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/trace.hpp"

namespace {

using ct::Tensor;

// [op]
/// y[i] = x[i + 1] - x[i] along the last axis: [..., N] -> [..., N - 1].
[[nodiscard]] Tensor difference(const Tensor& x);
// [op]

// [rules]
/// The transpose of difference(): [..., N - 1] -> [..., N].
Tensor spread(const Tensor& y) {
    std::vector<ct::Border> before(static_cast<std::size_t>(y.rank())), after = before;
    before.back() = {1, 0};
    after.back() = {0, 1};
    return pad(y, before) - pad(y, after);
}

struct Difference {
    static constexpr const char* name = "difference";
    static constexpr auto keep = ct::detail::Keep::nothing;  // the rules read no values
    void vjp(const ct::detail::Call& call) const { call.give(0, spread(call.cotangent())); }
    [[nodiscard]] Tensor jvp(const ct::detail::Call& call) const { return difference(call.tangent(0)); }
};
// [rules]

// [forward]
Tensor difference(const Tensor& x) {
    if (x.rank() < 1 || x.length(-1) < 1)
        throw ct::ShapeError("difference: x has shape " + to_string(x.shape()) + ", expected [..., N] with N >= 1");
    if (x.dtype() != ct::Dtype::float32 && x.dtype() != ct::Dtype::float64)
        throw ct::DtypeError("difference: x is " + std::string(name(x.dtype())) + ", expected float32 or float64");
    const auto compute = [](const Tensor& in) {
        const std::int64_t n = in.length(-1), rows = in.size() / n;
        ct::Shape shape = in.shape();
        shape[in.rank() - 1] = n - 1;
        Tensor y = Tensor::uninitialized(shape, in.dtype());
        const auto run = [&]<class T>(T) {
            const T* from = in.data<T>();
            T* to = y.fresh_data<T>();
            ct::parallel_for(rows, 1 + 32768 / n, [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t row = first; row < last; ++row)
                    for (std::int64_t i = 0; i < n - 1; ++i)
                        to[row * (n - 1) + i] = from[row * n + i + 1] - from[row * n + i];
            });
        };
        in.dtype() == ct::Dtype::float32 ? run(float{}) : run(double{});
        return y;
    };
    return ct::detail::record(Difference{}, ct::detail::traced("difference", compute, x), x);
}
// [forward]

// [map]
Tensor smooth_absolute(const Tensor& x, double epsilon) {
    return ct::map([=](auto v) { return sqrt(v * v + epsilon); }, x);
}
// [map]

}  // namespace

int main() {
    // [use]
    ct::Rng rng(0);
    const Tensor x = normal(rng, {3, 5}, 0, 1, ct::Dtype::float64);
    ct::check_derivatives(difference, x);
    ct::check_derivatives([](const Tensor& t) { return smooth_absolute(difference(t), 0.1); }, x);
    const auto total_variation = [](const Tensor& t) { return sum(smooth_absolute(difference(t), 1e-3)); };
    const Tensor steps = ct::Tensor::of<float>({0, 0, 1, 1, 0});
    std::cout << ct::grad(total_variation)(steps) << "\n";
    std::cout << ct::compile(ct::grad(total_variation))(steps) << "\n";
    // [use]
    try {
        (void)difference(ct::Tensor(1.0));
    } catch (const ct::ShapeError& error) {
        std::cout << error.what() << "\n";
    }
}
