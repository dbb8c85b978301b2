#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cases that no archive has: weights of 4 and 2 bits, the LSTM form with 12 intermediates,
constants that TensorFlow Lite reads past their end, halves in QUANTIZE, and SELECT with as many
flags of rows as there are items.

    python3 tests/ops/quantized_cases.py [tests/ops]

Run it after make_cases.py.  The real runtime (the package ai-edge-litert) gives what is expected.
The script writes cases/own_quantized.zip with its lines of cases/counts.txt, and state/: models
with variables as NAME.tflite, and what comes in and out of STEPS calls as NAME.in and NAME.out.
"""
import glob
import os
import sys

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
import flatbuffers

from make_cases import from_peer, graph, operator, read_archive, tensor, write_archive

STEPS = 5
GATES = 4


class Model:
    """A model of one graph that grows tensor by tensor."""

    def __init__(self):
        self.tensors, self.buffers, self.codes, self.calls = [], [schema.BufferT()], [], []

    def add(self, shape, kind, scale=None, zero=0, data=None):
        t = tensor(f"t{len(self.tensors)}", list(shape), kind)
        if scale is not None:
            t.quantization = schema.QuantizationParametersT()
            scales = np.atleast_1d(scale).tolist()
            t.quantization.scale, t.quantization.zeroPoint = scales, [zero] * len(scales)
        if data is not None:
            b = schema.BufferT()
            b.data = list(data.tobytes())
            self.buffers.append(b)
            t.buffer = len(self.buffers) - 1
        self.tensors.append(t)
        return len(self.tensors) - 1

    def state(self, *args):
        i = self.add(*args)
        self.tensors[i].isVariable = True
        return i

    def call(self, name, inputs, outputs, options=None, version=1):
        c = schema.OperatorCodeT()
        c.builtinCode = getattr(schema.BuiltinOperator, name)
        c.deprecatedBuiltinCode, c.version = min(c.builtinCode, 127), version
        o = operator(len(self.codes), inputs, outputs)
        if options is not None:
            o.builtinOptions = options
            o.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__[:-1])
        self.codes.append(c)
        self.calls.append(o)
        return o

    def cut(self):
        """What there is so far becomes a graph without inputs and outputs."""
        g = graph(self.tensors, [], [], self.calls)
        self.tensors, self.calls = [], []
        return g

    def finish(self, inputs, outputs, others=()):
        m = schema.ModelT()
        m.version, m.buffers, m.operatorCodes = 3, self.buffers, self.codes
        m.subgraphs = [graph(self.tensors, inputs, outputs, self.calls), *others]
        builder = flatbuffers.Builder(1024)
        builder.Finish(m.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def packed(values, bits):
    """Small integers, the first in the lowest bits of a byte."""
    per = 8 // bits
    flat = np.append(values.ravel(), np.zeros(-values.size % per, values.dtype))
    flat = flat.astype(np.int64) & ((1 << bits) - 1)
    return sum(flat[i::per] << (bits * i) for i in range(per)).astype(np.uint8)


# ---- FULLY_CONNECTED ----

def dense(m, x, w, bias, y):
    o = schema.FullyConnectedOptionsT()
    o.asymmetricQuantizeInputs = False
    m.call("FULLY_CONNECTED", [x, w, bias], [y], o, 12)


def blockwise(rng, batch, depth, units, block, with_bias):
    m = Model()
    values = rng.integers(-7, 8, (units, depth))
    scales = rng.uniform(0.01, 0.1, (units, depth // block)).astype(np.float16)
    x = m.add((batch, depth), "FLOAT32")
    s = m.add(scales.shape, "FLOAT16", data=scales)
    w = m.add((units, depth), "INT4", data=packed(values, 4))
    q = schema.QuantizationParametersT()
    q.detailsType = schema.QuantizationDetails.BlockwiseQuantization
    q.details = schema.BlockwiseQuantizationT()
    q.details.scales, q.details.zeroPoints, q.details.blockSize = s, -1, block
    m.tensors[w].quantization = q
    bias = -1
    if with_bias:
        bias = m.add((units,), "FLOAT32", data=rng.standard_normal(units).astype(np.float32))
    y = m.add((batch, units), "FLOAT32")
    dense(m, x, w, bias, y)
    return m.finish([x], [y]), [rng.standard_normal((batch, depth)).astype(np.float32)]


def narrow_weights(rng, kind, bits, batch, depth, units, per_channel):
    m = Model()
    half = 1 << (bits - 1)
    values = rng.integers(-half, half, (units, depth))
    scale = rng.uniform(0.02, 0.05, units if per_channel else 1)
    x = m.add((batch, depth), kind, *((0.03, 4) if kind == "INT8" else ()))
    w = m.add((units, depth), f"INT{bits}", scale, 0, packed(values, bits))
    if kind == "INT8":
        bias = m.add((units,), "INT32", scale * 0.03, 0,
                     rng.integers(-300, 300, units).astype(np.int32))
        y = m.add((batch, units), kind, 0.05, -3)
        data = rng.integers(-128, 128, (batch, depth)).astype(np.int8)
    else:
        bias = m.add((units,), "FLOAT32", data=rng.standard_normal(units).astype(np.float32))
        y = m.add((batch, units), kind)
        data = rng.standard_normal((batch, depth)).astype(np.float32)
    dense(m, x, w, bias, y)
    return m.finish([x], [y]), [data]


# ---- what TensorFlow Lite does that one would not expect ----

def short_bias(rng, cin, cout):
    """A 16-bit convolution that takes its int32 bias for int64."""
    m = Model()
    x = m.add((1, 4, 4, cin), "INT16", 1e-3)
    w = m.add((cout, 2, 2, cin), "INT8", 0.01, 0, bytes_of(rng, cout, 2, 2, cin))
    bias = m.add((cout,), "INT32", 1e-5, 0, rng.integers(-99, 99, cout).astype(np.int32))
    y = m.add((1, 3, 3, cout), "INT16", 2e-3)
    o = schema.Conv2DOptionsT()
    o.padding, o.strideW, o.strideH = schema.Padding.VALID, 1, 1
    m.call("CONV_2D", [x, w, bias], [y], o)
    return m.finish([x], [y]), [rng.integers(-3000, 3000, (1, 4, 4, cin)).astype(np.int16)]


def short_distances(rng, rows, columns):
    """STABLEHLO_SHIFT_LEFT by a constant of one row."""
    m = Model()
    x = m.add((rows, columns), "INT32")
    by = m.add((columns,), "INT32", data=rng.integers(0, 9, columns).astype(np.int32))
    y = m.add((rows, columns), "INT32")
    m.call("STABLEHLO_SHIFT_LEFT", [x, by], [y])
    return m.finish([x], [y]), [rng.integers(-99, 99, (rows, columns)).astype(np.int32)]


def halves(rng, n):
    """ROUND keeps TensorFlow Lite's reference kernels away: halves go to even."""
    m = Model()
    x, whole, y = m.add((n,), "FLOAT32"), m.add((n,), "FLOAT32"), m.add((n,), "INT8", 2.0, -3)
    m.call("ROUND", [x], [whole])
    m.call("QUANTIZE", [whole], [y], schema.QuantizeOptionsT())
    return m.finish([x], [y]), [(rng.standard_normal(n) * 40).astype(np.float32)]


def flags_of_rows(rng, *shape):
    m = Model()
    flags = m.add(shape[:1], "BOOL")
    a, b, y = (m.add(shape, "BOOL") for _ in range(3))
    m.call("SELECT", [flags, a, b], [y], schema.SelectOptionsT())
    return m.finish([flags, a, b], [y]), [rng.random(shape[0]) < 0.5,
                                          *(rng.random((2, *shape)) < 0.5)]


def half_gelu(rng, n, approximate):
    """Rounds to 16 bits after every step."""
    m = Model()
    x, y, o = m.add((n,), "FLOAT16"), m.add((n,), "FLOAT16"), schema.GeluOptionsT()
    o.approximate = approximate
    m.call("GELU", [x], [y], o)
    return m.finish([x], [y]), [(rng.standard_normal(n) * 3).astype(np.float16)]


def coarse_swish(rng, n):
    """An output scale that leaves only signs."""
    m = Model()
    x, y = m.add((n,), "INT8", 2e-4, 5), m.add((n,), "INT8", 0.3, -7)
    m.call("HARD_SWISH", [x], [y], schema.HardSwishOptionsT())
    return m.finish([x], [y]), [rng.integers(-128, 128, n).astype(np.int8)]


# ---- LSTM ----

def bytes_of(rng, *shape):
    return rng.integers(-127, 128, shape).astype(np.int8)


def narrow_lstm(rng, batch, depth, cells, units, cell_clip=0.0, proj_clip=0.0, cifg=False):
    """The integer form whose sums are int8: layer norm and a projection, 12 intermediates."""
    m, inputs = Model(), [-1] * 24
    inputs[0] = m.add((batch, depth), "INT8", 0.02, 3)
    for k in range(1 if cifg else 0, GATES):
        inputs[1 + k] = m.add((cells, depth), "INT8", 0.008, 0, bytes_of(rng, cells, depth))
        inputs[5 + k] = m.add((cells, units), "INT8", 0.007, 0, bytes_of(rng, cells, units))
        inputs[12 + k] = m.add((cells,), "INT32", 1e-5, 0,
                               rng.integers(-20000, 20000, cells).astype(np.int32))
        inputs[20 + k] = m.add((cells,), "INT16", 3e-5, 0,
                               rng.integers(8000, 32767, cells).astype(np.int16))
    inputs[16] = m.add((units, cells), "INT8", 0.006, 0, bytes_of(rng, units, cells))
    inputs[17] = m.add((units,), "INT32", 1e-5, 0,
                       rng.integers(-3000, 3000, units).astype(np.int32))
    inputs[18] = m.state((batch, units), "INT8", 0.009, -5)
    inputs[19] = m.state((batch, cells), "INT16", 2.0 ** -15)
    y = m.add((batch, units), "INT8", 0.009, -5)
    o = schema.LSTMOptionsT()
    o.fusedActivationFunction = schema.ActivationFunctionType.TANH
    o.cellClip, o.projClip = cell_clip, proj_clip
    call = m.call("LSTM", inputs, [y], o, 4)
    call.intermediates = [m.add((1,), "INT8", rng.uniform(0.005, 0.05), int(rng.integers(-9, 9)))
                          for _ in range(3 * GATES)]
    return m.finish([inputs[0]], [y]), [bytes_of(rng, batch, depth)]


def float_lstm(rng, batch, depth, cells):
    m, inputs = Model(), [-1] * 24
    inputs[0] = m.add((batch, depth), "FLOAT32")

    def weights(*shape):
        return m.add(shape, "FLOAT32", data=rng.standard_normal(shape).astype(np.float32))
    for k in range(GATES):
        inputs[1 + k], inputs[5 + k] = weights(cells, depth), weights(cells, cells)
        inputs[12 + k] = weights(cells)
    inputs[18], inputs[19] = (m.state((batch, cells), "FLOAT32") for _ in range(2))
    y = m.add((batch, cells), "FLOAT32")
    o = schema.LSTMOptionsT()
    o.fusedActivationFunction = schema.ActivationFunctionType.TANH
    m.call("LSTM", inputs, [y], o)
    return m.finish([inputs[0]], [y]), [rng.standard_normal((batch, depth)).astype(np.float32)]


def counter(rng):
    """A resource variable, 0 at first, to which every call adds its input."""
    del rng
    m = Model()

    def variable():
        handle, o = m.add((), "RESOURCE"), schema.VarHandleOptionsT()
        o.container, o.sharedName = "", "count"
        m.call("VAR_HANDLE", [], [handle], o)
        return handle
    handle = variable()
    zero = m.add((2,), "FLOAT32", data=np.zeros(2, np.float32))
    m.call("ASSIGN_VARIABLE", [handle, zero], [], schema.AssignVariableOptionsT())
    start, once = m.cut(), schema.CallOnceOptionsT()
    once.initSubgraphIndex = 1
    x = m.add((2,), "FLOAT32")
    old, new, y = (m.add((2,), "FLOAT32") for _ in range(3))
    m.call("CALL_ONCE", [], [], once)
    handle = variable()
    m.call("READ_VARIABLE", [handle], [old], schema.ReadVariableOptionsT())
    m.call("ADD", [old, x], [new], schema.AddOptionsT())
    m.call("ASSIGN_VARIABLE", [handle, new], [], schema.AssignVariableOptionsT())
    m.call("READ_VARIABLE", [handle], [y], schema.ReadVariableOptionsT())
    return m.finish([x], [y], [start]), [np.ones(2, np.float32)]


# ---- what is written ----

CASES = [
    ("FULLY_CONNECTED", "blockwise_32", blockwise, (1, 64, 5, 32, True)),
    ("FULLY_CONNECTED", "blockwise_rows", blockwise, (3, 96, 8, 32, True)),
    ("FULLY_CONNECTED", "blockwise_no_bias", blockwise, (2, 128, 4, 32, False)),
    ("FULLY_CONNECTED", "int2_hybrid", narrow_weights, ("FLOAT32", 2, 2, 16, 8, True)),
    ("FULLY_CONNECTED", "int2_int8", narrow_weights, ("INT8", 2, 2, 16, 8, False)),
    ("FULLY_CONNECTED", "int2_int8_channels", narrow_weights, ("INT8", 2, 3, 12, 4, True)),
    ("FULLY_CONNECTED", "int4_int8_channels", narrow_weights, ("INT8", 4, 3, 12, 4, True)),
    ("CONV_2D", "short_bias", short_bias, (3, 6)),
    ("STABLEHLO_SHIFT_LEFT", "short_distances", short_distances, (3, 4)),
    ("QUANTIZE", "halves", halves, (64,)),
    ("GELU", "half_tanh", half_gelu, (200, True)),
    ("GELU", "half_erf", half_gelu, (200, False)),
    ("HARD_SWISH", "coarse", coarse_swish, (40,)),
    ("LSTM", "narrow", narrow_lstm, (2, 5, 6, 4)),
    ("LSTM", "narrow_clip", narrow_lstm, (3, 4, 7, 3, 0.3, 0.4)),
    ("LSTM", "narrow_cifg", narrow_lstm, (1, 8, 5, 5, 0.0, 0.0, True)),
    ("SELECT", "flags_of_rows", flags_of_rows, (9, 1)),
]
STATES = [("lstm_float", float_lstm, (2, 3, 4)), ("lstm_narrow", narrow_lstm, (2, 5, 6, 4)),
          ("counter", counter, ())]


def like(rng, x):
    return bytes_of(rng, *x.shape) if x.dtype == np.int8 else rng.standard_normal(
        x.shape).astype(x.dtype)


def record(folder, name, model, sample):
    it = Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    it.allocate_tensors()
    rng, come, go = np.random.default_rng(7), b"", b""
    for _ in range(STEPS):
        x = like(rng, sample)
        it.set_tensor(it.get_input_details()[0]["index"], x)
        it.invoke()
        come += x.tobytes()
        go += it.get_tensor(it.get_output_details()[0]["index"]).tobytes()
    for leaf, data in (("tflite", model), ("in", come), ("out", go)):
        with open(os.path.join(folder, f"{name}.{leaf}"), "wb") as f:
            f.write(data)


def write_counts(folder, ops):
    """The lines of counts.txt of some ops, from what the archives hold."""
    path = os.path.join(folder, "counts.txt")
    with open(path) as f:
        counts = dict(line.split() for line in f)
    found = [op for archive in sorted(glob.glob(os.path.join(folder, "*.zip")))
             for _, case, _ in read_archive(archive) for op in set(case["ops"])]
    for op in ops:
        counts[op] = found.count(op)
    with open(path, "w") as f:
        f.writelines(f"{op} {counts[op]}\n" for op in sorted(counts))


def main():
    here = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    cases = []
    for i, (op, name, make, args) in enumerate(CASES):
        model, inputs = make(np.random.default_rng(i), *args)
        # TensorFlow Lite's reference kernels do not know blocks (they give the bias alone), ROUND
        # and STABLEHLO_SHIFT_LEFT.
        tag = "no_ref" if make in (blockwise, halves, short_distances) else "quantized"
        cases.append(from_peer("own_" + name, op, model, inputs, tag))
    write_archive(os.path.join(here, "cases", "own_quantized.zip"), cases)
    write_counts(os.path.join(here, "cases"), {c[0] for c in CASES})
    state = os.path.join(here, "state")
    os.makedirs(state, exist_ok=True)
    for i, (name, make, args) in enumerate(STATES):
        model, inputs = make(np.random.default_rng(i), *args)
        record(state, name, model, inputs[0])


if __name__ == "__main__":
    main()
