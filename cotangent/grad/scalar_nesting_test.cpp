#include "scalar_nesting_check.hpp"

using namespace cotangent::testing;

TEST_CASE("third derivatives of numbers nest in every combination, forward mode around reverse mode") {
    check_third(tape(forward(tape(f))));
    check_third(forward(forward(tape(f))));
    check_third(forward(tape(forward(f))));
}
