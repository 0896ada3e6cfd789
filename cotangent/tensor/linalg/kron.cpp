#include "cotangent/tensor/linalg/kron.hpp"

#include "cotangent/tensor/kernels/elementwise.hpp"
#include "cotangent/tensor/linalg/matrices.hpp"
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/reshape.hpp"

#include <fmt/format.h>

namespace cotangent {

Tensor kron(const Tensor& a, const Tensor& b) {
    for (const auto& [name, x] : {std::pair{"a", &a}, std::pair{"b", &b}})
        if (x->rank() < 2)
            throw ShapeError(fmt::format("kron: {} has shape {}, expected [..., M, N]", name, to_string(x->shape())));
    detail::check_same_dtype("kron", a.dtype(), b.dtype());
    const std::int64_t m = a.length(-2), n = a.length(-1), p = b.length(-2), q = b.length(-1);
    const Shape batch = broadcast("kron", detail::batch_of(a), detail::batch_of(b));
    const Tensor left = expand_dims(expand_dims(a, -1), -3),
                 right = expand_dims(expand_dims(b, -2), -4);  // [M, 1, N, 1], [1, P, 1, Q]
    return reshape(left * right, detail::with_matrix(batch, m * p, n * q));
}

}  // namespace cotangent
