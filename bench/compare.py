"""Compares Cotangent with PyTorch, workload by workload, on this machine.

    python bench/compare.py                        all workloads, 1 and 2 threads
    python bench/compare.py mlp gpt --threads 1    some of them; the other rows of the table stay
    python bench/compare.py --check                and fail where a goal is missed

Both sides run as child processes that stay alive and answer over line JSON (bench/README.md has the protocol).
Short runs alternate A B, B A, A B, ...; each neighbouring pair gives one ratio, so that a machine that speeds up
or slows down meanwhile touches both sides of every ratio. Both are started afresh a few times, because a process
was seen to stay a fifth slower or faster than its twin for all its life. The figure is the median of the ratios.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shlex
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- compare.py: begin -->", "<!-- compare.py: end -->"


@dataclass(frozen=True)
class Comparison:
    name: str            # what the command line and the JSON call it
    title: str           # what the table calls it
    ours: str            # workload of cotangent_bench
    peer: str            # workload of peers/serve.py
    unit: str = "ms"     # of one step, or of one op where `ops` says how many a step holds
    ops: int = 1
    goal: float = 1.0    # the least torch/ours that --check accepts
    goal_needs: str = ""     # the processor flag without which there is no goal
    peer_is_ours: bool = False


COMPARISONS = [
    Comparison("multiply_chain_forward", "one-element multiply, forward", "multiply_chain_forward",
               "multiply_chain_forward", unit="ns/op", ops=200),
    Comparison("multiply_chain_grad", "one-element multiply, forward and backward", "multiply_chain_grad",
               "multiply_chain_grad", unit="ns/op", ops=200),
    Comparison("gelu_composed", "GELU and gradient, 10^6 floats, PyTorch's written as a formula", "gelu", "gelu_composed"),
    Comparison("gelu_fused", "GELU and gradient, 10^6 floats, PyTorch's fused `F.gelu`", "gelu", "gelu_fused"),
    Comparison("mlp", "perceptron 784-128-10, batch 32, Adam step", "mlp", "mlp", goal=2.0),
    Comparison("lenet5", "LeNet-5, batch 128, SGD step", "lenet5", "lenet5"),
    Comparison("resnet20", "ResNet-20, 32x32, batch 128, SGD step", "resnet20", "resnet20"),
    Comparison("resnet20_bf16", "the same in bfloat16; PyTorch with autocast", "resnet20_bf16", "resnet20_bf16"),
    Comparison("resnet20_bf16_gain", "the same in bfloat16; beside it not PyTorch but our own float32", "resnet20_bf16", "resnet20",
               goal=2.0, goal_needs="amx_bf16", peer_is_ours=True),
    Comparison("resnet20_compiled", "ResNet-20, ours compiled; PyTorch by torch.compile", "resnet20_compiled", "resnet20_compiled"),
    Comparison("resnet20_compiled_gain", "ResNet-20 compiled; beside it not PyTorch but our own eager step", "resnet20_compiled",
               "resnet20", goal=1.2, peer_is_ours=True),
    Comparison("gpt_compiled", "GPT, ours compiled; PyTorch by torch.compile", "gpt_compiled", "gpt_compiled"),
    Comparison("gpt_compiled_gain", "GPT compiled; beside it not PyTorch but our own eager step", "gpt_compiled", "gpt", goal=1.2,
               peer_is_ours=True),
    Comparison("gpt_long_compiled", "GPT, 4 x 256 tokens, ours compiled; PyTorch by torch.compile", "gpt_long_compiled",
               "gpt_long_compiled"),
    Comparison("gpt_long_compiled_gain", "GPT, 4 x 256 tokens, compiled; beside it not PyTorch but our own eager step",
               "gpt_long_compiled", "gpt_long", goal=1.2, peer_is_ours=True),
    Comparison("gpt", "GPT 4 layers x 128, 16 x 64 tokens, AdamW step", "gpt", "gpt"),
]
PEERS = [sys.executable, str(ROOT / "bench/peers/serve.py")]
SCALE = {"ms": 1e3, "ns/op": 1e9}


class Side:
    """A child process that serves one workload; a context manager, so that none outlives the comparison."""

    def __init__(self, command, workload, threads):
        self.command = [*command, workload, "--threads", str(threads), "--serve"]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            self.version = self.answer().get("version", "")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{shlex.join(self.command)}: ended with status {self.process.wait()}, expected an answer")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{shlex.join(self.command)}: {answer['error']}")
        return answer

    def run(self, steps):
        """Seconds for one of `steps` steps."""
        self.process.stdin.write(json.dumps({"cmd": "run", "steps": steps}) + "\n")
        self.process.stdin.flush()
        return self.answer()["seconds"] / steps

    def steps_for(self, seconds):
        steps = 1
        while (one := self.run(steps)) * steps < seconds / 4:
            steps *= 2
        return max(1, round(seconds / one))


def compare(comparison, threads, options):
    row = {"name": comparison.name, "threads": threads, "ours_seconds": [], "peer_seconds": [],
           "date": datetime.date.today().isoformat()}
    first = ["ours", "peer"]
    for start in range(options.starts):
        with (Side(options.ours, comparison.ours, threads) as ours,
              Side(options.ours if comparison.peer_is_ours else PEERS, comparison.peer, threads) as peer):
            sides = {"ours": ours, "peer": peer}
            steps = {name: side.steps_for(options.run_seconds) for name, side in sides.items()}
            for _ in range(share(options.pairs, options.starts, start)):
                for name in first:
                    time.sleep(0.02)  # lets the other side's worker threads fall asleep
                    row[f"{name}_seconds"].append(sides[name].run(steps[name]))
                first.reverse()
            row |= {f"{name}_version": side.version for name, side in sides.items()}
    return row


def share(total, parts, index):
    """How many of `total` fall to part `index` when they are dealt out evenly."""
    return total // parts + (index < total % parts)


def ratios(row):
    return [peer / ours for ours, peer in zip(row["ours_seconds"], row["peer_seconds"])]


def table_line(comparison, row):
    scale = SCALE[comparison.unit] / comparison.ops
    ours, peer = (statistics.median(row[side]) * scale for side in ("ours_seconds", "peer_seconds"))
    low, middle, high = statistics.quantiles(ratios(row), n=4)
    return (f"| {comparison.title} | {row['threads']} | {ours:.3g} {comparison.unit} | {peer:.3g} {comparison.unit} "
            f"| **{middle:.2f}** | {low:.2f} .. {high:.2f} |")


def block(results):
    """The generated part of docs/performance.md."""
    order = {comparison.name: index for index, comparison in enumerate(COMPARISONS)}
    rows = sorted(results["rows"], key=lambda row: (order[row["name"]], row["threads"]))
    dates = sorted({row["date"] for row in rows})
    versions = sorted({row["peer_version"] for row in rows})
    head = [
        f"{results['machine']}; {', '.join(versions)}; {' to '.join(sorted({dates[0], dates[-1]}))}.", "",
        "| workload | threads | Cotangent | PyTorch | PyTorch / Cotangent | quartiles |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    return "\n".join(head + [table_line(COMPARISONS[order[row["name"]]], row) for row in rows])


def processor_flags():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split() for line in lines if line.startswith("flags"))
    except (OSError, StopIteration):
        return []


def machine():
    """The processor and system in a few words, for a reader who wonders where the figures come from."""
    cpu = platform.processor() or platform.machine()
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    flags = processor_flags()
    cpu += next((f" ({level})" for level in ("amx_bf16", "avx512_bf16", "avx512f", "avx2") if level in flags), "")
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()}"


def load_results(path):
    fresh = {"machine": machine(), "rows": []}
    if not path.exists():
        return fresh
    results = json.loads(path.read_text())
    return results if results["machine"] == fresh["machine"] else fresh  # one table speaks of one machine


def replace_file(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text)
    temporary.replace(path)


def store(results, options):
    replace_file(options.json, json.dumps(results, indent=1) + "\n")
    page = options.page.read_text()
    before, rest = page.split(BEGIN)
    replace_file(options.page, before + BEGIN + "\n" + block(results) + "\n" + END + rest.split(END)[1])


def arguments():
    names = [comparison.name for comparison in COMPARISONS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", metavar="workload", help=", ".join(names))
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--starts", type=int, default=3, help="fresh processes the pairs are dealt out to")
    parser.add_argument("--run-seconds", type=float, default=0.2, help="how long one run lasts, about")
    parser.add_argument("--ours", type=shlex.split, default=[str(ROOT / "build/bench/bench/cotangent_bench")],
                        help="the command of our side (the torch peer itself gives an A/A check)")
    parser.add_argument("--page", type=pathlib.Path, default=ROOT / "docs/performance.md")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "docs/performance.json")
    parser.add_argument("--dry-run", action="store_true", help="print only, write nothing")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a goal is missed or a side failed")
    options = parser.parse_args()
    unknown = set(options.workloads) - set(names)
    if unknown:
        parser.error(f"workload has {', '.join(sorted(unknown))}, expected some of {', '.join(names)}")
    if not 1 <= options.starts <= options.pairs or options.pairs < 2:
        parser.error(f"--pairs has {options.pairs}, expected at least 2 for quartiles and one for each of the "
                     f"{options.starts} starts")
    return options


def main():
    options = arguments()
    results, failed = load_results(options.json), False
    for comparison in COMPARISONS:
        if options.workloads and comparison.name not in options.workloads:
            continue
        for threads in options.threads:
            try:
                row = compare(comparison, threads, options)
            except (OSError, RuntimeError, ValueError) as error:
                print(f"{comparison.name}, {threads} threads: {error}", file=sys.stderr)
                failed = True
                continue
            has_goal = not comparison.goal_needs or comparison.goal_needs in processor_flags()
            missed = has_goal and statistics.median(ratios(row)) < comparison.goal
            failed |= missed
            print(table_line(comparison, row) + (f" goal {comparison.goal} missed" if missed else ""), flush=True)
            results["rows"] = [old for old in results["rows"]
                               if (old["name"], old["threads"]) != (comparison.name, threads)] + [row]
            if not options.dry_run:
                store(results, options)
    return int(options.check and failed)


if __name__ == "__main__":
    sys.exit(main())
