#pragma once
// All problems by name.
#include <concepts>
#include <string>
#include <variant>

#include "ba.hpp"
#include "building.hpp"
#include "det.hpp"
#include "gmm.hpp"
#include "hand.hpp"
#include "kmeans.hpp"
#include "llsq.hpp"
#include "lse.hpp"
#include "lstm.hpp"
#include "ode.hpp"

#include <nlohmann/json_fwd.hpp>

namespace cotangent::gradbench {

using Problem =
    std::variant<Gmm, Lstm, BundleAdjustment, Hand, Ode, LeastSquares, LogSumExp, Determinant, KMeans, BuildingSimulation>;

/// A problem of one output that depends on its `parameters`.
template <class P>
concept ScalarProblem = requires(const P& p) {
    { p(std::span<const double>(p.parameters)) } -> std::same_as<double>;
};

/// Those that are measured.
[[nodiscard]] const std::vector<std::string>& problem_names();
/// @param name  a kind and sizes, as gmm_d64_k25_n1000; sizes left out have a default. lstm, ba and hand are read from
/// files,
///              unless lstm has a number of bits: lstm_l2_c10_b5 is drawn at random
/// @param data  the folder of ADBench's inputs: ba/, hand/, lstm/
/// @throws ValueError  a name that is none   @throws IoError
[[nodiscard]] Problem make_problem(const std::string& name, const std::filesystem::path& data);

/// The inputs in GradBench's protocol where it has the problem, for tools in other languages.
[[nodiscard]] nlohmann::json to_json(const Problem& problem);

}  // namespace cotangent::gradbench
