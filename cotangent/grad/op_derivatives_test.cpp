// Every op of the list has the derivatives that differences give, to second order, on every kind of shape.
#include <doctest/doctest.h>

#include <random>

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/tensor/op_list.hpp"

namespace ct = cotangent;

namespace {

std::vector<ct::Tensor> draw(const ct::OpCase& op) {
    std::mt19937_64 generator(std::hash<std::string>{}(op.name));
    std::vector<ct::Tensor> arguments;
    for (const ct::OpArgument& argument : op.arguments) {
        std::uniform_real_distribution<double> uniform(argument.low, argument.high);
        ct::Tensor tensor = ct::Tensor::uninitialized(argument.shape, ct::Dtype::float64);
        for (double& value : tensor.mutable_values<double>()) value = uniform(generator);
        arguments.push_back(tensor);
    }
    return arguments;
}

}  // namespace

TEST_CASE("every op of the list has the derivatives that differences give") {
    for (const ct::OpCase& op : ct::op_list()) {
        CAPTURE(op.name);
        CHECK_NOTHROW(ct::detail::check_tensor_derivatives(
            [&](const std::vector<ct::Tensor>& x) { return std::vector<ct::Tensor>{op.call(x)}; }, draw(op), {}));
    }
}
