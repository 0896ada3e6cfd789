#pragma once
// The plain numbers in our scalars, for the branches of the problems.
#include "cotangent/grad/grad.hpp"

namespace cotangent {

template <class T>
[[nodiscard]] double value_of(const Real<T>& x) {
    return primal(x);
}
template <class T, class V>
[[nodiscard]] double value_of(const Dual<T, V>& x) {
    return primal(x);
}

}  // namespace cotangent
