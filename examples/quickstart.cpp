#include <cstdio>

#include "cotangent/cotangent.hpp"

struct Classifier {
    ct::nn::Conv2d stem, body;
    ct::nn::Dense head;
    ct::Tensor operator()(const ct::Tensor& images) const {  // [N, 3, 32, 32] -> [N, 9]
        return head(mean(relu(body(max_pool2d(relu(stem(images))))), {.axes = {2, 3}}));
    }
};

int main() {
    ct::Rng rng(0);
    const auto emoji = ct::data::compose(ct::data::load_emoji());  // about 1,800 pictures in 9 groups
    Classifier model{ct::nn::Conv2d::init(rng, {.inputs = 3, .outputs = 16, .padding = 1}),
                     ct::nn::Conv2d::init(rng, {.inputs = 16, .outputs = 32, .padding = 1}),
                     ct::nn::Dense::init(rng, {.inputs = 32, .outputs = 9})};
    auto optimizer = ct::nn::Adam<Classifier>::init(model, {.lr = 5e-3});
    const auto loss = [](const Classifier& m, const ct::data::Batch& batch) {
        return ct::nn::cross_entropy(m(batch.images), batch.labels);
    };
    for (int epoch = 1; epoch <= 8; ++epoch) {
        double total = 0;
        for (const auto& batch : ct::data::batches(emoji, 64, rng)) {
            const auto [value, gradient] = ct::value_and_grad(loss)(model, batch);  // the gradient is a Classifier
            optimizer.update(model, gradient);
            total += value.item() * static_cast<double>(batch.labels.size());
        }
        std::printf("epoch %d: loss %.3f\n", epoch, total / static_cast<double>(emoji.size()));
    }
    ct::save("emoji.safetensors", model);  // stem.kernel, stem.bias, ...: any reader of safetensors opens it
}
