#include "cotangent/grad/compile/program.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

#include "cotangent/grad/compile/planner.hpp"
#include "cotangent/tensor/kernels/reduce.hpp"

namespace cotangent::detail {
namespace {

/// A scalar in every place that a kernel may read.
void fill_scalar(std::byte* to, const std::byte* from, std::size_t size) {
    if (size == 4) {
        float number;
        std::memcpy(&number, from, 4);
        Lanes<float>(number).store(reinterpret_cast<float*>(to));
    } else if (size == 8) {
        double number;
        std::memcpy(&number, from, 8);
        Lanes<double>(number).store(reinterpret_cast<double*>(to));
    } else {
        std::memcpy(to, from, size);
    }
}

/// memcpy, without a call for the sizes that small values often have.
void copy_small(std::byte* to, const std::byte* from, std::size_t bytes) {
    if (bytes == 8) std::memcpy(to, from, 8);
    else if (bytes == lane_bytes) std::memcpy(to, from, lane_bytes);
    else std::memcpy(to, from, bytes);
}

template <class T>
double partial_sum(const std::byte* data, std::int64_t count) {
    return Folder<T, double, FoldSum<double>>::row(reinterpret_cast<const T*>(data), count);
}

/// Memory that this thread's loops share, one after the other.
std::byte* scratch_of_this_thread(std::size_t bytes) {
    thread_local std::vector<Loop::Register> room;
    if (room.size() * sizeof(Loop::Register) < bytes) room.resize(bytes / sizeof(Loop::Register) + 1);
    return reinterpret_cast<std::byte*>(room.data());
}

template <int first, int count>
double sum_of_lanes(Lanes<double> x) {
    if constexpr (count == 1) return x.v[first];
    else return sum_of_lanes<first, count / 2>(x) + sum_of_lanes<first + count / 2, count / 2>(x);
}

/// Of at most a few hundred numbers: four running vectors, so that no sum has more than some thirty terms.
template <class T>
double small_sum(const std::byte* bytes, std::int64_t count) {
    using L = Lanes<double>;
    const T* x = reinterpret_cast<const T*>(bytes);
    std::array<L, 4> sums{L(0), L(0), L(0), L(0)};
    std::int64_t k = 0;
    for (; k + 4 * L::count <= count; k += 4 * L::count)
        for (int i = 0; i < 4; ++i) sums[i] += fold_load<double>(x + k + i * L::count);
    for (int i = 0; k + L::count <= count; k += L::count, ++i) sums[i] += fold_load<double>(x + k);
    const L all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    double total = sum_of_lanes<0, L::count>(all);
    for (; k < count; ++k) total += static_cast<double>(x[k]);
    return total;
}

void write_total(double sum, Dtype dtype, std::byte* to) {
    if (dtype == Dtype::float32) Lanes<float>(static_cast<float>(sum)).store(reinterpret_cast<float*>(to));
    else Lanes<double>(sum).store(reinterpret_cast<double*>(to));
}

}  // namespace

/// The running sums of the totals of a piece.
template <class T>
using RunningSum = typename Folder<T, double, FoldSum<double>>::Running;

Program::Program(std::unique_ptr<Graph> graph, std::vector<Operand> results, std::vector<std::pair<int, int>> taken)
    : graph_(std::move(graph)), results_(std::move(results)), taken_(std::move(taken)) {
    recorded_ops_ = graph_->instructions.size();
    simplify(*graph_, results_);
    share_slopes(*graph_, results_);
    fuse_attention(*graph_, results_);
    cheapen_arithmetic(*graph_, results_);
    keep_blocks(*graph_, results_);
    Planner(*this).run();
    find_fixed();
}

Program::~Program() = default;

Tensor Program::seen_as(const Operand& operand) const {
    const Tensor& whole = slots_[static_cast<std::size_t>(operand.value)];
    if (!whole.has_storage()) return operand.shape.size() == 0 ? Tensor::uninitialized(operand.shape, operand.dtype) : whole;
    return whole.view(operand.shape, operand.offset / static_cast<std::int64_t>(size_of(operand.dtype)));
}

void Program::find_fixed() {
    for (const int input : graph_->inputs) {
        const auto id = static_cast<std::size_t>(input);
        const Value& value = graph_->values[id];
        if (is_fixed_[id] && slots_[id].has_storage())
            fixed_inputs_.push_back({slots_[id].fresh_data<std::byte>(), static_cast<std::size_t>(value.bytes()), value.shape.size() == 1});
        else fixed_inputs_.push_back({});
    }
    for (const Operand& operand : results_) {
        const auto id = static_cast<std::size_t>(operand.value);
        if (is_fixed_[id] && slots_[id].has_storage() && graph_->values[id].kind != Value::Kind::constant)
            fixed_results_.push_back({slots_[id].fresh_data<std::byte>() + operand.offset,
                                      static_cast<std::size_t>(operand.shape.size()) * size_of(operand.dtype)});
        else fixed_results_.push_back({});
    }
}

void Program::run(std::span<Tensor* const> inputs, std::span<Tensor* const> results) {
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        const Fixed& fixed = fixed_inputs_[k];
        if (fixed.memory) {
            if (fixed.is_number) fill_scalar(fixed.memory, inputs[k]->raw(), fixed.bytes);
            else copy_small(fixed.memory, inputs[k]->raw(), fixed.bytes);
            continue;
        }
        const auto id = static_cast<std::size_t>(graph_->inputs[k]);
        if (is_fixed_[id]) continue;  // without elements
        if (is_taken_[k]) slots_[id] = std::move(*inputs[k]);
        else slots_[id] = *inputs[k];
    }
    const auto run_step = [this](const Command& step) {
        if (step.kernel) step.kernel(step.function, step.inputs, step.steps, step.outputs, step.count);
        else step.run(*this, step);
    };
    try {
        if (releases_any_) {
            for (std::size_t k = 0; k < steps_.size(); ++k) {
                run_step(steps_[k]);
                if (!releases_[k].empty()) release(k);
            }
        } else {
            for (const Command& step : steps_) run_step(step);
        }
    } catch (...) {
        // What was given away goes back: nothing has written to it, see plan_releases(). Only memory can be short after that.
        for (const auto& [input, result] : taken_) {
            const auto id = static_cast<std::size_t>(graph_->inputs[static_cast<std::size_t>(input)]);
            if (is_fixed_[id] || !is_taken_[static_cast<std::size_t>(input)]) continue;
            *inputs[static_cast<std::size_t>(input)] =
                slots_[id].has_storage() ? slots_[id] : seen_as(results_[static_cast<std::size_t>(result)]);
        }
        for (std::size_t id = 0; id < slots_.size(); ++id)
            if (!is_fixed_[id] && graph_->values[id].kind != Value::Kind::constant) slots_[id] = Tensor();
        for (const auto& op : generals_) {
            std::fill(op->inputs.begin(), op->inputs.end(), Tensor());
            std::fill(op->outputs.begin(), op->outputs.end(), Tensor());
        }
        throw;
    }
    for (std::size_t k = 0; k < results.size(); ++k) {
        const Operand& operand = results_[k];
        const Fixed& fixed = fixed_results_[k];
        Tensor& result = *results[k];
        if (!fixed.memory) {
            result = seen_as(operand);
            continue;
        }
        // New memory of this thread's list: to share some that is kept would cost two locked counts.
        if (!result.node() && result.shape() == operand.shape && result.dtype() == operand.dtype) result.renew();
        else result = Tensor::uninitialized(operand.shape, operand.dtype);
        copy_small(result.fresh_data<std::byte>(), fixed.memory, fixed.bytes);
    }
    if (!releases_any_) return;
    for (std::size_t id = 0; id < slots_.size(); ++id)
        if (!is_fixed_[id] && slots_[id].has_storage()) slots_[id] = Tensor();
}

void Program::release(std::size_t step) {
    for (const int id : releases_[step]) slots_[static_cast<std::size_t>(id)] = Tensor();
}

void Program::run_general(GeneralOp& op) {
    const Instruction& instruction = graph_->instructions[op.instruction];
    for (std::size_t i = 0; i < op.inputs.size(); ++i) op.inputs[i] = seen_as(instruction.inputs[i]);
    instruction.operation.run(op.inputs, op.outputs);
    for (Tensor& input : op.inputs) input = Tensor();
    for (std::size_t k = 0; k < op.outputs.size(); ++k) {
        const int id = instruction.outputs[k];
        if (id < 0) {
            op.outputs[k] = Tensor();
            continue;
        }
        Tensor& slot = slots_[static_cast<std::size_t>(id)];
        if (!is_fixed_[static_cast<std::size_t>(id)]) {
            slot = std::move(op.outputs[k]);
            continue;
        }
        const Tensor& made = op.outputs[k];
        if (made.size() == 1) fill_scalar(slot.fresh_data<std::byte>(), made.raw(), made.bytes());
        else std::memcpy(slot.fresh_data<std::byte>(), made.raw(), made.bytes());
        op.outputs[k] = Tensor();
    }
}

void Program::run_rows(RowsOp& op) {
    std::array<const std::byte*, 8> from{};
    std::array<std::int64_t, 8> size{};
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
        from[i] = slots_[static_cast<std::size_t>(op.inputs[i].value)].raw() + op.inputs[i].offset;
        size[i] = static_cast<std::int64_t>(size_of(op.inputs[i].dtype));
    }
    const Value& value = graph_->values[static_cast<std::size_t>(op.output)];
    Tensor& out = slots_[static_cast<std::size_t>(op.output)];
    if (!is_fixed_[static_cast<std::size_t>(op.output)]) out = Tensor::uninitialized(value.shape, value.dtype);
    std::byte* to = const_cast<std::byte*>(out.raw());
    const auto out_size = static_cast<std::int64_t>(size_of(value.dtype));
    for_rows(op.rows, [&](std::int64_t first, std::int64_t count, const std::array<std::int64_t, 8>& offsets) {
        std::array<const std::byte*, 8> in = from;
        for (std::size_t i = 0; i < op.inputs.size(); ++i) in[i] += offsets[i] * size[i];
        std::byte* row = to + first * out_size;
        op.kernel(op.function, in.data(), op.rows.step.data(), &row, count);
    });
}

void Program::run_copies(const CopyOp& op) {
    const auto id = static_cast<std::size_t>(op.output);
    if (!is_fixed_[id]) slots_[id] = Tensor::uninitialized(graph_->values[id].shape, graph_->values[id].dtype);
    std::byte* to = const_cast<std::byte*>(slots_[id].raw());
    for (const CopyOp::Piece& piece : op.pieces) {
        const auto bytes = static_cast<std::size_t>(piece.bytes);
        if (piece.value < 0) std::memset(to + piece.to, 0, bytes);
        else std::memcpy(to + piece.to, slots_[static_cast<std::size_t>(piece.value)].raw() + piece.offset, bytes);
    }
}

/// Elements [at, at + count) of a loop; those of its product lie at `product`. total(op, elements) is called for each of
/// its totals.
template <class Total>
void run_block(const Loop& loop, std::byte* scratch, const std::byte* product, std::int64_t at, std::int64_t count,
               Total&& total) {
    using Place = LoopOperand::Place;
    const auto place = [&](const LoopOperand& x) -> std::byte* {
        if (x.place == Place::scratch) return scratch + x.index * loop.scratch_bytes;
        if (x.place == Place::product) return const_cast<std::byte*>(product);
        const LoopArray& array = loop.arrays[x.index];
        if (array.row > 0) return loop.pointers[x.index] + at % array.row * x.size;
        if (array.run > 0) return loop.pointers[x.index] + at / array.run % array.registers * lane_bytes;
        return loop.pointers[x.index] + at * x.step * x.size;
    };
    for (const LoopOp& op : loop.ops) {
        if (!op.kernel) {
            total(op, place(op.inputs[0]));
            continue;
        }
        const std::byte* in[LoopOp::most_inputs];
        std::int64_t steps[LoopOp::most_inputs];
        std::byte* out[LoopOp::most_outputs];
        for (std::size_t i = 0; i < op.inputs.size(); ++i) {
            in[i] = place(op.inputs[i]);
            steps[i] = op.inputs[i].step;
        }
        for (std::size_t i = 0; i < op.outputs.size(); ++i) out[i] = place(op.outputs[i]);
        const ElementKernel kernel = op.padded && count % op.lanes == 0 ? op.padded : op.kernel;
        kernel(op.function, in, steps, out, count);
    }
}

void Program::point(Loop& loop) {
    for (std::size_t k = 0; k < loop.arrays.size(); ++k) {
        LoopArray& array = loop.arrays[k];
        const auto id = static_cast<std::size_t>(array.value);
        Tensor& slot = slots_[id];
        if (array.written && !is_fixed_[id]) {
            const Value& value = graph_->values[id];
            Tensor* before = array.takes_over < 0 ? nullptr : &slots_[static_cast<std::size_t>(array.takes_over)];
            if (before && before->is_sole_owner()) slot = before->view(value.shape);
            else slot = Tensor::uninitialized(value.shape, value.dtype);
        }
        loop.pointers[k] = const_cast<std::byte*>(slot.raw()) + array.offset;
        if (array.repeats > 0) {
            fill_scalar(loop.repeated[k].bytes, loop.pointers[k], array.repeats);
            loop.pointers[k] = loop.repeated[k].bytes;
        } else if (array.row > 0) {
            const std::size_t bytes = static_cast<std::size_t>(array.row) * size_of(graph_->values[id].dtype);
            for (std::size_t at = 0; at < array.rows.size(); at += bytes) std::memcpy(array.rows.data() + at, loop.pointers[k], bytes);
            loop.pointers[k] = array.rows.data();
        }
    }
}

/// A loop with totals of T, cut as a reduction of the whole would be.
template <class T>
void Program::run_totals(Loop& loop) {
    constexpr std::size_t most_totals = 16;
    constexpr std::int64_t grain = Folder<double, double, FoldSum<double>>::piece;
    parallel_for(loop.count, grain, [&](std::int64_t first, std::int64_t last) {
        std::byte* scratch = scratch_of_this_thread(loop.slots * loop.scratch_bytes);
        std::array<RunningSum<T>, most_totals> sums;
        double* partial = loop.partial.data() + first / grain * loop.totals;
        for (std::int64_t at = first; at < last; at += loop.block) {
            const std::int64_t count = std::min(loop.block, last - at);
            const bool is_last = at + count == last;
            std::size_t total = 0;
            run_block(loop, scratch, nullptr, at, count, [&](const LoopOp&, const std::byte* elements) {
                const T* data = reinterpret_cast<const T*>(elements);
                if (!is_last) sums[total].add(data, count);
                else if (at == first) partial[total] = partial_sum<T>(elements, count);
                else partial[total] = sums[total].last(data, count);
                ++total;
            });
        }
    });
    const std::int64_t pieces = (loop.count + grain - 1) / grain;
    std::size_t total = 0;
    std::array<double, 1024> column;
    for (const LoopOp& op : loop.ops) {
        if (op.kernel) continue;
        double sum = loop.partial[total];
        if (pieces > 1) {  // as a reduction of the whole adds up its pieces
            std::vector<double> more;
            double* parts = column.data();
            if (pieces > static_cast<std::int64_t>(column.size())) {
                more.resize(static_cast<std::size_t>(pieces));
                parts = more.data();
            }
            for (std::int64_t k = 0; k < pieces; ++k) parts[k] = loop.partial[static_cast<std::size_t>(k * loop.totals) + total];
            Folder<double, double, FoldSum<double>>::inner(parts, 1, pieces, &sum);
        }
        if (op.mean) sum /= static_cast<double>(loop.count);
        write_total(sum, loop.total_dtype, slots_[static_cast<std::size_t>(op.total)].fresh_data<std::byte>());
        ++total;
    }
}

constexpr auto no_total = [](const LoopOp&, const std::byte*) {};

void Program::run_product(Loop& loop) {
    const LoopProduct& head = *loop.product;
    const Instruction& instruction = graph_->instructions[head.instruction];
    const Tensor a = seen_as(instruction.inputs[0]), b = seen_as(instruction.inputs[1]);
    point(loop);
    std::byte* const kept = head.array < 0 ? nullptr : loop.pointers[static_cast<std::size_t>(head.array)];
    const auto size = static_cast<std::int64_t>(size_of(a.dtype()));
    const auto use = [&](std::int64_t first, std::int64_t last, const std::byte* made) {
        std::byte* const scratch = scratch_of_this_thread(loop.slots * loop.scratch_bytes);
        const std::int64_t columns = head.problem.columns, start = first * columns, stop = last * columns;
        for (std::int64_t at = start; at < stop; at += loop.block)
            run_block(loop, scratch, made + (at - start) * size, at, std::min(loop.block, stop - at), no_total);
    };
    gemm_by_rows(a.dtype(), head.problem, a.raw(), b.raw(), kept, std::ref(use));
}

void Program::run_loop(Loop& loop) {
    if (loop.product) return run_product(loop);
    point(loop);
    if (loop.totals > 0) return loop.total_dtype == Dtype::float64 ? run_totals<double>(loop) : run_totals<float>(loop);
    const std::size_t scratch_bytes = loop.slots * loop.scratch_bytes;
    if (loop.count <= loop.block)
        return run_block(loop, scratch_of_this_thread(scratch_bytes), nullptr, 0, loop.count, no_total);
    parallel_for(loop.count, elementwise_grain, [&](std::int64_t first, std::int64_t last) {
        std::byte* scratch = scratch_of_this_thread(scratch_bytes);
        for (std::int64_t at = first; at < last; at += loop.block)
            run_block(loop, scratch, nullptr, at, std::min(loop.block, last - at), no_total);
    });
}

template <class T>
void run_register_sum(Program&, const Command& step) {
    const double sum = sum_of_lanes<0, Lanes<double>::count>(fold_load<double>(reinterpret_cast<const T*>(step.inputs[0])));
    Lanes<T>(static_cast<T>(sum)).store(reinterpret_cast<T*>(step.outputs[0]));
}
template void run_register_sum<float>(Program&, const Command&);
template void run_register_sum<double>(Program&, const Command&);

void run_small_total(Program&, const Command& step) {
    const bool wide = step.steps[1] == 8;
    const double sum = wide ? small_sum<double>(step.inputs[0], step.count) : small_sum<float>(step.inputs[0], step.count);
    write_total(step.steps[0] ? sum / static_cast<double>(step.count) : sum, wide ? Dtype::float64 : Dtype::float32, step.outputs[0]);
}

/// Zeros, and a first piece among them.
void run_small_place(Program&, const Command& step) {
    std::memset(step.outputs[0] - step.steps[0], 0, static_cast<std::size_t>(step.steps[1]));
    std::memcpy(step.outputs[0], step.inputs[0], static_cast<std::size_t>(step.count));
}

void run_small_fill(Program&, const Command& step) {
    fill_scalar(step.outputs[0], step.inputs[0], static_cast<std::size_t>(step.count));
}

void run_small_copy(Program&, const Command& step) {
    std::memcpy(step.outputs[0], step.inputs[0], static_cast<std::size_t>(step.count));
}

}  // namespace cotangent::detail
