#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes docs/keras.md of tests/convert/doc/keras.md and the importer's tables.

    keras_doc.py [--check]     with --check: fails when the page is not what it would be"""
import re
import sys

import doc_page

PART = re.compile(r'^/\* (?P<family>[^*]+?) \*/$|LN_KERAS_LAYER\((?P<name>\w+), \w+, [^)]*?, '
                  r'(?P<fate>\w+)\)|LN_KERAS_NONE\((?P<none>\w+),\s*(?P<cure>(?:"[^"]*"\s*)+)\)',
                  re.M)
ROWS = {"layers.def": "## Layers", "ops.def": "## Functions of `keras.ops` between layers"}
TF_NAME = re.compile(r'^    (BINARY|UNARY|OVER|)[({]"([\w.]+)", "\w+"', re.M)
HOW = {"BUILTIN": "", "DECOMPOSED": "", "FLEX": " (Select-TF operators: `--select-tf-ops`)"}


def families(file):
    text = (doc_page.ROOT / "src/import/keras" / file).read_text(encoding="utf-8")
    text = text[text.index("LN_KERAS_LAYER(NAME"):] if "LN_KERAS_LAYER(NAME" in text else text
    text = text[text.index("*/\n") + 3:]
    found, missing = {}, {}
    family = "models"
    for part in PART.finditer(text):
        if part["family"]:
            family = part["family"].split(":")[0]
        elif part["name"]:
            found.setdefault(family, []).append(part["name"] + HOW[part["fate"]])
        else:
            missing[part["none"]] = doc_page.literal(part["cure"])
    if sum(map(len, found.values())) + len(missing) != text.count("\nLN_KERAS_") + text.startswith(
            "LN_KERAS_"):
        raise SystemExit(f"a row of {file} is not understood")
    return found, missing


def of_tensorflow():
    """The functions of tf_ops.c; OVER is two of them."""
    text = (doc_page.ROOT / "src/import/keras/tf_ops.c").read_text(encoding="utf-8")
    names = [("math." if kind == "OVER" else "") + name for kind, name in TF_NAME.findall(text)]
    return ("\n## Functions of TensorFlow between the layers of Keras 2\n\n"
            "TFOpLambda and SlicingOpLambda of `.h5` files, by the names that these have: "
            f"{', '.join(names)}.\n")


def page():
    lines = [(doc_page.ROOT / "tests/convert/doc/keras.md").read_text(encoding="utf-8")]
    for file, title in ROWS.items():
        found, missing = families(file)
        lines.append(f"\n{title}\n\n| kind | converted |\n|---|---|\n")
        lines += [f"| {family} | {', '.join(names)} |\n" for family, names in found.items()]
        if missing:
            lines.append("\nThese cannot be converted:\n\n| layer | instead |\n|---|---|\n")
            lines += [f"| {name} | {cure} |\n" for name, cure in missing.items()]
    lines.append(of_tensorflow())
    return "".join(lines)


if __name__ == "__main__":
    sys.exit(doc_page.main("keras.md", page()))
