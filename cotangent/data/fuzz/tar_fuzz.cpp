#include <cstdint>
#include <cstdlib>

#include "cotangent/data/detail/tar.hpp"
#include "cotangent/tensor/error.hpp"

namespace data = cotangent::data;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    try {
        const auto* begin = reinterpret_cast<const std::byte*>(bytes);
        for (const data::detail::TarFile& file : data::detail::list_tar({begin, size}))
            if (file.content.data() < begin || file.content.data() + file.content.size() > begin + size) std::abort();
    } catch (const cotangent::Error&) {
    }
    return 0;
}
