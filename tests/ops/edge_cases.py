#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cases at the edges of ops: extreme numbers, and options that seldom meet.

    python3 tests/ops/edge_cases.py [tests/ops]

Run it after make_cases.py.  The real runtime (the package ai-edge-litert) gives what is expected.
The script writes cases/own_edges.zip and its lines of cases/counts.txt.
"""
import os
import sys

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from make_cases import TYPES, from_peer, write_archive
from quantized_cases import Model, write_counts


def const(m, values, dtype=np.int32):
    values = np.array(values, dtype)
    return m.add(values.shape, TYPES[values.dtype], data=values)


def divide(activation):
    """The quotient that has no INT32, and rounding towards 0."""
    m, options = Model(), schema.DivOptionsT()
    options.fusedActivationFunction = activation
    a = np.array([-2 ** 31, -2 ** 31, 7, -9, 50], np.int32)
    b = np.array([-1, 2, -2, 2, 3], np.int32)
    x, z, y = (m.add(a.shape, "INT32") for _ in range(3))
    m.call("DIV", [x, z], [y], options)
    return m.finish([x, z], [y]), [a, b]


def one_hot(axis):
    """int64 indices, some of which only fit once their upper half is left away."""
    m, options = Model(), schema.OneHotOptionsT()
    options.axis = axis
    indices = np.array([[1, -1, 2 ** 32 + 1], [3, 5, -2 ** 32 + 2]], np.int64)
    x = m.add(indices.shape, "INT64")
    places = [const(m, 5), const(m, 2.5, np.float32), const(m, -1, np.float32)]
    y = m.add((2, 3, 5) if axis else (5, 2, 3), "FLOAT32")
    m.call("ONE_HOT", [x, *places], [y], options)
    return m.finish([x], [y]), [indices]


def offset_slice(shape, begin, size, stride, end_mask):
    """STRIDED_SLICE whose `end` counts from `begin`."""
    m, options = Model(), schema.StridedSliceOptionsT()
    options.offset, options.endMask = True, end_mask
    options.beginMask = options.ellipsisMask = options.newAxisMask = options.shrinkAxisMask = 0
    data = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    x, y = m.add(shape, "FLOAT32"), m.add((1,), "FLOAT32")
    m.call("STRIDED_SLICE", [x, *(const(m, v) for v in (begin, size, stride))], [y], options, 8)
    return m.finish([x], [y]), [data]


def crowded_pool(op, dtype):
    """A window larger than the image: no result, but no error either."""
    m, options = Model(), schema.Pool2DOptionsT()
    options.padding = schema.Padding.VALID
    options.strideH = options.strideW = 1
    options.filterHeight, options.filterWidth = 5, 2
    data = np.arange(24).reshape((1, 3, 4, 2)).astype(dtype)
    scale = (0.5,) if dtype == np.int8 else ()
    x, y = (m.add(s, TYPES[data.dtype], *scale) for s in (data.shape, (1, 1, 3, 2)))
    m.call(op, [x], [y], options)
    return m.finish([x], [y]), [data]


def linear_lstm(kind):
    """UNIDIRECTIONAL_SEQUENCE_LSTM without an activation: its output is of the cell gate."""
    cells, depth, rng = 3, 2, np.random.default_rng(5)
    m, options = Model(), schema.UnidirectionalSequenceLSTMOptionsT()
    options.fusedActivationFunction = schema.ActivationFunctionType.NONE

    def weights(*shape):
        if kind == "INT8":
            return m.add(shape, kind, 0.01, data=rng.integers(-127, 128, shape).astype(np.int8))
        return m.add(shape, kind, data=rng.standard_normal(shape).astype(np.float32))

    x = m.add((2, 4, depth), "FLOAT32")
    inputs = [x] + [weights(cells, depth) for _ in range(4)]
    inputs += [weights(cells, cells) for _ in range(4)] + [-1] * 3
    inputs += [const(m, rng.standard_normal(cells), np.float32) for _ in range(4)] + [-1] * 2
    inputs += [m.state((2, cells), "FLOAT32") for _ in range(2)] + [-1] * 4
    y = m.add((2, 4, cells), "FLOAT32")
    m.call("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, [y], options, 3)
    return m.finish([x], [y]), [rng.standard_normal((2, 4, depth)).astype(np.float32)]


CASES = [
    ("DIV", "div_least", divide, (0,)),
    ("DIV", "div_least_relu6", divide, (3,)),
    ("ONE_HOT", "one_hot_wide", one_hot, (-1,)),
    ("ONE_HOT", "one_hot_wide_first", one_hot, (0,)),
    ("STRIDED_SLICE", "slice_offset", offset_slice, ((4, 10), (1, 2), (2, 3), (1, 1), 0)),
    ("STRIDED_SLICE", "slice_offset_mask", offset_slice, ((10,), (2,), (3,), (1,), 1)),
    ("STRIDED_SLICE", "slice_offset_back", offset_slice, ((10,), (-3,), (-4,), (-2,), 0)),
    ("AVERAGE_POOL_2D", "average_crowded", crowded_pool, ("AVERAGE_POOL_2D", np.int8)),
    ("L2_POOL_2D", "l2_crowded", crowded_pool, ("L2_POOL_2D", np.float32)),
    ("MAX_POOL_2D", "max_crowded", crowded_pool, ("MAX_POOL_2D", np.float32)),
    ("UNIDIRECTIONAL_SEQUENCE_LSTM", "lstm_linear", linear_lstm, ("FLOAT32",)),
    ("UNIDIRECTIONAL_SEQUENCE_LSTM", "lstm_linear_hybrid", linear_lstm, ("INT8",)),
]


def main():
    here = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    cases = []
    for op, name, make, args in CASES:
        model, inputs = make(*args)
        cases.append(from_peer("own_" + name, op, model, inputs))
    write_archive(os.path.join(here, "cases", "own_edges.zip"), cases)
    write_counts(os.path.join(here, "cases"), {c[0] for c in CASES})


if __name__ == "__main__":
    main()
