#include "cotangent/tensor/linalg/fft.hpp"

#include <complex>
#include <numbers>

#include "cotangent/tensor/linalg/testing.hpp"

using namespace cotangent::testing;

namespace {

double root_mean_square(const ct::Tensor& x) {
    return std::sqrt(ct::mean(ct::square(ct::cast(x, ct::Dtype::float64))).item());
}

/// The root mean square error of fft in eps, against the sums of the definition in long double.
double error_of(std::int64_t n, ct::Dtype dtype) {
    const ct::Tensor x = random_matrices({n, 2}, static_cast<std::uint64_t>(n), dtype);
    const auto values = x.to_vector<double>();
    std::vector<std::complex<long double>> roots;
    for (std::int64_t k = 0; k < n; ++k)
        roots.push_back(std::polar(
            1.0L, -2 * std::numbers::pi_v<long double> * static_cast<long double>(k) / static_cast<long double>(n)));
    std::vector<double> expected;
    for (std::int64_t k = 0; k < n; ++k) {
        std::complex<long double> sum = 0;
        for (std::int64_t j = 0; j < n; ++j)
            sum += std::complex<long double>(values[2 * j], values[2 * j + 1]) * roots[j * k % n];
        expected.push_back(static_cast<double>(sum.real()));
        expected.push_back(static_cast<double>(sum.imag()));
    }
    const ct::Tensor exact = ct::Tensor::from(expected, {n, 2});
    return root_mean_square(ct::cast(ct::fft(x), ct::Dtype::float64) - exact) / (root_mean_square(exact) * epsilon(dtype));
}

}  // namespace

TEST_CASE("fft stays within its error bound for every length") {
    for (const ct::Dtype dtype : real_dtypes) {
        for (std::int64_t n = 1; n <= 130; ++n) {
            CAPTURE(n);
            CHECK(error_of(n, dtype) <= 10 * std::log2(double(n) + 1));
        }
        for (const std::int64_t n : {243, 256, 307, 500, 720, 1009, 1024, 2 * 601}) {  // Bluestein for 307, 1009 and 1202
            CAPTURE(n);
            CHECK(error_of(n, dtype) <= 10 * std::log2(double(n)));
        }
    }
}

TEST_CASE("the inverse transforms bring the numbers back") {
    for (const ct::Dtype dtype : real_dtypes)
        for (const std::int64_t n : {1, 2, 3, 8, 15, 49, 106, 1000}) {
            CAPTURE(n);
            const double bound = 20 * std::log2(double(n) + 1);
            const ct::Tensor z = random_matrices({3, n, 2}, 1, dtype), x = random_matrices({3, n}, 2, dtype);
            CHECK(error_in_eps(ct::ifft(ct::fft(z)), z) < bound);
            CHECK(error_in_eps(ct::irfft(ct::rfft(x), n), x) < bound);
            const ct::Tensor plane = random_matrices({2, 6, n, 2}, 3, dtype),
                             real_plane = random_matrices({2, 6, n}, 4, dtype);
            CHECK(error_in_eps(ct::ifft2(ct::fft2(plane)), plane) < 2 * bound);
            CHECK(error_in_eps(ct::irfft2(ct::rfft2(real_plane), n), real_plane) < 2 * bound);
        }
}

TEST_CASE("rfft is the first half of fft, and fft2 is fft over both axes") {
    for (const std::int64_t n : {1, 2, 5, 12, 53, 64}) {
        CAPTURE(n);
        const ct::Tensor x = random_matrices({4, n}, 1), whole = ct::fft(ct::stack({x, ct::zeros_like(x)}, -1));
        CHECK(error_in_eps(ct::rfft(x), ct::slice_axis(whole, 1, 0, n / 2 + 1)) < 50);
    }
    const ct::Tensor z = random_matrices({3, 4, 5, 2}, 2);
    const ct::Tensor by_rows = ct::fft(z), by_columns = ct::swap_axes(ct::fft(ct::swap_axes(by_rows, 1, 2)), 1, 2);
    CHECK(error_in_eps(ct::fft2(z), by_columns) < 20);
}

TEST_CASE("any axis can be transformed") {
    const ct::Tensor z = random_matrices({3, 4, 5, 2}, 5), x = random_matrices({6, 3, 4}, 6);
    for (const auto& [axis, n] : {std::pair<int, int>{0, 3}, {1, 4}, {-1, 5}, {-3, 3}}) {
        CAPTURE(axis);
        const int at = axis < 0 ? axis + 3 : axis;
        const auto last = [&](const ct::Tensor& y) { return ct::swap_axes(y, at, 2); };
        CHECK(error_in_eps(ct::fft(z, {.axis = axis}), last(ct::fft(last(z)))) < 10);
        CHECK(error_in_eps(ct::ifft(z, {.axis = axis}), last(ct::ifft(last(z)))) < 10);
        CHECK(identical(ct::rfft(x, {.axis = axis}), last(ct::rfft(last(x)))));
        CHECK(identical(ct::irfft(z, 2 * n - 1, {.axis = axis}), last(ct::irfft(last(z), 2 * n - 1))));
    }
    CHECK(ct::rfft(x, {.axis = 0}).shape() == ct::Shape{4, 3, 4, 2});
    CHECK(ct::irfft(z, 5, {.axis = 0}).shape() == ct::Shape{5, 4, 5});
}

TEST_CASE("norms divide the inverse by n, both by its root, or the forward transform") {
    const ct::Tensor z = random_matrices({4, 6, 2}, 7), x = random_matrices({4, 7}, 8);
    const auto energy = [](const ct::Tensor& y) { return ct::sum(ct::square(y)); };
    CHECK(error_in_eps(energy(ct::fft(z, {.norm = ct::FftNorm::ortho})), energy(z)) < 20);
    CHECK(error_in_eps(energy(ct::fft2(z, ct::FftNorm::ortho)), energy(z)) < 20);
    CHECK(error_in_eps(ct::fft(z, {.norm = ct::FftNorm::forward}), ct::fft(z) / 6.0) < 10);
    CHECK(error_in_eps(ct::rfft2(x, ct::FftNorm::forward), ct::rfft2(x) / 28.0) < 10);
    for (const ct::FftNorm norm : {ct::FftNorm::backward, ct::FftNorm::ortho, ct::FftNorm::forward}) {
        CHECK(error_in_eps(ct::ifft(ct::fft(z, {.axis = 0, .norm = norm}), {.axis = 0, .norm = norm}), z) < 20);
        CHECK(error_in_eps(ct::irfft(ct::rfft(x, {.norm = norm}), 7, {.norm = norm}), x) < 20);
        CHECK(error_in_eps(ct::ifft2(ct::fft2(z, norm), norm), z) < 20);
        CHECK(error_in_eps(ct::irfft2(ct::rfft2(x, norm), 7, norm), x) < 20);
    }
}

TEST_CASE("irfft does not read what must be zero") {
    ct::Tensor z = random_matrices({5, 2}, 3);
    const ct::Tensor even = ct::irfft(z, 8), odd = ct::irfft(z, 9);
    z.mutable_values<double>()[1] = 99;
    CHECK(identical(ct::irfft(z, 9), odd));
    z.mutable_values<double>()[9] = -99;
    CHECK(identical(ct::irfft(z, 8), even));
}

TEST_CASE("a line's transform does not depend on how many stand beside it") {
    for (const std::int64_t n : {6, 64, 106}) {
        const ct::Tensor z = random_matrices({37, n, 2}, 9), all = ct::fft(z);
        for (const int line : {0, 15, 36}) CHECK(error_in_eps(ct::row(all, line), ct::fft(ct::row(z, line))) < 8);
    }
    CHECK(ct::fft(ct::zeros({0, 3, 2})).shape() == ct::Shape{0, 3, 2});
}

TEST_CASE("the transforms name the shape that is wrong") {
    CHECK_THROWS_WITH_AS((void)ct::fft(ct::zeros({4, 3})), "fft: x has shape [4, 3], expected [..., N, 2], N > 0",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::ifft(ct::zeros({0, 2})), "ifft: x has shape [0, 2], expected [..., N, 2], N > 0",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::fft2(ct::zeros({4, 2})),
                         "fft2: x has shape [4, 2], expected [..., H, W, 2], neither empty", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::rfft(ct::zeros({2, 0})), "rfft: x has shape [2, 0], expected [..., N], N > 0",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::fft(ct::zeros({0, 4, 2}), {.axis = 0}),
                         "fft: x has shape [0, 4, 2], expected [..., N, 2], N > 0 at axis 0", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::fft(ct::zeros({3, 4, 2}), {.axis = 2}),
                         "fft: axis is 2, expected -2 to 1 for shape [3, 4, 2]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::irfft(ct::zeros({5, 2}), 7),
                         "irfft: x has shape [5, 2], expected [..., 4, 2] for 7 real numbers", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::irfft(ct::zeros({5, 3, 2}), 7, {.axis = 0}),
                         "irfft: x has shape [5, 3, 2], expected [..., 4, 2] at axis 0 for 7 real numbers", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::fft(ct::zeros({4, 2}, ct::Dtype::int32)), "fft: x is int32, expected float32 or float64",
                         ct::DtypeError);
}
