// Derivatives and threads: what is computed on another thread is right or refused, never taken for a constant.
#include <array>
#include <future>
#include <vector>

#include <doctest/doctest.h>

#include "cotangent/grad/compile/compile.hpp"
#include "cotangent/grad/grad.hpp"
#include "cotangent/tensor/ops.hpp"
#include "tests/elsewhere.hpp"

namespace ct = cotangent;
using ct::Tensor;
using ct::testing::elsewhere;

TEST_CASE("a tensor that goes through an op on another thread is refused where its derivative would be lost") {
    const Tensor x = ct::ones({3});
    const auto refused = [&](const auto& f) {
        const char* refusal = "a tensor that is being differentiated went through an op on another thread";
        CHECK_THROWS_WITH_AS((void)ct::grad(f)(x), doctest::Contains(refusal), ct::ValueError);
        CHECK_THROWS_WITH_AS((void)ct::jvp(f, x, x), doctest::Contains(refusal), ct::ValueError);
        CHECK_THROWS_WITH_AS((void)ct::vjp(f, x).second(ct::ones({})), doctest::Contains(refusal), ct::ValueError);
    };
    refused([](const Tensor& v) { return sum(v * elsewhere([&] { return exp(v) * 2.0; })); });
    refused([](const Tensor& v) { return sum(elsewhere([&] { return ct::concatenate({v, v}, 0); })); });
    refused([](const Tensor& v) { return sum(elsewhere([&] { return ct::eigh(ct::diag_embed(v)).values; })); });
    refused([](const Tensor& v) {
        return elsewhere([&] {
            Tensor total = ct::zeros({3});
            total += v;
            return sum(total * 1.0);
        });
    });
    refused([](const Tensor& v) {
        return elsewhere([&] { return ct::compile([](const Tensor& w) { return sum(w * 2.0); })(v); });
    });
    // A derivative of its own over there keeps what it takes of this one.
    refused([&](const Tensor& v) {
        return sum(elsewhere([&] { return ct::grad([&](const Tensor& w) { return sum(w * w * v); })(x); }));
    });
    refused([&](const Tensor& v) {
        return elsewhere([&] { return ct::value_and_grad([&](const Tensor& w) { return sum(w * v); })(x).first; });
    });
    refused([&](const Tensor& v) {
        return sum(elsewhere([&] { return ct::jvp([&](const Tensor& w) { return w * w * v; }, x, x).second; }));
    });
    refused([&](const Tensor& v) {
        Tensor kept;
        elsewhere([&] { return ct::grad([&](const Tensor& w) { return sum(kept = w * v); })(x); });
        return sum(kept);
    });
    refused([](const Tensor& v) {  // by way of two
        const Tensor w = elsewhere([&] { return v * 2.0; });
        return sum(elsewhere([&] { return w + 1.0; }));
    });
    CHECK_THROWS_WITH_AS(
        (void)ct::grad([](const Tensor& v) { return elsewhere([&] { return v * ct::to_scalar<double>(sum(v)); }); })(x),
        doctest::Contains("to_scalars: the tensor is being differentiated"), ct::ValueError);
    // After a refusal everything is as before.
    CHECK(ct::grad([](const Tensor& v) { return sum(v * v); })(x).to_vector<double>() == std::vector<double>{2, 2, 2});
}

TEST_CASE("values of a derivative may be looked at on any thread") {
    const Tensor x = ct::ones({3});
    double seen = 0;
    Tensor kept, shown;
    const auto watched = [&](const Tensor& v) {
        kept = v * 2.0;
        seen = elsewhere([&] { return sum(v * 2.0).item(); });
        elsewhere([&] { return ct::grad([&](const Tensor& w) { return sum(w * v); })(x); });
        shown = elsewhere([&] { return v + 1.0; });
        return sum(v * elsewhere([value = ct::stop_gradient(v)] { return value * 3.0; }));
    };
    CHECK(ct::grad(watched)(x).to_vector<double>() == std::vector<double>{3, 3, 3});
    CHECK(seen == 6);
    // When the derivative is over, what was kept of it is a constant, also in a derivative that another thread takes then.
    const auto train = [&] {
        return elsewhere([&] { return ct::grad([&](const Tensor& w) { return sum(w * kept * shown); })(x); });
    };
    CHECK(train().to_vector<double>() == std::vector<double>{4, 4, 4});
    CHECK(ct::grad([&](const Tensor& v) { return sum(v * train()); })(x).to_vector<double>() ==
          std::vector<double>{4, 4, 4});
    Tensor free = elsewhere([&] { return kept * 0.5; });
    free.mutable_values<float>()[0] = 0;
    CHECK(free.to_vector<double>() == std::vector<double>{0, 1, 1});
    // So it is while another thread is at a derivative of its own.
    const auto own = [&](const Tensor& v) {
        elsewhere([&] {
            Tensor scaled = kept * 0.5;
            scaled.mutable_values<float>()[0] = 0;
            return scaled;
        });
        return sum(v);
    };
    CHECK(ct::grad(own)(x).to_vector<double>() == std::vector<double>{1, 1, 1});
    // What depends on the variables of another derivative only is a constant in this one.
    const auto nested = [&](const Tensor& v) {
        const Tensor made = elsewhere([&] { return exp(v); });
        return sum(ct::stop_gradient(ct::grad([&](const Tensor& w) { return sum(w * made); })(x)) * v);
    };
    CHECK(ct::grad(nested)(x).to_vector<double>()[0] == doctest::Approx(std::exp(1.0)));
    // A pullback may be called anywhere.
    const auto [y, pullback] = ct::vjp([](const Tensor& v) { return v * v * v; }, x);
    Tensor cotangent = elsewhere([&, &back = pullback] { return back(x); });
    cotangent.mutable_values<float>()[0] += 1;
    CHECK(cotangent.to_vector<double>() == std::vector<double>{4, 3, 3});
    CHECK(elsewhere([&, &back = pullback] {
              return ct::grad([&](const Tensor& c) { return sum(back(c)); })(x);
          }).to_vector<double>() == std::vector<double>{3, 3, 3});
}

TEST_CASE("threads differentiate at the same time") {
    const auto work = [](double scale) {
        bool right = true;
        for (int k = 0; k < 200; ++k) {
            const Tensor g = ct::grad([&](const Tensor& v) { return sum(v * v * scale); })(ct::ones({4}));
            const auto h = ct::grad([&](const auto& v) { return v[0] * v[1] * scale; })(std::vector{2.0, 3.0});
            right = right && g.to_vector<double>()[3] == 2 * scale && h == std::vector{3 * scale, 2 * scale};
        }
        return right;
    };
    auto first = std::async(std::launch::async, work, 2.0), second = std::async(std::launch::async, work, 3.0);
    CHECK(first.get());
    CHECK(second.get());
}

TEST_CASE("a number that another thread computes is refused in reverse mode, and right in forward mode") {
    using Numbers = std::vector<double>;
    const char* refusal = "a number is used that belongs to a derivative of another thread, or to one that is over";
    const auto product = [](const auto& x) { return elsewhere([&] { return x[0] * x[1]; }) * x[0]; };
    CHECK_THROWS_WITH_AS((void)ct::grad(product)(Numbers{2, 3}), doctest::Contains(refusal), ct::ValueError);
    const auto alone = [](const auto& x) { return elsewhere([&] { return x[0] * x[1]; }); };
    CHECK_THROWS_WITH_AS((void)ct::grad(alone)(Numbers{2, 3}), doctest::Contains(refusal), ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::vjp(product, Numbers{2, 3}), doctest::Contains(refusal), ct::ValueError);
    CHECK_THROWS_AS((void)ct::jacobian(product, ct::Mode::reverse)(Numbers{2, 3}), ct::ValueError);
    CHECK(ct::jvp(product, Numbers{2, 3}, Numbers{1, 0}).second == 12);
    CHECK(ct::grad(product)(std::array{2.0, 3.0}) == std::array{12.0, 4.0});
    // Also of a thread that has differentiated before or is at it, of checkpoints, and one derivative further in.
    const auto used = [](const auto& x) {
        return elsewhere([&] {
                   (void)ct::grad([](const auto& z) { return z[0] * z[1]; })(Numbers{1, 2});
                   return x[0] * x[1];
               }) *
               x[0];
    };
    CHECK_THROWS_WITH_AS((void)ct::grad(used)(Numbers{2, 3}), doctest::Contains(refusal), ct::ValueError);
    const auto busy = [](const auto& x) {
        return elsewhere([&] { return ct::grad([&](const auto& z) { return z[0] * x[0]; })(Numbers{1})[0]; }) * x[0];
    };
    CHECK_THROWS_WITH_AS((void)ct::grad(busy)(Numbers{2, 3}), doctest::Contains(refusal), ct::ValueError);
    const auto checkpointed = [](const auto& x) {
        return elsewhere([&] { return ct::checkpoint([](const auto& z) { return z[0] * z[1]; })(x); });
    };
    CHECK_THROWS_WITH_AS((void)ct::grad(checkpointed)(Numbers{2, 3}), doctest::Contains(refusal), ct::ValueError);
    const auto crossing = [](const auto& x) {
        using T = std::remove_cvref_t<decltype(x[0])>;
        const Tensor t = exp(ct::to_tensor(x));
        return elsewhere([&] { return ct::to_scalar<T>(sum(t)); }) * x[0];
    };
    CHECK_THROWS_AS((void)ct::grad(crossing)(Numbers{2, 3}), ct::ValueError);
    const auto inner = [](const auto& x) {
        return x[0] *
               ct::grad([](const auto& z) { return elsewhere([&] { return z[0] * z[1]; }) * z[0]; })(Numbers{2, 3})[0];
    };
    CHECK_THROWS_WITH_AS((void)ct::grad(inner)(Numbers{2, 3}), doctest::Contains(refusal), ct::ValueError);
    // What has no derivative is a constant anywhere.
    const auto constant = [](const auto& x) { return elsewhere([] { return 2.0 * 3.0; }) * x[0] * x[1]; };
    CHECK(ct::grad(constant)(Numbers{2, 3}) == Numbers{18, 12});
    CHECK(ct::grad([](const auto& x) { return x[0] * x[1]; })(Numbers{2, 3}) == Numbers{3, 2});
}

TEST_CASE("a number that is kept longer than its derivative is refused in the next one") {
    using Numbers = std::vector<double>;
    ct::Real<double> kept(0.0);
    const auto first = [&](const auto& x) { return kept = x[0] * x[1]; };
    const auto later = [&](const auto& x) { return x[0] * kept; };
    const char* refusal = "a number is used that belongs to a derivative of another thread, or to one that is over";
    CHECK(ct::grad(first)(Numbers{2, 3}) == Numbers{3, 2});
    CHECK_THROWS_WITH_AS((void)ct::grad(later)(Numbers{2, 3}), doctest::Contains(refusal), ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::grad([&](const auto&) { return exp(kept); })(Numbers{2, 3}), doctest::Contains(refusal),
                         ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::vjp(later, Numbers{2, 3}), doctest::Contains(refusal), ct::ValueError);
    const auto in_tensors = [&](const auto& x) {
        return ct::to_scalar<ct::Real<double>>(sum(ct::to_tensor(std::vector{kept, x[0]})));
    };
    CHECK_THROWS_WITH_AS((void)ct::grad(in_tensors)(Numbers{2, 3}), doctest::Contains(refusal), ct::ValueError);
    CHECK_THROWS_WITH_AS((void)ct::grad([&](const auto& x) {
                             return ct::preaccumulate([](const auto& a, const auto& b) { return a * b; })(x[0], kept);
                         })(Numbers{2, 3}),
                         doctest::Contains(refusal), ct::ValueError);
    // Its value may be used, and so may what is made of constants.
    CHECK(ct::grad([&](const auto& x) { return x[0] * kept.value(); })(Numbers{2, 3}) == Numbers{6, 0});
    kept = 4;
    CHECK(ct::grad(later)(Numbers{2, 3}) == Numbers{4, 0});
}
