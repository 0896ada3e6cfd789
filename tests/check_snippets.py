#!/usr/bin/env python3
"""Fails unless every C++ snippet of README and the guides stands, letter for letter, in a file that the tests compile.

A fenced ```cpp block follows a line `<!-- examples/file.cpp -->`: it equals that file. After `<!-- examples/file.cpp name -->`
it equals the part between the file's two lines `// [name]`, less the indentation that all its lines share. After
`<!-- examples/file.txt -->` it shows lines of what the program prints, as that file says (outputs.py), among them those that begin
with what the cpp block above prints first; a text block that follows a cpp block needs that line too. Blocks of other languages
may say anything. Relative links of the same pages must lead to files of the repository.
"""
import pathlib
import re
import sys
import textwrap

from outputs import stands_in

MARKER = re.compile(r"<!-- ((?:examples|tests)/[\w./-]+)(?: (.+?))? -->")
LABEL = re.compile(r'cout << "((?:[^"\\\\]|\\\\.)*)"')
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def expected_text(root, file, name):
    """What the block shall hold, or a sentence that says why there is no such text."""
    path = root / file
    if not path.is_file():
        return None, f"{file} does not exist"
    lines = path.read_text().splitlines()
    if name:
        at = [k for k, line in enumerate(lines) if line.strip() in (f"// [{name}]", f"# [{name}]")]
        if len(at) != 2:
            return None, f"{file} has {len(at)} lines `// [{name}]`, expected 2"
        lines = lines[at[0] + 1 : at[1]]
    return textwrap.dedent("\n".join(lines)).strip("\n"), None


def check_page(root, page):
    wrong = []
    text = page.read_text()
    lines = text.splitlines()
    labels, follows_cpp = [], False  # of the cpp block above
    where = page.relative_to(root)
    k = 0
    while k < len(lines):
        fence = re.match(r"```(\S*)", lines[k])
        if not fence:
            k += 1
            continue
        end = next((j for j in range(k + 1, len(lines)) if lines[j] == "```"), None)
        if end is None:
            wrong.append(f"{where}:{k + 1}: this block does not end")
            break
        marker = MARKER.fullmatch(lines[k - 1].strip()) if k else None
        if fence[1].lower() in ("c++", "cc", "cxx", "hpp", "h"):
            wrong.append(f"{where}:{k + 1}: a block of {fence[1]}, expected cpp")
        if fence[1] == "cpp" and not marker:
            wrong.append(f"{where}:{k + 1}: a cpp block needs a line `<!-- examples/file.cpp -->` above it")
        if fence[1] == "text" and follows_cpp and not marker:
            wrong.append(f"{where}:{k + 1}: a text block after a cpp block needs a line `<!-- examples/file.txt -->` above it")
        if marker:
            shown = "\n".join(lines[k + 1 : end]).strip("\n")
            expected, problem = expected_text(root, marker[1], marker[2])
            if problem:
                wrong.append(f"{where}:{k}: {problem}")
            elif not (stands_in(shown, expected) if marker[1].endswith(".txt") else shown == expected):
                wrong.append(f"{where}:{k + 1}: this block differs from {marker[1]} {marker[2] or ''}".rstrip())
            if marker[1].endswith(".txt"):
                wrong += [f"{where}:{k + 1}: this block lacks `{label}`, which the one above prints" for label in labels if label not in shown]
        labels = [label for label in (found.split("\\n")[0].strip() for found in LABEL.findall("\n".join(lines[k:end]))) if label] if fence[1] == "cpp" else []
        follows_cpp = fence[1] == "cpp"
        k = end + 1
    for link in LINK.findall(re.sub(r"```.*?```", "", text, flags=re.S)):
        if not (page.parent / link).exists():
            wrong.append(f"{where}: the link {link} leads nowhere")
    return wrong


def pages_of(root):
    named = [root / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md") if (root / name).exists()]
    return named + sorted((root / "docs").rglob("*.md"))


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    pages = pages_of(root)
    wrong = [line for page in pages for line in check_page(root, page)]
    print("\n".join(wrong) if wrong else f"check_snippets: {len(pages)} pages agree with the files they show")
    return 1 if wrong or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
