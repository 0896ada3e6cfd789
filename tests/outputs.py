"""How what a program printed is compared with what it should print."""
import re

PIECE = re.compile(r"[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?|\{[-+.\de]+ to [-+.\de]+\}")
TOLERANCE = 1e-5  # relative: the last digits of a sum depend on the processor's registers


def _pieces(line):
    """The numbers and ranges of a line, and the words between them, whatever the spaces."""
    words = [" ".join(between.split()) for between in PIECE.split(line)]
    return words, PIECE.findall(line)


def _number_agrees(seen, expected):
    if expected.startswith("{"):
        low, high = map(float, expected[1:-1].split(" to "))
        return low <= float(seen) <= high
    seen, expected = float(seen), float(expected)
    return abs(seen - expected) <= TOLERANCE * max(abs(seen), abs(expected))


def line_agrees(seen, expected):
    """The same words and the same numbers; where `expected` has {1.5 to 2}, any number between."""
    seen_words, seen_numbers = _pieces(seen)
    expected_words, expected_numbers = _pieces(expected)
    return seen_words == expected_words and all(map(_number_agrees, seen_numbers, expected_numbers))


def first_difference(seen, expected):
    """None, or a sentence about the first line of the text `seen` that is not what `expected` says."""
    seen, expected = seen.splitlines(), expected.splitlines()
    for k in range(max(len(seen), len(expected))):
        has = seen[k] if k < len(seen) else None
        wants = expected[k] if k < len(expected) else None
        if has is None or wants is None or not line_agrees(has, wants):
            say = [f"`{text}`" if text is not None else "nothing" for text in (has, wants)]
            return f"line {k + 1}: saw {say[0]}, expected {say[1]}"
    return None


def stands_in(part, whole):
    """The lines of `part` follow each other somewhere in `whole`, which may have ranges."""
    part, whole = part.splitlines(), whole.splitlines()
    return bool(part) and any(all(map(line_agrees, part, whole[k : k + len(part)])) for k in range(len(whole) - len(part) + 1))
