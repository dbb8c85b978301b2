#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes small SavedModels without TensorFlow, for the tests of the importer.

    make_saved_model.py FOLDER

makes in FOLDER:
  dense/   x [-1, 3] -> relu(x * kernel + bias), in a function that gets the variables' handles;
           kernel is 1 to 6, bias 10 and 20; the dropout's check stands behind a control input
  loop/    n, x -> x doubled while its number of turns is below n (While, If)
  copied/  x -> x times a variable, of which the checkpoint has a copy only
  choice/  k, x -> x + 1, x + 2 (its part on and below the diagonal) or x reversed: Case
  unlisted/ k, x -> of the largest numbers' places, from 1, the logarithm of the gamma function, or
           x: as "loop", a model whose list lacks the operators of its branches
  dots/    x -> x[..., 1:2, :2], of two dimensions: the ellipsis stands for none
  spread/  x -> a transposed convolution of it with a filter that is dilated
  counter/ x -> the sum of all x so far: a variable that is assigned to
  foreign/ x -> an operator that has no translation
  fates/   x -> one operator after the other: builtin, several builtins, TensorFlow's own with and
           without a kernel here, somebody's own
  mixed/   x -> MyScale (an operator of one's own, with attributes) -> MyHalve (which a rule
           replaces) -> Lgamma (TensorFlow's own) -> Relu
  words/   x -> a number by a table that columns of a text file fill, plus one by the numbers of
           another file's lines
  descent/ x -> a variable after a step with momentum along x
  narrow/  x (uint8) -> x - 2, the sum of x, relu6(x) and x > 2, side by side
  pieces/  x -> x times both parts of a partitioned variable, and the whole of it, of a checkpoint
           that has it in other parts
  composite/ x -> a function that calls itself MaxUnpooling2D, and one that is my_fused of that
  edges/   x -> 1 / floor(x / 0), and what integers cannot hold: floats, a power
  products/ x -> x' x, plus a constant that TensorFlow's own operators compute of constants
  frozen/  graph.pb, a GraphDef as TensorFlow 1 writes it: n, x -> a loop (Enter, NextIteration)
           of n turns, each of which takes 3 from x where its first item is above 4 and doubles it
           otherwise (Switch, Merge); the turns and the last x are summed up in a TensorArray"""
import pathlib
import struct
import sys

FLOAT, INT32, STRING, INT64, BOOL, RESOURCE = 1, 3, 7, 9, 10, 20


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, value):
    """A field of a message: a number, or the bytes of text or of another message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def message(*fields):
    return b"".join(field(number, value) for number, value in fields)


def entry(key, value):
    return message((1, key), (2, value))


def shape(*dims):
    return message(*((2, message((1, d))) for d in dims))


def tensor(dtype, dims, content):
    if dtype == STRING:
        return message((1, dtype), (2, shape(*dims)), *((8, s) for s in content))
    return message((1, dtype), (2, shape(*dims)), (4, content))


TYPE, SHAPE, TENSOR, FUNC, TEXT, NUMBER = 6, 7, 8, 10, 2, 3


def attr(key, kind, value):
    return entry(key, message((kind, value)))


def node(name, op, inputs=(), *attrs):
    return message((1, name), (2, op), *((3, i) for i in inputs), *((5, a) for a in attrs))


def const(name, dtype, dims, content):
    return node(name, "Const", (), attr("dtype", TYPE, dtype),
                attr("value", TENSOR, tensor(dtype, dims, content)))


def arg(name, dtype):
    return message((1, name), (3, dtype))


def function(name, inputs, outputs, nodes, controls=(), attrs=()):
    """inputs: (name, type); outputs: (name, type, what it is)."""
    signature = message((1, name), *((2, arg(*i)) for i in inputs),
                        *((3, arg(*o[:2])) for o in outputs))
    return message((1, signature), *((3, n) for n in nodes),
                   *((4, entry(o[0], o[2])) for o in outputs),
                   *((5, a) for a in attrs), *((6, entry(c, c)) for c in controls))


def variable(name, dims):
    return node(name, "VarHandleOp", (), attr("dtype", TYPE, FLOAT),
                attr("shape", SHAPE, shape(*dims)), attr("shared_name", TEXT, name))


def placeholder(name, dtype, *dims):
    return node(name, "Placeholder", (), attr("dtype", TYPE, dtype),
                attr("shape", SHAPE, shape(*dims)))


def info(name, dtype, *dims):
    return message((1, name), (2, dtype), (3, shape(*dims)))


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


def ints(*values):
    return struct.pack(f"<{len(values)}i", *values)


def call(name, target, inputs):
    return node(name, "StatefulPartitionedCall", inputs, attr("f", FUNC, message((1, target))))


def restore(names, slices=None):
    """A function that restores these variables, in order, or slices of them."""
    slices = slices or [""] * len(names)
    nodes = [const("names", STRING, [len(names)], names),
             const("slices", STRING, [len(names)], slices),
             node("read", "RestoreV2", ("prefix", "names:output:0", "slices:output:0"))]
    nodes += [node(f"assign{i}", "AssignVariableOp", (f"v{i}", f"read:tensors:{i}"))
              for i in range(len(names))]
    inputs = [("prefix", STRING)] + [(f"v{i}", RESOURCE) for i in range(len(names))]
    return function("restore", inputs, [("done", STRING, "prefix")], nodes,
                    [f"assign{i}" for i in range(len(names))])


# ---- checkpoints ----

def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def block(entries):
    """A block of LevelDB's table: keys share what they begin with, then the restart points."""
    out, last = b"", b""
    for key, value in entries:
        shared = 0
        while shared < min(len(last), len(key)) and last[shared] == key[shared]:
            shared += 1
        out += varint(shared) + varint(len(key) - shared) + varint(len(value))
        out += key[shared:] + value
        last = key
    return out + struct.pack("<II", 0, 1)


def table(entries):
    out = b""

    def put(data):
        nonlocal out
        at = len(out)
        crc = crc32c(data + b"\0")
        out += data + b"\0" + struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
        return varint(at) + varint(len(data))

    data = put(block(entries))
    meta = put(block([]))
    index = put(block([(entries[-1][0] + b"~", data)]))
    return out + (meta + index).ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def small(n):
    """A number from -64 to 63 in the key of a slice."""
    return bytes([0x80 ^ n & 0xff])


def sliced(key, dims, slices):
    """The entries of a variable in slices, each a list of (start, length) and its bytes; a length
    of -1 is all."""
    extents = [message(*((1, message(*([(1, a)] if a else []), *([(2, n)] if n > 0 else [])))
                         for a, n in at)) for at, _ in slices]
    head = b"\0" + key.encode() + b"\0\1\1" + bytes([len(dims)])
    values = {head + b"".join(small(a) + small(n) for a, n in at):
              ([dims[d] if n < 0 else n for d, (_, n) in enumerate(at)], content)
              for at, content in slices}
    return {key.encode(): (dims, extents), **values}


def checkpoint(folder, values):
    """values: key -> (dims, bytes of float32, or what slices there are)."""
    folder.mkdir(parents=True, exist_ok=True)
    entries, data = [(b"", message((1, 1)))], b""
    keys = {k if isinstance(k, bytes) else k.encode(): v for k, v in values.items()}
    for key in sorted(keys):
        dims, content = keys[key]
        about = [(1, FLOAT), (2, shape(*dims))]
        if isinstance(content, list):
            entries.append((key, message(*about, *((7, extent) for extent in content))))
            continue
        entries.append((key, message(*about, (4, len(data)), (5, len(content)))))
        data += content
    (folder / "variables.index").write_bytes(table(entries))
    (folder / "variables.data-00000-of-00001").write_bytes(data)


def op_def(name, *attrs):
    """An operator from T to T, with more attributes."""
    attr_defs = [message((1, "T"), (2, "type")), *attrs]
    port = ((1, "x"), (4, "T"))
    return message((1, name), (2, message(*port)), (3, message(*port)),
                   *((4, a) for a in attr_defs))


def saved_model(folder, nodes, functions, inputs, outputs, values=None, ops=()):
    """inputs, outputs: key -> what info() gives; ops: the definitions of operators."""
    folder.mkdir(parents=True, exist_ok=True)
    graph = message(*((1, n) for n in nodes),
                    (2, message(*((1, f) for f in functions))))
    signature = message(*((1, entry(k, v)) for k, v in inputs.items()),
                        *((2, entry(k, v)) for k, v in outputs.items()))
    about = message(*([(2, message(*((1, o) for o in ops)))] if ops else []), (4, "serve"))
    meta = message((1, about), (2, graph), (3, message((3, "restore"))),
                   (5, entry("serving_default", signature)))
    (folder / "saved_model.pb").write_bytes(message((1, 1), (2, meta)))
    if values:
        checkpoint(folder / "variables", values)


# ---- the models ----

def dense(folder):
    body = function(
        "dense", [("x", FLOAT), ("w", RESOURCE), ("b", RESOURCE)],
        [("y", FLOAT, "relu:activations:0")],
        [node("kernel", "ReadVariableOp", ("w",), attr("dtype", TYPE, FLOAT)),
         node("bias", "ReadVariableOp", ("b",), attr("dtype", TYPE, FLOAT)),
         node("check", "Assert", ("x",)),
         node("matmul", "MatMul", ("x", "kernel:value:0")),
         node("add", "BiasAdd", ("matmul:product:0", "bias:value:0", "^check")),
         node("relu", "Relu", ("add:output:0",))])
    nodes = [placeholder("in_x", FLOAT, -1, 3), variable("kernel", [3, 2]), variable("bias", [2]),
             placeholder("prefix", STRING), call("run", "dense", ("in_x", "kernel", "bias")),
             call("restore", "restore", ("prefix", "kernel", "bias"))]
    saved_model(folder, nodes, [body, restore(["layer/kernel", "layer/bias"])],
                {"x": info("in_x:0", FLOAT, -1, 3)}, {"y": info("run:0", FLOAT, -1, 2)},
                {"layer/kernel": ([3, 2], floats(1, 2, 3, 4, 5, 6)),
                 "layer/bias": ([2], floats(10, 20))})


def loop(folder):
    test = function("test", [("i", INT32), ("n", INT32), ("x", FLOAT)], [("go", BOOL, "less:z:0")],
                    [node("less", "Less", ("i", "n"))])
    turn = function("turn", [("i", INT32), ("n", INT32), ("x", FLOAT)],
                    [("i1", INT32, "next:z:0"), ("n1", INT32, "n"), ("x1", FLOAT, "twice:z:0")],
                    [const("one", INT32, [], struct.pack("<i", 1)),
                     node("next", "AddV2", ("i", "one:output:0")),
                     node("twice", "AddV2", ("x", "x"))])
    nodes = [placeholder("in_n", INT32), placeholder("in_x", FLOAT, 2),
             const("zero", INT32, [], struct.pack("<i", 0)),
             node("while", "StatelessWhile", ("zero", "in_n", "in_x"),
                  attr("cond", FUNC, message((1, "test"))),
                  attr("body", FUNC, message((1, "turn"))))]
    saved_model(folder, nodes, [test, turn],
                {"n": info("in_n:0", INT32), "x": info("in_x:0", FLOAT, 2)},
                {"y": info("while:2", FLOAT, 2)})


def shifting(folder, count=6):
    """A loop that hands values on, each to the next; the first one grows."""
    names = [f"v{i}" for i in range(count)]
    values = [("i", INT32), ("n", INT32)] + [(name, FLOAT) for name in names]
    test = function("test", values, [("go", BOOL, "less:z:0")], [node("less", "Less", ("i", "n"))])
    turn = function("turn", values,
                    [("i1", INT32, "next:z:0"), ("n1", INT32, "n"),
                     ("w0", FLOAT, "longer:output:0")]
                    + [(f"w{i}", FLOAT, names[i - 1]) for i in range(1, count)],
                    [const("one", INT32, [], ints(1)), const("axis", INT32, [], ints(0)),
                     const("ten", FLOAT, [1], floats(10)),
                     node("next", "AddV2", ("i", "one:output:0")),
                     node("longer", "ConcatV2", ("v0", "ten:output:0", "axis:output:0"))])
    nodes = [placeholder("in_n", INT32), placeholder("in_x", FLOAT, 1),
             const("zero", INT32, [], ints(0)),
             node("while", "StatelessWhile", ["zero", "in_n"] + ["in_x"] * count,
                  attr("cond", FUNC, message((1, "test"))),
                  attr("body", FUNC, message((1, "turn"))))]
    saved_model(folder, nodes, [test, turn],
                {"n": info("in_n:0", INT32), "x": info("in_x:0", FLOAT, 1)},
                {"y": info(f"while:{count + 1}", FLOAT, -1)})


def endless(folder):
    shifting(folder, 70)


def pushed(folder):
    """A list that does not say what it holds, and is filled by a loop, as gradients need it."""
    variant, kind = 21, attr("element_dtype", TYPE, FLOAT)
    values = [("i", INT32), ("n", INT32), ("list", variant), ("x", FLOAT)]
    test = function("test", values, [("go", BOOL, "less:z:0")], [node("less", "Less", ("i", "n"))])
    turn = function("turn", values,
                    [("i1", INT32, "next:z:0"), ("n1", INT32, "n"),
                     ("list1", variant, "push:output_handle:0"), ("x1", FLOAT, "twice:z:0")],
                    [const("one", INT32, [], ints(1)), node("next", "AddV2", ("i", "one:output:0")),
                     node("push", "TensorListPushBack", ("list", "x"), kind),
                     node("twice", "AddV2", ("x", "x"))])
    nodes = [placeholder("in_n", INT32), placeholder("in_x", FLOAT, 2),
             const("zero", INT32, [], ints(0)), const("open", INT32, [], ints(-1)),
             node("empty", "EmptyTensorList", ("open", "open"), kind),
             node("while", "StatelessWhile", ("zero", "in_n", "empty", "in_x"),
                  attr("cond", FUNC, message((1, "test"))),
                  attr("body", FUNC, message((1, "turn")))),
             node("y", "TensorListStack", ("while:2", "open"), kind)]
    saved_model(folder, nodes, [test, turn],
                {"n": info("in_n:0", INT32), "x": info("in_x:0", FLOAT, 2)},
                {"y": info("y:0", FLOAT, -1, 2)})


def copied(folder):
    nodes = [placeholder("in_x", FLOAT, 2), variable("factor", [2]), variable("copy", [2]),
             placeholder("prefix", STRING),
             node("first", "ReadVariableOp", ("factor",), attr("dtype", TYPE, FLOAT)),
             node("assign", "AssignVariableOp", ("copy", "first")),
             node("value", "ReadVariableOp", ("factor",), attr("dtype", TYPE, FLOAT)),
             node("product", "Mul", ("in_x", "value")),
             call("restore", "restore", ("prefix", "copy"))]
    saved_model(folder, nodes, [restore(["own"])], {"x": info("in_x:0", FLOAT, 2)},
                {"y": info("product:0", FLOAT, 2)}, {"own": ([2], floats(3, 4))})


def choice(folder):
    x = [("x", FLOAT)]
    branches = [
        function("one", x, [("y", FLOAT, "add:z:0")],
                 [const("c", FLOAT, [], floats(1)), node("add", "AddV2", ("x", "c:output:0"))]),
        function("two", x, [("y", FLOAT, "band:band:0")],
                 [const("c", FLOAT, [], floats(2)), node("add", "AddV2", ("x", "c:output:0")),
                  const("all", INT32, [], struct.pack("<i", -1)),
                  const("none", INT32, [], struct.pack("<i", 0)),
                  node("band", "MatrixBandPart", ("add:z:0", "all:output:0", "none:output:0"))]),
        function("three", x, [("y", FLOAT, "turn:output:0")],
                 [const("axes", INT32, [2], struct.pack("<2i", 0, -1)),
                  node("turn", "ReverseV2", ("x", "axes:output:0"))])]
    names = message(*((9, message((1, name))) for name in ("one", "two", "three")))
    nodes = [placeholder("in_k", INT32), placeholder("in_x", FLOAT, 2, 2),
             node("case", "StatelessCase", ("in_k", "in_x"), attr("branches", 1, names))]
    saved_model(folder, nodes, branches,
                {"k": info("in_k:0", INT32), "x": info("in_x:0", FLOAT, 2, 2)},
                {"y": info("case:0", FLOAT, 2, 2)})


def unlisted(folder):
    x = [("x", FLOAT)]
    branches = [
        function("places", x, [("y", FLOAT, "gamma:y:0")],
                 [const("k", INT32, [], struct.pack("<i", 3)),
                  const("one", INT32, [], struct.pack("<i", 1)),
                  node("top", "TopKV2", ("x", "k:output:0"), attr("T", TYPE, FLOAT)),
                  node("add", "AddV2", ("top:indices:0", "one:output:0")),
                  node("cast", "Cast", ("add:z:0",), attr("DstT", TYPE, FLOAT)),
                  node("gamma", "Lgamma", ("cast:y:0",), attr("T", TYPE, FLOAT))]),
        function("same", x, [("y", FLOAT, "x")], [])]
    names = message(*((9, message((1, name))) for name in ("places", "same")))
    nodes = [placeholder("in_k", INT32), placeholder("in_x", FLOAT, 3),
             node("case", "StatelessCase", ("in_k", "in_x"), attr("branches", 1, names))]
    saved_model(folder, nodes, branches,
                {"k": info("in_k:0", INT32), "x": info("in_x:0", FLOAT, 3)},
                {"y": info("case:0", FLOAT, 3)})


def dots(folder):
    nodes = [placeholder("in_x", FLOAT, 2, 3), const("begin", INT32, [3], ints(0, 1, 0)),
             const("end", INT32, [3], ints(0, 2, 2)), const("step", INT32, [3], ints(1, 1, 1)),
             node("part", "StridedSlice", ("in_x", "begin", "end", "step"),
                  attr("ellipsis_mask", NUMBER, 1), attr("begin_mask", NUMBER, 4))]
    saved_model(folder, nodes, [], {"x": info("in_x:0", FLOAT, 2, 3)},
                {"y": info("part:0", FLOAT, 1, 2)})


def spread(folder):
    nodes = [placeholder("in_x", FLOAT, 1, 1, 2, 1), const("sizes", INT32, [4], ints(1, 2, 7, 1)),
             const("filter", FLOAT, [2, 2, 1, 1], floats(1, 10, 100, 1000)),
             node("y", "Conv2DBackpropInput", ("sizes", "filter", "in_x"),
                  attr("strides", 1, message((3, 1), (3, 1), (3, 2), (3, 1))),
                  attr("dilations", 1, message((3, 1), (3, 1), (3, 4), (3, 1))),
                  attr("padding", TEXT, "VALID"))]
    saved_model(folder, nodes, [], {"x": info("in_x:0", FLOAT, 1, 1, 2, 1)},
                {"y": info("y:0", FLOAT, 1, 2, 7, 1)})


def counter(folder):
    body = function("step", [("x", FLOAT), ("v", RESOURCE)], [("y", FLOAT, "read:value:0")],
                    [node("add", "AssignAddVariableOp", ("v", "x")),
                     node("read", "ReadVariableOp", ("v", "^add"), attr("dtype", TYPE, FLOAT))],
                    ["add"])
    nodes = [placeholder("in_x", FLOAT, 2), variable("sum", [2]), placeholder("prefix", STRING),
             call("run", "step", ("in_x", "sum")), call("restore", "restore", ("prefix", "sum"))]
    saved_model(folder, nodes, [body, restore(["sum"])], {"x": info("in_x:0", FLOAT, 2)},
                {"y": info("run:0", FLOAT, 2)}, {"sum": ([2], floats(1, 2))})


def foreign(folder):
    nodes = [placeholder("in_x", FLOAT, 2), node("strange", "StrangeOp", ("in_x",))]
    saved_model(folder, nodes, [], {"x": info("in_x:0", FLOAT, 2)},
                {"y": info("strange:0", FLOAT, 2)})


def own_type(*dims):
    """The attributes of a node from float to float, with what TensorFlow records of its shape."""
    return attr("T", TYPE, FLOAT), attr("_output_shapes", 1, message((7, shape(*dims))))


def fates(folder):
    names = ["Relu", "Softplus", "Lgamma", "BesselI0", "StrangeOp"]
    nodes = [placeholder("in_x", FLOAT, 2)]
    for i, name in enumerate(names):
        nodes.append(node(f"layer/{name}", name,
                          (f"layer/{names[i - 1]}" if i else "in_x",), *own_type(2)))
    saved_model(folder, nodes, [], {"x": info("in_x:0", FLOAT, 2)},
                {"y": info("layer/StrangeOp:0", FLOAT, 2)},
                ops=[op_def(name) for name in names])


def mixed(folder):
    t = own_type(2, 3)
    scale = [attr("mode", TEXT, "up"), attr("sizes", 1, message((3, 3), (3, 500), (3, -1))),
             entry("factor", b"\x25" + floats(2.5)), entry("times", field(3, 2))]
    nodes = [placeholder("in_x", FLOAT, 2, 3), node("own", "MyScale", ("in_x",), *t, *scale),
             node("half", "MyHalve", ("own",), *t), node("gamma", "Lgamma", ("half",), *t),
             node("relu", "Relu", ("gamma",), *t)]
    default = message((1, "level"), (2, "int"), (3, field(3, 7)))
    saved_model(folder, nodes, [], {"x": info("in_x:0", FLOAT, 2, 3)},
                {"y": info("relu:0", FLOAT, 2, 3)},
                ops=[op_def("MyScale", message((1, "mode"), (2, "string")),
                            message((1, "factor"), (2, "float")), default),
                     op_def("MyHalve"), op_def("Lgamma"), op_def("Relu")])


def products(folder):
    t = attr("T", TYPE, FLOAT)
    nodes = [placeholder("in_x", FLOAT, 2, 3),
             node("square", "MatMul", ("in_x", "in_x"), t, attr("transpose_a", 5, 1)),
             const("three", FLOAT, [], floats(3)), node("gamma", "Lgamma", ("three",), t),
             const("zero", FLOAT, [], floats(0)), node("erfinv", "Erfinv", ("zero",), t),
             node("add", "AddV2", ("square", "gamma"), t),
             node("all", "AddV2", ("add", "erfinv"), t)]
    saved_model(folder, nodes, [], {"x": info("in_x:0", FLOAT, 2, 3)},
                {"y": info("all:0", FLOAT, 3, 3)},
                ops=[op_def(name) for name in ("Lgamma", "Erfinv")])


def edges(folder):
    """1 / (x / 0 rounded down); what an integer cannot hold."""
    def cast(name, of, to):
        return node(name, "Cast", (of,), attr("DstT", TYPE, to))
    nodes = [placeholder("in_x", FLOAT, 3), const("zero", FLOAT, [], floats(0)),
             node("floor", "FloorDiv", ("in_x", "zero")), node("inv", "Reciprocal", ("floor",)),
             const("all", FLOAT, [3], floats(-1, 300, 5e9)), cast("u8", "all", 4),
             cast("u32", "all", 22), cast("f8", "u8", FLOAT), cast("f32", "u32", FLOAT),
             const("base", INT32, [1], ints(7)), const("exponent", INT32, [], ints(20)),
             node("power", "Pow", ("base", "exponent")), cast("f", "power", FLOAT),
             int32("i", 0), node("y", "ConcatV2", ("inv", "f8", "f32", "f", "i"), attr("N", 3, 4))]
    saved_model(folder, nodes, [], {"x": info("in_x:0", FLOAT, 3)}, {"y": info("y:0", FLOAT, 10)})


def slot(folder):
    """Two items put where they reach beyond the end: as far back as they fit."""
    nodes = [placeholder("in_x", FLOAT, 3), const("two", FLOAT, [2], floats(9, 8)),
             const("at", INT64, [1], struct.pack("<q", 5)),
             node("y", "XlaDynamicUpdateSlice", ("in_x", "two", "at"))]
    saved_model(folder, nodes, [], {"x": info("in_x:0", FLOAT, 3)}, {"y": info("y:0", FLOAT, 3)})


def descent(folder):
    body = function("step", [("x", FLOAT), ("w", RESOURCE), ("a", RESOURCE)],
                    [("y", FLOAT, "read:value:0")],
                    [const("rate", FLOAT, [], floats(0.1)), const("keep", FLOAT, [], floats(0.5)),
                     node("apply", "ResourceApplyMomentum",
                          ("w", "a", "rate:output:0", "x", "keep:output:0"),
                          attr("T", TYPE, FLOAT)),
                     node("read", "ReadVariableOp", ("w", "^apply"), attr("dtype", TYPE, FLOAT))],
                    ["apply"])
    nodes = [placeholder("in_x", FLOAT, 2), variable("w", [2]), variable("a", [2]),
             placeholder("prefix", STRING), call("run", "step", ("in_x", "w", "a")),
             call("restore", "restore", ("prefix", "w", "a"))]
    saved_model(folder, nodes, [body, restore(["w", "a"])], {"x": info("in_x:0", FLOAT, 2)},
                {"y": info("run:0", FLOAT, 2)},
                {"w": ([2], floats(1, 2)), "a": ([2], floats(0, 1))})


def narrow(folder):
    t, uint8 = attr("T", TYPE, 4), 4
    nodes = [placeholder("in_x", uint8, 4), const("two", uint8, [], b"\2"),
             const("axis", INT32, [1], struct.pack("<i", 0)), int32("zero", 0),
             node("less", "Sub", ("in_x", "two"), t),
             node("sum", "Sum", ("in_x", "axis"), t, attr("keep_dims", 5, 1)),
             node("relu", "Relu6", ("in_x",), t), node("above", "Greater", ("in_x", "two"), t),
             node("mask", "Cast", ("above",), attr("DstT", TYPE, uint8)),
             node("all", "ConcatV2", ("less", "sum", "relu", "mask", "zero")),
             node("y", "Cast", ("all",), attr("DstT", TYPE, FLOAT))]
    saved_model(folder, nodes, [], {"x": info("in_x:0", uint8, 4)}, {"y": info("y:0", FLOAT, 13)})


def pieces(folder):
    """w is 1 to 9 in three rows; the graph has its first column and the other two apart."""
    names = ["left", "right", "whole"]
    dims = {"left": [3, 1], "right": [3, 2], "whole": [3, 3]}
    nodes = [placeholder("in_x", FLOAT, 3), placeholder("prefix", STRING), int32("axis", 1)]
    for name in names:
        nodes += [variable(name, dims[name]),
                  node(f"read_{name}", "ReadVariableOp", (name,), attr("dtype", TYPE, FLOAT))]
    nodes += [node("row", "ConcatV2", ("read_left", "read_right", "axis")),
              node("by_parts", "Mul", ("row", "in_x")),
              node("by_whole", "Mul", ("read_whole", "in_x")),
              node("both", "ConcatV2", ("by_parts", "by_whole", "axis")),
              call("restore", "restore", ("prefix", *names))]
    spec = ["3 3 0,3:0,1", "3 3 -:1,2", ""]
    values = sliced("w", [3, 3], [([(0, 2), (0, -1)], floats(1, 2, 3, 4, 5, 6)),
                                  ([(2, 1), (0, 3)], floats(7, 8, 9))])
    saved_model(folder, nodes, [restore(["w"] * 3, spec)], {"x": info("in_x:0", FLOAT, 3)},
                {"y": info("both:0", FLOAT, 3, 6)}, values)


def composite(folder):
    """The functions themselves compute something of the same shape only."""
    def implements(name, **options):
        return attr("_implements", FUNC,
                    message((1, name), *((2, entry(k, v)) for k, v in options.items())))

    def pair(a, b):
        return message((1, message((3, a), (3, b))))
    unpool = function("unpool", [("x", FLOAT), ("at", INT32)], [("y", FLOAT, "tile:output:0")],
                      [const("times", INT32, [4], struct.pack("<4i", 1, 2, 2, 1)),
                       node("tile", "Tile", ("x", "times:output:0"), attr("T", TYPE, FLOAT))],
                      attrs=[implements("addons:MaxUnpooling2D", pool_size=pair(2, 2),
                                        strides=pair(2, 2), padding=message((2, "SAME")))])
    fused = function("fuse", [("x", FLOAT)], [("y", FLOAT, "mine:y:0")],
                     [node("mine", "SecretOp", ("x",))],
                     attrs=[implements("my_fused", tfl_fusable_op=field(5, 1), flag=field(5, 1),
                                       count=field(3, 10), mode=message((2, "fast")),
                                       rate=b"\x25" + floats(0.5))])
    nodes = [placeholder("in_x", FLOAT, 1, 1, 2, 1),
             const("at", INT32, [1, 1, 2, 1], struct.pack("<2i", 5, 2)),
             call("big", "unpool", ("in_x", "at")), call("last", "fuse", ("big",))]
    saved_model(folder, nodes, [unpool, fused], {"x": info("in_x:0", FLOAT, 1, 1, 2, 1)},
                {"big": info("big:0", FLOAT, 1, 2, 4, 1), "y": info("last:0", FLOAT, 1, 2, 4, 1)})


def text_table(name, file, key, value):
    """A table from strings to numbers that this file among the assets fills, and its initializer;
    -2: the line, -1: its number."""
    return [node(name, "HashTableV2", (), attr("key_dtype", TYPE, STRING),
                 attr("value_dtype", TYPE, INT64), attr("shared_name", TEXT, name)),
            const(f"{name}_file", STRING, [], ["/where/it/was/" + file]),
            node(f"{name}_fill", "InitializeTableFromTextFileV2", (name, f"{name}_file"),
                 attr("key_index", NUMBER, key), attr("value_index", NUMBER, value),
                 attr("delimiter", TEXT, ","), attr("vocab_size", NUMBER, -1))]


def words(folder):
    nodes = [placeholder("in_x", STRING, 4), *text_table("prices", "prices.txt", 0, 2),
             *text_table("lines", "lines.txt", -2, -1),
             const("none", INT64, [], struct.pack("<q", -1)),
             *(node(f"of_{table}", "LookupTableFindV2", (table, "in_x", "none"),
                    attr("Tin", TYPE, STRING), attr("Tout", TYPE, INT64))
               for table in ("prices", "lines")),
             node("sum", "AddV2", ("of_prices", "of_lines")),
             node("cast", "Cast", ("sum",), attr("SrcT", TYPE, INT64), attr("DstT", TYPE, FLOAT))]
    saved_model(folder, nodes, [], {"x": info("in_x:0", STRING, 4)},
                {"y": info("cast:0", FLOAT, 4)})
    (folder / "assets").mkdir(exist_ok=True)
    (folder / "assets" / "prices.txt").write_bytes(b"tea,hot,300\r\nice,cold,-20\n,none,7")
    (folder / "assets" / "lines.txt").write_bytes(b"ice\nmilk\ntea\n")


def int32(name, *values):
    return const(name, INT32, [], struct.pack(f"<{len(values)}i", *values))


def arithmetic(folder):
    """What becomes several operators: a spectrum, a narrow and a wide fake quantization, a product
    that is 0 where a factor is, squares of remainders of integers; side by side, and weights with
    one fake quantization."""
    wide = [entry("min", b"\x25" + floats(-1)), entry("max", b"\x25" + floats(1))]
    narrow = [*wide, attr("narrow_range", 5, 1)]
    nodes = [
        placeholder("in_x", FLOAT, 2, 4),
        const("length", INT32, [1], struct.pack("<i", 4)), node("rfft", "RFFT", ("in_x", "length")),
        node("size", "ComplexAbs", ("rfft",)),
        node("fake", "FakeQuantWithMinMaxArgs", ("in_x",), *narrow),
        node("wide", "FakeQuantWithMinMaxArgs", ("in_x",), *wide),
        const("mask", FLOAT, [4], floats(0, 1, 0, 2)),
        node("masked", "MulNoNan", ("in_x", "mask")),
        node("whole", "Cast", ("in_x",), attr("DstT", TYPE, INT32)), int32("three", 3),
        node("rest", "TruncateMod", ("whole", "three")), node("square", "Square", ("rest",)),
        node("back", "Cast", ("square",), attr("DstT", TYPE, FLOAT)), int32("axis", 1),
        const("weights", FLOAT, [2, 1], floats(0.3, -1)),
        node("grid", "FakeQuantWithMinMaxArgs", ("weights",), *wide),
        node("all", "ConcatV2", ("size", "fake", "wide", "masked", "back", "grid", "axis"))]
    saved_model(folder, nodes, [], {"x": info("in_x:0", FLOAT, 2, 4)},
                {"y": info("all:0", FLOAT, 2, 20)})


def frozen(folder):
    """The loop's values are the turn and x; the tensor of items is x of each turn."""
    frame = [attr("frame_name", TEXT, "loop"), entry("is_constant", message((5, 0)))]
    fixed = [attr("frame_name", TEXT, "loop"), entry("is_constant", message((5, 1)))]
    nodes = [
        placeholder("n", INT32), placeholder("x", FLOAT, 2), int32("zero", 0),
        node("items", "TensorArrayV3", ("n",), attr("dtype", TYPE, FLOAT)),
        node("enter_i", "Enter", ("zero",), *frame), node("enter_x", "Enter", ("x",), *frame),
        node("enter_flow", "Enter", ("items:1",), *frame),
        node("enter_n", "Enter", ("n",), *fixed), node("enter_items", "Enter", ("items",), *fixed)]
    for name in ("i", "x", "flow"):
        nodes += [node(f"merge_{name}", "Merge", (f"enter_{name}", f"next_{name}")),
                  node(f"switch_{name}", "Switch", (f"merge_{name}", "go")),
                  node(f"turn_{name}", "Identity", (f"switch_{name}:1",)),
                  node(f"exit_{name}", "Exit", (f"switch_{name}",))]
    nodes += [
        node("less", "Less", ("merge_i", "enter_n")), node("go", "LoopCond", ("less",)),
        int32("one", 1), node("plus", "AddV2", ("turn_i", "one")),
        node("next_i", "NextIteration", ("plus",)),
        const("begin", INT32, [1], struct.pack("<i", 0)),
        const("size", INT32, [1], struct.pack("<i", 1)),
        node("first", "Slice", ("turn_x", "begin", "size")), const("dims", INT32, [0], b""),
        node("scalar", "Reshape", ("first", "dims")), const("four", FLOAT, [], floats(4)),
        node("above", "Greater", ("scalar", "four")),
        node("branch", "Switch", ("above", "above")),
        node("yes", "Identity", ("branch:1",)), node("no", "Identity", ("branch",)),
        node("x_branch", "Switch", ("turn_x", "above")),
        node("three", "Const", ("^yes",), attr("dtype", TYPE, FLOAT),
             attr("value", TENSOR, tensor(FLOAT, [], floats(3)))),
        node("minus", "Sub", ("x_branch:1", "three")),
        node("twice", "AddV2", ("x_branch", "x_branch", "^no")),
        node("either", "Merge", ("twice", "minus")), node("next_x", "NextIteration", ("either",)),
        node("write", "TensorArrayWriteV3", ("enter_items", "turn_i", "turn_x", "turn_flow"),
             attr("T", TYPE, FLOAT)),
        node("next_flow", "NextIteration", ("write",)),
        node("count", "TensorArraySizeV3", ("items", "exit_flow")),
        node("all", "Range", ("zero", "count", "one")),
        node("stack", "TensorArrayGatherV3", ("items", "all", "exit_flow"),
             attr("dtype", TYPE, FLOAT)),
        node("sum", "Sum", ("stack", "zero")), node("y", "AddV2", ("sum", "exit_x"))]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "graph.pb").write_bytes(message(*((1, n) for n in nodes)))


def main():
    root = pathlib.Path(sys.argv[1])
    for make in (dense, loop, shifting, endless, pushed, copied, choice, unlisted, dots, spread,
                 counter, foreign, fates, mixed, arithmetic, words, slot, descent, narrow,
                 composite, edges, products, pieces, frozen):
        make(root / make.__name__)


if __name__ == "__main__":
    main()
