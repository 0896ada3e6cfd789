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
    CHECK_THROWS_WITH_AS((void)ct::irfft(ct::zeros({5, 2}), 7),
                         "irfft: x has shape [5, 2], expected [..., 4, 2] for 7 real numbers", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::fft(ct::zeros({4, 2}, ct::Dtype::int32)), "fft: x is int32, expected float32 or float64",
                         ct::DtypeError);
}
