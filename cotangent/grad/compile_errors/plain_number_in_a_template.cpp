// expect: derivative: a struct template has plain numbers beside those of its template's type
#include "cotangent/grad/grad.hpp"

template <class T>
struct Particle {
    T x;
    double dt;
};

auto f(const Particle<double>& p) {
    return ct::grad([](const auto& q) { return q.x * q.dt; })(p);
}
