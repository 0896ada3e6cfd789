#include "cotangent/nn/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "cotangent/tensor/error.hpp"

#include <fmt/format.h>

namespace cotangent::nn {
namespace {

void check_steps(const char* op, std::int64_t steps) {
    if (steps < 1) throw ValueError(fmt::format("{}: steps are {}, expected at least 1", op, steps));
}

}  // namespace

Schedule constant(double lr) {
    return [lr](std::int64_t) { return lr; };
}

Schedule step_decay(double lr, std::int64_t every, double factor) {
    check_steps("step_decay", every);
    return [=](std::int64_t step) { return lr * std::pow(factor, static_cast<double>(step / every)); };
}

Schedule cosine(double lr, std::int64_t steps, double last) {
    check_steps("cosine", steps);
    return [=](std::int64_t step) {
        const double share = std::min(1.0, static_cast<double>(step) / static_cast<double>(steps));
        return last + (lr - last) * 0.5 * (1 + std::cos(std::numbers::pi * share));
    };
}

Schedule warm_up(std::int64_t steps, Schedule then) {
    check_steps("warm_up", steps);
    return [=](std::int64_t step) {
        if (step >= steps) return then(step - steps);
        return then(0) * static_cast<double>(step + 1) / static_cast<double>(steps + 1);
    };
}

Schedule piecewise(std::vector<std::pair<std::int64_t, double>> values) {
    if (values.empty() || values[0].first != 0) throw ValueError("piecewise: values do not start at step 0");
    if (!std::is_sorted(values.begin(), values.end(), [](auto& a, auto& b) { return a.first < b.first; }))
        throw ValueError("piecewise: steps are not ascending");
    return [values = std::move(values)](std::int64_t step) {
        const auto after = std::upper_bound(values.begin(), values.end(), step, [](std::int64_t s, const auto& v) { return s < v.first; });
        return std::prev(after)->second;
    };
}

}  // namespace cotangent::nn
