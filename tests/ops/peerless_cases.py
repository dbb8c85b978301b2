#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cases of operators that TensorFlow Lite's own runtime cannot run: the rest of STABLEHLO (see
stablehlo_cases.py), CALL, and custom operators of other libraries.  Run it after make_cases.py.

    python3 tests/ops/peerless_cases.py [tests/ops]

What is expected is computed here, by numpy or by plain loops.  The script writes
cases/own_peerless.zip and its lines of cases/counts.txt.
"""
import math
import os
import struct
import sys

import numpy as np
from ai_edge_litert import schema_py_generated as schema
import flatbuffers
from flatbuffers import flexbuffers

from make_cases import TYPES, case_of, graph, operator, tensor, write_archive
from quantized_cases import write_counts

SPECIAL = np.array([0.0, -0.0, 1, -1, 0.5, -2.5, np.inf, -np.inf, np.nan, 1e-40, 3e38, 88],
                   np.float32)


class Maker:
    """Collects cases; each is a model of one operator whose inputs are all fed."""

    def __init__(self):
        self.cases, self.used = [], {}

    def add(self, op, inputs, outputs, options=None, custom=None, graphs=(), codes=(), tag="own"):
        inputs, outputs = [np.asarray(x) for x in inputs], [np.asarray(y) for y in outputs]
        tensors = [tensor(f"t{i}", x.shape, TYPES[x.dtype]) for i, x in enumerate(inputs + outputs)]
        n = len(inputs)
        call = operator(0, list(range(n)), list(range(n, n + len(outputs))))
        if options is not None:
            kind = type(options).__name__[:-1]
            second = hasattr(schema.BuiltinOptions2, kind)
            enum = schema.BuiltinOptions2 if second else schema.BuiltinOptions
            setattr(call, "builtinOptions2Type" if second else "builtinOptionsType",
                    getattr(enum, kind))
            setattr(call, "builtinOptions2" if second else "builtinOptions", options)
        if custom is not None:
            call.customOptions = list(custom)
        m = schema.ModelT()
        m.version, m.buffers = 3, [schema.BufferT()]
        m.subgraphs = [graph(tensors, call.inputs, call.outputs, [call]), *graphs]
        m.operatorCodes = [self.code(name) for name in (op, *codes)]
        builder = flatbuffers.Builder(1024)
        builder.Finish(m.Pack(builder), b"TFL3")
        k = self.used[op] = self.used.get(op, 0) + 1
        name = f"own_{op.lower()}_{k}"
        self.cases.append(case_of(name, op, bytes(builder.Output()), inputs, outputs, tag))

    @staticmethod
    def code(name):
        c = schema.OperatorCodeT()
        c.version = 1
        if hasattr(schema.BuiltinOperator, name):
            c.builtinCode = getattr(schema.BuiltinOperator, name)
        else:
            c.builtinCode, c.customCode = schema.BuiltinOperator.CUSTOM, name
        c.deprecatedBuiltinCode = min(c.builtinCode, 127)
        return c


def numbers(rng, shape, dtype):
    if np.dtype(dtype).kind == "f":
        return rng.standard_normal(shape).astype(dtype)
    return rng.integers(-40, 40, shape).astype(dtype)


# ---- item by item ----

def logistic(x):
    return 1 / (1 + np.exp(-x))


UNARY = {"ABS": np.abs, "NEGATE": np.negative, "COSINE": np.cos, "EXPONENTIAL": np.exp,
         "FLOOR": np.floor, "LOG": np.log, "LOGISTIC": logistic, "TANH": np.tanh,
         "CBRT": np.cbrt, "RSQRT": lambda x: 1 / np.sqrt(x)}


def int_power(a, b):
    """Wraps at 32 bits; a negative exponent leaves the whole part of the quotient."""
    if b < 0:
        return {1: 1, -1: -1 if b % 2 else 1}.get(a, 0)
    return (pow(a, b, 1 << 32) + (1 << 31)) % (1 << 32) - (1 << 31)


def exactly(fn, a, b):
    return np.array([fn(int(x), int(y)) for x, y in zip(a.ravel(), b.ravel())],
                    a.dtype).reshape(a.shape)


BINARY = {
    "SUBTRACT": (np.subtract, lambda a, b: a - b),
    "DIVIDE": (np.divide, lambda a, b: int(math.trunc(a / b))),
    "REMAINDER": (np.fmod, lambda a, b: int(math.fmod(a, b))),
    "POWER": (np.power, int_power),
}


def elementwise(m, rng):
    for name, fn in UNARY.items():
        for x in (SPECIAL, numbers(rng, (2, 3), np.float32), numbers(rng, (2, 0), np.float32)):
            with np.errstate(all="ignore"):
                m.add("STABLEHLO_" + name, [x], [fn(x.astype(np.float64)).astype(np.float32)])
    for name, fn in (("ABS", np.abs), ("NEGATE", np.negative)):
        x = np.array([5, -5, 0, -(1 << 31)], np.int32)
        m.add("STABLEHLO_" + name, [x], [fn(x)])
    for name, (real, whole) in BINARY.items():
        a, b = np.abs(numbers(rng, (2, 5), np.float32)), numbers(rng, (2, 5), np.float32)
        m.add("STABLEHLO_" + name, [a, b], [real(a.astype(np.float64), b).astype(np.float32)])
        a, b = numbers(rng, (3, 4), np.int32), numbers(rng, (3, 4), np.int32)
        b[b == 0] = 7
        m.add("STABLEHLO_" + name, [a, b], [exactly(whole, a, b)])
        a, b = numbers(rng, (6,), np.int8), np.array([3, -3, 1, -1, 2, 5], np.int8)
        if name != "POWER":
            m.add("STABLEHLO_" + name, [a, b], [exactly(whole, a, b)])
    m.add("STABLEHLO_POWER", [np.array([2, 0, 1.5], np.float32), np.array([-1, 0, 3], np.float32)],
          [np.array([0.5, 1, 3.375], np.float32)])
    for dtype in (np.int32, np.uint8, np.bool_):
        a, b = (rng.integers(0, 2 if dtype == np.bool_ else 100, (2, 7)).astype(dtype)
                for _ in range(2))
        m.add("STABLEHLO_OR", [a, b], [a | b])


def choices(m, rng):
    for dtype in (np.float32, np.int32, np.int8):
        x = numbers(rng, (3, 4), dtype)
        low, high = np.array(-1, dtype), np.array(1, dtype)
        m.add("STABLEHLO_CLAMP", [low, x, high], [np.clip(x, low, high)])
        pick, other = rng.random((3, 4)) < 0.5, numbers(rng, (3, 4), dtype)
        m.add("STABLEHLO_SELECT", [pick, x, other], [np.where(pick, x, other)])
    names = ["EQ", "NE", "GE", "GT", "LE", "LT"]
    tests = [np.equal, np.not_equal, np.greater_equal, np.greater, np.less_equal, np.less]
    for i, (name, test) in enumerate(zip(names, tests)):
        a, b = numbers(rng, (4, 5), np.float32), numbers(rng, (4, 5), np.float32)
        b[0], a[1, 0] = a[0], np.nan
        if i % 2:
            a, b = numbers(rng, (9,), np.int32) // 20, numbers(rng, (9,), np.int32) // 20
        o = schema.StablehloCompareOptionsT()
        o.comparisonDirection = getattr(schema.StablehloComparisonDirection,
                                        "STABLEHLO_COMPARISON_DIRECTION_" + name)
        m.add("STABLEHLO_COMPARE", [a, b], [test(a, b)], o)
    x = np.array([1.75, -1.75, 0, 100], np.float32)
    for dtype in (np.int32, np.int8, np.float16, np.bool_, np.int64):
        m.add("STABLEHLO_CONVERT", [x], [x.astype(dtype)])


# ---- items that move ----

def moves(m, rng):
    for dtype in (np.float32, np.int8, np.bool_):
        x = (numbers(rng, (2, 3, 4), np.int8) > 0 if dtype == np.bool_
             else numbers(rng, (2, 3, 4), dtype))
        m.add("STABLEHLO_RESHAPE", [x], [x.reshape(4, 6)])
        o = schema.StablehloTransposeOptionsT()
        o.permutation = [2, 0, 1]
        m.add("STABLEHLO_TRANSPOSE", [x], [x.transpose(2, 0, 1)], o)
        o = schema.StablehloSliceOptionsT()
        o.startIndices, o.limitIndices, o.strides = [0, 1, 0], [2, 3, 4], [1, 1, 3]
        m.add("STABLEHLO_SLICE", [x], [x[:, 1:3, ::3]], o)
        o = schema.StablehloBroadcastInDimOptionsT()
        o.broadcastDimensions = [2, 0]
        row = x[0, :, :1]
        m.add("STABLEHLO_BROADCAST_IN_DIM", [row],
              [np.broadcast_to(row.T.reshape(1, 1, 3), (4, 2, 3)).copy()], o)
        o = schema.StablehloConcatenateOptionsT()
        o.dimension = 1
        m.add("STABLEHLO_CONCATENATE", [x, x[:, :1], x], [np.concatenate([x, x[:, :1], x], 1)], o)
        for at in ((0, 1, 2), (9, -3, 1)):
            at = [np.array(v, np.int32) for v in at]
            first = [int(np.clip(v, 0, n - k)) for v, n, k in zip(at, x.shape, (1, 2, 2))]
            window = tuple(slice(v, v + k) for v, k in zip(first, (1, 2, 2)))
            o = schema.StablehloDynamicSliceOptionsT()
            o.sliceSizes = [1, 2, 2]
            m.add("STABLEHLO_DYNAMIC_SLICE", [x, *at], [x[window]], o)
            y, update = x.copy(), np.flip(x[:1, :2, :2])
            y[window] = update
            m.add("STABLEHLO_DYNAMIC_UPDATE_SLICE", [x, update.copy(), *at], [y])
    for axis, dtype in enumerate((np.int32, np.float32, np.int8)):
        o = schema.StablehloIotaOptionsT()
        o.iotaDimension = axis
        counts = np.arange(3 + axis).reshape([-1 if i == axis else 1 for i in range(3)])
        shape = [3 + axis if i == axis else 2 for i in range(3)]
        m.add("STABLEHLO_IOTA", [], [np.broadcast_to(counts, shape).astype(dtype)], o)


# ---- other graphs ----

def control(m, rng):
    """Graphs 1 and 2 are a condition, x < 50, and a body, x + x."""
    for start in (1, 3, 60):
        cond = graph([tensor("x", [], "INT32"), tensor("limit", [], "INT32"),
                      tensor("less", [], "BOOL")], [0, 1], [2], [operator(1, [0, 1], [2])])
        body = graph([tensor("x", [], "INT32"), tensor("limit", [], "INT32"),
                      tensor("y", [], "INT32")], [0, 1], [2, 1], [operator(2, [0, 0], [2])])
        cond.operators[0].builtinOptionsType = schema.BuiltinOptions.LessOptions
        cond.operators[0].builtinOptions = schema.LessOptionsT()
        o = schema.StablehloWhileOptionsT()
        o.condSubgraphIndex, o.bodySubgraphIndex = 1, 2
        x = start
        while x < 50:
            x += x
        m.add("STABLEHLO_WHILE", [np.int32(start), np.int32(50)], [np.int32(x), np.int32(50)], o,
              None, [cond, body], ["LESS", "STABLEHLO_ADD"])
        a, b = numbers(rng, (start, 2), np.float32), numbers(rng, (start, 2), np.float32)
        called = graph([tensor(n, a.shape, "FLOAT32") for n in "abc"], [0, 1], [2],
                       [operator(1, [0, 1], [2])])
        o = schema.CallOptionsT()
        o.subgraph = 1
        m.add("CALL", [a, b], [a + b], o, None, [called], ["STABLEHLO_ADD"])


# ---- custom operators ----

def windows(size, filter_, stride, padding):
    """Outputs and the padding before, by TensorFlow's rule."""
    if padding == "VALID":
        return (size - filter_) // stride + 1, 0
    out = -(-size // stride)
    return out, max((out - 1) * stride + filter_ - size, 0) // 2


def pooled(x, filter_, stride, padding, in_image):
    """The largest of each window, and where it is."""
    (oh, top), (ow, left) = (windows(x.shape[i + 1], filter_[i], stride[i], padding)
                             for i in range(2))
    y = np.full((x.shape[0], oh, ow, x.shape[3]), -np.inf, np.float32)
    at = np.zeros(y.shape, np.int32 if in_image else np.float32)
    for n, i, j, k in np.ndindex(y.shape):
        for a in range(filter_[0]):
            for b in range(filter_[1]):
                r, c = i * stride[0] - top + a, j * stride[1] - left + b
                if 0 <= r < x.shape[1] and 0 <= c < x.shape[2] and x[n, r, c, k] > y[n, i, j, k]:
                    y[n, i, j, k] = x[n, r, c, k]
                    at[n, i, j, k] = ((r * x.shape[2] + c) * x.shape[3] + k if in_image
                                      else a * filter_[1] + b + 0.1)
    return y, at


def pooling(m, rng):
    for padding, filter_, stride in (("VALID", (2, 2), (2, 2)), ("SAME", (3, 2), (2, 1)),
                                     ("VALID", (1, 3), (1, 2))):
        x = np.abs(numbers(rng, (2, 6, 8, 3), np.float32))
        number = 1 if padding == "SAME" else 2
        raw = struct.pack("<5i", number, stride[1], stride[0], filter_[1], filter_[0])
        m.add("MaxPoolingWithArgmax2D", [x], pooled(x, filter_, stride, padding, False), None, raw)
        flex = flexbuffers.Dumps({"padding": padding, "ksize": [1, *filter_, 1],
                                  "strides": [1, *stride, 1], "include_batch_in_index": False})
        m.add("MaxPoolWithArgmax", [x], pooled(x, filter_, stride, padding, True), None, flex)
    for n in (1, 2, 3):
        x = np.abs(numbers(rng, (n, 4, 6, 2), np.float32))
        y, at = pooled(x, (2, 2), (2, 2), "VALID", False)
        back = np.zeros(x.shape, np.float32)
        for b, i, j, k in np.ndindex(y.shape):
            a = int(at[b, i, j, k])
            back[b, 2 * i + a // 2, 2 * j + a % 2, k] = y[b, i, j, k]
        m.add("MaxUnpooling2D", [y, at], [back], None, struct.pack("<5i", 2, 2, 2, 2, 2))


def transposed(m, rng):
    for stride, bias in ((2, True), (1, True), (3, True)):
        x, w = numbers(rng, (1, 3, 4, 2), np.float32), numbers(rng, (3, 2, 2, 2), np.float32)
        b = numbers(rng, (3,), np.float32)
        y = np.zeros((1, (3 - 1) * stride + 2, (4 - 1) * stride + 2, 3), np.float64)
        for i, j, a, c in np.ndindex(3, 4, 2, 2):
            y[0, i * stride + a, j * stride + c] += w[:, a, c].astype(np.float64) @ x[0, i, j]
        m.add("Convolution2DTransposeBias", [x, w, b], [(y + b * bias).astype(np.float32)], None,
              struct.pack("<3i", 2, stride, stride))


def angles(m, rng):
    for name in ("Atan2", "AtanTwo"):
        for shape in ((5,), (2, 3), (2, 0)):
            a, b = numbers(rng, shape, np.float32), numbers(rng, shape, np.float32)
            m.add(name, [a, b], [np.arctan2(a, b)])


def randoms(m, rng):
    """Compared in shape, type and range: at most 1 and not negative, but for the normal ones."""
    flex = flexbuffers.Dumps({"seed": 7, "seed2": 11})
    for shape in ((4,), (2, 3), (5, 1)):
        for name, like in (("RandomUniform", 0), ("RandomStandardNormal", -2)):
            m.add(name, [np.array(shape, np.int32)], [np.full(shape, like, np.float32)], None,
                  flex, tag="random")
        logits = numbers(rng, (shape[0], 3), np.float32)
        m.add("Multinomial", [logits, np.int32(6)], [np.zeros((shape[0], 6), np.int64)], None,
              flex, tag="random")


def ragged(m, rng):
    """Rows of 2, 0 and 3 values, from the places where they end or the row of each value."""
    ends, rows = [0, 2, 2, 5], [0, 0, 2, 2, 2]
    for dtype, wanted in ((np.float32, (-1, -1)), (np.int32, (3, 2)), (np.int32, (4, 5))):
        values, default = numbers(rng, (5,), dtype), np.array(9, dtype)
        y = np.full([3 if wanted[0] < 0 else wanted[0], 3 if wanted[1] < 0 else wanted[1]], default)
        for i in range(3):
            row = values[ends[i]:ends[i + 1]][:y.shape[1]]
            y[i, :len(row)] = row
        shape = np.array(wanted, np.int64)
        for kinds, partitions in ((["ROW_SPLITS"], [ends]),
                                  (["FIRST_DIM_SIZE", "VALUE_ROWIDS"], [3, rows])):
            m.add("RaggedTensorToTensor",
                  [shape, values, default, *(np.array(p, np.int64) for p in partitions)], [y], None,
                  flexbuffers.Dumps({"row_partition_types": kinds}))


def main():
    here = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    m = Maker()
    for i, make in enumerate((elementwise, choices, moves, control, pooling, transposed, angles,
                              randoms, ragged)):
        make(m, np.random.default_rng(i))
    folder = os.path.join(here, "cases")
    write_archive(os.path.join(folder, "own_peerless.zip"), m.cases)
    write_counts(folder, set(m.used))
    print(f"{len(m.cases)} cases of {len(m.used)} ops")


if __name__ == "__main__":
    main()
