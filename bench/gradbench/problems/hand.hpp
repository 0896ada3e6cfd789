#pragma once
// Hand tracking: how far measured points lie from the surface of a skinned hand in a pose of 26 numbers. Each point has a
// triangle of the surface, and two more parameters say where on it ("complicated" in ADBench's words).
// @source  Srajer, Kukelova, Fitzgibbon 2018, section 3.3; Taylor et al. 2014, "User-specific hand modeling from monocular
//          depth sequences"
#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "value_of.hpp"

namespace cotangent::gradbench {

/// A rotation (or any matrix) and a translation: the upper three rows of a 4 x 4 matrix.
template <class T>
using Affine = std::array<std::array<T, 4>, 3>;

/// a after b: the product of the matrices. One of both may be a constant.
template <class T, class A, class B>
[[nodiscard]] Affine<T> compose(const Affine<A>& a, const Affine<B>& b) {
    Affine<T> result;
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 4; ++j) {
            result[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
            if (j == 3) result[i][j] += a[i][3];
        }
    }
    return result;
}

struct HandModel {
    static constexpr int root = -1;
    struct Bone {
        int parent;  ///< an earlier bone, or root
        Affine<double> relative, inverse_absolute;
    };
    struct Influence {
        std::size_t bone;
        std::array<double, 4> weighted;  ///< weight * (x, y, z, 1) of the vertex at rest

        /// The bone's part of the vertex's coordinate, given that row of the bone's transform.
        template <class T>
        [[nodiscard]] T moved(const std::array<T, 4>& row) const {
            return row[0] * weighted[0] + row[1] * weighted[1] + row[2] * weighted[2] + row[3] * weighted[3];
        }
    };
    std::vector<Bone> bones;
    std::vector<std::vector<Influence>> vertices;
    std::vector<std::array<std::size_t, 3>> triangles;
};

struct Hand {
    HandModel model;
    std::vector<std::array<double, 3>> points;        ///< measured
    std::vector<std::array<double, 2>> places;        ///< where on its triangle each point lies
    std::array<double, 26> pose;                      ///< rotation, translation, four angles for each of five fingers
    std::vector<std::size_t> triangle;                ///< of each point
    std::vector<std::size_t> used;                    ///< the vertices that those triangles have
    std::vector<std::array<std::size_t, 3>> corners;  ///< of each point's triangle, as places in `used`

    [[nodiscard]] std::size_t residuals() const { return 3 * points.size(); }

    /// Where the used vertices are in a pose.
    template <class T>
    [[nodiscard]] std::vector<std::array<T, 3>> surface(const std::array<T, 26>& at) const;

    /// How much of each corner of its triangle a place is.
    template <class U>
    [[nodiscard]] static std::array<U, 3> weights(const std::array<U, 2>& place) {
        return {place[0], place[1], 1.0 - place[0] - place[1]};
    }
    /// Coordinate `i` of point `p` less its place on the surface, from that coordinate of its triangle's corners. The
    /// corners and the place may differ in their scalar: R is that of the result.
    template <class R, class T, class U>
    [[nodiscard]] R residual(std::size_t p, std::size_t i, const std::array<T, 3>& corner,
                             const std::array<U, 2>& place) const {
        const auto w = weights(place);
        return points[p][i] - w[0] * corner[0] - w[1] * corner[1] - w[2] * corner[2];
    }
    /// Coordinate `i` of the corners of point `p`'s triangle.
    template <class T>
    [[nodiscard]] std::array<T, 3> corners_of(std::size_t p, std::size_t i,
                                              const std::vector<std::array<T, 3>>& vertices) const {
        const auto& [a, b, c] = corners[p];
        return {vertices[a][i], vertices[b][i], vertices[c][i]};
    }
    void objective(std::span<double> result) const {
        const auto vertices = surface(pose);
        for (std::size_t p = 0; p < points.size(); ++p)
            for (std::size_t i = 0; i < 3; ++i)
                result[3 * p + i] = residual<double>(p, i, corners_of(p, i, vertices), places[p]);
    }
};

/// Reads ADBench's format; `file` is a file of correspondences and `model` the folder of the hand. @throws IoError
[[nodiscard]] Hand read_hand(const std::filesystem::path& file, const std::filesystem::path& model);

/// The rotation around `axis` by its length.
template <class T>
[[nodiscard]] Affine<T> rotation_of(const std::array<T, 3>& axis) {
    using std::cos, std::sin, std::sqrt;
    const T zero = 0.0, one = 1.0;
    const T angle = sqrt(axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2]);
    if (value_of(angle) < 1e-4) return {{{one, zero, zero, zero}, {zero, one, zero, zero}, {zero, zero, one, zero}}};
    const T x = axis[0] / angle, y = axis[1] / angle, z = axis[2] / angle, s = sin(angle), c = cos(angle), rest = 1.0 - c;
    return {{{x * x + (1.0 - x * x) * c, x * y * rest - z * s, x * z * rest + y * s, zero},
             {x * y * rest + z * s, y * y + (1.0 - y * y) * c, y * z * rest - x * s, zero},
             {x * z * rest - y * s, y * z * rest + x * s, z * z + (1.0 - z * z) * c, zero}}};
}

/// `base` followed by turns around its z axis by `turn` and its x axis by `bend`, the turns first.
template <class T>
[[nodiscard]] Affine<T> bent(const Affine<double>& base, const T& bend, const T& turn) {
    using std::cos, std::sin;
    const T zero = 0.0, cx = cos(bend), sx = sin(bend), cz = cos(turn), sz = sin(turn);
    return compose<T>(base,
                      Affine<T>{{{cz, -(sz * cx), sz * sx, zero}, {sz, cz * cx, -(cz * sx), zero}, {zero, sx, cx, zero}}});
}

/// The bones after the wrist's are those of the fingers, four each; the last may be more than five fingers have.
struct Joint {
    std::size_t finger, number;
};
[[nodiscard]] inline Joint joint_of(std::size_t bone) { return {(bone - 1) / 4, (bone - 1) % 4}; }
/// The wrist does not, nor does a finger's first bone: the second bends and turns, the others bend.
[[nodiscard]] inline bool bends(std::size_t bone) {
    return bone != 0 && joint_of(bone).number != 0 && joint_of(bone).finger < 5;
}

/// For each bone, what takes a vertex from where it rests to its place in the pose, before the translation of the whole
/// hand.
template <class T>
[[nodiscard]] std::vector<Affine<T>> bone_transforms(const HandModel& model, const std::array<T, 26>& pose) {
    const Affine<T> global = rotation_of<T>({pose[0], pose[1], pose[2]});
    std::vector<Affine<T>> absolute(model.bones.size()), result(model.bones.size());
    for (std::size_t b = 0; b < model.bones.size(); ++b) {
        const HandModel::Bone& bone = model.bones[b];
        const auto [finger, joint] = b == 0 ? Joint{0, 0} : joint_of(b);
        const std::size_t angle = 6 + 4 * finger;
        Affine<T> relative;
        if (!bends(b)) {
            for (std::size_t i = 0; i < 3; ++i)
                for (std::size_t j = 0; j < 4; ++j) relative[i][j] = bone.relative[i][j];
        } else if (joint == 1) {
            relative = bent<T>(bone.relative, pose[angle], pose[angle + 1]);
        } else {
            relative = bent<T>(bone.relative, pose[angle + joint], T(0.0));
        }
        absolute[b] =
            compose<T>(bone.parent == HandModel::root ? global : absolute[static_cast<std::size_t>(bone.parent)], relative);
        result[b] = compose<T>(absolute[b], bone.inverse_absolute);
    }
    return result;
}

template <class T>
std::vector<std::array<T, 3>> Hand::surface(const std::array<T, 26>& at) const {
    const std::vector<Affine<T>> transforms = bone_transforms(model, at);
    std::vector<std::array<T, 3>> result(used.size());
    for (std::size_t i = 0; i < 3; ++i) {  // outside, because a third of the transforms stays in the cache
        for (std::size_t v = 0; v < used.size(); ++v) {
            T sum = at[3 + i];
            for (const auto& influence : model.vertices[used[v]]) sum += influence.moved(transforms[influence.bone][i]);
            result[v][i] = sum;
        }
    }
    return result;
}

}  // namespace cotangent::gradbench
