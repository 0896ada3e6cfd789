#pragma once
#include <functional>
#include <string>

namespace cotangent::bench {

/// One step of a workload; returns a number of its result, such as the loss.
using Step = std::function<double()>;

/// Builds a workload of README.md's table. @throws ValueError  there is none of this name
[[nodiscard]] Step make_workload(const std::string& name);

}  // namespace cotangent::bench
