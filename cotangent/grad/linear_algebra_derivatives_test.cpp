// Derivatives of linear algebra where they are not plain: repeated eigenvalues, dropped rank, zero norms. What must be right
// there is, and what means nothing is what the headers say.
#include <doctest/doctest.h>

#include <cmath>

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;

namespace {

bool is_finite(const ct::Tensor& x) {
    for (const double value : x.to_vector<double>())
        if (!std::isfinite(value)) return false;
    return true;
}

double distance(const ct::Tensor& a, const ct::Tensor& b) { return ct::max(ct::abs(a - b)).item(); }

/// A rotation that is no permutation.
ct::Tensor rotation() {
    return ct::qr(ct::Tensor::of<double>({{1, 2, 0, 1}, {-1, 1, 3, 0}, {2, 0, 1, -1}, {0, 1, 1, 2}})).q;
}

ct::Tensor with_spectrum(const std::vector<double>& values) {
    const ct::Tensor q = rotation(), d = ct::Tensor::from(values, {static_cast<std::int64_t>(values.size())});
    return ct::matmul(q * ct::expand_dims(d, 0), q, {.transpose_b = true});
}

}  // namespace

TEST_CASE("eigh has the first derivatives of f(A), and at repeated eigenvalues those of functions of the values") {
    // f(A) = V exp(w) V^T is exp(A), whose derivative matrix_exp has by another way.
    const ct::Tensor weights = ct::Tensor::of<double>({{1, 2, 0, -1}, {0, 3, 1, 1}, {2, 2, -1, 0}, {1, 0, 0, 4}});
    const auto by_spectrum = [&](const ct::Tensor& a) {
        const auto [w, v] = ct::eigh(a);
        return ct::sum(weights * ct::matmul(v * ct::expand_dims(ct::exp(w), -2), v, {.transpose_b = true}));
    };
    const auto by_series = [&](const ct::Tensor& a) {
        return ct::sum(weights * ct::matrix_exp(0.5 * (a + ct::transpose(a))));
    };
    for (const auto& spectrum : {std::vector<double>{1, 2, 3, 4}, {1, 3, 3.5, 4}}) {
        const ct::Tensor a = with_spectrum(spectrum);
        CHECK(distance(ct::grad(by_spectrum)(a), ct::grad(by_series)(a)) < 1e-11);
    }
    const auto values = [](const ct::Tensor& a) { return ct::sum(ct::square(ct::eigh(a).values)); };  // trace a^2
    for (const auto& spectrum : {std::vector<double>{2, 2, 2, 2}, {-1, 3, 3, 3}, {0, 0, 0, 0}}) {
        const ct::Tensor a = with_spectrum(spectrum);
        CHECK(distance(ct::grad(values)(a), 2.0 * a) < 1e-12);
        const ct::Tensor g = ct::grad(by_spectrum)(a);
        CHECK(is_finite(g));
    }
    // What its documentation says is missing there: A rebuilt, whose derivative along a change between equal values is 0.
    const auto rebuilt = [](const ct::Tensor& a) {
        const auto [w, v] = ct::eigh(a);
        return ct::matmul(v * ct::expand_dims(w, -2), v, {.transpose_b = true});
    };
    const ct::Tensor change = ct::Tensor::of<double>({{0, 1}, {1, 0}});
    CHECK(distance(ct::jvp(rebuilt, ct::eye(2, ct::Dtype::float64), change).second, ct::zeros_like(change)) == 0);
    CHECK(distance(ct::jvp(rebuilt, ct::Tensor::of<double>({{1, 0}, {0, 2}}), change).second, change) < 1e-15);
    // Vectors that do see it: finite, whatever they mean.
    CHECK(is_finite(
        ct::grad([](const ct::Tensor& a) { return ct::sum(ct::eigh(a).vectors); })(ct::eye(3, ct::Dtype::float64))));
}

TEST_CASE("svd at repeated and zero singular values has the derivatives of functions of the values") {
    const auto energy = [](const ct::Tensor& a) { return ct::sum(ct::square(ct::svd(a).s)); };  // sum of squares of a
    for (const ct::Tensor& a : {ct::eye(3, ct::Dtype::float64), ct::Tensor::of<double>({{1, 2}, {2, 4}, {3, 6}}),
                                ct::zeros({2, 3}, ct::Dtype::float64)})
        CHECK(distance(ct::grad(energy)(a), 2.0 * a) < 1e-12);
    const auto rebuilt = [](const ct::Tensor& a) {  // the energy again, which only the values decide
        const auto [u, s, vt] = ct::svd(a);
        return ct::sum(ct::square(ct::matmul(u * ct::expand_dims(s, -2), vt)));
    };
    const ct::Tensor rotated = 3.0 * rotation();  // all values 3
    CHECK(distance(ct::grad(rebuilt)(rotated), 2.0 * rotated) < 1e-11);
    CHECK(is_finite(ct::grad(rebuilt)(ct::Tensor::of<double>({{1, 2}, {2, 4}, {3, 6}}))));
    // A subgradient of the nuclear norm at rank one: u v^T on its range, and no larger than 1 beside it.
    const ct::Tensor g = ct::grad([](const ct::Tensor& a) { return ct::matrix_norm(a, ct::MatrixNorm::nuclear); })(
        ct::Tensor::of<double>({{1, 2}, {2, 4}}));
    CHECK(ct::matrix_norm(g, ct::MatrixNorm::spectral).item() < 1 + 1e-12);
    CHECK(ct::sum(g * ct::Tensor::of<double>({{1, 2}, {2, 4}})).item() == doctest::Approx(5));
}

TEST_CASE("qr of dependent columns and the logarithm of a zero determinant have no finite derivative") {
    const ct::Tensor dependent = ct::zeros({3, 2}, ct::Dtype::float64), singular = ct::Tensor::of<double>({{1, 2}, {2, 4}});
    CHECK_FALSE(is_finite(ct::grad([](const ct::Tensor& a) { return ct::sum(ct::qr(a).q); })(dependent)));
    CHECK_FALSE(is_finite(ct::grad([](const ct::Tensor& a) { return ct::slogdet(a).logabsdet; })(singular)));
}

TEST_CASE("det has first and second derivatives at singular matrices") {
    const auto gradient = ct::grad([](const ct::Tensor& a) { return ct::det(a); });
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64}) {
        const ct::Tensor singular = ct::cast(ct::Tensor::of<double>({{1, 2}, {2, 4}}), dtype);
        CHECK(distance(gradient(singular), ct::cast(ct::Tensor::of<double>({{4, -2}, {-2, 1}}), dtype)) <
              16 * (dtype == ct::Dtype::float32 ? 0x1p-23 : 0x1p-52));
    }
    CHECK(gradient(ct::zeros({1, 1}, ct::Dtype::float64)).item() == 1);
    // Of rank 2; of rank 1; of rank 0; in a stack with one of full rank, by any route.
    const ct::Tensor ranks = ct::reshape(ct::Tensor::of<double>({{1, 2, 3, 4, 5, 6, 7, 8, 9},
                                                                 {1, -2, 3, 2, -4, 6, -1, 2, -3},
                                                                 {0, 0, 0, 0, 0, 0, 0, 0, 0},
                                                                 {2, 1, 0, 0, 3, 1, 1, 0, 1}}),
                                         {4, 3, 3});
    ct::check_derivatives([](const ct::Tensor& a) { return ct::det(a); }, ranks);
    CHECK(distance(ct::slice_axis(ct::grad([](const ct::Tensor& a) { return ct::sum(ct::det(a)); })(ranks), 0, 0, 1),
                   ct::reshape(ct::Tensor::of<double>({-3, 6, -3, 6, -12, 6, -3, 6, -3}), {1, 3, 3})) < 1e-13);
    // Of rank N - 2: no gradient, but a second derivative.
    const ct::Tensor q = rotation(), low = with_spectrum({3, 2, 0, 0});
    CHECK(distance(gradient(low), ct::zeros_like(low)) < 1e-14);
    ct::check_derivatives([](const ct::Tensor& a) { return ct::det(a); }, low);
    // det(a) = det(q a q'), also where other elements are 0.
    const auto turned = [&](const ct::Tensor& a) { return ct::det(ct::matmul(ct::matmul(q, a), q, {.transpose_b = true})); };
    CHECK(distance(ct::hessian(turned)(low), ct::hessian([](const ct::Tensor& a) { return ct::det(a); })(low)) < 1e-13);
    // As near to singular as one likes: det is a polynomial of the step, and so is its Hessian along b, b.
    const ct::Tensor tenths = ct::Tensor::of<double>({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}) * 0.1,  // a last pivot of 1e-16
        step = ct::Tensor::of<double>({{0, 1, 0}, {0, 0, 2}, {1, 0, 1}}),
                     direction = ct::Tensor::of<double>({{1, 2, 3}, {4, 5, 6}, {7, 8, 10}});
    const auto curvature = [&](const ct::Tensor& x) {
        return ct::hvp([](const ct::Tensor& y) { return ct::det(y); }, x, ct::cast(direction, x.dtype()));
    };
    const ct::Tensor there = curvature(tenths),
                     slope = curvature(tenths + step) - there;  // the Hessian of a cubic is linear in x
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64})
        for (const double t : {0.0, 1e-16, 1e-13, 1e-10, 1e-7, 1e-5, 1e-3, 1e-2, 0.1}) {
            CAPTURE(t);
            const ct::Tensor seen = ct::cast(curvature(ct::cast(tenths + t * step, dtype)), ct::Dtype::float64);
            CHECK(distance(seen, there + t * slope) < 8e3 * (dtype == ct::Dtype::float32 ? 0x1p-23 : 0x1p-52));
        }
    // Far from 1: products neither overflow nor vanish on the way.
    const ct::Tensor wide = ct::diag_embed(ct::Tensor::of<float>({1e20f, 1e20f, 1e-30f, 0}));
    CHECK(gradient(wide).to_vector<double>()[15] == doctest::Approx(1e10));
    CHECK(gradient(wide).to_vector<double>()[10] == 0);
    CHECK(gradient(1e-200 * ct::eye(2, ct::Dtype::float64)).to_vector<double>()[0] == doctest::Approx(1e-200));
    // Third derivatives where it is regular, and a word where it is not.
    const auto third = [](const ct::Tensor& a, const ct::Tensor& b) {
        const auto second = [&](const ct::Tensor& x) {
            return ct::sum(b * ct::hvp([](const ct::Tensor& y) { return ct::det(y); }, x, b));
        };
        return ct::sum(b * ct::grad(second)(a)).item();
    };
    const ct::Tensor a = ct::Tensor::of<double>({{2, 1, 0}, {0, 3, 1}, {1, 0, 1}}),
                     b = ct::Tensor::of<double>({{1, 2, 3}, {4, 5, 6}, {7, 8, 10}});
    CHECK(third(a, b) == doctest::Approx(6 * ct::det(b).item()));  // det(a + t b) is det(b) t^3 + ...
    CHECK(third(b, a) == doctest::Approx(6 * ct::det(a).item()));
    CHECK_THROWS_WITH_AS((void)third(ct::zeros_like(a), b), "inverse: a is singular: pivot 0 is zero", ct::ValueError);
}

TEST_CASE("lstsq of a matrix of lower rank has the derivatives along changes that keep it") {
    // a = l r of rank 2, changed through l and r only.
    const ct::Tensor l = ct::Tensor::of<double>({{1, 2}, {0, 1}, {3, -1}, {1, 1}}),
                     r = ct::Tensor::of<double>({{1, 0, 2}, {-1, 1, 1}});
    const ct::Tensor b = ct::Tensor::of<double>({{1, 0}, {2, 1}, {-1, 3}, {0, 1}});
    ct::check_derivatives_with(
        {.single_tolerance = 0},
        [](const ct::Tensor& left, const ct::Tensor& right, const ct::Tensor& of) {
            return ct::lstsq(ct::matmul(left, right), of, {.rcond = 1e-8});
        },
        l, r, b);
}

TEST_CASE("norms have the derivative 0 where they are 0") {
    for (const double order : {2.0, 3.0, 1.5, 1.0, 0.5}) {
        const auto norms = [=](const ct::Tensor& x) { return ct::sum(ct::vector_norm(x, {.order = order, .axes = {1}})); };
        const ct::Tensor x = ct::Tensor::of<double>({{0, 0}, {3, 4}});
        const auto g = ct::grad(norms)(x).to_vector<double>();
        CHECK(g[0] == 0);
        CHECK(g[1] == 0);
        CHECK(g[2] ==
              doctest::Approx(std::pow(3 / std::pow(std::pow(3, order) + std::pow(4, order), 1 / order), order - 1)));
        CHECK(is_finite(ct::hvp(norms, x, ct::ones_like(x))));
        CHECK(ct::jvp(norms, x, ct::ones_like(x)).second.item() == doctest::Approx(g[2] + g[3]));
    }
    for (const double order : {0.5, 0.0, -1.0}) {  // an element that is 0
        const auto norm = [=](const ct::Tensor& x) { return ct::vector_norm(x, {.order = order}); };
        const ct::Tensor x = ct::Tensor::of<double>({0, 4});
        CHECK(ct::grad(norm)(x).to_vector<double>()[0] == 0);
        CHECK(is_finite(ct::jvp(norm, x, ct::ones_like(x)).second));
    }
    const ct::Tensor far =
        ct::grad([](const ct::Tensor& x) { return ct::vector_norm(x); })(ct::Tensor::of<double>({3e200, 4e200}));
    CHECK(distance(far, ct::Tensor::of<double>({0.6, 0.8})) < 1e-15);
}

TEST_CASE("norms have second derivatives at elements that are 0") {
    const ct::Tensor x = ct::Tensor::of<double>({3, 0, -4, 0});
    const auto norm = [](const ct::Tensor& t) { return ct::vector_norm(t); };
    // (1 - x x' / |x|^2) / |x|
    const ct::Tensor expected =
        (ct::eye(4, ct::Dtype::float64) - ct::expand_dims(x, 0) * ct::expand_dims(x, 1) / 25.0) / 5.0;
    CHECK(distance(ct::hessian(norm)(x), expected) < 1e-15);
    ct::check_derivatives(norm, x);
    const auto square_norm = [](const ct::Tensor& t) { return ct::square(ct::matrix_norm(t)); };
    const ct::Tensor one = ct::eye(3, ct::Dtype::float64), along = ct::ones({3, 3}, ct::Dtype::float64);
    CHECK(distance(ct::hvp(square_norm, one, along), 2.0 * along) < 1e-14);
    ct::check_derivatives([](const ct::Tensor& t) { return ct::vector_norm(t, {.order = 4}); }, x);
}

TEST_CASE("matrix_exp has second derivatives where the cotangent is 0") {
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64}) {
        const ct::Tensor a = ct::zeros({1, 1}, dtype);
        const auto misfit = [](const ct::Tensor& x) { return 4.0 * ct::sum(ct::square(ct::matrix_exp(x) - 1.0)); };  // 0
        CHECK(ct::hvp(misfit, a, ct::ones_like(a)).item() == doctest::Approx(8));
        CHECK(ct::grad(misfit)(a).item() == 0);
    }
}

TEST_CASE("derivatives of svd do not depend on the size of the matrix") {
    const auto first_column = [](const ct::Tensor& a) {
        const ct::Tensor weights = ct::Tensor::of<double>({{1}, {2}, {3}});
        return ct::sum(ct::square(ct::slice_axis(ct::svd(a).u, -1, 0, 1)) * weights);
    };
    const ct::Tensor a = ct::Tensor::of<double>({{1, 2}, {0.5, 3}, {-1, 1}});
    const ct::Tensor expected = ct::grad(first_column)(a), along = ct::Tensor::of<double>({{0.3, -1}, {2, 1}, {0, 0.5}});
    CHECK(expected.values<double>()[0] == doctest::Approx(-0.0952).epsilon(1e-3));  // PyTorch's
    const double slope = ct::jvp(first_column, a, along).second.item();
    for (const double size : {1e-170, 1e-30, 1e30, 1e170}) {
        CAPTURE(size);
        CHECK(distance(ct::grad(first_column)(a * size) * size, expected) < 1e-14);
        CHECK(ct::jvp(first_column, a * size, along * size).second.item() == doctest::Approx(slope).epsilon(1e-13));
    }
}
