#include "scalar_nesting_check.hpp"

using namespace cotangent::testing;

TEST_CASE("third derivatives of numbers nest in every combination, reverse mode around reverse mode") {
    check_third(tape(tape(tape(f))));
    check_third(forward(tape(tape(f))));
}
