// Linear algebra and Fourier transforms against PyTorch, values and gradients: golden/linear_algebra.npz and fft.npz.
#include "cotangent/nn/detail/testing.hpp"

using namespace cotangent;
using namespace cotangent::nn::testing;

namespace {

using Inputs = std::vector<std::string>;

/// The condition numbers of these matrices are below a few hundred.
constexpr double tolerance = 1e-12, single_tolerance = 2e-4;

void check(const Golden& golden, const std::string& name, const Inputs& inputs,
           const std::function<Tensor(const Tensors&)>& f) {
    check_golden(golden, name, inputs, f, tolerance, single_tolerance);
}

Tensor as_row(const Tensor& s) { return expand_dims(s, -2); }

}  // namespace

TEST_CASE("factorisations agree with PyTorch") {
    const Golden golden("linear_algebra");
    check(golden, "cholesky", {"a"}, [](const Tensors& x) { return cholesky(x[0]); });
    check(golden, "eigh_values", {"a"}, [](const Tensors& x) { return eigh(x[0]).values; });
    check(golden, "eigh_function", {"a"}, [](const Tensors& x) {
        const auto [w, v] = eigh(x[0]);
        return matmul(v * as_row(exp(0.25 * w)), v, {.transpose_b = true});
    });
    for (const std::string shape : {"square", "tall", "wide"}) {
        check(golden, "qr_" + shape + "_q", {"a"}, [](const Tensors& x) { return qr(x[0]).q; });
        check(golden, "qr_" + shape + "_r", {"a"}, [](const Tensors& x) { return qr(x[0]).r; });
        check(golden, "svd_" + shape + "_values", {"a"}, [](const Tensors& x) { return svd(x[0]).s; });
        check(golden, "svd_" + shape + "_function", {"a"}, [](const Tensors& x) {
            const auto [u, s, vt] = svd(x[0]);
            return matmul(u * as_row(sin(s)), vt);
        });
    }
}

TEST_CASE("solutions agree with PyTorch") {
    const Golden golden("linear_algebra");
    for (const std::string name : {"lower", "upper", "lower_transposed", "upper_unit"}) {
        const std::string of = "triangular_solve_" + name;
        const TriangularSolveOptions options{golden.number(of + "/lower") == 1, golden.number(of + "/transpose") == 1,
                                             golden.number(of + "/unit") == 1};
        check(golden, of, {"a", "b"}, [&](const Tensors& x) { return triangular_solve(x[0], x[1], options); });
    }
    check(golden, "solve", {"a", "b"}, [](const Tensors& x) { return solve(x[0], x[1]); });
    check(golden, "solve_vector", {"a", "b"}, [](const Tensors& x) { return solve(x[0], x[1]); });
    check(golden, "inverse", {"a"}, [](const Tensors& x) { return inverse(x[0]); });
    check(golden, "det", {"a"}, [](const Tensors& x) { return det(x[0]); });
    check(golden, "slogdet", {"a"}, [](const Tensors& x) { return slogdet(x[0]).logabsdet; });
    for (const std::string name : {"lstsq_tall", "lstsq_wide"})
        check(golden, name, {"a", "b"}, [](const Tensors& x) { return lstsq(x[0], x[1]); });
    check(golden, "lstsq_deficient", {"a", "b"}, [](const Tensors& x) { return lstsq(x[0], x[1], {.rcond = 1e-6}); });
}

TEST_CASE("matrix functions and norms agree with PyTorch") {
    const Golden golden("linear_algebra");
    for (const std::string name : {"small", "middle", "large"})
        check(golden, "matrix_exp_" + name, {"a"}, [](const Tensors& x) { return matrix_exp(x[0]); });
    check(golden, "kron", {"a", "b"}, [](const Tensors& x) { return kron(x[0], x[1]); });
    check(golden, "trace", {"a"}, [](const Tensors& x) { return trace(x[0]); });
    for (const std::string order : {"2", "1", "3", "0.5", "-1.5", "inf", "-inf"}) {
        const double p = golden.number("vector_norm_" + order + "/order");
        check(golden, "vector_norm_" + order, {"a"},
              [=](const Tensors& x) { return vector_norm(x[0], {.order = p, .axes = {1}}); });
    }
    for (const auto& [name, which] : {std::pair<std::string, MatrixNorm>{"frobenius", MatrixNorm::frobenius},
                                      {"nuclear", MatrixNorm::nuclear},
                                      {"spectral", MatrixNorm::spectral},
                                      {"one", MatrixNorm::one},
                                      {"infinity", MatrixNorm::infinity}})
        check(golden, "matrix_norm_" + name, {"a"}, [w = which](const Tensors& x) { return matrix_norm(x[0], w); });
}

TEST_CASE("Fourier transforms of every kind of length agree with PyTorch") {
    const Golden golden("fft");
    for (const int n : {1, 2, 3, 5, 8, 11, 12, 16, 35, 59}) {
        const std::string of = std::to_string(n);
        check_golden(
            golden, "fft_" + of, {"x"}, [](const Tensors& x) { return fft(x[0]); }, 1e-13);
        check_golden(
            golden, "ifft_" + of, {"x"}, [](const Tensors& x) { return ifft(x[0]); }, 1e-13);
        check_golden(
            golden, "rfft_" + of, {"x"}, [](const Tensors& x) { return rfft(x[0]); }, 1e-13);
        check_golden(
            golden, "irfft_" + of, {"x"}, [=](const Tensors& x) { return irfft(x[0], n); }, 1e-13);
    }
    check_golden(
        golden, "fft2", {"x"}, [](const Tensors& x) { return fft2(x[0]); }, 1e-13);
    check_golden(
        golden, "ifft2", {"x"}, [](const Tensors& x) { return ifft2(x[0]); }, 1e-13);
    check_golden(
        golden, "rfft2", {"x"}, [](const Tensors& x) { return rfft2(x[0]); }, 1e-13);
    check_golden(
        golden, "irfft2", {"x"}, [](const Tensors& x) { return irfft2(x[0], 5); }, 1e-13);
}
