// Every op of the list, compiled, has the value and the gradient of the op itself.
#include <doctest/doctest.h>

#include <random>

#include "cotangent/grad/compile/compile.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/op_list.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;

namespace {

std::vector<ct::Tensor> draw(const ct::OpCase& op, unsigned seed, ct::Dtype dtype) {
    std::mt19937_64 generator(seed);
    std::vector<ct::Tensor> arguments;
    for (const ct::OpArgument& argument : op.arguments) {
        std::uniform_real_distribution<double> uniform(argument.low, argument.high);
        ct::Tensor tensor = ct::Tensor::uninitialized(argument.shape, ct::Dtype::float64);
        for (double& value : tensor.mutable_values<double>()) value = uniform(generator);
        arguments.push_back(cast(tensor, dtype));
    }
    return arguments;
}

void check_same(const std::vector<ct::Tensor>& seen, const std::vector<ct::Tensor>& expected, double tolerance) {
    REQUIRE(seen.size() == expected.size());
    for (std::size_t k = 0; k < seen.size(); ++k) {
        REQUIRE(seen[k].shape() == expected[k].shape());
        REQUIRE(seen[k].dtype() == expected[k].dtype());
        const auto a = seen[k].to_vector<double>(), b = expected[k].to_vector<double>();
        for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(a[i] - b[i]) <= tolerance * (1 + std::abs(b[i])));
    }
}

/// The value, and the gradient of the sum of its squares.
auto with_gradient(const ct::OpCase& op) {
    return [op](const std::vector<ct::Tensor>& x) {
        const auto loss = [&](const std::vector<ct::Tensor>& in) {
            const ct::Tensor y = op.call(in);
            return std::pair{sum(square(y)), y};
        };
        auto [value, gradient] = ct::value_and_grad(loss)(x);
        std::vector<ct::Tensor> all = gradient;
        all.push_back(value.first);
        all.push_back(value.second);
        return all;
    };
}

}  // namespace

TEST_CASE("every op of the list, compiled, has the value and gradient of the op itself") {
    for (const ct::Dtype dtype : {ct::Dtype::float64, ct::Dtype::float32})
        for (const ct::OpCase& op : ct::op_list()) {
            CAPTURE(op.name);
            const auto f = with_gradient(op);
            auto compiled = ct::compile(f);
            const double tolerance = dtype == ct::Dtype::float64 ? 1e-12 : 1e-5;
            for (const unsigned seed : {1u, 2u, 3u}) {
                const std::vector<ct::Tensor> x = draw(op, seed, dtype);
                check_same(compiled(x), f(x), tolerance);
            }
            CHECK(compiled.recordings() == 1);
        }
}
