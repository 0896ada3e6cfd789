#!/usr/bin/env python3
"""The command from end to end, as a person or a script calls it: python3 command_test.py PATH_TO_COTANGENT [unittest options]"""
import contextlib
import functools
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import zlib

COTANGENT = ""
COLORS = {"blue": (40, 60, 200), "green": (50, 180, 60), "red": (210, 50, 40)}


def cotangent(*arguments, cwd=None):
    return subprocess.run([COTANGENT, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=120)


def png(width, height, pixels):
    """The bytes of an RGB picture; pixels are its bytes row by row."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + pixels[3 * width * y : 3 * width * (y + 1)] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def make_pictures(folder, per_class, side=16):
    """One sub-folder a colour, with noisy pictures of that colour."""
    draw = random.Random(0)
    for name, color in COLORS.items():
        (folder / name).mkdir(parents=True)
        for k in range(per_class):
            shade = draw.uniform(0.8, 1.2)
            values = (min(255, max(0, int(c * shade + draw.gauss(0, 12)))) for _ in range(side * side) for c in color)
            (folder / name / f"{k:03}.png").write_bytes(png(side, side, bytes(values)))


def places(value, path=""):
    """What a JSON value has where: {".chapters[].title: text", ...}."""
    if isinstance(value, dict):
        return {place for key, inner in value.items() for place in places(inner, f"{path}.{key}")}
    if isinstance(value, list):
        return {place for inner in value for place in places(inner, path + "[]")}
    return {path + (": text" if isinstance(value, str) else ": number")}


class InFolder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cotangent-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def ok(self, *arguments):
        done = cotangent(*arguments, cwd=self.folder)
        self.assertEqual(done.returncode, 0, f"{arguments}\n{done.stdout}{done.stderr}")
        return done

    def fails(self, code, *arguments):
        """Ends with this code and one short message; returns it."""
        done = cotangent(*arguments, cwd=self.folder)
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout}{done.stderr}")
        self.assertNotIn("terminate called", done.stderr)
        if code == 1:
            self.assertRegex(done.stderr, r"(?m)^cotangent: ")
            self.assertEqual(done.stdout, "")
        return done.stderr

    def start(self, *arguments):
        process = subprocess.Popen([COTANGENT, *map(str, arguments)], cwd=self.folder, text=True, bufsize=1,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        def end():
            if process.poll() is None:
                process.kill()
            process.communicate()

        self.addCleanup(end)
        return process


class Usage(InFolder):
    def test_every_help_ends_with_0_and_shows_an_example(self):
        for words in ([], ["tour"], ["train"], ["evaluate"], ["predict"], ["data"], ["data", "describe"], ["data", "sheet"], ["data", "fetch"]):
            with self.subTest(words):
                done = self.ok(*words, "--help")
                self.assertIn("cotangent " + " ".join(words), done.stdout)
                self.assertRegex(done.stdout, r"Examples?:\n  cotangent " + " ".join(words))

    def test_the_version_is_printed(self):
        self.assertRegex(self.ok("--version").stdout, r"^cotangent \d+\.\d+\.\d+\n$")

    def test_wrong_usage_ends_with_2_and_a_message(self):
        for arguments in ([], ["dance"], ["train", "--epochs", "0"], ["train", "--epochs", "many"], ["train", "--batch", "-1"], ["train", "--no-such-option"],
                          ["evaluate"], ["predict", "model.safetensors"], ["data"], ["data", "fetch", "imagenet"], ["tour", "--port", "70000"],
                          ["train", "--label-smoothing", "2"], ["data", "sheet", "--columns", "0"], ["train", "--size", "-3"], ["train", "--width", "-1"],
                          ["train", "--patience", "-1"], ["train", "--label-smoothing", "nan"], ["train", "--lr", "nan"]):
            with self.subTest(arguments):
                self.assertTrue(self.fails(2, *arguments).strip())
        self.assertEqual(list(self.folder.iterdir()), [])
        self.assertIn("--epochs: is 0, expected a number above 0", self.fails(2, "train", "--epochs", "0"))
        self.assertIn("dance is no subcommand, expected tour, train,", self.fails(2, "dance"))


class WrongInput(InFolder):
    def test_an_unknown_data_name_is_named(self):
        for command in (["train", "--data", "emojis"], ["data", "describe", "emojis"], ["train", "--data", "images:"]):
            with self.subTest(command):
                message = self.fails(2, *command)
                self.assertIn(command[-1], message)
                self.assertIn("images:DIR", message)

    def test_an_unknown_model_is_named(self):
        for name in ("vgg", "resnet9", "resnet2", "resnet", "resnet8x"):
            with self.subTest(name):
                self.assertIn(f"--model: is {name}, expected mlp,", self.fails(2, "train", "--data", "images:pictures", "--model", name))

    def test_a_missing_folder_is_named(self):
        for kind in ("images", "mnist", "cifar10"):
            with self.subTest(kind):
                self.assertIn("no-such-folder", self.fails(1, "train", "--data", f"{kind}:no-such-folder"))

    def test_a_folder_without_pictures_is_named(self):
        (self.folder / "bare" / "class").mkdir(parents=True)
        self.assertIn("bare", self.fails(1, "train", "--data", "images:bare"))

    def test_too_few_pictures_are_noticed_before_training(self):
        make_pictures(self.folder / "pictures", 2)
        message = self.fails(1, "train", "--data", "images:pictures", "--model", "mlp")
        self.assertIn("at least three", message)
        self.assertNotIn("epoch", message)

    def test_an_output_folder_that_does_not_exist_is_named_before_training(self):
        make_pictures(self.folder / "pictures", 3)
        message = self.fails(1, "train", "--data", "images:pictures", "--model", "mlp", "--out", "no-such-folder/model.safetensors")
        self.assertIn("no-such-folder", message)
        self.assertNotIn("epoch", message)

    def test_a_file_that_is_no_model_is_named(self):
        (self.folder / "text.safetensors").write_text("I am no model, but I am longer than eight bytes")
        header = b'{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
        (self.folder / "other.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
        for name, text in (("spec", '{"architecture": "mlp"'), ("later", '{"version": 2}'), ("bare", "{}")):
            spec = json.dumps({"__metadata__": {"cotangent": text}}).encode()
            (self.folder / f"{name}.safetensors").write_bytes(struct.pack("<Q", len(spec)) + spec)
        (self.folder / "picture.png").write_bytes(png(1, 1, bytes(3)))
        for file in ("text.safetensors", "other.safetensors", "spec.safetensors", "later.safetensors", "bare.safetensors", "missing.safetensors", "."):
            for command in (["evaluate", file], ["predict", file, "picture.png"]):
                with self.subTest(command):
                    self.assertIn(file, self.fails(1, *command))


class Pictures(InFolder):
    def setUp(self):
        super().setUp()
        make_pictures(self.folder / "pictures", 20)

    def train(self, *more, threads=2, seed=3):
        return ("train", "--data", "images:pictures", "--model", "resnet8", "--width", "8", "--size", "16", "--lr", "0.01",
                "--threads", threads, "--seed", seed, "--out", "m.safetensors", *more)

    def test_train_evaluate_and_predict_work_on_a_folder_of_pictures(self):
        trained = json.loads(self.ok(*self.train("--epochs", "8", "--json")).stdout)
        self.assertEqual(len(trained["history"]), 8)
        for epoch in trained["history"]:
            self.assertGreaterEqual(epoch["validation_top3_accuracy"], epoch["validation_accuracy"])
        self.assertGreater(trained["parameters"], 1000)
        self.assertEqual(trained["test"]["pictures"], 12)
        self.assertFalse((self.folder / "m.safetensors.checkpoint").exists())
        # The model knows the seed, and so which pictures it was not trained on.
        seen = json.loads(self.ok("evaluate", "m.safetensors", "--data", "images:pictures", "--json").stdout)
        self.assertEqual(seen, json.loads(self.ok("evaluate", "m.safetensors", "--data", "images:pictures", "--seed", "3", "--json").stdout))
        self.assertEqual(seen["accuracy"], trained["test"]["accuracy"])
        self.assertGreater(seen["accuracy"], 0.8)
        self.assertEqual(seen["classes"], sorted(COLORS))
        self.assertEqual([sum(row) for row in seen["confusion"]], [4, 4, 4])
        self.assertLessEqual(seen["interval"][0], seen["accuracy"])
        self.assertGreaterEqual(seen["interval"][1], seen["accuracy"])
        self.assertIn("precision", self.ok("evaluate", "m.safetensors", "--data", "images:pictures", "--seed", "3").stdout)
        (self.folder / "new.png").write_bytes(png(40, 20, bytes(COLORS["red"]) * 800))
        answers = json.loads(self.ok("predict", "m.safetensors", "new.png", "pictures/blue/000.png", "--top", "2", "--json").stdout)
        self.assertEqual([a["file"] for a in answers], ["new.png", "pictures/blue/000.png"])
        self.assertEqual([a["guesses"][0]["class"] for a in answers], ["red", "blue"])
        for answer in answers:
            shares = [g["probability"] for g in answer["guesses"]]
            self.assertEqual(len(shares), 2)
            self.assertEqual(shares, sorted(shares, reverse=True))
            self.assertLessEqual(sum(shares), 1.000001)
        self.assertRegex(self.ok("predict", "m.safetensors", "new.png").stdout, r"new.png\n +\d+\.\d %  red\n")
        (self.folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        self.assertIn("bad.png", self.fails(1, "predict", "m.safetensors", "bad.png"))
        (self.folder / "pictures" / "yellow").mkdir()
        shutil.copy(self.folder / "new.png", self.folder / "pictures" / "yellow" / "1.png")
        self.assertIn("yellow", self.fails(1, "evaluate", "m.safetensors", "--data", "images:pictures"))

    def test_an_unreadable_picture_is_named_and_skipped_when_asked(self):
        whole = (self.folder / "pictures/green/003.png").read_bytes()
        (self.folder / "pictures/green/003.png").write_bytes(whole[: len(whole) // 2])
        self.assertIn("green/003.png", self.fails(1, *self.train("--epochs", "1")))
        self.assertFalse((self.folder / "m.safetensors").exists())
        done = self.ok(*self.train("--epochs", "1", "--skip-unreadable"))
        self.assertRegex(done.stderr, r"skipped green/003\.png: .+")
        self.assertTrue((self.folder / "m.safetensors").exists())

    def test_an_interrupted_run_goes_on_to_the_same_bytes(self):
        epochs = ("--epochs", "40")
        process = self.start(*self.train(*epochs))
        for line in process.stderr:
            if line.startswith("epoch 3/"):
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        self.assertEqual(process.wait(30), 130, rest)
        self.assertIn("the same command goes on", rest)
        self.assertTrue((self.folder / "m.safetensors.checkpoint").exists())
        self.assertFalse((self.folder / "m.safetensors").exists())
        done = self.ok(*self.train(*epochs))
        self.assertIn("Going on from m.safetensors.checkpoint", done.stderr)
        self.assertNotIn("epoch 1/40", done.stderr)
        self.assertFalse((self.folder / "m.safetensors.checkpoint").exists())
        resumed = (self.folder / "m.safetensors").read_bytes()
        self.ok(*self.train(*epochs, threads=1))  # nor does the number of threads matter
        self.assertEqual((self.folder / "m.safetensors").read_bytes(), resumed)

    def test_a_checkpoint_of_another_network_is_refused_and_fresh_starts_anew(self):
        process = self.start(*self.train("--epochs", "40"))
        for line in process.stderr:
            if line.startswith("epoch 2/"):
                break
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        checkpoint = (self.folder / "m.safetensors.checkpoint").read_bytes()
        other = ("train", "--data", "images:pictures", "--model", "mlp", "--size", "16", "--epochs", "1", "--out", "m.safetensors")
        self.assertRegex(self.fails(1, *other), r"m\.safetensors\.checkpoint: has --\S+ \S+, expected \S+ for this run; remove it to start anew\n$")
        self.assertIn("has --seed 3, expected 4 for", self.fails(1, *self.train("--epochs", "40", seed=4)))
        self.assertIn("has --batch 64, expected 8 for", self.fails(1, *self.train("--epochs", "40", "--batch", "8")))
        self.assertIn("has --validation 0.1, expected 0.3 for", self.fails(1, *self.train("--epochs", "40", "--validation", "0.3")))
        self.assertIn("has --no-augment off, expected on for", self.fails(1, *self.train("--epochs", "40", "--no-augment")))
        self.assertEqual((self.folder / "m.safetensors.checkpoint").read_bytes(), checkpoint)
        for k in range(1, 20):  # other pictures, of the same number and size
            shutil.copy(self.folder / "pictures/red/000.png", self.folder / f"pictures/red/{k:03}.png")
        self.assertRegex(self.fails(1, *self.train("--epochs", "40")), r"m\.safetensors\.checkpoint: has data with .+ remove it to start anew")
        self.assertEqual((self.folder / "m.safetensors.checkpoint").read_bytes(), checkpoint)
        self.assertNotIn("Going on", self.ok(*other, "--fresh").stderr)

    def test_train_takes_bfloat16_and_writes_a_float32_model(self):
        trained = json.loads(self.ok(*self.train("--epochs", "8", "--precision", "bfloat16", "--json")).stdout)
        self.assertGreater(trained["test"]["accuracy"], 0.8)
        self.assertNotIn(b"BF16", (self.folder / "m.safetensors").read_bytes())
        self.assertIn("float16", self.fails(2, *self.train("--precision", "float16")))

    def test_data_describe_counts_the_pictures(self):
        report = json.loads(self.ok("data", "describe", "images:pictures", "--json").stdout)
        self.assertEqual(report["shape"], [64, 64, 3])
        self.assertEqual([c["name"] for c in report["classes"]], sorted(COLORS))
        self.assertTrue(all(c["train"] + c["validation"] + c["test"] == 20 for c in report["classes"]))
        self.assertIn("green", self.ok("data", "describe", "images:pictures").stdout)

    def test_data_sheet_draws_pictures_side_by_side(self):
        self.ok("data", "sheet", "images:pictures", "--out", "sheet.png", "--columns", "6", "--count", "12")
        width, height = struct.unpack(">II", (self.folder / "sheet.png").read_bytes()[16:24])
        self.assertEqual((width, height), (6 * 64, 2 * 64))
        self.assertIn("sheet.bmp", self.fails(1, "data", "sheet", "images:pictures", "--out", "sheet.bmp"))


class Guide(InFolder):
    def test_the_commands_of_the_guide_work_in_their_order(self):
        make_pictures(self.folder / "my_pictures", 5)
        (self.folder / "new").mkdir()
        for name in ("one", "two"):
            shutil.copy(self.folder / "my_pictures/red/000.png", self.folder / f"new/{name}.jpg")  # known by its bytes, not its name
        page = (pathlib.Path(__file__).resolve().parents[2] / "docs/guide/your_own_pictures.md").read_text()
        commands = re.findall(r"(?m)^cotangent (.+)$", page)
        local = [c for c in commands if "mnist" not in c]  # those two need the network
        self.assertEqual([c.split()[0] for c in local], ["data", "data", "train", "evaluate", "predict"])
        printed = [self.ok(*c.split()).stdout for c in local]
        self.assertTrue((self.folder / "sheet.png").is_file())
        self.assertIn("new/two.jpg\n", printed[-1])


class Tour(InFolder):
    def report_in(self, page):
        found = re.search(r'<script id="report" type="application/json">(.*?)</script>', page, re.S)
        self.assertIsNotNone(found)
        return json.loads(found[1])

    def test_the_tour_writes_a_page_a_model_and_serves_the_page_here_only(self):
        process = self.start("tour", "--epochs", "1", "--port", "0", "--out", "tour", "--seed", "5")
        threading.Thread(target=process.stderr.read, daemon=True).start()  # or it would stop when the pipe is full
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "http://" in line:
                break
        address = re.search(r"http://127\.0\.0\.1:(\d+)/", "".join(lines))
        self.assertIsNotNone(address, lines)
        listening = [row.split()[1] for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:] if row.split()[3] == "0A"]
        on_port = [row for row in listening if int(row.split(":")[1], 16) == int(address[1])]
        self.assertEqual([row.split(":")[0] for row in on_port], ["0100007F"])
        with urllib.request.urlopen(address[0], timeout=10) as answer:
            self.assertEqual(answer.headers.get_content_type(), "text/html")
            page = answer.read().decode()
        with self.assertRaises(urllib.error.HTTPError) as missing:
            urllib.request.urlopen(address[0] + "emoji.safetensors", timeout=10)
        self.assertEqual(missing.exception.code, 404)
        missing.exception.close()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 0)
        self.assertEqual((self.folder / "tour/index.html").read_text(), page)
        self.check_report(self.report_in(page))
        self.assertEqual(sorted(p.name for p in (self.folder / "tour").iterdir()), ["emoji.safetensors", "index.html"])
        self.assertIn("classes", json.loads(self.ok("evaluate", "tour/emoji.safetensors", "--json").stdout))

    def check_report(self, report):
        self.assertEqual((report["version"], report["seed"]), (1, 5))
        self.assertEqual(report["command"], "cotangent tour --out tour --seed 5 --epochs 1")
        (chapter,) = report["chapters"]
        self.assertEqual(chapter["kind"], "learn")
        classes = chapter["data"]["classes"]
        self.assertEqual(len(classes), 9)
        for row, one in zip(chapter["result"]["confusion"], classes, strict=True):
            self.assertEqual(sum(row), one["test"])
            self.assertTrue(all(sample["image"].startswith("data:image/") for sample in one["samples"]))
        self.assertEqual([epoch["epoch"] for epoch in chapter["history"]], [1])
        self.assertTrue(chapter["model"]["layers"])
        self.assertTrue(chapter["mistakes"])
        # The page is tested in a browser with a stored report: this one is built the same way, less what not every run has.
        stored = places(json.loads((pathlib.Path(__file__).parents[1] / "studio/fixtures/report.json").read_text()))
        self.assertEqual(places(report), stored - {".notice: text", ".chapters[].model.kept_epoch: number"})

    def test_an_interrupted_tour_goes_on(self):
        tour = ("tour", "--epochs", "2", "--no-serve", "--out", "tour")
        process = self.start(*tour)
        for line in process.stderr:
            if line.startswith("epoch 1/"):
                break
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        self.assertEqual([p.name for p in (self.folder / "tour").iterdir()], ["emoji.checkpoint"])
        self.assertIn("Going on from", self.ok(*tour).stderr)

    def test_no_serve_ends_by_itself(self):
        done = self.ok("tour", "--epochs", "1", "--no-serve", "--out", "deep/tour")
        self.assertNotIn("http://", done.stdout)
        self.assertEqual(self.report_in((self.folder / "deep/tour/index.html").read_text())["seed"], 0)

    def test_a_port_that_is_taken_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = cotangent("tour", "--epochs", "1", "--port", port, "--out", "tour", cwd=self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn(str(port), done.stderr)
        self.assertTrue((self.folder / "tour/index.html").exists())


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def serving(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Fetch(InFolder):
    def test_a_wrong_sum_fails_and_leaves_no_file(self):
        mirror = self.folder / "mirror"
        mirror.mkdir()
        (mirror / "t10k-images-idx3-ubyte.gz").write_bytes(b"not MNIST")
        with serving(mirror) as address:
            message = self.fails(1, "data", "fetch", "mnist", "--mirror", address, "--out", "mnist")
        self.assertIn("SHA-256", message)
        self.assertIn(address + "t10k-images-idx3-ubyte.gz", message)
        self.assertEqual(list((self.folder / "mnist").iterdir()), [])

    def test_a_mirror_without_the_file_or_without_a_server_is_named(self):
        with serving(self.folder) as address:
            message = self.fails(1, "data", "fetch", "mnist", "--mirror", address)
            self.assertTrue((self.folder / "mnist").is_dir())
            self.assertFalse((self.folder / "sheet.png").exists())
            self.assertIn("404", message)
            self.assertIn(address, message)
        self.assertIn(address, self.fails(1, "data", "fetch", "mnist", "--mirror", address))


if __name__ == "__main__":
    if len(sys.argv) < 2 or not os.access(sys.argv[1], os.X_OK):
        sys.exit("usage: command_test.py PATH_TO_COTANGENT [unittest options]")
    COTANGENT = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=1)
