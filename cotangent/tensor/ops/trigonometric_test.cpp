#include "cotangent/tensor/ops/trigonometric.hpp"

#include <cmath>

#include <doctest/doctest.h>

namespace ct = cotangent;

// Goldens: NumPy 2.4.6, float64.
TEST_CASE("sin, cos, tan and tanh agree with NumPy") {
    const std::vector<double> x{-3.5, -1.25, -0.5, -1e-5, 0.0, 2e-5, 0.3, 1.0, 2.75, 6.0};
    struct Golden {
        ct::Tensor (*op)(const ct::Tensor&);
        std::vector<double> expected;
    };
    const Golden goldens[] = {
        {ct::sin,
         {0.35078322768961984, -0.9489846193555862, -0.47942553860420301, -9.9999999998333335e-06, 0, 1.9999999998666667e-05,
          0.29552020666133955, 0.8414709848078965, 0.38166099205233167, -0.27941549819892586}},
        {ct::cos,
         {-0.93645668729079634, 0.31532236239526867, 0.87758256189037276, 0.99999999995, 1, 0.99999999979999998,
          0.95533648912560598, 0.54030230586813977, -0.92430237863246356, 0.96017028665036597}},
        {ct::tan,
         {-0.37458564015859469, -3.0095696738628313, -0.54630248984379048, -1.0000000000333334e-05, 0,
          2.0000000002666668e-05, 0.30933624960962319, 1.5574077246549023, -0.41291789448493249, -0.29100619138474915}},
        {ct::tanh,
         {-0.99817789761119868, -0.84828363995751288, -0.46211715726000974, -9.9999999996666679e-06, 0,
          1.9999999997333335e-05, 0.2913126124515909, 0.76159415595576485, 0.99185972456820781, 0.99998771165079559}}};
    for (const Golden& golden : goldens) {
        const auto wide = golden.op(ct::Tensor::from(x, {10})).to_vector<double>();
        const auto narrow = golden.op(ct::Tensor::from(std::vector<float>(x.begin(), x.end()), {10})).to_vector<double>();
        for (std::size_t i = 0; i < x.size(); ++i) {
            CAPTURE(x[i]);
            CHECK(std::abs(wide[i] - golden.expected[i]) <= 6e-16 * std::abs(golden.expected[i]));
            CHECK(std::abs(narrow[i] - golden.expected[i]) <= 4e-7 * std::abs(golden.expected[i]));
        }
    }
}

TEST_CASE("sin names the dtype that is wrong") {
    CHECK_THROWS_WITH_AS((void)ct::sin(ct::Tensor::of<std::int64_t>({1})), "sin: dtype is int64, expected a floating dtype",
                         ct::DtypeError);
}
