"""Serves one PyTorch workload over line JSON, as `cotangent_bench WORKLOAD --threads T --serve` does for ours.

    python bench/peers/serve.py WORKLOAD --threads T --serve    answers commands (see bench/README.md)
    python bench/peers/serve.py WORKLOAD --threads T            prints its median time of a step and ends
"""

import argparse
import importlib
import json
import statistics
import sys
import time

import torch

# workload -> (file, function that builds it). The function returns step(), which does one step and returns its value.
WORKLOADS = {
    "multiply_chain_forward": ("multiply_chain", "forward"),
    "multiply_chain_grad": ("multiply_chain", "forward_and_backward"),
    "gelu_composed": ("gelu", "composed"),
    "gelu_fused": ("gelu", "fused"),
    "mlp": ("mlp", "build"),
    "lenet5": ("lenet5", "build"),
    "resnet20": ("resnet20", "build"),
    "resnet20_bf16": ("resnet20", "build_bf16"),
    "resnet20_compiled": ("resnet20", "build_compiled"),
    "gpt": ("gpt", "build"),
    "gpt_compiled": ("gpt", "build_compiled"),
    "gpt_long": ("gpt", "build_long"),
    "gpt_long_compiled": ("gpt", "build_long_compiled"),
}


def timed(step, steps):
    start = time.perf_counter()
    for _ in range(steps):
        value = step()
    return time.perf_counter() - start, value


def warm_up(step):
    """At least three steps and 0.3 s, so that allocators, thread pools and kernel caches are in their steady state."""
    steps, spent = 0, 0.0
    while steps < 3 or spent < 0.3:
        spent += timed(step, 1)[0]
        steps += 1


def serve(step, hello):
    print(json.dumps(hello), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        if command["cmd"] == "quit":
            break
        if command["cmd"] != "run":
            print(json.dumps({"error": f"serve: cmd is {command['cmd']!r}, expected run or quit"}), flush=True)
            continue
        seconds, value = timed(step, command["steps"])
        print(json.dumps({"seconds": seconds, "value": float(value)}), flush=True)


def measure_alone(step, name, threads):
    probe = max(timed(step, 1)[0], 1e-6)
    steps = max(1, round(0.2 / probe))
    times = [timed(step, steps)[0] / steps for _ in range(15)]
    low, middle, high = statistics.quantiles(times, n=4)
    print(f"{name} threads {threads}: {middle * 1e3:.4f} ms a step (quartiles {low * 1e3:.4f} .. {high * 1e3:.4f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--serve", action="store_true", help="answer commands instead of measuring alone")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    module, function = WORKLOADS[options.workload]
    step = getattr(importlib.import_module(module), function)()
    warm_up(step)
    if options.serve:
        serve(step, {"ready": True, "workload": options.workload, "threads": options.threads,
                     "version": f"torch {torch.__version__}"})
    else:
        measure_alone(step, options.workload, options.threads)


if __name__ == "__main__":
    main()
