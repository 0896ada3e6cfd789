# Writes INPUT as a C++ array of characters to OUTPUT.
file(READ ${INPUT} bytes HEX)
string(LENGTH "${bytes}" digits)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT} "// Generated from ${INPUT}.
#include \"page.hpp\"
namespace {
constexpr unsigned char bytes[] = {
${bytes}
0};
}
std::string_view cotangent::app::page_template() {
    return {reinterpret_cast<const char*>(bytes), sizeof(bytes) - 1};
}
")
