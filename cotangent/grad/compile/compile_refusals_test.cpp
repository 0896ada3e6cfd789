// What a recording cannot keep, and says so.
#include "cotangent/grad/compile/compile.hpp"

#include <string>

#include <doctest/doctest.h>

#include "cotangent/tensor/ops.hpp"
#include "cotangent/tree/tree_math.hpp"

namespace ct = cotangent;
using ct::Tensor;

TEST_CASE("reading a number that depends on an argument is refused") {
    const Tensor x = ct::ones({1});
    const auto refused = [&](auto f) { CHECK_THROWS_AS((void)ct::compile(f)(x), ct::ValueError); };
    refused([](const Tensor& v) { return exp(v).item() > 1 ? v : -v; });
    refused([](const Tensor& v) { return v.values<float>()[0] > 1 ? v : -v; });
    refused([](const Tensor& v) { return v.to_vector<float>()[0] > 1 ? v : -v; });
    refused([](const Tensor& v) { return v * static_cast<double>(to_string(v).size()); });
    refused([](const Tensor& v) { return v * ct::dot(v, v); });
    refused([](const Tensor& v) { return v * (reshape(v, ct::Shape{}).detached().item()); });
    refused([](const Tensor& v) {
        Tensor w = v;
        w.mutable_values<float>()[0] = 2;
        return w;
    });
    CHECK_THROWS_WITH_AS((void)ct::compile([](const Tensor& v) { return v * v.item(); })(x),
                         doctest::Contains("compile: f reads an argument of f, shape [1]"), ct::ValueError);
    // A number that depends on no argument may be read, and after a refusal everything works as before.
    CHECK(ct::compile([](const Tensor& v) { return v * (ct::ones({2}) + 1.0).values<float>()[1]; })(x).item() == 2);
    CHECK(exp(x).item() > 1);
}

TEST_CASE("an op whose kernel does not go through traced() is refused, not frozen") {
    const auto forgetful = [](const Tensor& x) {
        Tensor out = Tensor::uninitialized(x.shape(), x.dtype());
        for (std::int64_t k = 0; k < x.size(); ++k) out.fresh_data<float>()[k] = x.data<float>()[k] + 1;
        return out;
    };
    CHECK_THROWS_AS((void)ct::compile(forgetful)(ct::ones({3})), ct::ValueError);
    // Nor may a traced op leave a second result on the side.
    const auto leaky = [](const Tensor& x) {
        Tensor side;
        const Tensor y = ct::detail::traced(
            "leaky",
            [&side](const Tensor& in) {
                side = in + 1.0;
                return in * 2.0;
            },
            x);
        return y + side;
    };
    CHECK_THROWS_AS((void)ct::compile(leaky)(ct::ones({3})), ct::ValueError);
}

TEST_CASE("what refuses to be read says which value it is") {
    const Tensor x = ct::ones({2, 3});
    const auto refused = [&](const auto& f, const char* what) {
        CHECK_THROWS_WITH_AS((void)ct::compile(f)(x), doctest::Contains(what), ct::ValueError);
    };
    refused([](const Tensor& t) { return sum(t).item() > 0 ? t : -t; }, "f reads the result of sum, shape []");
    refused([](const Tensor& t) { return exp(t) * exp(t).values<float>()[0]; }, "f reads the result of exp, shape [2, 3]");
    refused([](const Tensor& t) { return t * t.to_vector<double>()[0]; }, "f reads an argument of f, shape [2, 3]");
}

TEST_CASE("an op that refuses its numbers in a replay throws, and the next call works") {
    auto f = ct::compile([](Tensor& table, const Tensor& at) {
        table += ct::ones(table.shape());
        return take(table, at);
    });
    Tensor table = ct::zeros({3000});
    (void)f(table, Tensor::of<std::int64_t>({1}));
    CHECK_THROWS_AS((void)f(table, Tensor::of<std::int64_t>({3000})), ct::ValueError);
    CHECK(table.shape() == ct::Shape{3000});
    table = ct::zeros({3000});
    CHECK(f(table, Tensor::of<std::int64_t>({2})).item() == 1);
}

TEST_CASE("an error that f catches while it is recorded is refused, and one that it lets out is not kept") {
    const auto positive = [](const Tensor& a) {
        try {
            return ct::cholesky(a);
        } catch (const ct::ValueError&) {
            return ct::cholesky(a + 10.0 * ct::eye(2, ct::Dtype::float64));
        }
    };
    const Tensor good = ct::Tensor::of<double>({{4, 0}, {0, 4}}), bad = ct::Tensor::of<double>({{-1, 0}, {0, 4}});
    CHECK(ct::compile(positive)(good).to_vector<double>() == std::vector<double>{2, 0, 0, 2});
    CHECK_THROWS_WITH_AS((void)ct::compile(positive)(bad), doctest::Contains("f caught an error while it was recorded"),
                         ct::ValueError);
    const auto swallows = [](const auto& read) {
        return [read](const Tensor& x) {
            try {
                read(x);
            } catch (const std::exception&) {
                return -x;
            }
            return x * 1.0;
        };
    };
    CHECK_THROWS_AS((void)ct::compile(swallows([](const Tensor& x) { (void)sum(x).item(); }))(good), ct::ValueError);
    CHECK_THROWS_AS((void)ct::compile(swallows([](Tensor x) { x.mutable_values<double>()[0] = 1; }))(good), ct::ValueError);
    // Errors of shapes are the same in every call of the recording.
    CHECK(ct::compile(swallows([](const Tensor& x) { (void)(x + ct::ones({3}, ct::Dtype::float64)); }))(good)
              .to_vector<double>() == std::vector<double>{-4, 0, 0, -4});
    auto lets_out = ct::compile([](const Tensor& a) { return ct::cholesky(a); });
    CHECK_THROWS_AS((void)lets_out(bad), ct::ValueError);
    CHECK(lets_out(good).to_vector<double>()[0] == 2);
}

TEST_CASE("an argument that f makes longer or shorter is refused") {
    auto longer = ct::compile([](std::vector<Tensor>& list) { list.push_back(list[0] * 2.0); });
    std::vector<Tensor> list{ct::ones({2})};
    CHECK_THROWS_WITH_AS(longer(list), doctest::Contains("compile: f changes the structure of an argument"), ct::ValueError);
    CHECK(list.size() == 1);
    auto emptied = ct::compile([](std::optional<Tensor>& state) { state.reset(); });
    std::optional<Tensor> state = ct::ones({2});
    CHECK_THROWS_WITH_AS(emptied(state), doctest::Contains("compile: f changes the structure of an argument"), ct::ValueError);
    CHECK(state);
}
