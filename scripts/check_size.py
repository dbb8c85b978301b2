#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds functions and files to the limits of docs/architecture.md and prints the distribution.

Function: 60 lines, cyclomatic complexity 20, nesting 4, 7 parameters (kernels: 120 lines and 9
parameters).  File: 600 lines; tables (.def) are exempt.  With a library as argument its size is
printed too."""
import argparse
import os
import pathlib
import re
import sys

LINES, COMPLEXITY, NESTING, PARAMETERS, FILE_LINES = 60, 20, 4, 7, 600
FOLDERS = ("src", "tools", "bindings", "examples", "fuzz", "tests", "bench")
# What may be longer, each with its reason.
EXEMPT = {
    ("src/ir/graph.c", "ln_graph_add_node"),  # inputs and outputs as two pairs of count and ids
}

BLANKED = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|^[ \t]*#(?:\\\n|[^\n])*",
    re.S | re.M)
BRANCH = re.compile(r"\b(?:if|for|while|case)\b|&&|\|\||\?")


def blank(text):
    """The text without comments, strings and directives, line numbers unchanged."""
    return BLANKED.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def closing(text, at):
    """The position behind the brace that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        if text[i] == "{":
            depth += 1
        elif text[i] == "}":
            depth -= 1
            if depth == 0:
                return i + 1
    return len(text)


def opens_block(before):
    """True when a brace behind this text opens a block, false when it opens an initializer."""
    before = before.rstrip()
    if not before.endswith(")"):
        return before[-1:] in ("", ";", "{", "}", ":") or before.endswith(("else", "do"))
    depth = 0
    for i in range(len(before) - 1, -1, -1):
        depth += (before[i] == ")") - (before[i] == "(")
        if depth == 0:
            return bool(re.search(r"\w\s*$", before[:i]))  # not a compound literal: = (type){
    return True


def nesting(body):
    """The deepest block inside a function's own; initializers do not count."""
    deepest, stack = 0, []
    for i, c in enumerate(body):
        if c == "{":
            inside = not stack or stack[-1]
            stack.append(inside and opens_block(body[max(0, i - 2000):i]))
            deepest = max(deepest, sum(stack))
        elif c == "}" and stack:
            stack.pop()
    return deepest - 1


def parameters(text):
    if text.strip() in ("", "void"):
        return 0
    depth, n = 0, 1
    for c in text:
        depth += (c == "(") - (c == ")")
        n += c == "," and depth == 0
    return n


def head_of(text):
    """The name and the parameters where `text` ends in a function's head, else None."""
    text = text.rstrip()
    if not text.endswith(")"):
        return None
    depth = 0
    for i in range(len(text) - 1, -1, -1):
        depth += (text[i] == ")") - (text[i] == "(")
        if depth == 0:
            name = re.search(r"([A-Za-z_]\w*)\s*$", text[:i])
            return (name.group(1), text[i + 1:-1]) if name else None
    return None


def functions(text):
    """(name, first line, lines, complexity, nesting, parameters) of each function."""
    text = blank(text)
    at = start = 0
    while True:
        opening = text.find("{", at)
        if opening < 0:
            return
        start = max(text.rfind(";", 0, opening), text.rfind("}", 0, opening)) + 1
        end = closing(text, opening)
        head = head_of(text[start:opening])
        if head:
            body = text[opening:end]
            first = text.count("\n", 0, opening) + 1
            yield (head[0], first, body.count("\n") + 1, 1 + len(BRANCH.findall(body)),
                   nesting(body), parameters(head[1]))
        at = end


def offences(name, rows, lines):
    kernel = name.startswith("src/kernels/")
    limits = (("lines", 120 if kernel else LINES), ("branches", COMPLEXITY),
              ("levels of nesting", NESTING), ("parameters", 9 if kernel else PARAMETERS))
    for function, first, *measured in rows:
        for value, (what, limit) in zip(measured, limits):
            given = what == "parameters" and function.startswith("TfLite")  # not ours to change
            if value > limit and not given and (name, function) not in EXEMPT:
                yield f"{name}:{first}: {function} has {value} {what}, more than {limit}"
    if lines > FILE_LINES and name not in EXEMPT:
        yield f"{name}:1: {lines} lines, more than {FILE_LINES}"


def percentiles(values):
    values = sorted(values) or [0]
    picks = (("median", 0.5), ("p90", 0.9), ("max", 1.0))
    return ", ".join(f"{k} {values[int((len(values) - 1) * p)]}" for k, p in picks)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", nargs="*", help="a file whose size is printed")
    args = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parent.parent
    found, rows, sizes = [], [], []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.[ch]")):
            text = path.read_text(encoding="utf-8", errors="replace")
            measured = list(functions(text))
            lines = text.count("\n")
            name = path.relative_to(root).as_posix()
            found += offences(name, measured, lines)
            rows += measured
            sizes.append(lines)
    print("\n".join(found), end="\n" if found else "")
    print(f"files: {len(sizes)}, {sum(sizes)} lines; {percentiles(sizes)}")
    for i, what in enumerate(("lines", "branches", "nesting", "parameters")):
        print(f"functions: {len(rows)}; {what}: {percentiles([r[2 + i] for r in rows])}")
    for library in args.library:
        print(f"{library}: {os.path.getsize(library)} bytes")
    print(f"check_size: {len(found)} offences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
