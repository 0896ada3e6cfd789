// Between convolutions, images stay in the blocks that their kernels want. What works element by element does not mind;
// ops that have a form for blocks take it; before any other op and before they leave, images are made row-major again.
#include <algorithm>
#include <map>
#include <string>

#include "cotangent/grad/compile/graph.hpp"
#include "cotangent/tensor/kernels/image_blocks.hpp"
#include "cotangent/tensor/lanes.hpp"

namespace cotangent::detail {
namespace {

struct ChangeBlocks {
    std::int64_t from, to;
    Tensor operator()(const Tensor& x) const {
        Tensor result = Tensor::uninitialized(x.shape(), x.dtype());
        change_blocks(x.dtype(), x.shape(), from, to, x.raw(), result.fresh_data<std::byte>());
        return result;
    }
};

/// Builds the instructions anew, one at a time.
class BlockKeeper {
public:
    explicit BlockKeeper(Graph& graph) : graph_(graph) {}

    void run(std::vector<Operand>& results) {
        const auto has_blocks = [](const Instruction& instruction) { return instruction.operation.in_blocks != nullptr; };
        if (std::none_of(graph_.instructions.begin(), graph_.instructions.end(), has_blocks)) return;
        const std::vector<Instruction> old = graph_.instructions;
        const std::size_t values = graph_.values.size();
        const std::vector<Operand> old_results = results;
        graph_.instructions.clear();
        for (const Instruction& instruction : old) add(instruction);
        for (Operand& result : results) result = row_major(result);
        if (saved_ > spent_) return;
        graph_.instructions = old;
        graph_.values.erase(graph_.values.begin() + static_cast<std::ptrdiff_t>(values), graph_.values.end());
        results = old_results;
    }

private:
    /// Of a reorder between two ops, which reads and writes memory, over one inside of a convolution, which finds a piece of
    /// the images in the cache.
    static constexpr std::int64_t price = 2;
    static constexpr std::int64_t shortest_run = 256;  ///< as long as a loop's shortest block

    [[nodiscard]] const Value& value(int id) const { return graph_.values[static_cast<std::size_t>(id)]; }
    [[nodiscard]] std::int64_t block_of(int id) const {
        const auto found = blocks_.find(id);
        return found == blocks_.end() ? 1 : found->second;
    }
    /// Those of a whole value seen as images; 1 otherwise.
    [[nodiscard]] std::int64_t block_of(const Operand& x) const {
        return x.offset == 0 && x.shape == value(x.value).shape ? block_of(x.value) : 1;
    }

    void add(Instruction instruction) {
        const BlockedForm form =
            instruction.operation.in_blocks ? instruction.operation.in_blocks(instruction.inputs[0].dtype) : BlockedForm{};
        if (!form.inputs.empty()) {
            if (add_in_blocks(instruction, form)) return;
        } else if (instruction.operation.kind == Operation::Kind::elementwise && add_elementwise(instruction)) {
            return;
        }
        for (Operand& x : instruction.inputs) x = row_major(x);
        graph_.instructions.push_back(std::move(instruction));
    }

    bool add_in_blocks(Instruction& instruction, const BlockedForm& form) {
        std::int64_t common = 1;
        for (std::size_t i = 0; i < form.inputs.size(); ++i)
            if (form.inputs[i] == BlockedForm::any) common = std::max(common, block_of(instruction.inputs[i]));
        const bool is_free = std::count(form.inputs.begin(), form.inputs.end(), BlockedForm::any) > 0;
        if (is_free && (common == 1 || !form.takes(common))) return false;
        const auto wanted = [&](std::int64_t block) { return block == BlockedForm::any ? common : block; };
        for (std::size_t i = 0; i < form.inputs.size(); ++i) {
            Operand& x = instruction.inputs[i];
            if (!is_free && form.inputs[i] != 1) saved_ += x.shape.size();
            x = in_blocks(x, wanted(form.inputs[i]));
        }
        Operation blocked = form.in(common);
        blocked.in_blocks = nullptr;
        blocked.flops = instruction.operation.flops;
        instruction.operation = std::move(blocked);
        for (std::size_t k = 0; k < form.outputs.size(); ++k) {
            const std::int64_t block = wanted(form.outputs[k]);
            if (instruction.outputs[k] < 0 || block == 1) continue;
            blocks_[instruction.outputs[k]] = block;
            if (!is_free) saved_ += value(instruction.outputs[k]).shape.size();
        }
        graph_.instructions.push_back(std::move(instruction));
        return true;
    }

    /// Each input lies under the result element by element, or is one number, or one for each channel.
    bool add_elementwise(Instruction& instruction) {
        const auto moves = [&](int output) { return output < 0 || can_move(value(output).dtype); };
        if (!std::all_of(instruction.outputs.begin(), instruction.outputs.end(), moves)) return false;
        const Shape shape = value(instruction.outputs[0]).shape;
        std::int64_t block = 1;
        bool has_channels = false;
        for (const Operand& x : instruction.inputs) {
            if (x.shape.size() == 1) continue;
            if (is_channels(x.shape, shape)) has_channels = true;
            else if (!(x.shape == shape) || !can_move(x.dtype)) return false;
            else block = std::max(block, block_of(x));
        }
        if (block == 1) return false;
        const std::int64_t run = has_channels ? block * shape[2] * shape[3] : 0;
        if (has_channels && !(fills_registers(block, instruction) && run % shortest_run == 0)) return false;
        for (Operand& x : instruction.inputs) {
            if (x.shape.size() == 1) continue;
            if (x.shape == shape) {
                x = in_blocks(x, block);
            } else {
                x = row_major(x);
                x.run = run;
            }
        }
        for (const int output : instruction.outputs)
            if (output >= 0) blocks_[output] = block;
        graph_.instructions.push_back(std::move(instruction));
        return true;
    }

    /// Can such images be put in other blocks?
    [[nodiscard]] static bool can_move(Dtype dtype) { return dtype == Dtype::float32 || dtype == Dtype::bfloat16; }
    /// Broadcast along all but the channels of images?
    [[nodiscard]] static bool is_channels(const Shape& x, const Shape& images) {
        return images.rank() == 4 && (x == Shape{images[1], 1, 1} || x == Shape{1, images[1], 1, 1});
    }
    [[nodiscard]] bool fills_registers(std::int64_t block, const Instruction& instruction) const {
        const auto fills = [&](Dtype dtype) { return block * static_cast<std::int64_t>(size_of(dtype)) == lane_bytes; };
        return instruction.operation.padded && fills(value(instruction.outputs[0]).dtype) &&
               std::all_of(instruction.inputs.begin(), instruction.inputs.end(),
                           [&](const Operand& x) { return fills(x.dtype); });
    }

    Operand row_major(const Operand& x) {
        if (block_of(x.value) == 1) return x;
        Operand plain = changed(value(x.value).whole(x.value), 1);
        plain.offset = x.offset;
        plain.shape = x.shape;
        return plain;
    }
    Operand in_blocks(const Operand& x, std::int64_t block) {
        if (block == 1) return row_major(x);
        return block_of(x) == block ? x : changed(row_major(x), block);
    }
    /// Images in other blocks, made once.
    Operand changed(const Operand& x, std::int64_t block) {
        const auto [found, is_new] = copies_.try_emplace({key_of(x), block}, static_cast<int>(graph_.values.size()));
        if (is_new) {
            graph_.values.push_back({Value::Kind::result, x.shape, x.dtype, 0, {}});
            if (block != 1) blocks_[found->second] = block;
            Operation operation =
                operation_of<0, 1>(block == 1 ? "from_blocks" : "to_blocks", ChangeBlocks{block_of(x), block});
            operation.flops = 0;
            graph_.instructions.push_back({std::move(operation), {x}, {found->second}});
            spent_ += price * x.shape.size();
        }
        return value(found->second).whole(found->second);
    }

    Graph& graph_;
    std::map<int, std::int64_t> blocks_;  ///< values that are not row-major
    std::map<std::pair<std::string, std::int64_t>, int> copies_;
    std::int64_t saved_ = 0, spent_ = 0;  ///< elements that are reordered inside of convolutions, and between ops
};

}  // namespace

void keep_blocks(Graph& graph, std::vector<Operand>& results) { BlockKeeper(graph).run(results); }

}  // namespace cotangent::detail
