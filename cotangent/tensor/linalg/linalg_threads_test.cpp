// Linear algebra gives the same bits for any number of threads, and from any number of callers at once.
#include <array>
#include <thread>

#include "cotangent/tensor/linalg/testing.hpp"
#include "cotangent/tensor/threads.hpp"

using namespace cotangent::testing;

namespace {

/// Results of everything that runs in parallel or inside LAPACK: stacks of small matrices and single larger ones.
std::vector<ct::Tensor> everything(ct::Dtype dtype) {
    std::vector<ct::Tensor> results;
    for (const ct::Shape& shape : {ct::Shape{300, 5, 5}, ct::Shape{3, 40, 40}, ct::Shape{150, 150}}) {
        const ct::Tensor a = random_matrices(shape, 1, dtype), b = random_matrices(shape, 2, dtype),
                         d = random_definite(shape, 3, dtype);
        for (const ct::Tensor& x :
             {ct::cholesky(d), ct::triangular_solve(d, b), ct::solve(d, b), ct::inverse(d), ct::det(a),
              ct::slogdet(a).logabsdet, ct::qr(a).q, ct::qr(a).r, ct::svd(a).u, ct::svd(a).vt, ct::eigh(a).values,
              ct::eigh(a).vectors, ct::lstsq(a, b), ct::matrix_exp(a), ct::fft2(ct::stack({a, b}, -1)), ct::rfft(a)})
            results.push_back(x);
    }
    return results;
}

bool same(const std::vector<ct::Tensor>& a, const std::vector<ct::Tensor>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) { return identical(x, y); });
}

}  // namespace

TEST_CASE("linear algebra gives the same bits for any number of threads") {
    const int before = ct::thread_count();
    for (const ct::Dtype dtype : real_dtypes) {
        ct::set_thread_count(1);
        const auto alone = everything(dtype);
        for (const int threads : {2, 4}) {
            ct::set_thread_count(threads);
            CHECK(same(everything(dtype), alone));
        }
    }
    ct::set_thread_count(before);
}

TEST_CASE("linear algebra gives the same bits to callers that come at once") {
    const auto alone = everything(ct::Dtype::float64);
    std::array<bool, 4> right{};
    {
        std::vector<std::jthread> callers;
        for (bool& mine : right)
            callers.emplace_back([&] {
                mine = true;
                for (int round = 0; round < 3; ++round) mine = same(everything(ct::Dtype::float64), alone) && mine;
            });
    }
    for (const bool mine : right) CHECK(mine);
}
