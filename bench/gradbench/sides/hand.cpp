// The hand's Jacobian in forward mode. A point of the surface is moved by a few bones, as its triangle's corners are, and a
// bone by the rotation of the hand and the four angles of its own finger: no bone has angles of two fingers, so that all
// fingers share four tangents.
// @source  Curtis, Powell, Reid 1974, "On the estimation of sparse Jacobian matrices": columns without a row in common
//          are computed as one
#include <algorithm>
#include <cstdint>
#include <memory>

#include "ours.hpp"
#include "side.hpp"

namespace cotangent::gradbench {
namespace {

using Influence = HandModel::Influence;
constexpr std::size_t angles = 4, columns = 28;
using Bone = Dual<double, Tangents<double, 8>>;  ///< by the angles of a finger, the three numbers of the rotation, and a 0
using Place = Dual<double, Tangents<double, 2>>;
using Four = Tangents<double, 4>;  ///< four numbers, added and scaled at once

/// What one bone has to do with a point of the surface: its influences on the corners of the triangle.
struct Pull {
    std::uint32_t bone;
    std::uint32_t influences[3];  ///< numbers in HandJacobian's list, where the last is nothing
    bool ends_finger;             ///< the next one is of another finger
};

std::size_t finger_of(std::size_t bone) { return bends(bone) ? joint_of(bone).finger : 0; }

class HandJacobian {
public:
    explicit HandJacobian(const Hand& problem) : problem_(problem), rows_(columns * problem.residuals()) {
        for (const std::vector<Influence>& influences : problem.model.vertices) {
            first_influence_.push_back(weighted_.size());
            for (const Influence& influence : influences) {
                Four& weighted = weighted_.emplace_back();
                for (std::size_t k = 0; k < 4; ++k) weighted.set(static_cast<int>(k), influence.weighted[k]);
            }
        }
        weighted_.emplace_back();
        for (const std::size_t triangle : problem.triangle) {
            first_pull_.push_back(pulls_.size());
            for (const Pull& pull : pulls_of(problem.model.triangles[triangle])) pulls_.push_back(pull);
        }
    }
    /// Writes what is not always 0.
    void compute() {
        const auto vertices = problem_.surface(problem_.pose);
        const auto transforms = bone_transforms(problem_.model, pose());
        double* rows = rows_.data();
        for (std::size_t p = 0; p < problem_.points.size(); ++p) {
            const auto& [u, v] = problem_.places[p];
            const std::array<Place, 2> place = {variable<Place>(u, 0), variable<Place>(v, 1)};
            for (std::size_t i = 0; i < 3; ++i)
                problem_.residual<Place>(p, i, problem_.corners_of(p, i, vertices), place)
                    .tangent.copy_to(rows + i * columns);
            fill_by_pose(rows, transforms, pulls(p), Hand::weights(problem_.places[p]));
            rows += 3 * columns;
        }
    }
    [[nodiscard]] const std::vector<double>& rows() const { return rows_; }

private:
    template <class D>
    static D variable(double value, std::size_t direction) {
        D result(value);
        result.tangent.set(static_cast<int>(direction), 1);
        return result;
    }
    std::array<Bone, 26> pose() const {
        std::array<Bone, 26> result;
        for (std::size_t k = 0; k < 3; ++k) result[k] = variable<Bone>(problem_.pose[k], angles + k);
        for (std::size_t k = 6; k < 26; ++k) result[k] = variable<Bone>(problem_.pose[k], (k - 6) % angles);
        return result;  // the translation is not in the bones
    }
    std::span<const Pull> pulls(std::size_t p) const {
        const std::size_t end = p + 1 < first_pull_.size() ? first_pull_[p + 1] : pulls_.size();
        return {&pulls_[first_pull_[p]], end - first_pull_[p]};
    }
    /// Those of one finger side by side, after those that do not bend.
    std::vector<Pull> pulls_of(const std::array<std::size_t, 3>& corners) const {
        std::vector<Pull> pulls;
        const auto none = static_cast<std::uint32_t>(weighted_.size() - 1);
        for (std::size_t c = 0; c < 3; ++c) {
            const auto& influences = problem_.model.vertices[corners[c]];
            for (std::size_t k = 0; k < influences.size(); ++k) {
                const auto bone = static_cast<std::uint32_t>(influences[k].bone);
                auto pull = std::find_if(pulls.begin(), pulls.end(), [&](const Pull& x) { return x.bone == bone; });
                if (pull == pulls.end()) pull = pulls.insert(pull, {bone, {none, none, none}, false});
                pull->influences[c] = static_cast<std::uint32_t>(first_influence_[corners[c]] + k);
            }
        }
        std::sort(pulls.begin(), pulls.end(), [](const Pull& a, const Pull& b) {
            return std::pair(bends(a.bone), a.bone) < std::pair(bends(b.bone), b.bone);
        });
        for (std::size_t k = 0; k < pulls.size(); ++k)
            pulls[k].ends_finger =
                k + 1 == pulls.size() || (bends(pulls[k].bone) && finger_of(pulls[k].bone) != finger_of(pulls[k + 1].bone));
        return pulls;
    }
    /// A point's slopes by rotation, translation and the angles of fingers, in its three rows. The place has these weights.
    void fill_by_pose(double* rows, const std::vector<Affine<Bone>>& transforms, std::span<const Pull> pulls,
                      const std::array<double, 3>& weights) const {
        std::array<Tangents<double, 8>, 3> by_rotation;
        std::array<Bone, 3> at = {0.0, 0.0, 0.0};
        for (const Pull& pull : pulls) {
            const Influence influence = merged(pull, weights);
            for (std::size_t i = 0; i < 3; ++i) at[i] -= influence.moved(transforms[pull.bone][i]);
            if (!pull.ends_finger) continue;
            double* by_angles = rows + 8 + angles * finger_of(pull.bone);
            for (std::size_t i = 0; i < 3; ++i) {
                for (std::size_t k = 0; k < angles; ++k) by_angles[i * columns + k] = at[i].tangent[static_cast<int>(k)];
                by_rotation[i] = by_rotation[i] + at[i].tangent;
                at[i] = Bone(0.0);
            }
        }
        for (std::size_t i = 0; i < 3; ++i, rows += columns) {
            for (std::size_t k = 0; k < 3; ++k) rows[2 + k] = by_rotation[i][static_cast<int>(angles + k)];
            rows[5 + i] = -(weights[0] + weights[1] + weights[2]);
        }
    }
    /// What a bone has to do with a place of these weights.
    Influence merged(const Pull& pull, const std::array<double, 3>& weights) const {
        const auto of = [&](std::size_t c) -> const Four& { return weighted_[pull.influences[c]]; };
        Influence result{pull.bone, {}};
        (of(0) * weights[0] + of(1) * weights[1] + of(2) * weights[2]).copy_to(result.weighted.data());
        return result;
    }

    const Hand& problem_;
    std::vector<Four> weighted_;                ///< of the influences on all vertices, and one of nothing
    std::vector<std::size_t> first_influence_;  ///< of each vertex
    std::vector<Pull> pulls_;
    std::vector<std::size_t> first_pull_;  ///< of each point
    std::vector<double> rows_;
};

}  // namespace

Run hand(const Hand& problem) {
    const auto jacobian = std::make_shared<HandJacobian>(problem);
    return Run{[jacobian] { jacobian->compute(); }, [jacobian] { return jacobian->rows(); }};
}

}  // namespace cotangent::gradbench
