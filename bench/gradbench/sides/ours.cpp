// Cotangent: the same templates as everybody's, differentiated by grad.hpp. Reverse mode for one output, forward mode with
// all tangents at once for residuals.
#include "cotangent/grad/grad.hpp"

namespace cotangent {
template <class T>
double value_of(const Real<T>& x) {
    return primal(x);
}
template <class T, class V>
double value_of(const Dual<T, V>& x) {
    return primal(x);
}
}  // namespace cotangent

#include "side.hpp"

namespace cotangent::gradbench {
namespace {

template <class P>
auto function_of(const P& problem) {
    return [&problem]<class T>(const std::vector<T>& x) -> T { return problem(std::span<const T>(x)); };
}

struct Make {
    template <ScalarProblem P>
    std::optional<Run> operator()(const P& problem) const {
        const auto result = std::make_shared<std::vector<double>>();
        return Run{[&problem, result, f = grad(function_of(problem))] { *result = f(problem.parameters); },
                   [result] { return *result; }};
    }
    std::optional<Run> operator()(const BuildingSimulation& problem) const {
        const auto result = std::make_shared<Building<double>>();
        const auto f =
            grad([&problem]<class T>(const Building<T>& building) -> T { return simulate(building, problem.steps); });
        return Run{[result, f] { *result = f(default_building); },
                   [result] { return BuildingSimulation::flatten(*result); }};
    }
    std::optional<Run> operator()(const BundleAdjustment& problem) const {
        const auto jacobian = std::make_shared<SparseJacobian>(sparsity(problem));
        return Run{[&problem, jacobian] { fill(problem, jacobian->values); }, [jacobian] { return jacobian->values; }};
    }
    std::optional<Run> operator()(const Hand& problem) const {
        const auto jacobian = std::make_shared<std::vector<double>>(28 * problem.residuals());
        return Run{[&problem, jacobian] { fill(problem, *jacobian); }, [jacobian] { return *jacobian; }};
    }

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
    static void fill(const Hand& problem, std::vector<double>& jacobian) {
        // Each residual depends on two of the places, so that all share two tangents.
        using Forward = Dual<double, Tangents<double, 28>>;
        const auto seeded = [](double value, int direction) {
            Forward x(value);
            x.tangent.set(direction, 1);
            return x;
        };
        std::array<Forward, 26> pose;
        for (int i = 0; i < 26; ++i)
            pose[static_cast<std::size_t>(i)] = seeded(problem.pose[static_cast<std::size_t>(i)], 2 + i);
        std::vector<std::array<Forward, 2>> places;
        for (const auto& [u, v] : problem.places) places.push_back({seeded(u, 0), seeded(v, 1)});
        std::vector<Forward> residuals(problem.residuals());
        problem(pose, std::span<const std::array<Forward, 2>>(places), std::span<Forward>(residuals));
        for (std::size_t r = 0; r < residuals.size(); ++r)
            for (int i = 0; i < 28; ++i) jacobian[28 * r + static_cast<std::size_t>(i)] = residuals[r].tangent[i];
    }
};

}  // namespace

std::optional<Run> ours(const Problem& problem) { return std::visit(Make{}, problem); }

}  // namespace cotangent::gradbench
