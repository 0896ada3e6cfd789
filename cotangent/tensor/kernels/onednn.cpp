#include "cotangent/tensor/kernels/onednn.hpp"

#include <string_view>

#include "cotangent/tensor/error.hpp"

#include <fmt/format.h>

extern "C" {
// From libgomp, which oneDNN brings; declared here so that no compiler flag for OpenMP is needed.
int omp_get_max_threads(void);
void omp_set_num_threads(int);

#ifdef __SANITIZE_THREAD__
// oneDNN is not built with ThreadSanitizer, which so does not see that the lock of its cache of primitives is made before a
// second thread takes it.
const char* __tsan_default_suppressions() { return "race:libdnnl.so"; }
#endif
}

namespace cotangent::detail {
namespace {
// The purpose of a workspace.
struct Scratchpad;
}  // namespace

OneThread::OneThread() noexcept : before_(omp_get_max_threads()) {
    if (before_ != 1) omp_set_num_threads(1);
}

OneThread::~OneThread() {
    if (before_ != 1) omp_set_num_threads(before_);
}

dnnl::engine& engine() {
    static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
    return cpu;
}

dnnl::stream& stream() {
    thread_local dnnl::stream queue(engine());
    return queue;
}

dnnl::memory::data_type onednn_type(Dtype dtype) {
    if (dtype == Dtype::float32) return dnnl::memory::data_type::f32;
    if (dtype == Dtype::bfloat16) return dnnl::memory::data_type::bf16;
    throw DtypeError(fmt::format("oneDNN: dtype is {}, expected float32 or bfloat16", name(dtype)));
}

bool has_bfloat16_kernels() {
    static const bool found = [] {
        const dnnl::memory::desc desc({16, 16}, dnnl::memory::data_type::bf16, dnnl::memory::format_tag::ab);
        // The first implementation that takes a problem is the best; a reference one means that there are no kernels.
        const dnnl::matmul::primitive_desc found_desc({desc, desc, desc}, engine(), /*allow_empty=*/true);
        return found_desc && std::string_view(found_desc.impl_info_str()).find("ref") == std::string_view::npos;
    }();
    return found;
}

void Primitive::run() {
    if (const auto scratch = arguments_.find(DNNL_ARG_SCRATCHPAD); scratch != arguments_.end())
        scratch->second.set_data_handle(workspace<Scratchpad>().reserve(scratch->second.get_desc().get_size()));
    primitive_.execute(stream(), arguments_);
}

}  // namespace cotangent::detail
