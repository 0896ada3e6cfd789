#pragma once
// What a thread computes of another one's derivative. A thread records what it differentiates itself, and walks its own
// records. A result that another thread computes of them, while that derivative goes on, carries its origins: of each thread
// the latest record that it was made of. All that is made of it carries them on. A walk of records that meets a result with
// an origin among them has met a derivative that nobody recorded.
#include <memory>
#include <span>

#include "cotangent/tensor/record.hpp"

namespace cotangent::detail {

/// The caller, as its records know it.
[[nodiscard]] RecordingThread* this_thread();
/// The caller's outermost derivative.
void begin_derivative();
void end_derivative() noexcept;

/// Of derivatives that are going on, on other threads than the caller's; null: there are none.
[[nodiscard]] std::unique_ptr<const Origins> origins_of(std::span<const Tensor> inputs);
/// Was the result of a record made of one of this thread's, with this id or a later one?
[[nodiscard]] bool comes_from(const Node* node, const RecordingThread* thread, std::uint64_t first);

}  // namespace cotangent::detail
