#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cases of FULLY_CONNECTED and LSTM with sparse weights, and with shuffled ones.

    python3 tests/ops/sparse_cases.py [tests/ops]

Run it after make_cases.py.  The real runtime (the package ai-edge-litert) gives what is expected.
The script writes cases/own_sparse.zip and its lines of cases/counts.txt.
"""
import os
import sys

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from make_cases import from_peer, write_archive
from quantized_cases import GATES, Model, bytes_of, write_counts


def level(size=None, segments=None, indices=None, width="Int32Vector"):
    """A stored dimension: all of `size` positions, or those that the lists name."""
    d = schema.DimensionMetadataT()
    if size is not None:
        d.format, d.denseSize = schema.DimensionType.DENSE, size
        return d
    d.format = schema.DimensionType.SPARSE_CSR
    kinds = schema.SparseIndexVector
    d.arraySegmentsType, d.arraySegments = kinds.Int32Vector, schema.Int32VectorT()
    d.arrayIndicesType, d.arrayIndices = getattr(kinds, width), getattr(schema, width + "T")()
    d.arraySegments.values, d.arrayIndices.values = segments, indices
    return d


def add_sparse(m, values, kind, block, scale=None, width="Int32Vector"):
    """A constant matrix of which the blocks of 1 x `block` that are not zero are stored."""
    rows, columns = values.shape
    segments, indices, kept = [0], [], []
    for row in values:
        for i in range(columns // block):
            piece = row[i * block:(i + 1) * block]
            if piece.any():
                indices.append(i)
                kept.append(piece)
        segments.append(len(indices))
    t = m.add(values.shape, kind, scale, 0, np.concatenate(kept))
    s = schema.SparsityParametersT()
    s.traversalOrder = [0, 1] if block == 1 else [0, 1, 2]
    s.dimMetadata = [level(rows), level(None, segments, indices, width)]
    if block > 1:
        s.blockMap = [1]
        s.dimMetadata.append(level(block))
    m.tensors[t].sparsity = s
    return t


def thinned(rng, values, block):
    """Half of the blocks become zero."""
    keep = rng.random((values.shape[0], values.shape[1] // block)) < 0.5
    keep[0, 0] = True
    return values * np.repeat(keep, block, axis=1).astype(values.dtype)


def options(activation=0, asymmetric=False, shuffled=False):
    o = schema.FullyConnectedOptionsT()
    o.fusedActivationFunction, o.asymmetricQuantizeInputs = activation, asymmetric
    o.weightsFormat = int(shuffled)
    return o


def sparse_float(rng, rows, depth, units, block, width):
    m = Model()
    x = m.add((rows, depth), "FLOAT32")
    values = thinned(rng, rng.standard_normal((units, depth)).astype(np.float32), block)
    w = add_sparse(m, values, "FLOAT32", block, None, width)
    bias = m.add((units,), "FLOAT32", data=rng.standard_normal(units).astype(np.float32))
    y = m.add((rows, units), "FLOAT32")
    m.call("FULLY_CONNECTED", [x, w, bias], [y], options(), 8)
    return m.finish([x], [y]), [rng.standard_normal((rows, depth)).astype(np.float32)]


def sparse_int8(rng, rows, depth, units, per_channel, activation):
    m = Model()
    scale = rng.uniform(0.005, 0.02, units if per_channel else 1)
    x = m.add((rows, depth), "INT8", 0.05, 5)
    w = add_sparse(m, thinned(rng, bytes_of(rng, units, depth), 16), "INT8", 16, scale)
    bias = m.add((units,), "INT32", scale * 0.05, 0,
                 rng.integers(-900, 900, units).astype(np.int32))
    y = m.add((rows, units), "INT8", 0.3, -7)
    m.call("FULLY_CONNECTED", [x, w, bias], [y], options(activation), 8)
    return m.finish([x], [y]), [bytes_of(rng, rows, depth)]


def sparse_hybrid(rng, rows, depth, units, per_channel, asymmetric):
    m = Model()
    scale = rng.uniform(0.005, 0.02, units if per_channel else 1)
    x = m.add((rows, depth), "FLOAT32")
    w = add_sparse(m, thinned(rng, bytes_of(rng, units, depth), 16), "INT8", 16, scale)
    y = m.add((rows, units), "FLOAT32")
    m.call("FULLY_CONNECTED", [x, w, -1], [y], options(0, asymmetric), 9)
    return m.finish([x], [y]), [rng.standard_normal((rows, depth)).astype(np.float32)]


def shuffled(rng, rows, depth, units, activation):
    m = Model()
    x = m.add((rows, depth), "UINT8", 0.02, 128)
    w = m.add((units, depth), "UINT8", 0.01, 128,
              rng.integers(0, 256, (units, depth)).astype(np.uint8))
    bias = m.add((units,), "INT32", 2e-4, 0, rng.integers(-999, 999, units).astype(np.int32))
    y, work = m.add((rows, units), "INT16", 1e-3), m.add((rows, depth), "UINT8", 0.02, 128)
    m.call("FULLY_CONNECTED", [x, w, bias], [y, work], options(activation, False, True), 2)
    return m.finish([x], [y, work]), [rng.integers(0, 256, (rows, depth)).astype(np.uint8)]


def sparse_lstm(rng, batch, depth, cells, units):
    m, inputs = Model(), [-1] * 24
    inputs[0] = m.add((batch, depth), "FLOAT32")
    for k in range(GATES):
        for at, columns in ((1, depth), (5, units)):
            values = thinned(rng, bytes_of(rng, cells, columns), 16)
            inputs[at + k] = add_sparse(m, values, "INT8", 16, 0.01)
        inputs[12 + k] = m.add((cells,), "FLOAT32",
                               data=rng.standard_normal(cells).astype(np.float32))
    inputs[16] = add_sparse(m, thinned(rng, bytes_of(rng, units, cells), 16), "INT8", 16, 0.01)
    inputs[18], inputs[19] = m.state((batch, units), "FLOAT32"), m.state((batch, cells), "FLOAT32")
    y = m.add((batch, units), "FLOAT32")
    o = schema.LSTMOptionsT()
    o.fusedActivationFunction = schema.ActivationFunctionType.TANH
    m.call("LSTM", inputs, [y], o, 3)
    return m.finish([inputs[0]], [y]), [rng.standard_normal((batch, depth)).astype(np.float32)]


CASES = [
    ("FULLY_CONNECTED", "random", sparse_float, (2, 12, 5, 1, "Uint8Vector")),
    ("FULLY_CONNECTED", "blocks_4", sparse_float, (3, 16, 6, 4, "Uint16Vector")),
    ("FULLY_CONNECTED", "blocks_16", sparse_float, (1, 32, 4, 16, "Int32Vector")),
    ("FULLY_CONNECTED", "int8", sparse_int8, (3, 48, 7, False, 0)),
    ("FULLY_CONNECTED", "int8_channels", sparse_int8, (2, 32, 9, True, 1)),
    ("FULLY_CONNECTED", "hybrid", sparse_hybrid, (2, 48, 5, False, False)),
    ("FULLY_CONNECTED", "hybrid_channels", sparse_hybrid, (3, 32, 6, True, True)),
    ("FULLY_CONNECTED", "shuffled_1", shuffled, (1, 32, 8, 0)),
    ("FULLY_CONNECTED", "shuffled_4", shuffled, (4, 48, 12, 3)),
    ("LSTM", "lstm", sparse_lstm, (2, 32, 16, 16)),
]


def main():
    here = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    cases = []
    for i, (op, name, make, args) in enumerate(CASES):
        model, inputs = make(np.random.default_rng(i), *args)
        cases.append(from_peer("own_sparse_" + name, op, model, inputs, "sparse"))
    write_archive(os.path.join(here, "cases", "own_sparse.zip"), cases)
    write_counts(os.path.join(here, "cases"), {c[0] for c in CASES})


if __name__ == "__main__":
    main()
