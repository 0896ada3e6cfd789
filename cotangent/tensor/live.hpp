#pragma once
// Numbers among the arguments of a compiled function that may change from call to call without another recording.
// They are no leaves of a tree: save() leaves them out, and fit() keeps those of its optimizer beside.
#include <cstdint>

#include "cotangent/tensor/trace_state.hpp"

namespace cotangent {

/// A counter that a compiled function may advance, such as the steps of an optimizer. It reads as an integer everywhere but
/// inside f of compile(f).
class Count {
public:
    Count(std::int64_t value = 0) : value_(value) {}
    /// @throws ValueError  it belongs to an argument of a function that is being compiled: its value changes from call to
    /// call
    operator std::int64_t() const {
        if (!detail::is_readable(trace_)) detail::check_read(trace_, "a Count");
        return value_;
    }
    Count& operator++() {
        ++value_;
        return *this;
    }

    // What compile() needs: which counter of the active trace it is, if any, and what it holds.
    [[nodiscard]] std::int32_t slot() const { return trace_ == detail::trace_state.guarded ? slot_ : -1; }
    void set_slot(std::int32_t slot) {
        slot_ = slot;
        trace_ = detail::trace_state.guarded;
    }
    [[nodiscard]] std::int64_t raw() const { return value_; }

private:
    std::int64_t value_;
    std::int32_t slot_ = -1;
    std::uint32_t trace_ = 0;  // what it carries out of a trace means nothing in another
};

/// A setting, such as a learning rate that follows a schedule. It reads as a double everywhere but inside f of compile(f).
class Setting {
public:
    Setting(double value = 0) : value_(value) {}
    /// @throws ValueError  it belongs to an argument of a function that is being compiled: its value changes from call to
    /// call
    operator double() const {
        if (!detail::is_readable(trace_)) detail::check_read(trace_, "a Setting");
        return value_;
    }

    [[nodiscard]] std::int32_t slot() const { return trace_ == detail::trace_state.guarded ? slot_ : -1; }
    void set_slot(std::int32_t slot) {
        slot_ = slot;
        trace_ = detail::trace_state.guarded;
    }
    [[nodiscard]] double raw() const { return value_; }

private:
    double value_;
    std::int32_t slot_ = -1;
    std::uint32_t trace_ = 0;  // what it carries out of a trace means nothing in another
};

}  // namespace cotangent
