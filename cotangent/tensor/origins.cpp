#include "cotangent/tensor/origins.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>

namespace cotangent::detail {

struct RecordingThread {
    static constexpr std::uint64_t never = ~std::uint64_t{0};
    std::atomic<std::uint64_t> began = never;  // the last id before its outermost derivative, while it has one
    std::uint64_t last_id = 0;                 // when it ended
};

namespace {

thread_local constinit RecordingThread* here = nullptr;
thread_local constinit std::uint64_t last_id = 0;

/// Takes a place for this thread, and frees it when the thread ends. Places are never deleted: records point to them.
class Place {
public:
    Place() {
        const std::lock_guard lock(mutex());
        if (free().empty()) {
            here = new RecordingThread;
        } else {
            here = free().back();
            free().pop_back();
            last_id = std::max(last_id, here->last_id);
        }
    }
    ~Place() {
        const std::lock_guard lock(mutex());
        here->last_id = last_id;
        free().push_back(std::exchange(here, nullptr));
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

private:
    static std::mutex& mutex() {
        static auto* one = new std::mutex;  // threads may outlive statics
        return *one;
    }
    static std::vector<RecordingThread*>& free() {
        static auto* list = new std::vector<RecordingThread*>;
        return *list;
    }
};

/// Is it of a derivative that is going on, on another thread?
bool counts(const Origin& origin) noexcept {
    return origin.thread != here && origin.id > origin.thread->began.load(std::memory_order_relaxed);
}

void add(Origins& origins, const Origin& origin) {
    if (!counts(origin)) return;
    for (Origin& other : origins)
        if (other.thread == origin.thread) {
            other.id = std::max(other.id, origin.id);
            return;
        }
    origins.push_back(origin);
}

void add(Origins& origins, const Node* node) {
    if (!node) return;
    add(origins, {node->thread, node->id});
    if (node->elsewhere)
        for (const Origin& origin : *node->elsewhere) add(origins, origin);
}

/// The record of what is not recorded here. It has no inputs, so no walk asks for its rules; it knows where it comes from.
struct Note {
    static constexpr const char* name = "of another thread";
    static constexpr Keep keep = Keep::nothing;
    void vjp(const Call&) const {}
    [[nodiscard]] Tensor jvp(const Call&) const { return {}; }
};

void note(Tensor& output, const Origins& origins) {
    if (!is_floating(output.dtype())) return;
    Node* node = new OpNode<Note, 0>(Note{}, output, std::span<const Tensor>());
    attach(node, output);
    node->elsewhere = std::make_unique<const Origins>(origins);
}

}  // namespace

std::uint64_t next_id() noexcept { return ++last_id; }

RecordingThread* this_thread() {
    if (!here) [[unlikely]] {
        static thread_local const Place place;
    }
    return here;
}
const RecordingThread* recording_thread() noexcept { return here; }

void begin_derivative() { this_thread()->began.store(last_id, std::memory_order_relaxed); }
void end_derivative() noexcept { here->began.store(RecordingThread::never, std::memory_order_relaxed); }

std::unique_ptr<const Origins> origins_of(std::span<const Tensor> inputs) {
    Origins origins;
    for (const Tensor& input : inputs) add(origins, input.node());
    return origins.empty() ? nullptr : std::make_unique<const Origins>(std::move(origins));
}

bool comes_from(const Node* node, const RecordingThread* thread, std::uint64_t first) {
    return node->elsewhere && std::any_of(node->elsewhere->begin(), node->elsewhere->end(), [&](const Origin& origin) {
               return origin.thread == thread && origin.id >= first;
           });
}

bool is_of_another_thread(const Tensor& x) noexcept {
    const Node* node = x.node();
    if (!node) return false;
    return counts({node->thread, node->id}) ||
           (node->elsewhere && std::any_of(node->elsewhere->begin(), node->elsewhere->end(), counts));
}

void throw_of_another_thread() {
    throw ValueError(
        "derivative: a tensor that is being differentiated went through an op on another thread, where nothing is recorded "
        "for this one; compute it on the thread that differentiates, or pass stop_gradient() of it");
}

void note_other_threads(std::span<Tensor> outputs, std::span<const Tensor> inputs) {
    if (const auto origins = origins_of(inputs))
        for (Tensor& output : outputs) note(output, *origins);
}

void note_other_threads(Tensor& output, std::initializer_list<const Tensor*> inputs) {
    const bool any = std::any_of(inputs.begin(), inputs.end(), [](const Tensor* input) {
        const Node* node = input->node();
        return node && (node->thread != here || node->elsewhere);
    });
    if (!any) [[likely]]
        return;
    Origins origins;
    for (const Tensor* input : inputs) add(origins, input->node());
    if (!origins.empty()) note(output, origins);
}

Tensor without_record(const Tensor& x) {
    Tensor result = x.detached();
    note_other_threads(result, {&x});
    return result;
}

}  // namespace cotangent::detail
