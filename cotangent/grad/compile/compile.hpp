#pragma once
// compile(f): f is run once while its ops are recorded, and replayed from then on. docs/design/compile.md says how.
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cotangent/grad/compile/arguments.hpp"
#include "cotangent/tensor/record.hpp"

namespace cotangent {
namespace detail {

/// A recording, whatever types it is of.
struct RecordingBase {
    RecordingBase() = default;
    RecordingBase(const RecordingBase&) = delete;
    RecordingBase& operator=(const RecordingBase&) = delete;
    virtual ~RecordingBase() = default;
    const void* type = nullptr;
    std::unique_ptr<Program> program;
};

/// Is this argument one that f may change for its caller: an lvalue that is not const?
template <class Arg>
inline constexpr bool is_given_back = std::is_lvalue_reference_v<Arg> && !std::is_const_v<std::remove_reference_t<Arg>>;

/// A recording of f for arguments Args..., which are forwarded references.
template <class F, class... Args>
class Recording final : public RecordingBase {
    using Arguments = std::tuple<std::remove_cvref_t<Args>...>;
    using Result = std::remove_cvref_t<std::invoke_result_t<const F&, Args...>>;
    static constexpr bool has_result = !std::is_void_v<Result>;

public:
    Recording(const F& f, const std::remove_cvref_t<Args>&... arguments) : seen_(without_memory(arguments)...) {
        type = &type_tag<Recording>;
        auto graph = std::make_unique<Graph>();
        Arguments given(arguments...);
        Trace::Live& live = *graph->live();
        auto watch_leaf = [&]<class Leaf>(Leaf& leaf) {
            if constexpr (std::is_same_v<Leaf, Tensor>) {
                leaf = graph->input(leaf);
            } else if constexpr (std::is_same_v<Leaf, Rng>) {
                if (graph->generator_of(leaf) >= 0)
                    throw ValueError("compile: two generators of the arguments are of one stream, expected independent ones; use split()");
                live.generators.push_back(leaf);
                leaf.mark(graph->serial());
            } else if constexpr (std::is_same_v<Leaf, Count>) {
                leaf.set_slot(static_cast<std::int32_t>(live.counts.size()));
                live.counts.push_back(leaf.raw());
            } else if constexpr (std::is_same_v<Leaf, Setting>) {
                leaf.set_slot(static_cast<std::int32_t>(live.settings.size()));
                live.settings.push_back(leaf.raw());
            }
        };
        walk_all(watch_leaf, given);
        const Arguments before = given;
        std::vector<Operand> results;
        std::vector<std::pair<int, int>> taken;
        auto keep_result = [&]<class Leaf>(Leaf& leaf) {
            if constexpr (std::is_same_v<Leaf, Tensor>) results.push_back(graph->operand("a result", leaf));
            else if constexpr (is_live<Leaf>) trails_.push_back(trail_of(*graph, leaf));
            else
                static_assert(is_constant_result<Leaf>,
                              "compile: a result holds something that is no tree, in which tensors would stay those of the first "
                              "call; return tensors, numbers and trees of them");
        };
        const auto call = [&](auto&... argument) -> decltype(auto) { return f(static_cast<Args>(argument)...); };
        if constexpr (has_result) {
            Result result = std::apply(call, given);
            walk_all(keep_result, result);
            result_.emplace(without_memory(std::move(result)));
        } else {
            std::apply(call, given);
        }
        if (graph->had_error()) throw_caught_error();
        // Arguments that come back: what f changed of them are results too.
        int input = 0;
        const auto compare = [&]<class Arg>(const std::remove_cvref_t<Arg>& old, std::remove_cvref_t<Arg>& now) {
            if constexpr (is_given_back<Arg>) {
                check_structure_kept(old, now);
                auto leaf = [&]<class Leaf>(const Leaf& a, Leaf& b) {
                    if constexpr (std::is_same_v<Leaf, Tensor>) {
                        const bool changed = !(a.storage() == b.storage()) || a.offset() != b.offset() || a.shape() != b.shape();
                        changes_.push_back(changed);
                        changes_arguments_ = changes_arguments_ || changed;
                        if (changed) {
                            taken.emplace_back(input, static_cast<int>(results.size()));
                            results.push_back(graph->operand("an argument", b));
                        }
                        ++input;
                    } else if constexpr (is_live<Leaf>) {
                        trails_.push_back(trail_of(*graph, b));
                        changes_arguments_ = true;
                    }
                };
                walk_all(leaf, old, now);
                changes_arguments_ = changes_arguments_ || !same_kind(old, now);
            } else {
                auto count = [&]<class Leaf>(const Leaf&) {
                    if constexpr (std::is_same_v<Leaf, Tensor>) ++input;
                };
                walk_all(count, old);
            }
        };
        [&]<std::size_t... i>(std::index_sequence<i...>) {
            (compare.template operator()<Args>(std::get<i>(before), std::get<i>(given)), ...);
        }(std::index_sequence_for<Args...>{});
        if constexpr (sizeof...(Args) > 0) after_.emplace(without_memory(std::move(given)));
        graph->stop();
        pointers_.resize(graph->inputs.size());
        outputs_.resize(results.size());
        program = std::make_unique<Program>(std::move(graph), std::move(results), std::move(taken));
    }

    [[nodiscard]] bool matches(const std::remove_cvref_t<Args>&... arguments) const {
        return [&]<std::size_t... i>(std::index_sequence<i...>) {
            return (same_kind(std::get<i>(seen_), arguments) && ...);
        }(std::index_sequence_for<Args...>{});
    }

    /// Does f change an argument that comes back, as far as is known?
    [[nodiscard]] bool changes_arguments() const { return changes_arguments_; }

    Result replay(std::remove_cvref_t<Args>&... arguments) {
        Trace::Live& live = program->live();
        std::size_t next = 0, generator = 0, count = 0, setting = 0;
        auto take = [&]<class Leaf>(Leaf& leaf) {
            if constexpr (std::is_same_v<Leaf, Tensor>) pointers_[next++] = &leaf;
            else if constexpr (std::is_same_v<Leaf, Rng>) live.generators[generator++] = leaf;
            else if constexpr (std::is_same_v<Leaf, Count>) live.counts[count++] = leaf.raw();
            else if constexpr (std::is_same_v<Leaf, Setting>) live.settings[setting++] = leaf.raw();
        };
        (walk_all(take, arguments), ...);
        std::size_t output = 0;
        auto find = [&]<class Leaf>(Leaf& leaf) {
            if constexpr (std::is_same_v<Leaf, Tensor>) outputs_[output++] = &leaf;
        };
        const auto run = [&] {
            std::size_t change = 0;
            const auto find_changed = [&]<class Arg>(std::remove_cvref_t<Arg>& now) {
                if constexpr (is_given_back<Arg>) {
                    auto leaf = [&]<class Leaf>(Leaf& a) {
                        if constexpr (std::is_same_v<Leaf, Tensor>)
                            if (changes_[change++]) outputs_[output++] = &a;
                    };
                    walk_all(leaf, now);
                }
            };
            (find_changed.template operator()<Args>(arguments), ...);
            program->run(pointers_, outputs_);
        };
        std::size_t trail = 0;
        const auto give_back = [&]<class Arg>(std::remove_cvref_t<Arg>& now, const std::remove_cvref_t<Arg>& after) {
            if constexpr (is_given_back<Arg>) {
                auto leaf = [&]<class Leaf>(Leaf& a, const Leaf& b) {
                    if constexpr (is_live<Leaf>) follow(trails_[trail++], live, b, a);
                    else if constexpr (!std::is_same_v<Leaf, Tensor>) a = b;
                };
                walk_all(leaf, now, after);
            }
        };
        const auto finish = [&] {
            if constexpr (sizeof...(Args) > 0)
                [&]<std::size_t... i>(std::index_sequence<i...>) {
                    (give_back.template operator()<Args>(arguments, std::get<i>(*after_)), ...);
                }(std::index_sequence_for<Args...>{});
        };
        if constexpr (has_result) {
            Result result = *result_;
            walk_all(find, result);
            run();
            auto set = [&]<class Leaf>(Leaf& leaf) {
                if constexpr (is_live<Leaf>) follow(trails_[trail++], live, leaf, leaf);
            };
            walk_all(set, result);
            finish();
            return result;
        } else {
            run();
            finish();
        }
    }

private:
    /// How a generator, counter or setting follows from those of the arguments.
    struct Trail {
        int from = -1;            ///< -1: from none, it is what f made
        std::uint64_t ahead = 0;
    };
    static Trail trail_of(const Graph& graph, const Rng& rng) {
        const int k = graph.generator_of(rng);
        if (k < 0) return {};
        return {k, rng.place()[2] - graph.live()->generators[static_cast<std::size_t>(k)].place()[2]};
    }
    static Trail trail_of(const Graph& graph, const Count& count) {
        const int k = count.slot();
        if (k < 0) return {};
        return {k, static_cast<std::uint64_t>(count.raw() - graph.live()->counts[static_cast<std::size_t>(k)])};
    }
    static Trail trail_of(const Graph&, const Setting& setting) { return {setting.slot()}; }
    /// `made`: what f left there when it was recorded.
    template <class Leaf>
    static void follow(const Trail& trail, const Trace::Live& live, const Leaf& made, Leaf& leaf) {
        if (trail.from < 0) {
            leaf = made;
            return;
        }
        const auto from = static_cast<std::size_t>(trail.from);
        if constexpr (std::is_same_v<Leaf, Rng>) {
            leaf = live.generators[from];
            leaf.skip(trail.ahead);
        } else if constexpr (std::is_same_v<Leaf, Count>) {
            leaf = Count(live.counts[from] + static_cast<std::int64_t>(trail.ahead));
        } else {
            leaf = Setting(live.settings[from]);
        }
    }
    template <class T>
    static void check_structure_kept(const T& before, const T& after) {
        if constexpr (is_tree_v<T>) try {
                check_structure<Leaves::all>(nullptr, before, after);
            } catch (const ValueError& error) {
                throw_structure_changed(error.what());
            }
    }

    Arguments seen_;
    std::optional<Arguments> after_;
    std::conditional_t<has_result, std::optional<Result>, std::optional<int>> result_;
    bool changes_arguments_ = false;
    std::vector<bool> changes_;    ///< of the tensors of arguments that come back
    std::vector<Trail> trails_;    ///< of generators and counters in the result, then in arguments that come back
    std::vector<Tensor*> pointers_, outputs_;  ///< the tensors of a call
};

}  // namespace detail

/// f, recorded at its first call and replayed from then on; see compile().
template <class F>
class Compiled {
    /// Does one of them hold numbers of a derivative?
    template <class... Args>
    static constexpr bool are_lifted = (detail::holds_lifted<std::remove_cvref_t<Args>>() || ...);

public:
    explicit Compiled(F f) : f_(std::move(f)) {}
    /// A copy records anew.
    Compiled(const Compiled& other) : f_(other.f_) {}
    Compiled(Compiled&&) noexcept = default;
    Compiled& operator=(Compiled other) noexcept {
        std::swap(f_, other.f_);
        std::swap(recordings_, other.recordings_);
        std::swap(recorded_, other.recorded_);
        std::swap(places_, other.places_);
        std::swap(meets_, other.meets_);
        return *this;
    }
    ~Compiled() = default;

    /// f(arguments...). Where an argument is being differentiated, an outer compile() records, or f changes an argument where
    /// two are the same object, f itself is run.
    template <class... Args>
        requires(std::is_invocable_v<const F&, Args...> || !are_lifted<Args...>)  // of those, what differentiates says it
    auto operator()(Args&&... arguments) const {
        if constexpr (!std::is_invocable_v<const F&, Args...>) {
            static_assert(std::is_invocable_v<const F&, Args...>, "compile: f cannot be called with these arguments");
            return Tensor();  // after the error
        } else if constexpr (are_lifted<Args...>) {
            return f_(std::forward<Args>(arguments)...);
        } else {
            if (detail::is_tracing() || (is_recorded(arguments) || ...))
                return f_(std::forward<Args>(arguments)...);
            auto& recording = recording_of<Args&&...>(arguments...);
            if constexpr ((detail::is_given_back<Args&&> || ...))
                if (meet(arguments...) && recording.changes_arguments()) return f_(std::forward<Args>(arguments)...);
            return recording.replay(const_cast<std::remove_cvref_t<Args>&>(arguments)...);
        }
    }

    /// How often f has been recorded: once for each kind of arguments, again when one of more than eight kinds comes back.
    [[nodiscard]] std::int64_t recordings() const { return recorded_; }
    /// The plan of the latest call: steps, what was fused in each, shapes, bytes moved and FLOPs.
    /// @throws ValueError  there was no call
    [[nodiscard]] std::string explanation() const {
        if (recordings_.empty()) throw ValueError("explain: the function has not been called, expected one call to record");
        return recordings_[0]->program->explanation();
    }

private:
    static constexpr std::size_t most_recordings = 8;

    /// The recording for these arguments, made now if there is none.
    template <class... Args>
    detail::Recording<F, Args...>& recording_of(const std::remove_cvref_t<Args>&... arguments) const {
        using Recording = detail::Recording<F, Args...>;
        for (std::size_t k = 0; k < recordings_.size(); ++k) {
            if (recordings_[k]->type != &detail::type_tag<Recording>) continue;
            auto& recording = static_cast<Recording&>(*recordings_[k]);
            if (!recording.matches(arguments...)) continue;
            if (k > 0) std::swap(recordings_[k], recordings_[0]);
            return recording;
        }
        auto recording = std::make_unique<Recording>(f_, arguments...);
        ++recorded_;
        if (recordings_.size() >= most_recordings) recordings_.pop_back();
        recordings_.insert(recordings_.begin(), std::move(recording));
        return static_cast<Recording&>(*recordings_[0]);
    }

    /// Does a place in memory belong to two of the arguments? A loop calls with the same ones again and again: then it is not
    /// asked again.
    template <class... Args>
    bool meet(const Args&... arguments) const {
        std::size_t count = 0;
        bool changed = false;
        auto look = [&]<class Leaf>(const Leaf& leaf) {
            if constexpr (std::is_same_v<Leaf, Tensor> || detail::is_live<Leaf> || std::is_arithmetic_v<Leaf>) {
                if (count == places_.size()) places_.push_back(nullptr);
                changed = changed || places_[count] != &leaf;
                places_[count++] = &leaf;
            }
        };
        (detail::walk_all(look, arguments), ...);
        if (count < places_.size() || changed) {
            places_.resize(count);
            std::vector<const void*> sorted = places_;
            std::sort(sorted.begin(), sorted.end(), std::less<>());
            meets_ = std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
        }
        return meets_;
    }

    template <class T>
    static bool is_recorded(const T& argument) {
        bool any = false;
        auto look = [&]<class Leaf>(const Leaf& leaf) {
            if constexpr (std::is_same_v<Leaf, Tensor>) any = any || detail::is_remembered(leaf);
        };
        detail::walk_all(look, argument);
        return any;
    }

    F f_;
    // A call is const, as f's is, so that what takes a function takes this one: grad(compile(f)). It changes what it remembers.
    mutable std::vector<std::unique_ptr<detail::RecordingBase>> recordings_;  // the latest first
    mutable std::int64_t recorded_ = 0;
    mutable std::vector<const void*> places_;  ///< of the latest arguments that f may change: see meet()
    mutable bool meets_ = false;
};

/// f with the same results, faster when it is called again and again with arguments of the same shapes.
///
/// The first call runs f and records its ops; the next ones replay them: without what no result needs, with what is computed
/// twice computed once, elementwise chains fused, in memory that is planned ahead. Derivatives inside f are recorded with it,
/// so a whole training step can be compiled, and a log density with its gradient.
///
///     auto step = compile([](Model& model, Adam<Model>& adam, const Tensor& x, const Tensor& labels) {
///         auto [loss, gradient] = value_and_grad(objective)(model, x, labels);
///         adam.update(model, gradient);
///         return loss;
///     });
///
/// Arguments and results are trees. An lvalue argument that f takes by reference is changed for the caller, as f would. What f
/// captures is part of the recording: pass what changes, as values, not pointers; and return what is computed, since what f
/// writes to captures is written when it is recorded, and not again. f computes on the thread that calls it: another one that
/// reads what depends on the arguments is refused, and pieces of parallel_for run one after another while f is recorded. An Rng or a Count in
/// an argument may be drawn from or advanced, and a Setting (the lr of our optimizers) may have another value in every call.
///
/// Another shape, dtype, structure, or value of anything that is no tensor (a double or an integer in a struct) records again,
/// and so does an argument that was an lvalue and is a temporary or const now; recordings() counts. Reading a number that depends
/// on the arguments inside f throws, because the recording would keep it: item(), values(), to_vector(), printing, split() of an
/// argument's generator.
///
/// @accuracy  results equal those of f up to the rounding of a sum in another order and of what simplifies (x * 1, x + 0);
///            what a constant mask of -infinity leaves out of an attention may not be read, so that a NaN there may not come through
/// @throws ValueError  f reads a number that depends on its arguments
/// One object is used by one thread at a time; a copy is independent.
template <class F>
[[nodiscard]] Compiled<F> compile(F f) {
    return Compiled<F>(std::move(f));
}

/// The plan of the latest call of a compiled function, as text.
template <class F>
[[nodiscard]] std::string explain(const Compiled<F>& compiled) {
    return compiled.explanation();
}

}  // namespace cotangent
