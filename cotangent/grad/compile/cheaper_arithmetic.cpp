// Elementwise ops in the form that takes least time: many numbers over one, and products that go into sums.
#include <string_view>

#include "cotangent/grad/compile/divide_by_number.hpp"
#include "cotangent/grad/compile/elementwise_operation.hpp"
#include "cotangent/grad/compile/graph.hpp"

namespace cotangent::detail {
namespace {

using Kind = Operation::Kind;

struct Quotient {
    static constexpr Arithmetic arithmetic = Arithmetic::divide;
    template <class V>
    V operator()(V a, V b) const {
        return a / b;
    }
};
/// A product rounded on its own, as the op before the sum does it: not contracted into one rounding.
template <class V>
[[gnu::always_inline]] inline V rounded_product(V a, V b) {
    V product = a * b;
#if defined(__SSE2__)
    asm("" : "+x"(product.v));
#endif
    return product;
}
struct MultiplyAdd {
    static constexpr Arithmetic arithmetic = Arithmetic::multiply_add;
    template <class V>
    V operator()(V a, V b, V c) const {
        return rounded_product(a, b) + c;
    }
};
struct MultiplySubtract {
    static constexpr Arithmetic arithmetic = Arithmetic::multiply_subtract;
    template <class V>
    V operator()(V a, V b, V c) const {
        return rounded_product(a, b) - c;
    }
};
struct SubtractProduct {
    static constexpr Arithmetic arithmetic = Arithmetic::subtract_product;
    template <class V>
    V operator()(V a, V b, V c) const {
        return c - rounded_product(a, b);
    }
};

bool is_float(const Operand& x) { return x.dtype == Dtype::float32 || x.dtype == Dtype::float64; }

/// A division of many numbers by one becomes products, rounded alike.
void divide_by_numbers(Graph& graph) {
    constexpr std::int64_t many = 512;
    std::unordered_map<std::string, int> reciprocals;
    std::vector<Instruction> old = std::move(graph.instructions);
    graph.instructions.clear();
    for (Instruction& instruction : old) {
        if (is(&instruction, Kind::elementwise, "divide") && instruction.inputs.size() == 2 &&
            is_float(instruction.inputs[0])) {
            const Operand &x = instruction.inputs[0], &s = instruction.inputs[1];
            const std::int64_t count = graph.value(instruction.outputs[0]).shape.size();
            if (count >= many && x.shape.size() == count && s.shape.size() == 1) {
                const Dtype dtype = s.dtype;
                const auto [found, is_new] = reciprocals.try_emplace(key_of(s), 0);
                if (is_new) {
                    found->second = graph.new_value({}, dtype);
                    graph.instructions.push_back(
                        {elementwise_operation<Quotient, 2>("divide", dtype), {graph.scalar(1, dtype), s}, {found->second}});
                }
                instruction.inputs.push_back(graph.value(found->second).whole(found->second));
                instruction.operation.kernel = instruction.operation.padded =
                    dtype == Dtype::float32 ? divide_by_number<float> : divide_by_number<double>;
                instruction.operation.arithmetic = Arithmetic::divide_by_number;
            }
        }
        graph.instructions.push_back(std::move(instruction));
    }
}

/// A product that only a sum or a difference takes is made there: one pass less.
void join_products(Graph& graph, const std::vector<Operand>& results) {
    Links links(graph, results);
    for (Instruction& sum : graph.instructions) {
        const bool adds = is(&sum, Kind::elementwise, "add");
        if ((!adds && !is(&sum, Kind::elementwise, "subtract")) || !is_float(sum.inputs[0])) continue;
        const Shape& shape = graph.value(sum.outputs[0]).shape;
        for (std::size_t side = 0; side < 2; ++side) {
            Instruction* const product = links.sole_maker(sum.inputs[side], shape);
            if (!is(product, Kind::elementwise, "multiply")) continue;
            const Dtype dtype = sum.inputs[side].dtype;
            const double flops = 2.0 * static_cast<double>(shape.size());
            sum.operation = adds        ? elementwise_operation<MultiplyAdd, 3>("multiply_add", dtype)
                            : side == 0 ? elementwise_operation<MultiplySubtract, 3>("multiply_subtract", dtype)
                                        : elementwise_operation<SubtractProduct, 3>("subtract_product", dtype);
            sum.operation.flops = flops;
            sum.inputs = {product->inputs[0], product->inputs[1], sum.inputs[1 - side]};
            product->outputs.clear();  // done
            break;
        }
    }
    remove_done(graph);
}

}  // namespace

void cheapen_arithmetic(Graph& graph, const std::vector<Operand>& results) {
    if constexpr (has_exact_remainders) divide_by_numbers(graph);
    join_products(graph, results);
}

}  // namespace cotangent::detail
