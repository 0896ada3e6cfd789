// Sgd, Adam, AdamW and RmsProp: what they share is tested on all of them.
#include "cotangent/grad/grad.hpp"
#include "cotangent/nn/adam.hpp"
#include "cotangent/nn/detail/testing.hpp"
#include "cotangent/nn/rms_prop.hpp"
#include "cotangent/nn/sgd.hpp"

namespace nn = ct::nn;
using namespace ct::nn::testing;
using ct::Tensor;

namespace {

struct Point {
    Tensor p;
    std::vector<Tensor> more;
};

/// The five steps of a case, with the gradients of our own p.
template <class Optimizer>
void check_trajectory(const Golden& golden, const std::string& name, Optimizer optimizer, ct::Dtype dtype) {
    CAPTURE(name);
    const double tolerance = dtype == ct::Dtype::float64 ? 1e-13 : 2e-6;
    const Tensor curvature = cast(golden("problem/curvature"), dtype), target = cast(golden("problem/target"), dtype);
    Point model{cast(golden("problem/start"), dtype), {}};
    for (std::int64_t step = 0; step < 5; ++step) {
        CAPTURE(step);
        const Point gradient = ct::grad([&](const Point& at) { return sum(curvature * square(at.p - target)) * 0.5; })(model);
        const auto row = [&](const char* key) { return reshape(slice_axis(golden(name + key), 0, step, step + 1), {4}); };
        check_close(gradient.p, row("/gradients"), 10 * tolerance);
        optimizer.update(model, gradient);
        check_close(model.p, row("/trajectory"), tolerance);
    }
}

/// Calls test(optimizer) with each optimizer, all their terms switched on.
template <class Test>
void with_each(const Point& model, const Test& test) {
    test(nn::Sgd<Point>::init(model, {.lr = 0.1}));
    test(nn::Sgd<Point>::init(model, {.lr = 0.1, .momentum = 0.9, .nesterov = true, .weight_decay = 0.01}));
    test(nn::Adam<Point>::init(model, {.weight_decay = 0.01}));
    test(nn::adam_w(model, {.weight_decay = 0.01}));
    test(nn::RmsProp<Point>::init(model, {.momentum = 0.9, .weight_decay = 0.01}));
}

}  // namespace

TEST_CASE("optimizers walk the way PyTorch's do") {
    const Golden golden("optimizers");
    for (const ct::Dtype dtype : {ct::Dtype::float64, ct::Dtype::float32}) {
        const Point model{cast(golden("problem/start"), dtype), {}};
        for (const std::string name : {"sgd", "sgd_weight_decay", "momentum", "momentum_weight_decay", "nesterov"}) {
            const nn::SgdOptions options{golden.number(name + "/lr"), golden.number(name + "/momentum"),
                                         golden.number(name + "/nesterov") == 1, golden.number(name + "/weight_decay")};
            check_trajectory(golden, name, nn::Sgd<Point>::init(model, options), dtype);
        }
        for (const std::string name : {"adam", "adam_weight_decay", "adam_other_betas", "adamw"}) {
            nn::AdamOptions options{golden.number(name + "/lr"), golden.number(name + "/beta1"), golden.number(name + "/beta2"),
                                    golden.number(name + "/epsilon"), golden.number(name + "/weight_decay")};
            check_trajectory(golden, name, name == "adamw" ? nn::adam_w(model, options) : nn::Adam<Point>::init(model, options), dtype);
        }
        for (const std::string name : {"rmsprop", "rmsprop_momentum"}) {
            const nn::RmsPropOptions options{golden.number(name + "/lr"), golden.number(name + "/decay"), golden.number(name + "/epsilon"),
                                             golden.number(name + "/momentum")};
            check_trajectory(golden, name, nn::RmsProp<Point>::init(model, options), dtype);
        }
    }
}

TEST_CASE("an optimizer treats every element of every leaf alike, whatever the length") {
    // 1 to 40 elements: lanes full and in part.
    for (const ct::Dtype dtype : {ct::Dtype::float32, ct::Dtype::float64}) {
        Point model{ct::full({1}, 0.7, dtype), {}}, gradient{ct::full({1}, -0.3, dtype), {}};
        for (std::int64_t n = 0; n < 40; ++n) {
            model.more.push_back(ct::full({n}, 0.7, dtype));
            gradient.more.push_back(ct::full({n}, -0.3, dtype));
        }
        with_each(model, [&](auto optimizer) {
            Point moved = model;
            for (int step = 0; step < 3; ++step) optimizer.update(moved, gradient);
            const double first = moved.p.item();
            CHECK(first > 0.7);
            bool alike = true;
            for (const Tensor& leaf : moved.more)
                for (const double value : leaf.to_vector<double>()) alike = alike && value == first;
            CHECK(alike);
            CHECK(model.p.item() == doctest::Approx(0.7));  // the model is a value: the caller's copy stays
        });
    }
}

TEST_CASE("optimizers leave integers alone") {
    Point model{ct::ones({3}), {Tensor::of<std::int64_t>({1, 2})}};
    const Point gradient = ct::grad([](const Point& at) { return sum(square(at.p)); })(model);
    with_each(model, [&](auto optimizer) {
        Point moved = model;
        optimizer.update(moved, gradient);
        CHECK(identical(moved.more[0], model.more[0]));
        CHECK(moved.p.to_vector<double>()[0] < 1);
    });
}

TEST_CASE("optimizers update in place and ask for no memory once they run") {
    Point model{ct::ones({1000}), {}};
    const Point gradient{ct::ones({1000}), {}};
    with_each(model, [&](auto optimizer) {
        Point moved = model;
        optimizer.update(moved, gradient);
        const auto* before = moved.p.raw();
        const auto allocations = ct::memory_counters().system_allocations;
        optimizer.update(moved, gradient);
        CHECK(moved.p.raw() == before);
        CHECK(ct::memory_counters().system_allocations == allocations);
    });
}

TEST_CASE("Adam's first step has length lr, whatever the gradient's size") {
    Point model{ct::zeros({3}, ct::Dtype::float64), {}};
    auto adam = nn::Adam<Point>::init(model, {.lr = 0.125});
    adam.update(model, {Tensor::of<double>({1e-3, -5, 1e6}), {}});
    check_close(model.p, Tensor::of<double>({-0.125, 0.125, -0.125}), 1e-5);
    CHECK(adam.step == 1);
}

TEST_CASE("optimizer steps do not depend on the number of threads") {
    const Point model{random_tensor({200'001}, 1, ct::Dtype::float32), {}}, gradient{random_tensor({200'001}, 2, ct::Dtype::float32), {}};
    with_each(model, [&](const auto& optimizer) {
        check_thread_independence([&] {
            auto own = optimizer;
            Point moved = model;
            for (int step = 0; step < 2; ++step) own.update(moved, gradient);
            return moved;
        });
    });
}

TEST_CASE("optimizers name what does not fit the parameter") {
    with_each({ct::ones({3}), {}}, [](auto optimizer) {
        Point model{ct::ones({3}), {}};
        CHECK_THROWS_WITH_AS(optimizer.update(model, {ct::ones({2}), {}}),
                             "optimizer: gradient or state has shape [2], expected [3] as the parameter", ct::ShapeError);
        CHECK_THROWS_WITH_AS(optimizer.update(model, {ct::ones({3}, ct::Dtype::float64), {}}),
                             "optimizer: gradient or state is float64, expected float32 as the parameter", ct::DtypeError);
        CHECK_THROWS_AS(optimizer.update(model, {ct::ones({3}), {ct::ones({1})}}), ct::ValueError);
        CHECK(model.p.to_vector<float>() == std::vector<float>(3, 1));
    });
    Point narrow{ct::ones({3}, ct::Dtype::bfloat16), {}};
    auto sgd = nn::Sgd<Point>::init(narrow, {});
    CHECK_THROWS_WITH_AS(sgd.update(narrow, narrow),
                         "optimizer: a parameter is bfloat16, expected float32 or float64; train in float32 and cast", ct::DtypeError);
}

TEST_CASE("optimizers move plain numbers as they move tensors, and leave settings alone") {
    using Numbers = std::vector<double>;
    const auto check = [](auto of_numbers, auto of_tensors) {
        Numbers numbers{1, -2, 0.5};
        Tensor tensor = Tensor::from(numbers, {3});
        for (int step = 0; step < 5; ++step) {
            const Numbers gradient{0.3 * step, -1, 2.0 - step};
            of_numbers.update(numbers, gradient);
            of_tensors.update(tensor, Tensor::from(gradient, {3}));
        }
        CHECK(numbers == tensor.to_vector<double>());
    };
    const Numbers start{1, -2, 0.5};
    const Tensor same = Tensor::from(start, {3});
    check(nn::Sgd<Numbers>::init(start, {.lr = 0.1, .momentum = 0.9}), nn::Sgd<Tensor>::init(same, {.lr = 0.1, .momentum = 0.9}));
    check(nn::Adam<Numbers>::init(start, {.lr = 0.1}), nn::Adam<Tensor>::init(same, {.lr = 0.1}));
    check(nn::RmsProp<Numbers>::init(start, {.lr = 0.1}), nn::RmsProp<Tensor>::init(same, {.lr = 0.1}));
    Numbers model{1, 1e-5};
    auto optimizer = nn::adam_w(model, {.lr = 0.1, .weight_decay = 0.5});
    optimizer.update(model, Numbers{1, 0});
    CHECK(model[0] < 0.9);
    CHECK(model[1] == 1e-5);
}
