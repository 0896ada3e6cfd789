#include "side.hpp"

namespace cotangent::gradbench {
namespace {

// Not inlined into the timing loop, where the compiler could see that the inputs do not change.
template <ScalarProblem P>
[[gnu::noinline]] double evaluate(const P& problem) {
    return problem(std::span<const double>(problem.parameters));
}

template <ScalarProblem P>
std::function<double()> objective(const P& problem) {
    return [&problem] { return evaluate(problem); };
}
std::function<double()> objective(const BundleAdjustment& problem) {
    return [&problem, errors = std::vector<double>(3 * problem.weights.size())]() mutable {
        problem.objective(errors);
        return errors[0];
    };
}
std::function<double()> objective(const Hand& problem) {
    return [&problem, residuals = std::vector<double>(problem.residuals())]() mutable {
        problem.objective(residuals);
        return residuals[0];
    };
}

}  // namespace

std::function<double()> objective_of(const Problem& problem) {
    return std::visit([](const auto& p) { return objective(p); }, problem);
}

const std::vector<Side>& sides() {
    static const std::vector<Side> all{
        {"ours", ours},     {"tensors", tensors},           {"compiled", compiled},
#ifdef GRADBENCH_ADOLC
        {"adolc", adolc},   {"adolc_replay", adolc_replay},
#endif
#ifdef GRADBENCH_SACADO
        {"sacado", sacado},
#endif
    };
    return all;
}

}  // namespace cotangent::gradbench
