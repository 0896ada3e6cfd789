#include "cotangent/tensor/ops/reduce.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/cast.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/record.hpp"
#include "cotangent/tensor/threads.hpp"

#include <doctest/doctest.h>

namespace {

using Doubles = std::vector<double>;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// (numpy.arange(24) % 7 - 3.0).reshape(2, 3, 4) * 0.5: the argument of every golden case.
ct::Tensor sample() {
    Doubles values;
    for (int k = 0; k < 24; ++k) values.push_back((k % 7 - 3.0) * 0.5);
    return ct::Tensor::from(values, {2, 3, 4});
}

void check_close(const ct::Tensor& seen, const Doubles& expected, double tolerance = 4e-16) {
    const auto values = seen.to_vector<double>();
    REQUIRE(values.size() == expected.size());
    for (std::size_t k = 0; k < values.size(); ++k) {
        CAPTURE(k);
        if (std::isfinite(expected[k])) CHECK(std::abs(values[k] - expected[k]) <= tolerance * std::max(1.0, std::abs(expected[k])));
        else CHECK((std::isnan(expected[k]) ? std::isnan(values[k]) : values[k] == expected[k]));
    }
}

ct::Tensor random_tensor(const ct::Shape& shape, unsigned seed, ct::Dtype dtype, double shift = 0) {
    std::mt19937 engine(seed);
    std::normal_distribution<double> normal;
    Doubles values;
    for (std::int64_t k = 0; k < shape.size(); ++k) values.push_back(shift + normal(engine) * std::exp(3 * normal(engine)));
    return ct::cast(ct::Tensor::from(values, shape), dtype);
}

/// Folds one element after another in long double.
struct Reference {
    std::vector<long double> sum, magnitude, maximum;
    Reference(const ct::Tensor& x, const std::vector<int>& axes) {
        const auto values = x.to_vector<double>();
        ct::Shape kept = x.shape();
        for (const int axis : axes) kept[axis] = 1;
        const ct::Shape strides = ct::strides_of(kept);
        const auto size = static_cast<std::size_t>(kept.size());
        sum.assign(size, 0);
        magnitude.assign(size, 0);
        maximum.assign(size, -infinity);
        for (std::int64_t i = 0; i < x.size(); ++i) {
            std::int64_t left = i, to = 0;
            for (int axis = x.rank() - 1; axis >= 0; --axis) {
                if (kept[axis] != 1) to += left % x.shape()[axis] * strides[axis];
                left /= x.shape()[axis];
            }
            const long double value = values[static_cast<std::size_t>(i)];
            sum[static_cast<std::size_t>(to)] += value;
            magnitude[static_cast<std::size_t>(to)] += std::abs(value);
            maximum[static_cast<std::size_t>(to)] = std::max(maximum[static_cast<std::size_t>(to)], value);
        }
    }
};

struct Case {
    ct::Shape shape;
    std::vector<int> axes;
};
/// Long and short rows, narrow and wide columns, pieces with rests, groups that alternate.
const std::vector<Case> cases = {
    {{1000003}, {0}},          {{7}, {0}},                  {{33, 65}, {1}},          {{33, 65}, {0}},
    {{70000, 3}, {0}},         {{100, 3}, {0}},             {{20, 3}, {0}},           {{40000, 17}, {0}},
    {{300, 513}, {0}},         {{3, 200001}, {1}},          {{4, 5, 31, 9}, {0, 2, 3}}, {{8, 3, 40, 41}, {0, 2, 3}},
    {{2, 3, 4, 5, 6}, {1, 3}}, {{2, 3, 4, 5, 6}, {0, 2, 4}}, {{17, 1, 19}, {1}},       {{9, 1000, 70}, {1}},
    {{64, 10}, {0, 1}},        {{5000, 2000}, {0}},         {{6, 40, 2}, {1}},        {{1, 1}, {0}}};

/// d sum(out * cotangent) / dx.
template <class F>
ct::Tensor gradient(F&& f, const ct::Tensor& x, const ct::Tensor& cotangent) {
    const ct::detail::Differentiating differentiating;
    const ct::Tensor variable = ct::detail::watch(x);
    const ct::Tensor out = f(variable);
    return ct::detail::pull({{out}}, {{cotangent}}, {{variable}})[0];
}

}  // namespace

// NumPy 2.4.6: numpy.sum, mean, var, prod and log(sum(exp)) in float64.
TEST_CASE("reductions agree with NumPy") {
    const ct::Tensor x = sample();
    check_close(ct::sum(x), {-3});
    check_close(ct::sum(x, {.axes = {0}}), {-0.5, 0.5, -2, -1, 0, 1, 2, -0.5, 0.5, -2, -1, 0});
    check_close(ct::sum(x, {.axes = {1}}), {-2, -0.5, 1, -1, 2, 0, -2, -0.5});
    check_close(ct::sum(x, {.axes = {-1}}), {-3, 1.5, -1, 0, 1, -1.5});
    check_close(ct::sum(x, {.axes = {0, 2}}), {-3, 2.5, -2.5});
    check_close(ct::mean(x), {-0.125});
    check_close(ct::mean(x, {.axes = {0, 2}}), {-0.375, 0.3125, -0.3125});
    check_close(ct::var(x), {1.0052083333333333});
    check_close(ct::var(x, {.ddof = 1}), {1.048913043478261});
    check_close(ct::var(x, {.axes = {0, 2}}), {1.109375, 0.80859375, 0.80859375});
    check_close(ct::var(x, {.axes = {0, 2}, .ddof = 1}), {1.2678571428571428, 0.9241071428571429, 0.9241071428571429});
    check_close(ct::prod(x + 0.25), {0.0002082059524788349});
    check_close(ct::prod(x + 0.25, {.axes = {0, 2}}), {-0.1201629638671875, 0.1201629638671875, -0.0144195556640625});
    check_close(ct::logsumexp(x), {3.5362012848953985});
    check_close(ct::logsumexp(x, {.axes = {0, 2}}), {2.3014365097397196, 2.711069378031729, 2.2302682069749307});
    check_close(ct::max(x, {.axes = {1, 2}}), {1.5, 1.5});
    check_close(ct::min(x, {.axes = {0, 1}}), {-1.5, -1.5, -1.5, -1.5});
}

TEST_CASE("reductions keep or drop the reduced axes") {
    const ct::Tensor x = sample();
    CHECK(ct::sum(x).shape() == ct::Shape{});
    CHECK(ct::sum(x, {.keep_axes = true}).shape() == ct::Shape{1, 1, 1});
    CHECK(ct::mean(x, {.axes = {-1, 0}}).shape() == ct::Shape{3});
    CHECK(ct::var(x, {.axes = {1}, .keep_axes = true}).shape() == ct::Shape{2, 1, 4});
    CHECK(ct::sum(ct::Tensor(3.0)).item() == 3);
    CHECK(ct::any(x, {.axes = {0}}).shape() == ct::Shape{3, 4});
}

TEST_CASE("sums of float64 stay within 8 eps sum|x|") {
    for (const Case& c : cases) {
        const ct::Tensor x = random_tensor(c.shape, 1, ct::Dtype::float64);
        const Reference reference(x, c.axes);
        const auto sums = ct::sum(x, {.axes = c.axes}).to_vector<double>();
        REQUIRE(sums.size() == reference.sum.size());
        CAPTURE(ct::to_string(c.shape));
        bool all_within = true;
        for (std::size_t k = 0; k < sums.size(); ++k)
            all_within = all_within && std::abs(sums[k] - reference.sum[k]) <= 8 * 2.3e-16L * reference.magnitude[k];
        CHECK(all_within);
    }
}

TEST_CASE("sums of float32 and bfloat16 are rounded once, maxima are exact") {
    for (const Case& c : cases)
        for (const auto& [dtype, eps] : {std::pair{ct::Dtype::float32, 0x1p-23}, std::pair{ct::Dtype::bfloat16, 0x1p-7}}) {
            const ct::Tensor x = random_tensor(c.shape, 2, dtype);
            const Reference reference(x, c.axes);
            const auto sums = ct::sum(x, {.axes = c.axes}).to_vector<double>();
            const auto maxima = ct::max(x, {.axes = c.axes}).to_vector<double>();
            REQUIRE(sums.size() == reference.sum.size());
            CAPTURE(ct::to_string(c.shape));
            bool all_within = true, all_equal = true;
            for (std::size_t k = 0; k < sums.size(); ++k) {
                all_within = all_within && std::abs(sums[k] - reference.sum[k]) <=
                                               eps * std::abs(reference.sum[k]) + 8 * 2.3e-16L * reference.magnitude[k];
                all_equal = all_equal && maxima[k] == reference.maximum[k];
            }
            CHECK(all_within);
            CHECK(all_equal);
        }
}

TEST_CASE("reductions do not depend on the number of threads") {
    const int before = ct::thread_count();
    for (const Case& c : cases) {
        const ct::Tensor x = random_tensor(c.shape, 3, ct::Dtype::float32);
        ct::set_thread_count(1);
        const auto sums = ct::sum(x, {.axes = c.axes}).to_vector<float>();
        const auto spreads = ct::var(x, {.axes = c.axes}).to_vector<float>();
        for (const int count : {2, 4}) {
            ct::set_thread_count(count);
            CHECK(ct::sum(x, {.axes = c.axes}).to_vector<float>() == sums);
            CHECK(ct::var(x, {.axes = c.axes}).to_vector<float>() == spreads);
        }
    }
    ct::set_thread_count(before);
}

TEST_CASE("a sum of a million float64 keeps what adding one by one loses") {
    ct::Tensor x = ct::full({1000001}, 1e-16, ct::Dtype::float64);
    x.mutable_values<double>()[0] = 1;
    CHECK(ct::sum(x).item() == doctest::Approx(1 + 1e-10).epsilon(1e-15));
}

TEST_CASE("integers and bool sum and multiply to int64") {
    const ct::Tensor x = ct::Tensor::of<std::uint8_t>({{200, 100}, {50, 3}});
    CHECK(ct::sum(x).dtype() == ct::Dtype::int64);
    CHECK(ct::sum(x).item() == 353);
    CHECK(ct::sum(x, {.axes = {0}}).to_vector<int>() == std::vector<int>{250, 103});
    CHECK(ct::prod(x, {.axes = {1}}).to_vector<int>() == std::vector<int>{20000, 150});
    CHECK(ct::max(x).dtype() == ct::Dtype::uint8);
    CHECK(ct::max(x, {.axes = {0}}).to_vector<int>() == std::vector<int>{200, 100});
    CHECK(ct::min(ct::Tensor::of<std::int64_t>({-3, 5}), {.axes = {0}}).item() == -3);
    const ct::Tensor flags = ct::Tensor::of<bool>({{true, false, true}, {false, false, false}});
    CHECK(ct::sum(flags, {.axes = {1}}).to_vector<int>() == std::vector<int>{2, 0});
    CHECK(ct::any(flags, {.axes = {1}}).to_vector<int>() == std::vector<int>{1, 0});
    CHECK(ct::all(flags, {.axes = {0}}).to_vector<int>() == std::vector<int>{0, 0, 0});
    CHECK(ct::max(flags).item() == 1);
    CHECK(ct::any(ct::full({3}, not_a_number)).item() == 1);
}

TEST_CASE("infinities and NaN reach the result") {
    check_close(ct::sum(ct::Tensor::of<double>({1, infinity, 2})), {infinity});
    check_close(ct::sum(ct::Tensor::of<double>({infinity, -infinity})), {not_a_number});
    ct::Tensor x = ct::zeros({50, 40}, ct::Dtype::float32);
    x.mutable_values<float>()[45] = static_cast<float>(not_a_number);
    x.mutable_values<float>()[46] = static_cast<float>(-infinity);
    CHECK(std::isnan(ct::max(x).item()));
    CHECK(std::isnan(ct::min(x, {.axes = {0}}).to_vector<double>()[5]));
    CHECK(ct::min(x, {.axes = {0}}).to_vector<double>()[6] == -infinity);
    CHECK(ct::sum(x, {.axes = {0}}).to_vector<double>()[6] == -infinity);
    CHECK(ct::max(x, {.axes = {0}}).to_vector<double>()[6] == 0);
}

TEST_CASE("reducing nothing gives the neutral element, or fails where there is none") {
    const ct::Tensor x = ct::zeros({2, 0, 3});
    check_close(ct::sum(x, {.axes = {1}}), Doubles(6, 0));
    check_close(ct::prod(x, {.axes = {1}}), Doubles(6, 1));
    check_close(ct::mean(x, {.axes = {1}}), Doubles(6, not_a_number));
    check_close(ct::logsumexp(x, {.axes = {1}}), Doubles(6, -infinity));
    check_close(ct::any(x), {0});
    check_close(ct::all(x), {1});
    CHECK(ct::max(x, {.axes = {0}}).shape() == ct::Shape{0, 3});
    CHECK_THROWS_WITH_AS((void)ct::max(x, {.axes = {1}}), "max: shape is [2, 0, 3], expected at least one element to reduce",
                         ct::ValueError);
    CHECK_THROWS_AS((void)ct::min(x), ct::ValueError);
}

TEST_CASE("var is stable when the mean is large beside the spread") {
    ct::Tensor x = ct::full({1000}, 1e6);  // float32: neighbours are 1/16 apart
    auto values = x.mutable_values<float>();
    for (std::size_t k = 0; k < values.size(); k += 2) values[k] += 0.5f;
    CHECK(ct::var(x).item() == doctest::Approx(0.0625).epsilon(1e-6));
    CHECK(std::isnan(ct::var(ct::ones({1}), {.ddof = 1}).item()));
}

TEST_CASE("logsumexp is stable and exact at infinities") {
    check_close(ct::logsumexp(ct::Tensor::of<double>({1000, 1000}) * 1.0), {1000 + std::log(2.0)});
    check_close(ct::logsumexp(ct::Tensor::of<double>({{-1000, -1001}}), {.axes = {1}}), {-1000 + std::log1p(std::exp(-1.0))});
    check_close(ct::logsumexp(ct::Tensor::of<double>({{-infinity, -infinity}, {-infinity, 2}, {infinity, 2}, {not_a_number, 1}}), {.axes = {1}}),
                {-infinity, 2, infinity, not_a_number});
}

TEST_CASE("max and min share their derivative among ties") {
    const ct::Tensor x = ct::Tensor::of<double>({{1, 3, 3}, {2, 1, 1}});
    const ct::Tensor cotangent = ct::Tensor::of<double>({1, 10});
    const auto largest = [](const ct::Tensor& v) { return ct::max(v, {.axes = {1}}); };
    const auto smallest = [](const ct::Tensor& v) { return ct::min(v, {.axes = {1}}); };
    check_close(gradient(largest, x, cotangent), {0, 0.5, 0.5, 10, 0, 0});
    check_close(gradient(smallest, x, cotangent), {1, 0, 0, 0, 5, 5});
}

TEST_CASE("the derivative of prod is right at zeros") {
    const ct::Tensor x = ct::Tensor::of<double>({{2, 0, 3, 4, 5}, {0, 1, 0, 2, 2}, {1, 2, 3, 4, 5}});
    const auto rows = [](const ct::Tensor& v) { return ct::prod(v, {.axes = {1}}); };
    check_close(gradient(rows, x, ct::ones({3}, ct::Dtype::float64)), {0, 120, 0, 0, 0, 0, 0, 0, 0, 0, 120, 60, 40, 30, 24});
    const auto whole = [](const ct::Tensor& v) { return ct::prod(v, {.axes = {0, 2}}); };
    const ct::Tensor cube = ct::Tensor::from(Doubles{1, 2, 3, 4, 5, 6, 7, 0}, {2, 2, 2});
    check_close(gradient(whole, cube, ct::ones({2}, ct::Dtype::float64)), {60, 30, 0, 0, 12, 10, 0, 84});
}

TEST_CASE("the derivative of logsumexp is 0 in rows of -inf") {
    const ct::Tensor x = ct::Tensor::of<double>({{-infinity, -infinity}, {0, 0}});
    const auto rows = [](const ct::Tensor& v) { return ct::logsumexp(v, {.axes = {1}}); };
    check_close(gradient(rows, x, ct::ones({2}, ct::Dtype::float64)), {0, 0, 0.5, 0.5});
}

TEST_CASE("reductions say what is wrong") {
    const ct::Tensor x = sample();
    CHECK_THROWS_WITH_AS((void)ct::sum(x, {.axes = {3}}), "sum: axis is 3, expected -3 to 2 for rank 3", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::sum(x, {.axes = {0, -3}}), "sum: axis -3 is given twice", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::mean(ct::Tensor::of<std::int32_t>({1})), "mean: dtype is int32, expected a floating dtype",
                         ct::DtypeError);
    CHECK_THROWS_AS((void)ct::var(ct::Tensor::of<bool>({true})), ct::DtypeError);
    CHECK_THROWS_AS((void)ct::logsumexp(ct::Tensor::of<std::int32_t>({1})), ct::DtypeError);
}
