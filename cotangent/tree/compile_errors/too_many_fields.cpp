// expect: the fields of this struct cannot be walked, there are more than 32; group some in a struct
#include "cotangent/tree/tree.hpp"

struct Model {
    ct::Tensor a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15;
    ct::Tensor b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15;
    ct::Tensor c;
};

auto f(const Model& model) { return ct::leaves(model); }
