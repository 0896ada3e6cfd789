#include "cotangent/tensor/ops/logical.hpp"

#include "cotangent/tensor/ops/creation.hpp"

#include <doctest/doctest.h>

namespace ct = cotangent;
using Bools = std::vector<bool>;

TEST_CASE("logic follows its truth tables and broadcasts") {
    const ct::Tensor a = ct::Tensor::of<bool>({{false}, {true}}), b = ct::Tensor::of<bool>({false, true});
    CHECK((a && b).shape() == ct::Shape{2, 2});
    CHECK((a && b).to_vector<bool>() == Bools{false, false, false, true});
    CHECK((a || b).to_vector<bool>() == Bools{false, true, true, true});
    CHECK(ct::logical_xor(a, b).to_vector<bool>() == Bools{false, true, true, false});
    CHECK((!b).to_vector<bool>() == Bools{true, false});
}

TEST_CASE("logic names the dtype that is wrong") {
    const ct::Tensor holds = ct::Tensor::of<bool>({true});
    CHECK_THROWS_WITH_AS((void)(holds && ct::ones({1})), "logical_and: dtype is float32, expected bool", ct::DtypeError);
    CHECK_THROWS_WITH_AS((void)!ct::ones({1}), "logical_not: dtype is float32, expected bool", ct::DtypeError);
}
