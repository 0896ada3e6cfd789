#pragma once
// Training steps, compiled: model, optimizer and state go in and out, and the numbers stay those of the step itself.
#include <doctest/doctest.h>

#include "cotangent/grad/compile/compile.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/nn/pass.hpp"

namespace cotangent::nn::testing {

/// Steps of one training beside those of the same, compiled.
template <class Model, class State, class Optimizer, class Loss>
void check_training(Model model, State state, Optimizer optimizer, const Loss& loss, double tolerance) {
    const auto step = [&](Model& net, State& at, Optimizer& optimize, Pass& pass) {
        auto [value, gradient] = value_and_grad([&](const Model& m) { return loss(m, at, pass); })(net);
        optimize.update(net, gradient);
        return value;
    };
    auto compiled = compile(step);
    Model ours = model;
    State our_state = state;
    Optimizer our_optimizer = optimizer;
    Pass pass = Pass::train(Rng(1)), our_pass = pass;
    for (int k = 0; k < 4; ++k) {
        const double expected = step(model, state, optimizer, pass).item();
        CHECK(compiled(ours, our_state, our_optimizer, our_pass).item() == doctest::Approx(expected).epsilon(tolerance));
    }
    CHECK(compiled.recordings() == 1);
    CHECK(pass.rng == our_pass.rng);
    const auto close = [&](const auto& seen, const auto& expected) {
        const auto a = leaves(seen), b = leaves(expected);
        REQUIRE(a.size() == b.size());
        for (std::size_t k = 0; k < a.size(); ++k) {
            const auto x = a[k].template to_vector<double>(), y = b[k].template to_vector<double>();
            REQUIRE(x.size() == y.size());
            for (std::size_t i = 0; i < x.size(); ++i) REQUIRE(std::abs(x[i] - y[i]) <= tolerance * (1 + std::abs(y[i])));
        }
    };
    close(ours, model);
    close(our_state, state);
    if constexpr (requires { optimizer.step; }) CHECK(our_optimizer.step == optimizer.step);
}

}  // namespace cotangent::nn::testing
