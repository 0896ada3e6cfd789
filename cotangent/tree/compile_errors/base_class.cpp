// expect: the fields of this struct cannot be walked, it has a base class; make the base a field
#include "cotangent/tree/tree.hpp"

struct Layer {
    ct::Tensor weight;
};
struct Model : Layer {
    ct::Tensor bias;
};

auto f(const Model& model) { return ct::leaves(model); }
