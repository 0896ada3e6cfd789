// expect first: derivative: a member of a struct of numbers is a reference, or const; expected members that can be assigned
#include <vector>

#include "cotangent/grad/grad.hpp"

template <class T>
struct View {
    const std::vector<T>& values;
    T scale;
};

auto f(const View<double>& view) {
    return ct::grad([](const auto& v) { return v.values[0] * v.scale; })(view);
}
