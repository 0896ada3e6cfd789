#include "cotangent/grad/custom_gradient.hpp"

#include "cotangent/tensor/ops.hpp"

#include <fmt/format.h>

namespace cotangent::detail {
namespace {

struct Custom {
    static constexpr const char* name = "custom_gradient";
    static constexpr Keep keep = Keep::both;
    CustomRule rule;

    void vjp(const Call& call) const {
        const std::vector<Tensor> cotangents = apply(call, call.cotangent());
        for (int i = 0; i < call.input_count(); ++i) call.give(i, cotangents[static_cast<std::size_t>(i)]);
    }
    // The rule is linear in the cotangent: J v is the derivative of <rule(u), v> with respect to u.
    [[nodiscard]] Tensor jvp(const Call& call) const {
        Tensor variable;
        std::vector<Tensor> cotangents, tangents;
        {
            const Differentiating differentiating;
            variable = watch(zeros_like(call.output()));
            cotangents = apply(call, variable);
        }
        for (int i = 0; i < call.input_count(); ++i) tangents.push_back(call.tangent(i));
        return pull(cotangents, tangents, {&variable, 1})[0];
    }

private:
    static std::string kind(const Tensor& x) { return fmt::format("{} {}", cotangent::name(x.dtype()), to_string(x.shape())); }
    [[nodiscard]] std::vector<Tensor> apply(const Call& call, const Tensor& cotangent) const {
        std::vector<Tensor> inputs;
        for (int i = 0; i < call.input_count(); ++i) inputs.push_back(call.input(i));
        std::vector<Tensor> cotangents = rule(cotangent, call.output(), inputs);
        check_cotangent_count(cotangents.size(), inputs.size());
        for (std::size_t i = 0; i < inputs.size(); ++i)
            if (cotangents[i].shape() != inputs[i].shape() || cotangents[i].dtype() != inputs[i].dtype())
                throw ShapeError(
                    fmt::format("custom_gradient: the rule returned a cotangent {} for argument {}, expected {}",
                                kind(cotangents[i]), i, kind(inputs[i])));
        return cotangents;
    }
};

}  // namespace

void check_cotangent_count(std::size_t seen, std::size_t expected) {
    if (seen != expected)
        throw ValueError(
            fmt::format("custom_gradient: the rule returned {} cotangents, expected {}, one an argument", seen, expected));
}

Tensor record_custom(Tensor output, CustomRule rule, std::vector<Tensor> inputs) {
    if (output.node())
        throw ValueError("custom_gradient: the function uses a tensor that is being differentiated and is not an argument");
    return record_all(Custom{std::move(rule)}, std::move(output), inputs);
}

}  // namespace cotangent::detail
