// Calls into every room, so that everything that has to be linked is.
#include <cstdio>
#include <filesystem>

#include <cotangent/cotangent.hpp>

namespace {

struct Model {
    ct::nn::Dense hidden, head;
    ct::Tensor operator()(const ct::Tensor& x) const { return head(tanh(hidden(x))); }
};

}  // namespace

int main() {
    ct::Rng rng(0);
    Model model{ct::nn::Dense::init(rng, {.inputs = 2, .outputs = 8}), ct::nn::Dense::init(rng, {.inputs = 8, .outputs = 2})};
    const ct::Tensor points = normal(rng, {64, 2});
    const ct::Tensor labels = cast(slice_axis(points, 1, 0, 1) * slice_axis(points, 1, 1, 2) > 0.0, ct::Dtype::int64);
    auto optimizer = ct::nn::Adam<Model>::init(model, {.lr = 0.05});
    const auto loss = [](const Model& net, const ct::Tensor& x, const ct::Tensor& y) {
        return ct::nn::cross_entropy(net(x), reshape(y, {64}));
    };
    double first = 0, last = 0;
    for (int step = 0; step < 100; ++step) {
        const auto [value, gradient] = ct::value_and_grad(loss)(model, points, labels);
        (step == 0 ? first : last) = value.item();
        optimizer.update(model, gradient);
    }
    const bool has_rank = ct::min(ct::svd(points).s).item() > 1;  // LAPACK inside
    ct::save("model.safetensors", model);
    ct::load("model.safetensors", model);
    ct::data::write_image("picture.png", ct::zeros({4, 4, 3}, ct::Dtype::uint8));
    ct::data::write_image("picture.webp", ct::data::read_image("picture.png"));
    ct::data::write_image("picture.jpg", ct::data::read_image("picture.webp"));
    const bool has_names = !ct::data::fetchable_datasets().empty() && ct::format_duration(7) == "0:07";
    std::printf("loss %.3f -> %.3f\n", first, last);
    return last < 0.5 * first && has_names && has_rank ? 0 : 1;
}
