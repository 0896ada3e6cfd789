#!/usr/bin/env python3
"""How long each source takes to compile: CPU seconds, the slowest first.

    python3 tools/compile_times.py [build/ci] [NAME...]

Compiles again, one after the other and past ccache, what the folder's compile_commands.json lists; NAME picks the files whose
path holds it. A busy machine takes longer.
"""
import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "build/ci")
names = sys.argv[2:]
times = []
with tempfile.NamedTemporaryFile(suffix=".o") as out:
    for entry in json.loads((folder / "compile_commands.json").read_text()):
        if names and not any(name in entry["file"] for name in names):
            continue
        words = [word for word in shlex.split(entry["command"]) if not word.endswith("ccache")]
        words[words.index("-o") + 1] = out.name
        before = os.times()
        failed = subprocess.run(words, cwd=entry["directory"], capture_output=True).returncode != 0
        after = os.times()
        seconds = after.children_user + after.children_system - before.children_user - before.children_system
        times.append((seconds, entry["file"] + (" (failed)" if failed else "")))
for seconds, file in sorted(times, reverse=True):
    print(f"{seconds:6.1f} s  {file}")
