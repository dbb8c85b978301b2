# SPDX-License-Identifier: Apache-2.0
"""Runs every example of docs/python.md; a text block behind one is what it must print."""
import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import guide
from support import DIGITS

GUIDE = guide.path("python.md")


class Guide(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        for source in (DIGITS, os.environ["LINNET_TEST_MODELS"]):
            for name in os.listdir(source):
                if name.endswith((".tflite", ".so")):
                    shutil.copy(os.path.join(source, name), self.folder)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)

    def test_python(self):
        names = {}
        count = 0
        for block in guide.blocks("python.md"):
            if block.kind != "python":
                continue
            printed = io.StringIO()
            code = compile("\n" * block.line + block.body, GUIDE, "exec")
            with contextlib.redirect_stdout(printed):
                exec(code, names)  # the guide is ours
            if block.wanted is not None:
                self.assertEqual(printed.getvalue(), block.wanted, f"line {block.line}")
            count += 1
        self.assertGreater(count, 5)

    def test_command(self):
        if "LINNET_COMMAND" not in os.environ:
            self.skipTest("the command was not built")
        commands = [c for block in guide.blocks("python.md") if block.kind == "sh"
                    for c in block.body.splitlines()]
        self.assertTrue(commands)
        for text in commands:
            words = text.split()
            self.assertEqual(words[0], "python")
            result = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True,
                                    check=False)
            self.assertEqual(result.returncode, 0, f"{text}: {result.stderr}")
            self.assertIn("CONV_2D", result.stdout)


if __name__ == "__main__":
    unittest.main()
