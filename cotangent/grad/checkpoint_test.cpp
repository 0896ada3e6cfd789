#include "cotangent/grad/checkpoint.hpp"

#include <doctest/doctest.h>

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
using ct::Tensor;

namespace {

struct Weights {
    Tensor a, b;
};

Tensor block(const Weights& w, const Tensor& x) { return ct::tanh(x * w.a) * w.b + x; }

}  // namespace

TEST_CASE("checkpoint changes neither values nor derivatives of any order") {
    const Weights weights{Tensor::of<double>({0.5, -0.3}), Tensor::of<double>({1.2, 0.4})};
    const auto plain = [](const Weights& w, const Tensor& x) { return block(w, block(w, x)); };
    const auto saved = [](const Weights& w, const Tensor& x) {
        const auto again = ct::checkpoint(block);
        return again(w, again(w, x));
    };
    const Tensor x = Tensor::of<double>({0.7, -1.5});
    ct::check_derivatives(saved, weights, x);
    const auto loss = [&](const auto& f) { return [&f, &x](const Weights& w) { return ct::sum(f(w, x)); }; };
    const Weights g = ct::grad(loss(plain))(weights), h = ct::grad(loss(saved))(weights);
    CHECK(g.a.to_vector<double>() == h.a.to_vector<double>());
    CHECK(g.b.to_vector<double>() == h.b.to_vector<double>());
}

TEST_CASE("checkpoint keeps only the arguments between the walks") {
    const auto peak_of = [](const auto& layer) {
        std::int64_t most = 0;
        const auto f = [&](Tensor x) {
            for (int k = 0; k < 8; ++k) x = layer(x);
            most = ct::memory_counters().bytes_in_use;
            return ct::sum(x);
        };
        (void)ct::grad(f)(ct::ones({1 << 16}));
        return most;
    };
    const auto layer = [](const Tensor& x) {
        Tensor y = x;
        for (int k = 0; k < 10; ++k) y = ct::sin(y) * 0.9;
        return y;
    };
    CHECK(peak_of(ct::checkpoint(layer)) * 3 < peak_of(layer));
}

TEST_CASE("checkpoint refuses tensors that come in by another way") {
    const auto f = [](const Tensor& x) { return ct::checkpoint([&](const Tensor& y) { return x * y; })(Tensor(1.0)); };
    CHECK_THROWS_WITH_AS((void)ct::grad(f)(Tensor(2.0)),
                         "checkpoint: the function uses a tensor that is being differentiated and is not an argument",
                         ct::ValueError);
}
