#pragma once
// N tangents at once: what a dual number carries to be differentiated along N directions in one run. The functions of
// dual numbers only add them, scale them and choose between them, so N directions cost N / lanes vector instructions an op.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "cotangent/tensor/lanes.hpp"

namespace cotangent {

/// N numbers of type T, computed with in vector registers where T is float or double.
template <class T, int N>
struct Tangents {
    std::array<T, N> numbers{};

    /// 1 along direction i, if there is one; else 0.
    [[nodiscard]] static Tangents unit(int i) {
        Tangents result;
        if (i >= 0 && i < N) result.set(i, T(1));
        return result;
    }
    [[nodiscard]] T operator[](int i) const { return numbers[static_cast<std::size_t>(i)]; }
    void set(int i, const T& value) { numbers[static_cast<std::size_t>(i)] = value; }
    void copy_to(T* to) const { std::copy(numbers.begin(), numbers.end(), to); }

    friend Tangents operator+(const Tangents& a, const Tangents& b) {
        return a.combined(b, [](const T& x, const T& y) { return x + y; });
    }
    friend Tangents operator-(const Tangents& a, const Tangents& b) {
        return a.combined(b, [](const T& x, const T& y) { return x - y; });
    }
    friend Tangents operator-(const Tangents& a) {
        return a.combined(a, [](const T& x, const T&) { return -x; });
    }
    friend Tangents operator*(const Tangents& a, const T& b) {
        return a.combined(a, [&](const T& x, const T&) { return x * b; });
    }
    friend Tangents operator*(const T& a, const Tangents& b) { return b * a; }
    friend Tangents operator/(const Tangents& a, const T& b) { return a * (1 / b); }

private:
    template <class F>
    Tangents combined(const Tangents& other, F f) const {
        Tangents result;
        for (std::size_t i = 0; i < N; ++i) result.numbers[i] = f(numbers[i], other.numbers[i]);
        return result;
    }
};

template <class T, int N>
    requires std::is_floating_point_v<T>
struct Tangents<T, N> {
    static constexpr int width = std::min(lane_bytes / int{sizeof(T)}, int(std::bit_ceil(unsigned{N})));
    static constexpr int pieces = (N + width - 1) / width;
    typedef T Vector __attribute__((vector_size(width * sizeof(T))));
    typedef Vector Unaligned __attribute__((aligned(sizeof(T)), may_alias));
    Vector v[pieces];

    // Written out: GCC 12 copies an array of vectors as bytes, by way of general registers.
    [[gnu::always_inline]] Tangents() {
        for (int p = 0; p < pieces; ++p) v[p] = Vector{};
    }
    [[gnu::always_inline]] Tangents(const Tangents& other) {
        for (int p = 0; p < pieces; ++p) v[p] = other.v[p];
    }
    [[gnu::always_inline]] Tangents& operator=(const Tangents& other) {
        for (int p = 0; p < pieces; ++p) v[p] = other.v[p];
        return *this;
    }

    // A window of one 1 among zeros: a vector that is read after one of its numbers was written waits for the store.
    [[nodiscard, gnu::always_inline]] static Tangents unit(int i) {
        static constexpr auto window = [] {
            std::array<T, 2 * pieces * width> numbers{};
            numbers[pieces * width] = 1;
            return numbers;
        }();
        const T* from = &window[i >= 0 && i < N ? static_cast<std::size_t>(pieces * width - i) : 0];
        Tangents result;
        for (int p = 0; p < pieces; ++p) result.v[p] = *reinterpret_cast<const Unaligned*>(from + p * width);
        return result;
    }
    [[nodiscard]] T operator[](int i) const { return v[i / width][i % width]; }
    void set(int i, T value) { v[i / width][i % width] = value; }
    /// Writes the N numbers to `to`.
    [[gnu::always_inline]] void copy_to(T* to) const {
        constexpr int whole = N / width;
        for (int p = 0; p < whole; ++p) std::memcpy(to + p * width, &v[p], sizeof(Vector));
        for (int i = whole * width; i < N; ++i) to[i] = (*this)[i];
    }

    [[gnu::always_inline]] friend Tangents operator+(const Tangents& a, const Tangents& b) {
        Tangents result;
        for (int p = 0; p < pieces; ++p) result.v[p] = a.v[p] + b.v[p];
        return result;
    }
    [[gnu::always_inline]] friend Tangents operator-(const Tangents& a, const Tangents& b) {
        Tangents result;
        for (int p = 0; p < pieces; ++p) result.v[p] = a.v[p] - b.v[p];
        return result;
    }
    [[gnu::always_inline]] friend Tangents operator-(const Tangents& a) {
        Tangents result;
        for (int p = 0; p < pieces; ++p) result.v[p] = -a.v[p];
        return result;
    }
    [[gnu::always_inline]] friend Tangents operator*(const Tangents& a, T b) {
        Tangents result;
        for (int p = 0; p < pieces; ++p) result.v[p] = a.v[p] * b;
        return result;
    }
    [[gnu::always_inline]] friend Tangents operator*(T a, const Tangents& b) { return b * a; }
    [[gnu::always_inline]] friend Tangents operator/(const Tangents& a, T b) { return a * (1 / b); }
};

template <class T, int N>
[[nodiscard, gnu::always_inline]] inline Tangents<T, N> select(bool condition, const Tangents<T, N>& a,
                                                               const Tangents<T, N>& b) {
    return condition ? a : b;
}

}  // namespace cotangent
