#include "cotangent/tensor/record.hpp"

#include <algorithm>
#include <atomic>

#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/origins.hpp"

#include <fmt/format.h>

namespace cotangent::detail {

namespace {

struct ThreadState {
    bool recording = false;
    bool releasing = false;
    int depth = 0;
    std::uint64_t last_mark = 0;
    Node* to_release = nullptr;  // chained through `mark`, which a dead record no longer needs
};
thread_local constinit ThreadState state;
thread_local std::vector<std::uint64_t> live;

struct WalkList {
    std::vector<Node*> nodes;
    std::vector<Node*> stack;
};
// One walk's lists are reused by the next; a walk inside a rule takes fresh ones.
thread_local std::vector<WalkList> spare_lists;

/// The records between the variables and the outputs, in the order of their ids.
class Walk {
public:
    Walk(std::span<const Tensor> outputs, std::span<const Tensor> variables) {
        if (!spare_lists.empty()) {
            lists_ = std::move(spare_lists.back());
            spare_lists.pop_back();
        }
        std::uint64_t first = ~std::uint64_t{0};
        for (const Tensor& variable : variables)
            if (variable.node()) {
                first = std::min(first, variable.node()->id);
                thread_ = variable.node()->thread;  // all are of one: where a pullback was made, wherever it is called
            }
        const std::uint64_t mark = ++state.last_mark << 16 | thread_tag();
        mark_ = mark;
        for (const Tensor& output : outputs) visit(output.node(), first);
        while (!lists_.stack.empty()) {
            Node* node = lists_.stack.back();
            lists_.stack.pop_back();
            for (std::uint32_t i = 0; i < node->input_count; ++i) visit(node->inputs[i].node(), first);
        }
        if (is_lost_) {
            end();
            throw_of_another_thread();
        }
        auto& nodes = lists_.nodes;
        const auto before = [](const Node* a, const Node* b) { return a->id < b->id; };
        std::reverse(nodes.begin(), nodes.end());
        if (!std::is_sorted(nodes.begin(), nodes.end(), before)) std::sort(nodes.begin(), nodes.end(), before);
        for (const Tensor& variable : variables)
            if (variable.node() && variable.node()->mark == mark) variable.node()->active = true;
        for (Node* node : nodes)
            for (std::uint32_t i = 0; i < node->input_count && !node->active; ++i) {
                const Node* input = node->inputs[i].node();
                node->active = input && input->mark == mark && input->active;
            }
    }
    ~Walk() { end(); }
    Walk(const Walk&) = delete;
    Walk& operator=(const Walk&) = delete;

    [[nodiscard]] std::span<Node* const> nodes() const { return lists_.nodes; }
    [[nodiscard]] std::uint64_t mark() const { return mark_; }

private:
    void end() {
        for (Node* node : lists_.nodes) {
            node->mark = 0;
            node->active = false;
            if (node->derivative.has_storage()) node->derivative = Tensor();
            node->derivatives.clear();
        }
        lists_.nodes.clear();
        lists_.stack.clear();
        spare_lists.push_back(std::move(lists_));
    }
    static std::uint64_t thread_tag() {
        static std::atomic<std::uint64_t> threads{0};
        static thread_local const std::uint64_t tag = ++threads & 0xffff;
        return tag;
    }
    void visit(Node* node, std::uint64_t first) {
        if (!node) return;
        if (node->thread != thread_) {  // another thread's, which it may be at: looked at, not walked
            is_lost_ = is_lost_ || comes_from(node, thread_, first);
            return;
        }
        if (node->id < first || node->mark == mark_) return;
        node->mark = mark_;
        lists_.nodes.push_back(node);
        lists_.stack.push_back(node);
    }
    WalkList lists_;
    std::uint64_t mark_ = 0;
    const RecordingThread* thread_ = nullptr;
    bool is_lost_ = false;
};

void accumulate(Tensor& sum, Tensor term) {
    if (!sum.has_storage()) sum = std::move(term);
    else sum += term;
}

Tensor& derivative_of(const Tensor& output) {
    Node* node = output.node();
    if (output.output_index() == 0) return node->derivative;
    if (node->derivatives.empty()) node->derivatives.resize(node->outputs.size());
    return node->derivatives[static_cast<std::size_t>(output.output_index()) - 1];
}

void check_like(const char* op, const char* what, std::span<const Tensor> seen, std::span<const Tensor> wanted) {
    if (seen.size() != wanted.size())
        throw ShapeError(fmt::format("{}: got {} {}s, expected {}", op, seen.size(), what, wanted.size()));
    for (std::size_t k = 0; k < seen.size(); ++k)
        if (seen[k].shape() != wanted[k].shape())
            throw ShapeError(fmt::format("{}: {} has shape {}, expected {}", op, what, to_string(seen[k].shape()),
                                         to_string(wanted[k].shape())));
        else if (seen[k].dtype() != wanted[k].dtype())
            throw DtypeError(fmt::format("{}: {} is {}, expected {}", op, what, cotangent::name(seen[k].dtype()),
                                         cotangent::name(wanted[k].dtype())));
}

struct Alias {
    static constexpr const char* name = "watch";
    static constexpr Keep keep = Keep::nothing;
    void vjp(const Call& call) const { call.give(0, call.cotangent()); }
    [[nodiscard]] Tensor jvp(const Call& call) const { return call.tangent(0); }
};

}  // namespace

void retain(Node* node) noexcept { node->references.add(); }

// Iterative: a chain of a million records must not become a million nested destructors.
void release(Node* node) noexcept {
    if (!node->references.remove()) return;
    node->mark = reinterpret_cast<std::uint64_t>(state.to_release);
    state.to_release = node;
    if (state.releasing) return;
    state.releasing = true;
    while (Node* next = state.to_release) {
        state.to_release = reinterpret_cast<Node*>(next->mark);
        next->destroy();
    }
    state.releasing = false;
}

Tensor Call::output(int k) const {
    Tensor result = k == 0 ? node_.output : node_.outputs[static_cast<std::size_t>(k) - 1];
    result.set_node(const_cast<Node*>(&node_), k);
    return result;
}

bool Call::wants(int i) const {
    const Node* input = node_.inputs[i].node();
    return input && input->mark == node_.mark && input->active;
}

void Call::give(int i, Tensor cotangent) const {
    const Tensor& input = node_.inputs[i];
    if (!wants(i)) return;
    if (cotangent.shape() != input.shape()) cotangent = sum_to(cotangent, input.shape());
    if (cotangent.dtype() != input.dtype()) cotangent = cast(cotangent, input.dtype());
    accumulate(derivative_of(input), std::move(cotangent));
}

bool Call::has_tangent(int i) const { return wants(i); }

Tensor Call::tangent(int i) const {
    const Tensor& input = node_.inputs[i];
    if (!wants(i)) return zeros(input.shape(), input.dtype());
    const Tensor& tangent = derivative_of(input);
    return tangent.has_storage() ? tangent : zeros(input.shape(), input.dtype());
}

bool is_recording() noexcept { return state.recording; }

PauseRecording::PauseRecording() noexcept : before_(std::exchange(state.recording, false)) {}
PauseRecording::~PauseRecording() { state.recording = before_; }

Differentiating::Differentiating() noexcept : before_(std::exchange(state.recording, true)), variables_(live.size()) {
    if (++state.depth == 1) begin_derivative();
}
Differentiating::~Differentiating() {
    live.resize(variables_);
    state.recording = before_;
    if (--state.depth == 0) end_derivative();
}
int Differentiating::depth() noexcept { return state.depth; }
std::span<const std::uint64_t> live_variables() noexcept { return live; }

bool any_recorded(std::span<const Tensor> inputs) noexcept {
    return std::any_of(inputs.begin(), inputs.end(), [](const Tensor& input) { return input.node() != nullptr; });
}

void attach(Node* node, Tensor& output) {
    node->id = next_id();
    node->thread = this_thread();
    for (std::uint32_t i = 0; i < node->input_count; ++i)
        if (const Node* input = node->inputs[i].node(); input && (input->thread != node->thread || input->elsewhere))
            [[unlikely]]
            node->elsewhere = origins_of({node->inputs, node->input_count});
    output.set_node(node, 0);
}

void attach(Node* node, std::span<Tensor> outputs, Keep keep) {
    attach(node, outputs[0]);
    for (std::size_t k = 1; k < outputs.size(); ++k) {
        node->outputs.push_back(keeps_output(keep) ? outputs[k] : outputs[k].ghost());
        if (is_floating(outputs[k].dtype())) outputs[k].set_node(node, static_cast<int>(k));
    }
}

Tensor watch(const Tensor& x) {
    if (!is_floating(x.dtype()))
        throw DtypeError(fmt::format("grad: argument is {}, expected a floating dtype", cotangent::name(x.dtype())));
    Tensor alias = x.detached();
    attach(new OpNode<Alias, 1>(Alias{}, alias, x), alias);
    if (state.depth > 0) live.push_back(alias.node()->id);
    return alias;
}

std::vector<Tensor> pull(std::span<const Tensor> outputs, std::span<const Tensor> cotangents,
                         std::span<const Tensor> variables, Records records) {
    check_like("vjp", "cotangent", cotangents, outputs);
    const Walk walk(outputs, variables);
    for (std::size_t k = 0; k < outputs.size(); ++k)
        if (outputs[k].node() && outputs[k].node()->mark == walk.mark())
            accumulate(derivative_of(outputs[k]), cotangents[k]);

    const auto nodes = walk.nodes();
    std::uint64_t first = ~std::uint64_t{0}, last = 0;  // the variables' ids, whose own rules are not run
    for (const Tensor& variable : variables)
        if (variable.node()) {
            first = std::min(first, variable.node()->id);
            last = std::max(last, variable.node()->id);
        }
    const auto is_variable = [&](const Node* node) {
        return node->id <= last && std::any_of(variables.begin(), variables.end(),
                                               [&](const Tensor& variable) { return variable.node() == node; });
    };
    for (std::size_t k = nodes.size(); k-- > 0;) {
        Node* node = nodes[k];
        if (!node->active || is_variable(node)) continue;
        if (!node->derivative.has_storage()) {
            const bool any = std::any_of(node->derivatives.begin(), node->derivatives.end(),
                                         [](const Tensor& d) { return d.has_storage(); });
            if (!any) continue;
            node->derivative = zeros(node->output.shape(), node->output.dtype());
        }
        if (node->derivatives.size() != node->outputs.size()) node->derivatives.resize(node->outputs.size());
        node->vjp(Call(*node));
        node->derivative = Tensor();
        if (records == Records::consume) {
            for (std::uint32_t i = 0; i < node->input_count; ++i) node->inputs[i].drop_storage();
            node->output.drop_storage();
            for (Tensor& output : node->outputs) output.drop_storage();
        }
    }
    std::vector<Tensor> result;
    result.reserve(variables.size());
    for (const Tensor& variable : variables) {
        Node* node = variable.node();
        if (node && node->mark == walk.mark() && node->derivative.has_storage()) result.push_back(node->derivative);
        else result.push_back(zeros(variable.shape(), variable.dtype()));
    }
    return result;
}

std::vector<Tensor> push(std::span<const Tensor> variables, std::span<const Tensor> tangents,
                         std::span<const Tensor> outputs) {
    check_like("jvp", "tangent", tangents, variables);
    const Walk walk(outputs, variables);
    for (std::size_t k = 0; k < variables.size(); ++k)
        if (variables[k].node() && variables[k].node()->mark == walk.mark()) derivative_of(variables[k]) = tangents[k];
    for (Node* node : walk.nodes()) {
        if (!node->active || node->derivative.has_storage()) continue;
        std::vector<Tensor> results = node->jvp(Call(*node));
        node->derivative =
            results[0].shape() == node->output.shape() ? results[0] : broadcast_to(results[0], node->output.shape());
        node->derivatives.assign(results.begin() + 1, results.end());
    }
    std::vector<Tensor> result;
    result.reserve(outputs.size());
    for (const Tensor& output : outputs) {
        const Node* node = output.node();
        if (!node || node->mark != walk.mark() || !node->active) {
            result.push_back(zeros(output.shape(), output.dtype()));
            continue;
        }
        Tensor tangent = derivative_of(output);
        result.push_back(tangent.has_storage() ? tangent : zeros(output.shape(), output.dtype()));
    }
    return result;
}

}  // namespace cotangent::detail
