#include "cotangent/grad/grad.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/tensor/ops.hpp"

namespace ct = cotangent;
using ct::Tensor;

namespace {

Tensor number(double value) { return ct::full({}, value, ct::Dtype::float64); }

struct Line {
    Tensor slope, offset;
    int degree = 1;
    std::string label = "line";
    Tensor operator()(const Tensor& x) const { return slope * x + offset; }
};

struct Stack {
    Line first;
    std::vector<Line> rest;
};

}  // namespace

TEST_CASE("the gradient of a struct is a struct of the same type") {
    const Line line{number(3), number(1), 7, "kept"};
    const auto loss = [](const Line& l, const Tensor& x) { return ct::square(l(x) - 5.0); };
    const auto [value, gradient] = ct::value_and_grad(loss)(line, number(2));
    CHECK(value.item() == 4.0);  // (3 * 2 + 1 - 5)^2
    CHECK(gradient.slope.item() == 8.0);
    CHECK(gradient.offset.item() == 4.0);
    CHECK(gradient.label == "kept");
}

TEST_CASE("gradients reach vectors of structs") {
    const Stack stack{{number(2), number(0)}, {{number(3), number(1)}, {number(5), number(1)}}};
    const auto loss = [](const Stack& s, const Tensor& x) {
        Tensor y = s.first(x);
        for (const Line& line : s.rest) y = line(y);
        return y;
    };
    const Stack gradient = ct::grad(loss)(stack, number(1));
    CHECK(gradient.first.slope.item() == 15.0);
    CHECK(gradient.rest[0].slope.item() == 10.0);
    CHECK(gradient.rest[1].slope.item() == 7.0);
    CHECK(gradient.rest[1].offset.item() == 1.0);
}

TEST_CASE("a function may return more than its value, and may update what it is given") {
    int calls = 0;
    const auto loss = [](const Tensor& x, int& count) {
        ++count;
        return std::pair{ct::sum(x * x), x.shape()};
    };
    const auto [result, gradient] = ct::value_and_grad(loss)(ct::ones({3}), calls);
    CHECK(result.first.item() == 3.0);
    CHECK(result.second == ct::Shape{3});
    CHECK(calls == 1);
    CHECK(gradient.to_vector<double>() == std::vector<double>{2, 2, 2});
}

TEST_CASE("derivatives of every order of x^5 and of exp") {
    const auto fifth = [](const Tensor& x) { return x * x * x * x * x; };
    const auto d1 = ct::grad(fifth);
    const auto d2 = ct::grad(d1);
    const auto d3 = ct::grad(d2);
    const auto d4 = ct::grad(d3);
    CHECK(d1(number(2)).item() == 80.0);
    CHECK(d2(number(2)).item() == 160.0);
    CHECK(d3(number(2)).item() == 240.0);
    CHECK(d4(number(2)).item() == 240.0);
    const auto forward = [&](const Tensor& x) { return ct::jvp(d3, x, number(1)).second; };
    CHECK(forward(number(2)).item() == 240.0);
}

// Siskind and Pearlmutter 2005, "Perturbation confusion and referential transparency": d/dx (x * d/dy (x + y)) = 1, not 2.
TEST_CASE("nested derivatives do not confuse their perturbations") {
    const auto inner = [](const Tensor& x) {
        return x * ct::grad([&](const Tensor& y) { return x + y; })(number(1));
    };
    CHECK(ct::grad(inner)(number(1)).item() == 1.0);
    CHECK(ct::jvp(inner, number(1), number(1)).second.item() == 1.0);
    const auto forward_inner = [](const Tensor& x) {
        return x * ct::jvp([&](const Tensor& y) { return x + y; }, number(1), number(1)).second;
    };
    CHECK(ct::grad(forward_inner)(number(1)).item() == 1.0);
    CHECK(ct::jvp(forward_inner, number(1), number(1)).second.item() == 1.0);
}

// Manzyuk et al. 2019, "Perturbation confusion in forward automatic differentiation of higher-order functions":
// d/dx of y -> x * y composed with itself must see both occurrences.
TEST_CASE("a closure over an outer variable is differentiated through") {
    const auto f = [](const Tensor& x) {
        const auto times_x = [&](const Tensor& y) { return x * y; };
        return ct::grad([&](const Tensor& y) { return times_x(times_x(y)); })(number(3));  // d/dy x^2 y = x^2
    };
    CHECK(ct::grad(f)(number(5)).item() == 10.0);
}

// Pearlmutter and Siskind's saddle: min over x of max over y of x^2 - y^2 around (x - 1)(y + 2), by Newton steps on
// nested gradients; the stationary point solves 2x + y + 2 = 0 and x - 1 - 2y = 0.
TEST_CASE("a saddle point is found with nested derivatives in all four nestings") {
    const auto payoff = [](const Tensor& x, const Tensor& y) { return x * x + (x - 1.0) * (y + 2.0) - y * y; };
    const auto best_reply = [&](const Tensor& x, bool forward) {
        const auto slope = [&](const Tensor& y) {
            const auto along_y = [&](const Tensor& v) { return payoff(x, v); };
            return forward ? ct::jvp(along_y, y, number(1)).second : ct::grad(along_y)(y);
        };
        const Tensor y0 = number(0.3);
        const Tensor curvature = ct::jvp(slope, y0, number(1)).second;
        return y0 - slope(y0) / curvature;
    };
    for (const bool inner_forward : {false, true})
        for (const bool outer_forward : {false, true}) {
            const auto value = [&](const Tensor& x) { return payoff(x, best_reply(x, inner_forward)); };
            const auto slope = [&](const Tensor& x) {
                return outer_forward ? ct::jvp(value, x, number(1)).second : ct::grad(value)(x);
            };
            const Tensor x0 = number(0.7);
            const Tensor x = x0 - slope(x0) / ct::jvp(slope, x0, number(1)).second;
            CHECK(x.item() == doctest::Approx(-0.6));
            CHECK(best_reply(x, inner_forward).item() == doctest::Approx(-0.8));
        }
}

TEST_CASE("jacobian agrees between modes and with the closed form; hessian is symmetric and exact") {
    const Tensor x = Tensor::of<double>({1.0, 2.0, 3.0});
    const auto f = [](const Tensor& v) { return ct::square(v) * ct::sum(v); };  // df_i/dx_j = 2 x_i s [i=j] + x_i^2
    const Tensor reverse = ct::jacobian(f)(x), forward = ct::jacobian(f, ct::Mode::forward)(x);
    CHECK(reverse.shape() == ct::Shape{3, 3});
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) {
            const double xi = i + 1, wanted = (i == j ? 12 * xi : 0) + xi * xi;
            CHECK(reverse.values<double>()[static_cast<std::size_t>(3 * i + j)] == doctest::Approx(wanted));
            CHECK(forward.values<double>()[static_cast<std::size_t>(3 * i + j)] == doctest::Approx(wanted));
        }
    const auto rosenbrock = [](const Tensor& v) {
        const Tensor a = ct::slice_axis(v, 0, 0, 1), b = ct::slice_axis(v, 0, 1, 2);
        return ct::sum(100.0 * ct::square(b - a * a) + ct::square(1.0 - a));
    };
    const Tensor h = ct::hessian(rosenbrock)(Tensor::of<double>({-1.2, 1.0}));
    const std::vector<double> wanted{1330, 480, 480, 200};
    for (std::size_t k = 0; k < 4; ++k) CHECK(h.values<double>()[k] == doctest::Approx(wanted[k]));
}

TEST_CASE("jacobian and hessian of trees hold a block for each pair of tensors") {
    struct Layer {
        Tensor weight, bias;
        std::vector<Tensor> more;
        Tensor count = Tensor::of<std::int64_t>({3});
    };
    const Layer x{Tensor::of<double>({{1, 2}, {3, 4}, {5, 6}}), Tensor::of<double>({0.5, -1}), {Tensor::of<double>({2})}};
    const Tensor in = Tensor::of<double>({1, -2, 0.5});
    const auto f = [&](const Layer& l) { return ct::tanh(ct::matmul(in, l.weight) + l.bias) * l.more[0]; };
    for (const ct::Mode mode : {ct::Mode::reverse, ct::Mode::forward}) {
        const Layer j = ct::jacobian(f, mode)(x);
        CHECK(j.weight.shape() == ct::Shape{2, 3, 2});
        CHECK(j.bias.shape() == ct::Shape{2, 2});
        CHECK(j.more[0].shape() == ct::Shape{2, 1});
        CHECK(j.count.item() == 0);
        for (int k = 0; k < 2; ++k) {  // row k is the gradient of element k
            const Layer g = ct::grad([&](const Layer& l) { return ct::slice_axis(f(l), 0, k, k + 1); })(x);
            const auto row = [&](const Tensor& block) { return ct::reshape(ct::row(block, k), {-1}).to_vector<double>(); };
            const auto same = [](const std::vector<double>& a, const std::vector<double>& b) {
                REQUIRE(a.size() == b.size());
                for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-13));
            };
            same(row(j.weight), g.weight.to_vector<double>());
            same(row(j.bias), g.bias.to_vector<double>());
            same(row(j.more[0]), g.more[0].to_vector<double>());
        }
    }
    // Of the gradient's three tensors, in order; the blocks are each other's transposes.
    const std::vector<Layer> h = ct::hessian([&](const Layer& l) { return ct::sum(ct::square(f(l))); })(x);
    REQUIRE(h.size() == 3);
    CHECK(h[0].bias.shape() == ct::Shape{3, 2, 2});
    CHECK(h[1].weight.shape() == ct::Shape{2, 3, 2});
    const auto a = ct::reshape(h[0].bias, {6, 2}), b = ct::transpose(ct::reshape(h[1].weight, {2, 6}));
    for (std::size_t k = 0; k < 12; ++k) CHECK(a.values<double>()[k] == doctest::Approx(b.values<double>()[k]).epsilon(1e-12));
    const Layer v{ct::ones_like(x.weight), ct::ones_like(x.bias), {ct::zeros({1}, ct::Dtype::float64)}, ct::zeros({1}, ct::Dtype::int64)};
    const Layer product = ct::hvp([&](const Layer& l) { return ct::sum(ct::square(f(l))); }, x, v);
    CHECK(ct::sum(h[2].weight).item() + ct::sum(h[2].bias).item() == doctest::Approx(product.more[0].item()).epsilon(1e-12));
    const auto parts = ct::jacobian([](const Tensor& t) { return std::pair{t * t, ct::sum(t)}; })(Tensor::of<double>({2, 3}));
    CHECK(parts.at(0).to_vector<double>() == std::vector<double>{4, 0, 0, 6});
    CHECK(parts.at(1).to_vector<double>() == std::vector<double>{1, 1});
    CHECK_THROWS_WITH_AS((void)ct::jacobian([](const Tensor& t) { return ct::cast(t, ct::Dtype::int32); })(Tensor::of<double>({2, 3})),
                         "jacobian: the function returned int32, expected a floating dtype", ct::DtypeError);
}

TEST_CASE("hvp is the hessian times the vector") {
    const Tensor x = Tensor::of<double>({0.3, -1.1, 0.7}), v = Tensor::of<double>({1.0, 2.0, -0.5});
    const auto f = [](const Tensor& t) { return ct::sum(ct::exp(t) * ct::square(ct::sum(t))); };
    const Tensor h = ct::hessian(f)(x);
    const auto product = ct::hvp(f, x, v).to_vector<double>();
    for (std::size_t i = 0; i < 3; ++i) {
        double wanted = 0;
        for (std::size_t j = 0; j < 3; ++j) wanted += h.values<double>()[3 * i + j] * v.values<double>()[j];
        CHECK(product[i] == doctest::Approx(wanted));
    }
}

TEST_CASE("vjp's pullback may be called again and again") {
    const auto [y, pullback] = ct::vjp([](const Tensor& x) { return ct::exp(x) * 2.0; }, number(0));
    CHECK(y.item() == 2.0);
    CHECK(pullback(number(1)).item() == 2.0);
    CHECK(pullback(number(3)).item() == 6.0);
}

TEST_CASE("stop_gradient makes a constant in both modes") {
    const auto f = [](const Tensor& x) { return x * ct::stop_gradient(x); };
    CHECK(ct::grad(f)(number(3)).item() == 3.0);
    CHECK(ct::jvp(f, number(3), number(1)).second.item() == 3.0);
}

TEST_CASE("nothing is recorded while nobody differentiates, and results leave without their record") {
    const Tensor x = number(2);
    CHECK((x * x).node() == nullptr);
    const auto [value, gradient] = ct::value_and_grad([](const Tensor& v) { return v * v; })(x);
    CHECK(value.node() == nullptr);
    CHECK(gradient.node() == nullptr);
}

TEST_CASE("an argument that the value does not depend on has gradient zero") {
    const Line gradient = ct::grad([](const Line& l) { return l.slope * 2.0; })(Line{number(1), number(4)});
    CHECK(gradient.offset.item() == 0.0);
    CHECK(gradient.offset.dtype() == ct::Dtype::float64);
}

TEST_CASE("a long chain neither overflows the stack nor keeps what it no longer needs") {
    const auto f = [](Tensor x) {
        for (int k = 0; k < 200000; ++k) x = x * 1.00001;
        return x;
    };
    CHECK(ct::grad(f)(number(1)).item() == doctest::Approx(std::exp(200000 * std::log(1.00001))));
}

TEST_CASE("grad names what it was given and what it expects") {
    CHECK_THROWS_WITH_AS(ct::grad([](const Tensor& x) { return x; })(ct::ones({3})),
                         "grad: the function returned shape [3], expected one element; use vjp() or jacobian()",
                         ct::ShapeError);
    CHECK_THROWS_AS((void)ct::jvp([](const Tensor& x) { return ct::sum(x); }, ct::ones({3}), ct::ones({2})), ct::ShapeError);
}

TEST_CASE("a write to a tensor that is being differentiated is refused") {
    const auto f = [](Tensor x) {
        x.mutable_values<double>()[0] = 1;
        return ct::sum(x);
    };
    CHECK_THROWS_AS((void)ct::grad(f)(Tensor::of<double>({1, 2})), ct::ValueError);
}

TEST_CASE("check_derivatives finds a wrong rule") {
    const auto wrong = ct::custom_gradient([](const Tensor& x) { return x * x; },
                                           [](const Tensor& g, const Tensor&, const Tensor& x) { return g * x; });
    CHECK_NOTHROW(ct::check_derivatives([](const Tensor& x) { return x * x; }, number(1.5)));
    CHECK_THROWS_AS(ct::check_derivatives(wrong, number(1.5)), ct::Error);
}
