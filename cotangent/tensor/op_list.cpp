#include "cotangent/tensor/op_list.hpp"

#include "cotangent/tensor/ops.hpp"

namespace cotangent {
namespace {

using Arguments = std::vector<Tensor>;

/// Full, scalar, size-1, zero-size shapes of an elementwise op of one argument.
void unary(std::vector<OpCase>& list, const std::string& name, Tensor (*op)(const Tensor&), double low = -2, double high = 2) {
    for (const Shape& shape : {Shape{2, 3}, Shape{}, Shape{1}, Shape{0, 3}, Shape{37}})
        list.push_back({name + " on " + to_string(shape), [op](const Arguments& x) { return op(x[0]); }, {{shape, low, high}}});
}

/// Equal, broadcast both ways, scalar and zero-size shapes of an elementwise op of two arguments.
void binary(std::vector<OpCase>& list, const std::string& name, Tensor (*op)(const Tensor&, const Tensor&), double low = -2,
            double high = 2) {
    const std::pair<Shape, Shape> shapes[] = {{{2, 3}, {2, 3}}, {{2, 3}, {3}},    {{2, 1}, {1, 3}}, {{}, {2, 3}},
                                              {{4}, {1}},       {{0, 3}, {1, 3}}, {{}, {}},         {{2, 3, 4}, {3, 1}}};
    for (const auto& [a, b] : shapes)
        list.push_back({name + " on " + to_string(a) + " and " + to_string(b),
                        [op](const Arguments& x) { return op(x[0], x[1]); },
                        {{a, low, high}, {b, low, high}}});
}

}  // namespace

std::vector<OpCase> op_list() {
    std::vector<OpCase> list;
    // Elementwise.
    binary(list, "add", add);
    binary(list, "subtract", subtract);
    binary(list, "multiply", multiply);
    binary(list, "divide", divide, 0.5, 2);
    unary(list, "negative", negative);
    // Reductions.
    list.push_back({"sum over axis 1", [](const Arguments& x) { return sum(x[0], {.axes = {1}}); }, {{{2, 3, 4}}}});
    // Shape.
    list.push_back({"reshape", [](const Arguments& x) { return reshape(x[0], {3, 2}); }, {{{2, 3}}}});
    list.push_back({"broadcast_to", [](const Arguments& x) { return broadcast_to(x[0], {4, 2, 3}); }, {{{2, 1}}}});
    list.push_back({"sum_to", [](const Arguments& x) { return sum_to(x[0], {2, 1}); }, {{{4, 2, 3}}}});
    // Products.
    // Neural.
    return list;
}

}  // namespace cotangent
