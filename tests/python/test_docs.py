# SPDX-License-Identifier: Apache-2.0
"""Runs every example of docs/python.md; a text block behind one is what it must print."""
import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from support import DIGITS, ROOT

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
GUIDE = os.path.join(ROOT, "docs", "python.md")


def blocks():
    """(line, kind, text, what it must print or None) of all examples."""
    with open(GUIDE, encoding="utf-8") as f:
        text = f.read()
    found = [(text.count("\n", 0, m.start()) + 1, m.group(1), m.group(2))
             for m in BLOCK.finditer(text)]
    for i, (line, kind, body) in enumerate(found):
        if kind == "text":
            continue
        behind = found[i + 1] if i + 1 < len(found) else (0, "", "")
        yield line, kind, body, behind[2] if behind[1] == "text" else None


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
        for line, kind, body, wanted in blocks():
            if kind != "python":
                continue
            printed = io.StringIO()
            code = compile("\n" * line + body, GUIDE, "exec")
            with contextlib.redirect_stdout(printed):
                exec(code, names)  # the guide is ours
            if wanted is not None:
                self.assertEqual(printed.getvalue(), wanted, f"line {line}")
            count += 1
        self.assertGreater(count, 5)

    def test_command(self):
        if "LINNET_COMMAND" not in os.environ:
            self.skipTest("the command was not built")
        commands = [c for _, kind, body, _ in blocks() if kind == "sh" for c in body.splitlines()]
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
