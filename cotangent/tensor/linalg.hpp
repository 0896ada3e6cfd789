#pragma once
// Linear algebra and Fourier transforms. Each op stands in its own file, or with a close family, under linalg/.
#include "cotangent/tensor/linalg/cholesky.hpp"
#include "cotangent/tensor/linalg/diagonal.hpp"
#include "cotangent/tensor/linalg/eigh.hpp"
#include "cotangent/tensor/linalg/fft.hpp"
#include "cotangent/tensor/linalg/kron.hpp"
#include "cotangent/tensor/linalg/lstsq.hpp"
#include "cotangent/tensor/linalg/matrix_exp.hpp"
#include "cotangent/tensor/linalg/norm.hpp"
#include "cotangent/tensor/linalg/qr.hpp"
#include "cotangent/tensor/linalg/solve.hpp"
#include "cotangent/tensor/linalg/svd.hpp"
#include "cotangent/tensor/linalg/triangular_solve.hpp"
