#include "cotangent/tensor/kernels/elementwise.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "cotangent/tensor/ops.hpp"

#include <doctest/doctest.h>

namespace ct = cotangent;

namespace {

using Binary = ct::Tensor (*)(const ct::Tensor&, const ct::Tensor&);

ct::Tensor random_tensor(std::mt19937& generator, const ct::Shape& shape, ct::Dtype dtype) {
    ct::Tensor x = ct::Tensor::uninitialized(shape, ct::Dtype::float64);
    for (std::int64_t i = 0; i < x.size(); ++i) x.fresh_data<double>()[i] = 1 + static_cast<double>(generator() % 9);
    return ct::cast(x, dtype);
}

/// Two shapes that broadcast, of rank 0 to 5, with axes that repeat, match or are empty.
std::pair<ct::Shape, ct::Shape> random_shapes(std::mt19937& generator) {
    const int rank = static_cast<int>(generator() % 6);
    ct::Shape a, b;
    for (int axis = 0; axis < rank; ++axis) {
        const std::int64_t lengths[] = {1, 2, 3, 5, 17, 0};
        const std::int64_t length = lengths[generator() % (generator() % 8 == 0 ? 6 : 5)];
        a.push_back(generator() % 3 == 0 ? 1 : length);
        b.push_back(generator() % 3 == 0 ? 1 : length);
    }
    for (ct::Shape* shape : {&a, &b})
        while (shape->rank() > 0 && generator() % 4 == 0) shape->erase(0);
    return {a, b};
}

/// The element of a row-major tensor that lies under position `index` of the broadcast shape.
std::int64_t position_under(const ct::Shape& input, const ct::Shape& output, std::int64_t index) {
    std::int64_t position = 0, stride = 1;
    for (int axis = output.rank() - 1, at = input.rank() - 1; axis >= 0; --axis, --at) {
        const std::int64_t coordinate = index % output[axis];
        index /= output[axis];
        if (at < 0) continue;
        if (input[at] != 1) position += coordinate * stride;
        stride *= input[at];
    }
    return position;
}

bool same_bytes(const ct::Tensor& a, const ct::Tensor& b) {
    return a.shape() == b.shape() && a.dtype() == b.dtype() &&
           (a.is_empty() || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0);
}

}  // namespace

TEST_CASE("broadcasting is what indexing element by element gives, for every dtype") {
    std::mt19937 generator(1);
    for (int round = 0; round < 300; ++round) {
        const auto [a, b] = random_shapes(generator);
        const ct::Shape shape = ct::broadcast("test", a, b);
        for (const auto dtype : {ct::Dtype::float32, ct::Dtype::float64, ct::Dtype::bfloat16, ct::Dtype::int32,
                                 ct::Dtype::int64, ct::Dtype::uint8}) {
            const ct::Tensor x = random_tensor(generator, a, dtype), y = random_tensor(generator, b, dtype);
            const auto p = x.to_vector<double>(), q = y.to_vector<double>();
            const ct::Tensor products = ct::multiply(x, y), order = ct::less(x, y), chosen = ct::where(order, x, y);
            CAPTURE(ct::to_string(a));
            CAPTURE(ct::to_string(b));
            CAPTURE(ct::name(dtype));
            REQUIRE(products.shape() == shape);
            REQUIRE(chosen.shape() == shape);
            const auto product = products.to_vector<double>(), smaller = chosen.to_vector<double>();
            bool all_right = true;
            for (std::int64_t i = 0; i < shape.size(); ++i) {
                const double u = p[position_under(a, shape, i)], v = q[position_under(b, shape, i)];
                all_right =
                    all_right && product[i] == u * v && order.data<bool>()[i] == (u < v) && smaller[i] == std::min(u, v);
            }
            CHECK(all_right);
        }
    }
}

TEST_CASE("a tail of any length is computed and nothing beyond it is written") {
    for (std::int64_t n = 1; n <= 70; ++n) {
        ct::Tensor padded = ct::full({n + 70}, -7);
        const ct::Tensor x = ct::arange(0, static_cast<double>(n)), y = ct::full({n}, 2);
        ct::detail::elementwise_lanes<float>(
            [](auto a, auto b) { return a * b; }, x.shape(), padded.mutable_values<float>().data(),
            std::array<const float*, 2>{x.data<float>(), y.data<float>()}, {&x.shape(), &y.shape()});
        bool all_right = true;
        for (std::int64_t i = 0; i < n + 70; ++i)
            all_right = all_right && padded.data<float>()[i] == (i < n ? 2.0f * static_cast<float>(i) : -7.0f);
        CAPTURE(n);
        CHECK(all_right);
    }
}

TEST_CASE("bfloat16 is computed in float32 and rounded once, at any length") {
    std::mt19937 generator(4);
    std::normal_distribution<double> normal(0, 3);
    for (const ct::Shape& shape :
         {ct::Shape{1}, ct::Shape{7}, ct::Shape{33}, ct::Shape{1024}, ct::Shape{5, 1500}, ct::Shape{300, 3}}) {
        std::vector<double> values;
        for (std::int64_t i = 0; i < shape.size(); ++i) values.push_back(normal(generator));
        if (values.size() > 3)
            values[1] = std::numeric_limits<double>::quiet_NaN(), values[2] = std::numeric_limits<double>::infinity();
        const auto half = [](const ct::Tensor& t) { return ct::cast(t, ct::Dtype::bfloat16); };
        const auto wide = [](const ct::Tensor& t) { return ct::cast(t, ct::Dtype::float32); };
        const ct::Tensor x = half(ct::Tensor::from(values, shape)),
                         row = half(ct::arange(1, static_cast<double>(1 + shape[shape.rank() - 1])) * 0.3);
        const auto same = [](const ct::Tensor& a, const ct::Tensor& b) {
            CHECK(a.dtype() == ct::Dtype::bfloat16);
            const auto u = a.to_vector<float>(), v = b.to_vector<float>();
            bool all = u.size() == v.size();
            for (std::size_t i = 0; all && i < u.size(); ++i) all = u[i] == v[i] || (std::isnan(u[i]) && std::isnan(v[i]));
            CHECK(all);
        };
        same(x * row, half(wide(x) * wide(row)));
        same(x + half(ct::full({}, 0.7)), half(wide(x) + wide(half(ct::full({}, 0.7)))));
        same(ct::tanh(x), half(ct::tanh(wide(x))));
    }
}

TEST_CASE("a result too large for the caches is the same") {
    const std::int64_t n = ct::detail::streamed_bytes / 4 + 1237;
    const auto times = [](auto a, auto b) { return a * b; };
    const ct::Tensor x = ct::arange(0, static_cast<double>(n)), half = ct::full({}, 0.5);
    for (const std::int64_t offset : {0, 3}) {
        ct::Tensor room = ct::full({n + 64}, -7);
        float* out = room.mutable_values<float>().data();
        ct::detail::elementwise_lanes<float>(times, x.shape(), out + offset,
                                             std::array<const float*, 2>{x.data<float>(), half.data<float>()},
                                             {&x.shape(), &half.shape()});
        bool all_right = true;
        for (std::int64_t i = 0; i < n + 64; ++i) {
            const std::int64_t k = i - offset;
            all_right = all_right && out[i] == (k >= 0 && k < n ? 0.5f * x.data<float>()[k] : -7.0f);
        }
        CAPTURE(offset);
        CHECK(all_right);
    }
}

TEST_CASE("an element's value does not depend on where in a register it falls") {
    std::vector<double> values(37);
    std::mt19937 generator(3);
    for (double& value : values) value = static_cast<double>(generator()) * 1e-9 - 2;
    const auto whole = ct::tanh(ct::Tensor::from(values, {37})).to_vector<double>();
    for (std::size_t i = 0; i < values.size(); ++i) CHECK(ct::tanh(ct::Tensor::of<double>({values[i]})).item() == whole[i]);
}

TEST_CASE("results are the same bit for bit with 1, 2 and 4 threads") {
    std::mt19937 generator(2);
    const int before = ct::thread_count();
    const std::pair<ct::Shape, ct::Shape> shapes[] = {{{300, 1000}, {300, 1000}},
                                                      {{300, 1000}, {1000}},
                                                      {{300, 1000}, {300, 1}},
                                                      {{40, 50, 7, 9}, {50, 1, 1}},
                                                      {{100'000}, {}}};
    for (const auto& [a, b] : shapes)
        for (const auto dtype : {ct::Dtype::float32, ct::Dtype::float64, ct::Dtype::bfloat16, ct::Dtype::int32}) {
            const ct::Tensor x = random_tensor(generator, a, dtype), y = random_tensor(generator, b, dtype);
            const auto compute = [&](int threads) {
                ct::set_thread_count(threads);
                return std::vector<ct::Tensor>{ct::divide(x, y), ct::less(x, y), ct::maximum(x, y),
                                               ct::is_floating(dtype) ? ct::exp(x) : ct::square(x)};
            };
            const auto one = compute(1);
            for (const int threads : {2, 4}) {
                const auto many = compute(threads);
                for (std::size_t k = 0; k < one.size(); ++k) CHECK(same_bytes(one[k], many[k]));
            }
        }
    ct::set_thread_count(before);
}

TEST_CASE("elementwise ops name what does not fit") {
    CHECK_THROWS_WITH_AS((void)ct::add(ct::ones({2, 3}), ct::ones({4})), doctest::Contains("add: "), ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::add(ct::ones({2}), ct::ones({2}, ct::Dtype::float64)),
                         "add: dtypes are float32 and float64, expected the same; use cast()", ct::DtypeError);
    CHECK_THROWS_WITH_AS((void)ct::add(ct::full({2}, 1, ct::Dtype::boolean), ct::full({2}, 1, ct::Dtype::boolean)),
                         "add: dtype is bool, expected a numeric dtype", ct::DtypeError);
}
