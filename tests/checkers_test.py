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

    def test_another_spelling_of_cpp_fails(self):
        for fence in ("c++", "C++", "hpp"):
            self.assertEqual(self.check(f"```{fence}\nf();\n```\n")[0], 1, fence)

    def test_text_after_a_snippet_without_a_file_fails(self):
        page = "<!-- examples/a.cpp part -->\n```cpp\nf();\n```\n\n```text\n7\n```\n"
        code, output = self.check(page)
        self.assertEqual(code, 1, output)
        self.assertIn("README.md:6: a text block after a cpp block needs", output)
        self.assertEqual(self.check("```text\n7\n```\n")[0], 0)

    def test_a_link_that_leads_nowhere_fails(self):
        self.assertEqual(self.check("[this](docs/missing.md)\n")[0], 1)

    def test_lines_of_an_output_pass_and_others_fail(self):
        (self.root / "examples/a.txt").write_text("start\nloss {1 to 2}\nend\n")
        self.assertEqual(self.check("<!-- examples/a.txt -->\n```text\nloss 1.5\nend\n```\n")[0], 0)
        self.assertEqual(self.check("<!-- examples/a.txt -->\n```text\nloss 2.5\nend\n```\n")[0], 1)
        self.assertEqual(self.check("<!-- examples/a.txt -->\n```text\nstart\nend\n```\n")[0], 1)
        self.assertEqual(self.check("<!-- examples/a.txt -->\n```text\n```\n")[0], 1)

    def test_another_snippets_output_fails(self):
        (self.root / "examples/b.cpp").write_text('std::cout << "loss " << 1;\n')
        (self.root / "examples/b.txt").write_text("loss 1\nend\n")
        page = "<!-- examples/b.cpp -->\n```cpp\nstd::cout << \"loss \" << 1;\n```\n\n<!-- examples/b.txt -->\n```text\n{}\n```\n"
        self.assertEqual(self.check(page.format("loss 1"))[0], 0)
        code, output = self.check(page.format("end"))
        self.assertEqual(code, 1, output)
        self.assertIn("README.md:7: this block lacks `loss`", output)


class CheckOutput(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def check(self, printed, expected, code=0):
        program, file = self.root / "program", self.root / "expected.txt"
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{printed}\nEND\nexit {code}\n")
        program.chmod(0o755)
        file.write_text(expected + "\n")
        return run(ROOT / "tests/check_output.py", file, program)

    def test_the_same_output_passes(self):
        for printed, expected in (("x = 3", "x = 3"), ("[ 0.  -1.5]", "[ 0.   -1.5000001]"), ("loss 1.25 of 3", "loss {1 to 2} of 3"),
                                  ("at 1e-3", "at 0.001")):
            code, output = self.check(printed, expected)
            self.assertEqual(code, 0, output)

    def test_another_output_fails_and_the_line_is_shown(self):
        for printed, expected in (("x = 3", "y = 3"), ("x = 3.001", "x = 3"), ("loss 2.5", "loss {1 to 2}"), ("a\nb", "a"), ("a", "a\nb"),
                                  ("1 2", "1 2 3"), ("-1", "1")):
            code, output = self.check(printed, expected)
            self.assertEqual(code, 1, (printed, expected))
        self.assertIn("line 1: saw `-1`, expected `1`", output)

    def test_a_program_that_fails_fails(self):
        self.assertEqual(self.check("a", "a", code=3)[0], 1)


if __name__ == "__main__":
    unittest.main()
