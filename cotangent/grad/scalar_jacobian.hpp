#pragma once
// Jacobians of functions of numbers: column by column, or all columns at once, forward; row by row by a tape.
#include "cotangent/grad/scalar_grad.hpp"

namespace cotangent::detail {

/// Row by row the derivatives of the numbers of a result with respect to those of the argument.
template <class S>
struct ScalarMatrix {
    std::size_t columns = 0;
    std::vector<S> elements;
    [[nodiscard]] std::size_t rows() const { return columns ? elements.size() / columns : 0; }
};

/// y with each number replaced by a tree like x, holding its row.
template <class Y, class X, class S>
[[nodiscard]] auto jacobian_tree(const Y& y, const X& x, const ScalarMatrix<S>& matrix) {
    using J = rebuilt<Y, ChangeTo<X>>;
    auto next = matrix.elements.begin();
    return rebuild<J>(y, [&](const auto&) {
        X row = x;
        zip_scalars(
            x, row, [&](const S&, S& g) { g = *next++; }, ClearConstants());
        return row;
    });
}

/// One run, all columns at once: an argument of `width` numbers.
template <class S, int width, class F, class X>
[[nodiscard]] auto jacobian_of_one_run(const F& f, const X& x) {
    using D = Dual<S, Tangents<S, width>>;
    const CrossingScope<D> scope;
    const auto y = run_forward<D>("jacobian", f, x, [](auto& tangent, int i) { tangent = Tangents<S, width>::unit(i); });
    return rebuild<rebuilt<decltype(without<D>(y)), ChangeTo<X>>>(y, [&]<class N>(const N& number) {
        X row = x;
        int next = 0;
        zip_scalars(
            x, row,
            [&](const S&, S& g) {
                if constexpr (std::is_same_v<N, D>) g = number.tangent[next++];
                else g = S(0);
            },
            ClearConstants());
        return row;
    });
}

template <class S, int width, class F, class X>
[[nodiscard]] auto forward_jacobian(const F& f, const X& x) {
    using D = Dual<S, Tangents<S, width>>;
    ScalarMatrix<S> matrix{count_scalars(x), {}};
    const auto run_from = [&](int first) {
        const CrossingScope<D> scope;
        auto y =
            run_forward<D>("jacobian", f, x, [&](auto& tangent, int i) { tangent = Tangents<S, width>::unit(i - first); });
        std::size_t row = 0;
        zip_scalars(
            y, y,
            [&]<class N>(const N& number, const N&) {
                if (first == 0) matrix.elements.resize((row + 1) * matrix.columns);
                for (int d = 0; d < width && first + d < static_cast<int>(matrix.columns); ++d)
                    if constexpr (std::is_same_v<N, D>)
                        matrix.elements[row * matrix.columns + static_cast<std::size_t>(first + d)] = number.tangent[d];
                ++row;
            },
            [](const auto&, const auto&) {});
        return without<D>(y);
    };
    const auto y = run_from(0);
    for (int first = width; first < static_cast<int>(matrix.columns); first += width) (void)run_from(first);
    return jacobian_tree(y, x, matrix);
}

template <class S, class F, class X>
[[nodiscard]] auto reverse_jacobian(const F& f, const X& x) {
    const auto [y, pullback] = scalar_vjp<S>(f, x);
    ScalarMatrix<S> matrix{count_scalars(x), {}};
    const std::size_t rows = count_scalars(y);
    for (std::size_t row = 0; row < rows; ++row) {
        auto seed = y;
        std::size_t next = 0;
        zip_scalars(
            y, seed, [&](const auto&, auto& s) { s = std::remove_cvref_t<decltype(s)>(next++ == row ? 1 : 0); },
            [](const auto&, auto&) {});
        const X gradient = pullback(seed);
        zip_scalars(
            gradient, gradient, [&](const S& g, const S&) { matrix.elements.push_back(g); },
            [](const auto&, const auto&) {});
    }
    return jacobian_tree(y, x, matrix);
}

template <class S, class F, class X>
[[nodiscard]] auto scalar_jacobian(const F& f, const X& x, Mode mode) {
    constexpr int count = scalar_count<X>();
    constexpr int width = count > 0 && count <= 32 ? count : 8;
    // Forward: one run for `width` columns. Reverse: one run, and one sweep a row, at about twice the price of a run.
    const bool forward = mode == Mode::forward || (mode == Mode::automatic && (width == count || [&] {
                                                       return count_scalars(x) / width <= 2 * count_scalars(f(x));
                                                   }()));
    if constexpr (width == count) {
        if (forward) return jacobian_of_one_run<S, width>(f, x);
    } else {
        if (forward) return forward_jacobian<S, width>(f, x);
    }
    return reverse_jacobian<S>(f, x);
}

}  // namespace cotangent::detail
