// expect: the fields of this struct cannot be walked, it has a base class; make the base a field
#include <vector>

#include "cotangent/tree/tree.hpp"

struct Module {
    int id;
};
struct Layer : Module {
    ct::Tensor weight;
};
struct Model {
    std::vector<Layer> layers;
};

auto f(const Model& model) { return ct::map_tree([](const auto& x) { return x; }, model); }
