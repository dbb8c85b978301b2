#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/schema/NAME.def from a Python module that flatc made of a schema.

    scripts/gen_schema.py schema_py_generated.py tflite Model TFL3 > src/schema/tflite.def
    scripts/gen_schema.py metadata_schema_py_generated.py metadata ModelMetadata M001 \\
        > src/schema/metadata.def

The module is read as text, never imported.  What it says of a field (slot, kind, default) becomes
one line.  What flatc leaves out of Python code is listed here by hand: the stricter alignment of
some vectors, names that are not spelled as usual, and which fields are enumerations (of the
metadata alone, whose JSON has their names).
"""
import re
import sys

ALIGN = {
    ("CustomQuantization", "custom"): 16,
    ("Buffer", "data"): 16,
    ("Uint16Vector", "values"): 4,
    ("Uint8Vector", "values"): 4,
    ("CustomMetadata", "data"): 16,
}
SPELLED = {("SentencePieceTokenizerOptions", "sentence_piece_model"): "sentencePiece_model"}
ENUMS = {
    ("AssociatedFile", "type"): "AssociatedFileType",
    ("ImageProperties", "color_space"): "ColorSpaceType",
    ("BoundingBoxProperties", "type"): "BoundingBoxType",
    ("BoundingBoxProperties", "coordinate_type"): "CoordinateType",
    ("ScoreCalibrationOptions", "score_transformation"): "ScoreTransformationType",
}
KINDS = {
    "Bool": "BOOL", "Int8": "I8", "Uint8": "U8", "Int16": "I16", "Uint16": "U16",
    "Int32": "I32", "Uint32": "U32", "Int64": "I64", "Uint64": "U64",
    "Float32": "F32", "Float64": "F64",
}
HEAD = """/* SPDX-License-Identifier: Apache-2.0 */
/* %s.def: the tables of the file format, one line per field; made by scripts/gen_schema.py.
 *
 *   LN_SCALAR(table, field, slot, kind, default)     LN_STRING(table, field, slot)
 *   LN_VECTOR(table, field, slot, kind, align)       LN_STRINGS(table, field, slot)
 *   LN_CHILD(table, field, slot, table)              LN_CHILDREN(table, field, slot, table)
 *   LN_CHOICE(table, field, slot, union): the value's slot; its type is in the slot before
 *   LN_NAMED(table, field, slot, kind, default, enum): a scalar whose values have names
 *
 * LN_EACH_FIELD(table, field, slot) stands for those of the above that are not defined.
 * Included several times by schema.h and %s.c; numbers and names are facts of the format. */"""


def snake(name):
    """denseSize -> dense_size, builtinOptions2 -> builtin_options2"""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def classes(text):
    for m in re.finditer(r"^class (\w+)\(object\):\n(.*?)(?=^class |\Z)", text, re.M | re.S):
        yield m.group(1), m.group(2)


def methods(body):
    pattern = r"^    def (\w+)\(self(, j)?\):\n(.*?)(?=^    def |^    # |^def |\Z)"
    for m in re.finditer(pattern, body, re.M | re.S):
        yield m.group(1), bool(m.group(2)), m.group(3)


def table_fields(name, body, unions):
    """The lines of one table, in order of the slots."""
    lines = {}
    for method, indexed, code in methods(body):
        at = re.search(r"_tab\.Offset\((\d+)\)", code)
        if not at or re.search(r"(AsNumpy|Length|IsNone)$", method):
            continue
        slot = (int(at.group(1)) - 4) // 2
        field = snake(method)
        field = SPELLED.get((name, field), field)
        scalar = re.search(r"number_types\.(\w+)Flags, (o \+|a \+)", code)
        child = re.search(r"obj = (\w+)\(\)", code)
        if ".Union(" in code:
            lines[slot] = f"LN_CHOICE({name}, {field}, {slot}, {unions[name, field]})"
        elif indexed and child:
            lines[slot] = f"LN_CHILDREN({name}, {field}, {slot}, {child.group(1)})"
        elif indexed and ".String(" in code:
            lines[slot] = f"LN_STRINGS({name}, {field}, {slot})"
        elif indexed:
            kind = KINDS[scalar.group(1)]
            align = ALIGN.get((name, field), 0)
            lines[slot] = f"LN_VECTOR({name}, {field}, {slot}, {kind}, {align})"
        elif child:
            lines[slot] = f"LN_CHILD({name}, {field}, {slot}, {child.group(1)})"
        elif ".String(" in code:
            lines[slot] = f"LN_STRING({name}, {field}, {slot})"
        else:
            default = re.findall(r"^        return (\S+)", code, re.M)[-1]
            default = {"False": "0", "True": "1"}.get(default, default)
            rest = f"{name}, {field}, {slot}, {KINDS[scalar.group(1)]}, {float(default):g}"
            enum = ENUMS.get((name, field))
            lines[slot] = f"LN_NAMED({rest}, {enum})" if enum else f"LN_SCALAR({rest})"
    return [lines[s] for s in sorted(lines)]


def union_uses(text, names):
    """Which union a field of a table takes, found by its members."""
    members = {}
    for union in names:
        pattern = rf"^def {union}Creator\(.*?(?=^class |^def |\Z)"
        code = re.search(pattern, text, re.M | re.S).group(0)
        member = rf"unionType == {union}(?:\(\))?\.(\w+):\n\s+return (\w+)T\."
        members[union] = re.findall(member, code)
    uses = {}
    for cls, body in classes(text):
        for field, alternatives in re.findall(
                r"self\.(\w+) = \w+  # type: Union\[None, (.*?)\]$", body, re.M):
            wanted = [a.strip(" '")[:-1] for a in alternatives.split(",")]
            for union in names:
                if [m[1] for m in members[union]] == wanted:
                    uses[cls[:-1], snake(field)] = union
    return members, uses


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    source, stem, root, identifier = sys.argv[1:]
    text = open(source, encoding="utf-8").read()
    unions = re.findall(r"^def (\w+)Creator\(", text, re.M)
    members, uses = union_uses(text, unions)
    numbers = {cls: dict(re.findall(r"^    (\w+) = (\d+)$", body, re.M))
               for cls, body in classes(text)}
    fields = ("SCALAR", "NAMED", "VECTOR", "STRING", "STRINGS", "CHILD", "CHILDREN", "CHOICE")
    macros = ("SCHEMA", "TABLE", "EACH_FIELD", *fields, "END", "UNION", "MEMBER", "END_UNION",
              "ENUM", "NAME", "END_ENUM")
    out = [HEAD % (stem, stem)]
    for m in macros:
        body = "(...)"
        if m in fields:
            more = "" if m.startswith("STRING") else ", ..."
            body = f"(table, field, slot{more}) LN_EACH_FIELD(table, field, slot)"
        out.append(f"#ifndef LN_{m}\n#define LN_{m}{body}\n#endif")
    out += ["", f"LN_SCHEMA({root}, \"{identifier}\")"]
    for name, body in classes(text):
        if "_tab" in body and not name.endswith("T"):
            out += ["", f"LN_TABLE({name})"] + table_fields(name, body, uses) + [f"LN_END({name})"]
    for union in unions:
        out += ["", f"LN_UNION({union})"]
        out += [f"LN_MEMBER({union}, {numbers[union][m]}, {t})" for m, t in members[union]]
        out += [f"LN_END_UNION({union})"]
    for enum in sorted(set(ENUMS.values()) & set(numbers)):
        out += ["", f"LN_ENUM({enum})"]
        out += [f"LN_NAME({enum}, {name}, {number})" for name, number in numbers[enum].items()]
        out += [f"LN_END_ENUM({enum})"]
    out += [""] + [f"#undef LN_{m}" for m in macros]
    print("\n".join(out))


main()
