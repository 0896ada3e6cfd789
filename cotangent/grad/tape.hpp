#pragma once
// The tape of reverse mode over scalars: what Real writes while a function runs, and what is read backwards afterwards.
//
// A statement is y = f(x_1, ..., x_n); the tape keeps the partial derivatives dy/dx_i with the numbers of the x_i, two to a
// slot, beside room for the adjoint of y. An operator of two variables fills one slot of 32 bytes (in float64), one of a
// single variable none (see Real); a preaccumulated function (see preaccumulate.hpp) fills n / 2. The number of a statement
// is that of its last slot. 0 is no statement: a constant.
//
// Each thread has one tape for each type of number. Its address space is reserved once, as a stack of 2^31 slots; memory is
// taken page by page as it grows, and stays when the tape is rewound.
//
// A number knows its statement and the derivative that it belongs to, by a serial in the upper half. An operator that is
// given numbers of another derivative throws: of one further out, of another thread, or of one that is over.
// @source  Griewank, Walther 2008, Evaluating Derivatives, chapters 3 and 4 (statement-level reverse mode)
#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace cotangent {

template <class T>
class Real;

namespace detail {

struct Reservation {
    void* memory = nullptr;
    std::size_t bytes = 0;
};
/// Address space without memory behind it yet; as much of `bytes` as the system gives, which may be less.
/// @throws Error  there is not even a page
[[nodiscard]] Reservation reserve(std::size_t bytes);
void give_back(Reservation reservation) noexcept;
[[noreturn]] void throw_tape_full(std::uint64_t statements);
[[noreturn]] void throw_used_from_outside(const char* what);
[[noreturn]] void throw_used_elsewhere();
/// Where the serials of a thread's derivatives begin: far from those of other threads.
[[nodiscard]] std::uint32_t first_serial() noexcept;

template <class T>
[[nodiscard, gnu::always_inline]] inline bool has_no_effect(const T& adjoint) {
    if constexpr (std::is_floating_point_v<T>) return adjoint == 0;
    else return is_constant_zero(adjoint);
}

template <class T>
[[nodiscard]] bool is_one(const T& partial) {
    if constexpr (std::is_floating_point_v<T>) return partial == 1;
    else if constexpr (requires { partial.number(); }) return partial.number() == 0 && is_one(partial.value());
    else return false;  // tangents are not looked at
}

template <class T>
struct Slot {
    T partial[2];
    std::uint32_t argument[2];  ///< statement numbers; its own where there is no argument. See continues_below.
    T adjoint;
};
/// Set in argument[1]: the slot below belongs to the same statement.
inline constexpr std::uint32_t continues_below = 0x80000000u;

/// A statement whose rule is a function: a tensor computation, a checkpoint. Its outputs are `count` slots from `first`.
template <class T>
struct FunctionStatement {
    std::uint32_t first, count;
    std::vector<std::uint32_t> inputs;  ///< statement numbers, settled; 0 for constants
    /// (adjoints of the outputs, adjoints of the inputs, zero before): adds to the latter
    std::function<void(std::span<const T>, std::span<T>)> rule;
};

template <class T>
class TapeRegion;

/// No destructor and constant from the start, so that a thread reaches its tape without a guard.
template <class T>
struct Tape {
    Slot<T>* slots = nullptr;
    std::uint64_t derivative = 0;  ///< the serial of the innermost one, in the upper half; 0: there is none
    std::uint32_t count = 0;       ///< of slots in use; slot 0 is never used
    std::uint32_t limit = 0;       ///< a full tape stays at its limit: a sweep refuses it. So operators call nothing.
    std::deque<FunctionStatement<T>>* functions = nullptr;  ///< a rule may add to it while it is read
    const TapeRegion<T>* region = nullptr;                  ///< the innermost
    std::uint32_t serial = 0;                               ///< the latest

    /// Do these statements, one or two, belong to the derivative that is being taken here?
    [[gnu::always_inline]] void check(std::uint64_t x, std::uint64_t y) const {
        if ((((x ^ derivative) | (y ^ derivative)) >> 32) != 0) [[unlikely]]
            refuse((x ^ derivative) >> 32 ? x : y);
    }
    /// @throws ValueError  always
    [[noreturn, gnu::cold, gnu::noinline]] void refuse(std::uint64_t statement) const;
    /// The number of the next statement.
    [[gnu::always_inline]] std::uint32_t next() {
        const std::uint32_t k = count;
        count = k + (k != limit);
        return k;
    }
    // What these return, and take as arguments, is a statement with its derivative.
    [[gnu::always_inline]] std::uint64_t push(const T& p, std::uint64_t x) {
        check(x, x);
        const std::uint32_t k = next();
        slots[k] = {{p, T(0)}, {static_cast<std::uint32_t>(x), k}, T(0)};
        return derivative | k;
    }
    [[gnu::always_inline]] std::uint64_t push(const T& p, std::uint64_t x, const T& q, std::uint64_t y) {
        check(x, y);
        const std::uint32_t k = next();
        slots[k] = {{p, q}, {static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y)}, T(0)};
        return derivative | k;
    }
    std::uint64_t push_variable() {
        const std::uint32_t k = next();
        slots[k] = {{T(0), T(0)}, {k, k}, T(0)};
        return derivative | k;
    }
    /// `outputs` slots whose adjoints `rule` turns into those of the inputs, one of which varies; the first, after which the
    /// others follow.
    std::uint64_t push_function(std::uint32_t outputs, std::vector<std::uint32_t> inputs,
                                std::function<void(std::span<const T>, std::span<T>)> rule) {
        const std::uint32_t first = count;
        for (std::uint32_t i = 0; i < outputs; ++i) (void)push_variable();
        functions->push_back({first, outputs, std::move(inputs), std::move(rule)});
        return derivative | first;
    }
    [[nodiscard]] bool exists() const { return functions != nullptr; }
    void create();
};

#ifdef __SANITIZE_ADDRESS__
// GCC tests an initial-exec address for null by the flags of an `add` that the linker turns into a `lea`, which sets none:
// -fsanitize=null would report null tapes that are not.
template <class T>
inline thread_local constinit Tape<T> tape = {};
#else
template <class T>
inline thread_local constinit Tape<T> tape [[gnu::tls_model("initial-exec")]] = {};
#endif

/// Frees a thread's tape at its end.
template <class T>
struct TapeOwner {
    Reservation reservation;
    std::deque<FunctionStatement<T>> functions;
    TapeOwner() {
        static_assert(std::is_trivially_destructible_v<T>);  // a rewound slot is not destroyed
        constexpr std::size_t most = std::size_t{1} << 31;
        reservation = reserve(most * sizeof(Slot<T>));
        tape<T>.slots = static_cast<Slot<T>*>(reservation.memory);
        tape<T>.limit = static_cast<std::uint32_t>(std::min(reservation.bytes / sizeof(Slot<T>), most)) - 1;
        tape<T>.count = 1;
        tape<T>.functions = &functions;
        tape<T>.serial = first_serial();
    }
    ~TapeOwner() {
        tape<T> = {};
        give_back(reservation);
    }
    TapeOwner(const TapeOwner&) = delete;
    TapeOwner& operator=(const TapeOwner&) = delete;
};

template <class T>
void Tape<T>::create() {
    static thread_local TapeOwner<T> owner;
}

/// a + b. Where sums are recorded too, none is for a zero.
template <class T>
[[nodiscard, gnu::always_inline]] inline T plus(const T& a, const T& b) {
    if constexpr (std::is_floating_point_v<T>) return a + b;
    else return has_no_effect(b) ? a : has_no_effect(a) ? b : a + b;
}

/// Adds to the adjoints of arguments, from statement `last` down to, not including, `until`. The adjoints of what it
/// passes are zero afterwards, as they were before the sweep.
template <class T>
void sweep_slots(Slot<T>* slots, std::uint32_t last, std::uint32_t until) {
    T carried(0);  // to the slot below, which most statements read: in a register, not by way of memory
    for (std::uint32_t k = last; k > until;) {
        const T a = plus(slots[k].adjoint, carried);
        carried = T(0);
        if (has_no_effect(a)) {
            if (!has_no_effect(slots[k].adjoint))
                slots[k].adjoint = T(0);  // it and what was carried were each other's negative
            --k;
            continue;
        }
        for (bool more = true; more; --k) {
            const T p = slots[k].partial[0], q = slots[k].partial[1];
            const std::uint32_t x = slots[k].argument[0], y = slots[k].argument[1] & ~continues_below;
            more = (slots[k].argument[1] & continues_below) != 0;
            if (x == k - 1) carried = a * p;
            else if (x != k) slots[x].adjoint += a * p;
            if (y == k - 1) carried = plus(carried, a * q);
            else if (y != k) slots[y].adjoint += a * q;
            slots[k].adjoint = T(0);
        }
    }
    slots[until].adjoint = plus(slots[until].adjoint, carried);
}

/// The same with the functions among them, the last of `functions`.
template <class T>
void sweep(Slot<T>* slots, const std::deque<FunctionStatement<T>>& functions, std::uint32_t last, std::uint32_t until) {
    std::vector<T> given, received;
    for (std::size_t i = functions.size(); i > 0; --i) {
        const FunctionStatement<T>& function = functions[i - 1];
        if (function.first <= until) break;
        sweep_slots(slots, last, function.first + function.count - 1);
        last = function.first - 1;
        given.clear();
        bool needed = false;
        for (std::uint32_t k = function.first; k < function.first + function.count; ++k) {
            needed = needed || !has_no_effect(slots[k].adjoint);
            given.push_back(std::exchange(slots[k].adjoint, T(0)));
        }
        if (!needed) continue;
        received.assign(function.inputs.size(), T(0));
        function.rule(given, received);
        for (std::size_t k = 0; k < received.size(); ++k)
            if (function.inputs[k]) slots[function.inputs[k]].adjoint += received[k];
    }
    sweep_slots(slots, last, until);
}

/// A derivative on this thread, and its part of the tape, from where that stands to where it will: rewound when this ends.
template <class T>
class TapeRegion {
public:
    /// `what` takes it, for messages.
    explicit TapeRegion(const char* what) : what_(what) {
        Tape<T>& to = tape<T>;
        if (!to.exists()) to.create();
        begin_ = to.count;
        functions_ = to.functions->size();
        outer_ = std::exchange(to.region, this);
        outer_derivative_ = to.derivative;
        to.serial += to.serial == ~std::uint32_t{0} ? 2 : 1;  // never 0
        derivative_ = to.derivative = std::uint64_t{to.serial} << 32;
    }
    ~TapeRegion() {
        Tape<T>& to = tape<T>;
        to.functions->resize(functions_);
        to.count = begin_;
        to.region = outer_;
        to.derivative = outer_derivative_;
    }
    TapeRegion(const TapeRegion&) = delete;
    TapeRegion& operator=(const TapeRegion&) = delete;

    [[nodiscard]] std::uint32_t begin() const { return begin_; }
    /// Copies of its functions.
    [[nodiscard]] std::deque<FunctionStatement<T>> functions() const {
        return {tape<T>.functions->begin() + static_cast<std::ptrdiff_t>(functions_), tape<T>.functions->end()};
    }
    /// @throws ValueError  a result is one of another derivative, which would be lost
    void check_results(std::span<const Real<T>> results) const {
        for (const Real<T>& y : results)
            if (y.number()) tape<T>.check(y.statement(), y.statement());
    }
    /// Is it this derivative, or one around it?
    [[nodiscard]] bool is_within(std::uint64_t derivative) const {
        return derivative_ == derivative || (outer_ && outer_->is_within(derivative));
    }
    [[nodiscard]] const char* what() const { return what_; }
    /// @throws Error  the tape is full
    void sweep(std::uint32_t until) const {
        check_room();
        detail::sweep<T>(tape<T>.slots, *tape<T>.functions, tape<T>.count - 1, until);
    }
    /// Forgets its functions, and its statements from `first` on.
    void rewind(std::uint32_t first) const {
        tape<T>.functions->resize(functions_);
        tape<T>.count = first;
    }
    void check_room() const {
        if (tape<T>.count == tape<T>.limit) throw_tape_full(tape<T>.limit);
    }

private:
    const char* what_;
    std::uint32_t begin_;
    std::size_t functions_;
    const TapeRegion* outer_;
    std::uint64_t derivative_, outer_derivative_;
};

template <class T>
void Tape<T>::refuse(std::uint64_t statement) const {
    if (region && region->is_within(statement >> 32 << 32)) throw_used_from_outside(region->what());
    throw_used_elsewhere();
}

}  // namespace detail
}  // namespace cotangent
