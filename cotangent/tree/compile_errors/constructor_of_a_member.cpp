// expect: the fields of this type cannot be walked, it has constructors, private fields or virtual functions
#include <vector>

#include "cotangent/tree/tree.hpp"

struct Layer {
    Layer() : weight(1.0) {}
    ct::Tensor weight;
};
struct Model {
    std::vector<Layer> layers;
    ct::Tensor bias;
};

auto f(const Model& model) { return ct::leaves(model); }
