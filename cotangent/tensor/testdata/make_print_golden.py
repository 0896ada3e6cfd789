"""Writes print_golden.inc: what NumPy prints, beside the expression that makes the same tensor here.

    python3 make_print_golden.py > print_golden.inc        (NumPy 2.4.6)
"""
import numpy as np

F, D = "float", "double"
TYPES = {"float": np.float32, "double": np.float64, "std::int32_t": np.int32, "std::int64_t": np.int64, "std::uint8_t": np.uint8}


def literal(value):
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(int(value)) + ("L" if abs(int(value)) > 2**31 - 1 else "")
    if np.isnan(value):
        return "NAN"
    if np.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    return repr(float(value)) + ("f" if isinstance(value, np.float32) else "")


def values(cpp_type, numbers, shape=None):
    array = np.array(numbers, dtype=TYPES[cpp_type])
    array = array.reshape(shape) if shape is not None else array
    body = ", ".join(literal(v) for v in array.ravel())
    dims = ", ".join(map(str, array.shape))
    return f"ct::Tensor::from(std::vector<{cpp_type}>{{{body}}}, {{{dims}}})", array


def counting(shape, cpp_dtype, dtype, scale=None):
    array = np.arange(np.prod(shape), dtype=dtype).reshape(shape)
    code = f"ct::reshape(ct::arange(0, {np.prod(shape)}, 1, ct::Dtype::{cpp_dtype}), {{{', '.join(map(str, shape))}}})"
    if scale is not None:
        array, code = array * dtype(scale), f"{code} * {scale}"
    return code, array


CASES = [
    values(F, [1, 2, 3]),
    values(F, [0.1, 0.25, -3]),
    values(D, [1 / 3, 2 / 3, 100.5]),
    values(F, [[1 / 3, 2], [3, 4]]),
    values(D, [1e-5, 1, 2]),
    values(D, [1e10, 1]),
    values(D, [1.5e-300, -2.25e100, 0]),
    values(F, [999999, 1]),
    values(F, [1234567, 1]),
    values(D, [12345678.9, 99999999, 123456]),
    values(F, [1e-4, 0.5e-1]),
    values(F, [1001, 1]),
    values(D, [0.1234567891234, 1000.5]),
    values(D, [np.nan, 1, -np.inf]),
    values(F, [np.nan, np.inf]),
    values(D, [-np.inf, np.nan]),
    values(D, [np.inf, 1e-10, 3]),
    values(D, [0, -0.0, 0]),
    values(D, 3.0, ()),
    values(F, 1e-5, ()),
    values(F, 0.0001, ()),
    values(F, 1234567.875, ()),
    values(D, 1e16, ()),
    values(D, -0.1, ()),
    values("std::int32_t", [1, -20, 300]),
    values("std::int64_t", [[2**40, -1], [7, 0]]),
    values("std::uint8_t", 200, ()),
    ("ct::Tensor::of<bool>({{true, false}, {false, true}})", np.array([[True, False], [False, True]])),
    ("ct::full({}, 1, ct::Dtype::boolean)", np.array(True)),
    ("ct::zeros({2, 0})", np.zeros((2, 0), np.float32)),
    ("ct::zeros({1, 1, 1})", np.zeros((1, 1, 1), np.float32)),
    counting((2, 3, 4), "int32", np.int32),
    counting((2, 1, 2, 2), "float32", np.float32),
    counting((40,), "int64", np.int64),
    counting((100,), "float32", np.float32, 0.37),
    counting((3, 30), "float64", np.float64, 0.1),
    counting((2000,), "float32", np.float32),
    counting((1001,), "int32", np.int32),
    counting((1000,), "uint8", np.uint8),
    counting((100, 100), "int32", np.int32),
    counting((2, 600), "float64", np.float64, 0.125),
    counting((8, 7, 6, 5), "int32", np.int32),
    counting((30, 4, 10), "float32", np.float32, 1e-3),
]

for code, array in CASES:
    print(f'{{{code},\n R"golden({str(array)})golden"}},')
