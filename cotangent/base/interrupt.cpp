#include "cotangent/base/interrupt.hpp"

#include <csignal>

namespace cotangent {
namespace {

volatile std::sig_atomic_t seen = 0;
int guards = 0;
struct sigaction old_interrupt, old_terminate;

void remember(int signal) {
    if (seen) {
        std::signal(signal, SIG_DFL);
        std::raise(signal);
    }
    seen = 1;
}

}  // namespace

InterruptGuard::InterruptGuard() {
    if (guards++ > 0) return;
    seen = 0;
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

bool interrupted() noexcept { return seen != 0; }

}  // namespace cotangent
