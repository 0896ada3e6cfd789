// The hand's Jacobian in forward mode. A vertex of the surface is moved by a few bones, and a bone by the rotation of the
// hand and the four angles of its own finger: no bone has angles of two fingers, so that all fingers share four tangents.
// The slopes of a vertex are found once, whatever points lie on its triangles.
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

constexpr std::size_t rotation = 5;  ///< where a finger's number stands

/// Four columns of a point's rows: which slopes of its triangle's corners are in them.
struct Block {
    std::size_t first_column;
    std::array<std::uint32_t, 3> slopes;  ///< numbers in HandJacobian's list, where 0 is nothing
};

class HandJacobian {
public:
    explicit HandJacobian(const Hand& problem) : problem_(problem), rows_(columns * problem.residuals()), slopes_(1) {
        for (const std::size_t v : problem.used) {
            std::array<std::uint32_t, 6>& of_vertex = numbers_.emplace_back();  // by finger
            of_vertex[rotation] = add();
            for (const Influence& influence : problem.model.vertices[v]) {
                if (!bends(influence.bone)) continue;
                std::uint32_t& number = of_vertex[joint_of(influence.bone).finger];
                if (number == 0) number = add();
            }
        }
        for (const auto& [a, b, c] : problem.corners) {
            first_block_.push_back(blocks_.size());
            for (std::size_t finger = rotation + 1; finger-- > 0;) {
                const std::array slopes{numbers_[a][finger], numbers_[b][finger], numbers_[c][finger]};
                if (slopes != std::array<std::uint32_t, 3>{})
                    blocks_.push_back({finger == rotation ? 2 : 8 + angles * finger, slopes});
            }
        }
        first_block_.push_back(blocks_.size());
    }
    /// Writes what is not always 0.
    void compute() {
        find_slopes();
        double* rows = rows_.data();
        for (std::size_t p = 0; p < problem_.points.size(); ++p, rows += 3 * columns) {
            const std::array<double, 3> weights = Hand::weights(problem_.places[p]);
            for (const Block& block : std::span(&blocks_[first_block_[p]], first_block_[p + 1] - first_block_[p])) {
                const auto &a = slopes_[block.slopes[0]], &b = slopes_[block.slopes[1]], &c = slopes_[block.slopes[2]];
                for (std::size_t i = 0; i < 3; ++i)
                    (a[i] * -weights[0] + b[i] * -weights[1] + c[i] * -weights[2])
                        .copy_to(rows + i * columns + block.first_column);
            }
            const auto& [u, v] = problem_.places[p];
            const std::array<Place, 2> place = {variable<Place>(u, 0), variable<Place>(v, 1)};
            for (std::size_t i = 0; i < 3; ++i) {
                double* const row = rows + i * columns;
                problem_.residual<Place>(p, i, corners_of(p, i), place).tangent.copy_to(row);
                for (std::size_t k = 0; k < 3; ++k) row[5 + k] = 0;  // a place was written there
                row[5 + i] = -(weights[0] + weights[1] + weights[2]);
            }
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
    std::uint32_t add() {
        slopes_.emplace_back();
        return static_cast<std::uint32_t>(slopes_.size() - 1);
    }
    /// The slopes of a bone's transform by the rotation, with the transform itself as a fourth number, and by the angles of
    /// its finger.
    struct BoneSlopes {
        Affine<Four> by_rotation, by_angles;
    };
    [[nodiscard]] std::vector<BoneSlopes> bone_slopes() const {
        const std::vector<Affine<Bone>> transforms = bone_transforms(problem_.model, pose());
        std::vector<BoneSlopes> result(transforms.size());
        for (std::size_t b = 0; b < transforms.size(); ++b)
            for (std::size_t i = 0; i < 3; ++i)
                for (std::size_t j = 0; j < 4; ++j)
                    for (int k = 0; k < 4; ++k) {
                        const Bone& entry = transforms[b][i][j];
                        result[b].by_angles[i][j].set(k, entry.tangent[k]);
                        result[b].by_rotation[i][j].set(k, k < 3 ? entry.tangent[4 + k] : entry.value);
                    }
        return result;
    }
    [[nodiscard]] std::array<double, 3> corners_of(std::size_t p, std::size_t i) const {
        std::array<double, 3> result;
        for (std::size_t c = 0; c < 3; ++c)
            result[c] = slopes_[numbers_[problem_.corners[p][c]][rotation]][i][3] + problem_.pose[3 + i];
        return result;
    }
    /// Of all used vertices, and their places.
    void find_slopes() {
        const std::vector<BoneSlopes> bones = bone_slopes();
        std::fill(slopes_.begin(), slopes_.end(), std::array<Four, 3>{});
        for (std::size_t v = 0; v < problem_.used.size(); ++v) {
            std::array<Four, 3>& by_rotation = slopes_[numbers_[v][rotation]];
            for (const Influence& influence : problem_.model.vertices[problem_.used[v]]) {
                const std::size_t bone = influence.bone;
                for (std::size_t i = 0; i < 3; ++i)
                    by_rotation[i] = by_rotation[i] + influence.moved(bones[bone].by_rotation[i]);
                if (!bends(bone)) continue;
                std::array<Four, 3>& by_angles = slopes_[numbers_[v][joint_of(bone).finger]];
                for (std::size_t i = 0; i < 3; ++i) by_angles[i] = by_angles[i] + influence.moved(bones[bone].by_angles[i]);
            }
        }
    }

    const Hand& problem_;
    std::vector<double> rows_;
    std::vector<std::array<std::uint32_t, 6>>
        numbers_;                              ///< of each used vertex: of its slopes by each finger and by the rotation
    std::vector<std::array<Four, 3>> slopes_;  ///< in each coordinate; the fourth by the rotation is the place
    std::vector<Block> blocks_;
    std::vector<std::size_t> first_block_;  ///< of each point
};

}  // namespace

Run hand(const Hand& problem) {
    const auto jacobian = std::make_shared<HandJacobian>(problem);
    return Run{[jacobian] { jacobian->compute(); }, [jacobian] { return jacobian->rows(); }};
}

}  // namespace cotangent::gradbench
