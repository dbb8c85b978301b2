# SPDX-License-Identifier: Apache-2.0
"""Runs what docs/converting.md and docs/quantization.md tell one to type: the indented commands,
the Python, and the C as the inside of a program, in a folder with files of the names that they
use.

LINNET_COMMAND: the command.  LINNET_BUILD: the build that programs in C are linked with."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import guide
import numpy as np
from support import DIGITS, ROOT

COMMAND = os.environ.get("LINNET_COMMAND")
BUILD = os.environ.get("LINNET_BUILD")
DATA = os.path.join(ROOT, "tests", "data")
# What is not run, and why.
LEFT_OUT = {
    "LINNET_TENSORFLOW=": "needs TensorFlow",
    "load_delegate(\"liblinnet_flex.so\"": "needs TensorFlow",
    "tests/quant/peer_files.py": "needs TensorFlow and LiteRT",
}
# What stands around the C examples: the names that they use.
C_BEGIN = """#include <stdio.h>
#include <stdlib.h>
#include "linnet/HEADER.h"
int main(void)
{
    enum { samples = 3 };
    static float pixels[64], *sample[samples] = {pixels, pixels, pixels};
    const size_t bytes = sizeof pixels;
    FILE *f = fopen("model.tflite", "rb");
    void *file = malloc(1 << 20);
    size_t n_file = f ? fread(file, 1, 1 << 20, f) : 0;
    (void)sample, (void)bytes, (void)n_file;
"""


def commands(name):
    """The indented commands of a guide, each block of lines a script."""
    with open(guide.path(name), encoding="utf-8") as f:
        text = re.sub(r"^```\w+\n.*?^```$", "", f.read(), flags=re.M | re.S)
    return [re.sub("^    ", "", m, flags=re.M)
            for m in re.findall(r"(?:^    \S.*\n(?:^ {4,}\S.*\n)*)", text, re.M)]


def is_left_out(body):
    return any(part in body for part in LEFT_OUT)


@unittest.skipUnless(COMMAND, "the command was not built")
class Conversions(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        os.symlink(os.path.abspath(COMMAND), os.path.join(self.folder, "linnet"))
        self.env = {**os.environ, "PATH": self.folder + os.pathsep + os.environ["PATH"]}
        self.put(os.path.join(DIGITS, "digits_float32.tflite"), "model.tflite")
        self.put(os.path.join(DATA, "keras", "images.keras"), "model.keras")
        self.put(os.path.join(DATA, "onnx", "image.onnx"), "model.onnx")
        images = np.load(os.path.join(DATA, "digits", "train.npy"))[:24] / np.float32(255)
        classes = np.load(os.path.join(DATA, "digits", "train_labels.npy"))[:24]
        for folder, some in (("samples", images), ("part1", images[:10]), ("part2", images[10:])):
            os.mkdir(os.path.join(self.folder, folder))
            np.save(os.path.join(self.folder, folder, "some.npy"), some)
        for i, (image, label) in enumerate(zip(images, classes)):
            folder = os.path.join(self.folder, "test", str(label))
            os.makedirs(folder, exist_ok=True)
            np.save(os.path.join(folder, f"{i}.npy"), image[None])

    def put(self, path, name):
        shutil.copy(path, os.path.join(self.folder, name))

    def run_words(self, words, where):
        done = subprocess.run(words, cwd=self.folder, env=self.env, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, f"{where}: {done.stdout}")
        return done.stdout

    def run_commands(self, name):
        scripts = [s for s in commands(name) if not is_left_out(s)]
        for script in scripts:
            if "\nrule " in script:  # a file of rules, which --rules takes
                with open(os.path.join(self.folder, "my.rules"), "w", encoding="utf-8") as f:
                    f.write(script)
                script = "linnet convert model.onnx --rules my.rules -o ruled.tflite"
            self.run_words(["sh", "-e", "-c", script], script)
        return len(scripts)

    def run_c(self, body, header):
        if not BUILD:
            return
        with open(os.path.join(self.folder, "program.c"), "w", encoding="utf-8") as f:
            names = "".join(f"    {kind} {name} = {of};\n" for kind, name, of in
                            (("const void *", "model", "file"), ("size_t", "n", "n_file"))
                            if not re.search(rf"\b{name}( =|;)", body))
            f.write(C_BEGIN.replace("HEADER", header) + names + body + "    return !QUIT;\n}\n"
                    .replace("QUIT", "q" if "*q" in body else "c"))
        self.run_words([os.environ["CC"], "-I", os.path.join(ROOT, "include"), "program.c",
                        "-o", "program", "-L", BUILD, "-llinnet_convert", "-llinnet",
                        f"-Wl,-rpath,{BUILD}"], header)
        self.run_words(["./program"], header)

    def test_quantization(self):
        self.assertEqual(self.run_commands("quantization.md"), 3)
        for name in ("model_int8.tflite", "part1.stats", "all.stats"):
            self.assertTrue(os.path.getsize(os.path.join(self.folder, name)))
        found = guide.blocks("quantization.md")
        self.assertEqual([b.kind for b in found], ["c"])
        self.run_c(found[0].body, "quantize")

    def test_converting(self):
        model = sorted(glob.glob(os.path.join(DATA, "saved_model", "*", "saved_model.pb")))[0]
        shutil.copytree(os.path.dirname(model), os.path.join(self.folder, "saved_model"))
        before = os.path.join(self.folder, "model.tflite")
        self.assertEqual(self.run_commands("converting.md"), 4)
        self.run_words(["linnet", "inspect", before], "the converted model")
        found = [b for b in guide.blocks("converting.md") if not is_left_out(b.body)]
        self.assertEqual([b.kind for b in found], ["c", "python", "python"])
        self.run_c(found[0].body, "convert")
        self.run_words([sys.executable, "-c", found[1].body + found[2].body], "Python")


if __name__ == "__main__":
    unittest.main()
