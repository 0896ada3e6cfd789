#pragma once
// What a branch or a choice reads of a scalar that may carry derivatives: the plain number. Sides add overloads beside their
// own scalars, where argument-dependent lookup finds them.

namespace cotangent::gradbench {

[[nodiscard]] inline double value_of(double x) { return x; }

}  // namespace cotangent::gradbench
