#pragma once
// How the functions of grad.hpp differentiate with respect to numbers: the argument is rebuilt with Real or Dual numbers
// (scalars.hpp), the function runs once, and the derivative is read off. Tensors beside the numbers are differentiated too.
#include <memory>

#include "cotangent/grad/mixed.hpp"
#include "cotangent/grad/watch_tree.hpp"

namespace cotangent {

/// What to do where a gradient is zero because the function's result does not depend on its argument at all.
enum class Independent : std::uint8_t {
    allow,   ///< the gradient is zero; where the types alone show it, compilers warn
    refuse,  ///< ValueError: most often a forgotten argument, or a value taken out by primal(). Only a tape can tell, so
             ///< there is one in forward mode too
};

enum class Mode : std::uint8_t { automatic, reverse, forward };

namespace detail {

[[noreturn]] void throw_independent(const char* what);
/// @throws ValueError  the output depends on no variable
void check_depends(const char* what, const Tensor& output, std::span<const Tensor> variables);

/// Plain numbers, one or a list of them?
template <class Y>
[[nodiscard]] consteval bool are_plain_numbers() {
    if constexpr (std::is_arithmetic_v<Y>) return true;
    else if constexpr (kind_of<Y> == Kind::sequence) return are_plain_numbers<typename Y::value_type>();
    else return false;
}

template <bool warns>
constexpr void warn_independent() {}
template <>
[[deprecated(
    "derivative: the function returns a plain number, which cannot depend on its argument; the derivative is "
    "zero")]] constexpr void
warn_independent<true>() {}

/// Y is the type of the result, with plain numbers.
template <class Y>
consteval void check_result() {
    static_assert(std::is_same_v<Y, Tensor> || std::is_arithmetic_v<Y>,
                  "grad: the function returns something else than one number; use vjp() or jacobian()");
}

template <class T>
inline constexpr bool is_pair = false;
template <class A, class B>
inline constexpr bool is_pair<std::pair<A, B>> = true;

/// So many numbers, known when compiled, are differentiated forward, all at once. Beyond them a tape is faster.
inline constexpr int most_forward = 24;

/// A result with the derivative D taken off, as the caller sees it.
template <class D, class Y>
[[nodiscard]] auto without(const Y& y) {
    using S = typename Inside<D>::type;
    using Z = rebuilt<Y, ChangeFrom<D, S>>;
    if constexpr (std::is_same_v<Y, Z>) {
        if constexpr (is_tree_v<Y>) return leave(y);
        else return y;
    } else {
        return rebuild<Z>(
            y,
            []<class N>(const N& number) {
                if constexpr (std::is_same_v<N, D>) return S(Inside<D>::value(number));
                else return number;
            },
            []<class Part>(const Part& part) -> Part {
                if constexpr (is_tree_v<Part>) return leave(part);
                else return part;
            });
    }
}

/// What is not differentiated, in a gradient: 0 where it is a number of a tree. For zip_scalars().
struct ClearConstants {
    template <class Part>
    void operator()(const Part& from, Part& to) const {
        if constexpr (has_leaves<Part>) {
            std::vector<Tensor> zeros;
            for (const Tensor& leaf : differentiable_leaves(from)) zeros.push_back(zeros_like(leaf));
            to = leave(fill_tree(from, zeros));
        }
    }
};

// ---- Reverse ---------------------------------------------------------------------------------------------------------

/// One run of a function on Real numbers: its variables, and what is read off afterwards.
template <class S, class X>
class ReverseRun {
public:
    using R = Real<S>;
    using Lifted = rebuilt<X, ChangeTo<R>>;

    ReverseRun(const char* what, const X& x)
        : region_(what), lifted_(rebuild<Lifted>(
                             x, [](const S& s) { return R(s, tape<S>.push_variable()); },
                             [&]<class Part>(const Part& part) -> Part {
                                 if constexpr (has_leaves<Part>) return watch_tree(part, watched_);
                                 else return part;
                             })) {
        last_variable_ = tape<S>.count - 1;
        cotangents_ = std::make_shared<std::vector<Tensor>>(watched_.size());
        for (std::size_t k = 0; k < watched_.size(); ++k) crossings<R>.add({watched_[k], {}, &(*cotangents_)[k]});
    }

    [[nodiscard]] const Lifted& argument() const { return lifted_; }
    [[nodiscard]] const TapeRegion<S>& region() const { return region_; }
    [[nodiscard]] std::uint32_t last_variable() const { return last_variable_; }
    [[nodiscard]] const std::shared_ptr<std::vector<Tensor>>& cotangents() const { return cotangents_; }

private:
    TapeRegion<S> region_;
    CrossingScope<R> scope_;
    std::vector<Tensor> watched_;
    Lifted lifted_;
    std::uint32_t last_variable_ = 0;
    std::shared_ptr<std::vector<Tensor>> cotangents_;  // of the tensors in x
};

/// Hands the cotangent of a tensor result to the numbers and tensors it was made of.
template <class S>
void seed_tensor(Slot<S>* slots, std::span<const Crossing<Real<S>>> sources, const Tensor& output, const Tensor& cotangent) {
    std::vector<Tensor> variables;
    for (const auto& source : sources) variables.push_back(source.variable);
    const std::vector<Tensor> cotangents = pull({&output, 1}, {&cotangent, 1}, variables);
    for (std::size_t k = 0; k < sources.size(); ++k)
        if (Tensor* sum = sources[k].cotangent) {
            *sum = sum->has_storage() ? *sum + cotangents[k] : cotangents[k];
        } else {
            const std::vector<S> parts = ScalarsOf<S>::of(cotangents[k]);
            for (std::size_t i = 0; i < parts.size(); ++i)
                if (sources[k].numbers[i]) slots[sources[k].numbers[i]].adjoint += parts[i];
        }
}
template <class S>
[[nodiscard]] std::vector<Crossing<Real<S>>> sources_of(const Tensor& output) {
    refuse_lost<Real<S>>(output);
    std::vector<Crossing<Real<S>>> sources;
    for (const std::size_t k : reached_crossings<Real<S>>(output)) sources.push_back(crossings<Real<S>>.list[k]);
    return sources;
}

/// A tree like x of the adjoints of its variables, which stand in `slots` in order from `first`.
template <class S, class X>
[[nodiscard]] X read_gradient(const X& x, Slot<S>* slots, std::uint32_t first, std::vector<Tensor>& cotangents) {
    X gradient = x;
    std::size_t next = 0;
    zip_scalars(
        x, gradient, [&](const S&, S& g) { g = std::exchange(slots[first++].adjoint, S(0)); },
        [&](const auto& from, auto& g) {
            using Part = std::remove_cvref_t<decltype(from)>;
            if constexpr (has_leaves<Part>) {
                std::vector<Tensor> part;
                for (const Tensor& leaf : differentiable_leaves(from)) {
                    Tensor& cotangent = cotangents[next];
                    part.push_back(cotangent.has_storage() ? cotangent : zeros_like(leaf));
                    cotangent = Tensor();
                    ++next;
                }
                g = leave(fill_tree(from, part));
            }
        });
    return gradient;
}

template <class S, class F, class X, class... Rest>
[[nodiscard]] auto reverse_value_and_grad(const F& f, const X& x, Independent independent, Rest&&... rest) {
    using R = Real<S>;
    const ReverseRun<S, X> run("grad", x);
    const auto result = [&] {
        const Differentiating differentiating;
        return f(run.argument(), std::forward<Rest>(rest)...);
    }();
    using Result = std::remove_cvref_t<decltype(result)>;
    const auto& y = [&]() -> const auto& {
        if constexpr (is_pair<Result>) return result.first;
        else return result;
    }();
    using Y = std::remove_cvref_t<decltype(y)>;
    check_result<rebuilt<Y, ChangeTo<double>>>();
    bool depends = false;
    if constexpr (std::is_same_v<Y, R>) {
        run.region().check_results({&y, 1});
        depends = y.number() != 0;
        if (depends) tape<S>.slots[y.number()].adjoint = y.slope();
    } else if constexpr (std::is_same_v<Y, Tensor>) {
        check_scalar("grad", y);
        const auto sources = sources_of<S>(y);
        depends = !sources.empty();
        if (depends) seed_tensor<S>(tape<S>.slots, sources, y, full(y.shape(), 1, y.dtype()));
    } else {
        warn_independent<are_plain_numbers<Y>()>();
    }
    if (!depends && independent == Independent::refuse) throw_independent("grad");
    if (depends) run.region().sweep(run.last_variable());
    X gradient = read_gradient<S>(x, tape<S>.slots, run.region().begin(), *run.cotangents());
    if constexpr (is_pair<Result>)
        return std::pair{std::pair{without<R>(result.first), without<R>(result.second)}, std::move(gradient)};
    else return std::pair{without<R>(y), std::move(gradient)};
}

/// What a pullback keeps: the statements of one run, numbered from 1, and the tensors beside them.
template <class S>
struct KeptTape {
    std::vector<Slot<S>> slots;
    std::deque<FunctionStatement<S>> functions;
    std::shared_ptr<std::vector<Tensor>> cotangents;
    std::uint32_t shift;  ///< from the numbers of the run
    std::uint32_t last_variable;

    template <class X>
    explicit KeptTape(const ReverseRun<S, X>& run)
        : cotangents(run.cotangents()), shift(run.region().begin() - 1), last_variable(run.last_variable() - shift) {
        slots.assign(tape<S>.slots + shift, tape<S>.slots + tape<S>.count);
        for (std::size_t k = 1; k < slots.size(); ++k)
            for (std::uint32_t& argument : slots[k].argument) argument -= shift;  // below continues_below, so no borrow
        functions = run.region().functions();
        for (FunctionStatement<S>& function : functions) {
            function.first -= shift;
            for (std::uint32_t& input : function.inputs) input = moved(input);
        }
    }
    [[nodiscard]] std::uint32_t moved(std::uint32_t number) const { return number ? number - shift : 0; }
    void sweep() {
        try {
            detail::sweep<S>(slots.data(), functions, static_cast<std::uint32_t>(slots.size()) - 1, last_variable);
        } catch (...) {  // a rule, or arithmetic that is recorded itself: the next call begins from zero all the same
            for (Slot<S>& slot : slots) slot.adjoint = S(0);
            throw;
        }
    }
};

template <class S, class F, class X>
[[nodiscard]] auto scalar_vjp(const F& f, const X& x) {
    using R = Real<S>;
    const ReverseRun<S, X> run("vjp", x);
    const auto y = [&] {
        const Differentiating differentiating;
        return f(run.argument());
    }();
    run.region().check_room();
    run.region().check_results(numbers_of<S>(y));
    warn_independent<are_plain_numbers<std::remove_cvref_t<decltype(y)>>()>();
    using Y = std::remove_cvref_t<decltype(without<R>(y))>;
    auto kept = std::make_shared<KeptTape<S>>(run);
    std::vector<std::vector<Crossing<R>>> sources;  // of each tensor in y
    if constexpr (has_tensors<std::remove_cvref_t<decltype(y)>>)
        zip_scalars(
            y, y, [](const auto&, const auto&) {},
            [&](const auto& part, const auto&) {
                if constexpr (has_leaves<std::remove_cvref_t<decltype(part)>>)
                    for (const Tensor& leaf : differentiable_leaves(part)) {
                        auto& list = sources.emplace_back(sources_of<S>(leaf));
                        for (auto& source : list)
                            for (std::uint32_t& number : source.numbers) number = kept->moved(number);
                    }
            });
    auto pullback = [x, y, kept, sources](const Y& cotangent) -> X {
        std::size_t next = 0;
        zip_scalars(
            y, cotangent,
            [&](const auto& number, const auto& c) {
                if constexpr (std::is_same_v<std::remove_cvref_t<decltype(number)>, R>)
                    if (number.number()) kept->slots[kept->moved(number.number())].adjoint += times(S(c), number.slope());
            },
            [&](const auto& part, const auto& c) {
                if constexpr (has_leaves<std::remove_cvref_t<decltype(part)>>) {
                    const auto outputs = differentiable_leaves(part), seeds = differentiable_leaves(c);
                    for (std::size_t k = 0; k < outputs.size(); ++k)
                        seed_tensor<S>(kept->slots.data(), sources[next++], outputs[k], seeds[k]);
                }
            });
        kept->sweep();
        return read_gradient<S>(x, kept->slots.data(), 1, *kept->cotangents);
    };
    return std::pair{without<R>(y), std::move(pullback)};
}

// ---- Forward ---------------------------------------------------------------------------------------------------------

/// How many functions are being differentiated with numbers of type D on this thread.
template <class D>
inline thread_local constinit int running = 0;
template <class D>
struct Running {
    Running() { ++running<D>; }
    ~Running() { --running<D>; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
};

/// x as dual numbers; set(tangent, i) fills the tangent of number i.
template <class D, class X, class Set>
[[nodiscard]] rebuilt<X, ChangeTo<D>> lift_forward(const X& x, Set set) {
    using S = typename Inside<D>::type;
    int next = 0;
    return rebuild<rebuilt<X, ChangeTo<D>>>(x, [&](const S& s) {
        D number(s);
        set(number.tangent, next++);
        return number;
    });
}
template <class D, class Y>
[[nodiscard]] bool has_tangents(const Y& y) {
    bool any = false;
    zip_scalars(
        y, y,
        [&]<class N>(const N& number, const N&) {
            if constexpr (std::is_same_v<N, D>)
                for (int d = 0; d < direction_count<decltype(D::tangent)>; ++d) {
                    const auto tangent = primal(tangent_along(number.tangent, d));
                    any = any || (tangent != 0 && tangent == tangent);  // an infinite derivative makes NaN of no tangent
                }
        },
        [](const auto&, const auto&) {});
    return any;
}
/// f of dual numbers. Inside another run with the same type of number, tangents that come without being sent are those of
/// the other run: found by a second run with none.
template <class D, class F, class X, class Set>
[[nodiscard]] auto run_forward(const char* what, const F& f, const X& x, Set set) {
    const Running<D> guard;
    const Differentiating differentiating;
    auto y = f(lift_forward<D>(x, set));
    if (running<D> > 1 && has_tangents<D>(f(lift_forward<D>(x, [](auto&, int) {})))) throw_used_from_outside(what);
    return y;
}

template <class S, int n, class F, class X>
[[nodiscard]] auto forward_value_and_grad(const F& f, const X& x) {
    using D = Dual<S, Tangents<S, n>>;
    const CrossingScope<D> scope;
    const auto result = run_forward<D>("grad", f, x, [](auto& tangent, int i) { tangent = Tangents<S, n>::unit(i); });
    using Result = std::remove_cvref_t<decltype(result)>;
    const auto& y = [&]() -> const auto& {
        if constexpr (is_pair<Result>) return result.first;
        else return result;
    }();
    using Y = std::remove_cvref_t<decltype(y)>;
    check_result<rebuilt<Y, ChangeTo<double>>>();
    D number(S(0));
    if constexpr (std::is_same_v<Y, Tensor>) {
        check_scalar("grad", y);
        number = to_scalar<D>(y);
    } else if constexpr (std::is_same_v<Y, D>) {
        number = y;
    } else {
        warn_independent<are_plain_numbers<Y>()>();
    }
    int next = 0;
    X gradient = x;
    zip_scalars(
        x, gradient, [&](const S&, S& g) { g = number.tangent[next++]; }, ClearConstants());
    if constexpr (is_pair<Result>)
        return std::pair{std::pair{without<D>(result.first), without<D>(result.second)}, std::move(gradient)};
    else return std::pair{without<D>(y), std::move(gradient)};
}

template <class S, class F, class X>
[[nodiscard]] auto scalar_jvp(const F& f, const X& x, const X& tangent) {
    using D = Dual<S>;
    const CrossingScope<D> scope;
    std::vector<S> along;
    std::vector<Tensor> tensors_along;
    zip_scalars(
        x, tangent, [&](const S&, const S& t) { along.push_back(t); },
        [&](const auto&, const auto& t) {
            if constexpr (has_leaves<std::remove_cvref_t<decltype(t)>>)
                for (const Tensor& leaf : differentiable_leaves(t)) tensors_along.push_back(leaf);
        });
    const auto lifted_f = [&](auto lifted) {
        if constexpr (has_tensors<X>) {
            std::vector<Tensor> watched;
            zip_scalars(
                x, lifted, [](const S&, D&) {},
                [&](const auto& from, auto& to) {
                    if constexpr (has_leaves<std::remove_cvref_t<decltype(from)>>) to = watch_tree(from, watched);
                });
            for (std::size_t k = 0; k < watched.size(); ++k)
                crossings<D>.add({watched[k], ScalarsOf<S>::of(tensors_along[k])});
        }
        return f(lifted);
    };
    const auto y = run_forward<D>("jvp", lifted_f, x, [&](S& t, int i) { t = along[static_cast<std::size_t>(i)]; });
    warn_independent<are_plain_numbers<std::remove_cvref_t<decltype(y)>>()>();
    auto value = without<D>(y);
    auto dy = value;
    zip_scalars(
        y, dy,
        [](const auto& number, auto& to) {
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(number)>, D>) to = number.tangent;
            else to = std::remove_cvref_t<decltype(to)>(0);
        },
        [&](const auto& part, auto& to) {
            if constexpr (has_leaves<std::remove_cvref_t<decltype(part)>>) {
                std::vector<Tensor> tangents;
                for (const Tensor& leaf : differentiable_leaves(part)) {
                    std::vector<S> of_leaf;
                    for (const D& number : to_scalars<D>(leaf)) of_leaf.push_back(number.tangent);
                    tangents.push_back(cast(tensor_of(std::span<const S>(of_leaf), leaf.shape()), leaf.dtype()));
                }
                to = leave(fill_tree(part, tangents));
            }
        });
    return std::pair{std::move(value), std::move(dy)};
}

}  // namespace detail
}  // namespace cotangent
