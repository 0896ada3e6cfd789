#include "scalar_nesting_check.hpp"

using namespace cotangent::testing;

TEST_CASE("third derivatives of numbers nest in every combination, forward mode innermost") {
    check_third(cotangent::grad(cotangent::grad(cotangent::grad(f))));
    check_third(forward(forward(forward(f))));
    check_third(tape(forward(forward(f))));
    check_third(tape(tape(forward(f))));
}
