#include "cotangent/tensor/op_list.hpp"

#include <limits>
#include <tuple>

#include "cotangent/tensor/ops.hpp"

namespace cotangent {
namespace {

using Arguments = std::vector<Tensor>;

/// Full, scalar, size-1, zero-size shapes of an elementwise op of one argument.
void unary(std::vector<OpCase>& list, const std::string& name, Tensor (*op)(const Tensor&), double low = -2, double high = 2) {
    for (const Shape& shape : {Shape{2, 3}, Shape{}, Shape{1}, Shape{0, 3}, Shape{37}})
        list.push_back({name + " on " + to_string(shape), [op](const Arguments& x) { return op(x[0]); }, {{shape, low, high}}});
}

/// Equal, broadcast both ways, scalar and zero-size shapes of an elementwise op of two arguments.
void binary(std::vector<OpCase>& list, const std::string& name, Tensor (*op)(const Tensor&, const Tensor&), double low = -2,
            double high = 2) {
    const std::pair<Shape, Shape> shapes[] = {{{2, 3}, {2, 3}}, {{2, 3}, {3}},    {{2, 1}, {1, 3}}, {{}, {2, 3}},
                                              {{4}, {1}},       {{0, 3}, {1, 3}}, {{}, {}},         {{2, 3, 4}, {3, 1}}};
    for (const auto& [a, b] : shapes)
        list.push_back({name + " on " + to_string(a) + " and " + to_string(b),
                        [op](const Arguments& x) { return op(x[0], x[1]); },
                        {{a, low, high}, {b, low, high}}});
}

void convolutions(std::vector<OpCase>& list) {
    const auto add = [&](const std::string& what, const Shape& images, const Shape& kernel, const Conv2dOptions& options) {
        list.push_back({"conv2d" + what, [options](const Arguments& x) { return conv2d(x[0], x[1], options); }, {{images}, {kernel}}});
    };
    add("", {2, 2, 4, 5}, {3, 2, 2, 3}, {});
    add(" with padding and stride", {1, 2, 5, 4}, {2, 2, 3, 3}, {.stride = 2, .padding = {1, 2}});
    add(" with dilation", {1, 1, 5, 5}, {2, 1, 2, 2}, {.dilation = {2, 3}});
    add(" in groups", {1, 4, 3, 3}, {2, 2, 2, 2}, {.groups = 2});
    add(" with padding that keeps the size", {1, 1, 4, 3}, {1, 1, 2, 3}, {.padding = Padding::same()});
    add(" of no images", {0, 2, 4, 4}, {3, 2, 3, 3}, {});
    const auto transpose = [&](const std::string& what, const Shape& images, const Shape& kernel, const Conv2dTransposeOptions& options) {
        list.push_back({"conv2d_transpose" + what, [options](const Arguments& x) { return conv2d_transpose(x[0], x[1], options); },
                        {{images}, {kernel}}});
    };
    transpose("", {2, 2, 3, 2}, {2, 3, 2, 2}, {});
    transpose(" with stride and output padding", {1, 2, 2, 2}, {2, 1, 3, 3}, {.stride = 2, .padding = 1, .output_padding = {1, 0}});
    transpose(" with dilation", {1, 1, 3, 2}, {1, 2, 2, 2}, {.dilation = {2, 1}});
    transpose(" of no images", {0, 2, 3, 3}, {2, 1, 2, 2}, {});
    transpose(" in groups", {1, 4, 2, 2}, {4, 1, 2, 2}, {.groups = 2});
}

void products(std::vector<OpCase>& list) {
    const auto product = [&](const Shape& a, const Shape& b, MatmulOptions options = {}) {
        list.push_back({"matmul of " + to_string(a) + (options.transpose_a ? " transposed" : "") + " and " + to_string(b) +
                            (options.transpose_b ? " transposed" : ""),
                        [options](const Arguments& x) { return matmul(x[0], x[1], options); },
                        {{a}, {b}}});
    };
    product({2, 3}, {3, 4});
    product({3, 2}, {3, 4}, {.transpose_a = true});
    product({2, 3}, {4, 3}, {.transpose_b = true});
    product({3, 2}, {4, 3}, {true, true});
    product({3}, {3, 2});
    product({2, 3}, {3});
    product({3}, {3});
    product({2, 2, 3}, {3, 2});
    product({2, 3, 2}, {3, 2}, {.transpose_a = true});
    product({2, 3}, {2, 3, 2});
    product({2, 1, 2, 3}, {3, 3, 2});
    product({2, 3, 2}, {2, 2, 3}, {true, true});
    product({0, 3}, {3, 2});
    product({2, 0}, {0, 2});
    for (const auto& [specification, a, b] : {std::tuple<std::string, Shape, Shape>{"bihd,bjhd->bhij", {2, 2, 2, 3}, {2, 3, 2, 3}},
                                              {"ijk,jb->kb", {2, 3, 2}, {3, 2}}, {"ij,ij->j", {2, 3}, {2, 3}}})
        list.push_back({"einsum " + specification,
                        [specification = specification](const Arguments& x) { return einsum(specification, x[0], x[1]); }, {{a}, {b}}});
    list.push_back({"outer", [](const Arguments& x) { return outer(x[0], x[1]); }, {{{2}}, {{3}}}});
}

/// All axes, one, several that are not neighbours, with and without keeping them, and none of length 0 unless it may be.
void reductions(std::vector<OpCase>& list, const std::string& name, Tensor (*op)(const Tensor&, const ReduceOptions&),
                bool takes_nothing = true) {
    const auto add = [&](const std::string& what, const Shape& shape, const ReduceOptions& options) {
        list.push_back({name + what, [=](const Arguments& x) { return op(x[0], options); }, {{shape}}});
    };
    add("", {2, 3}, {});
    add(" of a scalar", {}, {});
    add(" over axis 1", {2, 3, 4}, {.axes = {1}});
    add(" over axes 0, 2", {2, 3, 2}, {.axes = {0, -1}, .keep_axes = true});
    add(" over axis 0 of no columns", {2, 0}, {.axes = {0}});
    if (takes_nothing) add(" over axis 0 of no rows", {0, 2}, {.axes = {0}});
}

/// Well-conditioned matrices of any draw, the second ones positive definite.
Tensor regular(const Tensor& x) { return x + 4.0 * eye(x.length(-1), x.dtype()); }
Tensor definite(const Tensor& x) { return matmul(x, x, {.transpose_b = true}) + 2.0 * eye(x.length(-1), x.dtype()); }
/// A symmetric matrix whose eigenvalues lie about 10 apart.
Tensor spread(const Tensor& x) { return x + diag_embed(arange(0, 10.0 * static_cast<double>(x.length(-1)), 10, x.dtype())); }

void linear_algebra(std::vector<OpCase>& list) {
    const auto add = [&](const std::string& name, std::function<Tensor(const Arguments&)> call, std::vector<OpArgument> arguments) {
        list.push_back({name, std::move(call), std::move(arguments)});
    };
    add("diagonal", [](const Arguments& x) { return diagonal(x[0]); }, {{{2, 3, 4}}});
    add("diagonal above", [](const Arguments& x) { return diagonal(x[0], 2); }, {{{4, 3}}});
    add("diagonal below", [](const Arguments& x) { return diagonal(x[0], -1); }, {{{4, 3}}});
    add("diag_embed", [](const Arguments& x) { return diag_embed(x[0]); }, {{{2, 3}}});
    add("diag_embed below", [](const Arguments& x) { return diag_embed(x[0], -2); }, {{{2}}});
    add("trace", [](const Arguments& x) { return trace(x[0]); }, {{{2, 3, 3}}});
    add("tril", [](const Arguments& x) { return tril(x[0], 1); }, {{{2, 3, 4}}});
    add("triu", [](const Arguments& x) { return triu(x[0]); }, {{{4, 3}}});
    add("kron", [](const Arguments& x) { return kron(x[0], x[1]); }, {{{2, 3}}, {{3, 2}}});
    add("kron of stacks", [](const Arguments& x) { return kron(x[0], x[1]); }, {{{2, 1, 2, 1}}, {{3, 2, 2}}});
    for (const Shape& shape : {Shape{3, 3}, Shape{2, 1, 2, 2}, Shape{1, 1}, Shape{0, 2, 2}, Shape{0, 0}}) {
        const auto of = " of " + to_string(shape);
        add("cholesky" + of, [](const Arguments& x) { return cholesky(definite(x[0])); }, {{shape}});
        add("inverse" + of, [](const Arguments& x) { return inverse(regular(x[0])); }, {{shape, -1, 1}});
        add("det" + of, [](const Arguments& x) { return det(regular(x[0])); }, {{shape, -1, 1}});
        add("slogdet" + of, [](const Arguments& x) { return slogdet(regular(x[0])).logabsdet; }, {{shape, -1, 1}});
        add("matrix_exp" + of, [](const Arguments& x) { return matrix_exp(x[0]); }, {{shape, -1, 1}});
        add("eigh values" + of, [](const Arguments& x) { return eigh(spread(x[0])).values; }, {{shape}});
        add("eigh vectors" + of,
            [](const Arguments& x) {  // squares do not depend on signs
                return square(eigh(spread(x[0])).vectors);
            }, {{shape}});
    }
    add("cholesky of a matrix that is not symmetric", [](const Arguments& x) { return cholesky(spread(x[0]) + 5.0 * eye(3, x[0].dtype())); },
        {{{3, 3}, -1, 1}});
    for (const bool lower : {false, true})
        for (const bool transpose : {false, true})
            for (const bool unit : {false, true})
                add(std::string("triangular_solve ") + (lower ? "lower" : "upper") + (transpose ? " transposed" : "") + (unit ? " unit" : ""),
                    [=](const Arguments& x) { return triangular_solve(regular(x[0]), x[1], {lower, transpose, unit}); },
                    {{{2, 3, 3}, -1, 1}, {{2, 3, 2}}});
    for (const auto& [a, b] : {std::pair<Shape, Shape>{{3, 3}, {3}}, {{3, 3}, {3, 2}}, {{2, 2, 2}, {2, 3}}, {{2, 2}, {3, 2, 1}},
                               {{2, 1, 2, 2}, {3, 2, 2}}, {{0, 0}, {0}}, {{2, 2}, {2, 0}}}) {
        const auto of = " of " + to_string(a) + " and " + to_string(b);
        add("solve" + of, [](const Arguments& x) { return solve(regular(x[0]), x[1]); }, {{a, -1, 1}, {b}});
        add("triangular_solve" + of, [](const Arguments& x) { return triangular_solve(regular(x[0]), x[1]); }, {{a, -1, 1}, {b}});
    }
    for (const Shape& shape : {Shape{3, 3}, Shape{2, 4, 2}, Shape{2, 4}, Shape{3, 0}}) {
        const auto of = " of " + to_string(shape);
        const auto separate = [m = shape[shape.rank() - 2], n = shape.back()](const Tensor& x) {  // singular values about 4, 8, 12
            const Tensor diagonals = diag_embed(arange(4, 4.0 * static_cast<double>(std::max(m, n)) + 3, 4, x.dtype()));
            return x + slice(diagonals, {{.stop = m}, {.stop = n}});
        };
        add("qr q" + of, [=](const Arguments& x) { return qr(separate(x[0])).q; }, {{shape, -1, 1}});
        add("qr r" + of, [=](const Arguments& x) { return qr(separate(x[0])).r; }, {{shape, -1, 1}});
        add("svd s" + of, [=](const Arguments& x) { return svd(separate(x[0])).s; }, {{shape, -1, 1}});
        add("svd u" + of, [=](const Arguments& x) { return square(svd(separate(x[0])).u); }, {{shape, -1, 1}});
        add("svd vt" + of, [=](const Arguments& x) { return square(svd(separate(x[0])).vt); }, {{shape, -1, 1}});
        add("svd product" + of,
            [=](const Arguments& x) {
                const auto [u, s, vt] = svd(separate(x[0]));
                return matmul(u * expand_dims(exp(0.1 * s), -2), vt);
            }, {{shape, -1, 1}});
    }
    for (const auto& [a, b] : {std::pair<Shape, Shape>{{4, 2}, {4}}, {{2, 4}, {2, 3}}, {{3, 3}, {3, 1}}, {{2, 3, 2}, {3, 2}}})
        add("lstsq of " + to_string(a) + " and " + to_string(b), [](const Arguments& x) { return lstsq(x[0], x[1]); }, {{a}, {b}});
    add("matrix_exp of a large matrix", [](const Arguments& x) { return matrix_exp(3.0 * x[0]); }, {{{3, 3}}});
    for (const double order : {2.0, 1.0, 3.0, 1.5, -1.0, -2.5, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), 0.0}) {
        add("vector_norm of order " + std::to_string(order), [=](const Arguments& x) { return vector_norm(x[0], {.order = order, .axes = {1}}); },
            {{{2, 4}, 0.5, 2}});
        add("vector_norm of order " + std::to_string(order) + " of all", [=](const Arguments& x) { return vector_norm(x[0], {.order = order}); }, {{{2, 3}, -2, -0.5}});
    }
    for (const auto& [name, which] : {std::pair{"frobenius", MatrixNorm::frobenius}, {"nuclear", MatrixNorm::nuclear},
                                      {"spectral", MatrixNorm::spectral}, {"one", MatrixNorm::one}, {"infinity", MatrixNorm::infinity}})
        add(std::string("matrix_norm ") + name, [=, which = which](const Arguments& x) { return matrix_norm(x[0], which); }, {{{2, 3, 2}, 0.2, 2}});
    // Powers of two, the radices 3 and 5, one of no butterfly, one by convolution, and 1.
    for (const std::int64_t n : {1, 4, 6, 10, 7, 53}) {
        const auto of = " of length " + std::to_string(n);
        add("fft" + of, [](const Arguments& x) { return fft(x[0]); }, {{{2, n, 2}}});
        add("ifft" + of, [](const Arguments& x) { return ifft(x[0]); }, {{{n, 2}}});
        add("rfft" + of, [](const Arguments& x) { return rfft(x[0]); }, {{{2, n}}});
        add("irfft" + of, [=](const Arguments& x) { return irfft(x[0], n); }, {{{2, n / 2 + 1, 2}}});
    }
    add("fft2", [](const Arguments& x) { return fft2(x[0]); }, {{{2, 3, 4, 2}}});
    add("ifft2", [](const Arguments& x) { return ifft2(x[0]); }, {{{3, 4, 2}}});
    add("rfft2", [](const Arguments& x) { return rfft2(x[0]); }, {{{2, 3, 4}}});
    add("irfft2", [](const Arguments& x) { return irfft2(x[0], 5); }, {{{2, 3, 2}}});
    add("fft of axis 0", [](const Arguments& x) { return fft(x[0], {.axis = 0, .norm = FftNorm::ortho}); }, {{{3, 2, 2}}});
    add("rfft of axis 0", [](const Arguments& x) { return rfft(x[0], {.axis = 0, .norm = FftNorm::forward}); }, {{{4, 2}}});
    add("irfft of axis 0", [](const Arguments& x) { return irfft(x[0], 4, {.axis = 0, .norm = FftNorm::ortho}); }, {{{3, 2, 2}}});
    add("fft of no lines", [](const Arguments& x) { return fft(x[0]); }, {{{0, 3, 2}}});
}

}  // namespace

std::vector<OpCase> op_list() {
    std::vector<OpCase> list;
    // Elementwise.
    binary(list, "add", add);
    binary(list, "subtract", subtract);
    binary(list, "multiply", multiply);
    binary(list, "divide", divide, 0.5, 2);
    unary(list, "negative", negative);
    unary(list, "exp", exp);
    unary(list, "expm1", expm1);
    unary(list, "log", log, 0.3, 3);
    unary(list, "log1p", log1p, -0.6, 2);
    unary(list, "sqrt", sqrt, 0.3, 3);
    unary(list, "rsqrt", rsqrt, 0.3, 3);
    unary(list, "square", square);
    binary(list, "power", power, 0.5, 2);
    for (const double exponent : {-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 4.5})
        list.push_back({"power with exponent " + std::to_string(exponent),
                        [=](const Arguments& x) { return power(x[0], exponent); },
                        {{{2, 3}, 0.5, 2}}});
    list.push_back({"power of a number", [](const Arguments& x) { return power(1.5, x[0]); }, {{{2, 3}}}});
    unary(list, "sin", sin);
    unary(list, "cos", cos);
    unary(list, "tan", tan, -1, 1);
    unary(list, "tanh", tanh);
    unary(list, "sigmoid", sigmoid);
    unary(list, "softplus", softplus);
    unary(list, "erf", erf);
    unary(list, "relu", relu);
    unary(list, "gelu", gelu);
    unary(list, "silu", silu);
    unary(list, "floor", floor, 0.2, 0.8);
    unary(list, "sign", sign, 0.2, 2);
    unary(list, "abs", abs, -2, -0.2);
    binary(list, "maximum", maximum);
    binary(list, "minimum", minimum);
    list.push_back({"clip", [](const Arguments& x) { return clip(x[0], -0.5, 0.75); }, {{{4, 5}}}});
    list.push_back({"where with a broadcast condition",
                    [](const Arguments& x) { return where(Tensor::of<bool>({{true}, {false}}), x[0], x[1]); },
                    {{{3}}, {{2, 3}}}});
    list.push_back({"where with a number",
                    [](const Arguments& x) { return where(Tensor::of<bool>({true, false, true}), x[0], 1.0); },
                    {{{2, 3}}}});
    // Reductions.
    reductions(list, "sum", sum);
    reductions(list, "mean", mean, false);
    reductions(list, "prod", prod);
    reductions(list, "max", max, false);
    reductions(list, "min", min, false);
    reductions(list, "logsumexp", logsumexp, false);
    list.push_back({"var", [](const Arguments& x) { return var(x[0]); }, {{{2, 3}}}});
    list.push_back({"var over axes 0, 2 ddof 1", [](const Arguments& x) { return var(x[0], {.axes = {0, 2}, .ddof = 1}); }, {{{2, 3, 4}}}});
    list.push_back({"cumsum", [](const Arguments& x) { return cumsum(x[0]); }, {{{4, 2}}}});
    list.push_back({"cumsum reverse exclusive",
                    [](const Arguments& x) { return cumsum(x[0], {.axis = -1, .reverse = true, .exclusive = true}); }, {{{2, 4}}}});
    // Shape.
    list.push_back({"reshape", [](const Arguments& x) { return reshape(x[0], {3, 2}); }, {{{2, 3}}}});
    list.push_back({"flatten", [](const Arguments& x) { return flatten(x[0]); }, {{{2, 3, 2}}}});
    list.push_back({"expand_dims", [](const Arguments& x) { return expand_dims(x[0], 1); }, {{{2, 3}}}});
    list.push_back({"squeeze", [](const Arguments& x) { return squeeze(x[0], 1); }, {{{2, 1, 3}}}});
    list.push_back({"swap_axes", [](const Arguments& x) { return swap_axes(x[0], 0, 2); }, {{{2, 3, 4}}}});
    list.push_back({"move_axis", [](const Arguments& x) { return move_axis(x[0], 0, -1); }, {{{2, 3, 4}}}});
    list.push_back({"broadcast_to", [](const Arguments& x) { return broadcast_to(x[0], {4, 2, 3}); }, {{{2, 1}}}});
    list.push_back({"sum_to", [](const Arguments& x) { return sum_to(x[0], {2, 1}); }, {{{4, 2, 3}}}});
    list.push_back({"transpose", [](const Arguments& x) { return transpose(x[0]); }, {{{2, 3}}}});
    list.push_back({"transpose [B,T,H,D]", [](const Arguments& x) { return transpose(x[0], {0, 2, 1, 3}); }, {{{2, 3, 4, 2}}}});
    list.push_back({"transpose of a length 1", [](const Arguments& x) { return transpose(x[0], {1, 2, 0}); }, {{{1, 3, 2}}}});
    list.push_back({"transpose zero-size", [](const Arguments& x) { return transpose(x[0], {2, 0, 1}); }, {{{2, 0, 3}}}});
    list.push_back({"concatenate axis 0", [](const Arguments& x) { return concatenate(x); }, {{{2, 3}}, {{1, 3}}, {{0, 3}}}});
    list.push_back({"concatenate axis -1", [](const Arguments& x) { return concatenate(x, -1); }, {{{2, 3}}, {{2, 1}}}});
    list.push_back({"stack", [](const Arguments& x) { return stack(x, 1); }, {{{2, 3}}, {{2, 3}}}});
    for (std::size_t k = 0; k < 2; ++k)
        list.push_back({"split output " + std::to_string(k), [k](const Arguments& x) { return split(x[0], {1, 2}, 1)[k]; }, {{{2, 3}}}});
    list.push_back({"split output 1 of axis 0", [](const Arguments& x) { return split(x[0], 2)[1]; }, {{{4, 3}}}});
    list.push_back({"split both outputs", [](const Arguments& x) {
                        const auto parts = split(x[0], 2, -1);
                        return parts[0] * parts[1];
                    }, {{{2, 4}}}});
    list.push_back({"slice contiguous", [](const Arguments& x) { return slice(x[0], {{.start = 1, .stop = 3}}); }, {{{4, 2}}}});
    list.push_back({"slice steps", [](const Arguments& x) { return slice(x[0], {{.step = -2}, {.start = 1, .step = 2}}); }, {{{3, 4}}}});
    list.push_back({"slice zero-size", [](const Arguments& x) { return slice(x[0], {{.start = 2, .stop = 2}}); }, {{{3, 2}}}});
    list.push_back({"slice_axis", [](const Arguments& x) { return slice_axis(x[0], -1, 1, 3); }, {{{2, 4}}}});
    list.push_back({"row", [](const Arguments& x) { return row(x[0], -1); }, {{{3, 2}}}});
    list.push_back({"flip", [](const Arguments& x) { return flip(x[0], {0, 2}); }, {{{2, 2, 3}}}});
    list.push_back({"pad", [](const Arguments& x) { return pad(x[0], {{1, 0}, {0, 2}}, 3); }, {{{2, 3}}}});
    list.push_back({"tile", [](const Arguments& x) { return tile(x[0], {2, 1, 3}); }, {{{2, 2}}}});
    list.push_back({"repeat", [](const Arguments& x) { return repeat(x[0], 3, 0); }, {{{2, 2}}}});
    // Indexing.
    const Tensor places = Tensor::of<std::int64_t>({{2, 0, 2}, {1, -1, 2}});
    list.push_back({"take", [=](const Arguments& x) { return take(x[0], places); }, {{{3, 2}}}});
    list.push_back({"take along axis 1", [=](const Arguments& x) { return take(x[0], places, 1); }, {{{2, 3, 2}}}});
    list.push_back({"take of nothing", [](const Arguments& x) { return take(x[0], zeros({0}, Dtype::int64)); }, {{{3, 2}}}});
    list.push_back({"scatter_add", [=](const Arguments& x) { return scatter_add(x[0], places, x[1]); }, {{{3, 2}}, {{2, 3, 2}}}});
    list.push_back({"scatter_add along axis -1",
                    [=](const Arguments& x) { return scatter_add(x[0], places, x[1], -1); }, {{{2, 3}}, {{2, 2, 3}}}});
    list.push_back({"take_along_axis", [=](const Arguments& x) { return take_along_axis(x[0], places, 1); }, {{{2, 4}}}});
    list.push_back({"take_along_axis 0", [=](const Arguments& x) { return take_along_axis(x[0], places, 0); }, {{{4, 3}}}});
    list.push_back({"sort", [](const Arguments& x) { return sort(x[0]); }, {{{2, 5}}}});
    list.push_back({"sort descending axis 0", [](const Arguments& x) { return sort(x[0], {.axis = 0, .descending = true}); }, {{{4, 2}}}});
    list.push_back({"top_k along axis 0", [](const Arguments& x) { return top_k(x[0], 2, 0).values; }, {{{4, 2}}}});
    list.push_back({"top_k", [](const Arguments& x) { return top_k(x[0], 2).values; }, {{{2, 5}}}});
    // Products.
    products(list);
    linear_algebra(list);
    // Neural.
    convolutions(list);
    list.push_back({"max_pool2d", [](const Arguments& x) { return max_pool2d(x[0]); }, {{{2, 2, 4, 6}}}});
    list.push_back({"max_pool2d of windows that are no squares", [](const Arguments& x) { return max_pool2d(x[0], {.kernel = {1, 3}, .stride = {2, 1}}); }, {{{1, 2, 4, 5}}}});
    list.push_back({"max_pool2d of no images", [](const Arguments& x) { return max_pool2d(x[0]); }, {{{0, 2, 4, 4}}}});
    list.push_back({"avg_pool2d of no images", [](const Arguments& x) { return avg_pool2d(x[0]); }, {{{0, 2, 4, 4}}}});
    list.push_back({"resize of no images", [](const Arguments& x) { return resize(x[0], 5, 3); }, {{{0, 2, 3, 4}}}});
    list.push_back({"max_pool2d of overlapping windows",
                    [](const Arguments& x) { return max_pool2d(x[0], {.kernel = 3, .stride = 2, .padding = 1, .ceil_mode = true}); },
                    {{{1, 2, 6, 5}}}});
    list.push_back({"avg_pool2d", [](const Arguments& x) { return avg_pool2d(x[0]); }, {{{2, 2, 4, 6}}}});
    list.push_back({"avg_pool2d of what is inside",
                    [](const Arguments& x) {
                        return avg_pool2d(x[0], {.kernel = 3, .stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false});
                    },
                    {{{1, 2, 6, 5}}}});
    list.push_back({"resize", [](const Arguments& x) { return resize(x[0], 5, 3); }, {{{1, 2, 3, 4}}}});
    list.push_back({"resize to the nearest", [](const Arguments& x) { return resize(x[0], 2, 7, Interpolation::nearest); }, {{{1, 2, 3, 4}}}});
    for (const int axis : {0, 1, 2}) {
        const auto over = " over axis " + std::to_string(axis);
        list.push_back({"softmax" + over, [=](const Arguments& x) { return softmax(x[0], axis); }, {{{2, 3, 4}}}});
        list.push_back({"log_softmax" + over, [=](const Arguments& x) { return log_softmax(x[0], axis); }, {{{2, 3, 4}}}});
    }
    list.push_back({"softmax of a long row", [](const Arguments& x) { return softmax(x[0]); }, {{{2, 19}}}});
    list.push_back({"log_softmax of a long row", [](const Arguments& x) { return log_softmax(x[0]); }, {{{2, 19}}}});
    return list;
}

}  // namespace cotangent
