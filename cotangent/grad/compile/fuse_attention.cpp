// Attention written out of ops, softmax(q k' * scale + mask) v with a mask that f captures, becomes one op, and its way back
// another (kernels/attention.hpp). A head's scores then stay in the cache, what the mask leaves out is not computed, and q,
// k, v and the result are read and written where they lie: transpositions that split and join heads go away.
//
// The new ops make the very values that the old ones made; whatever nobody needs any more is removed afterwards.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <tuple>

#include "cotangent/grad/compile/graph.hpp"
#include "cotangent/tensor/kernels/attention.hpp"
#include "cotangent/tensor/kernels/strided_copy.hpp"

namespace cotangent::detail {
namespace {

using Kind = Operation::Kind;

/// Elements of a value: x[i] is element start + i . strides of it.
struct Place {
    int value = -1;
    std::int64_t start = 0;
    Strides strides{};
};

/// Where a dense tensor of `shape` that starts at an element of a dense `whole` lies, if that lies by `strides`.
std::optional<Place> locate(const Shape& shape, std::int64_t element, const Shape& whole,
                            std::span<const std::int64_t> strides) {
    if (shape.size() == 0 || element % shape.size() != 0) return {};
    Place place;
    for (int axis = whole.rank() - 1; axis >= 0; --axis) {
        place.start += element % whole[axis] * strides[static_cast<std::size_t>(axis)];
        element /= whole[axis];
    }
    int axis = whole.rank();
    std::int64_t left = 1, stride = 0;  // of the axis of `whole` that is being divided among those of `shape`
    for (int k = shape.rank() - 1; k >= 0; --k) {
        if (shape[k] == 1) continue;
        while (left == 1 && axis > 0) {
            --axis;
            left = whole[axis];
            stride = strides[static_cast<std::size_t>(axis)];
        }
        if (left % shape[k] != 0) return {};
        place.strides[static_cast<std::size_t>(k)] = stride;
        stride *= shape[k];
        left /= shape[k];
    }
    return place;
}

/// The matrices of x [..., rows, columns], if the elements of a row lie side by side.
std::optional<MatrixRows> rows_of(const Place& place, const Shape& shape) {
    const int rank = shape.rank();
    const auto stride = [&](int axis) { return place.strides[static_cast<std::size_t>(axis)]; };
    if (shape[rank - 1] > 1 && stride(rank - 1) != 1) return {};
    MatrixRows rows{{place.start}, stride(rank - 2)};
    for (int axis = 0; axis < rank - 2; ++axis) {
        std::vector<std::int64_t> more;
        for (const std::int64_t start : rows.starts)
            for (std::int64_t i = 0; i < shape[axis]; ++i) more.push_back(start + i * stride(axis));
        rows.starts = std::move(more);
    }
    return rows;
}

class AttentionFuser {
public:
    AttentionFuser(Graph& graph, const std::vector<Operand>& results) : graph_(graph), links_(graph, results) {}

    /// Was there any?
    bool run() {
        for (Instruction& instruction : graph_.instructions) {
            if (is(&instruction, Kind::general, "softmax")) fuse(instruction);
            else if (is(&instruction, Kind::general, "softmax_gradient")) fuse_gradient(instruction);
        }
        return !fused_.empty();
    }

private:
    /// An attention that has been made one op, by its weights.
    struct Fused {
        std::shared_ptr<const AttentionProblem> problem;
        Operand q, k, v;  ///< as the products take them
        double q_scale, k_scale, score_scale;
        std::array<Operand, 3> sources;  ///< the values in which q, k and v lie
        const Instruction* place;        ///< where in the graph it is done
    };
    struct Mask {
        Operand values;
        std::vector<std::int64_t> seen;
        bool adds = false;  ///< more than the end of each row
    };

    [[nodiscard]] const Shape& shape_of(int id) const { return graph_.value(id).shape; }
    [[nodiscard]] Operand whole(int id) const { return graph_.value(id).whole(id); }
    [[nodiscard]] bool is_as_made(const Operand& x) const { return x.offset == 0 && x.shape == shape_of(x.value); }
    [[nodiscard]] static bool same(const Operand& a, const Operand& b) { return key_of(a) == key_of(b); }
    [[nodiscard]] static bool is_product(const Instruction* instruction, bool transpose_a, bool transpose_b) {
        return is(instruction, Kind::general, "matmul") &&
               instruction->operation.parameters == std::vector<std::int64_t>{transpose_a, transpose_b};
    }
    [[nodiscard]] std::ptrdiff_t position(const Instruction* instruction) const {
        return instruction - graph_.instructions.data();
    }
    [[nodiscard]] bool is_made_before(int id, const Instruction* instruction) const {
        const Instruction* const maker = links_.maker(id);
        return !maker || position(maker) < position(instruction);
    }

    /// The number that an op multiplies `x` by, elementwise, and where x is among its inputs.
    [[nodiscard]] std::optional<std::pair<std::size_t, double>> factor(const Instruction* op) const {
        if (is(op, Kind::elementwise, "multiply"))
            for (const std::size_t side : {0, 1})
                if (const auto number = graph_.number_in(op->inputs[1 - side]);
                    number && op->inputs[side].shape == shape_of(op->outputs[0]))
                    return std::pair{side, *number};
        if (is(op, Kind::elementwise, "divide"))
            if (const auto number = graph_.number_in(op->inputs[1]);
                number && op->inputs[0].shape == shape_of(op->outputs[0]))
                return std::pair{std::size_t{0}, 1 / *number};
        return {};
    }
    /// Takes the multiplications by numbers off x, as far as `may_take` of it; returns what they come to.
    template <class F>
    double take_scale(Operand& x, const F& may_take) const {
        double scale = 1;
        while (may_take()) {
            const Instruction* const op = links_.maker(x.value);
            const auto found = factor(op);
            if (!found) break;
            scale *= found->second;
            x = op->inputs[found->first];
        }
        return scale;
    }
    /// The value that is `id` times `scale`, if that is all that becomes of it; the ops on the way go to `passed`. -1: there
    /// is none.
    int scaled_by(int id, double scale, std::vector<Instruction*>& passed) const {
        double product = 1;
        while (product != scale) {
            Instruction* const op = links_.sole_user(id);
            const auto found = factor(op);
            if (!found || op->inputs[found->first].value != id || !is_as_made(op->inputs[found->first])) return -1;
            product *= found->second;
            passed.push_back(op);
            id = op->outputs[0];
        }
        return id;
    }

    /// The matrices of x in what it was transposed from, or else in itself, and the value that is.
    [[nodiscard]] std::optional<std::pair<int, MatrixRows>> find_rows(const Operand& x) const {
        const auto size = static_cast<std::int64_t>(size_of(x.dtype));
        if (const Instruction* const op = links_.maker(x.value); is(op, Kind::general, "transpose")) {
            auto place = locate(x.shape, x.offset / size, shape_of(x.value), op->operation.parameters);
            if (place) place->start += op->inputs[0].offset / size;
            if (auto rows = place ? rows_of(*place, x.shape) : std::nullopt) return std::pair{op->inputs[0].value, *rows};
        }
        const auto rows = rows_of({x.value, x.offset / size, dense_strides(x.shape)}, x.shape);
        return rows ? std::optional(std::pair{x.value, *rows}) : std::nullopt;
    }
    /// A value and where the tensor of `shape` at one of its elements goes: that value, or what it is transposed into alone.
    [[nodiscard]] Place target_of(int id, const Shape& shape, std::int64_t element,
                                  std::vector<Instruction*>& passed) const {
        Place place{id, element, dense_strides(shape)};
        Instruction* const op = links_.sole_user(id);
        if (!is(op, Kind::general, "transpose") || !graph_.is_whole(op->inputs[0])) return place;
        const Shape &from = op->inputs[0].shape, &to = shape_of(op->outputs[0]);
        const Strides before = dense_strides(from), after = dense_strides(to);
        Strides strides{};
        for (int axis = 0; axis < from.rank(); ++axis)
            for (int k = 0; k < to.rank(); ++k)
                if (from[axis] > 1 && to[k] == from[axis] &&
                    op->operation.parameters[static_cast<std::size_t>(k)] == before[static_cast<std::size_t>(axis)])
                    strides[static_cast<std::size_t>(axis)] = after[static_cast<std::size_t>(k)];
        const auto moved = locate(shape, element, from, strides);
        if (!moved) return place;
        passed.push_back(op);
        return Place{op->outputs[0], moved->start, moved->strides};
    }

    /// What each query sees through a constant of the shape of the scores, or of their last two axes.
    [[nodiscard]] std::optional<Mask> mask_of(const Operand& x, std::int64_t queries, std::int64_t keys) const {
        const Value& value = graph_.value(x.value);
        if (value.kind != Value::Kind::constant || x.shape.size() != queries * keys || x.offset != 0 || x.shape.rank() < 2 ||
            x.shape.back() != keys || x.shape[x.shape.rank() - 2] != queries)
            return {};
        Mask mask{x, {}, false};
        dispatch_float(x.dtype, [&]<class T>(T) {
            const T* row = value.constant.data<T>();
            for (std::int64_t t = 0; t < queries; ++t, row += keys) {
                std::int64_t seen = keys;
                while (seen > 0 && std::isinf(row[seen - 1]) && row[seen - 1] < 0) --seen;
                mask.seen.push_back(seen > 0 ? seen : keys);
                mask.adds = mask.adds || std::any_of(row, row + mask.seen.back(), [](T number) { return number != 0; });
            }
        });
        return mask;
    }

    /// What a softmax is of, and what becomes of it, in an attention.
    struct Scores {
        Mask mask;
        double scale = 1;
        Instruction *product, *sum;  ///< q k', and the weighted sum of values
    };
    [[nodiscard]] std::optional<Scores> find_scores(const Instruction& softmax) const {
        const int weights = softmax.outputs[0];
        const Shape& shape = shape_of(weights);
        const int rank = shape.rank();
        Operand x = softmax.inputs[0];
        if (rank < 2 || softmax.operation.parameters[0] != rank - 1 ||
            (x.dtype != Dtype::float32 && x.dtype != Dtype::float64))
            return {};
        const auto is_inside = [&] { return is_as_made(x) && x.shape == shape && links_.sole_user(x.value); };
        const std::int64_t queries = shape[rank - 2], keys = shape[rank - 1];
        if (!is_inside()) return {};
        Mask mask{{}, std::vector<std::int64_t>(static_cast<std::size_t>(queries), keys), false};
        if (const Instruction* const add = links_.maker(x.value); is(add, Kind::elementwise, "add"))
            for (const std::size_t side : {0, 1})
                if (auto found = mask_of(add->inputs[side], queries, keys); found && add->inputs[1 - side].shape == shape) {
                    mask = std::move(*found);
                    x = add->inputs[1 - side];
                    break;
                }
        if (!is_inside()) return {};
        const double scale = take_scale(x, is_inside);
        if (!is_inside()) return {};
        Instruction* const product = links_.maker(x.value);
        Instruction* const sum = product_with_values(weights);
        if (!is_product(product, false, true) || !sum) return {};
        return Scores{std::move(mask), scale, product, sum};
    }

    /// Where the result goes by rows: to what it is transposed into alone, if that has them.
    [[nodiscard]] std::pair<int, MatrixRows> find_target(int result, std::vector<Instruction*>& passed) const {
        const Shape& shape = shape_of(result);
        std::vector<Instruction*> moved;
        const Place target = target_of(result, shape, 0, moved);
        if (auto rows = rows_of(target, shape)) {
            passed.insert(passed.end(), moved.begin(), moved.end());
            return {target.value, std::move(*rows)};
        }
        return {result, *rows_of({result, 0, dense_strides(shape)}, shape)};
    }

    /// All that attention takes has been made by the time of its last product, unless the weights are wanted before.
    [[nodiscard]] const Instruction* place_for(const Instruction& softmax, const Instruction* sum) const {
        const auto& users = links_.users(softmax.outputs[0]);
        const bool is_wanted_before =
            std::any_of(users.begin(), users.end(), [&](const Instruction* user) { return position(user) < position(sum); });
        return is_wanted_before ? &softmax : sum;
    }

    void fuse(Instruction& softmax) {
        const int weights = softmax.outputs[0];
        const Shape shape = shape_of(weights);
        const auto scores = find_scores(softmax);
        if (!scores) return;
        Fused fused{};
        Operand q = fused.q = scores->product->inputs[0], k = fused.k = scores->product->inputs[1];
        fused.v = scores->sum->inputs[1];
        fused.score_scale = scores->scale;
        fused.q_scale = take_scale(q, [&] { return is_as_made(q); });
        fused.k_scale = take_scale(k, [&] { return is_as_made(k); });
        fused.place = place_for(softmax, scores->sum);

        std::vector<Instruction*> passed{scores->sum};
        AttentionProblem problem;
        problem.queries = shape[shape.rank() - 2];
        problem.keys = shape.back();
        problem.depth = q.shape.back();
        problem.width = fused.v.shape.back();
        problem.scale = fused.q_scale * fused.k_scale * fused.score_scale;
        problem.seen = scores->mask.seen;
        int result = -1;
        std::tie(result, problem.o) = find_target(scores->sum->outputs[0], passed);
        const std::array<std::pair<const Operand*, MatrixRows*>, 3> parts{
            {{&q, &problem.q}, {&k, &problem.k}, {&fused.v, &problem.v}}};
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const auto found = find_rows(*parts[i].first);
            if (!found || found->second.starts.size() != problem.o.starts.size() || found->first == weights ||
                !is_made_before(found->first, fused.place))
                return;
            *parts[i].second = found->second;
            fused.sources[i] = whole(found->first);
        }
        if (!pays(problem, static_cast<std::int64_t>(size_of(q.dtype)))) return;
        fused.problem = std::make_shared<const AttentionProblem>(std::move(problem));
        const bool is_weight_used = links_.is_result(weights) || links_.users(weights).size() > 1;
        Instruction fresh = attention_of(fused, scores->mask, is_weight_used ? weights : -1, result, shape);
        softmax.outputs.clear();
        for (Instruction* done : passed) done->outputs.clear();
        graph_.instructions[static_cast<std::size_t>(position(fused.place))] = std::move(fresh);
        fused_.emplace(weights, std::move(fused));
    }

    /// The product of weights with values that is made of all of them.
    [[nodiscard]] Instruction* product_with_values(int weights) const {
        for (Instruction* const user : links_.users(weights))
            if (is_product(user, false, false) && same(user->inputs[0], whole(weights))) return user;
        return nullptr;
    }

    [[nodiscard]] static double flops_of(const AttentionProblem& n, double products) {
        double seen = 0;
        for (const std::int64_t count : n.seen) seen += static_cast<double>(count);
        return static_cast<double>(n.heads()) * seen * (products * static_cast<double>(n.depth + n.width) + 5);
    }

    [[nodiscard]] Instruction attention_of(const Fused& fused, const Mask& mask, int weights, int result,
                                           const Shape& weights_shape) const {
        Instruction instruction;
        instruction.operation.name = "attention";
        instruction.operation.flops = flops_of(*fused.problem, 2);
        instruction.inputs.assign(fused.sources.begin(), fused.sources.end());
        if (mask.adds) instruction.inputs.push_back(mask.values);
        instruction.outputs = {weights, result};
        instruction.operation.run = [problem = fused.problem, shape = shape_of(result), weights_shape, keeps = weights >= 0](
                                        std::span<const Tensor> in, std::span<Tensor> out) {
            const Dtype dtype = in[0].dtype();
            if (keeps) out[0] = Tensor::uninitialized(weights_shape, dtype);
            out[1] = Tensor::uninitialized(shape, dtype);
            dispatch_float(dtype, [&]<class T>(T) {
                attention<T>(*problem, in[0].data<T>(), in[1].data<T>(), in[2].data<T>(),
                             in.size() > 3 ? in[3].data<T>() : nullptr, keeps ? out[0].fresh_data<T>() : nullptr,
                             out[1].fresh_data<T>());
            });
        };
        return instruction;
    }

    void fuse_gradient(Instruction& gradient) {
        const auto found = fused_.find(gradient.inputs[0].value);
        if (found == fused_.end() || !same(gradient.inputs[0], whole(found->first))) return;
        const Fused& fused = found->second;
        const int weights = found->first;
        // g v', and p' g
        const Operand& of_weights = gradient.inputs[1];
        Instruction* const to_weights =
            is_as_made(of_weights) && links_.sole_user(of_weights.value) ? links_.maker(of_weights.value) : nullptr;
        if (!is_product(to_weights, false, true) || !same(to_weights->inputs[1], fused.v)) return;
        const Operand g = to_weights->inputs[0];
        std::vector<Instruction*> passed{to_weights, &gradient};
        Instruction* to_values = nullptr;
        for (Instruction* const user : links_.users(weights))
            if (is_product(user, true, false) && same(user->inputs[0], whole(weights)) && same(user->inputs[1], g))
                to_values = user;
        // s k, and s' q
        const int scores = scaled_by(gradient.outputs[0], fused.score_scale, passed);
        if (!to_values || scores < 0 || links_.users(scores).size() != 2 || links_.is_result(scores)) return;
        Instruction *to_queries = nullptr, *to_keys = nullptr;
        for (Instruction* const user : links_.users(scores)) {
            if (!same(user->inputs[0], whole(scores))) return;
            if (is_product(user, false, false) && same(user->inputs[1], fused.k)) to_queries = user;
            if (is_product(user, true, false) && same(user->inputs[1], fused.q)) to_keys = user;
        }
        if (!to_queries || !to_keys) return;
        passed.insert(passed.end(), {to_values, to_queries, to_keys});
        const std::array<int, 3> made{scaled_by(to_queries->outputs[0], fused.q_scale, passed),
                                      scaled_by(to_keys->outputs[0], fused.k_scale, passed), to_values->outputs[0]};
        if (made[0] < 0 || made[1] < 0) return;

        AttentionGradient problem{*fused.problem, {}, {}, {}};
        const auto g_rows = find_rows(g);
        if (!g_rows || g_rows->second.starts.size() != problem.problem.o.starts.size()) return;
        problem.problem.o = g_rows->second;
        std::vector<int> outputs;
        const std::array<MatrixRows*, 3> targets{&problem.dq, &problem.dk, &problem.dv};
        if (!find_targets(made, targets, outputs, passed)) return;
        Instruction* const first = *std::min_element(passed.begin(), passed.end());
        if (!is_made_before(g_rows->first, first) || position(fused.place) >= position(first)) return;
        for (const Operand& source : fused.sources)
            if (!is_made_before(source.value, first)) return;
        Instruction fresh = gradient_of(std::move(problem), fused, weights, whole(g_rows->first), outputs);
        for (Instruction* done : passed) done->outputs.clear();
        *first = std::move(fresh);
    }

    /// Where the cotangents of q, k and v go: pieces of one value, if they are all that is in it, or each by itself.
    [[nodiscard]] bool find_targets(const std::array<int, 3>& made, const std::array<MatrixRows*, 3>& targets,
                                    std::vector<int>& outputs, std::vector<Instruction*>& passed) const {
        Instruction* const join = links_.sole_user(made[0]);
        bool are_pieces = join && !join->outputs.empty() && join->operation.kind == Kind::place && join->inputs.size() == 3;
        std::array<std::int64_t, 3> first{};
        std::int64_t size = 0;
        for (std::size_t i = 0; i < 3 && are_pieces; ++i) {
            const auto piece =
                std::find_if(join->inputs.begin(), join->inputs.end(), [&](const Operand& x) { return x.value == made[i]; });
            are_pieces = links_.sole_user(made[i]) == join && piece != join->inputs.end() && graph_.is_whole(*piece);
            if (!are_pieces) break;
            first[i] = join->operation.first[static_cast<std::size_t>(piece - join->inputs.begin())];
            size += piece->shape.size();
        }
        are_pieces = are_pieces && size == shape_of(join->outputs[0]).size();
        std::vector<Instruction*> moved;
        const auto lay = [&](bool in_join) {
            outputs.clear();
            for (std::size_t i = 0; i < 3; ++i) {
                const Shape& shape = shape_of(made[i]);
                moved.clear();
                const Place place =
                    in_join ? target_of(join->outputs[0], shape, first[i], moved) : Place{made[i], 0, dense_strides(shape)};
                const auto rows = rows_of(place, shape);
                if (!rows || (in_join && i > 0 && outputs[0] != place.value)) return false;
                *targets[i] = *rows;
                if (i == 0 || !in_join) outputs.push_back(place.value);
            }
            if (in_join) moved.push_back(join);
            return true;
        };
        if (!(are_pieces && lay(true)) && !lay(false)) return false;
        passed.insert(passed.end(), moved.begin(), moved.end());
        return true;
    }

    [[nodiscard]] Instruction gradient_of(AttentionGradient&& problem, const Fused& fused, int weights, const Operand& g,
                                          const std::vector<int>& outputs) const {
        Instruction instruction;
        instruction.operation.name = "attention_gradient";
        instruction.operation.flops = flops_of(problem.problem, 4);
        instruction.inputs = {whole(weights), fused.sources[0], fused.sources[1], fused.sources[2], g};
        instruction.outputs = outputs;
        std::vector<Shape> shapes;
        for (const int output : outputs) shapes.push_back(shape_of(output));
        instruction.operation.run = [problem = std::make_shared<const AttentionGradient>(std::move(problem)), shapes](
                                        std::span<const Tensor> in, std::span<Tensor> out) {
            for (std::size_t k = 0; k < shapes.size(); ++k) out[k] = Tensor::uninitialized(shapes[k], in[0].dtype());
            dispatch_float(in[0].dtype(), [&]<class T>(T) {
                std::array<T*, 3> to{};
                for (std::size_t i = 0; i < 3; ++i) to[i] = out[shapes.size() == 1 ? 0 : i].fresh_data<T>();
                attention_gradient<T>(*problem, in[0].data<T>(), in[1].data<T>(), in[2].data<T>(), in[3].data<T>(),
                                      in[4].data<T>(), to[0], to[1], to[2]);
            });
        };
        return instruction;
    }

    Graph& graph_;
    Links links_;
    std::map<int, Fused> fused_;
};

}  // namespace

void fuse_attention(Graph& graph, const std::vector<Operand>& results) {
    if (!AttentionFuser(graph, results).run()) return;
    remove_done(graph);
    remove_dead(graph, results);
}

}  // namespace cotangent::detail
