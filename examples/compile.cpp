// Recording a function once and replaying it. docs/guide/compile.md walks through it.
#include <chrono>
#include <iostream>

#include "cotangent/cotangent.hpp"

namespace {

// [density]
struct Schools {  // the parameters of eight schools, non-centred
    ct::Tensor mean, log_spread, effects;
};

const ct::Tensor seen = ct::Tensor::of<double>({28, 8, -3, 7, -1, 1, 18, 12});
const ct::Tensor error = ct::Tensor::of<double>({15, 10, 16, 11, 9, 11, 10, 18});

ct::Tensor log_density(const Schools& p) {
    const ct::Tensor spread = exp(p.log_spread);
    const ct::Tensor misfit = (seen - (p.mean + spread * p.effects)) / error;
    return -0.5 * (sum(square(misfit)) + sum(square(p.effects)) + square(p.mean / 5.0)) - log1p(square(spread / 5.0)) +
           p.log_spread;
}
// [density]

double nanoseconds(const auto& f) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    for (int k = 0; k < 2000; ++k) f();
    return std::chrono::duration<double, std::nano>(Clock::now() - start).count() / 2000;
}

}  // namespace

int main() {
    // [compile]
    const auto number = [](double value) { return ct::full({}, value, ct::Dtype::float64); };
    const Schools at{number(4), number(1), ct::Tensor::of<double>({0.5, 0.1, -0.3, 0, -0.4, -0.2, 0.6, 0.2})};
    const auto eager = ct::value_and_grad(log_density);
    auto compiled = ct::compile(eager);
    const auto [value, gradient] = compiled(at);  // the first call records, later ones replay
    std::cout << "value      " << value.item() << " = " << eager(at).first.item() << "\n";
    // [compile]
    std::cout << "faster by  " << nanoseconds([&] { (void)eager(at); }) / nanoseconds([&] { (void)compiled(at); }) << "\n";

    // [step]
    ct::Rng rng(0);
    auto model = ct::nn::Mlp::init(rng, {8, 32, 1});
    auto optimizer = ct::nn::Adam<ct::nn::Mlp>::init(model, {.lr = 1e-2});
    const ct::Tensor x = ct::normal(rng, {64, 8}), y = sum(square(x), {.axes = {1}, .keep_axes = true});
    auto step =
        ct::compile([](ct::nn::Mlp& net, ct::nn::Adam<ct::nn::Mlp>& adam, const ct::Tensor& in, const ct::Tensor& out) {
            const auto loss = [&](const ct::nn::Mlp& m) { return ct::nn::mean_squared_error(m(in), out); };
            auto [error_now, direction] = ct::value_and_grad(loss)(net);
            adam.update(net, direction);
            return error_now;
        });
    const double before = step(model, optimizer, x, y).item();
    for (int k = 0; k < 200; ++k) (void)step(model, optimizer, x, y);
    std::cout << "loss       " << (step(model, optimizer, x, y).item() < before / 4 ? "falls" : "stays") << ", "
              << step.recordings() << " recording\n";
    // [step]

    // [explain]
    auto wave = ct::compile([](const ct::Tensor& t) { return sum(exp(-t) * sin(t) + 1.0); });
    (void)wave(ct::linspace(0, 1, 10000));
    (void)wave(ct::linspace(0, 1, 20000));  // another shape is another recording
    std::cout << wave.recordings() << " recordings\n" << ct::explain(wave) << "\n";
    // [explain]

    // [refused]
    auto branch = ct::compile([](const ct::Tensor& t) { return t.item() > 0 ? t : -t; });
    try {
        (void)branch(ct::Tensor(1.0));
    } catch (const ct::Error& refused) {
        std::cout << refused.what() << "\n";
    }
    // [refused]
}
