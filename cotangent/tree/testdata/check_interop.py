"""Checks that the safetensors package reads what we write and that we read what it writes.

    check_interop.py COPY

COPY is the program made of safetensors_copy.cpp. It loads its first argument and saves it as its second. Exits with 77
where the package is missing.
"""
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import numpy as np
    import safetensors
    from safetensors.numpy import load_file, save_file
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

copy = sys.argv[1]
rng = np.random.default_rng(1)


def contents(path: Path) -> dict:
    """What the package sees in a file, bfloat16 included: name -> (dtype, shape, bytes)."""
    return {name: (spec["dtype"], list(spec["shape"]), bytes(spec["data"])) for name, spec in safetensors.deserialize(path.read_bytes())}


def random_array(dtype: str) -> np.ndarray:
    shape = rng.integers(0 if rng.random() < 0.2 else 1, 6, size=rng.integers(0, 5))
    if dtype == "bool":
        return np.asarray(rng.random(shape) < 0.5)
    if dtype.startswith("float"):
        return np.asarray(rng.standard_normal(shape), dtype)
    limits = np.iinfo(dtype)
    return np.asarray(rng.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True))


with tempfile.TemporaryDirectory() as folder:
    theirs, ours = Path(folder, "theirs.safetensors"), Path(folder, "ours.safetensors")
    for case in range(20):
        dtypes = ["float32", "float64", "int32", "int64", "uint8", "bool"]
        arrays = {f"層.{i}.{dtype} \"x\"": random_array(dtype) for i, dtype in enumerate(rng.choice(dtypes, size=case))}
        arrays[""] = random_array("float32")
        metadata = {"case": str(case), "größe": 'a "quoted"\nline'} if case % 2 else None
        save_file(arrays, theirs, metadata)
        subprocess.run([copy, theirs, ours], check=True)
        assert contents(ours) == contents(theirs), f"case {case}"
        for name, array in load_file(ours).items():
            np.testing.assert_array_equal(array, arrays[name], strict=True)
        with safetensors.safe_open(ours, "np") as file:
            assert file.metadata() == metadata, f"case {case}: {file.metadata()}"
    # What we have no dtype for comes as the next wider one.
    wider = {"float16": "float32", "int8": "int32", "int16": "int32", "uint16": "int32", "uint32": "int64"}
    arrays = {dtype: random_array(dtype) for dtype in wider}
    arrays["every float16"] = np.arange(65536, dtype=np.uint16).view(np.float16)
    arrays["none"] = np.zeros((0, 3), np.float16)
    save_file(arrays, theirs)
    subprocess.run([copy, theirs, ours], check=True)
    for name, array in load_file(ours).items():
        np.testing.assert_array_equal(array, arrays[name].astype(wider[str(arrays[name].dtype)]), strict=True)
    golden = Path(__file__).with_name("golden.safetensors")
    subprocess.run([copy, golden, ours], check=True)
    assert contents(ours) == contents(golden), "golden"
print(f"22 files agree with safetensors {safetensors.__version__}")
