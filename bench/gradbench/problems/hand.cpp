#include "hand.hpp"

#include <algorithm>

#include "read.hpp"

namespace cotangent::gradbench {
namespace {

Affine<double> read_affine(NumberFile& file) {
    Affine<double> result;
    for (auto& row : result)
        for (double& x : row) file(x);
    for (int last_row = 0; last_row < 4; ++last_row) (void)file.next<double>();
    return result;
}

HandModel read_model(const std::filesystem::path& folder) {
    HandModel model;
    for (NumberFile file(folder / "bones.txt"); !file.at_end();) {
        (void)file.word();  // its name
        const int parent = file.next<int>();
        const Affine<double> relative = read_affine(file);
        model.bones.push_back({parent, relative, read_affine(file)});
    }
    for (NumberFile file(folder / "vertices.txt"); !file.at_end();) {
        std::array<double, 3> place;
        for (double& x : place) file(x);
        for (int k = 0; k < 5; ++k) (void)file.next<double>();  // normal and texture
        auto& influences = model.vertices.emplace_back(file.next<std::size_t>());
        for (auto& influence : influences) {
            influence.bone = file.next<std::size_t>();
            const auto weight = file.next<double>();
            influence.weighted = {weight * place[0], weight * place[1], weight * place[2], weight};
        }
    }
    for (NumberFile file(folder / "triangles.txt"); !file.at_end();)
        for (std::size_t& corner : model.triangles.emplace_back()) file(corner);
    return model;
}

}  // namespace

Hand read_hand(const std::filesystem::path& path, const std::filesystem::path& model) {
    Hand hand{};
    hand.model = read_model(model);
    NumberFile file(path);
    const auto count = file.next<std::size_t>(), angles = file.next<std::size_t>();
    if (angles != hand.pose.size())
        throw IoError("gradbench: " + path.string() + " has a pose of " + std::to_string(angles) + ", expected 26");
    for (std::size_t p = 0; p < count; ++p) {
        file(hand.triangle.emplace_back());
        for (double& x : hand.points.emplace_back()) file(x);
    }
    for (std::size_t p = 0; p < count; ++p)
        for (double& x : hand.places.emplace_back()) file(x);
    for (double& x : hand.pose) file(x);
    for (const std::size_t t : hand.triangle)
        for (const std::size_t v : hand.model.triangles.at(t)) hand.used.push_back(v);
    std::sort(hand.used.begin(), hand.used.end());
    hand.used.erase(std::unique(hand.used.begin(), hand.used.end()), hand.used.end());
    const auto place = [&](std::size_t v) {
        return static_cast<std::size_t>(std::lower_bound(hand.used.begin(), hand.used.end(), v) - hand.used.begin());
    };
    for (const std::size_t t : hand.triangle) {
        const auto& [a, b, c] = hand.model.triangles[t];
        hand.corners.push_back({place(a), place(b), place(c)});
    }
    return hand;
}

}  // namespace cotangent::gradbench
