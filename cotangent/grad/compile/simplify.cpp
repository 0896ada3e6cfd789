#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>

#include "cotangent/grad/compile/divide_by_number.hpp"
#include "cotangent/grad/compile/graph.hpp"
#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/ops/creation.hpp"

namespace cotangent::detail {
namespace {

using Kind = Operation::Kind;

struct Identity {
    template <class V>
    V operator()(V v) const {
        return v;
    }
};
struct Quotient {
    template <class V>
    V operator()(V a, V b) const {
        return a / b;
    }
};
struct Product {
    template <class V>
    V operator()(V a, V b) const {
        return a * b;
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
    template <class V>
    V operator()(V a, V b, V c) const {
        return rounded_product(a, b) + c;
    }
};
struct MultiplySubtract {
    template <class V>
    V operator()(V a, V b, V c) const {
        return rounded_product(a, b) - c;
    }
};
struct SubtractProduct {
    template <class V>
    V operator()(V a, V b, V c) const {
        return c - rounded_product(a, b);
    }
};

template <class F, std::size_t n>
Operation elementwise_operation(const char* name, Dtype dtype) {
    Operation operation;
    operation.kind = Kind::elementwise;
    operation.name = name;
    operation.kernel = dtype == Dtype::float32 ? lanes_kernel<float, n, F> : lanes_kernel<double, n, F>;
    operation.padded = dtype == Dtype::float32 ? padded_lanes_kernel<float, n, F> : padded_lanes_kernel<double, n, F>;
    operation.function = std::make_shared<F>();
    identify(operation, F{});
    return operation;
}

/// Builds the instructions anew, one at a time.
class Simplifier {
public:
    explicit Simplifier(Graph& graph) : graph_(graph) {}

    void run(std::vector<Operand>& results) {
        std::vector<Instruction> old = std::move(graph_.instructions);
        graph_.instructions.clear();
        for (Instruction& instruction : old) {
            for (Operand& input : instruction.inputs) input = replaced(input);
            emit(std::move(instruction));
        }
        for (Operand& result : results) result = replaced(result);
        remove_dead(results);
        if constexpr (has_exact_remainders) divide_by_numbers();
        find_uses(results);
        join_products();
        join_places();
        std::erase_if(graph_.instructions, [](const Instruction& instruction) { return instruction.outputs.empty(); });
    }

private:
    [[nodiscard]] const Value& value(int id) const { return graph_.values[static_cast<std::size_t>(id)]; }
    [[nodiscard]] bool is_whole(const Operand& x) const { return x.offset == 0 && x.shape.size() == value(x.value).shape.size(); }
    [[nodiscard]] bool is_float(const Operand& x) const { return x.dtype == Dtype::float32 || x.dtype == Dtype::float64; }

    [[nodiscard]] Operand replaced(const Operand& x) const {
        const auto found = replacements_.find(x.value);
        if (found == replacements_.end()) return x;
        return {found->second.value, found->second.offset + x.offset, x.shape, x.dtype};
    }
    void replace(int id, const Operand& by) { replacements_[id] = by; }

    /// The number that all elements of a constant are.
    [[nodiscard]] std::optional<double> uniform(const Operand& x) const {
        const Value& v = value(x.value);
        if (v.kind != Value::Kind::constant || !is_float(x) || !is_whole(x) || x.shape.size() == 0) return {};
        const std::byte* data = v.constant.raw();
        const std::size_t size = size_of(x.dtype);
        if (x.shape.size() > 1 && std::memcmp(data, data + size, v.constant.bytes() - size) != 0) return {};
        return x.dtype == Dtype::float32 ? static_cast<double>(*v.constant.data<float>()) : *v.constant.data<double>();
    }
    [[nodiscard]] Operand scalar(double number, Dtype dtype) {
        const int id = graph_.constant(full({}, number, dtype));
        return value(id).whole(id);
    }
    int new_value(const Shape& shape, Dtype dtype) {
        graph_.values.push_back({Value::Kind::result, shape, dtype, 0, {}});
        return static_cast<int>(graph_.values.size()) - 1;
    }
    void broadcast(const Operand& x, int output) {
        if (x.shape.size() == value(output).shape.size()) return replace(output, x);
        emit({elementwise_operation<Identity, 1>("broadcast_to", x.dtype), {x}, {output}});
    }

    void emit(Instruction&& instruction) {
        if (instruction.operation.kind == Kind::elementwise) {
            for (Operand& input : instruction.inputs) narrow(input);
            if (instruction.outputs.size() == 1 && (drop_identity(instruction) || narrow_result(instruction))) return;
        }
        if (instruction.operation.kind == Kind::total && sum_of_repeated(instruction)) return;
        if (merge(instruction)) return;
        for (const int output : instruction.outputs)
            if (output >= 0) makers_[output] = graph_.instructions.size();
        graph_.instructions.push_back(std::move(instruction));
    }

    [[nodiscard]] const Instruction* maker(const Operand& x) const {
        const auto found = makers_.find(x.value);
        return found == makers_.end() ? nullptr : &graph_.instructions[found->second];
    }
    [[nodiscard]] static bool is(const Instruction* instruction, Kind kind, std::string_view name) {
        return instruction && instruction->operation.kind == kind && instruction->operation.name == name;
    }

    /// What an elementwise op takes repeated, it takes from where it is repeated from.
    void narrow(Operand& x) {
        if (const auto number = uniform(x); number && x.shape.size() > 1) {
            x = scalar(*number, x.dtype);
            return;
        }
        while (true) {
            const Instruction* from = maker(x);
            if (!is(from, Kind::elementwise, "broadcast_to") || x.offset != 0 || !(x.shape == value(x.value).shape)) return;
            x = from->inputs[0];
        }
    }

    bool drop_identity(const Instruction& instruction) {
        const std::string_view name = instruction.operation.name;
        const auto& in = instruction.inputs;
        if (!is_float(in[0]) || value(instruction.outputs[0]).dtype != in[0].dtype) return false;
        const int output = instruction.outputs[0];
        const auto number = [&](std::size_t i, double wanted) { return uniform(in[i]) == wanted; };
        if (name == "multiply" && in.size() == 2) {
            if (number(1, 1)) return broadcast(in[0], output), true;
            if (number(0, 1)) return broadcast(in[1], output), true;
        }
        if (name == "add" && in.size() == 2) {
            if (number(1, 0)) return broadcast(in[0], output), true;
            if (number(0, 0)) return broadcast(in[1], output), true;
        }
        if ((name == "divide" && in.size() == 2 && number(1, 1)) || (name == "subtract" && in.size() == 2 && number(1, 0)))
            return broadcast(in[0], output), true;
        if (name == "negative") {
            const Instruction* before = maker(in[0]);
            if (is(before, Kind::elementwise, "negative") && is_whole(in[0])) return broadcast(before->inputs[0], output), true;
        }
        return false;
    }

    /// An elementwise op of numbers alone is done once, and its result repeated.
    bool narrow_result(const Instruction& instruction) {
        const int output = instruction.outputs[0];
        const Value result = value(output);
        if (result.shape.size() <= 1 || instruction.operation.name == std::string_view("broadcast_to")) return false;
        if (result.dtype != Dtype::float32 && result.dtype != Dtype::float64) return false;
        for (const Operand& x : instruction.inputs)
            if (x.shape.size() != 1) return false;
        Instruction once = instruction;
        for (Operand& x : once.inputs) x.shape = Shape{};
        const int number = new_value({}, result.dtype);
        once.outputs = {number};
        emit(std::move(once));
        broadcast(replaced(value(number).whole(number)), output);
        return true;
    }

    bool sum_of_repeated(const Instruction& instruction) {
        Operand x = instruction.inputs[0];
        const std::int64_t count = x.shape.size();
        narrow(x);
        if (count <= 1 || x.shape.size() != 1) return false;
        x.shape = Shape{};
        const int output = instruction.outputs[0];
        if (instruction.operation.mean) return broadcast(x, output), true;
        emit({elementwise_operation<Product, 2>("multiply", x.dtype), {x, scalar(static_cast<double>(count), x.dtype)}, {output}});
        return true;
    }

    /// The same op of the same inputs has been there before.
    bool merge(const Instruction& instruction) {
        const Operation& operation = instruction.operation;
        if (!operation.tag) return false;
        std::string key(reinterpret_cast<const char*>(&operation.tag), sizeof operation.tag);
        key.append(reinterpret_cast<const char*>(&operation.kernel), sizeof operation.kernel);
        key.append(reinterpret_cast<const char*>(operation.attributes.data()), operation.attributes.size());
        for (const Operand& input : instruction.inputs) key += key_of(input);
        for (const int output : instruction.outputs)
            if (output >= 0) key += key_of(Operand{0, 0, value(output).shape, value(output).dtype});
        const auto [found, is_new] = seen_.try_emplace(key, graph_.instructions.size());
        if (is_new) return false;
        const Instruction& first = graph_.instructions[found->second];
        for (std::size_t k = 0; k < first.outputs.size(); ++k)
            if (instruction.outputs[k] >= 0) replace(instruction.outputs[k], value(first.outputs[k]).whole(first.outputs[k]));
        return true;
    }

    void remove_dead(const std::vector<Operand>& results) {
        std::vector<bool> needed(graph_.values.size());
        for (const Operand& result : results) needed[static_cast<std::size_t>(result.value)] = true;
        std::vector<Instruction> kept;
        for (std::size_t k = graph_.instructions.size(); k-- > 0;) {
            Instruction& instruction = graph_.instructions[k];
            const bool alive = std::any_of(instruction.outputs.begin(), instruction.outputs.end(),
                                           [&](int output) { return output >= 0 && needed[static_cast<std::size_t>(output)]; });
            if (!alive) continue;
            for (const Operand& input : instruction.inputs) needed[static_cast<std::size_t>(input.value)] = true;
            kept.push_back(std::move(instruction));
        }
        std::reverse(kept.begin(), kept.end());
        graph_.instructions = std::move(kept);
    }

    /// A division of many numbers by one becomes products, rounded alike.
    void divide_by_numbers() {
        constexpr std::int64_t many = 512;
        std::unordered_map<std::string, int> reciprocals;
        std::vector<Instruction> old = std::move(graph_.instructions);
        graph_.instructions.clear();
        for (Instruction& instruction : old) {
            if (is(&instruction, Kind::elementwise, "divide") && instruction.inputs.size() == 2 && is_float(instruction.inputs[0])) {
                const Operand &x = instruction.inputs[0], &s = instruction.inputs[1];
                const std::int64_t count = value(instruction.outputs[0]).shape.size();
                if (count >= many && x.shape.size() == count && s.shape.size() == 1) {
                    const Dtype dtype = s.dtype;
                    const auto [found, is_new] = reciprocals.try_emplace(key_of(s), 0);
                    if (is_new) {
                        found->second = new_value({}, dtype);
                        graph_.instructions.push_back(
                            {elementwise_operation<Quotient, 2>("divide", dtype), {scalar(1, dtype), s}, {found->second}});
                    }
                    instruction.inputs.push_back(value(found->second).whole(found->second));
                    instruction.operation.kernel = instruction.operation.padded =
                        dtype == Dtype::float32 ? divide_by_number<float> : divide_by_number<double>;
                }
            }
            graph_.instructions.push_back(std::move(instruction));
        }
    }

    void find_uses(const std::vector<Operand>& results) {
        uses_.assign(graph_.values.size(), 0);
        sole_makers_.assign(graph_.values.size(), nullptr);
        for (const Operand& result : results) uses_[static_cast<std::size_t>(result.value)] += 2;
        for (Instruction& instruction : graph_.instructions) {
            for (const Operand& x : instruction.inputs) ++uses_[static_cast<std::size_t>(x.value)];
            for (const int output : instruction.outputs)
                if (output >= 0) sole_makers_[static_cast<std::size_t>(output)] = &instruction;
        }
    }
    /// What made a whole value that is used here only; null if it is not so.
    [[nodiscard]] Instruction* sole_maker(const Operand& x, const Shape& shape) const {
        const auto id = static_cast<std::size_t>(x.value);
        const bool fits = uses_[id] == 1 && is_whole(x) && x.shape == shape && value(x.value).shape == shape;
        return fits ? sole_makers_[id] : nullptr;
    }

    /// A product that only a sum or a difference takes is made there: one pass less.
    void join_products() {
        for (Instruction& sum : graph_.instructions) {
            const bool adds = is(&sum, Kind::elementwise, "add");
            if ((!adds && !is(&sum, Kind::elementwise, "subtract")) || !is_float(sum.inputs[0])) continue;
            const Shape& shape = value(sum.outputs[0]).shape;
            for (std::size_t side = 0; side < 2; ++side) {
                Instruction* const product = sole_maker(sum.inputs[side], shape);
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
    }

    /// The sum of two values that are zero but for pieces in different places has both in their places: no additions.
    void join_places() {
        for (Instruction& sum : graph_.instructions) {
            if (!is(&sum, Kind::elementwise, "add")) continue;
            const Shape& shape = value(sum.outputs[0]).shape;
            Instruction *const a = sole_maker(sum.inputs[0], shape), *const b = sole_maker(sum.inputs[1], shape);
            const bool are_places = a && b && a->operation.kind == Kind::place && b->operation.kind == Kind::place;
            if (!are_places) continue;
            std::map<std::int64_t, Operand> pieces;
            for (const Instruction* from : {a, b})
                for (std::size_t i = 0; i < from->inputs.size(); ++i) pieces.emplace(from->operation.first[i], from->inputs[i]);
            std::int64_t end = 0;
            bool overlap = pieces.size() != a->inputs.size() + b->inputs.size();
            for (const auto& [first, x] : pieces) {
                overlap = overlap || first < end;
                end = first + x.shape.size();
            }
            if (overlap) continue;
            sum.operation = a->operation;
            sum.operation.first.clear();
            sum.inputs.clear();
            for (const auto& [first, x] : pieces) {
                sum.operation.first.push_back(first);
                sum.inputs.push_back(x);
            }
            a->outputs.clear();  // done
            b->outputs.clear();
        }
    }

    Graph& graph_;
    std::unordered_map<int, Operand> replacements_;
    std::unordered_map<int, std::size_t> makers_;
    std::unordered_map<std::string, std::size_t> seen_;
    std::vector<int> uses_;                   ///< of each value; a result has two more
    std::vector<Instruction*> sole_makers_;   ///< of each value
};

}  // namespace

void simplify(Graph& graph, std::vector<Operand>& results) { Simplifier(graph).run(results); }

}  // namespace cotangent::detail
