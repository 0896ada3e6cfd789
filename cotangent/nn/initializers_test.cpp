#include "cotangent/nn/initializers.hpp"

#include "cotangent/nn/attention.hpp"
#include "cotangent/nn/detail/testing.hpp"
#include "cotangent/nn/embedding.hpp"

namespace nn = ct::nn;
using namespace ct::nn::testing;
using ct::Tensor;

namespace {

struct Moments {
    double mean = 0, deviation = 0, largest = 0;
};
Moments moments(const Tensor& x) {
    Moments result;
    const auto values = x.to_vector<double>();
    for (const double value : values) {
        result.mean += value;
        result.deviation += value * value;
        result.largest = std::max(result.largest, std::abs(value));
    }
    result.mean /= static_cast<double>(values.size());
    result.deviation = std::sqrt(result.deviation / static_cast<double>(values.size()) - result.mean * result.mean);
    return result;
}

// 65 536 draws of standard deviation s: their mean has deviation s / 256, their deviation less than s / 362. Bounds of five
// of these fail by chance once in 10^6 seeds; the seeds here are fixed.
void check_moments(const Tensor& x, double deviation) {
    REQUIRE(x.size() == 65536);
    const Moments seen = moments(x);
    CHECK(std::abs(seen.mean) < 5 * deviation / 256);
    CHECK(std::abs(seen.deviation - deviation) < 5 * deviation / 362);
}

}  // namespace

TEST_CASE("fans are the numbers of inputs and outputs that a weight connects") {
    const auto fans = [](const ct::Shape& shape) { return std::pair{nn::fans_of(shape).in, nn::fans_of(shape).out}; };
    CHECK(fans({3, 5}) == std::pair{3.0, 5.0});
    CHECK(fans({8, 4, 3, 5}) == std::pair{60.0, 120.0});
    CHECK_THROWS_WITH_AS((void)nn::fans_of({2, 3, 4}), "fans_of: shape is [2, 3, 4], expected [in, out] or [out, in, kh, kw]",
                         ct::ShapeError);
}

TEST_CASE("initial weights have the mean and deviation that their names promise") {
    ct::Rng rng(11);
    check_moments(nn::glorot_uniform(rng, {512, 128}), std::sqrt(2.0 / (512 + 128)));
    check_moments(nn::he_normal(rng, {512, 128}), std::sqrt(2.0 / 512));
    check_moments(nn::he_normal(rng, {256, 16, 4, 4}), std::sqrt(2.0 / (16 * 16)));
    check_moments(nn::lecun_normal(rng, {512, 128}), std::sqrt(1.0 / 512));
    // Cut at two deviations, a normal keeps 0.87962566 of its deviation.
    check_moments(nn::truncated_normal_init(rng, {512, 128}, 0.5), 0.5 * 0.87962566103423978);
    check_moments(nn::Embedding::init(rng, {512, 128}).table, 0.02);
}

TEST_CASE("bounded initial weights keep their bounds and come near them") {
    ct::Rng rng(12);
    const double limit = std::sqrt(6.0 / (512 + 128));
    const double uniform = moments(nn::glorot_uniform(rng, {512, 128})).largest;
    CHECK(uniform <= limit * (1 + 1e-6));
    CHECK(uniform > 0.999 * limit);  // fails by chance with probability exp(-65)
    CHECK(moments(nn::truncated_normal_init(rng, {512, 128})).largest <= 0.04 * (1 + 1e-6));
}

TEST_CASE("layers draw what their seed says: the same twice, another for another seed, another for the next layer") {
    ct::Rng first(5), again(5), other(6);
    const auto a = nn::Dense::init(first, {.inputs = 4, .outputs = 4}), b = nn::Dense::init(again, {.inputs = 4, .outputs = 4});
    CHECK(identical(a.weight, b.weight));
    CHECK(!identical(a.weight, nn::Dense::init(other, {.inputs = 4, .outputs = 4}).weight));
    CHECK(!identical(a.weight, nn::Dense::init(first, {.inputs = 4, .outputs = 4}).weight));
    CHECK(a.bias.to_vector<float>() == std::vector<float>(4, 0));
}
