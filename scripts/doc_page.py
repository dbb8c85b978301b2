# SPDX-License-Identifier: Apache-2.0
"""What the scripts that make a page of docs/ of an importer's table have in common."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def literal(source):
    """The text of adjacent C string literals."""
    return "".join(re.findall(r'"([^"]*)"', source))


def main(name, text):
    """Writes docs/NAME; with --check, says whether it is that already.  The exit code."""
    target = ROOT / "docs" / name
    if sys.argv[1:] == ["--check"]:
        same = target.is_file() and target.read_text(encoding="utf-8") == text
        print(f"docs/{name} is up to date" if same else f"run {sys.argv[0]}")
        return 0 if same else 1
    target.write_text(text, encoding="utf-8")
    return 0
