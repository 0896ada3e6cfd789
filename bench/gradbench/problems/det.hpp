#pragma once
// The determinant by expansion along rows: factorial time, a plain recursion over scalars.
// @source  cmpad's problem det_by_minor by Bradley M. Bell; gradbench/gradbench, evals/det, for the definition
#include <cstddef>
#include <span>
#include <vector>

namespace cotangent::gradbench {

struct Determinant {
    std::size_t n;
    std::vector<double> parameters;  ///< [n, n]

    template <class T>
    [[nodiscard]] T operator()(std::span<const T> x) const {
        return expand(x, 1, [&](const T* row, const std::vector<std::size_t>& next) { return row[next[n]]; });
    }
    /// The expansion down to minors of `smallest` rows, which are `base(first of those rows, columns)`: column next[n] is
    /// the first, column next[c] the one after c.
    template <class T, class Base>
    [[nodiscard]] T expand(std::span<const T> x, std::size_t smallest, Base base) const {
        std::vector<std::size_t> next(n + 1);  // next[c]: the column left after column c; next[n]: the first
        for (std::size_t c = 0; c < n; ++c) next[c] = c + 1;
        next[n] = 0;
        return minor(x.data(), n, next, smallest, base);
    }

private:
    /// Of the last `m` rows and the columns in the list.
    template <class T, class Base>
    [[nodiscard]] T minor(const T* x, std::size_t m, std::vector<std::size_t>& next, std::size_t smallest,
                          const Base& base) const {
        const T* row = x + (n - m) * n;
        if (m == smallest) return base(row, next);
        T sum = 0.0;
        std::size_t before = n, column = next[n];
        for (std::size_t j = 0; j < m; ++j) {
            next[before] = next[column];
            const T below = minor(x, m - 1, next, smallest, base);
            next[before] = column;
            if (j % 2 == 0) sum += row[column] * below;
            else sum -= row[column] * below;
            before = column;
            column = next[column];
        }
        return sum;
    }
};

[[nodiscard]] Determinant make_det(std::size_t n);

}  // namespace cotangent::gradbench
