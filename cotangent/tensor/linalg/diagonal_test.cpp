#include "cotangent/tensor/linalg/diagonal.hpp"

#include <limits>

#include "cotangent/tensor/linalg/kron.hpp"
#include "cotangent/tensor/linalg/testing.hpp"

namespace {

using Ints = std::vector<int>;
const ct::Tensor x = ct::Tensor::of<std::int32_t>({{1, 2, 3}, {4, 5, 6}});

}  // namespace

TEST_CASE("diagonal takes any diagonal of any dtype") {
    CHECK(ct::diagonal(x).to_vector<int>() == Ints{1, 5});
    CHECK(ct::diagonal(x, 1).to_vector<int>() == Ints{2, 6});
    CHECK(ct::diagonal(x, 2).to_vector<int>() == Ints{3});
    CHECK(ct::diagonal(x, -1).to_vector<int>() == Ints{4});
    CHECK(ct::diagonal(x, 3).shape() == ct::Shape{0});
    CHECK(ct::diagonal(x, -7).shape() == ct::Shape{0});
    CHECK(ct::diagonal(ct::stack({x, x}), 1).to_vector<int>() == Ints{2, 6, 2, 6});
    CHECK(ct::diagonal(ct::Tensor::of<bool>({{true, false}, {true, true}})).to_vector<int>() == Ints{1, 1});
}

TEST_CASE("diag_embed is the diagonal's way back") {
    const ct::Tensor d = ct::Tensor::of<std::int32_t>({7, 8});
    CHECK(ct::diag_embed(d).to_vector<int>() == Ints{7, 0, 0, 8});
    CHECK(ct::diag_embed(d, 1).to_vector<int>() == Ints{0, 7, 0, 0, 0, 8, 0, 0, 0});
    CHECK(ct::diag_embed(d, -1).to_vector<int>() == Ints{0, 0, 0, 7, 0, 0, 0, 8, 0});
    for (const int offset : {-3, -1, 0, 2})
        CHECK(ct::diagonal(ct::diag_embed(d, offset), offset).to_vector<int>() == Ints{7, 8});
    CHECK(ct::diag_embed(ct::zeros({3, 0}), 2).shape() == ct::Shape{3, 2, 2});
}

TEST_CASE("trace, tril and triu read the parts that they name") {
    CHECK(ct::trace(x).item() == 6);
    CHECK(ct::trace(x, 1).item() == 8);
    CHECK(ct::trace(ct::ones({5, 2, 2})).to_vector<int>() == Ints{2, 2, 2, 2, 2});
    CHECK(ct::trace(ct::zeros({0, 0})).item() == 0);
    CHECK(ct::tril(x).to_vector<int>() == Ints{1, 0, 0, 4, 5, 0});
    CHECK(ct::tril(x, -1).to_vector<int>() == Ints{0, 0, 0, 4, 0, 0});
    CHECK(ct::tril(x, 1).to_vector<int>() == Ints{1, 2, 0, 4, 5, 6});
    CHECK(ct::triu(x).to_vector<int>() == Ints{1, 2, 3, 0, 5, 6});
    CHECK(ct::triu(x, 2).to_vector<int>() == Ints{0, 0, 3, 0, 0, 0});
    CHECK(ct::triu(x, -5).to_vector<int>() == x.to_vector<int>());
    CHECK(ct::tril(x, -5).to_vector<int>() == Ints(6, 0));
}

TEST_CASE("tril and triu take any offset") {
    constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min(), most = std::numeric_limits<std::int64_t>::max();
    CHECK(ct::tril(x, most).to_vector<int>() == x.to_vector<int>());
    CHECK(ct::triu(x, most).to_vector<int>() == Ints(6, 0));
    CHECK(ct::tril(x, least).to_vector<int>() == Ints(6, 0));
    CHECK(ct::triu(x, least).to_vector<int>() == x.to_vector<int>());
}

TEST_CASE("the ops on diagonals name a shape that is too small") {
    CHECK_THROWS_WITH_AS((void)ct::diagonal(ct::zeros({3})), "diagonal: x has shape [3], expected [..., M, N]",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::diag_embed(ct::Tensor(1)), "diag_embed: x has shape [], expected [..., K]",
                         ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::trace(ct::zeros({3})), "trace: x has shape [3], expected [..., M, N]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::tril(ct::zeros({3})), "tril: x has shape [3], expected [..., M, N]", ct::ShapeError);
    CHECK_THROWS_WITH_AS((void)ct::kron(x, ct::zeros({3})), "kron: b has shape [3], expected [..., M, N]", ct::ShapeError);
}

TEST_CASE("kron has a block a[i, j] b at every (i, j)") {
    const ct::Tensor a = ct::Tensor::of<double>({{1, 2}, {3, -1}}), b = ct::Tensor::of<double>({{0, 5, 1}});
    CHECK(ct::kron(a, b).to_vector<int>() == Ints{0, 5, 1, 0, 10, 2, 0, 15, 3, 0, -5, -1});
    // (a x b)(c x d) = ac x bd
    using namespace ct::testing;
    const ct::Tensor c = random_matrices({2, 3, 4}, 1), d = random_matrices({2, 2, 5}, 2), e = random_matrices({4, 2}, 3),
                     f = random_matrices({5, 3}, 4);
    CHECK(error_in_eps(ct::matmul(ct::kron(c, d), ct::kron(e, f)), ct::kron(ct::matmul(c, e), ct::matmul(d, f))) < 40);
}
