// ADOL-C. Reverse mode over its tape for one output, forward mode without a tape for the residuals.
#include <adolc/adolc.h>

inline double value_of(const adouble& x) { return x.value(); }

#include "side.hpp"

namespace cotangent::gradbench {
namespace {

constexpr short tape = 1;

template <class P>
void record(const P& problem) {
    std::vector<adouble> x(problem.parameters.size());
    trace_on(tape);
    for (std::size_t k = 0; k < x.size(); ++k) x[k] <<= problem.parameters[k];
    adouble y = problem(std::span<const adouble>(x));
    double value;
    y >>= value;
    trace_off();
}

template <class P>
void sweep(const P& problem, std::vector<double>& result) {
    const auto n = static_cast<int>(result.size());
    gradient(tape, n, problem.parameters.data(), result.data());
}

/// What a gradient is kept in. Long tapes are files of the working directory, removed with it.
struct Result {
    std::vector<double> values;
    explicit Result(std::size_t size) : values(size) {}
    ~Result() { removeTape(tape, ADOLC_REMOVE_COMPLETELY); }
    Result(const Result&) = delete;
    Result& operator=(const Result&) = delete;
};

template <bool replay>
struct Make {
    template <ScalarProblem P>
    std::optional<Run> operator()(const P& problem) const {
        const auto result = std::make_shared<Result>(problem.parameters.size());
        if (replay) record(problem);
        return Run{[&problem, result] {
                       if (!replay) record(problem);
                       sweep(problem, result->values);
                   },
                   [result] { return result->values; }};
    }
    std::optional<Run> operator()(const BundleAdjustment& problem) const {
        if (replay) return {};
        const auto result = std::make_shared<Result>(sparsity(problem).values.size());
        return Run{[&problem, result] { fill(problem, result->values); }, [result] { return result->values; }};
    }
    std::optional<Run> operator()(const Hand&) const { return {}; }

    static void fill(const BundleAdjustment& problem, std::vector<double>& values) {
        double one_first[2] = {1, 0}, one_second[2] = {0, 1};
        double* weights[2] = {one_first, one_second};
        for (std::size_t k = 0; k < problem.weights.size(); ++k) {
            const auto inputs = problem.inputs(k);
            std::array<adouble, 15> x;
            trace_on(tape, 1);
            for (std::size_t i = 0; i < 15; ++i) x[i] <<= inputs[i];
            auto errors = reprojection_error(x, problem.features[k]);
            double value;
            for (adouble& error : errors) error >>= value;
            trace_off();
            double* rows[2] = {&values[30 * k], &values[30 * k + 15]};
            fov_reverse(tape, 2, 15, 2, weights, rows);
        }
        const std::size_t first = 30 * problem.weights.size();
        for (std::size_t k = 0; k < problem.weights.size(); ++k) {
            adouble x;
            trace_on(tape);
            x <<= problem.weights[k];
            adouble error = weight_error(x);
            double value;
            error >>= value;
            trace_off();
            gradient(tape, 1, &problem.weights[k], &values[first + k]);
        }
    }
};

}  // namespace

std::optional<Run> adolc(const Problem& problem) { return std::visit(Make<false>{}, problem); }
std::optional<Run> adolc_replay(const Problem& problem) { return std::visit(Make<true>{}, problem); }

}  // namespace cotangent::gradbench
