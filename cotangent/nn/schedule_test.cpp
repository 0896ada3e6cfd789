#include "cotangent/nn/schedule.hpp"

#include "cotangent/nn/detail/testing.hpp"

namespace nn = ct::nn;
using namespace ct::nn::testing;

namespace {

void check_rates(const nn::Schedule& schedule, const Golden& golden, const std::string& name) {
    const auto rates = golden(name + "/rates").to_vector<double>();
    for (std::size_t step = 0; step < rates.size(); ++step) {
        CAPTURE(name);
        CAPTURE(step);
        CHECK(std::abs(schedule(static_cast<std::int64_t>(step)) - rates[step]) <= 1e-14);
    }
}

}  // namespace

TEST_CASE("schedules agree with PyTorch") {
    const Golden golden("schedules");
    check_rates(nn::constant(0.5), golden, "constant");
    check_rates(nn::step_decay(0.5, 3, 0.5), golden, "step");
    check_rates(nn::step_decay(0.5, 1, 0.9), golden, "exponential");
    check_rates(nn::cosine(0.5, 11, 0.01), golden, "cosine");
    check_rates(nn::piecewise({{0, 0.5}, {2, 0.125}, {5, 0.03125}, {6, 0.0078125}}), golden, "milestones");
}

TEST_CASE("cosine stays at its last value") {
    const nn::Schedule schedule = nn::cosine(1, 10, 0.125);
    CHECK(schedule(0) == 1);
    CHECK(schedule(5) == doctest::Approx(0.5625));
    for (const std::int64_t step : {10, 11, 1'000'000}) CHECK(schedule(step) == 0.125);
}

TEST_CASE("warm_up rises in a straight line to what comes then, which counts from its own start") {
    const nn::Schedule schedule = nn::warm_up(4, nn::step_decay(1, 2, 0.5));
    for (int step = 0; step < 4; ++step) CHECK(schedule(step) == doctest::Approx(0.2 * (step + 1)));
    CHECK(schedule(4) == 1);
    CHECK(schedule(5) == 1);
    CHECK(schedule(6) == 0.5);
}

TEST_CASE("schedules refuse what makes no sense") {
    CHECK_THROWS_WITH_AS((void)nn::step_decay(1, 0, 0.5), "step_decay: steps are 0, expected at least 1", ct::ValueError);
    CHECK_THROWS_AS((void)nn::cosine(1, 0), ct::ValueError);
    CHECK_THROWS_AS((void)nn::warm_up(0, nn::constant(1)), ct::ValueError);
    CHECK_THROWS_AS((void)nn::piecewise({}), ct::ValueError);
    CHECK_THROWS_AS((void)nn::piecewise({{1, 0.1}}), ct::ValueError);
    CHECK_THROWS_AS((void)nn::piecewise({{0, 0.1}, {5, 0.2}, {3, 0.3}}), ct::ValueError);
}
