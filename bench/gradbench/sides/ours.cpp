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

/// Numbers as dual numbers of their own directions.
template <class D, std::size_t N>
std::array<D, N> variables(const std::array<double, N>& x) {
    std::array<D, N> result;
    for (std::size_t i = 0; i < N; ++i) {
        result[i] = D(x[i]);
        result[i].tangent.set(static_cast<int>(i), 1);
    }
    return result;
}
template <class D>
std::vector<std::array<double, 3>> values(const std::vector<std::array<D, 3>>& points) {
    std::vector<std::array<double, 3>> result;
    for (const auto& [x, y, z] : points) result.push_back({x.value, y.value, z.value});
    return result;
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
        const auto f = jacobian(
            [&problem]<class T>(const Building<T>& building) -> T { return simulate(building, problem.steps); }, Mode::forward);
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
        // A residual depends on all of the pose and on two numbers of its own.
        using Pose = Dual<double, Tangents<double, 26>>;
        using Place = Dual<double, Tangents<double, 2>>;
        const auto vertices = problem.surface(variables<Pose>(problem.pose));
        const auto still = values(vertices);
        double* row = jacobian.data();
        for (std::size_t p = 0; p < problem.points.size(); ++p) {
            const auto place = variables<Place>(problem.places[p]);
            for (std::size_t i = 0; i < 3; ++i) {
                const Place by_place = problem.residual<Place>(p, i, still, place);
                const Pose by_pose = problem.residual<Pose>(p, i, vertices, problem.places[p]);
                by_place.tangent.copy_to(row);
                by_pose.tangent.copy_to(row + 2);
                row += 28;
            }
        }
    }
};

}  // namespace

std::optional<Run> ours(const Problem& problem) { return std::visit(Make{}, problem); }

}  // namespace cotangent::gradbench
