# SPDX-License-Identifier: Apache-2.0
"""The examples of a guide in docs/: blocks of code, and what they print.

A text block behind a block of code is what that must print.  A block that begins with a comment of
a file's name alone is that file."""
import os
import re
from typing import NamedTuple, Optional

from support import ROOT

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
_NAME = re.compile(r"(?:/\*|#|//) (\w+\.\w+)(?: \*/)?\n")


class Block(NamedTuple):
    """An example: where it is, its language, its text, what it must print, the file it is."""
    line: int
    kind: str
    body: str
    wanted: Optional[str]
    file: Optional[str]


def path(name):
    """The path of a guide."""
    return os.path.join(ROOT, "" if name == "README.md" else "docs", name)


def blocks(name, begin=""):
    """All examples of a guide, in order; with `begin` those behind the line that begins so."""
    with open(path(name), encoding="utf-8") as f:
        text = f.read()
    before, mark, text = ("\n" + text).partition("\n" + begin) if begin else ("", "", text)
    first = before.count("\n") + mark.count("\n")
    found = [(first + text.count("\n", 0, m.start()) + 1, m.group(1), m.group(2))
             for m in _BLOCK.finditer(text)] + [(0, "", "")]
    result = []
    for (line, kind, body), (_, next_kind, next_body) in zip(found, found[1:]):
        if kind != "text":
            file = _NAME.match(body)
            result.append(Block(line, kind, body, next_body if next_kind == "text" else None,
                                file.group(1) if file else None))
    return result
