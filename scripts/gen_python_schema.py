#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the schema of metadata as Python data, from src/schema/metadata.def.

    scripts/gen_python_schema.py > bindings/python/linnet/_metadata_tables.py

linnet/metadata_schema_py_generated.py makes its classes of that.
"""
import pathlib
import re

HEAD = '''# SPDX-License-Identifier: Apache-2.0
"""The schema of metadata as data; made by scripts/gen_python_schema.py.

A field is (name, slot, kind, what, default): kinds of numbers are as in C ("I8"), `what` is a
table, a union, or the kind of a vector's items."""
'''


def rows(text):
    for macro, arguments in re.findall(r"^LN_(\w+)\((.*)\)$", text, re.M):
        yield macro, [a.strip() for a in arguments.split(",")]


def field(macro, a):
    """(name, slot, kind, what, default) of a line of the .def file; None for other lines."""
    name, slot = a[1], int(a[2]) if len(a) > 2 else 0
    if macro in ("SCALAR", "NAMED"):
        default = float(a[4]) if a[3] == "F32" else int(a[4])
        return name, slot, a[3], None, default
    if macro == "VECTOR":
        return name, slot, "VECTOR", a[3], int(a[4])
    if macro in ("STRING", "STRINGS"):
        return name, slot, macro, None, None
    return name, slot, macro, a[3], None


def main():
    path = pathlib.Path(__file__).resolve().parent.parent / "src" / "schema" / "metadata.def"
    tables, unions, enums = {}, {}, {}
    for macro, a in rows(path.read_text(encoding="utf-8")):
        if macro == "TABLE":
            tables[a[0]] = []
        elif macro == "UNION":
            unions[a[0]] = []
        elif macro == "ENUM":
            enums[a[0]] = []
        elif macro == "MEMBER":
            unions[a[0]].append((a[2], int(a[1])))
        elif macro == "NAME":
            enums[a[0]].append((a[1], int(a[2])))
        elif macro in ("SCALAR", "NAMED", "VECTOR", "STRING", "STRINGS", "CHILD", "CHILDREN",
                       "CHOICE"):
            tables[a[0]].append(field(macro, a))
    out = [HEAD]
    for name, entries in (("TABLES", tables), ("UNIONS", unions), ("ENUMS", enums)):
        out.append(f"{name} = {{")
        for key, items in entries.items():
            out.append(f"    {key!r}: [")
            out += [f"        {item!r}," for item in items]
            out.append("    ],")
        out.append("}")
        out.append("")
    print("\n".join(out[:1] + [line.replace("'", '"') for line in out[1:]]).rstrip("\n"))


if __name__ == "__main__":
    main()
