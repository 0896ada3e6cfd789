// Cotangent: the same templates as everybody's, differentiated by grad.hpp. Reverse mode for one output, forward mode with
// all tangents at once for residuals.
#include "ours.hpp"

#include "cotangent/grad/checkpoint.hpp"
#include "side.hpp"

namespace cotangent::gradbench {
namespace {

template <class P>
auto function_of(const P& problem) {
    return [&problem]<class T>(const std::vector<T>& x) -> T { return problem(std::span<const T>(x)); };
}

/// Calls f(first, last) for pieces of `count` steps, about as many as a piece has steps. Each is a checkpoint below: of the
/// tape no more than a piece is kept, and that stays in the caches.
void in_pieces(std::size_t count, const auto& f) {
    const auto length = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(count))));
    for (std::size_t first = 0; first < count; first += length) f(first, std::min(count, first + length));
}

/// By the first row, as Determinant expands.
constexpr auto determinant_of_four = []<class T>(const std::array<T, 16>& a) -> T {
    const auto of_three = [&](std::size_t i, std::size_t j, std::size_t k) -> T {
        const auto two = [&](std::size_t p, std::size_t q) -> T { return a[8 + p] * a[12 + q] - a[8 + q] * a[12 + p]; };
        return a[4 + i] * two(j, k) - a[4 + j] * two(i, k) + a[4 + k] * two(i, j);
    };
    return a[0] * of_three(1, 2, 3) - a[1] * of_three(0, 2, 3) + a[2] * of_three(0, 1, 3) - a[3] * of_three(0, 1, 2);
};

struct Make {
    template <ScalarProblem P>
    std::optional<Run> operator()(const P& problem) const {
        return gradient(problem, function_of(problem));
    }
    template <class P, class F>
    static Run gradient(const P& problem, F f) {
        const auto result = std::make_shared<std::vector<double>>();
        return Run{[&problem, result, g = grad(std::move(f))] { *result = g(problem.parameters); }, [result] { return *result; }};
    }
    std::optional<Run> operator()(const Lstm& problem) const {
        return gradient(problem, [&problem]<class T>(const std::vector<T>& x) -> T {
            auto state = problem.start<T>();
            in_pieces(problem.characters - 1, [&](std::size_t first, std::size_t last) {
                state = checkpoint([=, &problem]<class U>(const Lstm::State<U>& from, const std::vector<U>& y) {
                    return problem.run(from, first, last, std::span<const U>(y));
                })(state, x);
            });
            return problem.loss(state);
        });
    }
    std::optional<Run> operator()(const Ode& problem) const {
        return gradient(problem, [&problem]<class T>(const std::vector<T>& x) -> T {
            std::vector<T> state(x.size(), T(0.0));
            in_pieces(problem.steps, [&](std::size_t first, std::size_t last) {
                state = checkpoint([=, &problem]<class U>(const std::vector<U>& from, const std::vector<U>& y) {
                    return problem.run(from, first, last, std::span<const U>(y));
                })(state, x);
            });
            return state.back();
        });
    }
    std::optional<Run> operator()(const Gmm& problem) const {
        return gradient(problem, [&problem]<class T>(const std::vector<T>& x) -> T {
            const auto diagonals = problem.diagonals_of(std::span<const T>(x));
            T likelihood = 0.0;
            in_pieces(problem.n, [&](std::size_t first, std::size_t last) {
                likelihood += checkpoint([=, &problem]<class U>(const std::vector<U>& y, const Gmm::Diagonals<U>& of) {
                    return problem.likelihood(first, last, std::span<const U>(y), of);
                })(x, diagonals);
            });
            return problem.posterior(likelihood, std::span<const T>(x), diagonals);
        });
    }
    std::optional<Run> operator()(const LeastSquares& problem) const {
        return gradient(problem, [&problem]<class T>(const std::vector<T>& x) -> T {
            T sum = 0.0;
            in_pieces(problem.n, [&](std::size_t first, std::size_t last) {
                sum += checkpoint([=, &problem]<class U>(const std::vector<U>& y) {
                    return problem.squares(first, last, std::span<const U>(y));
                })(x);
            });
            return 0.5 * sum;
        });
    }
    /// A minor of four rows is one statement.
    std::optional<Run> operator()(const Determinant& problem) const {
        if (problem.n < 4) return gradient(problem, function_of(problem));
        return gradient(problem, [&problem]<class T>(const std::vector<T>& x) -> T {
            const std::size_t n = problem.n;
            return problem.expand(std::span<const T>(x), 4, [n](const T* row, const std::vector<std::size_t>& next) {
                std::array<T, 16> minor;
                std::size_t column = next[n];
                for (std::size_t c = 0; c < 4; ++c, column = next[column])
                    for (std::size_t r = 0; r < 4; ++r) minor[4 * r + c] = row[r * n + column];
                return preaccumulate(determinant_of_four)(minor);
            });
        });
    }
    std::optional<Run> operator()(const BuildingSimulation& problem) const {
        const auto result = std::make_shared<Building<double>>();
        const auto f = grad([&problem]<class T>(const Building<T>& building) -> T { return simulate(building, problem.steps); });
        return Run{[result, f] { *result = f(default_building); },
                   [result] { return BuildingSimulation::flatten(*result); }};
    }
    std::optional<Run> operator()(const BundleAdjustment& problem) const {
        const auto jacobian = std::make_shared<SparseJacobian>(sparsity(problem));
        return Run{[&problem, jacobian] { fill(problem, jacobian->values); }, [jacobian] { return jacobian->values; }};
    }
    std::optional<Run> operator()(const Hand& problem) const { return hand(problem); }

    static void fill(const BundleAdjustment& problem, std::vector<double>& values) {
        auto next = values.begin();
        for (std::size_t k = 0; k < problem.weights.size(); ++k) {
            const auto& feature = problem.features[k];
            const auto rows = jacobian([&](const auto& x) { return reprojection_error(x, feature); })(problem.inputs(k));
            for (const auto& row : rows) next = std::copy(row.begin(), row.end(), next);
        }
        const auto slope = grad([](const auto& weight) { return weight_error(weight); });
        for (const double weight : problem.weights) *next++ = slope(weight);
    }
};

}  // namespace

std::optional<Run> ours(const Problem& problem) { return std::visit(Make{}, problem); }

}  // namespace cotangent::gradbench
