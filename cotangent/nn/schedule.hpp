#pragma once
// Learning rate schedules: functions from the step (0, 1, ...) to a learning rate.
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace cotangent::nn {

using Schedule = std::function<double(std::int64_t step)>;

[[nodiscard]] Schedule constant(double lr);
/// lr * factor^(step / every). @throws ValueError  every < 1
[[nodiscard]] Schedule step_decay(double lr, std::int64_t every, double factor);
/// From lr down to `last` along half a cosine over `steps`, then `last`. @source Loshchilov, Hutter 2016, arXiv:1608.03983
[[nodiscard]] Schedule cosine(double lr, std::int64_t steps, double last = 0);
/// Up to `then(0)` in a straight line, (k + 1) / (steps + 1) of it at step k < steps, then `then`, counted from there.
[[nodiscard]] Schedule warm_up(std::int64_t steps, Schedule then);
/// values[k].second from step values[k].first on. @throws ValueError  empty, not ascending, or not from 0
[[nodiscard]] Schedule piecewise(std::vector<std::pair<std::int64_t, double>> values);

}  // namespace cotangent::nn
