#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds every include line to the table of layers in docs/architecture.md.

A file under src/FOLDER may include its own folder, the folders that its row names, and public
headers.  Tools, examples and bindings may include public headers and their own files only."""
import pathlib
import re
import sys

ALLOWED = {
    "base": [],
    "fb": ["base"],
    "schema": ["fb", "base"],
    "ir": ["base"],
    "ops": ["ir", "fb", "base"],
    "model": ["schema", "fb", "ops", "ir", "base"],
    "runtime": ["model", "ops", "ir", "base"],
    "kernels": ["base"],
    "cpu": ["kernels", "ops", "base"],
    "capi": ["cpu", "runtime", "model", "ops", "ir", "fb", "base"],
    "flex": ["ops", "fb", "base"],
    "emit": ["model", "ops", "ir", "fb", "base"],
    "opt": ["emit", "model", "ops", "ir", "fb", "base"],
    "import": ["emit", "ops", "ir", "fb", "base"],
    "quant": ["opt", "emit", "model", "ops", "ir", "fb", "base"],
    "convert": ["import", "quant", "opt", "emit", "model", "ops", "ir", "fb", "base"],
    "metadata": ["schema", "fb", "base"],
    "media": ["fb", "base"],
    "task": ["metadata", "media", "base"],
}
PUBLIC = ("linnet/", "tensorflow/", "tflite/", "tensorflow_lite_support/")
PUBLIC_ONLY = ("tools", "examples", "bindings")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def includes(path):
    text = path.read_text(encoding="utf-8", errors="replace")
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1)


def offences(root):
    for path in sorted((root / "src").rglob("*.[ch]")):
        name = path.relative_to(root).as_posix()
        folder = name.split("/")[1]
        if folder not in ALLOWED:
            yield f"{name}:1: src/{folder} is not in the table"
            continue
        allowed = [folder, *ALLOWED[folder]]
        for line, target in includes(path):
            if target.startswith(PUBLIC):
                continue
            if target.split("/")[0] not in allowed or "/" not in target:
                yield f"{name}:{line}: {folder} may not include {target}"
    for top in PUBLIC_ONLY:
        for path in sorted((root / top).rglob("*.[ch]")):
            name = path.relative_to(root).as_posix()
            for line, target in includes(path):
                if not (target.startswith(PUBLIC) or (path.parent / target).exists()
                        or (root / top / target).exists()):
                    yield f"{name}:{line}: {top} may include public headers only, not {target}"
    for path in sorted((root / "include").rglob("*.h")):
        name = path.relative_to(root).as_posix()
        for line, target in includes(path):
            if not target.startswith(PUBLIC):
                yield f"{name}:{line}: a public header includes {target}"


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    found = list(offences(root))
    print("\n".join(found), end="\n" if found else "")
    print(f"check_layers: {len(found)} offences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
