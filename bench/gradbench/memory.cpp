#include "memory.hpp"

#include <malloc.h>

#include <fstream>
#include <string>

#include "cotangent/tensor/error.hpp"

namespace cotangent::gradbench {
namespace {

std::size_t status(const std::string& wanted) {
    std::ifstream file("/proc/self/status");
    for (std::string name; file >> name; file.ignore(1000, '\n'))
        if (std::size_t kilobytes; name == wanted && file >> kilobytes) return kilobytes * 1024;
    throw IoError("gradbench: /proc/self/status has no " + wanted);
}

}  // namespace

std::size_t resident_bytes() { return status("VmRSS:"); }
std::size_t peak_bytes() { return status("VmHWM:"); }

void reset_peak() {
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << '5';
}

}  // namespace cotangent::gradbench
