#pragma once
// Three posteriors of the posterior database as log densities of unconstrained parameters, for tests and benchmarks. What they
// leave out, and the Jacobians they add, are those of the models' published code.
// @source  Magnusson et al. 2025, "posteriordb: testing, benchmarking and developing Bayesian inference algorithms"
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <string>
#include <vector>

#include "cotangent/tensor/ops.hpp"

#include <nlohmann/json.hpp>

namespace cotangent::detail::densities {

using Json = nlohmann::json;

/// The stored posterior, or null where the data is not at hand.
inline Json read(const std::string& name) {
    const char* home = std::getenv("COTANGENT_DATA");
    for (const char* candidate : {home, "../shared/data", "../../shared/data"}) {
        if (!candidate) continue;
        const auto file = std::filesystem::path(candidate) / "posteriordb" / (name + ".json");
        if (std::filesystem::exists(file)) return Json::parse(std::ifstream(file));
    }
    return {};
}

inline Tensor column(const Json& data, const std::string& name) {
    const auto numbers = data["data"][name].get<std::vector<double>>();
    return Tensor::from(numbers, {static_cast<std::int64_t>(numbers.size())});
}

/// The point at which the stored log density and gradient were computed.
inline Tensor fixed_point(std::int64_t first, std::int64_t count) {
    std::vector<double> numbers;
    for (std::int64_t i = first; i < first + count; ++i)
        numbers.push_back(0.1 + 0.05 * static_cast<double>(i % 7) - 0.15 * static_cast<double>(i % 3));
    return Tensor::from(numbers, {count});
}
inline Tensor fixed_number(std::int64_t i) { return reshape(fixed_point(i, 1), Shape{}); }

struct EightSchools {
    struct Parameters {
        Tensor effects;  ///< [8], standardised
        Tensor mean, log_scale;
    };
    Tensor y, sigma;

    explicit EightSchools(const Json& data) : y(column(data, "y")), sigma(column(data, "sigma")) {}
    [[nodiscard]] static Parameters point() { return {fixed_point(0, 8), fixed_number(8), fixed_number(9)}; }
    [[nodiscard]] Tensor operator()(const Parameters& p) const {
        const Tensor scale = exp(p.log_scale);
        const Tensor z = (y - (p.mean + scale * p.effects)) / sigma;
        return -0.5 * (sum(square(z)) + sum(square(p.effects)) + square(p.mean / 5.0)) - log1p(square(scale / 5.0)) + p.log_scale;
    }
};

struct LogMesquite {
    struct Parameters {
        Tensor weights;  ///< [7]
        Tensor log_scale;
    };
    std::vector<Tensor> columns;
    Tensor y;

    explicit LogMesquite(const Json& data) : y(log(column(data, "weight"))) {
        columns.push_back(ones_like(y));
        for (const char* name : {"diam1", "diam2", "canopy_height", "total_height", "density"}) columns.push_back(log(column(data, name)));
        columns.push_back(column(data, "group"));
    }
    [[nodiscard]] static Parameters point() { return {fixed_point(0, 7), fixed_number(7)}; }
    [[nodiscard]] Tensor operator()(const Parameters& p) const {
        Tensor mean = row(p.weights, 0) * columns[0];
        for (std::size_t k = 1; k < columns.size(); ++k) mean = mean + row(p.weights, static_cast<std::int64_t>(k)) * columns[k];
        const Tensor z = (y - mean) * exp(-p.log_scale);
        return -0.5 * sum(square(z)) - static_cast<double>(y.size() - 1) * p.log_scale;
    }
};

struct RadonPooled {
    struct Parameters {
        Tensor level, slope, log_scale;
    };
    Tensor y, floor;

    explicit RadonPooled(const Json& data) : y(column(data, "log_radon")), floor(column(data, "floor_measure")) {}
    [[nodiscard]] static Parameters point() { return {fixed_number(0), fixed_number(1), fixed_number(2)}; }
    [[nodiscard]] Tensor operator()(const Parameters& p) const {
        const auto count = static_cast<double>(y.size());
        const Tensor scale = exp(p.log_scale);
        const Tensor z = (y - (p.level + p.slope * floor)) / scale;
        const Tensor prior = square(p.level / 10.0) + square(p.slope / 10.0) + square(scale);
        return -0.5 * (sum(square(z)) + prior) - (count - 1) * p.log_scale - 0.5 * count * std::log(2 * std::numbers::pi);
    }
};

}  // namespace cotangent::detail::densities
