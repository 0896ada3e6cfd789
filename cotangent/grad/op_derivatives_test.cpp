// Every op of the list has the derivatives that differences give, to second order, on every kind of shape.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <regex>
#include <set>

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/op_list.hpp"
#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/record.hpp"

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

void add_names(const ct::detail::Node* node, std::set<std::string>& names) {
    if (!node) return;
    names.insert(node->name());
    for (std::uint32_t k = 0; k < node->input_count; ++k) add_names(node->inputs[k].node(), names);
}

/// The names of the ops that have rules, out of the sources: `static constexpr const char* name = "sum";`.
std::set<std::string> names_in_sources() {
    std::set<std::string> names;
    const std::regex declaration(R"(const char\* name =([^;]*);)"), literal(R"-("([a-z0-9_]+)")-");
    for (const char* folder : {"../tensor/ops", "../tensor/linalg"})
        for (const auto& entry :
             std::filesystem::directory_iterator(std::filesystem::path(__FILE__).parent_path() / folder)) {
            std::ifstream file(entry.path());
            const std::string text{std::istreambuf_iterator<char>(file), {}};
            for (std::sregex_iterator at(text.begin(), text.end(), declaration), end; at != end; ++at) {
                const std::string value = (*at)[1];
                for (std::sregex_iterator name(value.begin(), value.end(), literal); name != end; ++name)
                    names.insert((*name)[1]);
            }
        }
    return names;
}

}  // namespace

TEST_CASE("every op with rules of its own is in the list") {
    std::set<std::string> reached;
    for (const ct::OpCase& op : ct::op_list()) {
        const ct::detail::Differentiating differentiating;
        std::vector<ct::Tensor> x;
        for (const ct::Tensor& argument : draw(op)) x.push_back(ct::detail::watch(argument));
        add_names(op.call(x).node(), reached);
    }
    std::set<std::string> names = names_in_sources();
    CHECK(names.size() > 50);
    names.erase("cast");  // rounds, so that differences say nothing of it: below
    for (const std::string& name : names) {
        const bool is_rule =
            name.ends_with("_gradient") || name.ends_with("_transpose");  // of another op: second order reaches it
        CHECK_MESSAGE((is_rule || reached.contains(name)), name << " is in no line of op_list.cpp");
    }
}

TEST_CASE("every op of the list has the derivatives that differences give") {
    for (const ct::OpCase& op : ct::op_list()) {
        CAPTURE(op.name);
        CHECK_NOTHROW(ct::detail::check_tensor_derivatives(
            [&](const std::vector<ct::Tensor>& x) { return std::vector<ct::Tensor>{op.call(x)}; }, draw(op), {}));
    }
}

TEST_CASE("cast hands derivatives on in the dtype of its input, to second order") {
    const ct::Tensor x = ct::Tensor::of<double>({0.5, -2, 3}), v = ct::Tensor::of<double>({1, 2, -4});
    const auto f = [](const ct::Tensor& t) { return sum(square(ct::cast(t, ct::Dtype::float32))); };
    const ct::Tensor gradient = ct::grad(f)(x);
    CHECK(gradient.dtype() == ct::Dtype::float64);
    CHECK(gradient.to_vector<double>() == std::vector<double>{1, -4, 6});
    CHECK(ct::jvp(f, x, v).second.dtype() == ct::Dtype::float32);
    CHECK(ct::jvp(f, x, v).second.item() == 1 - 8 - 24);
    CHECK(ct::hvp(f, x, v).to_vector<double>() == std::vector<double>{2, 4, -8});
    CHECK(ct::grad([](const ct::Tensor& t) { return sum(ct::cast(ct::cast(t, ct::Dtype::int32), ct::Dtype::float64)); })(x)
              .to_vector<double>() == std::vector<double>{0, 0, 0});
}
