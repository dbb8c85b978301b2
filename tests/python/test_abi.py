# SPDX-License-Identifier: Apache-2.0
"""Holds what the bindings declare of Python's stable ABI (stable_abi/Python.h) to Python's own
Python.h: the functions, by a compiler that sees both; layouts and numbers, by what they print; and
the bindings compile with either.  Left out where Python's own is not installed."""
import glob
import os
import shlex
import subprocess
import sysconfig
import tempfile
import unittest

from support import ROOT

SOURCES = os.path.join(ROOT, "bindings", "python", "src")
OURS = ["-I", os.path.join(SOURCES, "stable_abi"), "-I", os.path.join(ROOT, "include")]
CHECKED = ["-std=c11", "-Wall", "-Wextra", "-Werror"]


def theirs():
    """Flags for Python's own header; None where there is none."""
    folders = {sysconfig.get_path(kind) for kind in ("include", "platinclude")}
    if not any(os.path.exists(os.path.join(folder, "Python.h")) for folder in folders):
        return None
    return ["-DPy_LIMITED_API=0x03090000", *(f for folder in folders for f in ("-isystem", folder))]


class StableAbi(unittest.TestCase):
    def setUp(self):
        self.python = theirs()
        if self.python is None:
            self.skipTest("Python.h (python3-dev) is not installed")

    def compile(self, *arguments):
        command = [*shlex.split(os.environ.get("CC", "cc")), *CHECKED, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def facts(self, *flags):
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "abi_facts.c")
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "facts")
            self.compile(*flags, source, "-o", program)
            return subprocess.run([program], capture_output=True, text=True,
                                  check=True).stdout.splitlines()

    def test_declarations_and_layouts(self):
        ours = self.facts(*OURS)
        self.assertGreater(len(ours), 50)
        self.assertEqual(ours, self.facts("-DPYTHON_OWN", *self.python,
                                          "-iquote", os.path.join(SOURCES, "stable_abi")))

    def test_bindings_compile_with_either(self):
        sources = glob.glob(os.path.join(SOURCES, "*.c"))
        self.assertTrue(sources)
        include = ["-I", os.path.join(ROOT, "include")]
        for flags in (OURS, [*self.python, *include]):
            self.compile("-fsyntax-only", *flags, *sources)


if __name__ == "__main__":
    unittest.main()
