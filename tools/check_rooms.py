#!/usr/bin/env python3
"""Fails on an include between rooms that docs/design/house.md does not draw.

The picture is read from the fenced block in house.md that holds arrows: `a  <-  b, c  <-  d` means that each room may
include rooms of columns on its left, never one of its own column or on its right. `(x may use y)` adds one arrow.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#include\s+[<"]cotangent/([a-z_]+)/', re.M)


def read_picture(text):
    for block in re.findall(r"```text\n(.*?)```", text, re.S) + re.findall(r"(?:^    .*\n)+", text, re.M):
        if "<-" in block:
            break
    else:
        sys.exit("check_rooms: docs/design/house.md draws no arrows (a block with `<-`)")
    extra = re.findall(r"\((\w+) may use (\w+)\)", block)
    drawing = " ".join(re.sub(r"\(.*?\)", "", block).split())
    columns = [re.findall(r"\w+", column) for column in drawing.split("<-")]
    allowed = {}
    left = set()
    for column in columns:
        for room in column:
            allowed[room] = left | {room}
        left = left | set(column)
    for room, used in extra:
        allowed[room].add(used)
    return allowed


def main():
    allowed = read_picture((ROOT / "docs/design/house.md").read_text())
    wrong = []
    for path in sorted((ROOT / "cotangent").rglob("*.[ch]pp")):
        parts = path.relative_to(ROOT / "cotangent").parts
        if len(parts) < 2:
            continue  # the umbrella header
        room = parts[0]
        if room not in allowed:
            wrong.append(f"{path.relative_to(ROOT)}: room {room} is not in the picture")
            continue
        for used in INCLUDE.findall(path.read_text()):
            if used not in allowed[room]:
                wrong.append(f"{path.relative_to(ROOT)}: {room} includes {used}, an arrow that house.md does not draw")
    print("\n".join(wrong) if wrong else f"check_rooms: {len(allowed)} rooms, every include follows the picture")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
