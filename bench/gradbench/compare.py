"""Makes the table of gradient time over plain-double objective time, problem by problem and side by side.

    python bench/gradbench/compare.py                         all problems and sides
    python bench/gradbench/compare.py gmm_d2 lstm_l4_c4096    some; nothing is stored, the table is printed
    python bench/gradbench/compare.py --python .venv/bin/python3    with JAX and PyTorch, where that Python has them
    python bench/gradbench/compare.py --memory                peak bytes instead of times

Each side of the C++ program runs in a process of its own, objective and gradient in turn (README.md). A side of Python
divides by the objective of the same plain C++, whose inputs it gets.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SIDES = ["ours", "tensors", "compiled", "adolc", "adolc_replay", "sacado"]
PYTHON_SIDES = ["jax", "torch"]
PROBLEMS = {  # and the bar: the largest ratio that the best of our three sides may have
    "building_s20": 3, "building_s1000": 3, "gmm_d2": 3, "gmm_d10": 3, "gmm_d64": 5, "lstm_l4_c4096": 3.3, "ba_i1": 8,
    "hand_c100": 6, "hand_c3200": 6, "ode_n1000_s100": 5, "llsq_n1024": 3, "lse_n10000": 1.5, "det_l8": 3.4,
    "kmeans_n10000": 2,
}


def run(command):
    """The lines of JSON that a command prints; none where it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        print(f"{command[0]} {command[1]}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def measure(problem, options):
    """A row: side -> line of JSON."""
    row = {}
    extra = ["--memory"] if options.memory else ["--repeat", options.repeat]
    for side in SIDES:
        for line in run([options.program, problem, "--side", side, *extra]):
            row[side] = line
    if options.memory or not options.python or not row:
        return row
    with tempfile.NamedTemporaryFile(suffix=".json") as inputs:
        subprocess.run([options.program, problem, "--inputs", inputs.name], check=True)
        for side in PYTHON_SIDES:
            for line in run([options.python, ROOT / f"bench/gradbench/peers/time_{side}.py", problem, inputs.name]):
                plain = row["ours"]["objective_seconds"]
                row[side] = line | {"objective_seconds": plain, "ratio": line["gradient_seconds"] / plain}
    return row


def time_cell(line):
    return f"{line['ratio']:.3g}" if line else ""


def memory_cell(line):
    return f"{line['gradient_bytes'] / 1e6:.1f}" if line else ""


def table(rows, options):
    sides = [side for side in [*SIDES, *PYTHON_SIDES] if any(side in row for row in rows.values())]
    cell, unit = (memory_cell, "MB") if options.memory else (time_cell, "us")
    yield f"| problem | bar | objective, {unit} | " + " | ".join(sides) + " |"
    yield "|---|---:|---:|" + "---:|" * len(sides)
    for problem, row in rows.items():
        first = next(iter(row.values()))
        plain = first["objective_bytes"] / 1e6 if options.memory else first["objective_seconds"] * 1e6
        cells = " | ".join(cell(row.get(side)) for side in sides)
        yield f"| {problem} | {PROBLEMS.get(problem, '')} | {plain:.4g} | {cells} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("problems", nargs="*", default=list(PROBLEMS))
    parser.add_argument("--program", default=ROOT / "build/bench/bench/gradbench/cotangent_gradbench")
    parser.add_argument("--python", help="of an environment with jax and torch")
    parser.add_argument("--repeat", type=int, default=51)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--json", type=pathlib.Path, help="where to write every number")
    parser.add_argument("--check", action="store_true", help="exit with 1 where the best of our sides misses a bar")
    options = parser.parse_args()
    rows = {problem: row for problem in options.problems if (row := measure(problem, options))}
    print("\n".join(table(rows, options)))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    missed = [problem for problem, row in rows.items() if problem in PROBLEMS and not options.memory
              and min(row[side]["ratio"] for side in ("ours", "tensors", "compiled") if side in row) > PROBLEMS[problem]]
    print("bars missed: " + (", ".join(missed) or "none"))
    return int(options.check and bool(missed))


if __name__ == "__main__":
    sys.exit(main())
