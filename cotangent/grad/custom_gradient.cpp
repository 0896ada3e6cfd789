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
        for (int i = 0; i < call.input_count(); ++i)
            if (call.wants(i)) call.give(i, fitted(cotangents, call.input(i), i));
    }
    // The rule is linear in the cotangent: J v is the derivative of <rule(u), v> with respect to u.
    [[nodiscard]] Tensor jvp(const Call& call) const {
        Tensor variable;
        std::vector<Tensor> outputs, tangents;
        {
            const Differentiating differentiating;
            variable = watch(zeros_like(call.output()));
            const std::vector<Tensor> cotangents = apply(call, variable);
            for (int i = 0; i < call.input_count(); ++i) {
                if (!call.has_tangent(i)) continue;
                outputs.push_back(fitted(cotangents, call.input(i), i));
                tangents.push_back(call.tangent(i));
            }
        }
        return pull(outputs, tangents, {&variable, 1})[0];
    }

private:
    [[nodiscard]] std::vector<Tensor> apply(const Call& call, const Tensor& cotangent) const {
        std::vector<Tensor> inputs;
        for (int i = 0; i < call.input_count(); ++i) inputs.push_back(call.input(i));
        std::vector<Tensor> cotangents = rule(cotangent, call.output(), inputs);
        check_cotangent_count(cotangents.size(), inputs.size());
        return cotangents;
    }
    /// Cotangent i, summed where its argument was broadcast, in its argument's dtype.
    static Tensor fitted(const std::vector<Tensor>& cotangents, const Tensor& input, int i) {
        const Tensor& given = cotangents[static_cast<std::size_t>(i)];
        try {
            return cast(sum_to(given, input.shape()), input.dtype());
        } catch (const ShapeError&) {
            throw ShapeError(fmt::format("custom_gradient: the rule returned shape {} for floating tensor {} of the arguments, expected {}",
                                         to_string(given.shape()), i, to_string(input.shape())));
        }
    }
};

}  // namespace

void check_cotangent_count(std::size_t seen, std::size_t expected) {
    if (seen != expected)
        throw ValueError(
            fmt::format("custom_gradient: the rule returned {} cotangents, expected {}: one for each floating tensor, or number, of the arguments", seen, expected));
}

Tensor record_custom(Tensor output, CustomRule rule, std::vector<Tensor> inputs) {
    if (output.node())
        throw ValueError("custom_gradient: the function uses a tensor that is being differentiated and is not an argument");
    return record_all(Custom{std::move(rule)}, std::move(output), inputs);
}

}  // namespace cotangent::detail
