#!/usr/bin/env python3
"""The checkers of rooms and snippets fail on what they are there for."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run(script, *arguments):
    done = subprocess.run([sys.executable, str(script), *map(str, arguments)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


class CheckRooms(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for part in ("tools/check_rooms.py", "docs/design/house.md"):
            (self.root / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / part, self.root / part)

    def check(self, file, text):
        path = self.root / "cotangent" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return run(self.root / "tools/check_rooms.py")

    def test_an_arrow_that_is_drawn_passes(self):
        code, output = self.check("nn/layer.cpp", '#include "cotangent/tensor/tensor.hpp"\n#include "cotangent/data/dataset.hpp"\n')
        self.assertEqual(code, 0, output)

    def test_an_arrow_to_the_right_fails(self):
        code, output = self.check("tensor/tensor.cpp", '#include "cotangent/nn/adam.hpp"\n')
        self.assertEqual(code, 1, output)
        self.assertIn("cotangent/tensor/tensor.cpp: tensor includes nn", output)

    def test_an_arrow_between_siblings_fails_the_other_way_round(self):
        code, output = self.check("data/dataset.hpp", '  #include <cotangent/nn/adam.hpp>\n')
        self.assertEqual(code, 1, output)

    def test_a_room_that_is_not_drawn_fails(self):
        code, output = self.check("cellar/wine.cpp", "")
        self.assertEqual(code, 1, output)
        self.assertIn("cellar", output)


class CheckSnippets(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "examples").mkdir()
        (self.root / "docs").mkdir()
        (self.root / "examples/a.cpp").write_text("int main() {\n    // [part]\n    f();\n    // [part]\n}\n")

    def check(self, page):
        (self.root / "README.md").write_text(page)
        return run(ROOT / "tests/check_snippets.py", self.root)

    def test_a_part_that_agrees_passes(self):
        code, output = self.check("<!-- examples/a.cpp part -->\n```cpp\nf();\n```\n")
        self.assertEqual(code, 0, output)

    def test_a_part_that_differs_fails(self):
        code, output = self.check("<!-- examples/a.cpp part -->\n```cpp\ng();\n```\n")
        self.assertEqual(code, 1, output)
        self.assertIn("README.md:2: this block differs", output)

    def test_a_whole_file_that_differs_fails(self):
        self.assertEqual(self.check("<!-- examples/a.cpp -->\n```cpp\nint main() {}\n```\n")[0], 1)

    def test_a_block_without_a_file_fails(self):
        self.assertEqual(self.check("```cpp\nf();\n```\n")[0], 1)

    def test_a_link_that_leads_nowhere_fails(self):
        self.assertEqual(self.check("[this](docs/missing.md)\n")[0], 1)


if __name__ == "__main__":
    unittest.main()
