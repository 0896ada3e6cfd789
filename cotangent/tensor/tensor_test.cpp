#include "cotangent/tensor/tensor.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
#include "cotangent/tensor/ops/slice.hpp"
#include "cotangent/tensor/record.hpp"

#include <doctest/doctest.h>

namespace {

/// A tensor and what it should hold.
struct Modelled {
    ct::Tensor tensor;
    std::vector<double> model;
};

bool agrees(const Modelled& value) { return value.tensor.to_vector<double>() == value.model; }

}  // namespace

TEST_CASE("a change of one copy is seen by no other, through any sequence of copies, views and writes") {
    for (unsigned seed = 0; seed < 64; ++seed) {
        std::mt19937 engine(seed);
        const auto below = [&](std::size_t n) { return static_cast<std::size_t>(engine() % n); };
        std::vector<Modelled> pool;
        for (int k = 0; k < 3; ++k) {
            std::vector<double> values(24);
            for (double& value : values) value = static_cast<double>(engine() % 100);
            pool.push_back({ct::Tensor::from(values, {4, 6}), values});
        }
        for (int step = 0; step < 200; ++step) {
            const std::size_t i = below(pool.size()), j = below(pool.size());
            switch (engine() % 7) {
                case 0:
                    if (pool.size() < 8) pool.push_back(pool[i]);
                    else pool[j] = pool[i];
                    break;
                case 1: pool[i].tensor = ct::reshape(pool[i].tensor, {-1, 2}); break;
                case 2: {  // a leading part, which shares memory
                    const std::int64_t rows = pool[i].tensor.length(0);
                    if (rows < 2) break;
                    const auto first = static_cast<std::int64_t>(below(static_cast<std::size_t>(rows)));
                    const std::int64_t width = pool[i].tensor.size() / rows;
                    Modelled part{ct::slice_axis(pool[i].tensor, 0, first, rows), {}};
                    part.model.assign(pool[i].model.begin() + first * width, pool[i].model.end());
                    if (part.model.size() % 2 == 0) pool[j] = std::move(part);
                    break;
                }
                case 3: {
                    const std::size_t at = below(pool[i].model.size());
                    pool[i].tensor.mutable_values<double>()[at] = step;
                    pool[i].model[at] = step;
                    break;
                }
                case 4:
                    pool[i].tensor += ct::Tensor::of<double>({1.0});
                    for (double& value : pool[i].model) value += 1;
                    break;
                case 5:
                    if (pool[i].tensor.shape() != pool[j].tensor.shape()) break;
                    pool[i].tensor -= pool[j].tensor;
                    for (std::size_t k = 0; k < pool[i].model.size(); ++k) {
                        const double other = pool[j].model[k];
                        pool[i].model[k] -= other;
                    }
                    break;
                default: {
                    Modelled moved = std::move(pool[i]);
                    pool[i] = pool[j == i ? (i + 1) % pool.size() : j];
                    pool[j == i ? (i + 1) % pool.size() : j] = std::move(moved);
                }
            }
            bool all_agree = true;
            for (const Modelled& value : pool) all_agree = all_agree && agrees(value);
            CAPTURE(seed);
            CAPTURE(step);
            REQUIRE(all_agree);
        }
    }
}

TEST_CASE("a sole owner writes in place, a sharer copies first") {
    ct::Tensor x = ct::zeros({100});
    const std::byte* memory = x.raw();
    x.mutable_values<float>()[0] = 1;
    x += ct::ones({100});
    CHECK(x.raw() == memory);
    const ct::Tensor y = x;
    CHECK(y.raw() == memory);
    CHECK_FALSE(x.is_sole_owner());
    x.mutable_values<float>()[0] = 5;
    CHECK(x.raw() != memory);
    CHECK(y.values<float>()[0] == 2);
    CHECK(y.is_sole_owner());
}

TEST_CASE("a tensor assigned to itself keeps its value, one that was moved from can be given a new one") {
    ct::Tensor x = ct::Tensor::of<float>({1, 2, 3});
    const ct::Tensor& same = x;
    x = same;
    CHECK(x.to_vector<int>() == std::vector<int>{1, 2, 3});
    const ct::Tensor y = std::move(x);
    x = ct::Tensor(7.0);
    CHECK(x.item() == 7);
    CHECK(y.to_vector<int>() == std::vector<int>{1, 2, 3});
}

TEST_CASE("a tensor is its shape, dtype and elements") {
    const ct::Tensor nothing;
    CHECK(nothing.shape() == ct::Shape{0});
    CHECK(nothing.is_empty());
    CHECK(nothing.dtype() == ct::Dtype::float32);
    const ct::Tensor x = ct::Tensor::from(std::vector<std::int32_t>{1, 2, 3, 4, 5, 6}, {2, 3});
    CHECK(x.rank() == 2);
    CHECK(x.size() == 6);
    CHECK(x.bytes() == 24);
    CHECK(x.length(-1) == 3);
    CHECK(x.values<std::int32_t>()[4] == 5);
    CHECK(ct::Tensor(2).dtype() == ct::Dtype::float32);
    CHECK(ct::Tensor::of<bool>({{true, false}}).values<bool>()[0]);
}

TEST_CASE("every dtype holds its values") {
    const auto holds = []<class T>(T value) {
        const ct::Tensor x = ct::Tensor::of<T>({value, value});
        return x.dtype() == ct::dtype_of<T> && x.values<T>()[1] == value && x.bytes() == 2 * sizeof(T);
    };
    CHECK(holds(1.5f));
    CHECK(holds(1e300));
    CHECK(holds(std::int32_t{-5}));
    CHECK(holds(std::int64_t{1} << 40));
    CHECK(holds(std::uint8_t{255}));
    CHECK(ct::Tensor::of<ct::BFloat16>({ct::BFloat16(1.5f)}).item() == 1.5);
    CHECK(ct::name(ct::Dtype::bfloat16) == "bfloat16");
    CHECK(ct::name(ct::Dtype::boolean) == "bool");
}

TEST_CASE("bfloat16 rounds to nearest, ties to even, and keeps NaN and infinity") {
    const auto rounded = [](float value) { return static_cast<float>(ct::BFloat16(value)); };
    CHECK(rounded(1) == 1);
    CHECK(rounded(1 + 0x1p-8f) == 1);                 // halfway, down to even
    CHECK(rounded(1 + 3 * 0x1p-8f) == 1 + 0x1p-6f);   // halfway, up to even
    CHECK(rounded(1 + 0x1.01p-8f) == 1 + 0x1p-7f);    // above halfway
    CHECK(rounded(-0.0f) == 0);
    CHECK(std::signbit(rounded(-0.0f)));
    CHECK(std::isinf(rounded(std::numeric_limits<float>::max())));
    CHECK(std::isinf(rounded(std::numeric_limits<float>::infinity())));
    CHECK(std::isnan(rounded(std::numeric_limits<float>::quiet_NaN())));
    std::mt19937 engine(1);
    for (int k = 0; k < 1000; ++k) {
        const float value = std::ldexp(static_cast<float>(engine()), static_cast<int>(engine() % 100) - 80);
        CHECK(std::abs(rounded(value) - value) <= value * 0x1p-8f);
    }
}

TEST_CASE("item and to_vector convert") {
    CHECK(ct::Tensor::of<std::uint8_t>({7}).item() == 7);
    CHECK(ct::full({1, 1}, 2.5).item() == 2.5);
    CHECK(ct::Tensor::of<float>({1.75f, -1.75f}).to_vector<int>() == std::vector<int>{1, -1});
    CHECK_THROWS_WITH_AS((void)ct::zeros({2}).item(), "item: shape is [2], expected one element", ct::ShapeError);
    CHECK_THROWS_AS((void)ct::Tensor().item(), ct::ShapeError);
}

TEST_CASE("construction and access say what is wrong") {
    CHECK_THROWS_WITH_AS((void)ct::Tensor::from(std::vector<float>{1, 2, 3}, {2, 2}), "Tensor: got 3 values, expected 4 for shape [2, 2]",
                         ct::ShapeError);
    ct::Tensor x = ct::zeros({2});
    CHECK_THROWS_WITH_AS((void)x.values<double>(), "values: dtype is float32, expected float64", ct::DtypeError);
    CHECK_THROWS_AS((void)x.mutable_values<std::int32_t>(), ct::DtypeError);
    CHECK_THROWS_WITH_AS((void)x.length(1), "length: axis is 1, expected -1 to 0 for rank 1", ct::ShapeError);
}

TEST_CASE("a tensor that is being differentiated cannot be written") {
    const ct::detail::Differentiating differentiating;
    ct::Tensor x = ct::detail::watch(ct::zeros({2}));
    CHECK_THROWS_AS((void)x.mutable_values<float>(), ct::ValueError);
    ct::Tensor constant = x.detached();
    constant.mutable_values<float>()[0] = 1;
    CHECK(x.values<float>()[0] == 0);
}

TEST_CASE("values of a temporary hold the tensor") {
    const auto make = [] { return ct::arange(0, 4) * 2.0; };
    const auto values = make().values<float>();
    (void)ct::full({4}, 9);  // would take the memory over
    CHECK(std::vector<float>(values.begin(), values.end()) == std::vector<float>{0, 2, 4, 6});
    float total = 0;
    for (const float value : make().values<float>()) total += value;
    CHECK(total == 12);
    CHECK(make().values<float>()[3] == 6);
    CHECK(make().values<float>().size() == 4);
    CHECK(ct::Tensor::from<float>(make().values<float>(), {2, 2}).values<float>()[2] == 4);
    CHECK_THROWS_AS((void)make().values<double>(), ct::DtypeError);
}
