#pragma once
// Scalar code and tensor code in one function. to_tensor() makes a tensor of numbers, to_scalar() and to_scalars() make
// numbers of a tensor; derivatives go through, in both modes and at every level. What lies between is differentiated with
// the rules of the tensor ops, and is one statement to the scalars.
//
//     template <class T> T energy(const std::vector<T>& x) {
//         const Tensor v = to_tensor(x);                       // [n], float64
//         return to_scalar<T>(sum(exp(v) * v)) + x[0] * x[1];
//     }
#include <algorithm>
#include <span>
#include <vector>

#include "cotangent/grad/real.hpp"
#include "cotangent/grad/scalars.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/cast.hpp"
#include "cotangent/tensor/record.hpp"

namespace cotangent {
namespace detail {

template <class D>
using InsideOf = typename Inside<D>::type;

/// A tensor that numbers became, or that is a variable itself: where derivatives pass between the two.
template <class S>
struct Crossing;
template <class T>
struct Crossing<Real<T>> {
    Tensor variable;
    std::vector<std::uint32_t> numbers;  ///< the statements of its elements; none of a tensor that is a variable itself
    Tensor* cotangent = nullptr;         ///< of a tensor that is a variable itself: the sum so far
};
template <class T, class V>
struct Crossing<Dual<T, V>> {
    Tensor variable;
    std::vector<V> tangents;  ///< of its elements
};

/// Of the functions being differentiated on this thread.
template <class S>
struct Crossings {
    std::vector<Crossing<S>> list;
    std::vector<std::uint64_t> ids;  ///< of their variables' records; they grow
    std::size_t begin = 0;           ///< where those of the innermost function begin

    void add(Crossing<S> crossing) {
        ids.push_back(crossing.variable.node()->id);
        list.push_back(std::move(crossing));
    }
    void shrink(std::size_t size) {
        ids.resize(size);
        list.resize(size);
    }
};
template <class S>
inline thread_local Crossings<S> crossings;

template <class S>
class CrossingScope {
public:
    CrossingScope() : size_(crossings<S>.list.size()), begin_(crossings<S>.begin) { crossings<S>.begin = size_; }
    ~CrossingScope() {
        crossings<S>.shrink(size_);
        crossings<S>.begin = begin_;
    }
    CrossingScope(const CrossingScope&) = delete;
    CrossingScope& operator=(const CrossingScope&) = delete;
    [[nodiscard]] std::span<const Crossing<S>> crossed() const {
        return std::span<const Crossing<S>>(crossings<S>.list).subspan(size_);
    }

private:
    std::size_t size_, begin_;
};

/// Which of this thread's records with these ids, in ascending order, `output` depends on.
[[nodiscard]] std::vector<std::size_t> reached(const Tensor& output, std::span<const std::uint64_t> ids);
template <class S>
[[nodiscard]] std::vector<std::size_t> reached_crossings(const Tensor& output) {
    return reached(output, crossings<S>.ids);
}

/// Do numbers of type S carry derivatives with respect to the variable with this id?
template <class S>
[[nodiscard]] bool carries(std::uint64_t id) {
    if constexpr (std::is_arithmetic_v<S>) {
        return false;
    } else {
        const auto& ids = crossings<S>.ids;
        return std::binary_search(ids.begin(), ids.end(), id) || carries<InsideOf<S>>(id);
    }
}
[[noreturn]] void throw_lost_variable();
/// @throws ValueError  the tensor depends on a variable further out that numbers of type S know nothing of
template <class S>
void refuse_lost(const Tensor& tensor) {
    if (is_of_another_thread(tensor)) throw_of_another_thread();
    const std::span<const std::uint64_t> live = live_variables();
    for (const std::size_t k : reached(tensor, live))
        if (!carries<S>(live[k])) throw_lost_variable();
}

[[noreturn]] void throw_element_count(const Tensor& seen);
[[noreturn]] void throw_plain_numbers();

template <class S>
struct Innermost {
    using type = S;
};
template <class T>
struct Innermost<Real<T>> : Innermost<T> {};
template <class T, class V>
struct Innermost<Dual<T, V>> : Innermost<T> {};

template <class S>
    requires std::is_floating_point_v<S>
[[nodiscard]] Tensor tensor_of(std::span<const S> numbers, const Shape& shape) {
    return Tensor::from(numbers, shape);
}
template <class T>
[[nodiscard]] Tensor tensor_of(std::span<const Real<T>> numbers, const Shape& shape);
template <class T, class V>
[[nodiscard]] Tensor tensor_of(std::span<const Dual<T, V>> numbers, const Shape& shape);

template <class S>
struct ScalarsOf;
template <class S>
    requires std::is_floating_point_v<S>
struct ScalarsOf<S> {
    static std::vector<S> of(const Tensor& tensor) { return tensor.to_vector<S>(); }
};

template <class T>
Tensor tensor_of(std::span<const Real<T>> numbers, const Shape& shape) {
    std::vector<T> values;
    Crossing<Real<T>> crossing;
    bool varies = false;
    for (const Real<T>& number : numbers) {
        values.push_back(number.value());
        crossing.numbers.push_back(settled(number));
        varies = varies || number.number() != 0;
    }
    const Tensor value = tensor_of(std::span<const T>(values), shape);
    if (!varies) return value;
    crossing.variable = watch(value);
    crossings<Real<T>>.add(crossing);
    return crossing.variable;
}
template <class T, class V>
Tensor tensor_of(std::span<const Dual<T, V>> numbers, const Shape& shape) {
    std::vector<T> values;
    Crossing<Dual<T, V>> crossing;
    for (const Dual<T, V>& number : numbers) {
        values.push_back(number.value);
        crossing.tangents.push_back(number.tangent);
    }
    crossing.variable = watch(tensor_of(std::span<const T>(values), shape));
    crossings<Dual<T, V>>.add(crossing);
    return crossing.variable;
}

template <class T>
struct ScalarsOf<Real<T>> {
    static std::vector<Real<T>> of(const Tensor& tensor) {
        const std::vector<T> values = ScalarsOf<T>::of(tensor);
        const auto& all = crossings<Real<T>>;
        std::vector<Crossing<Real<T>>> sources;
        std::vector<std::uint32_t> inputs;
        for (const std::size_t k : reached_crossings<Real<T>>(tensor)) {
            if (k < all.begin) throw_used_from_outside("to_scalar");
            sources.push_back(all.list[k]);
            inputs.insert(inputs.end(), sources.back().numbers.begin(), sources.back().numbers.end());
        }
        std::vector<Real<T>> result;
        if (sources.empty()) {
            for (const T& value : values) result.push_back({value, 0});
            return result;
        }
        const auto rule = [tensor, sources](std::span<const T> given, std::span<T> received) {
            const Differentiating differentiating;
            const Tensor cotangent = cast(tensor_of(given, tensor.shape()), tensor.dtype());
            std::vector<Tensor> variables;
            for (const auto& source : sources) variables.push_back(source.variable);
            const std::vector<Tensor> cotangents = pull({&tensor, 1}, {&cotangent, 1}, variables);
            std::size_t next = 0;
            for (std::size_t k = 0; k < sources.size(); ++k)
                if (sources[k].cotangent) {
                    Tensor& sum = *sources[k].cotangent;
                    sum = sum.has_storage() ? sum + cotangents[k] : cotangents[k];
                } else {
                    for (const T& c : ScalarsOf<T>::of(cotangents[k])) received[next++] = c;
                }
        };
        std::uint64_t statement = tape<T>.push_function(static_cast<std::uint32_t>(values.size()), inputs, rule);
        for (const T& value : values) result.push_back({value, statement++});
        return result;
    }
};
template <class T>
[[nodiscard]] T tangent_along(const T& tangent, int) {
    return tangent;
}
template <class T, int N>
[[nodiscard]] T tangent_along(const Tangents<T, N>& tangents, int direction) {
    return tangents[direction];
}
template <class T>
void set_tangent(T& tangent, int, const T& value) {
    tangent = value;
}
template <class T, int N>
void set_tangent(Tangents<T, N>& tangents, int direction, const T& value) {
    tangents.set(direction, value);
}
template <class V>
inline constexpr int direction_count = 1;
template <class T, int N>
inline constexpr int direction_count<Tangents<T, N>> = N;

template <class T, class V>
struct ScalarsOf<Dual<T, V>> {
    static std::vector<Dual<T, V>> of(const Tensor& tensor) {
        const std::vector<T> values = ScalarsOf<T>::of(tensor);
        std::vector<Dual<T, V>> result(values.begin(), values.end());
        const std::vector<std::size_t> sources = reached_crossings<Dual<T, V>>(tensor);
        if (sources.empty()) return result;
        if (sources.front() < crossings<Dual<T, V>>.begin) throw_used_from_outside("to_scalar");
        const Differentiating differentiating;
        for (int d = 0; d < direction_count<V>; ++d) {
            std::vector<Tensor> variables, tangents;
            for (const std::size_t k : sources) {
                const Crossing<Dual<T, V>> source = crossings<Dual<T, V>>.list[k];
                std::vector<T> along;
                for (const V& tangent : source.tangents) along.push_back(tangent_along(tangent, d));
                variables.push_back(source.variable);
                tangents.push_back(
                    cast(tensor_of(std::span<const T>(along), source.variable.shape()), source.variable.dtype()));
            }
            const std::vector<T> out = ScalarsOf<T>::of(push(variables, tangents, {&tensor, 1})[0]);
            for (std::size_t i = 0; i < out.size(); ++i) set_tangent(result[i].tangent, d, out[i]);
        }
        return result;
    }
};

}  // namespace detail

/// The numbers as a tensor of shape [n], or of a shape of n elements: float32 of floats, float64 of doubles.
/// @throws ShapeError  the shape has another number of elements
template <class T>
    requires is_scalar_v<T>
[[nodiscard]] Tensor to_tensor(const std::vector<T>& numbers, const Shape& shape) {
    return detail::tensor_of(std::span<const T>(numbers), shape);
}
template <class T>
    requires is_scalar_v<T>
[[nodiscard]] Tensor to_tensor(const std::vector<T>& numbers) {
    return to_tensor(numbers, {static_cast<std::int64_t>(numbers.size())});
}
template <class T, std::size_t n>
    requires is_scalar_v<T>
[[nodiscard]] Tensor to_tensor(const std::array<T, n>& numbers) {
    return detail::tensor_of(std::span<const T>(numbers), Shape{static_cast<std::int64_t>(n)});
}
/// One number, of shape [].
template <class T>
    requires is_scalar_v<T>
[[nodiscard]] Tensor to_tensor(const T& number) {
    return detail::tensor_of(std::span<const T>(&number, 1), Shape{});
}

/// The elements of a tensor in row-major order, as numbers of type T: the scalar that the function is written in.
/// @throws ValueError  the tensor is being differentiated further out, by a function whose variables T knows nothing of, or
/// T is
///                     a plain number and it is being differentiated at all: the derivative would be lost (item() and
///                     values() give the numbers alone)
template <class T>
    requires is_scalar_v<T>
[[nodiscard]] std::vector<T> to_scalars(const Tensor& tensor) {
    if constexpr (std::is_arithmetic_v<T>)
        if (detail::is_remembered(tensor)) detail::throw_plain_numbers();
    if constexpr (!std::is_arithmetic_v<T>) detail::refuse_lost<T>(tensor);
    return detail::ScalarsOf<T>::of(tensor);
}
/// The only element. @throws ShapeError  there is not exactly one
template <class T>
    requires is_scalar_v<T>
[[nodiscard]] T to_scalar(const Tensor& tensor) {
    if (tensor.size() != 1) detail::throw_element_count(tensor);
    return to_scalars<T>(tensor)[0];
}

// A number beside a tensor takes the tensor's dtype.
template <class T>
concept DerivativeScalar = is_scalar_v<T> && !std::is_arithmetic_v<T>;
namespace detail {
template <class T>
[[nodiscard]] Tensor beside_tensor(const T& number, const Tensor& tensor) {
    return cast(to_tensor(number), tensor.dtype());
}
}  // namespace detail
// clang-format off
template <DerivativeScalar T> [[nodiscard]] Tensor operator+(const Tensor& a, const T& b) { return a + detail::beside_tensor(b, a); }
template <DerivativeScalar T> [[nodiscard]] Tensor operator+(const T& a, const Tensor& b) { return detail::beside_tensor(a, b) + b; }
template <DerivativeScalar T> [[nodiscard]] Tensor operator-(const Tensor& a, const T& b) { return a - detail::beside_tensor(b, a); }
template <DerivativeScalar T> [[nodiscard]] Tensor operator-(const T& a, const Tensor& b) { return detail::beside_tensor(a, b) - b; }
template <DerivativeScalar T> [[nodiscard]] Tensor operator*(const Tensor& a, const T& b) { return a * detail::beside_tensor(b, a); }
template <DerivativeScalar T> [[nodiscard]] Tensor operator*(const T& a, const Tensor& b) { return detail::beside_tensor(a, b) * b; }
template <DerivativeScalar T> [[nodiscard]] Tensor operator/(const Tensor& a, const T& b) { return a / detail::beside_tensor(b, a); }
template <DerivativeScalar T> [[nodiscard]] Tensor operator/(const T& a, const Tensor& b) { return detail::beside_tensor(a, b) / b; }
// clang-format on

}  // namespace cotangent
