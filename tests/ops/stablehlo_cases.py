#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cases of the STABLEHLO ops that TensorFlow Lite cannot run.  Run it after make_cases.py.

    python3 tests/ops/stablehlo_cases.py [tests/ops/cases]

What is expected comes from the plain loops below, which follow the StableHLO specification
literally and share nothing with the C code.  Sums are taken in double precision or in int64.
The script writes own_stablehlo.zip and its lines of counts.txt.
"""
import itertools
import os
import sys

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from make_cases import TYPES, case_of, graph, model_of, operator, tensor, write_archive


def places(shape):
    return itertools.product(*map(range, shape))


def build(op, options, inputs, out, body=None):
    """A model of one op; `body` names the op of a second graph."""
    kind = TYPES[inputs[0].dtype]
    call = operator(0, list(range(len(inputs))), [len(inputs)])
    call.builtinOptions2Type = getattr(schema.BuiltinOptions2, type(options).__name__[:-1])
    call.builtinOptions2 = options
    tensors = [tensor(f"in{i}", x.shape, TYPES[x.dtype]) for i, x in enumerate(inputs)]
    tensors.append(tensor("out", out.shape, TYPES[out.dtype]))
    graphs = [graph(tensors, call.inputs, call.outputs, [call])]
    if body:
        graphs.append(graph([tensor(n, [], kind) for n in "abc"], [0, 1], [2],
                            [operator(1, [0, 1], [2])]))
    return model_of([op] + ([body] if body else []), graphs)


def numbers(rng, shape, dtype):
    if dtype == np.float32:
        return rng.standard_normal(shape).astype(dtype)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, shape, endpoint=True).astype(dtype)


def wide(x):
    """As what sums are taken in; int64 wraps, which the narrower result cannot tell."""
    return x.astype(np.float64 if x.dtype.kind == "f" else np.int64)


# ---- DOT_GENERAL ----

def dot_general(x, w, batch, contract, dtype):
    free = [[i for i in range(t.ndim) if i not in batch[k] + contract[k]]
            for k, t in enumerate((x, w))]
    shape = ([x.shape[i] for i in batch[0]] + [x.shape[i] for i in free[0]] +
             [w.shape[i] for i in free[1]])
    y = np.zeros(shape, dtype)
    nb, nx = len(batch[0]), len(free[0])
    for place in places(shape):
        total = wide(x).dtype.type(0)
        for term in places([x.shape[i] for i in contract[0]]):
            at, to = [0] * x.ndim, [0] * w.ndim
            for axes, index in ((batch[0], place), (free[0], place[nb:]), (contract[0], term)):
                for a, i in zip(axes, index):
                    at[a] = i
            for axes, index in ((batch[1], place), (free[1], place[nb + nx:]),
                                (contract[1], term)):
                for a, i in zip(axes, index):
                    to[a] = i
            with np.errstate(over="ignore"):
                total += wide(x)[tuple(at)] * wide(w)[tuple(to)]
        y[place] = np.asarray(total).astype(dtype)
    return y


DOTS = [
    # name, types of operands and result, shapes, batching and contracting dimensions
    ("matrices", np.float32, np.float32, (3, 4), (4, 5), ([], []), ([1], [0])),
    ("batches", np.float32, np.float32, (2, 3, 4), (4, 5, 2), ([0], [2]), ([2], [0])),
    ("two_of_each", np.float32, np.float32, (2, 3, 4, 2, 3), (4, 2, 3, 2, 2),
     ([3, 1], [4, 2]), ([0, 2], [1, 0])),
    ("outer", np.float32, np.float32, (3,), (2, 2), ([], []), ([], [])),
    ("empty_sum", np.float32, np.float32, (3, 0), (0, 2), ([], []), ([1], [0])),
    ("scalar", np.int32, np.int32, (7,), (7,), ([], []), ([0], [0])),
    ("wraps", np.int32, np.int32, (2, 3, 5), (3, 5), ([1], [0]), ([2], [1])),
    ("int8_to_int32", np.int8, np.int32, (3, 9), (9, 4), ([], []), ([1], [0])),
    ("int8", np.int8, np.int8, (3, 9), (4, 9), ([], []), ([1], [1])),
]


def dot_cases(rng):
    for name, dtype, out, x_shape, w_shape, batch, contract in DOTS:
        x, w = numbers(rng, x_shape, dtype), numbers(rng, w_shape, dtype)
        o = schema.StablehloDotGeneralOptionsT()
        o.lhsBatchingDimensions, o.rhsBatchingDimensions = batch
        o.lhsContractingDimensions, o.rhsContractingDimensions = contract
        o.precisionConfig = [0, 0]
        y = dot_general(x, w, batch, contract, out)
        model = build("STABLEHLO_DOT_GENERAL", o, [x, w], y)
        yield case_of("own_dot_general_" + name, "STABLEHLO_DOT_GENERAL", model, [x, w], [y])


# ---- CONVOLUTION ----



def spread(t, factors):
    """Zeros between the items of the dimensions from 2 on."""
    y = np.zeros(list(t.shape[:2]) + [(n - 1) * f + 1 if n else 0
                                      for n, f in zip(t.shape[2:], factors)], t.dtype)
    y[(slice(None), slice(None)) + tuple(slice(None, None, f) for f in factors)] = t
    return y


def pad(t, amounts):
    """Zeros around the dimensions from 2 on; a negative amount cuts off."""
    for axis, (low, high) in enumerate(amounts, 2):
        width = [(0, 0)] * t.ndim
        width[axis] = (max(low, 0), max(high, 0))
        t = np.pad(t, width)
        n = t.shape[axis]
        t = np.take(t, range(max(-low, 0), n - max(-high, 0)), axis)
    return t


def convolve(x, w, o, dtype):
    """x [batch, features, ...], w [outputs, features, ...] -> [batch, outputs, ...]"""
    if o["feature_groups"] > 1:
        g = o["feature_groups"]
        parts = zip(np.split(x, g, 1), np.split(w, g, 0))
        return np.concatenate([convolve(a, b, dict(o, feature_groups=1), dtype)
                               for a, b in parts], 1)
    if o["batch_groups"] > 1:
        g = o["batch_groups"]
        parts = zip(np.split(x, g, 0), np.split(w, g, 0))
        return np.concatenate([convolve(a, b, dict(o, batch_groups=1), dtype)
                               for a, b in parts], 1)
    x = pad(spread(wide(x), o["lhs"]), o["padding"])
    w = wide(w)
    for axis, turned in enumerate(o["reversal"], 2):
        w = np.flip(w, axis) if turned else w
    w = spread(w, o["rhs"])
    sizes = [max((a - b) // s + 1, 0) if a >= b else 0
             for a, b, s in zip(x.shape[2:], w.shape[2:], o["strides"])]
    y = np.zeros([x.shape[0], w.shape[0]] + sizes, dtype)
    for n, f, *place in places(y.shape):
        window = tuple(slice(i * s, i * s + k)
                       for i, s, k in zip(place, o["strides"], w.shape[2:]))
        total = (x[(n, slice(None)) + window] * w[f]).sum()
        y[(n, f, *place)] = np.asarray(total).astype(dtype)
    return y


PLAIN = {"feature_groups": 1, "batch_groups": 1}
CONVOLUTIONS = [
    # name, types, x (batch, features, spatial), w (outputs, features, spatial), what is not plain,
    # and the places of those dimensions in x, w and y
    ("nhwc", np.float32, np.float32, (2, 3, 5, 6), (4, 3, 3, 2), {"strides": [2, 1]},
     [0, 3, 1, 2], [3, 2, 0, 1], [0, 3, 1, 2]),
    ("nchw", np.float32, np.float32, (1, 2, 5, 5), (3, 2, 3, 3),
     {"padding": [(1, 2), (0, 1)], "rhs": [2, 1]}, [0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3]),
    ("transposed", np.float32, np.float32, (1, 2, 3, 4), (2, 2, 3, 3),
     {"padding": [(2, 2), (1, -1)], "lhs": [2, 3], "reversal": [True, False]},
     [3, 0, 2, 1], [1, 3, 0, 2], [2, 0, 3, 1]),
    ("feature_groups", np.float32, np.float32, (2, 4, 5), (6, 2, 3),
     {"feature_groups": 2, "padding": [(1, 1)]}, [0, 2, 1], [2, 1, 0], [0, 2, 1]),
    ("depthwise", np.float32, np.float32, (1, 3, 4, 4), (6, 1, 3, 3),
     {"feature_groups": 3, "strides": [1, 2]}, [0, 3, 1, 2], [3, 2, 0, 1], [0, 3, 1, 2]),
    ("batch_groups", np.float32, np.float32, (4, 3, 5), (6, 3, 2), {"batch_groups": 2},
     [1, 0, 2], [2, 1, 0], [1, 2, 0]),
    ("volume", np.float32, np.float32, (1, 2, 3, 4, 3), (2, 2, 2, 3, 1),
     {"strides": [1, 2, 2], "padding": [(0, 0), (1, 1), (0, 0)]},
     [0, 4, 1, 2, 3], [4, 3, 0, 1, 2], [0, 4, 1, 2, 3]),
    ("too_small", np.float32, np.float32, (1, 1, 2), (1, 1, 3), {}, [0, 2, 1], [2, 1, 0],
     [0, 2, 1]),
    ("no_space", np.float32, np.float32, (3, 4), (2, 4), {}, [0, 1], [1, 0], [0, 1]),
    ("ints", np.int32, np.int32, (1, 2, 4, 3), (2, 2, 2, 2), {"lhs": [1, 2]},
     [0, 3, 1, 2], [3, 2, 0, 1], [0, 3, 1, 2]),
    ("int8_to_int32", np.int8, np.int32, (2, 3, 6), (2, 3, 3), {"padding": [(1, 1)]},
     [0, 2, 1], [2, 1, 0], [0, 2, 1]),
]


def stored(t, order):
    """From the standard order to one where dimension i stands at order[i]."""
    return np.ascontiguousarray(np.moveaxis(t, range(t.ndim), order))


def convolution_cases(rng):
    for name, dtype, out, x_shape, w_shape, special, xo, wo, yo in CONVOLUTIONS:
        n = len(x_shape) - 2
        x, w = numbers(rng, x_shape, dtype), numbers(rng, w_shape, dtype)
        s = dict(PLAIN, strides=[1] * n, padding=[(0, 0)] * n, lhs=[1] * n, rhs=[1] * n,
                 reversal=[False] * n)
        s.update(special)
        y = stored(convolve(x, w, s, out), yo)
        x, w = stored(x, xo), stored(w, wo)
        o = schema.StablehloConvolutionOptionsT()
        o.windowStrides, o.lhsDilation, o.rhsDilation = s["strides"], s["lhs"], s["rhs"]
        o.padding = [int(v) for pair in s["padding"] for v in pair]
        o.windowReversal = s["reversal"]
        o.inputBatchDimension, o.inputFeatureDimension = xo[:2]
        o.kernelOutputFeatureDimension, o.kernelInputFeatureDimension = wo[:2]
        o.outputBatchDimension, o.outputFeatureDimension = yo[:2]
        o.inputSpatialDimensions, o.kernelSpatialDimensions = xo[2:], wo[2:]
        o.outputSpatialDimensions = yo[2:]
        o.featureGroupCount, o.batchGroupCount = s["feature_groups"], s["batch_groups"]
        o.precisionConfig = [0, 0]
        model = build("STABLEHLO_CONVOLUTION", o, [x, w], y)
        yield case_of("own_convolution_" + name, "STABLEHLO_CONVOLUTION", model, [x, w], [y])


# ---- REDUCE ----

REDUCTIONS = [
    # name, type, shape, dimensions, the body's op, what numpy calls it, initial value
    ("sum", np.float32, (3, 4, 5), [1], "STABLEHLO_ADD", np.add, 0.5),
    ("sum_all", np.float32, (3, 4), [1, 0], "STABLEHLO_ADD", np.add, 0),
    ("product", np.int32, (2, 3, 2), [0, 2], "STABLEHLO_MULTIPLY", np.multiply, 3),
    ("max", np.int8, (4, 6), [0], "STABLEHLO_MAXIMUM", np.maximum, 5),
    ("min", np.float32, (4, 3, 2), [0, 1, 2], "STABLEHLO_MINIMUM", np.minimum, np.inf),
    ("empty", np.float32, (2, 0), [1], "STABLEHLO_ADD", np.add, 7),
    ("none", np.int32, (2, 3), [], "STABLEHLO_ADD", np.add, 1),
    ("and", np.bool_, (3, 2), [1], "STABLEHLO_AND", np.logical_and, True),
    ("or", np.bool_, (5, 3), [0], "STABLEHLO_OR", np.logical_or, False),
]


def reduce_cases(rng):
    for name, dtype, shape, axes, body, combine, init in REDUCTIONS:
        x = rng.integers(0, 2, shape) > 0 if dtype == np.bool_ else numbers(rng, shape, dtype)
        start = np.array(init, dtype)
        y = np.full([n for i, n in enumerate(shape) if i not in axes], start, dtype)
        for place in places(shape):
            to = tuple(k for i, k in enumerate(place) if i not in axes)
            with np.errstate(over="ignore"):
                y[to] = combine(y[to], x[place])
        o = schema.StablehloReduceOptionsT()
        o.dimensions, o.bodySubgraphIndex = axes, 1
        model = build("STABLEHLO_REDUCE", o, [x, start], y, body)
        yield case_of("own_reduce_" + name, "STABLEHLO_REDUCE", model, [x, start], [y])


def cases():
    return (list(dot_cases(np.random.default_rng(1))) +
            list(convolution_cases(np.random.default_rng(2))) +
            list(reduce_cases(np.random.default_rng(3))))


def main():
    folder = (sys.argv[1] if len(sys.argv) > 1
              else os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases"))
    made, counts = cases(), {}
    write_archive(os.path.join(folder, "own_stablehlo.zip"), made)
    with open(os.path.join(folder, "counts.txt")) as f:
        counts.update(line.split() for line in f)
    for op in {case["ops"][0] for _, case, _ in made}:
        counts[op] = sum(case["ops"][0] == op for _, case, _ in made)
    with open(os.path.join(folder, "counts.txt"), "w") as f:
        f.writelines(f"{op} {counts[op]}\n" for op in sorted(counts))
    print(f"{len(made)} cases")


if __name__ == "__main__":
    main()
