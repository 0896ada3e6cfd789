#include "cotangent/grad/tape.hpp"

#include <sys/mman.h>

#include <atomic>

#include "cotangent/tensor/error.hpp"

#include <fmt/format.h>

namespace cotangent::detail {

Reservation reserve(std::size_t bytes) {
    constexpr std::size_t least = std::size_t{1} << 20;
    for (; bytes >= least; bytes /= 2) {
        void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) continue;  // a limit on address space, as ulimit -v sets
        madvise(memory, bytes, MADV_DONTDUMP);
        return {memory, bytes};
    }
    throw Error("tape: the system gives no address space, expected at least 1 MiB");
}

void give_back(Reservation reservation) noexcept {
    if (reservation.memory) munmap(reservation.memory, reservation.bytes);
}

void throw_tape_full(std::uint64_t statements) {
    throw Error(
        fmt::format("tape: the function has more than {} statements; differentiate parts of it with checkpoint(), or "
                    "write it in tensors",
                    statements));
}

void throw_other_lengths(std::size_t expected, std::size_t seen) {
    throw ShapeError(
        fmt::format("derivative: a part of the tangent or cotangent has {} numbers, expected {}", seen, expected));
}

void throw_used_from_outside(const char* what) {
    throw ValueError(
        fmt::format("{}: the function uses a variable that is being differentiated further out, and its argument "
                    "is a plain number; pass that variable as an argument, so that derivatives nest",
                    what));
}

void throw_used_elsewhere() {
    throw ValueError(
        "derivative: a number is used that belongs to a derivative of another thread, or to one that is over; compute on "
        "the thread "
        "that differentiates, and keep values, not numbers of a derivative");
}

std::uint32_t first_serial() noexcept {
    static std::atomic<std::uint32_t> tapes{0};
    return ++tapes * 0x9E3779B9u;  // the golden ratio of 2^32: multiples of it lie far from each other
}

}  // namespace cotangent::detail
