#pragma once
// Random numbers: a generator is a value, and every draw says which one it takes from. The numbers depend on the seed
// and on what was drawn before, never on the number of threads.
#include <array>
#include <cstdint>
#include <vector>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent {

/// A stream of random numbers: a key and a position in the Philox 4x32-10 sequence of that key. Copying it copies the
/// position, so that two copies give the same numbers; `split()` and `fork()` give streams that are independent.
/// @source  Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"
class Rng {
public:
    Rng() : Rng(0) {}
    explicit Rng(std::uint64_t seed) : key_(seed) {}

    /// A new independent stream; this one moves on.
    [[nodiscard]] Rng split();
    [[nodiscard]] std::vector<Rng> split(std::int64_t count);
    /// The independent stream number `index` of this state; this one stays where it is. For work in pieces: piece k
    /// draws from fork(k), in any order and on any thread.
    [[nodiscard]] Rng fork(std::uint64_t index) const;
    /// 64 random bits.
    [[nodiscard]] std::uint64_t bits();

    friend bool operator==(const Rng& a, const Rng& b) { return a.state() == b.state(); }

    /// For kernels and for files: the whole state.
    /// @throws ValueError  it belongs to an argument of a function that is being compiled: its position changes from call to call
    [[nodiscard]] std::array<std::uint64_t, 3> state() const {
        if (!detail::is_readable(trace_)) detail::check_read(trace_, "the state of a generator");
        return place();
    }
    [[nodiscard]] static Rng from_state(const std::array<std::uint64_t, 3>& state);
    void skip(std::uint64_t blocks) { position_ += blocks; }
    // For compile(): the state, and the trace to whose arguments it belongs; 0: none.
    [[nodiscard]] std::array<std::uint64_t, 3> place() const { return {key_, stream_, position_}; }
    [[nodiscard]] std::uint32_t trace() const { return trace_; }
    void mark(std::uint32_t trace) { trace_ = trace; }

private:
    std::uint64_t key_, stream_ = 0, position_ = 0;
    std::uint32_t trace_ = 0;
};

/// Uniform in [low, high). float32, float64 or bfloat16.
[[nodiscard]] Tensor uniform(Rng& rng, const Shape& shape, double low = 0, double high = 1, Dtype dtype = Dtype::float32);
/// Uniform integers in [low, high), of a numeric dtype that holds them. @throws ValueError  high <= low
[[nodiscard]] Tensor integers(Rng& rng, const Shape& shape, std::int64_t low, std::int64_t high, Dtype dtype = Dtype::int64);
/// Normal with this mean and standard deviation, by Box and Muller's transform. float32 (up to 6.7 deviations out),
/// float64 or bfloat16.
[[nodiscard]] Tensor normal(Rng& rng, const Shape& shape, double mean = 0, double deviation = 1, Dtype dtype = Dtype::float32);
/// The standard normal restricted to [low, high], by inversion. @throws ValueError  not low < high, or beyond 8 deviations
[[nodiscard]] Tensor truncated_normal(Rng& rng, const Shape& shape, double low = -2, double high = 2,
                                      Dtype dtype = Dtype::float32);
/// True with this probability: bool. @throws ValueError  outside [0, 1]
[[nodiscard]] Tensor bernoulli(Rng& rng, const Shape& shape, double probability = 0.5);
/// One class a row, with probabilities softmax(logits): [..., K] -> [...] int64.
/// @throws ShapeError  a scalar or K = 0   @throws ValueError  a row without a finite largest logit
[[nodiscard]] Tensor categorical(Rng& rng, const Tensor& logits);
/// 0 .. n-1 in random order, every order equally likely: [n] int64.
[[nodiscard]] Tensor permutation(Rng& rng, std::int64_t n);

namespace detail {
/// One block of Philox 4x32-10.
[[nodiscard]] std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);
}  // namespace detail

}  // namespace cotangent
