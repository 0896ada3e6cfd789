#pragma once
// Scalars in trees. To differentiate with respect to the numbers of a `Walls<double>`, the function is called with a
// `Walls<Real<double>>`: the type is rebuilt with another scalar wherever a template takes one. So a number can be
// differentiated when it stands by itself, in a std::array, vector, optional, pair or tuple, or in a plain struct that is
// a template over its scalar:
//
//     template <class T> struct Walls { T area; std::array<T, 3> layers; };
//     template <class T> struct House { Walls<T> walls; T temperature; int floors; };
//
// A struct that is no template keeps its type: its numbers are carried along as constants, its tensors are differentiated.
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "cotangent/grad/real.hpp"
#include "cotangent/tree/tree.hpp"

namespace cotangent {
// Numbers of a derivative are no trees, and hold no tensors.
template <class T>
inline constexpr bool is_opaque_v<Real<T>> = true;
template <class T, class V>
inline constexpr bool is_opaque_v<Dual<T, V>> = true;
}  // namespace cotangent

namespace cotangent::detail {

/// X with each scalar S replaced by Change::of<S>.
template <class X, class Change>
struct Rebuild {
    using type = X;
};
template <class X, class Change>
using rebuilt = typename Rebuild<X, Change>::type;

template <class X, class Change>
    requires is_scalar_v<X>
struct Rebuild<X, Change> {
    using type = typename Change::template of<X>;
};
template <class T, class Change>
struct Rebuild<std::vector<T>, Change> {
    using type = std::vector<rebuilt<T, Change>>;
};
template <class T, std::size_t n, class Change>
struct Rebuild<std::array<T, n>, Change> {
    using type = std::array<rebuilt<T, Change>, n>;
};
template <class T, class Change>
struct Rebuild<std::optional<T>, Change> {
    using type = std::optional<rebuilt<T, Change>>;
};
template <class T, class U, class Change>
struct Rebuild<std::pair<T, U>, Change> {
    using type = std::pair<rebuilt<T, Change>, rebuilt<U, Change>>;
};
template <class... T, class Change>
struct Rebuild<std::tuple<T...>, Change> {
    using type = std::tuple<rebuilt<T, Change>...>;
};
template <class X>
concept Fields = kind_of<X> == Kind::fields;
template <template <class...> class Struct, class... T, class Change>
    requires Fields<Struct<T...>> && (!is_scalar_v<Struct<T...>>)
struct Rebuild<Struct<T...>, Change> {
    using type = Struct<rebuilt<T, Change>...>;
};
template <template <class, auto> class Struct, class T, auto n, class Change>
    requires Fields<Struct<T, n>> && (!is_scalar_v<Struct<T, n>>)
struct Rebuild<Struct<T, n>, Change> {
    using type = Struct<rebuilt<T, Change>, n>;
};
template <template <class, auto, auto> class Struct, class T, auto n, auto m, class Change>
    requires Fields<Struct<T, n, m>> && (!is_scalar_v<Struct<T, n, m>>)
struct Rebuild<Struct<T, n, m>, Change> {
    using type = Struct<rebuilt<T, Change>, n, m>;
};

template <class To>
struct ChangeTo {
    template <class>
    using of = To;
};
/// Of a result: From becomes To, other scalars stay.
template <class From, class To>
struct ChangeFrom {
    template <class S>
    using of = std::conditional_t<std::is_same_v<S, From>, To, S>;
};

struct NoScalar {};
/// Can the numbers of an X be differentiated?
template <class X>
inline constexpr bool has_scalars = !std::is_same_v<rebuilt<X, ChangeTo<NoScalar>>, X>;

/// How many derivatives are nested in S.
template <class S>
inline constexpr int depth_of = 0;
template <class T>
inline constexpr int depth_of<Real<T>> = depth_of<T> + 1;
template <class T, class V>
inline constexpr int depth_of<Dual<T, V>> = depth_of<T> + 1;

template <class A, class B>
struct Deeper {
    static_assert(std::is_same_v<A, B> || depth_of<A> != depth_of<B>,
                  "cotangent: the numbers of the arguments are of different types, expected all of one: double, or float");
    using type = std::conditional_t<(depth_of<A> >= depth_of<B>), A, B>;
};
template <class A>
struct Deeper<A, NoScalar> {
    using type = A;
};
template <class B>
struct Deeper<NoScalar, B> {
    using type = B;
};
template <>
struct Deeper<NoScalar, NoScalar> {
    using type = NoScalar;
};
template <class... S>
struct Deepest {
    using type = NoScalar;
};
template <class S, class... Rest>
struct Deepest<S, Rest...> {
    using type = typename Deeper<S, typename Deepest<Rest...>::type>::type;
};

/// The scalar that the numbers in X are, the deepest where they differ.
template <class X>
struct ScalarOf {
    using type = NoScalar;
};
template <class X>
using scalar_of = typename ScalarOf<std::remove_cvref_t<X>>::type;
template <class X>
    requires is_scalar_v<X>
struct ScalarOf<X> {
    using type = X;
};
template <class X>
    requires(has_scalars<X> && !is_scalar_v<X> && (kind_of<X> == Kind::sequence || kind_of<X> == Kind::optional))
struct ScalarOf<X> : ScalarOf<typename X::value_type> {};
template <class T, class U>
struct ScalarOf<std::pair<T, U>> : Deepest<scalar_of<T>, scalar_of<U>> {};
template <class... T>
struct ScalarOf<std::tuple<T...>> : Deepest<scalar_of<T>...> {};
template <template <class...> class Struct, class... T>
    requires Fields<Struct<T...>> && (!is_scalar_v<Struct<T...>>)
struct ScalarOf<Struct<T...>> : Deepest<scalar_of<T>...> {};
template <template <class, auto> class Struct, class T, auto n>
    requires Fields<Struct<T, n>> && (!is_scalar_v<Struct<T, n>>)
struct ScalarOf<Struct<T, n>> : Deepest<scalar_of<T>> {};
template <template <class, auto, auto> class Struct, class T, auto n, auto m>
    requires Fields<Struct<T, n, m>> && (!is_scalar_v<Struct<T, n, m>>)
struct ScalarOf<Struct<T, n, m>> : Deepest<scalar_of<T>> {};

/// How many numbers an X holds; -1 where a vector or an optional decides when the program runs.
template <class X>
consteval int scalar_count();
template <class Tuple>
struct CountMembers;
template <class... T>
struct CountMembers<std::tuple<T...>> {
    static consteval int count() {
        int sum = 0;
        for (const int n : {0, scalar_count<std::remove_cvref_t<T>>()...}) {
            if (n < 0) return -1;
            sum += n;
        }
        return sum;
    }
};
template <class X>
consteval int scalar_count() {
    if constexpr (is_scalar_v<X>) {
        return 1;
    } else if constexpr (!has_scalars<X>) {
        return 0;
    } else if constexpr (requires { std::tuple_size<X>::value; } && kind_of<X> == Kind::sequence) {
        const int each = scalar_count<typename X::value_type>();
        return each < 0 ? -1 : each * static_cast<int>(std::tuple_size_v<X>);
    } else if constexpr (kind_of<X> == Kind::tuple || kind_of<X> == Kind::fields) {
        return CountMembers<decltype(members(std::declval<X&>()))>::count();
    } else {
        return -1;
    }
}

/// Is each number in the struct X one that its template's type decides?
template <class X>
consteval bool check_numbers_change() {
    using S = scalar_of<X>;
    if constexpr (!std::is_arithmetic_v<S>) {
        return true;  // X is of the numbers of a derivative, and was checked before it became that
    } else {
        using Now = decltype(members(std::declval<X&>()));
        using Then = decltype(members(std::declval<rebuilt<X, ChangeTo<Real<S>>>&>()));
        constexpr bool change = []<std::size_t... i>(std::index_sequence<i...>) {
            const auto stays = []<class A, class B> { return has_scalars<A> && std::is_same_v<A, B>; };
            return !(stays.template operator()<std::remove_cvref_t<std::tuple_element_t<i, Now>>,
                                               std::remove_cvref_t<std::tuple_element_t<i, Then>>>() ||
                     ...);
        }(Indices<Now>{});
        static_assert(
            change,
            "derivative: a struct template has plain numbers beside those of its template's type; make them of that "
            "type, or put them in a struct that is no template, which is a constant");
        return change;
    }
}

[[noreturn]] void throw_other_lengths(std::size_t expected, std::size_t seen);

template <class Member>
consteval void refuse_member() {
    static_assert(std::is_void_v<Member>,
                  "derivative: a member is a class template of the numbers that is neither a container of them nor a plain "
                  "struct (std::complex, say); expected its numbers as members of a plain struct");
}

/// Walks two trees that Rebuild relates: scalar(a, b) for each pair of numbers, same(a, b) where a part has one type in
/// both.
/// @throws ShapeError  a vector of b has another length, or an optional holds what the other does not
template <class A, class B, class Scalar, class Same>
void zip_scalars(A& a, B& b, Scalar&& scalar, Same&& same) {
    using X = std::remove_const_t<A>;
    if constexpr (is_scalar_v<X>) {
        scalar(a, b);
    } else if constexpr (!has_scalars<X>) {
        constexpr bool fine = std::is_same_v<X, std::remove_const_t<B>>;
        if constexpr (!fine) refuse_member<std::conditional_t<fine, void, X>>();
        if constexpr (fine) same(a, b);
    } else if constexpr (kind_of<X> == Kind::optional) {
        if (a.has_value() != b.has_value()) throw_other_lengths(a.has_value(), b.has_value());
        if (a) zip_scalars(*a, *b, scalar, same);
    } else if constexpr (kind_of<X> == Kind::sequence) {
        if (a.size() != b.size()) throw_other_lengths(a.size(), b.size());
        for (std::size_t i = 0; i < a.size(); ++i) zip_scalars(a[i], b[i], scalar, same);
    } else {
        const auto of_a = members(a);
        const auto of_b = members(b);
        constexpr bool fine = [] {
            if constexpr (kind_of<X> != Kind::fields || std::is_same_v<X, std::remove_const_t<B>>) return true;
            else return check_numbers_change<X>();
        }();
        if constexpr (fine)
            [&]<std::size_t... i>(std::index_sequence<i...>) {
                (zip_scalars(std::get<i>(of_a), std::get<i>(of_b), scalar, same), ...);
            }(Indices<decltype(of_a)>{});
    }
}

/// The types of the n members of a struct, pair or tuple. To count them, as members() does, asks for default member
/// initialisers.
template <class T, std::size_t n>
struct MembersOf {
    using type = decltype(members(std::declval<T&>()));
};
template <Fields T, std::size_t n>
struct MembersOf<T, n> {
    using type = decltype(bind_fields<n>(std::declval<T&>(), [](auto&... m) { return std::tuple<decltype(m)...>(m...); }));
};
template <class T, std::size_t n>
using members_of = typename MembersOf<T, n>::type;

struct Copy {
    template <class Part>
    Part operator()(const Part& part) const {
        return part;
    }
};

/// The tree with each scalar s replaced by make(s), and each part without any by carry(part). Members are made in their
/// order, each from its own: default member initialisers, which may ask for a scalar, are not needed.
template <class Y, class X, class Make, class Carry = Copy>
[[nodiscard]] Y rebuild(const X& x, Make&& make, Carry&& carry = {}) {
    if constexpr (is_scalar_v<X>) {
        return make(x);
    } else if constexpr (!has_scalars<X>) {
        constexpr bool fine = std::is_same_v<X, Y>;
        if constexpr (!fine) refuse_member<std::conditional_t<fine, void, X>>();
        if constexpr (fine) return carry(x);
    } else if constexpr (kind_of<X> == Kind::optional) {
        if (!x) return std::nullopt;
        return Y(rebuild<typename Y::value_type>(*x, make, carry));
    } else if constexpr (kind_of<X> == Kind::sequence) {
        using Element = typename Y::value_type;
        if constexpr (!requires { std::tuple_size<Y>::value; }) {
            Y y;
            y.reserve(x.size());
            for (const auto& element : x) y.push_back(rebuild<Element>(element, make, carry));
            return y;
        } else if constexpr (is_scalar_v<Element>) {
            Y y{};
            for (std::size_t i = 0; i < x.size(); ++i) y[i] = make(x[i]);
            return y;
        } else {
            return [&]<std::size_t... i>(std::index_sequence<i...>) {
                return Y{{rebuild<Element>(x[i], make, carry)...}};
            }(std::make_index_sequence<std::tuple_size_v<Y>>{});
        }
    } else {
        const auto of_x = members(x);
        using Made = members_of<Y, std::tuple_size_v<decltype(of_x)>>;
        constexpr bool fine = [] {
            if constexpr (kind_of<X> != Kind::fields || std::is_same_v<X, Y>) return true;
            else return check_numbers_change<X>();
        }();
        static_assert(std::is_copy_assignable_v<X>,
                      "derivative: a member of a struct of numbers is a reference, or const; expected members that can be "
                      "assigned");
        if constexpr (fine && std::is_copy_assignable_v<X>)
            return [&]<std::size_t... i>(std::index_sequence<i...>) {
                return Y{rebuild<std::remove_cvref_t<std::tuple_element_t<i, Made>>>(std::get<i>(of_x), make, carry)...};
            }(Indices<Made>{});
    }
}

/// Can an X hold tensors? Above: the structs and vectors around it, since a struct may hold a vector of itself.
template <class X, class... Above>
consteval bool holds_tensors() {
    constexpr Kind kind = kind_of<X>;
    constexpr auto below = []<class Member> { return holds_tensors<Member, X, Above...>(); };
    if constexpr ((std::is_same_v<X, Above> || ...)) return false;
    else if constexpr (std::is_same_v<X, Tensor>) return true;
    else if constexpr (kind == Kind::optional || kind == Kind::sequence)
        return holds_tensors<typename X::value_type, X, Above...>();
    else if constexpr (kind == Kind::tuple) return Members<X>::any(below);
    else if constexpr (kind == Kind::fields) return Members<decltype(tie_fields(std::declval<X&>()))>::any(below);
    else return false;
}
template <class X>
inline constexpr bool has_tensors = holds_tensors<X>();

/// The scalar that a function of these arguments computes with: the deepest, so that a derivative in a derivative keeps
/// both.
template <class... X>
using deepest_of = typename Deepest<scalar_of<X>...>::type;
template <class S, class X>
[[nodiscard]] auto with_scalar(const X& x) {
    using Y = rebuilt<X, ChangeTo<S>>;
    if constexpr (std::is_same_v<X, Y>) return x;
    else return rebuild<Y>(x, [](const auto& s) { return S(s); });
}

template <class D>
struct Inside;  // the scalar inside a number of a derivative
template <class T>
struct Inside<Real<T>> {
    using type = T;
    static const T& value(const Real<T>& x) { return x.value(); }
};
template <class T, class V>
struct Inside<Dual<T, V>> {
    using type = T;
    static const T& value(const Dual<T, V>& x) { return x.value; }
};
template <class X>
[[nodiscard]] std::size_t count_scalars(const X& x) {
    std::size_t count = 0;
    zip_scalars(
        x, x, [&](const auto&, const auto&) { ++count; }, [](const auto&, const auto&) {});
    return count;
}
/// The numbers of trees, in order.
template <class T, class... X>
[[nodiscard]] std::vector<Real<T>> numbers_of(const X&... x) {
    std::vector<Real<T>> numbers;
    const auto append = [&](const auto& tree) {
        zip_scalars(
            tree, tree, [&](const auto& number, const auto&) { numbers.push_back(Real<T>(number)); },
            [](const auto&, const auto&) {});
    };
    (append(x), ...);
    return numbers;
}

}  // namespace cotangent::detail
