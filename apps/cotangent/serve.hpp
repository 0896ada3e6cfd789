#pragma once
#include <filesystem>

namespace cotangent::app {

/// Serves one file as / on 127.0.0.1 until Ctrl-C, and prints the address. Port 0 takes a free one.
/// @throws IoError  the port is taken
void serve(const std::filesystem::path& page, int port);

}  // namespace cotangent::app
