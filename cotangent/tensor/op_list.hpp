#pragma once
// The list of ops. The derivative tests are generated from it (grad/op_derivatives_test.cpp): an op that is not here
// is not tested, and one with rules of its own that no line here reaches fails the test.
#include <functional>
#include <string>
#include <vector>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// Where the tests draw an argument from: uniform in [low, high], float64.
struct OpArgument {
    Shape shape;
    double low = -2, high = 2;
};

/// One way to call an op.
struct OpCase {
    std::string name;                                                 ///< `sum` or `sum over axis 1`: op, then what varies
    std::function<Tensor(const std::vector<Tensor>& arguments)> call; ///< an op of several outputs returns them one by one, a case each
    std::vector<OpArgument> arguments;                                ///< the differentiable ones; indices and the like live in `call`
};

[[nodiscard]] std::vector<OpCase> op_list();

}  // namespace cotangent
