"""Writes expected.json beside this file: what JAX computes for small problems (and samples of the big ones).

    python bench/gradbench/testdata/make_expected.py build/bench/bench/gradbench/cotangent_gradbench

JAX gets the inputs from the program, and computes by peers/problems_jax.py, which was written from the definitions and
shares nothing with the C++ beside it. ba and hand need COTANGENT_DATA.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "peers"))

import jax
import numpy as np
import problems_jax

PROBLEMS = ["gmm_d1_k2_n5", "gmm_d3_k4_n20", "lstm_l2_c30_b5", "ode_n7_s20", "llsq_n11_m5", "lse_n9",
            "det_l1", "det_l5", "kmeans_n40_k3_d2", "building_s1", "building_s20", "building_s1000", "lstm_l2_c1024",
            "ba_i1", "hand_c100"]
SAMPLES = 60


def expected(program, name):
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        subprocess.run([program, name, "--inputs", file.name], check=True)
        inputs = json.load(open(file.name))
    objective, gradient, x = problems_jax.make(name.split("_")[0], inputs)
    value, full = np.ravel(jax.jit(objective)(x))[0], np.ravel(jax.jit(gradient)(x))
    places = np.unique(np.linspace(0, full.size - 1, SAMPLES).astype(int))
    return {"value": float(value), "size": full.size, "norm": float(np.linalg.norm(full)), "places": places.tolist(),
            "gradient": full[places].tolist()}


def main():
    lines = ",\n".join(f'  "{name}": {json.dumps(expected(sys.argv[1], name))}' for name in PROBLEMS)
    (HERE / "expected.json").write_text(f'{{\n "jax": "{jax.__version__}",\n "problems": {{\n{lines}\n }}\n}}\n')


if __name__ == "__main__":
    main()
