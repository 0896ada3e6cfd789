// expect: this type is not a tree: expected Tensor, float, double, a plain struct, or a std::array
#include "cotangent/tree/tree.hpp"

auto f(int number) { return ct::leaves(number); }
