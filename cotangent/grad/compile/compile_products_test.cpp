// Loops that begin with a product.
#include <doctest/doctest.h>

#include <sstream>

#include "cotangent/grad/compile/compile.hpp"
#include "cotangent/grad/compile/detail/testing.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/kernels/gemm.hpp"
#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/threads.hpp"

namespace ct = cotangent;
using ct::Dtype, ct::Tensor;
using ct::testing::identical, ct::testing::largest_difference, ct::testing::numbers;

namespace {

Tensor matrix(std::int64_t rows, std::int64_t columns, Dtype dtype, double pace = 40) {
    return cast(reshape(sin(numbers(rows * columns) * pace), {rows, columns}), dtype);
}

/// How many steps of a compiled f begin with a product and go on.
template <class F, class... X>
std::int64_t fused_products(const F& f, const X&... x) {
    auto compiled = ct::compile(f);
    (void)compiled(x...);
    std::istringstream lines(ct::explain(compiled));
    std::int64_t count = 0;
    for (std::string line; std::getline(lines, line);) count += line.find(" matmul, ") != std::string::npos;
    return count;
}

/// The results of a compiled f are those of f.
template <class F, class... X>
void check_numbers(Dtype dtype, const F& f, const X&... x) {
    CHECK(largest_difference(f, x...) <= (dtype == Dtype::float64 ? 1e-13 : 2e-5));
}

/// Do products of this dtype and the sizes of these tests begin loops on this processor?
bool begins_loops(Dtype dtype) { return ct::detail::pays_by_rows(dtype, {.rows = 1024, .columns = 128, .inner = 128}); }

constexpr std::int64_t rows = 1210, width = 128;  // so that eager, too, makes all pieces with our own loops

}  // namespace

TEST_CASE("what follows a product is done row by row as they are made, with the numbers of the ops themselves") {
    CHECK(begins_loops(Dtype::float64));
    for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
        const Tensor x = matrix(rows, width, dtype), w = matrix(width, width, dtype, 7) * 0.1,
                     bias = reshape(slice_axis(w, 0, 3, 4), {width});
        const auto dense = [](const Tensor& in, const Tensor& kernel, const Tensor& row) {
            return gelu(matmul(in, kernel) + row) * 0.5 + in;
        };
        const int before = ct::thread_count();
        for (const int threads : {1, 2, 4}) {
            ct::set_thread_count(threads);
            auto compiled = ct::compile(dense);
            (void)compiled(x * 2, w, bias);
            CHECK(identical(compiled(x, w, bias), dense(x, w, bias)));
        }
        ct::set_thread_count(before);
        CHECK(fused_products(dense, x, w, bias) == begins_loops(dtype));
        const auto turned = [](const Tensor& in, const Tensor& kernel) {
            return tanh(matmul(in, kernel, {.transpose_b = true}));
        };
        CHECK(fused_products(turned, x, w) == begins_loops(dtype));
        check_numbers(dtype, turned, x, w);
    }
}

TEST_CASE("a product that is needed elsewhere too is kept") {
    for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
        const Tensor x = matrix(rows, width, dtype), w = matrix(width, width, dtype, 7) * 0.1;
        const auto returned = [](const Tensor& in, const Tensor& kernel) {
            const Tensor y = matmul(in, kernel);
            return std::pair{y, exp(y) - y};
        };
        CHECK(fused_products(returned, x, w) == begins_loops(dtype));
        check_numbers(dtype, returned, x, w);
        const auto again = [](const Tensor& in, const Tensor& kernel) {
            const Tensor y = matmul(in, kernel);
            return matmul(tanh(y), kernel, {.transpose_b = true}) * y;
        };
        CHECK(fused_products(again, x, w) == 2 * begins_loops(dtype));
        check_numbers(dtype, again, x, w);
    }
}

TEST_CASE("a product's operands stay whole while the loop behind it writes") {
    for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
        constexpr std::int64_t n = 256;
        const Tensor x = matrix(n, n, dtype) * 0.1, p = matrix(n, n, dtype, 11) * 0.1;
        // What is scaled has a buffer, which is free for the sum when that is made, but for being an operand.
        const auto squared = [](const Tensor& a) {
            const Tensor scaled = a * 0.5;
            return matmul(matmul(scaled, scaled) - scaled, a);
        };
        check_numbers(dtype, squared, x);
        const auto narrower = [](const Tensor& a, const Tensor& b) {
            const Tensor scaled = a * 0.5, rows_of_half = reshape(slice_axis(scaled, 0, 0, n / 2), {n, n / 2});
            return matmul(matmul(rows_of_half, b) + scaled, a);
        };
        CHECK(fused_products(narrower, x, slice_axis(p, 0, 0, n / 2)) == begins_loops(dtype));
        check_numbers(dtype, narrower, x, slice_axis(p, 0, 0, n / 2));
        // A product that is kept is there before the loop reads what it adds.
        const auto kept = [](const Tensor& a, const Tensor& b) {
            const Tensor bent = tanh(a), y = matmul(a, b), z = y + bent;
            return matmul(matmul(z, b), y);
        };
        CHECK(fused_products(kept, x, p) == begins_loops(dtype));
        check_numbers(dtype, kept, x, p);
        // An argument that the call gives away.
        auto compiled = ct::compile([](Tensor& state, const Tensor& by) { state = matmul(by, state) + state * 0.5; });
        Tensor state = x, expected = x;
        for (int step = 0; step < 4; ++step) {
            compiled(state, p);
            expected = matmul(p, expected) + expected * 0.5;
        }
        CHECK(identical(state, expected));
    }
}

TEST_CASE("a sum of all that follows a product ends the loop's rows, not its numbers") {
    for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
        const Tensor x = matrix(rows, width, dtype), w = matrix(width, width, dtype, 7) * 0.1,
                     y = matrix(rows, width, dtype, 3);
        const auto loss = [](const Tensor& kernel, const Tensor& in, const Tensor& target) {
            return mean(square(tanh(matmul(in, kernel)) - target));
        };
        check_numbers(dtype, loss, w, x, y);
        check_numbers(dtype, ct::value_and_grad(loss), w, x, y);
    }
}

TEST_CASE("two layers and their gradients are eager's, where each product begins a loop") {
    for (const Dtype dtype : {Dtype::float64, Dtype::float32}) {
        const Tensor x = matrix(rows, width, dtype), w = matrix(width, 2 * width, dtype, 7) * 0.1,
                     v = matrix(2 * width, width, dtype, 5) * 0.1,
                     bias = reshape(matrix(1, 2 * width, dtype, 9), {2 * width});
        const auto loss = [](const Tensor& first, const Tensor& row, const Tensor& second, const Tensor& in) {
            const Tensor out = in + matmul(gelu(matmul(in, first) + row), second);
            return sum(square(out)) * 1e-3;
        };
        const auto all = ct::value_and_grad(loss);
        CHECK(fused_products(all, w, bias, v, x) >= 2 * begins_loops(dtype));
        check_numbers(dtype, all, w, bias, v, x);
    }
}
