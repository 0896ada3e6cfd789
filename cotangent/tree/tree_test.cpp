#include "cotangent/tree/tree.hpp"

#include <functional>

#include <doctest/doctest.h>

#include "cotangent/tensor/ops.hpp"

namespace {

using namespace cotangent;
using Strings = std::vector<std::string>;

struct Options {
    double rate = 0.5;
};
struct Dense {
    Tensor weight, bias;
};
struct Norm {
    Tensor gain;
    Frozen<Tensor> running_mean;
};
struct Model {
    Dense stem;
    std::vector<Dense> layers;
    std::optional<Dense> head;
    std::pair<Tensor, float> pair;
    std::tuple<double, Norm> tuple;
    std::array<Tensor, 2> array;
    int steps = 3;
    bool flag = true;
    std::string title = "untouched";
    std::function<double(double)> function = [](double x) { return x + 1; };
};
struct Node {
    Tensor value;
    std::vector<Node> children;
};
struct Loose {
    std::vector<Loose> children;
};

Dense dense(double x) { return {Tensor(x), Tensor(x + 0.5)}; }
Model model() {
    return {.stem = dense(1),
            .layers = {dense(2), dense(3)},
            .head = dense(4),
            .pair = {Tensor(5), 6.0f},
            .tuple = {7.0, {Tensor(8), {Tensor(100)}}},
            .array = {Tensor(9), Tensor(10)}};
}
const Strings trainable_names = {"stem.weight",   "stem.bias",    "layers.0.weight", "layers.0.bias", "layers.1.weight",
                                 "layers.1.bias", "head.weight",  "head.bias",       "pair.first",    "pair.second",
                                 "tuple.0",       "tuple.1.gain", "array.0",         "array.1"};

template <Leaves which = Leaves::trainable, class T>
Strings names_of(const T& tree) {
    Strings names;
    for_each_named_leaf<which>([&](const std::string& name, const auto&) { names.push_back(name); }, tree);
    return names;
}
template <class T>
std::vector<double> values_of(const T& tree) {
    std::vector<double> values;
    for (const Tensor& leaf : leaves(tree)) values.push_back(leaf.item());
    return values;
}

}  // namespace

template <>
inline constexpr bool cotangent::is_opaque_v<Options> = true;

namespace {

struct Dropout {
    Options options;
    Tensor scale;
};

static_assert(is_tree_v<Tensor> && is_tree_v<double> && is_tree_v<float> && is_tree_v<Model> && is_tree_v<const Model&>);
static_assert(is_tree_v<std::vector<Tensor>> && is_tree_v<std::optional<int>>);
static_assert(!is_tree_v<int> && !is_tree_v<bool> && !is_tree_v<std::string> && !is_tree_v<Shape> && !is_tree_v<Tensor*>);
static_assert(has_leaves<Model> && has_leaves<Node> && !has_leaves<Loose> && !has_leaves<std::vector<int>>);
static_assert(!has_leaves<std::vector<bool>> && !has_leaves<std::function<Tensor()>> && !has_leaves<Options>);
static_assert(!has_leaves<Frozen<Tensor>> && has_leaves<Frozen<Tensor>, Leaves::all>);

}  // namespace

TEST_CASE("leaves are met in the order of the fields, under their paths") {
    const Model tree = model();
    CHECK(names_of(tree) == trainable_names);
    CHECK(values_of(tree) == std::vector<double>{1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10});
    CHECK(names_of(Tensor(1)) == Strings{""});
    CHECK(names_of(std::vector<double>{1, 2}) == Strings{"0", "1"});
    CHECK(names_of(Node{1, {{2, {}}, {3, {{4, {}}}}}}) ==
          Strings{"value", "children.0.value", "children.1.value", "children.1.children.0.value"});
    CHECK(names_of(Dropout{{}, 2}) == Strings{"scale"});
}

TEST_CASE("an empty optional has no leaves") {
    Model tree = model();
    tree.head.reset();
    CHECK(leaves(tree).size() == trainable_names.size() - 2);
}

TEST_CASE("a Frozen is saved and not trained") {
    const Model tree = model();
    CHECK(leaves<Leaves::all>(tree).size() == trainable_names.size() + 1);
    CHECK(names_of<Leaves::all>(tree)[12] == "tuple.1.running_mean");
    const Model twice = map_tree([](const auto& x) { return x * 2; }, tree);
    CHECK(std::get<1>(twice.tuple).running_mean.value.item() == 100);
    const Model all = map_tree<Leaves::all>([](const auto& x) { return x * 2; }, tree);
    CHECK(std::get<1>(all.tuple).running_mean.value.item() == 200);
}

TEST_CASE("scalar leaves become tensors of their own dtype") {
    const auto named = named_leaves(std::tuple<float, double, Tensor>(0.1f, 0.1, Tensor::of<std::int32_t>({1, 2})));
    REQUIRE(named.size() == 3);
    CHECK(named[0].second.dtype() == Dtype::float32);
    CHECK(named[1].second.dtype() == Dtype::float64);
    CHECK(named[1].second.rank() == 0);
    CHECK(named[1].second.item() == 0.1);
    CHECK(named[2].second.dtype() == Dtype::int32);
    CHECK(named[2].first == "2");
}

TEST_CASE("map_tree changes the leaves of a copy and nothing else") {
    const Model before = model();
    const Model after = map_tree([](const auto& x, const auto& y) { return x * 2 + y; }, before, before);
    CHECK(values_of(after) == std::vector<double>{3, 4.5, 6, 7.5, 9, 10.5, 12, 13.5, 15, 18, 21, 24, 27, 30});
    CHECK(values_of(before) == values_of(model()));
    CHECK(after.steps == 3);
    CHECK(after.title == "untouched");
    CHECK(after.function(1) == 2);
}

TEST_CASE("map_tree hands scalars to a function of tensors as tensors of their dtype") {
    std::vector<Dtype> seen;
    const auto result = map_tree(
        [&](const Tensor& x) -> Tensor {
            seen.push_back(x.dtype());
            return x * x;
        },
        std::tuple<Tensor, float, double>(3, 4.0f, 0.1));
    CHECK(seen == std::vector<Dtype>{Dtype::float32, Dtype::float32, Dtype::float64});
    CHECK(std::get<0>(result).item() == 9);
    CHECK(std::get<1>(result) == 16.0f);
    CHECK(std::get<2>(result) == 0.1 * 0.1);
}

TEST_CASE("for_each_leaf writes the leaves of one tree from those of others") {
    Model tree = model();
    const Model other = model();
    for_each_leaf([](auto& x, const auto& y, const auto& z) { x += y + z; }, tree, other, model());
    CHECK(tree.stem.weight.item() == 3);
    CHECK(tree.pair.second == 18);
    CHECK(tree.layers[1].bias.item() == 10.5);
}

TEST_CASE("with_leaves puts leaves back in their places") {
    const Model tree = model();
    const Model shifted =
        with_leaves(tree, std::span<const Tensor>(leaves(map_tree([](const auto& x) { return x + 1; }, tree))));
    CHECK(values_of(shifted)[3] == 3.5);
    CHECK(shifted.pair.second == 7.0f);
    CHECK(std::get<0>(shifted.tuple) == 8.0);
    const std::vector<Tensor> reshaped = {zeros({2, 3}), ones({4}, Dtype::int64)};
    CHECK(with_leaves(dense(1), reshaped).weight.shape() == Shape{2, 3});
    CHECK_THROWS_WITH_AS((void)with_leaves(dense(1), std::span(reshaped).first(1)),
                         "with_leaves: values has 1 tensors, expected 2, one for each leaf", ValueError);
}

TEST_CASE("trees of different structure are refused by path, before anything is changed") {
    Model tree = model();
    Model longer = model();
    longer.layers.push_back(dense(1));
    const auto add = [](auto& x, const auto& y) { x += y; };
    CHECK_THROWS_WITH_AS(for_each_leaf(add, tree, longer), "tree: `layers` has 3 elements, expected 2 as in the first tree",
                         ValueError);
    Model headless = model();
    headless.head.reset();
    CHECK_THROWS_WITH_AS(for_each_leaf(add, tree, headless), "tree: `head` has no value, expected one as in the first tree",
                         ValueError);
    CHECK_THROWS_WITH_AS(for_each_leaf(add, headless, tree), "tree: `head` has a value, expected none as in the first tree",
                         ValueError);
    CHECK(values_of(tree) == values_of(model()));
    Node a{1, {{2, {}}, {3, {{4, {}}}}}};
    const Node b{1, {{2, {}}, {3, {}}}};
    CHECK_THROWS_WITH_AS(for_each_leaf(add, a, b),
                         "tree: `children.1.children` has 0 elements, expected 1 as in the first tree", ValueError);
    std::vector<double> x{1, 2};
    CHECK_THROWS_WITH_AS(for_each_leaf(add, x, std::vector<double>{1}),
                         "tree: the tree itself has 1 elements, expected 2 as in the first tree", ValueError);
}

TEST_CASE("a walk hands over the leaves themselves, so that they are written in place") {
    Dense tree = {zeros({4}), zeros({4})};
    int met = 0;
    for_each_leaf([&](Tensor& leaf) { met += leaf.is_sole_owner(); }, tree);
    CHECK(met == 2);
}
