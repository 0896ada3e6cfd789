"""Times a problem's gradient in JAX, compiled, on one thread: time_jax.py PROBLEM INPUTS. Prints a line of JSON."""

import json
import os
import sys
import time

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import problems_jax


def main():
    name, path = sys.argv[1:]
    kind = name.split("_")[0]
    if kind == "det":
        return  # by minors it is no array program
    _, gradient, x = problems_jax.make(kind, json.load(open(path)))
    compiled, x = jax.jit(gradient), jax.numpy.asarray(x)
    times = []
    for _ in range(23):
        start = time.perf_counter()
        compiled(x).block_until_ready()
        times.append(time.perf_counter() - start)
    median = sorted(times[2:])[10]
    print(json.dumps({"problem": name, "side": "jax", "version": jax.__version__, "gradient_seconds": median}))


if __name__ == "__main__":
    main()
