#include "cotangent/nn/metrics.hpp"

#include "cotangent/nn/detail/testing.hpp"

namespace nn = ct::nn;
using ct::Tensor;

namespace {

Tensor scores() { return Tensor::of<float>({{3, 1, 2}, {0, 5, 4}, {1, 2, 3}, {9, 8, 7}}); }  // best: 0 1 2 0, second: 2 2 1 1
Tensor truth() { return Tensor::of<std::int64_t>({0, 2, 0, 1}); }

}  // namespace

TEST_CASE("accuracy is the share of rows whose largest logit is the label") {
    CHECK(nn::accuracy(scores(), truth()) == 0.25);
    CHECK(nn::accuracy(scores(), Tensor::of<std::int32_t>({0, 1, 2, 0})) == 1);
    CHECK(nn::accuracy(ct::zeros({0, 3}), ct::zeros({0}, ct::Dtype::int64)) == 0);
}

TEST_CASE("top_k_accuracy counts labels among the k largest, and is 1 at all classes") {
    CHECK(nn::top_k_accuracy(scores(), truth(), 1) == 0.25);
    CHECK(nn::top_k_accuracy(scores(), truth(), 2) == 0.75);
    CHECK(nn::top_k_accuracy(scores(), truth(), 3) == 1);
}

TEST_CASE("of equal logits the first wins, as argmax has it, so a network that says nothing earns one class") {
    CHECK(nn::accuracy(ct::zeros({3, 3}), Tensor::of<std::int64_t>({0, 1, 2})) == doctest::Approx(1.0 / 3));
    const Tensor equal = ct::ones({2, 3});
    CHECK(nn::accuracy(equal, argmax(equal, {.axis = 1})) == 1);
}

TEST_CASE("a row of NaN is a miss") {
    CHECK(nn::accuracy(ct::full({2, 3}, std::nan("")), Tensor::of<std::int64_t>({0, 1})) == 0);
}

TEST_CASE("confusion_matrix counts truth by rows and predictions by columns") {
    CHECK(nn::confusion_matrix(scores(), truth()).to_vector<std::int64_t>() == std::vector<std::int64_t>{1, 0, 1, 1, 0, 0, 0, 1, 0});
    // Its diagonal is the accuracy.
    ct::Rng rng(1);
    const Tensor logits = ct::normal(rng, {200, 5}), labels = ct::integers(rng, {200}, 0, 5);
    const auto counts = nn::confusion_matrix(logits, labels).to_vector<std::int64_t>();
    std::int64_t hits = 0, all = 0;
    for (std::size_t k = 0; k < 25; ++k) {
        all += counts[k];
        if (k % 6 == 0) hits += counts[k];
    }
    CHECK(all == 200);
    CHECK(nn::accuracy(logits, labels) == static_cast<double>(hits) / 200);
}

// Computed by hand: (p + z^2/2n +- z sqrt(p (1-p)/n + z^2/4n^2)) / (1 + z^2/n) with z = 1.959964.
TEST_CASE("wilson_interval agrees with its closed form and stays in [0, 1]") {
    const nn::Interval some = nn::wilson_interval(0.8, 10);
    CHECK(some.low == doctest::Approx(0.4901625).epsilon(1e-6));
    CHECK(some.high == doctest::Approx(0.9433178).epsilon(1e-6));
    CHECK(nn::wilson_interval(0, 10).low == 0);
    CHECK(nn::wilson_interval(0, 10).high == doctest::Approx(0.2775328).epsilon(1e-6));
    CHECK(nn::wilson_interval(1, 10).high == doctest::Approx(1).epsilon(1e-15));
    const nn::Interval none = nn::wilson_interval(0, 0);
    CHECK(none.low == 0);
    CHECK(none.high == 1);
}

TEST_CASE("metrics name the argument that is wrong") {
    CHECK_THROWS_WITH_AS((void)nn::accuracy(scores(), Tensor::of<std::int64_t>({0})),
                         "accuracy: logits and labels have shapes [4, 3] and [1], expected [N, C] and [N]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)nn::accuracy(scores(), Tensor::of<std::int64_t>({0, 1, 3, 0})), "accuracy: a label is 3, expected 0 to 2",
                         ct::ValueError);
    CHECK_THROWS_WITH_AS((void)nn::confusion_matrix(scores(), ct::zeros({4})),
                         "confusion_matrix: labels are float32, expected int32 or int64", ct::DtypeError);
    CHECK_THROWS_WITH_AS((void)nn::top_k_accuracy(scores(), truth(), 0), "top_k_accuracy: k is 0, expected at least 1", ct::ValueError);
}
