#include <unistd.h>

#include <iostream>

#include "command.hpp"
#include "cotangent/tensor/error.hpp"
#include "cotangent/tensor/threads.hpp"

#include <CLI/CLI.hpp>

namespace cotangent::app {

std::ostream* progress_stream() { return &std::cerr; }
ProgressStyle progress_style() { return isatty(STDERR_FILENO) ? ProgressStyle::bar : ProgressStyle::lines; }

}  // namespace cotangent::app

int main(int argc, char** argv) {
    namespace app = cotangent::app;
    CLI::App command("Differentiable computing: train, look into and ship models. Start with `cotangent tour`.", "cotangent");
    command.set_version_flag("--version", "cotangent 0.1.0");
    command.require_subcommand(1);
    command.footer("Examples:\n  cotangent tour\n  cotangent train --data images:my_pictures --out mine.safetensors\n  cotangent predict mine.safetensors photo.jpg");
    command.set_help_all_flag("--help-all", "The help of all subcommands");
    app::add_tour(command);
    app::add_train(command);
    app::add_evaluate(command);
    app::add_predict(command);
    app::add_data(command);
    try {
        command.parse(argc, argv);
        return 0;
    } catch (const CLI::RequiredError& error) {
        if (const auto left = command.remaining(); command.get_subcommands().empty() && !left.empty()) {
            std::cerr << "cotangent: " << left.front() << " is no subcommand, expected tour, train, evaluate, predict or data\n";
            return app::wrong_usage;
        }
        command.exit(error);
        return app::wrong_usage;
    } catch (const CLI::ParseError& error) {
        return command.exit(error) == 0 ? 0 : app::wrong_usage;
    } catch (const app::Interrupted& stop) {
        std::cerr << "\nStopped. " << stop.message << '\n';
        return app::was_interrupted;
    } catch (const std::exception& error) {
        std::cerr << "cotangent: " << error.what() << '\n';
        return app::failed;
    }
}
