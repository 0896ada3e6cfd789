#pragma once
// The fields of a plain struct, without macros or registration: how many, which, and what they are called.
//
//     struct Dense { Tensor weight, bias; };
//     field_count<Dense>        2
//     tie_fields(dense)         std::tuple<Tensor&, Tensor&>
//     field_names<Dense>        {"weight", "bias"}
//
// C++20 has no reflection, but it can be asked. How many initialisers does `T{...}` accept? That is the number of
// fields. A structured binding of that many names gives the fields. The name of a field stands in the name of a
// template whose argument is the address of that field in an object that is declared but never made.
// After Antony Polukhin's Boost.PFR and reflect-cpp.
#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cotangent {
namespace detail {

inline constexpr std::size_t max_fields = 32;

/// Converts to whatever a field wants. It stands for fields that have no `{}`.
struct Anything {
    explicit Anything(std::size_t);
    template <class T>
    operator T() const noexcept;
};

// clang-format off

/// Is `T{{}, ..., {}, anything, ..., anything}` well formed, with so many `{}` and `anything`?
template <class T, std::size_t braces, std::size_t... I>
consteval bool accepts(std::index_sequence<I...>) {
    if constexpr (braces == 0) return requires { T{Anything(I)...}; };
    else if constexpr (braces == 1) return requires { T{{}, Anything(I)...}; };
    else if constexpr (braces == 2) return requires { T{{}, {}, Anything(I)...}; };
    else if constexpr (braces == 3) return requires { T{{}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 4) return requires { T{{}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 5) return requires { T{{}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 6) return requires { T{{}, {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 7) return requires { T{{}, {}, {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 8) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 9) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 10) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 11) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        Anything(I)...}; };
    else if constexpr (braces == 12) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        Anything(I)...}; };
    else if constexpr (braces == 13) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        Anything(I)...}; };
    else if constexpr (braces == 14) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        Anything(I)...}; };
    else if constexpr (braces == 15) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        Anything(I)...}; };
    else if constexpr (braces == 16) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, Anything(I)...}; };
    else if constexpr (braces == 17) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, {}, Anything(I)...}; };
    else if constexpr (braces == 18) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 19) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 20) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 21) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 22) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, {}, {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 23) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, {}, {}, {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 24) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, {}, {}, {}, {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 25) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 26) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 27) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 28) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 29) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 30) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 31) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 32) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, Anything(I)...}; };
    else if constexpr (braces == 33) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
        {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, Anything(I)...}; };
}

// clang-format on

template <class T, std::size_t braces, std::size_t anything>
consteval std::size_t most_braces() {
    if constexpr (braces == 0 || accepts<T, braces>(std::make_index_sequence<anything>{})) return braces;
    else return most_braces<T, braces - 1, anything>();
}

template <class T, std::size_t braces, std::size_t anything>
consteval std::size_t most_of_anything() {
    if constexpr (anything == 0 || accepts<T, braces>(std::make_index_sequence<anything>{})) return anything;
    else return most_of_anything<T, braces, anything - 1>();
}

/// The number of fields; max_fields + 1 when there are more.
///
/// A `{}` initialises exactly one field, be it an array or a struct, because braces of its own are never elided. Where
/// a field cannot be made from `{}`, Anything goes on counting from there.
template <class T>
consteval std::size_t count_fields() {
    constexpr std::size_t braces = most_braces<T, max_fields + 1, 0>();
    return braces + most_of_anything<T, braces, max_fields + 1 - braces>();
}

/// Converts to the base classes of T and to nothing else. Not copyable, so that std::any does not want it.
template <class Derived>
struct AnyBaseOf {
    AnyBaseOf(const AnyBaseOf&) = delete;
    template <class T>
        requires(std::is_base_of_v<T, Derived> && !std::is_same_v<T, Derived>)
    operator T() const noexcept;
};

/// Only the first element of an aggregate can be a base class.
template <class T>
concept HasBase = std::is_class_v<T> && requires(const AnyBaseOf<T>& base) { T{base}; };

/// f(field, field, ...) with the n fields of an aggregate.
template <std::size_t n, class T, class F>
constexpr decltype(auto) bind_fields(T& object, F&& f) {
    if constexpr (n == 0) {
        return f();
    } else if constexpr (n == 1) {
        auto& [f0] = object;
        return f(f0);
    } else if constexpr (n == 2) {
        auto& [f0, f1] = object;
        return f(f0, f1);
    } else if constexpr (n == 3) {
        auto& [f0, f1, f2] = object;
        return f(f0, f1, f2);
    } else if constexpr (n == 4) {
        auto& [f0, f1, f2, f3] = object;
        return f(f0, f1, f2, f3);
    } else if constexpr (n == 5) {
        auto& [f0, f1, f2, f3, f4] = object;
        return f(f0, f1, f2, f3, f4);
    } else if constexpr (n == 6) {
        auto& [f0, f1, f2, f3, f4, f5] = object;
        return f(f0, f1, f2, f3, f4, f5);
    } else if constexpr (n == 7) {
        auto& [f0, f1, f2, f3, f4, f5, f6] = object;
        return f(f0, f1, f2, f3, f4, f5, f6);
    } else if constexpr (n == 8) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7);
    } else if constexpr (n == 9) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8);
    } else if constexpr (n == 10) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9);
    } else if constexpr (n == 11) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10);
    } else if constexpr (n == 12) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11);
    } else if constexpr (n == 13) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12);
    } else if constexpr (n == 14) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13);
    } else if constexpr (n == 15) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14);
    } else if constexpr (n == 16) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15);
    } else if constexpr (n == 17) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16);
    } else if constexpr (n == 18) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17);
    } else if constexpr (n == 19) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18);
    } else if constexpr (n == 20) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19);
    } else if constexpr (n == 21) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20);
    } else if constexpr (n == 22) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21);
    } else if constexpr (n == 23) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22] =
            object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22);
    } else if constexpr (n == 24) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22,
               f23] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22,
                 f23);
    } else if constexpr (n == 25) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
               f24] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22,
                 f23, f24);
    } else if constexpr (n == 26) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
               f24, f25] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22,
                 f23, f24, f25);
    } else if constexpr (n == 27) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
               f24, f25, f26] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22,
                 f23, f24, f25, f26);
    } else if constexpr (n == 28) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
               f24, f25, f26, f27] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22,
                 f23, f24, f25, f26, f27);
    } else if constexpr (n == 29) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
               f24, f25, f26, f27, f28] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22,
                 f23, f24, f25, f26, f27, f28);
    } else if constexpr (n == 30) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
               f24, f25, f26, f27, f28, f29] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22,
                 f23, f24, f25, f26, f27, f28, f29);
    } else if constexpr (n == 31) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
               f24, f25, f26, f27, f28, f29, f30] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22,
                 f23, f24, f25, f26, f27, f28, f29, f30);
    } else if constexpr (n == 32) {
        auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
               f24, f25, f26, f27, f28, f29, f30, f31] = object;
        return f(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22,
                 f23, f24, f25, f26, f27, f28, f29, f30, f31);
    }
}

struct HasArray {
    template <class... Fields>
    constexpr auto operator()(Fields&...) const {
        return std::bool_constant<(std::is_array_v<Fields> || ...)>{};
    }
};

enum class Flaw { none, not_aggregate, has_base, too_many_fields, has_array };

/// What keeps the fields of T from being walked.
template <class T>
consteval Flaw flaw_of() {
    if constexpr (!std::is_aggregate_v<T> || !std::is_class_v<T>) return Flaw::not_aggregate;
    else if constexpr (HasBase<T>) return Flaw::has_base;
    else if constexpr (count_fields<T>() > max_fields) return Flaw::too_many_fields;
    else if constexpr (decltype(bind_fields<count_fields<T>()>(std::declval<T&>(), HasArray{}))::value)
        return Flaw::has_array;
    else return Flaw::none;
}

/// Fails to compile, with one sentence that says why, when the fields of T cannot be walked.
template <class T>
consteval bool check_fields() {
    constexpr Flaw flaw = flaw_of<T>();
    static_assert(flaw != Flaw::not_aggregate,
                  "cotangent: the fields of this type cannot be walked, it has constructors, private fields or virtual "
                  "functions; make it a plain struct and its constructor a static function, or specialise "
                  "cotangent::is_opaque_v if it holds "
                  "no tensors");
    static_assert(flaw != Flaw::has_base,
                  "cotangent: the fields of this struct cannot be walked, it has a base class; make the base a field");
    static_assert(flaw != Flaw::too_many_fields,
                  "cotangent: the fields of this struct cannot be walked, there are more than 32; group some in a struct");
    static_assert(flaw != Flaw::has_array,
                  "cotangent: the fields of this struct cannot be walked, one is a C array; make it a std::array");
    return flaw == Flaw::none;
}

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif

/// An object that is declared and never made: its fields have addresses, which is all that names need.
template <class T>
struct Unmade {
    const T object;
    static const Unmade instance;
};

/// Clang 16 takes the address of a field as a template argument only inside a class.
template <class Pointer>
struct FieldAddress {
    Pointer pointer;
};

struct AddressesOf {
    template <class... Fields>
    constexpr auto operator()(Fields&... fields) const {
        return std::tuple<FieldAddress<Fields*>...>{FieldAddress<Fields*>{&fields}...};
    }
};

template <class T, std::size_t n>
inline constexpr auto field_addresses = bind_fields<n>(Unmade<T>::instance.object, AddressesOf{});

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

constexpr bool is_part_of_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 128;
}

/// The last name in `...{&instance.object.weight}]`, as both compilers end the name of this function.
template <auto address>
consteval auto field_name() {
    const std::string_view text = __PRETTY_FUNCTION__;
    std::size_t last = text.size();
    while (!is_part_of_name(text[last - 1])) --last;
    std::size_t first = last;
    while (is_part_of_name(text[first - 1])) --first;
    return text.substr(first, last - first);
}

template <class T, std::size_t... I>
consteval auto names_of_fields(std::index_sequence<I...>) {
    return std::array<std::string_view, sizeof...(I)>{field_name<std::get<I>(field_addresses<T, sizeof...(I)>)>()...};
}

}  // namespace detail

/// How many fields a plain struct has.
template <class T>
    requires(detail::check_fields<T>())
inline constexpr std::size_t field_count = detail::count_fields<T>();

/// The names of the fields of a plain struct, in order of declaration.
template <class T>
    requires(detail::check_fields<T>())
inline constexpr auto field_names = detail::names_of_fields<T>(std::make_index_sequence<field_count<T>>{});

/// References to the fields of a plain struct, in order of declaration. A plain struct is an aggregate of at most 32
/// fields without base classes, C arrays and bit-fields; anything else does not compile.
template <class T>
[[nodiscard]] constexpr auto tie_fields(T& object) {
    if constexpr (detail::check_fields<std::remove_const_t<T>>())
        return detail::bind_fields<field_count<std::remove_const_t<T>>>(
            object, []<class... Fields>(Fields&... fields) { return std::tuple<Fields&...>(fields...); });
    else return std::tuple<>();
}

}  // namespace cotangent
