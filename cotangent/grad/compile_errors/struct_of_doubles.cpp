// expect: derivative: the numbers of this struct cannot be replaced; make it a template over its scalar type
#include "cotangent/grad/grad.hpp"

struct Wall {
    double area, thickness;
};

auto f(const Wall& wall) { return ct::grad([](const auto& w) { return w.area * w.thickness; })(wall); }
