#include <cstdint>
#include <cstdlib>

#include "cotangent/data/detail/emoji_list.hpp"
#include "cotangent/tensor/error.hpp"

namespace data = cotangent::data;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    try {
        for (const data::Emoji& emoji : data::detail::parse_emoji_list({reinterpret_cast<const char*>(bytes), size}, "fuzz"))
            if (data::to_utf8(emoji).empty()) std::abort();
    } catch (const cotangent::Error&) {
    }
    return 0;
}
