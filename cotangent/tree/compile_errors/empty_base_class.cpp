// expect: the fields of this struct cannot be walked, it has a base class; make the base a field
#include "cotangent/tree/tree.hpp"

struct Module {};
struct Model : Module {
    ct::Tensor weight;
};

auto f(const Model& model) { return ct::named_leaves(model); }
