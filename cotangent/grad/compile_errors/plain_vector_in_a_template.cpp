// expect: derivative: a struct template has plain numbers beside those of its template's type
#include "cotangent/grad/grad.hpp"

template <class T>
struct Curve {
    T scale;
    std::vector<double> grid;
};

auto f(const Curve<double>& c) {
    return ct::grad([](const auto& curve) { return curve.scale * curve.grid[0]; })(c);
}
