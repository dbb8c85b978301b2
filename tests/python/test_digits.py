# SPDX-License-Identifier: Apache-2.0
"""The digits demo from end to end: a few epochs of training by NumPy, ONNX, .tflite, every mode."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINNET = os.environ.get("LINNET_COMMAND")


@unittest.skipUnless(LINNET, "needs the command")
class Digits(unittest.TestCase):
    def test_end_to_end(self):
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run(
                [sys.executable, str(ROOT / "examples/digits/train.py"), "--epochs", "5",
                 "--linnet", LINNET, "--output", str(pathlib.Path(folder) / "digits.onnx")],
                capture_output=True, text=True,
                env=dict(os.environ, OPENBLAS_NUM_THREADS="1"))
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        rows = re.findall(r"\| (.*) \| (\d+) \| ([\d.]+) % \|", run.stdout)
        sizes = {name: int(size) for name, size, _ in rows}
        right = {name: float(part) for name, _, part in rows}
        self.assertEqual(len(rows), 5, run.stdout)
        for name in ("dynamic range", "int8", "int16x8", "int4 weights"):
            self.assertLess(sizes[name], sizes["float32"] / 2)
            self.assertGreater(right[name], right["float32"] - 3)
        self.assertGreater(right["float32"], 90)


if __name__ == "__main__":
    unittest.main()
