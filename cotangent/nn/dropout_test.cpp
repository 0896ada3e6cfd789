#include "cotangent/nn/dropout.hpp"

#include "cotangent/nn/detail/testing.hpp"

namespace nn = ct::nn;
using namespace ct::nn::testing;
using ct::Tensor;

TEST_CASE("dropout is the identity outside training and at rate 0") {
    const Tensor x = random_tensor({3, 4}, 1);
    nn::Pass evaluating = nn::Pass::evaluate(), training = nn::Pass::train(ct::Rng(1));
    CHECK(identical(nn::dropout(x, 0.5, evaluating), x));
    CHECK(identical(nn::dropout(x, 0, training), x));
    CHECK(training.rng == ct::Rng(1));
}

TEST_CASE("dropout gives 0 or x / (1 - rate), and drops the share it should") {
    for (const double rate : {0.1, 0.5, 0.9}) {
        nn::Pass pass = nn::Pass::train(ct::Rng(7));
        const std::int64_t count = 100'000;
        const auto y = nn::dropout(ct::full({count}, 3.0), rate, pass).to_vector<double>();
        std::int64_t dropped = 0;
        bool every = true;
        for (const double value : y) {
            dropped += value == 0;
            every = every && (value == 0 || std::abs(value - 3 / (1 - rate)) < 1e-6 * 3 / (1 - rate));
        }
        CHECK(every);
        // Binomial: five deviations fail by chance once in 2 * 10^6 seeds; the seed is fixed.
        const double deviation = std::sqrt(static_cast<double>(count) * rate * (1 - rate));
        CHECK(std::abs(static_cast<double>(dropped) - static_cast<double>(count) * rate) < 5 * deviation);
    }
}

TEST_CASE("dropout draws anew each time, and the same from the same pass") {
    nn::Pass pass = nn::Pass::train(ct::Rng(7)), again = nn::Pass::train(ct::Rng(7));
    const Tensor x = ct::ones({64});
    const Tensor first = nn::dropout(x, 0.5, pass), second = nn::dropout(x, 0.5, pass);
    CHECK(!identical(first, second));
    CHECK(identical(nn::dropout(x, 0.5, again), first));
    CHECK(identical(nn::dropout(x, 0.5, again), second));
}

TEST_CASE("the gradient of dropout has the mask of its value") {
    const Tensor x = ct::ones({64});
    nn::Pass pass = nn::Pass::train(ct::Rng(7)), again = nn::Pass::train(ct::Rng(7));
    const auto gradient = ct::grad([](const Tensor& v, nn::Pass& p) { return sum(nn::dropout(v, 0.25, p)); })(x, pass);
    CHECK(identical(gradient, nn::dropout(x, 0.25, again)));
}

TEST_CASE("dropout refuses a rate outside [0, 1)") {
    nn::Pass pass = nn::Pass::train(ct::Rng(7));
    const Tensor x = ct::ones({2});
    CHECK_THROWS_WITH_AS((void)nn::dropout(x, 1, pass), "dropout: rate is 1, expected 0 <= rate < 1", ct::ValueError);
    CHECK_THROWS_AS((void)nn::dropout(x, -0.1, pass), ct::ValueError);
    CHECK_THROWS_AS((void)nn::dropout(x, std::nan(""), pass), ct::ValueError);
}

TEST_CASE("dropout does not depend on the number of threads") {
    check_thread_independence([] {
        nn::Pass pass = nn::Pass::train(ct::Rng(9));
        return nn::dropout(ct::ones({300'000}), 0.3, pass);
    });
}
