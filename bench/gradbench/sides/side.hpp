#pragma once
// A side is a tool for derivatives. Given a problem it makes a Run, or nothing where it cannot.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "../problems/problems.hpp"

namespace cotangent::gradbench {

/// One problem as one side computes it. The objective is the same plain numbers for all sides.
struct Run {
    std::function<void()> gradient;               ///< the whole gradient or Jacobian, kept until the next call
    std::function<std::vector<double>()> result;  ///< it: a gradient in the order of the parameters; ba's values in the
                                                  ///< order of sparsity(); hand's rows of 2 + 26
};

/// The objective in plain numbers; returns its value, or the first residual.
[[nodiscard]] std::function<double()> objective_of(const Problem& problem);

struct Side {
    std::string name;
    std::optional<Run> (*make)(const Problem& problem);
};
/// Those that this program was built with.
[[nodiscard]] const std::vector<Side>& sides();

[[nodiscard]] std::optional<Run> ours(const Problem& problem);      ///< scalar code
[[nodiscard]] Run hand(const Hand& problem);                        ///< the same
[[nodiscard]] std::optional<Run> tensors(const Problem& problem);   ///< ours, written in tensors
[[nodiscard]] std::optional<Run> compiled(const Problem& problem);  ///< the same, by compile()
[[nodiscard]] Run compiled_lstm(const Lstm& problem);
[[nodiscard]] std::optional<Run> adolc(const Problem& problem);         ///< ADOL-C: records, then sweeps
[[nodiscard]] std::optional<Run> adolc_replay(const Problem& problem);  ///< ADOL-C: recorded once; computes and sweeps
[[nodiscard]] std::optional<Run> sacado(const Problem& problem);

}  // namespace cotangent::gradbench
