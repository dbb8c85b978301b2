#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes docs/onnx.md of tests/convert/doc/onnx.md and the importer's table.

    onnx_doc.py [--check]     with --check: fails when the page is not what it would be"""
import re
import sys

import doc_page

ROW = re.compile(r'LN_OX_ROW\(\s*"([^"]*)",\s*"([^"]*)",\s*(\w+),\s*(NULL|OP\((\w+)\)),\s*(\w+),'
                 r'\s*(\w+),\s*(\d+),\s*((?:"[^"]*"\s*)+)\)', re.S)


def rows():
    text = (doc_page.ROOT / "src/import/onnx/rows.def").read_text(encoding="utf-8")
    found = list(ROW.finditer(text))
    if len(found) != text.count("\nLN_OX_ROW("):
        raise SystemExit("a row of rows.def is not understood")
    for row in found:
        domain, op, function, _, to, _, fate, since, note = row.groups()
        yield domain, op, function, to, fate, int(since), doc_page.literal(note)


def page():
    lines = [(doc_page.ROOT / "tests/convert/doc/onnx.md").read_text(encoding="utf-8")]
    lines.append("| operator | from opset | becomes | required |\n|---|---|---|---|\n")
    missing = []
    for domain, op, function, to, fate, since, note in sorted(rows()):
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


if __name__ == "__main__":
    sys.exit(doc_page.main("onnx.md", page()))
