// Log densities and their gradients, compiled, against numbers that others computed exactly.
#include <doctest/doctest.h>

#include "cotangent/grad/compile/compile.hpp"
#include "cotangent/grad/compile/detail/densities.hpp"
#include "cotangent/grad/grad.hpp"

namespace ct = cotangent;
namespace densities = ct::detail::densities;

namespace {

template <class Density>
void check_oracle(const std::string& name) {
    const densities::Json data = densities::read(name);
    if (data.is_null()) {
        MESSAGE("skipped: COTANGENT_DATA has no posteriordb/" << name << ".json");
        return;
    }
    auto f = ct::compile(ct::value_and_grad(Density(data)));
    (void)f(ct::map_tree([](const ct::Tensor& x) { return x + 0.25; }, Density::point()));
    for (int call = 0; call < 2; ++call) {
        const auto [value, gradient] = f(Density::point());
        const double expected = data["oracle"]["log_density"];
        CHECK(std::abs(value.item() - expected) <= 1e-10 * std::abs(expected));
        std::vector<double> seen;
        for (const ct::Tensor& leaf : ct::leaves(gradient))
            for (const double number : leaf.to_vector<double>()) seen.push_back(number);
        const auto exact = data["oracle"]["gradient"].get<std::vector<double>>();
        REQUIRE(seen.size() == exact.size());
        for (std::size_t k = 0; k < exact.size(); ++k) CHECK(std::abs(seen[k] - exact[k]) <= 1e-10 * (1 + std::abs(exact[k])));
    }
    CHECK(f.recordings() == 1);
}

}  // namespace

TEST_CASE("eight schools, non-centred, compiled: log density and gradient are exact to 1e-10") {
    check_oracle<densities::EightSchools>("eight_schools-eight_schools_noncentered");
}
TEST_CASE("logmesquite, compiled: log density and gradient are exact to 1e-10") {
    check_oracle<densities::LogMesquite>("mesquite-logmesquite");
}
TEST_CASE("radon pooled, compiled: log density and gradient are exact to 1e-10") {
    check_oracle<densities::RadonPooled>("radon_all-radon_pooled");
}
