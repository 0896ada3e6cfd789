#include "cotangent/grad/check_derivatives.hpp"
#include "cotangent/nn/detail/testing.hpp"
#include "cotangent/nn/losses.hpp"
#include "cotangent/nn/models/gpt.hpp"
#include "cotangent/nn/models/lenet5.hpp"
#include "cotangent/nn/models/mlp.hpp"
#include "cotangent/nn/models/resnet.hpp"
#include "cotangent/tree/tree_math.hpp"

namespace nn = ct::nn;
using namespace ct::nn::testing;
using ct::Tensor;

TEST_CASE("an Mlp is dense layers with ReLU between them") {
    ct::Rng rng(1);
    const nn::Mlp net = nn::Mlp::init(rng, {784, 128, 10});
    CHECK(ct::parameter_count(net) == 784 * 128 + 128 + 128 * 10 + 10);
    const Tensor x = ct::normal(rng, {5, 28, 28});
    CHECK(identical(net(x), net.layers[1](relu(net.layers[0](reshape(x, {5, 784}))))));
    CHECK_THROWS_WITH_AS((void)nn::Mlp::init(rng, {784}), "mlp: got 1 widths, expected inputs and outputs at least", ct::ValueError);
}

TEST_CASE("LeNet5 has 61 706 parameters, and takes pictures of other sizes") {
    ct::Rng rng(1);
    const nn::LeNet5 net = nn::LeNet5::init(rng);
    CHECK(ct::parameter_count(net) == 61'706);
    CHECK(net(ct::normal(rng, {3, 1, 28, 28})).shape() == ct::Shape{3, 10});
    CHECK(nn::LeNet5::init(rng, {.channels = 3, .side = 32, .classes = 7})(ct::normal(rng, {2, 3, 32, 32})).shape() == ct::Shape{2, 7});
    CHECK_THROWS_WITH_AS((void)nn::LeNet5::init(rng, {.side = 30}), "lenet5: side is 30, expected a multiple of 4, at least 16", ct::ValueError);
    CHECK_THROWS_AS((void)nn::LeNet5::init(rng, {.side = 12}), ct::ValueError);
}

TEST_CASE("ResNet20 has 269 722 parameters, as the paper's 0.27 million") {
    ct::Rng rng(1);
    const nn::ResNet net = nn::ResNet::init(rng);
    CHECK(ct::parameter_count(net) == 269'722);
    CHECK(net.blocks.size() == 9);
    CHECK(ct::parameter_count(nn::ResNet::init(rng, {.depth = 32})) == 464'154);
    CHECK_THROWS_WITH_AS((void)nn::ResNet::init(rng, {.depth = 18}), "resnet: depth is 18, expected 6 n + 2, such as 8 or 20", ct::ValueError);
    CHECK_THROWS_AS((void)nn::ResNet::init(rng, {.depth = 2}), ct::ValueError);
}

TEST_CASE("a ResNet gives logits, and moves every state in training only") {
    ct::Rng rng(1);
    const nn::ResNet net = nn::ResNet::init(rng, {.depth = 8, .channels = 1, .width = 4, .classes = 5});
    nn::ResNet::State state = net.initial_state();
    const nn::ResNet::State fresh = state;
    const Tensor images = ct::normal(rng, {3, 1, 10, 12});
    nn::Pass evaluating = nn::Pass::evaluate(), training = nn::Pass::train(rng);
    CHECK(net(images, state, evaluating).shape() == ct::Shape{3, 5});
    CHECK(identical_trees(state, fresh));
    CHECK(net(images, state, training).shape() == ct::Shape{3, 5});
    const auto before = ct::leaves(fresh), after = ct::leaves(state);
    CHECK(after.size() == 2 * (1 + 2 * 3));
    for (std::size_t k = 0; k < after.size(); ++k) CHECK(!identical(before[k], after[k]));
}

TEST_CASE("a shortcut passes on the picture: with all norms' gains 0 a ResNet block is relu of its input") {
    ct::Rng rng(1);
    nn::ResNet net = nn::ResNet::init(rng, {.depth = 8, .channels = 1, .width = 2, .classes = 8});
    for (auto& block : net.blocks) block.norm2.gain = ct::zeros(block.norm2.gain.shape());
    net.head.weight = one_hot(Tensor::of<std::int64_t>({0, 1, 2, 3, 4, 5, 6, 7}), 8);  // the identity
    nn::ResNet::State state = net.initial_state();
    nn::Pass pass = nn::Pass::evaluate();
    const Tensor images = ct::normal(rng, {2, 1, 8, 8});
    const Tensor stem = relu(net.stem_norm(net.stem(images), state.stem, pass));
    const Tensor fourth = slice(stem, {{}, {}, {.step = 4}, {.step = 4}});  // two stages of every second pixel
    // 2 channels -> 4 with one zero before and after -> 8 with two before and after.
    const Tensor expected = pad(mean(fourth, {.axes = {2, 3}}), {{0, 0}, {3, 3}});
    check_close(net(images, state, pass), expected, 1e-6);
}

TEST_CASE("a Gpt has the parameters that its sizes say, and sees no token that comes later") {
    ct::Rng rng(1);
    const nn::GptOptions sizes{.vocabulary = 11, .context = 6, .width = 8, .layers = 2, .heads = 2};
    const nn::Gpt net = nn::Gpt::init(rng, sizes);
    const std::int64_t w = sizes.width;
    const std::int64_t block = 2 * 2 * w + (w * 3 * w + 3 * w) + (w * w + w) + (w * 4 * w + 4 * w) + (4 * w * w + w);
    CHECK(ct::parameter_count(net) == 11 * w + 6 * w + 2 * block + 2 * w + w * 11);
    const Tensor text = Tensor::of<std::int64_t>({{1, 2, 3, 4, 5}, {10, 9, 8, 7, 0}}), other = Tensor::of<std::int64_t>({{1, 2, 3, 0, 0}, {10, 9, 8, 1, 1}});
    const Tensor a = net(text), b = net(other);
    CHECK(a.shape() == ct::Shape{2, 5, 11});
    check_close(slice_axis(a, 1, 0, 3), slice_axis(b, 1, 0, 3), 1e-6);
    CHECK(!identical(slice_axis(a, 1, 3, 4), slice_axis(b, 1, 3, 4)));
    CHECK_THROWS_WITH_AS((void)net(ct::zeros({1, 7}, ct::Dtype::int64)), "gpt: text has shape [1, 7], expected [N, T] with T at most 6", ct::ShapeError);
    CHECK_THROWS_AS((void)net(ct::zeros({7}, ct::Dtype::int64)), ct::ShapeError);
    CHECK_THROWS_AS((void)net(ct::full({1, 2}, 11, ct::Dtype::int64)), ct::ValueError);
}

TEST_CASE("the networks have the derivatives that differences give, by all their parameters") {
    ct::Rng rng(3);
    const ct::CheckOptions first_order{.tolerance = 1e-5, .step = 1e-5, .second_order = false};
    const Tensor labels = Tensor::of<std::int64_t>({0, 1});

    const nn::ResNet net = ct::cast_tree(nn::ResNet::init(rng, {.depth = 8, .channels = 1, .width = 2, .classes = 2}), ct::Dtype::float64);
    const nn::ResNet::State fresh = ct::cast_tree(net.initial_state(), ct::Dtype::float64);
    CHECK_NOTHROW(ct::check_derivatives_with(
        first_order,
        [&](const nn::ResNet& model, const Tensor& images) {
            nn::ResNet::State state = ct::cast_tree(fresh, images.dtype());
            nn::Pass pass = nn::Pass::train(ct::Rng(1));
            return nn::cross_entropy(model(images, state, pass), labels);
        },
        net, random_tensor({2, 1, 6, 6}, 1)));

    const nn::Gpt gpt = ct::cast_tree(nn::Gpt::init(rng, {.vocabulary = 5, .context = 3, .width = 4, .layers = 1, .heads = 2}), ct::Dtype::float64);
    const Tensor text = Tensor::of<std::int64_t>({{1, 2, 3}, {4, 0, 0}});
    CHECK_NOTHROW(ct::check_derivatives_with(
        first_order, [&](const nn::Gpt& model) { return nn::cross_entropy(model(text), text); }, gpt));

    const nn::LeNet5 lenet = ct::cast_tree(nn::LeNet5::init(rng, {.side = 16, .classes = 2}), ct::Dtype::float64);
    CHECK_NOTHROW(ct::check_derivatives_with(
        first_order, [&](const nn::LeNet5& model, const Tensor& images) { return nn::cross_entropy(model(images), labels); }, lenet,
        random_tensor({2, 1, 16, 16}, 2)));
}

TEST_CASE("in mixed precision a network's gradient is float32 and points where the float32 one does") {
    ct::Rng rng(5);
    const Tensor labels = ct::integers(rng, {16}, 0, 10), text = ct::integers(rng, {4, 8}, 0, 11);
    const Tensor grey = ct::normal(rng, {16, 1, 28, 28}), colours = ct::normal(rng, {16, 3, 16, 16});
    const auto check = [](const char* what, const auto& net, const auto& loss) {
        CAPTURE(what);
        const auto [value, exact] = ct::value_and_grad([&](const auto& model) { return loss(model, ct::Dtype::float32); })(net);
        const auto [rounded_value, rounded] = ct::value_and_grad(
            [&](const auto& model) { return loss(ct::cast_tree(model, ct::Dtype::bfloat16), ct::Dtype::bfloat16); })(net);
        CHECK(rounded_value.dtype() == ct::Dtype::float32);
        CHECK(rounded_value.item() == doctest::Approx(value.item()).epsilon(0.01));
        CHECK(!identical_trees(rounded, exact));
        for (const auto& [name, leaf] : ct::named_leaves(rounded)) CHECK(leaf.dtype() == ct::Dtype::float32);
        CHECK(ct::dot(rounded, exact) > std::cos(0.1) * ct::norm(rounded) * ct::norm(exact));
        CHECK(ct::norm(rounded) == doctest::Approx(ct::norm(exact)).epsilon(0.03));
    };
    // Each of some L layers rounds by 2^-9 of its values, forward and backward, and a maximum or a ReLU may flip: angles of
    // a few times sqrt(2 L) 2^-9 rad.
    check("lenet5", nn::LeNet5::init(rng), [&](const nn::LeNet5& net, ct::Dtype dtype) {
        return nn::cross_entropy(net(cast(grey, dtype)), labels);
    });
    const nn::ResNet resnet = nn::ResNet::init(rng, {.depth = 8});
    check("resnet", resnet, [&](const nn::ResNet& net, ct::Dtype dtype) {
        nn::ResNet::State state = resnet.initial_state();
        nn::Pass pass = nn::Pass::train(ct::Rng(1));
        return nn::cross_entropy(net(cast(colours, dtype), state, pass), labels);
    });
    check("gpt", nn::Gpt::init(rng, {.vocabulary = 11, .context = 8, .width = 16, .layers = 2, .heads = 2}),
          [&](const nn::Gpt& net, ct::Dtype) { return nn::cross_entropy(net(text), text); });
}

TEST_CASE("the networks and their gradients do not depend on the number of threads") {
    // Large enough for every kernel to be cut in pieces.
    ct::Rng rng(4);
    const Tensor labels = ct::integers(rng, {48}, 0, 10);
    const nn::ResNet net = nn::ResNet::init(rng, {.depth = 8});
    const Tensor colours = ct::normal(rng, {48, 3, 32, 32});
    check_thread_independence([&] {
        nn::ResNet::State state = net.initial_state();
        nn::Pass pass = nn::Pass::train(ct::Rng(1));
        const auto loss = [&](const nn::ResNet& model) { return nn::cross_entropy(model(colours, state, pass), labels); };
        return std::pair{ct::value_and_grad(loss)(net), state};
    });
    const nn::LeNet5 lenet = nn::LeNet5::init(rng);
    const Tensor greys = ct::normal(rng, {48, 1, 28, 28});
    check_thread_independence([&] {
        return ct::value_and_grad([&](const nn::LeNet5& model) { return nn::cross_entropy(model(greys), labels); })(lenet);
    });
    const nn::Gpt gpt = nn::Gpt::init(rng, {.vocabulary = 65, .context = 32, .width = 64, .layers = 2});
    const Tensor text = ct::integers(rng, {16, 32}, 0, 65);
    check_thread_independence([&] {
        return ct::value_and_grad([&](const nn::Gpt& model) { return nn::cross_entropy(model(text), text); })(gpt);
    });
}
