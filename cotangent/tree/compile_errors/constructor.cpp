// expect: the fields of this type cannot be walked, it has constructors, private fields or virtual functions
#include "cotangent/tree/tree.hpp"

struct Model {
    explicit Model(int width) : weight(width) {}
    ct::Tensor weight;
};

auto f(const Model& model) { return ct::leaves(model); }
