// Sacado: Rad (reverse, a graph of operations) for one output, Fad (forward, a vector of tangents) for residuals.
#define SACADO_DISABLE_FAD_VIEW_SPEC  // no MPI
#include <Sacado_No_Kokkos.hpp>

namespace Sacado::Fad::Exp {
template <class T>
double value_of(const T& x) {
    return x.val();
}
}  // namespace Sacado::Fad::Exp
namespace Sacado::Rad {
using Fad::Exp::value_of;
}

#include "side.hpp"

namespace cotangent::gradbench {
namespace {

using Reverse = Sacado::Rad::ADvar<double>;

struct Make {
    template <ScalarProblem P>
    std::optional<Run> operator()(const P& problem) const {
        const auto result = std::make_shared<std::vector<double>>(problem.parameters.size());
        return Run{[&problem, result] {
                       std::vector<Reverse> x(problem.parameters.begin(), problem.parameters.end());
                       const Reverse y = problem(std::span<const Reverse>(x));
                       Reverse::Gradcomp();
                       for (std::size_t k = 0; k < x.size(); ++k) (*result)[k] = x[k].adj();
                   },
                   [result] { return *result; }};
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
        using Forward = Sacado::Fad::SFad<double, 15>;
        const std::size_t count = problem.weights.size();
        for (std::size_t k = 0; k < count; ++k) {
            const auto inputs = problem.inputs(k);
            std::array<Forward, 15> x;
            for (int i = 0; i < 15; ++i)
                x[static_cast<std::size_t>(i)] = Forward(15, i, inputs[static_cast<std::size_t>(i)]);
            const auto errors = reprojection_error(x, problem.features[k]);
            for (int i = 0; i < 30; ++i)
                values[30 * k + static_cast<std::size_t>(i)] = errors[static_cast<std::size_t>(i / 15)].dx(i % 15);
        }
        for (std::size_t k = 0; k < count; ++k)
            values[30 * count + k] = weight_error(Sacado::Fad::SFad<double, 1>(1, 0, problem.weights[k])).dx(0);
    }
    static void fill(const Hand& problem, std::vector<double>& jacobian) {
        // A residual depends on all of the pose and on two numbers of its own.
        using Forward = Sacado::Fad::SFad<double, 28>;
        std::array<Forward, 26> pose;
        for (std::size_t i = 0; i < 26; ++i) pose[i] = Forward(28, static_cast<int>(2 + i), problem.pose[i]);
        const auto vertices = problem.surface(pose);
        double* row = jacobian.data();
        for (std::size_t p = 0; p < problem.points.size(); ++p) {
            const std::array<Forward, 2> place{Forward(28, 0, problem.places[p][0]), Forward(28, 1, problem.places[p][1])};
            for (std::size_t i = 0; i < 3; ++i) {
                const Forward residual = problem.residual<Forward>(p, i, problem.corners_of(p, i, vertices), place);
                for (int k = 0; k < 28; ++k) *row++ = residual.dx(k);
            }
        }
    }
};

}  // namespace

std::optional<Run> sacado(const Problem& problem) { return std::visit(Make{}, problem); }

}  // namespace cotangent::gradbench
