#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>

#include "cotangent/grad/compile/elementwise_operation.hpp"
#include "cotangent/grad/compile/graph.hpp"

namespace cotangent::detail {
namespace {

using Kind = Operation::Kind;

struct Identity {
    template <class V>
    V operator()(V v) const {
        return v;
    }
};

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
        remove_dead(graph_, results);
        join_places(results);
    }

private:
    [[nodiscard]] const Value& value(int id) const { return graph_.value(id); }
    [[nodiscard]] bool is_float(const Operand& x) const { return x.dtype == Dtype::float32 || x.dtype == Dtype::float64; }

    [[nodiscard]] Operand replaced(const Operand& x) const {
        const auto found = replacements_.find(x.value);
        if (found == replacements_.end()) return x;
        return {found->second.value, found->second.offset + x.offset, x.shape, x.dtype};
    }
    void replace(int id, const Operand& by) { replacements_[id] = by; }

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

    /// What an elementwise op takes repeated, it takes from where it is repeated from.
    void narrow(Operand& x) {
        if (const auto number = graph_.number_in(x); number && x.shape.size() > 1) {
            x = graph_.scalar(*number, x.dtype);
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
        const auto number = [&](std::size_t i, double wanted) { return graph_.number_in(in[i]) == wanted; };
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
            if (is(before, Kind::elementwise, "negative") && graph_.is_whole(in[0])) return broadcast(before->inputs[0], output), true;
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
        const int number = graph_.new_value({}, result.dtype);
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
        emit({elementwise_operation<Product, 2>("multiply", x.dtype), {x, graph_.scalar(static_cast<double>(count), x.dtype)}, {output}});
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

    /// The sum of two values that are zero but for pieces in different places has both in their places: no additions.
    void join_places(const std::vector<Operand>& results) {
        Links links(graph_, results);
        for (Instruction& sum : graph_.instructions) {
            if (!is(&sum, Kind::elementwise, "add")) continue;
            const Shape& shape = value(sum.outputs[0]).shape;
            Instruction *const a = links.sole_maker(sum.inputs[0], shape), *const b = links.sole_maker(sum.inputs[1], shape);
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
        remove_done(graph_);
    }

    Graph& graph_;
    std::unordered_map<int, Operand> replacements_;
    std::unordered_map<int, std::size_t> makers_;
    std::unordered_map<std::string, std::size_t> seen_;
};

}  // namespace

void simplify(Graph& graph, std::vector<Operand>& results) { Simplifier(graph).run(results); }

}  // namespace cotangent::detail
