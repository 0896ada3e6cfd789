#pragma once
// Trees: what a model, its gradient, an optimizer's state or a posterior draw is. A tree is
//   a leaf         Tensor, float or double
//   a container    a plain struct, std::array, std::vector, std::optional, std::pair, std::tuple or Frozen of trees
// and containers nest. Members that are no trees (integers, strings, enums, std::function, classes that are copied byte by
// byte) are carried along untouched. Other classes with constructors do not compile: they may hold tensors that nobody would
// see. fields.hpp says what a plain struct is.
#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "cotangent/tensor/tensor.hpp"
#include "cotangent/tree/fields.hpp"

namespace cotangent {

/// State that is saved and loaded with a model but not trained, such as running statistics.
template <class T>
struct Frozen {
    T value;
};

/// Which leaves a walk meets.
enum class Leaves : std::uint8_t {
    trainable,  ///< all but those in a Frozen: what derivatives and optimizers see
    all         ///< those in a Frozen too: what is saved
};

/// Specialise as true for a plain struct that shall be carried along untouched, such as a layer's options, or for a class
/// with constructors that holds no tensors.
template <class T>
inline constexpr bool is_opaque_v = false;

namespace detail {

enum class Kind : std::uint8_t { leaf, frozen, optional, sequence, tuple, fields, other };

template <class T>
inline constexpr Kind kind_of =
    std::is_class_v<T> && std::is_aggregate_v<T> && !std::is_empty_v<T> && !is_opaque_v<T> ? Kind::fields : Kind::other;
template <>
inline constexpr Kind kind_of<Tensor> = Kind::leaf;
template <>
inline constexpr Kind kind_of<float> = Kind::leaf;
template <>
inline constexpr Kind kind_of<double> = Kind::leaf;
template <class T>
inline constexpr Kind kind_of<Frozen<T>> = Kind::frozen;
template <class T>
inline constexpr Kind kind_of<std::optional<T>> = Kind::optional;
template <class T, class Allocator>
inline constexpr Kind kind_of<std::vector<T, Allocator>> = Kind::sequence;
template <class T, std::size_t n>
inline constexpr Kind kind_of<std::array<T, n>> = Kind::sequence;
template <class T, class U>
inline constexpr Kind kind_of<std::pair<T, U>> = Kind::tuple;
template <class... T>
inline constexpr Kind kind_of<std::tuple<T...>> = Kind::tuple;

/// The types of the members of a struct, pair or tuple.
template <class T>
struct Members;
template <class... T>
struct Members<std::tuple<T...>> {
    /// Is ask<Member>() true of any?
    template <class Ask>
    static consteval bool any(Ask ask) {
        return (ask.template operator()<std::remove_cvref_t<T>>() || ...);
    }
};
template <class T, class U>
struct Members<std::pair<T, U>> : Members<std::tuple<T, U>> {};

template <class T>
inline constexpr bool is_std_function = false;
template <class Signature>
inline constexpr bool is_std_function<std::function<Signature>> = true;

/// Is a member that is no tree carried along?
template <class T>
inline constexpr bool is_carried =
    !std::is_class_v<T> || std::is_empty_v<T> || std::is_trivially_copyable_v<T> || is_opaque_v<T> ||
    std::is_convertible_v<T, std::string> || std::is_convertible_v<T, std::string_view> || is_std_function<T>;
/// Is T, as a part of a tree, a tree or carried along?
template <class T>
consteval bool check_part() {
    if constexpr (kind_of<T> == Kind::other && !is_carried<T>) return check_fields<T>();
    else return true;
}

/// Above: the element types of the vectors around T, since a struct may hold a vector of itself.
template <Leaves which, class T, class... Above>
consteval bool find_leaves() {
    constexpr Kind kind = kind_of<T>;
    constexpr auto below = []<class Member> {
        if constexpr (check_part<Member>()) return find_leaves<which, Member, Above...>();
        else return false;
    };
    if constexpr (kind == Kind::leaf) {
        return true;
    } else if constexpr (kind == Kind::frozen) {
        if constexpr (which == Leaves::trainable) return false;
        else return find_leaves<which, decltype(T::value), Above...>();
    } else if constexpr (kind == Kind::optional) {
        return below.template operator()<typename T::value_type>();
    } else if constexpr (kind == Kind::sequence) {
        using Element = typename T::value_type;
        if constexpr ((std::is_same_v<Element, Above> || ...)) return false;
        else if constexpr (check_part<Element>()) return find_leaves<which, Element, Element, Above...>();
        else return false;
    } else if constexpr (kind == Kind::tuple) {
        return Members<T>::any(below);
    } else if constexpr (kind == Kind::fields) {
        if constexpr (check_fields<T>()) return Members<decltype(tie_fields(std::declval<T&>()))>::any(below);
    }
    return false;
}

}  // namespace detail

/// Can T be walked? True of a leaf and of a container.
template <class T>
inline constexpr bool is_tree_v = detail::kind_of<std::remove_cvref_t<T>> != detail::Kind::other;

/// Can a T hold leaves?
template <class T, Leaves which = Leaves::trainable>
inline constexpr bool has_leaves = detail::find_leaves<which, std::remove_cvref_t<T>>();

template <class T>
concept Tree = is_tree_v<T>;

namespace detail {

template <class T>
consteval void check_tree() {
    if constexpr (std::is_class_v<T> && !is_tree_v<T> && !std::is_empty_v<T> && !is_opaque_v<T>) check_fields<T>();
    else
        static_assert(is_tree_v<T> || std::is_class_v<T>,
                      "cotangent: this type is not a tree: expected Tensor, float, double, a plain struct, or a std::array, "
                      "std::vector, std::optional, std::pair or std::tuple of those");
}

/// Does the structure of T depend on its value: does it hold an optional or a vector with leaves?
template <Leaves which, class T>
consteval bool is_dynamic() {
    constexpr Kind kind = kind_of<T>;
    constexpr auto below = []<class Member> { return is_dynamic<which, Member>(); };
    if constexpr (!has_leaves<T, which> || kind == Kind::leaf) return false;
    else if constexpr (kind == Kind::frozen) return is_dynamic<which, decltype(T::value)>();
    else if constexpr (kind == Kind::tuple) return Members<T>::any(below);
    else if constexpr (kind == Kind::fields) return Members<decltype(tie_fields(std::declval<T&>()))>::any(below);
    else if constexpr (kind == Kind::sequence && requires { std::tuple_size<T>::value; })
        return is_dynamic<which, typename T::value_type>();
    else return true;
}

/// Where a walk is: a list on the stack, from the inside out.
struct Step {
    const Step* outer = nullptr;
    std::string_view name;  ///< empty: index counts
    std::size_t index = 0;
};
[[noreturn]] void throw_lengths_differ(const Step* step, std::size_t length, std::size_t expected);
[[noreturn]] void throw_presence_differs(const Step* step, bool present);
[[noreturn]] void throw_leaf_count(std::size_t count, std::size_t expected);

template <class T>
std::string_view member_name(std::size_t i) {
    if constexpr (kind_of<T> == Kind::fields) return field_names<T>[i];
    else if constexpr (requires(const T& pair) { pair.first; }) return i == 0 ? "first" : "second";
    else return {};
}

/// The members of a struct, pair or tuple.
template <class T>
constexpr auto members(T& object) {
    if constexpr (kind_of<std::remove_const_t<T>> == Kind::fields) return tie_fields(object);
    else return std::apply([](auto&... member) { return std::tuple<decltype(member)...>(member...); }, object);
}

template <class Tuple>
using Indices = std::make_index_sequence<std::tuple_size_v<Tuple>>;

/// @throws ValueError  two trees of one type differ in structure
template <Leaves which, class T, class U>
void check_structure(const Step* step, const T& first, const U& other) {
    constexpr Kind kind = kind_of<T>;
    if constexpr (!is_dynamic<which, T>()) {
        return;
    } else if constexpr (kind == Kind::frozen) {
        check_structure<which>(step, first.value, other.value);
    } else if constexpr (kind == Kind::optional) {
        if (first.has_value() != other.has_value()) throw_presence_differs(step, other.has_value());
        if (first) check_structure<which>(step, *first, *other);
    } else if constexpr (kind == Kind::sequence) {
        if (first.size() != other.size()) throw_lengths_differ(step, other.size(), first.size());
        if constexpr (is_dynamic<which, typename T::value_type>())
            for (std::size_t i = 0; i < first.size(); ++i) {
                const Step inner{step, {}, i};
                check_structure<which>(&inner, first[i], other[i]);
            }
    } else {
        const auto a = members(first);
        const auto b = members(other);
        const auto check = [&]<std::size_t i>() {
            const Step inner{step, member_name<T>(i), i};
            check_structure<which>(&inner, std::get<i>(a), std::get<i>(b));
        };
        [&]<std::size_t... i>(std::index_sequence<i...>) { (check.template operator()<i>(), ...); }(Indices<decltype(a)>{});
    }
}

template <Leaves which, class F, class T, class... Rest>
void walk(F& f, T& tree, Rest&... rest);

template <Leaves which, std::size_t i, class F, class... Tuples>
void walk_member(F& f, const Tuples&... tuples) {
    walk<which>(f, std::get<i>(tuples)...);
}

template <Leaves which, class F, std::size_t... i, class... Tuples>
void walk_members(F& f, std::index_sequence<i...>, const Tuples&... tuples) {
    (walk_member<which, i>(f, tuples...), ...);
}

template <Leaves which, class F, class T, class... Rest>
void walk(F& f, T& tree, Rest&... rest) {
    constexpr Kind kind = kind_of<std::remove_const_t<T>>;
    if constexpr (!has_leaves<T, which>) {
        return;
    } else if constexpr (kind == Kind::leaf) {
        f(tree, rest...);
    } else if constexpr (kind == Kind::frozen) {
        walk<which>(f, tree.value, rest.value...);
    } else if constexpr (kind == Kind::optional) {
        if (tree) walk<which>(f, *tree, *rest...);
    } else if constexpr (kind == Kind::sequence) {
        for (std::size_t i = 0; i < tree.size(); ++i) walk<which>(f, tree[i], rest[i]...);
    } else {
        walk_members<which>(f, Indices<decltype(members(tree))>{}, members(tree), members(rest)...);
    }
}

/// Appends a name or number to a path for as long as it lives.
class Entered {
public:
    Entered(std::string& path, std::string_view name, std::size_t index);
    ~Entered() { path_.resize(size_); }
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;

private:
    std::string& path_;
    std::size_t size_;
};

template <Leaves which, class F, class T>
void walk_named(F& f, std::string& path, T& tree) {
    using Plain = std::remove_const_t<T>;
    constexpr Kind kind = kind_of<Plain>;
    if constexpr (!has_leaves<T, which>) {
        return;
    } else if constexpr (kind == Kind::leaf) {
        f(std::as_const(path), tree);
    } else if constexpr (kind == Kind::frozen) {
        walk_named<which>(f, path, tree.value);
    } else if constexpr (kind == Kind::optional) {
        if (tree) walk_named<which>(f, path, *tree);
    } else if constexpr (kind == Kind::sequence) {
        for (std::size_t i = 0; i < tree.size(); ++i) {
            const Entered entered(path, {}, i);
            walk_named<which>(f, path, tree[i]);
        }
    } else {
        const auto tuple = members(tree);
        const auto walk_one = [&]<std::size_t i>() {
            const Entered entered(path, member_name<Plain>(i), i);
            walk_named<which>(f, path, std::get<i>(tuple));
        };
        [&]<std::size_t... i>(std::index_sequence<i...>) {
            (walk_one.template operator()<i>(), ...);
        }(Indices<decltype(tuple)>{});
    }
}

[[nodiscard]] inline const Tensor& as_tensor(const Tensor& leaf) { return leaf; }
[[nodiscard]] Tensor as_tensor(float leaf);
[[nodiscard]] Tensor as_tensor(double leaf);
inline void assign_leaf(Tensor& leaf, const Tensor& value) { leaf = value; }
inline void assign_leaf(Tensor& leaf, Tensor&& value) { leaf = std::move(value); }
inline void assign_leaf(float& leaf, const Tensor& value) { leaf = static_cast<float>(value.item()); }
inline void assign_leaf(double& leaf, const Tensor& value) { leaf = value.item(); }

}  // namespace detail

/// f(leaf, leaf, ...) for each leaf of trees of one type and structure, in the order of their fields. A leaf is handed
/// over as it is: Tensor&, float& or double&, const where the tree is. Allocates nothing.
///
/// @throws ValueError  a vector or optional differs between the trees; f has not been called then
template <Leaves which = Leaves::trainable, class F, class T, class... Rest>
void for_each_leaf(F&& f, T&& tree, Rest&&... rest) {
    using Plain = std::remove_cvref_t<T>;
    detail::check_tree<Plain>();
    static_assert((std::is_same_v<Plain, std::remove_cvref_t<Rest>> && ...),
                  "cotangent: trees walked together have one type");
    (detail::check_structure<which, Plain>(nullptr, tree, rest), ...);
    detail::walk<which>(f, tree, rest...);
}

/// f(name, leaf) for each leaf. Names are paths such as `stem.weight` and `layers.0.weight`: fields by their name,
/// elements and tuple members by their number, pairs as `first` and `second`. An optional, a Frozen and the tree itself
/// add nothing, so a tree that is one tensor has the name ``. The name is a const std::string&.
template <Leaves which = Leaves::trainable, class F, class T>
void for_each_named_leaf(F&& f, T&& tree) {
    detail::check_tree<std::remove_cvref_t<T>>();
    std::string path;
    detail::walk_named<which>(f, path, tree);
}

/// The tree with each leaf replaced by f(leaf, leaf of rest, ...). Everything else is copied from `tree`.
/// Where f makes a Tensor of scalar leaves, it gets them as Tensors of shape [], float -> float32, double -> float64.
///
/// @throws ValueError  the trees differ in structure
template <Leaves which = Leaves::trainable, class F, class T, class... Rest>
[[nodiscard]] T map_tree(F&& f, T tree, const Rest&... rest) {
    for_each_leaf<which>(
        [&f]<class Leaf>(Leaf& leaf, const auto&... others) {
            if constexpr (std::is_same_v<Leaf, Tensor> || std::is_arithmetic_v<decltype(f(std::as_const(leaf), others...))>)
                leaf = f(std::as_const(leaf), others...);
            else detail::assign_leaf(leaf, f(detail::as_tensor(leaf), detail::as_tensor(others)...));
        },
        tree, rest...);
    return tree;
}

/// The leaves in order. Scalars become Tensors of shape []: float -> float32, double -> float64.
template <Leaves which = Leaves::trainable, class T>
[[nodiscard]] std::vector<Tensor> leaves(const T& tree) {
    std::vector<Tensor> result;
    for_each_leaf<which>([&](const auto& leaf) { result.push_back(detail::as_tensor(leaf)); }, tree);
    return result;
}

/// The same with their names; see for_each_named_leaf().
template <Leaves which = Leaves::trainable, class T>
[[nodiscard]] std::vector<std::pair<std::string, Tensor>> named_leaves(const T& tree) {
    std::vector<std::pair<std::string, Tensor>> result;
    for_each_named_leaf<which>(
        [&](const std::string& name, const auto& leaf) { result.emplace_back(name, detail::as_tensor(leaf)); }, tree);
    return result;
}

/// The tree with its leaves replaced in order. Shapes and dtypes may differ from before.
///
/// @throws ValueError  there are more or fewer than the tree has leaves
/// @throws ShapeError  a scalar leaf is given a Tensor of more than one element
template <Leaves which = Leaves::trainable, class T>
[[nodiscard]] T with_leaves(T tree, std::span<const Tensor> values) {
    std::size_t count = 0;
    for_each_leaf<which>([&](const auto&) { ++count; }, tree);
    if (count != values.size()) detail::throw_leaf_count(values.size(), count);
    auto next = values.begin();
    for_each_leaf<which>([&](auto& leaf) { detail::assign_leaf(leaf, *next++); }, tree);
    return tree;
}

}  // namespace cotangent
