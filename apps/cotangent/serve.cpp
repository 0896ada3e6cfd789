#include "serve.hpp"

#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "cotangent/base/interrupt.hpp"
#include "cotangent/tensor/error.hpp"

#include <fmt/format.h>
#include <httplib.h>

namespace cotangent::app {
namespace {

/// While it lives, Ctrl-C comes to other threads than this one and those that it starts.
class InterruptElsewhere {
public:
    InterruptElsewhere() {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGINT);
        sigaddset(&signals, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &signals, &before_);
    }
    ~InterruptElsewhere() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    InterruptElsewhere(const InterruptElsewhere&) = delete;
    InterruptElsewhere& operator=(const InterruptElsewhere&) = delete;

private:
    sigset_t before_;
};

}  // namespace

void serve(const std::filesystem::path& page, int port) {
    std::ifstream stream(page, std::ios::binary);
    std::stringstream text;
    text << stream.rdbuf();
    if (!stream) throw IoError(fmt::format("{}: cannot be read", page.string()));
    const InterruptGuard guard;
    httplib::Server server;
    server.Get("/", [body = text.str()](const httplib::Request&, httplib::Response& response) {
        response.set_header("X-Content-Type-Options", "nosniff");
        response.set_content(body, "text/html; charset=utf-8");
    });
    const int bound = port == 0 ? server.bind_to_any_port("127.0.0.1") : server.bind_to_port("127.0.0.1", port) ? port : -1;
    if (bound < 0) throw IoError(fmt::format("serve: port {} of 127.0.0.1 is taken; choose another with --port", port));
    std::cout << fmt::format("Look at it on http://127.0.0.1:{}/ (Ctrl-C to stop)", bound) << std::endl;
    std::thread watch([&] {
        while (!interrupted()) std::this_thread::sleep_for(std::chrono::milliseconds(100));
        server.stop();
    });
    {
        const InterruptElsewhere here_it_is_served;
        server.listen_after_bind();
    }
    watch.join();
}

}  // namespace cotangent::app
