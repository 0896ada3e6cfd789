#include "cotangent/base/interrupt.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>

namespace cotangent {
namespace {

std::atomic<bool> seen = false;  // read by threads that the signal does not come to
static_assert(std::atomic<bool>::is_always_lock_free);
int guards = 0;
struct sigaction old_interrupt, old_terminate;

void remember(int signal) {
    const int before = errno;
    if (seen) {
        std::signal(signal, SIG_DFL);
        std::raise(signal);
    }
    seen = true;
    errno = before;
}

}  // namespace

InterruptGuard::InterruptGuard() {
    if (guards++ > 0) return;
    seen = false;
    struct sigaction action = {};
    action.sa_handler = remember;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, &old_interrupt);
    sigaction(SIGTERM, &action, &old_terminate);
}

InterruptGuard::~InterruptGuard() {
    if (--guards > 0) return;
    sigaction(SIGINT, &old_interrupt, nullptr);
    sigaction(SIGTERM, &old_terminate, nullptr);
}

bool interrupted() noexcept { return seen; }

}  // namespace cotangent
