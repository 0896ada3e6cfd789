"""Makes golden.safetensors, which safetensors_test.cpp reads. Written with safetensors 0.8.0, NumPy 2.4.6, Python 3.11.

    .venv/bin/python3 cotangent/tree/testdata/make_golden.py
"""
from pathlib import Path

import numpy as np
from safetensors import TensorSpec, serialize_file

tensors = {
    "stem.weight": np.array([[0.5, -1.5, 2.25], [1e-30, 3e38, -0.0]], "<f4"),
    "stem.bias": np.array([np.pi, np.inf], "<f8"),
    "half": np.array([0x3F80, 0xC049], "<u2"),  # bfloat16 1 and -3.140625
    "größe/層": np.array([-(2**31), 7], "<i4"),
    "step": np.array(2**40 + 1, "<i8"),
    "bytes": np.array([0, 127, 255], "u1"),
    "mask": np.array([True, False, True], "?"),
    "nothing": np.zeros((0, 4), "<f4"),
}
dtypes = {"<f4": "float32", "<f8": "float64", "<u2": "bfloat16", "<i4": "int32", "<i8": "int64", "|u1": "uint8", "|b1": "bool"}


def spec(array: np.ndarray) -> TensorSpec:
    return TensorSpec(dtype=dtypes[array.dtype.str], shape=array.shape, data_ptr=array.ctypes.data, data_len=array.nbytes)


serialize_file({name: spec(array) for name, array in tensors.items()}, Path(__file__).with_name("golden.safetensors"),
               {"format": "np", "naïve": "“quoted”"})
