# SPDX-License-Identifier: Apache-2.0
"""The package around the interpreter: names, the command, types for checkers."""
import ctypes
import importlib.util
import os
import subprocess
import sys
import unittest

import linnet
import linnet as tf
from linnet import __main__ as command
from support import ROOT, digits, model


class Names(unittest.TestCase):
    def test_tensorflow_names(self):
        self.assertIs(tf.lite.Interpreter, linnet.Interpreter)
        self.assertIs(tf.lite.experimental.load_delegate, linnet.load_delegate)
        self.assertIs(tf.lite.experimental.OpResolverType, linnet.OpResolverType)
        from linnet.lite.experimental import load_delegate
        self.assertIs(load_delegate, linnet.interpreter.load_delegate)

    def test_all(self):
        for module in (linnet, linnet.lite, linnet.lite.experimental, linnet.interpreter):
            for name in module.__all__:
                self.assertTrue(hasattr(module, name), name)

    def test_everything_is_documented(self):
        for name in linnet.__all__:
            item = getattr(linnet, name)
            if callable(item):
                self.assertTrue(item.__doc__, name)
        for name in vars(linnet.Interpreter):
            item = getattr(linnet.Interpreter, name)
            if callable(item) and not name.startswith("_"):
                self.assertTrue(item.__doc__, name)

    def test_version(self):
        with open(os.path.join(ROOT, "CMakeLists.txt"), encoding="utf-8") as f:
            self.assertIn(f"project(linnet VERSION {linnet.__version__} ", f.read())

    def test_library(self):
        api = ctypes.CDLL(linnet.library_path())
        api.TfLiteVersion.restype = ctypes.c_char_p
        self.assertEqual(api.TfLiteVersion().decode(), linnet.TFLITE_VERSION)


class Command(unittest.TestCase):
    def run_module(self, *arguments, **environment):
        return subprocess.run([sys.executable, "-m", "linnet", *arguments], capture_output=True,
                              text=True, check=False, env={**os.environ, **environment})

    def test_reaches_it(self):
        if "LINNET_COMMAND" not in os.environ:
            self.skipTest("the command was not built")
        result = self.run_module("--version")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(linnet.__version__, result.stdout)
        result = self.run_module("inspect", digits("int8"))
        self.assertIn("CONV_2D", result.stdout)
        self.assertEqual(self.run_module("inspect", "no such file").returncode, 1)

    def test_says_when_there_is_none(self):
        result = self.run_module("--version", LINNET_COMMAND="/no/such/command")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("/no/such/command", result.stderr)
        if os.path.exists(os.path.join(command.HERE, "bin")):
            return
        result = self.run_module("--version", LINNET_COMMAND="", PATH="/no/such/folder")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("without the command", result.stderr)


class Types(unittest.TestCase):
    def test_marked(self):
        folder = os.path.dirname(linnet.__file__)
        for name in ("py.typed", "_core.pyi"):
            self.assertTrue(os.path.exists(os.path.join(folder, name)), name)

    def test_stub_is_complete(self):
        stub = os.path.join(os.path.dirname(linnet.__file__), "_core.pyi")
        with open(stub, encoding="utf-8") as f:
            text = f.read()
        core = linnet.Interpreter(model("add"))._interpreter._core
        for name in dir(core):
            if not name.startswith("_"):
                self.assertIn(f"def {name}(", text)

    def test_mypy(self):
        if importlib.util.find_spec("mypy") is None:
            self.skipTest("mypy is not installed")
        package = os.path.join(ROOT, "bindings", "python", "linnet")
        result = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--no-incremental",
                                 "--ignore-missing-imports", package],
                                capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stdout)


if __name__ == "__main__":
    unittest.main()
