#include "cotangent/tensor/ops/matmul.hpp"

#include <cmath>
#include <cstring>
#include <tuple>
#include <vector>

#include "cotangent/tensor/kernels/gemm.hpp"
#include "cotangent/tensor/ops.hpp"
#include "cotangent/tensor/threads.hpp"

#include <doctest/doctest.h>

namespace ct = cotangent;

namespace {

/// Values in [-1, 1] that repeat after no short period.
ct::Tensor wave(const ct::Shape& shape, ct::Dtype dtype, double phase) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < shape.size(); ++i) values.push_back(std::sin(0.7 * double(i) * double(i % 89) + phase));
    return ct::cast(ct::Tensor::from(values, shape), dtype);
}

/// The largest error in units of eps(dtype) K sum|a||b|, against sums in double.
double error_of(ct::Dtype dtype, std::int64_t m, std::int64_t k, std::int64_t n, bool ta, bool tb) {
    const auto a = wave(ta ? ct::Shape{k, m} : ct::Shape{m, k}, dtype, 0.1), b = wave(tb ? ct::Shape{n, k} : ct::Shape{k, n}, dtype, 0.4);
    const auto c = ct::matmul(a, b, {ta, tb}).to_vector<double>();
    const auto va = a.to_vector<double>(), vb = b.to_vector<double>();
    const double eps = dtype == ct::Dtype::float64 ? 0x1p-53 : dtype == ct::Dtype::float32 ? 0x1p-24 : 0x1p-9;
    double worst = 0;
    for (std::int64_t i = 0; i < m; ++i)
        for (std::int64_t j = 0; j < n; ++j) {
            double exact = 0, size = 0;
            for (std::int64_t l = 0; l < k; ++l) {
                const double term = va[ta ? l * m + i : i * k + l] * vb[tb ? j * k + l : l * n + j];
                exact += term;
                size += std::abs(term);
            }
            const double bound = eps * (dtype == ct::Dtype::bfloat16 ? 1.0 : double(k)) * size;
            worst = std::max(worst, std::abs(c[i * n + j] - exact) / (bound + 1e-300));
        }
    return worst;
}

}  // namespace

TEST_CASE("matmul stays within its error bound for every dtype, transpose and size class") {
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64, ct::Dtype::bfloat16})
        for (const auto& [m, k, n] : {std::tuple{1, 1, 1}, {3, 5, 2}, {1, 40, 70}, {70, 40, 1}, {1, 301, 2050}, {2, 257, 1030}, {2050, 301, 1}, {1030, 6, 2}, {64, 32, 64}, {33, 47, 20}, {130, 90, 110}, {150, 300, 70}, {25, 1024, 40}})
            for (const auto& [ta, tb] : {std::pair{false, false}, {true, false}, {false, true}, {true, true}}) {
                CAPTURE(ct::name(dtype));
                CAPTURE(m);
                CAPTURE(k);
                CAPTURE(n);
                CAPTURE(ta);
                CAPTURE(tb);
                CHECK(error_of(dtype, m, k, n, ta, tb) <= 2);
            }
}

TEST_CASE("one large product is exact in every layout, added or not, with rows side by side or apart") {
    const std::int64_t m = 131, n = 1030, k = 270;
    const auto check = [&]<class T>(T) {
        for (const std::int64_t apart : {0, 7, 1024})  // 1024: rows 4 or 8 KB apart
            for (const auto& [ta, tb] : {std::pair{false, false}, {true, false}, {false, true}, {true, true}})
                for (const bool adds : {false, true}) {
                    const std::int64_t lda = apart == 1024 ? 1024 : (ta ? m : k) + apart;
                    const std::int64_t ldb = apart == 1024 ? 2048 : (tb ? k : n) + apart, ldc = n + apart;
                    std::vector<T> a((ta ? k : m) * lda), b((tb ? n : k) * ldb), c(m * ldc);
                    std::int64_t seed = 1;
                    for (auto* x : {&a, &b, &c})
                        for (T& number : *x) number = static_cast<T>((seed = seed * 75 % 65537) % 7 - 3);
                    const std::vector<T> before = c;
                    ct::detail::gemm_block<T>(ta, tb, m, n, k, a.data(), lda, b.data(), ldb, adds, c.data(), ldc);
                    std::int64_t wrong = 0;
                    for (std::int64_t i = 0; i < m; i += i < 120 ? 7 : 1)
                        for (std::int64_t j = 0; j < ldc; j += j < 1000 ? 5 : 1) {
                            T exact = j >= n || adds ? before[i * ldc + j] : T{};
                            for (std::int64_t l = 0; j < n && l < k; ++l)
                                exact += a[ta ? l * lda + i : i * lda + l] * b[tb ? j * ldb + l : l * ldb + j];
                            wrong += c[i * ldc + j] != exact;
                        }
                    CAPTURE(apart);
                    CAPTURE(ta);
                    CAPTURE(tb);
                    CHECK(wrong == 0);
                }
    };
    check(float{});
    check(double{});
}

TEST_CASE("a product made some rows at a time is exact, and hands out each row once, for any number of threads") {
    const auto check = [&]<class T>(T, ct::Dtype dtype, std::int64_t m, std::int64_t n, std::int64_t k, bool transpose_b) {
        CAPTURE(m);
        CAPTURE(k);
        CAPTURE(transpose_b);
        const ct::detail::GemmProblem problem{.rows = m, .columns = n, .inner = k, .transpose_b = transpose_b};
        std::vector<T> a(m * k), b(k * n), expected(m * n), seen(m * n), kept(m * n);
        std::int64_t seed = 1;
        for (auto* x : {&a, &b})
            for (T& number : *x) number = static_cast<T>((seed = seed * 75 % 65537) % 7 - 3);
        ct::detail::gemm(dtype, problem, a.data(), b.data(), expected.data());
        std::vector<int> times(m);
        const auto use = [&](std::int64_t first, std::int64_t last, const std::byte* made) {
            std::memcpy(&seen[first * n], made, static_cast<std::size_t>((last - first) * n) * sizeof(T));
            for (std::int64_t i = first; i < last; ++i) ++times[i];
        };
        ct::detail::gemm_by_rows(dtype, problem, a.data(), b.data(), nullptr, use);
        CHECK(seen == expected);
        CHECK(times == std::vector<int>(m, 1));
        seen.assign(m * n, T{});
        ct::detail::gemm_by_rows(dtype, problem, a.data(), b.data(), kept.data(), use);
        CHECK(seen == expected);
        CHECK(kept == expected);
    };
    const int before = ct::thread_count();
    for (const int threads : {1, 2, 4}) {
        ct::set_thread_count(threads);
        for (const bool transpose_b : {false, true}) {
            check(float{}, ct::Dtype::float32, 515, 131, 270, transpose_b);
            check(float{}, ct::Dtype::float32, 300, 150, 1024, transpose_b);  // rows 4 KB apart
            check(float{}, ct::Dtype::float32, 64, 2048, 80, transpose_b);
            check(double{}, ct::Dtype::float64, 515, 131, 270, transpose_b);
            check(double{}, ct::Dtype::float64, 300, 150, 512, transpose_b);
        }
    }
    ct::set_thread_count(before);
}

TEST_CASE("matmul of small matrices gives the textbook values") {
    const auto a = ct::Tensor::of<float>({{1, 2, 3}, {4, 5, 6}}), b = ct::Tensor::of<float>({{1, 0}, {2, 1}, {0, 3}});
    CHECK(ct::matmul(a, b).to_vector<int>() == std::vector{5, 11, 14, 23});
    CHECK(ct::matmul(a, a, {.transpose_b = true}).to_vector<int>() == std::vector{14, 32, 32, 77});
    CHECK(ct::matmul(a, a, {.transpose_a = true}).to_vector<int>() == std::vector{17, 22, 27, 22, 29, 36, 27, 36, 45});
    CHECK(ct::outer(ct::Tensor::of<float>({1, 2}), ct::Tensor::of<float>({3, 4})).to_vector<int>() == std::vector{3, 4, 6, 8});
}

TEST_CASE("matmul treats vectors and leading axes as NumPy does") {
    const auto shape = [](const ct::Shape& a, const ct::Shape& b, const ct::MatmulOptions& options = {}) {
        return ct::matmul(ct::ones(a), ct::ones(b), options).shape();
    };
    CHECK(shape({3}, {3}) == ct::Shape{});
    CHECK(shape({3}, {3, 2}) == ct::Shape{2});
    CHECK(shape({5, 3}, {3}) == ct::Shape{5});
    CHECK(shape({3}, {4, 3, 2}) == ct::Shape{4, 2});
    CHECK(shape({4, 5, 3}, {3}) == ct::Shape{4, 5});
    CHECK(shape({4, 1, 5, 3}, {6, 3, 2}) == ct::Shape{4, 6, 5, 2});
    CHECK(shape({4, 5, 3}, {2, 3}, {.transpose_b = true}) == ct::Shape{4, 5, 2});
    CHECK(shape({0, 5, 3}, {3, 2}) == ct::Shape{0, 5, 2});
    CHECK(ct::matmul(ct::ones({2, 0}), ct::ones({0, 2})).to_vector<int>() == std::vector{0, 0, 0, 0});
}

TEST_CASE("matmul of a batch is the products of its matrices, for every way to broadcast") {
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64, ct::Dtype::bfloat16})
        for (const auto& [ba, bb] : {std::pair<ct::Shape, ct::Shape>{{3, 2}, {3, 2}}, {{3, 1}, {2}}, {{2}, {3, 1}}, {{3, 2}, {}}, {{}, {3, 2}}})
            for (const auto& [ta, tb] : {std::pair{false, false}, {true, false}, {false, true}, {true, true}}) {
                const std::int64_t m = 33, k = 40, n = 36;
                ct::Shape sa = ba, sb = bb;
                for (const auto length : {ta ? k : m, ta ? m : k}) sa.push_back(length);
                for (const auto length : {tb ? n : k, tb ? k : n}) sb.push_back(length);
                const auto a = wave(sa, dtype, 0), b = wave(sb, dtype, 1);
                const auto c = ct::matmul(a, b, {ta, tb});
                REQUIRE(c.shape() == ct::Shape{3, 2, m, n});
                const auto wide_a = ct::broadcast_to(a, {3, 2, sa[sa.rank() - 2], sa.back()});
                const auto wide_b = ct::broadcast_to(b, {3, 2, sb[sb.rank() - 2], sb.back()});
                for (int i = 0; i < 6; ++i) {
                    const auto one = ct::matmul(wide_a.view({sa[sa.rank() - 2], sa.back()}, i * m * k),
                                                wide_b.view({sb[sb.rank() - 2], sb.back()}, i * k * n), {ta, tb});
                    const auto x = one.to_vector<double>(), y = c.view({m, n}, i * m * n).to_vector<double>();
                    double worst = 0;
                    for (std::size_t j = 0; j < x.size(); ++j) worst = std::max(worst, std::abs(x[j] - y[j]));
                    CHECK(worst <= (dtype == ct::Dtype::bfloat16 ? 0.1 : 1e-4));
                }
            }
}

TEST_CASE("matmul gives the same bits for any number of threads") {
    const int before = ct::thread_count();
    for (const auto& [sa, sb] : {std::pair<ct::Shape, ct::Shape>{{300, 200}, {200, 250}}, {{40, 64, 48}, {40, 48, 64}}, {{20, 900}, {900, 300}}})
        for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64, ct::Dtype::bfloat16}) {
            const auto a = wave(sa, dtype, 0), b = wave(sb, dtype, 1);
            ct::set_thread_count(1);
            const auto one = ct::matmul(a, b);
            for (const int count : {2, 5}) {
                ct::set_thread_count(count);
                const auto many = ct::matmul(a, b);
                CHECK(std::equal(one.raw(), one.raw() + one.bytes(), many.raw()));
            }
        }
    ct::set_thread_count(before);
}

TEST_CASE("large products give the same bits for any number of threads in every layout, where the last piece is thin too") {
    const int before = ct::thread_count();
    for (const auto& [m, n, k] : {std::tuple{64, 145, 4400}, {145, 64, 4400}, {225, 700, 300}})
        for (const auto& [ta, tb] : {std::pair{false, false}, {true, false}, {false, true}, {true, true}})
            for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64}) {
                const auto a = wave(ta ? ct::Shape{k, m} : ct::Shape{m, k}, dtype, 0);
                const auto b = wave(tb ? ct::Shape{n, k} : ct::Shape{k, n}, dtype, 1);
                ct::set_thread_count(1);
                const auto one = ct::matmul(a, b, {ta, tb});
                for (const int count : {2, 5}) {
                    ct::set_thread_count(count);
                    const auto many = ct::matmul(a, b, {ta, tb});
                    CHECK(std::equal(one.raw(), one.raw() + one.bytes(), many.raw()));
                }
            }
    ct::set_thread_count(before);
}

TEST_CASE("matmul names what does not fit") {
    CHECK_THROWS_WITH_AS((void)ct::matmul(ct::ones({2, 3}), ct::ones({4, 5})),
                         "matmul: b has shape [4, 5], expected [..., 3, *] for a [2, 3]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::matmul(ct::ones({2, 3}), ct::ones({3, 5}), {.transpose_b = true}),
                         "matmul: b has shape [3, 5] (transposed), expected [..., *, 3] for a [2, 3]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::matmul(ct::ones({2, 3}), ct::ones({2})), "matmul: b has shape [2], expected [3] for a [2, 3]",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::matmul(ct::ones({}), ct::ones({2})),
                         "matmul: a has shape [], expected a vector or matrices; use multiply()", ct::ShapeError);
    CHECK_THROWS_AS((void)ct::matmul(ct::ones({2, 2, 3}), ct::ones({3, 3, 2})), ct::ShapeError);
    CHECK_THROWS_AS((void)ct::matmul(ct::ones({2, 3}), ct::ones({3, 2}, ct::Dtype::float64)), ct::DtypeError);
    CHECK_THROWS_AS((void)ct::matmul(ct::ones({2, 3}, ct::Dtype::int32), ct::ones({3, 2}, ct::Dtype::int32)), ct::DtypeError);
}
