#include "cotangent/grad/compile/graph.hpp"

#include <algorithm>
#include <cstring>

#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/record.hpp"

#include <fmt/format.h>

namespace cotangent::detail {
namespace {

template <class T>
void append(std::string& key, const T& value) {
    key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// With its rank, so that what follows cannot be taken for another length: [0] and nothing, or [] and a zero.
void append(std::string& key, const Shape& shape) {
    append(key, shape.rank());
    for (const std::int64_t length : shape) append(key, length);
}

constexpr std::int64_t compared_bytes = 512;  // constants up to this size are the same when their bytes are

}  // namespace

void throw_structure_changed(const char* how) {
    throw ValueError(fmt::format(
        "compile: f changes the structure of an argument, expected the same vectors and optionals before and after, as a recording "
        "keeps them; return the longer one instead, or do not compile this part; {}", how));
}

void throw_caught_error() {
    throw ValueError(
        "compile: f caught an error while it was recorded, and went on; which way it takes may depend on numbers, and the "
        "recording would take this one for ever; let the error out of f, or do not compile this part");
}

std::string key_of(const Operand& operand) {
    std::string key;
    append(key, operand.value);
    append(key, operand.offset);
    append(key, operand.dtype);
    append(key, operand.shape);
    append(key, operand.run);
    return key;
}

Graph::Graph() : before_(trace_state) {
    trace_state.guarded = serial();
    trace_state.fresh = 0;
    trace_state.trace = this;
}

Graph::~Graph() { stop(); }

void Graph::stop() {
    if (trace_state.trace != this) return;
    trace_state = before_;
    end();
}

bool Graph::is_traced(const Tensor& x) const { return x.has_storage() && x.storage().trace() == serial(); }

Tensor Graph::input(const Tensor& x) {
    Tensor copy = Tensor::uninitialized(x.shape(), x.dtype());
    if (x.bytes() > 0) std::memcpy(copy.fresh_data<std::byte>(), x.raw(), x.bytes());
    const auto id = static_cast<int>(values.size());
    values.push_back({Value::Kind::input, x.shape(), x.dtype(), 0, {}});
    inputs.push_back(id);
    if (!x.is_empty()) copy.storage().mark(serial(), id);
    return copy;
}

int Graph::constant(const Tensor& x) {
    std::string key;
    append(key, x.dtype());
    append(key, x.shape());
    const std::byte* data = x.raw();
    if (static_cast<std::int64_t>(x.bytes()) > compared_bytes) append(key, data);
    else if (data) key.append(reinterpret_cast<const char*>(data), x.bytes());
    const auto [found, is_new] = constants_.try_emplace(key, static_cast<int>(values.size()));
    if (is_new) values.push_back({Value::Kind::constant, x.shape(), x.dtype(), 0, x.detached()});
    return found->second;
}

Operand Graph::operand(const char* op, const Tensor& x) {
    if (!is_traced(x)) {
        if (is_of_another_thread(x) || (x.node() && x.node()->id < first_node_))
            throw ValueError(fmt::format("compile: {} takes a tensor that f captures and that is being differentiated outside, so that "
                                         "its derivative would be lost; pass it as an argument", op));
        return {constant(x), 0, x.shape(), x.dtype()};
    }
    const int id = x.storage().value();
    if (id < 0)
        throw ValueError(fmt::format("compile: {} takes a tensor that an op made beside its result, so that the recording does not "
                                     "know where it comes from; the op has to return it from traced_outputs()", op));
    const auto offset = static_cast<std::int64_t>(x.offset()) - static_cast<std::int64_t>(values[static_cast<std::size_t>(id)].base);
    return {id, offset, x.shape(), x.dtype()};
}

std::string Graph::describe(std::int32_t value) const {
    if (value < 0) return "a tensor that an op made beside its result";
    const std::string shape = to_string(values[static_cast<std::size_t>(value)].shape);
    for (const Instruction& instruction : instructions)
        if (std::find(instruction.outputs.begin(), instruction.outputs.end(), value) != instruction.outputs.end())
            return fmt::format("the result of {}, shape {}", instruction.operation.name, shape);
    return fmt::format("an argument of f, shape {}", shape);
}

void Graph::add(Operation&& operation, std::span<const Tensor* const> given, std::span<Tensor> outputs) {
    if (std::any_of(given.begin(), given.end(), [&](const Tensor* x) { return is_traced(*x); }))
        return add_live(std::move(operation), given, outputs);
    forget(outputs);
}

/// Without elements, or without a traced input, a result is a constant.
void Graph::forget(std::span<Tensor> outputs) {
    for (const Tensor& output : outputs)
        if (is_traced(output) && output.storage().value() < 0) output.storage().mark(0, -1);
}

void Graph::add_live(Operation&& operation, std::span<const Tensor* const> given, std::span<Tensor> outputs) {
    if (std::all_of(outputs.begin(), outputs.end(), [](const Tensor& output) { return output.is_empty(); })) return forget(outputs);
    Instruction instruction{std::move(operation), {}, {}};
    for (const Tensor* x : given) instruction.inputs.push_back(operand(instruction.operation.name, *x));
    bool is_new = false;
    for (const Tensor& output : outputs) {
        // Elementwise results were made outside of the op, so they carry no mark yet.
        const bool fresh = output.has_storage() && (is_traced(output) ? output.storage().value() < 0
                                                                      : instruction.operation.kind == Operation::Kind::elementwise);
        if (!fresh) {  // a view of an argument, or nothing
            instruction.outputs.push_back(-1);
            continue;
        }
        const auto id = static_cast<int>(values.size());
        values.push_back({Value::Kind::result, output.shape(), output.dtype(), output.offset(), {}});
        output.storage().mark(serial(), id);
        instruction.outputs.push_back(id);
        is_new = true;
    }
    if (is_new) instructions.push_back(std::move(instruction));
}

void remove_dead(Graph& graph, const std::vector<Operand>& results) {
    std::vector<bool> needed(graph.values.size());
    for (const Operand& result : results) needed[static_cast<std::size_t>(result.value)] = true;
    std::vector<Instruction> kept;
    for (std::size_t k = graph.instructions.size(); k-- > 0;) {
        Instruction& instruction = graph.instructions[k];
        const bool alive = std::any_of(instruction.outputs.begin(), instruction.outputs.end(),
                                       [&](int output) { return output >= 0 && needed[static_cast<std::size_t>(output)]; });
        if (!alive) continue;
        for (const Operand& input : instruction.inputs) needed[static_cast<std::size_t>(input.value)] = true;
        kept.push_back(std::move(instruction));
    }
    std::reverse(kept.begin(), kept.end());
    graph.instructions = std::move(kept);
}

void remove_done(Graph& graph) {
    std::erase_if(graph.instructions, [](const Instruction& instruction) { return instruction.outputs.empty(); });
}

std::optional<double> Graph::number_in(const Operand& x) const {
    const Value& v = value(x.value);
    const bool is_float = x.dtype == Dtype::float32 || x.dtype == Dtype::float64;
    if (v.kind != Value::Kind::constant || !is_float || !is_whole(x) || x.shape.size() == 0) return {};
    const std::byte* data = v.constant.raw();
    const std::size_t size = size_of(x.dtype);
    if (x.shape.size() > 1 && std::memcmp(data, data + size, v.constant.bytes() - size) != 0) return {};
    return x.dtype == Dtype::float32 ? static_cast<double>(*v.constant.data<float>()) : *v.constant.data<double>();
}

Operand Graph::scalar(double number, Dtype dtype) {
    const int id = constant(full({}, number, dtype));
    return value(id).whole(id);
}

int Graph::new_value(const Shape& shape, Dtype dtype) {
    values.push_back({Value::Kind::result, shape, dtype, 0, {}});
    return static_cast<int>(values.size()) - 1;
}

bool is(const Instruction* instruction, Operation::Kind kind, std::string_view name) {
    return instruction && !instruction->outputs.empty() && instruction->operation.kind == kind && instruction->operation.name == name;
}

Links::Links(Graph& graph, const std::vector<Operand>& results) : graph_(graph) {
    makers_.assign(graph.values.size(), nullptr);
    users_.resize(graph.values.size());
    is_result_.resize(graph.values.size());
    for (const Operand& result : results) is_result_[static_cast<std::size_t>(result.value)] = true;
    for (Instruction& instruction : graph.instructions) {
        for (const Operand& x : instruction.inputs) users_[static_cast<std::size_t>(x.value)].push_back(&instruction);
        for (const int output : instruction.outputs)
            if (output >= 0) makers_[static_cast<std::size_t>(output)] = &instruction;
    }
}

Instruction* Links::sole_user(int id) const {
    const auto& all = users(id);
    return all.size() == 1 && !is_result(id) ? all[0] : nullptr;
}

Instruction* Links::sole_maker(const Operand& x, const Shape& shape) const {
    const bool fits = sole_user(x.value) && graph_.is_whole(x) && x.shape == shape && graph_.value(x.value).shape == shape;
    return fits ? maker(x.value) : nullptr;
}

}  // namespace cotangent::detail
