#!/usr/bin/env python3
"""check_output.py EXPECTED PROGRAM: runs the program; fails unless it ends with 0 and prints what the file EXPECTED says (outputs.py)."""
import pathlib
import subprocess
import sys

from outputs import first_difference


def main():
    expected, program = sys.argv[1:]
    done = subprocess.run([program], stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="", flush=True)
    if done.returncode:
        sys.exit(f"{program} ended with {done.returncode}")
    difference = first_difference(done.stdout, pathlib.Path(expected).read_text())
    if difference:
        sys.exit(f"not as {expected} says, {difference}")


if __name__ == "__main__":
    main()
