#pragma once
#include "cotangent/tensor/random.hpp"

namespace cotangent::nn {

/// What one pass through a network may need besides its input. It is an argument of the call, never hidden in a layer:
/// docs/design/state_and_randomness.md says why.
struct Pass {
    bool training = false;  ///< dropout drops, batch norm uses the batch and updates its state
    Rng rng{0};             ///< where dropout draws from; advanced by each draw

    [[nodiscard]] static Pass evaluate() { return {}; }
    [[nodiscard]] static Pass train(const Rng& rng) { return {true, rng}; }
};

/// The state of a network that has none.
struct NoState {
    Tensor nothing;
};

}  // namespace cotangent::nn
