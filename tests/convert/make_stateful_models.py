#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes small SavedModels that keep something, as make_saved_model.py writes the others.

    make_stateful_models.py FOLDER

makes in FOLDER:
  parts/   x [2] -> a variable [3, 2] after x is added to rows 2, 0 and 2, the first column of rows
           1 and 2 set to x, and row 1 set to 9
  shelf/   x (strings) -> numbers by a table from strings to float32, the numbers of what a table
           from strings to strings gives, and those of one from int64 to int32
  items/   x [2, 3] as a TensorList -> its last row, popped; of what is left with x's rows put at
           places 2 and 0 all in a row, and the first item alone
  places/  x [2, 2], at [3, 2] -> x with 1, 2 and 3 put at these places, and with the larger of them
           and of what is there
"""
import pathlib
import struct
import sys

from make_saved_model import (FLOAT, INT32, INT64, NUMBER, RESOURCE, STRING, TYPE, attr, call,
                              const, floats, function, info, int32, ints, node, placeholder,
                              restore, saved_model, variable)


def longs(*values):
    return struct.pack(f"<{len(values)}q", *values)


def parts(folder):
    """What changes the variable stands behind control inputs alone."""
    t = attr("T", TYPE, FLOAT)
    body = [const("rows", INT32, [3], ints(2, 0, 2)), const("three", INT32, [1], ints(3)),
            node("more", "Tile", ("x", "three:output:0")), const("shape", INT32, [2], ints(3, 2)),
            node("all", "Reshape", ("more:output:0", "shape:output:0")),
            node("add", "ResourceScatterAdd", ("v", "rows:output:0", "all:output:0")),
            const("begin", INT32, [2], ints(1, 0)), const("end", INT32, [2], ints(3, 1)),
            const("steps", INT32, [2], ints(1, 1)),
            node("set", "ResourceStridedSliceAssign",
                 ("v", "begin:output:0", "end:output:0", "steps:output:0", "x", "^add"), t,
                 attr("end_mask", NUMBER, 1), attr("shrink_axis_mask", NUMBER, 2)),
            const("one", INT32, [1, 1], ints(1)), const("nine", FLOAT, [1, 2], floats(9, 9)),
            node("put", "ResourceScatterNdUpdate",
                 ("v", "one:output:0", "nine:output:0", "^set")),
            node("read", "ReadVariableOp", ("v", "^put"), attr("dtype", TYPE, FLOAT))]
    step = function("step", [("x", FLOAT), ("v", RESOURCE)], [("y", FLOAT, "read:value:0")], body,
                    ["put"])
    nodes = [placeholder("in_x", FLOAT, 2), variable("w", [3, 2]), placeholder("prefix", STRING),
             call("run", "step", ("in_x", "w")), call("restore", "restore", ("prefix", "w"))]
    saved_model(folder, nodes, [step, restore(["w"])], {"x": info("in_x:0", FLOAT, 2)},
                {"y": info("run:0", FLOAT, 3, 2)}, {"w": ([3, 2], floats(1, 2, 3, 4, 5, 6))})


def table(name, key, value, keys, values):
    """A table, and the node that fills it."""
    return [node(name, "HashTableV2", (), attr("key_dtype", TYPE, key),
                 attr("value_dtype", TYPE, value)),
            const(f"{name}_keys", key, [3], keys), const(f"{name}_values", value, [3], values),
            node(f"{name}_fill", "LookupTableImportV2",
                 (name, f"{name}_keys", f"{name}_values"))]


def find(name, of, x, fallback, tin, tout):
    return node(name, "LookupTableFindV2", (of, x, fallback), attr("Tin", TYPE, tin),
                attr("Tout", TYPE, tout))


def shelf(folder):
    names = ["tea", "ice", "milk"]
    nodes = [placeholder("in_x", STRING, 4),
             *table("prices", STRING, FLOAT, names, floats(3, -2, 0.5)),
             *table("lengths", INT64, INT32, longs(20, 0, 10), ints(4, 3, 7)),
             *table("others", STRING, STRING, names, ["ice", "milk", "none"]),
             const("free", FLOAT, [], floats(-1)), int32("long", 99),
             const("unknown", STRING, [], ["?"]), const("at", INT64, [4], longs(0, 10, 20, 30)),
             find("price", "prices", "in_x", "free", STRING, FLOAT),
             find("other", "others", "in_x", "unknown", STRING, STRING),
             find("next", "prices", "other", "free", STRING, FLOAT),
             find("length", "lengths", "at", "long", INT64, INT32),
             node("cast", "Cast", ("length",), attr("DstT", TYPE, FLOAT)), int32("axis", 0),
             node("y", "ConcatV2", ("price", "next", "cast", "axis"), attr("N", NUMBER, 3))]
    saved_model(folder, nodes, [], {"x": info("in_x:0", STRING, 4)}, {"y": info("y:0", FLOAT, 12)})


def items(folder):
    t = attr("element_dtype", TYPE, FLOAT)
    nodes = [placeholder("in_x", FLOAT, 2, 3), const("shape", INT32, [1], ints(3)),
             node("list", "TensorListFromTensor", ("in_x", "shape"), t),
             node("pop", "TensorListPopBack", ("list", "shape"), t),
             const("at", INT32, [2], ints(2, 0)),
             node("put", "TensorListScatterIntoExistingList", ("pop", "in_x", "at"), t),
             const("none", INT64, [0], b""),
             node("row", "TensorListConcatV2", ("put", "shape", "none"), t),
             int32("one", 1), node("cut", "TensorListResize", ("put", "one")),
             node("stack", "TensorListStack", ("cut", "shape"), t),
             node("flat", "Reshape", ("stack", "shape")), int32("axis", 0),
             node("y", "ConcatV2", ("pop:1", "row", "flat", "axis"), attr("N", NUMBER, 3))]
    saved_model(folder, nodes, [], {"x": info("in_x:0", FLOAT, 2, 3)},
                {"y": info("y:0", FLOAT, 15)})


def places(folder):
    t = attr("T", TYPE, FLOAT)
    nodes = [placeholder("in_x", FLOAT, 2, 2), placeholder("at", INT32, 3, 2),
             const("new", FLOAT, [3], floats(1, 2, 3)),
             node("put", "TensorScatterUpdate", ("in_x", "at", "new"), t),
             node("most", "TensorScatterMax", ("in_x", "at", "new"), t), int32("axis", 0),
             node("y", "ConcatV2", ("put", "most", "axis"), attr("N", NUMBER, 2))]
    inputs = {"at": info("at:0", INT32, 3, 2), "x": info("in_x:0", FLOAT, 2, 2)}
    saved_model(folder, nodes, [], inputs, {"y": info("y:0", FLOAT, 4, 2)})


def main():
    root = pathlib.Path(sys.argv[1])
    for make in (parts, shelf, items, places):
        make(root / make.__name__)


if __name__ == "__main__":
    main()
