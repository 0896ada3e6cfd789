#pragma once
// The loss of a character model: layers of LSTM cells whose matrices are diagonal, run over a text whose characters are
// given as bits. ADBench's peculiarities are kept: log(2 + sum exp) and a mean over bits, not over characters.
// @source  microsoft/ADBench, src/cpp/shared/lstm.h (MIT), for the definition
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace cotangent::gradbench {

struct Lstm {
    std::size_t layers, characters, bits;
    std::vector<double> state;  ///< at the start, for each layer: hidden [bits], cell [bits]
    std::vector<double> text;   ///< [characters, bits]
    /// For each layer: weights and then biases of the gates forget, ingate, outgate, change, [8, bits]. Then the weight that
    /// goes in, and the weight and bias that go out, [3, bits].
    std::vector<double> parameters;

    template <class T>
    struct State {
        std::vector<T> hidden, cell;  ///< [layers, bits]
        T total;                      ///< of the log probabilities so far
    };

    template <class T>
    [[nodiscard]] T operator()(std::span<const T> x) const;

    template <class T>
    [[nodiscard]] State<T> start() const;
    /// The state after `last` characters, from that after `first`.
    template <class T>
    [[nodiscard]] State<T> run(State<T> at, std::size_t first, std::size_t last, std::span<const T> x) const;
    template <class T>
    [[nodiscard]] T loss(const State<T>& end) const {
        return -end.total / static_cast<double>((characters - 1) * bits);
    }
};

/// Reads ADBench's format. @throws IoError
[[nodiscard]] Lstm read_lstm(const std::filesystem::path& file);
[[nodiscard]] Lstm make_lstm(std::size_t layers, std::size_t characters, std::size_t bits);

/// One cell: its parameters are gates[0], gates[bits], ..., gates[7 * bits].
template <class T>
void lstm_cell(const T* gates, std::size_t bits, const T& input, T& hidden, T& cell) {
    using std::exp, std::tanh;
    const T forget = 1.0 / (1.0 + exp(-(input * gates[0] + gates[4 * bits])));
    const T ingate = 1.0 / (1.0 + exp(-(hidden * gates[bits] + gates[5 * bits])));
    const T outgate = 1.0 / (1.0 + exp(-(input * gates[2 * bits] + gates[6 * bits])));
    const T change = tanh(hidden * gates[3 * bits] + gates[7 * bits]);
    cell = cell * forget + ingate * change;
    hidden = outgate * tanh(cell);
}

template <class T>
T Lstm::operator()(std::span<const T> x) const {
    return loss(run(start<T>(), 0, characters - 1, x));
}

template <class T>
Lstm::State<T> Lstm::start() const {
    State<T> at{.hidden = std::vector<T>(layers * bits), .cell = std::vector<T>(layers * bits), .total = 0.0};
    for (std::size_t l = 0; l < layers; ++l) {
        for (std::size_t b = 0; b < bits; ++b) {
            at.hidden[l * bits + b] = state[2 * l * bits + b];
            at.cell[l * bits + b] = state[(2 * l + 1) * bits + b];
        }
    }
    return at;
}

template <class T>
Lstm::State<T> Lstm::run(State<T> at, std::size_t first, std::size_t last, std::span<const T> x) const {
    using std::exp, std::log;
    const T* extra = x.data() + 8 * layers * bits;
    std::vector<T> output(bits);
    for (std::size_t t = first; t < last; ++t) {
        const double *seen = &text[t * bits], *next = seen + bits;
        for (std::size_t b = 0; b < bits; ++b) output[b] = seen[b] * extra[b];
        const T* input = output.data();
        for (std::size_t l = 0; l < layers; ++l) {
            const std::size_t cells = l * bits;
            for (std::size_t b = 0; b < bits; ++b)
                lstm_cell<T>(&x[8 * cells + b], bits, input[b], at.hidden[cells + b], at.cell[cells + b]);
            input = &at.hidden[cells];
        }
        T sum = 2.0;
        for (std::size_t b = 0; b < bits; ++b) {
            output[b] = input[b] * extra[bits + b] + extra[2 * bits + b];
            sum += exp(output[b]);
        }
        const T normaliser = log(sum);
        for (std::size_t b = 0; b < bits; ++b) at.total += next[b] * (output[b] - normaliser);
    }
    return at;
}

}  // namespace cotangent::gradbench
