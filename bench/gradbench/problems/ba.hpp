#pragma once
// Bundle adjustment: how far each observed feature lies from where its camera would see its point, and a penalty that keeps
// the weights of the observations near 1. The Jacobian is sparse: an observation depends on 15 numbers.
// @source  Srajer, Kukelova, Fitzgibbon 2018, section 3.2; the rotation is Rodrigues' formula
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "value_of.hpp"

namespace cotangent::gradbench {

template <class T>
using Vector3 = std::array<T, 3>;

/// `point` turned around `rotation` by its length, in radians.
template <class T>
[[nodiscard]] Vector3<T> rotate(const Vector3<T>& rotation, const Vector3<T>& point) {
    using std::cos, std::sin, std::sqrt;
    const auto cross = [&](const Vector3<T>& a) {
        return Vector3<T>{a[1] * point[2] - a[2] * point[1], a[2] * point[0] - a[0] * point[2],
                          a[0] * point[1] - a[1] * point[0]};
    };
    const T squared = rotation[0] * rotation[0] + rotation[1] * rotation[1] + rotation[2] * rotation[2];
    if (value_of(squared) == 0) {  // the first order of the formula
        const Vector3<T> turn = cross(rotation);
        return {point[0] + turn[0], point[1] + turn[1], point[2] + turn[2]};
    }
    const T angle = sqrt(squared), cosine = cos(angle), sine = sin(angle), inverse = 1.0 / angle;
    const Vector3<T> axis{rotation[0] * inverse, rotation[1] * inverse, rotation[2] * inverse};
    const Vector3<T> turn = cross(axis);
    const T along = (axis[0] * point[0] + axis[1] * point[1] + axis[2] * point[2]) * (1.0 - cosine);
    return {point[0] * cosine + turn[0] * sine + axis[0] * along, point[1] * cosine + turn[1] * sine + axis[1] * along,
            point[2] * cosine + turn[2] * sine + axis[2] * along};
}

/// The weighted error of one observation. `x` is what it depends on: the camera's rotation (0-2), centre (3-5), focal length
/// (6), principal point (7, 8) and radial distortion (9, 10), the point (11-13) and the weight (14).
template <class T>
[[nodiscard]] std::array<T, 2> reprojection_error(const std::array<T, 15>& x, const std::array<double, 2>& feature) {
    const Vector3<T> seen = rotate<T>({x[0], x[1], x[2]}, {x[11] - x[3], x[12] - x[4], x[13] - x[5]});
    const T u = seen[0] / seen[2], v = seen[1] / seen[2];
    const T squared = u * u + v * v;
    const T scale = (1.0 + x[9] * squared + x[10] * squared * squared) * x[6];
    return {x[14] * (u * scale + x[7] - feature[0]), x[14] * (v * scale + x[8] - feature[1])};
}

template <class T>
[[nodiscard]] T weight_error(const T& weight) {
    return 1.0 - weight * weight;
}

struct BundleAdjustment {
    std::vector<std::array<double, 11>> cameras;
    std::vector<std::array<double, 3>> points;
    std::vector<double> weights;                   ///< one an observation
    std::vector<std::array<double, 2>> features;   ///< one an observation
    std::vector<std::array<std::size_t, 2>> seen;  ///< camera and point of each observation

    /// What observation `k` depends on, in the order of reprojection_error().
    [[nodiscard]] std::array<double, 15> inputs(std::size_t k) const {
        const auto& camera = cameras[seen[k][0]];
        const auto& point = points[seen[k][1]];
        std::array<double, 15> x;
        for (std::size_t i = 0; i < 11; ++i) x[i] = camera[i];
        for (std::size_t i = 0; i < 3; ++i) x[11 + i] = point[i];
        x[14] = weights[k];
        return x;
    }
    /// Two errors an observation, then one a weight.
    void objective(std::span<double> errors) const;
};

/// Rows in compressed form: two for each observation, 15 numbers each in the order of inputs(), then one for each weight.
struct SparseJacobian {
    std::vector<std::int32_t> rows, columns;
    std::vector<double> values;
};
/// The pattern, which the values do not change; the columns are the cameras, the points and the weights.
[[nodiscard]] SparseJacobian sparsity(const BundleAdjustment& problem);

/// Reads ADBench's format: n cameras, m points and p observations, all copies of the one that the file holds; observation k
/// is of camera k mod n and point k mod m. @throws IoError
[[nodiscard]] BundleAdjustment read_ba(const std::filesystem::path& file);

}  // namespace cotangent::gradbench
