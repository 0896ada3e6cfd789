#pragma once
// A building heated by water from a tank, through tubes in a floor slab: how far its temperature after so many steps of
// 0.1 s is from a target. 20 inputs in nested structs, 37 operations a step.
// @source  PassiveLogic/differentiable-swift-examples, Benchmarks/BuildingSimulation (README, Swift), for the definition
#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

namespace cotangent::gradbench {

template <class T>
struct Tube {
    T spacing, diameter, thickness, resistivity;
};
template <class T>
struct Slab {
    T temperature, area, heat_capacity, density, thickness;
};
/// The water that circulates.
template <class T>
struct Quanta {
    T power, temperature, flow, density, heat_capacity;
};
template <class T>
struct Tank {
    T temperature, volume, heat_capacity, density, mass;
};
template <class T>
struct Building {
    Tube<T> tube;
    Slab<T> slab;
    Quanta<T> quanta;
    Tank<T> tank;
    T starting_temperature;
};

inline constexpr Building<double> default_building{
    .tube = {.spacing = 0.50292, .diameter = 0.019, .thickness = 0.001588, .resistivity = 2.43},
    .slab = {.temperature = 21.1111111, .area = 100, .heat_capacity = 0.2, .density = 2242.58, .thickness = 0.101},
    .quanta = {.power = 0, .temperature = 60, .flow = 0.0006309, .density = 1000, .heat_capacity = 4180},
    .tank = {.temperature = 70, .volume = 0.0757082, .heat_capacity = 4180, .density = 1000, .mass = 75.708},
    .starting_temperature = 33.3};

inline constexpr double time_step = 0.1;  ///< seconds

/// The power that the slab gives to the water.
template <class T>
[[nodiscard, gnu::always_inline]] inline T load_power(const Slab<T>& slab, const Tube<T>& tube, const Quanta<T>& quanta) {
    const T surface = slab.area / tube.spacing * std::numbers::pi * tube.diameter;
    const T resistance = tube.resistivity * tube.thickness / surface * 10.0;
    return (slab.temperature - quanta.temperature) * (1.0 / resistance);
}

/// The water takes up its power.
template <class T>
[[gnu::always_inline]] inline void warm(Quanta<T>& quanta) {
    quanta.temperature += quanta.power * time_step / quanta.heat_capacity / (quanta.flow * time_step * quanta.density);
}

/// The tank and the water exchange heat.
template <class T>
[[gnu::always_inline]] inline void exchange(Tank<T>& tank, Quanta<T>& quanta) {
    quanta.power = (tank.temperature - quanta.temperature) * (quanta.flow * quanta.density) * quanta.heat_capacity;
    tank.temperature += quanta.power * time_step / tank.heat_capacity / (tank.volume * tank.density);
}

template <class T>
[[gnu::always_inline]] inline void heat(Slab<T>& slab, const T& power) {
    slab.temperature += power * time_step / slab.heat_capacity / (slab.area * slab.thickness * slab.density);
}

/// How far the slab's temperature is from its target after `steps` steps.
template <class T>
[[nodiscard]] T simulate(const Building<T>& building, int steps) {
    Slab<T> slab = building.slab;
    Tank<T> tank = building.tank;
    Quanta<T> quanta = building.quanta;
    slab.temperature = building.starting_temperature;
    for (int s = 0; s < steps; ++s) {
        exchange(tank, quanta);
        warm(quanta);
        quanta.power = load_power(slab, building.tube, quanta);
        const T power_to_slab = -quanta.power;
        warm(quanta);
        heat(slab, power_to_slab);
    }
    const T missed = slab.temperature - 27.344767;
    if (missed < 0) return -missed;
    return missed;
}

/// The same of 20 numbers in the order of the fields, for tools that know no structs.
struct BuildingSimulation {
    int steps;
    std::vector<double> parameters = flatten(default_building);

    template <class T>
    [[nodiscard]] static std::vector<T> flatten(const Building<T>& b) {
        return {b.tube.spacing,       b.tube.diameter,        b.tube.thickness,
                b.tube.resistivity,   b.slab.temperature,     b.slab.area,
                b.slab.heat_capacity, b.slab.density,         b.slab.thickness,
                b.quanta.power,       b.quanta.temperature,   b.quanta.flow,
                b.quanta.density,     b.quanta.heat_capacity, b.tank.temperature,
                b.tank.volume,        b.tank.heat_capacity,   b.tank.density,
                b.tank.mass,          b.starting_temperature};
    }
    template <class T>
    [[nodiscard]] T operator()(std::span<const T> x) const {
        return simulate<T>({.tube = {x[0], x[1], x[2], x[3]},
                            .slab = {x[4], x[5], x[6], x[7], x[8]},
                            .quanta = {x[9], x[10], x[11], x[12], x[13]},
                            .tank = {x[14], x[15], x[16], x[17], x[18]},
                            .starting_temperature = x[19]},
                           steps);
    }
};

}  // namespace cotangent::gradbench
