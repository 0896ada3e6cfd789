"""Times a problem's gradient in PyTorch on one thread: time_torch.py PROBLEM INPUTS. Prints a line of JSON."""

import json
import sys
import time

import problems_torch
import torch


def main():
    name, path = sys.argv[1:]
    torch.set_num_threads(1)
    made = problems_torch.make(name.split("_")[0], json.load(open(path)))
    if not made:
        return
    objective, x = made
    times = []
    for _ in range(13):
        start = time.perf_counter()
        torch.autograd.grad(objective(x.requires_grad_()), x)
        times.append(time.perf_counter() - start)
    median = sorted(times[2:])[5]
    print(json.dumps({"problem": name, "side": "torch", "version": torch.__version__, "gradient_seconds": median}))


if __name__ == "__main__":
    main()
