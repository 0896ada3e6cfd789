// Inputs that the definitions ask to be drawn at random, from a fixed seed.
#include "cotangent/tensor/random.hpp"
#include "det.hpp"
#include "gmm.hpp"
#include "kmeans.hpp"
#include "llsq.hpp"
#include "lse.hpp"
#include "lstm.hpp"
#include "ode.hpp"

namespace cotangent::gradbench {
namespace {

class Draw {
public:
    std::vector<double> uniform(std::size_t count) {
        return ct::uniform(rng_, {static_cast<std::int64_t>(count)}, 0, 1, Dtype::float64).to_vector<double>();
    }
    std::vector<double> normal(std::size_t count) {
        return ct::normal(rng_, {static_cast<std::int64_t>(count)}, 0, 1, Dtype::float64).to_vector<double>();
    }

private:
    Rng rng_{31337};  // GradBench's seed; the numbers are not NumPy's
};

void append(std::vector<double>& to, const std::vector<double>& values) {
    to.insert(to.end(), values.begin(), values.end());
}

}  // namespace

Gmm make_gmm(std::size_t d, std::size_t k, std::size_t n) {
    Draw draw;
    Gmm problem{.d = d, .k = k, .n = n, .points = draw.normal(n * d), .parameters = draw.normal(k)};
    append(problem.parameters, draw.uniform(k * d));
    append(problem.parameters, draw.normal(k * d));
    append(problem.parameters, draw.normal(k * problem.triangle()));
    return problem;
}

KMeans make_kmeans(std::size_t n, std::size_t k, std::size_t d) {
    KMeans problem{.n = n, .k = k, .d = d, .points = Draw().uniform(n * d), .parameters = {}};
    problem.parameters.assign(problem.points.end() - static_cast<std::ptrdiff_t>(k * d), problem.points.end());
    return problem;
}

Lstm make_lstm(std::size_t layers, std::size_t characters, std::size_t bits) {
    Draw draw;
    Lstm problem{.layers = layers,
                 .characters = characters,
                 .bits = bits,
                 .state = draw.uniform(2 * layers * bits),
                 .text = draw.uniform(characters * bits),
                 .parameters = draw.uniform((8 * layers + 3) * bits)};
    for (double& bit : problem.text) bit = bit < 0.5 ? 0 : 1;
    return problem;
}

Ode make_ode(std::size_t n, std::size_t steps) { return {.steps = steps, .parameters = Draw().uniform(n)}; }
LeastSquares make_llsq(std::size_t n, std::size_t m) { return {.n = n, .parameters = Draw().uniform(m)}; }
LogSumExp make_lse(std::size_t n) { return {.parameters = Draw().uniform(n)}; }
Determinant make_det(std::size_t n) { return {.n = n, .parameters = Draw().uniform(n * n)}; }

}  // namespace cotangent::gradbench
