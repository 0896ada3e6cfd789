// expect: derivative: a member is a class template of the numbers that is neither a container of them nor a plain struct
#include <complex>

#include "cotangent/grad/grad.hpp"

template <class T>
struct Circuit {
    std::complex<T> impedance;
    T current;
};

auto f(const Circuit<double>& c) {
    return ct::grad([](const auto& circuit) { return circuit.current * norm(circuit.impedance); })(c);
}
