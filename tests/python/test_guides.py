# SPDX-License-Identifier: Apache-2.0
"""Runs the examples of the guides to the command, the C API and the tasks, and the README's of
tasks, in a folder with the models and images of examples/digits, against an installed library.

LINNET_COMMAND: the command.  LINNET_BUILD: the build that is installed; without it (one with
sanitizers) examples that compile are left out.  CC: the compiler, which examples call cc."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import guide
from support import DIGITS, ROOT

COMMAND = os.environ.get("LINNET_COMMAND")
BUILD = os.environ.get("LINNET_BUILD")
# What examples use beside the digits; small files all.
MORE = ["tests/data/tone.wav", "tests/data/index_float.ldb", "tests/ops/cases/add_n.zip"]


def run(words, **more):
    return subprocess.run(words, check=False, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **more)


def install(folder):
    """Installs the libraries; returns the environment in which programs find them."""
    for part in ("runtime", "task", "convert", "dev"):
        subprocess.run(["cmake", "--install", BUILD, "--prefix", folder, "--component", part],
                       check=True, stdout=subprocess.DEVNULL)
    libs = next(at for at, _, files in os.walk(folder) if "linnet.pc" in files)
    return {"PKG_CONFIG_PATH": libs, "LD_LIBRARY_PATH": os.path.dirname(libs),
            "CMAKE_PREFIX_PATH": folder}


@unittest.skipUnless(COMMAND, "the command was not built")
class Guides(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if "listen" not in run([COMMAND, "--help"]).stdout:
            raise unittest.SkipTest("the command was built without tasks")
        cls.prefix = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.prefix)
        programs = os.path.join(cls.prefix, "programs")
        os.mkdir(programs)
        for path in (os.path.abspath(COMMAND),
                     os.path.join(os.path.dirname(os.path.abspath(COMMAND)), "benchmark_model")):
            os.symlink(path, os.path.join(programs, os.path.basename(path)))
        cls.env = {**os.environ, "PATH": programs + os.pathsep + os.environ["PATH"]}
        if BUILD:
            os.symlink(shutil.which(os.environ["CC"]), os.path.join(programs, "cc"))
            cls.env.update(install(os.path.join(cls.prefix, "installed")))

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        for name in os.listdir(DIGITS):
            shutil.copy(os.path.join(DIGITS, name), self.folder)
        for name in MORE:
            shutil.copy(os.path.join(ROOT, name), self.folder)

    def run_guide(self, name, begin=""):
        """Runs a guide's examples in order; returns how many."""
        count = 0
        for block in guide.blocks(name, begin):
            where = f"{name}:{block.line}"
            if block.file:
                with open(os.path.join(self.folder, block.file), "w", encoding="utf-8") as f:
                    f.write(block.body)
                continue
            self.assertIn(block.kind, ("sh", "python"), f"{where} is not run by this test")
            if not BUILD and re.search(r"^(cc|cmake) ", block.body, re.M):
                continue
            program = [sys.executable] if block.kind == "python" else ["sh", "-e"]
            done = run(program + ["-c", block.body], cwd=self.folder, env=self.env)
            self.assertEqual((done.returncode, done.stderr), (0, ""), f"{where}: {done.stdout}")
            if block.wanted is not None:
                self.assertEqual(done.stdout, block.wanted, where)
            count += 1
        return count

    def test_command(self):
        self.assertGreater(self.run_guide("command.md"), 8)

    def test_c_api(self):
        self.assertGreater(self.run_guide("c_api.md"), 1 if BUILD else -1)

    def test_benchmark_model(self):
        self.assertEqual(self.run_guide("benchmark_model.md"), 3)

    def test_tasks(self):
        self.assertGreater(self.run_guide("tasks.md"), 3)

    def test_readme(self):
        """The examples of tasks; the C program before them is compiled by tests/tools/readme.sh."""
        self.assertGreater(self.run_guide("README.md", "A model that carries its labels"), 1)

    def test_command_is_complete(self):
        """The guide has every command, and of each the options that its --help has, no others."""
        with open(guide.path("command.md"), encoding="utf-8") as f:
            text = re.sub(r"^```text\n.*?^```$", "", f.read(), flags=re.M | re.S)
        sections = dict(re.findall(r"^## linnet ([\w-]+)\n(.*?)(?=^## |\Z)", text, re.M | re.S))
        names = re.findall(r"^  ([\w-]+) ", run([COMMAND, "--help"]).stdout, re.M)
        self.assertEqual(sorted(names), sorted(sections))
        shared = re.search(r"^## Options of the tasks\n(.*?)^## ", text, re.M | re.S).group(1)
        rows = [row.strip("|").rsplit("|", 1) for row in shared.splitlines() if "--" in row]
        tasks = set(names[names.index("classify"):]) - {"benchmark"}
        for name in set(names) - {"benchmark"}:  # its flags are in a guide of their own
            own = "".join(options for options, commands in rows if name in tasks and
                          (name in commands or commands.strip() == "all"))
            told = set(re.findall(r"--[a-z0-9][\w-]*", sections[name] + own)) | {"--help"}
            printed = re.findall(r"^  (--[\w-]+)", run([COMMAND, name, "--help"]).stdout, re.M)
            self.assertEqual(sorted(told), sorted(printed), f"linnet {name}")


class Messages(unittest.TestCase):
    @unittest.skipUnless(COMMAND, "the command was not built")
    def test_commands_in_messages(self):
        """What messages of src/task tell users to type is in the command's help."""
        told = set()
        folder = os.path.join(ROOT, "src", "task")
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                text = re.sub(r'"\s*\n\s*"', "", f.read())
            told.update(re.findall(r"`linnet metadata ([^`]*)`", text))
        self.assertGreater(len(told), 3)
        printed = run([COMMAND, "metadata", "--help"]).stdout
        if not printed:
            self.skipTest("the command was built without metadata")
        for words in told:
            action, *options = [w for w in words.split() if not w[0].isdigit()]
            self.assertRegex(printed, rf"[ ,]{action.removeprefix('write-')}\b", words)
            for option in options:
                self.assertRegex(printed, rf"(?m)^  {option} ", words)


if __name__ == "__main__":
    unittest.main()
