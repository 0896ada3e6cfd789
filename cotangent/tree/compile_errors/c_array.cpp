// expect: the fields of this struct cannot be walked, one is a C array; make it a std::array
#include "cotangent/tree/tree.hpp"

struct Model {
    ct::Tensor weight;
    double scales[3];
};

auto f(const Model& model) { return ct::leaves(model); }
