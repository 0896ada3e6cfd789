#include "cotangent/tensor/ops/sort.hpp"

#include <algorithm>
#include <vector>

#include "cotangent/tensor/kernels/axis_view.hpp"
#include "cotangent/tensor/ops/take.hpp"
#include "cotangent/tensor/threads.hpp"
#include "cotangent/tensor/trace.hpp"

#include <fmt/format.h>

namespace cotangent {
namespace {

template <class T>
auto key_of(T value) {
    if constexpr (std::is_same_v<T, BFloat16>) return static_cast<float>(value);
    else return value;
}

template <class Key>
struct Entry {
    Key key;
    std::int64_t index;
};

/// A total order: by key, NaN last, equal ones by index.
template <bool descending, class Key>
bool before(const Entry<Key>& a, const Entry<Key>& b) {
    if (descending ? a.key > b.key : a.key < b.key) return true;
    const bool a_nan = a.key != a.key, b_nan = b.key != b.key;
    if (a_nan != b_nan) return b_nan;
    return (a_nan || a.key == b.key) && a.index < b.index;
}

/// The first `count` indices along the axis in the order asked for.
Tensor order_now(const Tensor& x, const detail::AxisView& view, std::int64_t count, bool descending) {
    Shape shape = x.shape();
    shape[view.axis] = count;
    Tensor out = Tensor::uninitialized(shape, Dtype::int64);
    auto* to = out.fresh_data<std::int64_t>();
    dispatch(x.dtype(), [&]<class T>(T) {
        using Key = decltype(key_of(T{}));
        const T* from = x.data<T>();
        const std::int64_t lines = count == 0 ? 0 : view.outer * view.inner;
        parallel_for(lines, std::max<std::int64_t>(1, 4096 / std::max<std::int64_t>(1, view.length)), [&](std::int64_t first, std::int64_t last) {
            std::vector<Entry<Key>> entries(static_cast<std::size_t>(view.length));
            const auto select = [&](auto comes_before) {
                if (count == view.length) std::sort(entries.begin(), entries.end(), comes_before);
                else std::partial_sort(entries.begin(), entries.begin() + count, entries.end(), comes_before);
            };
            for (std::int64_t line = first; line < last; ++line) {
                const std::int64_t outer = line / view.inner, column = line % view.inner;
                for (std::int64_t j = 0; j < view.length; ++j)
                    entries[static_cast<std::size_t>(j)] = {key_of(from[(outer * view.length + j) * view.inner + column]), j};
                if (descending) select(before<true, Key>);
                else select(before<false, Key>);
                for (std::int64_t j = 0; j < count; ++j)
                    to[(outer * count + j) * view.inner + column] = entries[static_cast<std::size_t>(j)].index;
            }
        });
    });
    return out;
}

Tensor order(const Tensor& x, const detail::AxisView& view, std::int64_t count, bool descending) {
    return detail::traced("argsort", [=](const Tensor& in) { return order_now(in, view, count, descending); }, x);
}

}  // namespace

Tensor argsort(const Tensor& x, const SortOptions& options) {
    const detail::AxisView view("argsort", x.shape(), options.axis);
    return order(x, view, view.length, options.descending);
}

Tensor sort(const Tensor& x, const SortOptions& options) {
    const detail::AxisView view("sort", x.shape(), options.axis);
    return take_along_axis(x, order(x, view, view.length, options.descending), view.axis);
}

TopK top_k(const Tensor& x, std::int64_t k, int axis) {
    const detail::AxisView view("top_k", x.shape(), axis);
    if (k < 0 || k > view.length)
        throw ValueError(fmt::format("top_k: k is {}, expected 0 to {} for axis {} of {}", k, view.length, view.axis, to_string(x.shape())));
    const Tensor indices = order(x, view, k, true);
    return {take_along_axis(x, indices, view.axis), indices};
}

}  // namespace cotangent
