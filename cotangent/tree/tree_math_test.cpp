#include "cotangent/tree/tree_math.hpp"

#include <numeric>

#include <doctest/doctest.h>

#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/threads.hpp"

namespace {

using namespace cotangent;

struct Parameters {
    Tensor weight;
    double scale = 1;
    Tensor labels = Tensor::of<std::int64_t>({3, 4});
    Frozen<Tensor> state = {Tensor(5)};
    std::vector<Tensor> more;
};

Parameters parameters() {
    return {.weight = Tensor::of<float>({{1, 2}, {3, 4}}), .scale = -2, .more = {Tensor::of<double>({0.5})}};
}

template <class T>
Tensor wave(std::int64_t size, double frequency) {
    std::vector<T> values(static_cast<std::size_t>(size));
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<T>(static_cast<float>(std::sin(frequency * static_cast<double>(i))));
    return Tensor::from(values, {size});
}

}  // namespace

TEST_CASE("zeros_like keeps shapes, dtypes and what is not trained") {
    const Parameters zero = zeros_like(parameters());
    CHECK(zero.weight.to_vector<float>() == std::vector<float>(4, 0.0f));
    CHECK(zero.weight.shape() == Shape{2, 2});
    CHECK(zero.scale == 0);
    CHECK(zero.labels.dtype() == Dtype::int64);
    CHECK(zero.more[0].dtype() == Dtype::float64);
    CHECK(zero.state.value.item() == 5);
    CHECK(zeros_like(Tensor::of<float>({1, 2})).size() == 2);  // the op
    CHECK(zeros_like(std::vector<double>{1, 2}) == std::vector<double>{0, 0});
}

TEST_CASE("dot and norm add over floating leaves only") {
    CHECK(dot(parameters(), parameters()) == 1 + 4 + 9 + 16 + 4 + 0.25);
    CHECK(norm(parameters()) == std::sqrt(34.25));
    CHECK(norm(Tensor::of<double>({3, 4})) == 5);
    CHECK(norm(-3.0) == 3);
    CHECK(dot(std::vector<Tensor>{}, std::vector<Tensor>{}) == 0);
}

TEST_CASE("dot is accurate to float64 and does not depend on the number of threads") {
    const std::int64_t size = 300001;
    const Tensor a = wave<float>(size, 0.3), b = wave<float>(size, 0.7);
    long double expected = 0, magnitude = 0;
    for (std::int64_t i = 0; i < size; ++i) {
        const long double product =
            static_cast<long double>(a.data<float>()[i]) * static_cast<long double>(b.data<float>()[i]);
        expected += product;
        magnitude += std::abs(product);
    }
    const int threads = thread_count();
    set_thread_count(1);
    const double one = dot(a, b);
    set_thread_count(3);
    CHECK(dot(a, b) == one);
    set_thread_count(threads);
    // Chains of at most 2^16 / 16 + 16 + 5 additions, each off by at most 2^-53 of the magnitude.
    CHECK(std::abs(one - static_cast<double>(expected)) <= 4117 * 0x1p-53 * static_cast<double>(magnitude));
}

TEST_CASE("axpy adds a multiple in place, to each dtype") {
    Parameters y = parameters();
    const float* memory = y.weight.data<float>();
    axpy(0.5, parameters(), y);
    CHECK(y.weight.data<float>() == memory);
    CHECK(y.weight.to_vector<float>() == std::vector<float>{1.5, 3, 4.5, 6});
    CHECK(y.scale == -3);
    CHECK(y.labels.to_vector<int>() == std::vector<int>{3, 4});
    CHECK(y.more[0].item() == 0.75);
    CHECK(y.state.value.item() == 5);
    Tensor half = cast(Tensor::of<float>({1, 2}), Dtype::bfloat16);
    axpy(2, half, half);
    CHECK(half.to_vector<float>() == std::vector<float>{3, 6});
    Tensor shared = Tensor::of<float>({1, 2});
    const Tensor before = shared;
    axpy(-1, before, shared);
    CHECK(shared.to_vector<float>() == std::vector<float>{0, 0});
    CHECK(before.to_vector<float>() == std::vector<float>{1, 2});
}

TEST_CASE("counts tell leaves from parameters") {
    CHECK(leaf_count(parameters()) == 4);
    CHECK(leaf_count<Leaves::all>(parameters()) == 5);
    CHECK(parameter_count(parameters()) == 6);
    CHECK(parameter_count<Leaves::all>(parameters()) == 7);
}

TEST_CASE("tree arithmetic names what differs") {
    Tensor y = zeros({2});
    CHECK_THROWS_WITH_AS(axpy(1, zeros({3}), y), "axpy: a leaf has shape [3], expected [2] as in the first tree",
                         ShapeError);
    CHECK_THROWS_WITH_AS((void)dot(zeros({2}), zeros({2}, Dtype::float64)),
                         "dot: a leaf has dtype float64, expected float32 as in the first tree", DtypeError);
}

TEST_CASE("cast_tree changes the dtype of floating tensors and of nothing else") {
    struct Net {
        Tensor weight, labels;
        double scale = 0.1;
        int steps = 3;
    };
    const Net net{Tensor::of<float>({1.0f, 1.00390625f}), Tensor::of<std::int64_t>({1, 2})};
    const Net cast = cotangent::cast_tree(net, Dtype::bfloat16);
    CHECK(cast.weight.dtype() == Dtype::bfloat16);
    CHECK(cast.weight.to_vector<float>() == std::vector<float>{1, 1});  // half way: to even
    CHECK(cast.labels.dtype() == Dtype::int64);
    CHECK(cast.scale == 0.1);
    CHECK(cast.steps == 3);
}
