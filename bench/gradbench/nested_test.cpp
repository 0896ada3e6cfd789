// A gradient inside a function of which a gradient is taken: saddle and particle, each way round.
#include <doctest/doctest.h>

#include "cotangent/grad/grad.hpp"
#include "problems/particle.hpp"
#include "problems/saddle.hpp"

namespace gb = cotangent::gradbench;

namespace {

struct Reverse {
    template <class F, class T, std::size_t N>
    std::array<T, N> operator()(const F& f, const std::array<T, N>& x) const {
        return ct::grad(f, {.mode = ct::Mode::reverse})(x);
    }
};
struct Forward {
    template <class F, class T, std::size_t N>
    std::array<T, N> operator()(const F& f, const std::array<T, N>& x) const {
        std::array<T, N> result;
        for (std::size_t i = 0; i < N; ++i) {
            std::array<T, N> along;
            for (std::size_t k = 0; k < N; ++k) along[k] = k == i ? 1.0 : 0.0;
            result[i] = ct::jvp(f, x, along).second;
        }
        return result;
    }
};

// What GradBench expects (evals/saddle and evals/particle, run.py), and every correct nesting computes step for step.
constexpr double saddle_expected = 8.246324826140356e-06, particle_expected = 0.2071918746486116;

template <class Outer, class Inner>
void check_saddle() {
    for (const double x : gb::find_saddle(Outer(), Inner(), {1, 1}))
        CHECK(x == doctest::Approx(saddle_expected).epsilon(1e-12));
}
template <class Outer, class Inner>
void check_particle() {
    CHECK(gb::find_control(Outer(), Inner(), 0) == doctest::Approx(particle_expected).epsilon(1e-12));
}

}  // namespace

TEST_CASE("saddle: reverse over reverse") { check_saddle<Reverse, Reverse>(); }
TEST_CASE("saddle: reverse over forward") { check_saddle<Reverse, Forward>(); }
TEST_CASE("saddle: forward over reverse") { check_saddle<Forward, Reverse>(); }
TEST_CASE("saddle: forward over forward") { check_saddle<Forward, Forward>(); }
TEST_CASE("particle: reverse over reverse") { check_particle<Reverse, Reverse>(); }
TEST_CASE("particle: reverse over forward") { check_particle<Reverse, Forward>(); }
TEST_CASE("particle: forward over reverse") { check_particle<Forward, Reverse>(); }
TEST_CASE("particle: forward over forward") { check_particle<Forward, Forward>(); }
