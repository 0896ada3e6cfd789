#include "cotangent/tree/fields.hpp"

#include <any>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "cotangent/tensor/tensor.hpp"

namespace {

using namespace cotangent;

struct Inner {
    Tensor a, b;
    double c;
};
struct NoDefault {
    explicit NoDefault(int) {}
};
struct ExplicitDefault {
    explicit ExplicitDefault() = default;
};
struct Empty {};

struct Everything {
    Tensor tensor;
    Inner inner;
    std::array<Tensor, 3> array;
    std::optional<Tensor> optional;
    std::function<Tensor(const Tensor&)> function;
    std::any any;
    std::variant<int, Inner> variant;
    std::unique_ptr<int> unique;
    std::string string;
    std::mutex mutex;
    std::vector<Inner> vector;
    std::pair<Tensor, Inner> pair;
    std::tuple<Tensor, float> tuple;
    bool flag;
    Dtype dtype;
    std::atomic<int> atomic;
    std::map<std::string, Tensor> map;
    std::string_view view;
    int* pointer;
    void (*plain_function)(int);
    std::array<std::array<Inner, 2>, 2> nested;
};
struct OnlyArray {
    std::array<double, 4> x;
};
struct Optionals {
    std::optional<Inner> a;
    std::optional<float> b;
    int c;
};
struct WithoutDefaults {
    NoDefault a;
    Tensor b;
    NoDefault c;
};
struct WithInitializers {
    Tensor a;
    NoDefault b = NoDefault(3);
    std::array<int, 2> c{1, 2};
};
struct WithExplicit {
    Tensor a;
    ExplicitDefault b;
    Tensor c;
};
struct WithEmpty {
    Empty a;
    Tensor b;
    Empty c;
};
struct Constant {
    const Tensor a;
    const int b;
};
struct Wrapped {
    Inner inner;
};
struct Most {
    int a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15;
    int b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15;
};
template <class A, class B>
struct Generic {
    A first_thing;
    B größe_2;
};

static_assert(field_count<Everything> == 21);
static_assert(field_count<OnlyArray> == 1);
static_assert(field_count<Optionals> == 3);
static_assert(field_count<WithoutDefaults> == 3);
static_assert(field_count<WithInitializers> == 3);
static_assert(field_count<WithExplicit> == 3);
static_assert(field_count<WithEmpty> == 3);
static_assert(field_count<Constant> == 2);
static_assert(field_count<Wrapped> == 1);
static_assert(field_count<Most> == 32);
static_assert(field_count<Empty> == 0);

template <class T>
std::vector<std::string> names() {
    return {field_names<T>.begin(), field_names<T>.end()};
}
using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("the names of fields are those that the struct declares") {
    CHECK(names<Inner>() == Strings{"a", "b", "c"});
    CHECK(names<Wrapped>() == Strings{"inner"});
    CHECK(names<Everything>() == Strings{"tensor",  "inner",          "array",  "optional", "function", "any",
                                         "variant", "unique",         "string", "mutex",    "vector",   "pair",
                                         "tuple",   "flag",           "dtype",  "atomic",   "map",      "view",
                                         "pointer", "plain_function", "nested"});
    CHECK(names<Most>()[31] == "b15");
    CHECK(names<Generic<Inner, std::vector<Wrapped>>>() == Strings{"first_thing", "größe_2"});
    CHECK(field_names<Empty>.empty());
    struct Local {
        Tensor weight;
        Inner bias;
    };
    CHECK(names<Local>() == Strings{"weight", "bias"});
}

TEST_CASE("tied fields are the fields themselves, const where the struct is") {
    Optionals object{.a = {}, .b = 2.5f, .c = 3};
    std::get<2>(tie_fields(object)) = 7;
    CHECK(object.c == 7);
    const Optionals& constant = object;
    static_assert(std::is_same_v<decltype(tie_fields(constant)),
                                 std::tuple<const std::optional<Inner>&, const std::optional<float>&, const int&>>);
    CHECK(&std::get<1>(tie_fields(constant)) == &object.b);
    Everything everything{};
    CHECK(&std::get<9>(tie_fields(everything)) == &everything.mutex);
}
