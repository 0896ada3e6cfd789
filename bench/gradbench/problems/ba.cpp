#include "ba.hpp"

#include "read.hpp"

namespace cotangent::gradbench {

void BundleAdjustment::objective(std::span<double> errors) const {
    const std::size_t count = weights.size();
    for (std::size_t k = 0; k < count; ++k) {
        const auto error = reprojection_error(inputs(k), features[k]);
        errors[2 * k] = error[0];
        errors[2 * k + 1] = error[1];
    }
    for (std::size_t k = 0; k < count; ++k) errors[2 * count + k] = weight_error(weights[k]);
}

SparseJacobian sparsity(const BundleAdjustment& problem) {
    const std::size_t count = problem.weights.size(), first_point = 11 * problem.cameras.size(),
                      first_weight = first_point + 3 * problem.points.size();
    SparseJacobian result;
    result.rows.push_back(0);
    const auto add = [&](std::size_t column) { result.columns.push_back(static_cast<std::int32_t>(column)); };
    const auto end_row = [&] { result.rows.push_back(static_cast<std::int32_t>(result.columns.size())); };
    for (std::size_t k = 0; k < count; ++k) {
        const auto [camera, point] = problem.seen[k];
        for (int row = 0; row < 2; ++row) {
            for (std::size_t i = 0; i < 11; ++i) add(11 * camera + i);
            for (std::size_t i = 0; i < 3; ++i) add(first_point + 3 * point + i);
            add(first_weight + k);
            end_row();
        }
    }
    for (std::size_t k = 0; k < count; ++k) {
        add(first_weight + k);
        end_row();
    }
    result.values.resize(result.columns.size());
    return result;
}

BundleAdjustment read_ba(const std::filesystem::path& path) {
    NumberFile file(path);
    const auto n = file.next<std::size_t>(), m = file.next<std::size_t>(), p = file.next<std::size_t>();
    std::array<double, 11> camera;
    std::array<double, 3> point;
    std::array<double, 2> feature;
    for (double& x : camera) file(x);
    for (double& x : point) file(x);
    const auto weight = file.next<double>();
    for (double& x : feature) file(x);
    BundleAdjustment problem;
    problem.cameras.assign(n, camera);
    problem.points.assign(m, point);
    problem.weights.assign(p, weight);
    problem.features.assign(p, feature);
    for (std::size_t k = 0; k < p; ++k) problem.seen.push_back({k % n, k % m});
    return problem;
}

}  // namespace cotangent::gradbench
