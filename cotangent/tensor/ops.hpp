#pragma once
// Every op. Each stands in its own file, or with a close family, under ops/.
#include "cotangent/tensor/ops/arithmetic.hpp"
#include "cotangent/tensor/ops/broadcast_to.hpp"
#include "cotangent/tensor/ops/cast.hpp"
#include "cotangent/tensor/ops/creation.hpp"
#include "cotangent/tensor/ops/reduce.hpp"
#include "cotangent/tensor/ops/reshape.hpp"
