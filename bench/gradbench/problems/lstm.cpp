#include "lstm.hpp"

#include "read.hpp"

namespace cotangent::gradbench {

Lstm read_lstm(const std::filesystem::path& path) {
    NumberFile file(path);
    Lstm problem{};
    file(problem.layers);
    file(problem.characters);
    file(problem.bits);
    problem.parameters.resize((8 * problem.layers + 3) * problem.bits);
    problem.state.resize(2 * problem.layers * problem.bits);
    problem.text.resize(problem.characters * problem.bits);
    for (std::vector<double>* part : {&problem.parameters, &problem.state, &problem.text})
        for (double& x : *part) file(x);
    return problem;
}

}  // namespace cotangent::gradbench
