// The LSTM in tensors, compiled a few characters at a time.
#include <memory>

#include "cotangent/tensor/ops.hpp"
#include "pieces.hpp"
#include "side.hpp"

namespace cotangent::gradbench {
namespace {

constexpr std::size_t piece = 15;  // characters; 4,096 have 273 of them

/// All vectors are [bits].
struct State {
    std::vector<Tensor> hidden, cell;  ///< of each layer
    Tensor total;                      ///< []
};
struct Parameters {
    std::vector<std::array<Tensor, 8>> gates;  ///< of each layer: weights, then biases
    std::array<Tensor, 3> ends;                ///< the weight that goes in, the weight and bias that go out
};
using Text = std::vector<Tensor>;  ///< the characters of a piece, and the one after

State advance(State at, const Parameters& x, const Text& text) {
    for (std::size_t t = 0; t + 1 < text.size(); ++t) {
        Tensor input = text[t] * x.ends[0];
        for (std::size_t l = 0; l < x.gates.size(); ++l) {
            const auto& gates = x.gates[l];
            Tensor &hidden = at.hidden[l], &cell = at.cell[l];
            const Tensor forget = sigmoid(input * gates[0] + gates[4]), ingate = sigmoid(hidden * gates[1] + gates[5]),
                         outgate = sigmoid(input * gates[2] + gates[6]), change = tanh(hidden * gates[3] + gates[7]);
            cell = cell * forget + ingate * change;
            input = hidden = outgate * tanh(cell);
        }
        const Tensor output = input * x.ends[1] + x.ends[2];
        at.total = at.total + sum(text[t + 1] * (output - log(sum(exp(output)) + 2.0)));
    }
    return at;
}

struct Work {
    Parameters parameters;
    State start;
    std::vector<Text> texts;
    double scale;  ///< of the total in the loss

    explicit Work(const Lstm& problem) : scale(-1.0 / static_cast<double>((problem.characters - 1) * problem.bits)) {
        const auto bits = static_cast<std::int64_t>(problem.bits);
        const auto row = [&](const std::vector<double>& values, std::size_t k) {
            return Tensor::from(std::span(values).subspan(k * problem.bits, problem.bits), {bits});
        };
        for (std::size_t l = 0; l < problem.layers; ++l) {
            auto& gates = parameters.gates.emplace_back();
            for (std::size_t k = 0; k < 8; ++k) gates[k] = row(problem.parameters, 8 * l + k);
            start.hidden.push_back(row(problem.state, 2 * l));
            start.cell.push_back(row(problem.state, 2 * l + 1));
        }
        for (std::size_t k = 0; k < 3; ++k) parameters.ends[k] = row(problem.parameters, 8 * problem.layers + k);
        start.total = zeros({}, Dtype::float64);
        for (std::size_t first = 0; first + 1 < problem.characters; first += piece) {
            Text& text = texts.emplace_back();
            for (std::size_t t = first; t <= std::min(first + piece, problem.characters - 1); ++t)
                text.push_back(row(problem.text, t));
        }
    }
};

}  // namespace

Run compiled_lstm(const Lstm& problem) {
    const auto result = std::make_shared<Parameters>();
    const auto pieces = std::make_shared<Pieces<State, Parameters, Text>>(advance);
    return {[result, pieces, work = Work(problem)] {
                State seed = zeros_like(work.start);
                seed.total = full({}, work.scale, Dtype::float64);
                *result = pieces->gradient(work.start, work.parameters, work.texts, seed);
            },
            [result] { return numbers_in(*result); }};
}

}  // namespace cotangent::gradbench
