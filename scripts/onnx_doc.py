#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes docs/onnx.md of tests/convert/doc/onnx.md and the importer's table.

    onnx_doc.py [--check]     with --check: fails when the page is not what it would be"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROW = re.compile(r'LN_OX_ROW\(\s*"([^"]*)",\s*"([^"]*)",\s*(\w+),\s*(NULL|OP\((\w+)\)),\s*(\w+),'
                 r'\s*(\w+),\s*(\d+),\s*((?:"[^"]*"\s*)+)\)', re.S)


def rows():
    text = (ROOT / "src/import/onnx/rows.def").read_text(encoding="utf-8")
    found = list(ROW.finditer(text))
    if len(found) != text.count("\nLN_OX_ROW("):
        raise SystemExit("a row of rows.def is not understood")
    for row in found:
        domain, op, function, _, to, _, fate, since, note = row.groups()
        yield domain, op, function, to, fate, int(since), "".join(re.findall(r'"([^"]*)"', note))


def page():
    lines = [(ROOT / "tests/convert/doc/onnx.md").read_text(encoding="utf-8")]
    lines.append("| operator | from opset | becomes | required |\n|---|---|---|---|\n")
    missing = []
    for domain, op, function, to, fate, since, note in rows():
        name = f"{domain}: {op}" if domain else op
        if function == "NULL":
            missing.append(f"| {name} | {note} |\n")
            continue
        how = "one" if fate == "BUILTIN" else "several"
        made = f"{how}: {to.upper()}" if to else how
        lines.append(f"| {name} | {since if not domain else ''} | {made} | {note} |\n")
    if missing:
        lines.append("\nThese cannot be converted:\n\n| operator | instead |\n|---|---|\n")
        lines += missing
    return "".join(lines)


def main():
    target, text = ROOT / "docs/onnx.md", page()
    if sys.argv[1:] == ["--check"]:
        same = target.is_file() and target.read_text(encoding="utf-8") == text
        print("docs/onnx.md is up to date" if same else "run scripts/onnx_doc.py")
        return 0 if same else 1
    target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
