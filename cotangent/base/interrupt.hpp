#pragma once

namespace cotangent {

/// While it lives, Ctrl-C (SIGINT) and SIGTERM do not end the process but make interrupted() true: long work looks at it
/// between steps, saves and stops. A second signal ends the process as usual. For programs; the library installs none.
class InterruptGuard {
public:
    InterruptGuard();
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;
};

/// Has a signal come since the outermost guard was made?
[[nodiscard]] bool interrupted() noexcept;

}  // namespace cotangent
