#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""More cases of Flex operators, made as flex_cases.py makes them and run after it.

    python3 tests/ops/flex_more_cases.py [tests/ops]

The script writes cases/own_flex_more.zip and its lines of cases/counts.txt.
"""
import os
import sys

import numpy as np
import tensorflow as tf

from flex_cases import Flex, real
from make_cases import TYPES, write_archive
from quantized_cases import write_counts

TYPES.setdefault(np.dtype(np.complex128), "COMPLEX128")


def complex_(rng, *shape, dtype=np.complex64):
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(dtype)


def arithmetic(f, rng):
    for dtype in (np.float32, np.float64):
        f.add("Complex", {"real": real(rng, 2, 3, dtype=dtype), "imag": real(rng, 3, dtype=dtype)},
              Tout=tf.complex64 if dtype == np.float32 else tf.complex128)
    f.add("Complex", {"real": real(rng, 0), "imag": real(rng, 0)}, Tout=tf.complex64)
    for op in ("Real", "Imag", "ComplexAbs", "Angle", "Conj"):
        for dtype, to in ((np.complex64, tf.float32), (np.complex128, tf.float64)):
            name = "x" if op == "ComplexAbs" else "input"
            out = {} if op == "Conj" else {"Tout": to}
            f.add(op, {name: complex_(rng, 2, 3, dtype=dtype)}, **out)
        f.add(op, {name: complex_(rng, 4)}, **({} if op == "Conj" else {"Tout": tf.float32}))
    for op in ("Add", "AddV2", "Sub", "Mul", "RealDiv"):
        for dtype in (np.complex64, np.complex128):
            f.add(op, {"x": complex_(rng, 2, 3, dtype=dtype), "y": complex_(rng, 3, dtype=dtype)})
        f.add(op, {"x": real(rng, 4, 1, dtype=np.float64), "y": real(rng, 3, dtype=np.float64)})
        f.add(op, {"x": real(rng, 2, 0), "y": real(rng, 1)})
        if op in ("Sub", "Mul"):
            f.add(op, {"x": np.array([200, 3], np.uint8), "y": np.array([100, 7], np.uint8)})
            f.add(op, {"x": np.array([1 << 62, -3]), "y": np.array([7, -5])})
    for op in ("Neg", "Square"):
        for x in (complex_(rng, 3), complex_(rng, 3, dtype=np.complex128),
                  np.array([-0.0, 0.0, 3]), np.array([-128, 5], np.int8)):
            if op == "Neg" or x.dtype != np.int8:
                f.add(op, {"x": x})


def windows(f, rng):
    for shape, size, stride, padding in (((1, 4, 5, 6, 2), (2, 2, 2), (2, 2, 2), "VALID"),
                                         ((2, 3, 4, 5, 1), (3, 2, 3), (1, 2, 1), "SAME"),
                                         ((1, 1, 7, 3, 3), (1, 3, 3), (1, 1, 2), "SAME")):
        how = {"ksize": [1, *size, 1], "strides": [1, *stride, 1], "padding": padding}
        f.add("MaxPool3D", {"input": real(rng, *shape)}, **how)
        f.add("AvgPool3D", {"input": real(rng, *shape)}, **how)
    for shape, size, stride, padding in (((2, 6, 6, 2), (2, 2), (2, 2), "VALID"),
                                         ((1, 5, 7, 3), (3, 3), (2, 1), "SAME"),
                                         ((2, 4, 4, 1), (3, 2), (1, 1), "VALID")):
        how = {"ksize": [1, *size, 1], "strides": [1, *stride, 1], "padding": padding}
        for index, whole in ((tf.int64, False), (tf.int32, True)):
            f.add("MaxPoolWithArgmax", {"input": real(rng, *shape)}, Targmax=index,
                  include_batch_in_index=whole, **how)
        for rate in (1, 2):
            f.add("ExtractImagePatches", {"images": real(rng, *shape)}, ksizes=how["ksize"],
                  strides=how["strides"], rates=[1, rate, 1, 1], padding=padding)
            f.add("Dilation2D", {"input": real(rng, *shape),
                                 "filter": real(rng, *size, shape[-1])},
                  strides=how["strides"], rates=[1, rate, 1, 1], padding=padding)


def crops(f, rng):
    boxes = np.array([[0, 0, 1, 1], [0.2, 0.6, 1.3, -0.2], [0.5, 0.5, 0.5, 0.5]], np.float32)
    for shape, size in (((2, 5, 6, 3), (3, 4)), ((2, 8, 8, 1), (1, 1)), ((2, 4, 4, 2), (7, 1))):
        for method in ("bilinear", "nearest"):
            f.add("CropAndResize", {"image": real(rng, *shape), "boxes": boxes,
                                    "box_ind": np.array([0, 1, 0], np.int32),
                                    "crop_size": np.array(size, np.int32)},
                  method=method, extrapolation_value=0.25)
        for corners, half in ((False, False), (True, False), (False, True)):
            f.add("ResizeBicubic", {"images": real(rng, *shape), "size": np.array(size, np.int32)},
                  align_corners=corners, half_pixel_centers=half)
    pixels = rng.integers(0, 255, (1, 4, 4, 3)).astype(np.uint8)
    f.add("CropAndResize", {"image": pixels, "boxes": boxes[:1], "box_ind": np.zeros(1, np.int32),
                            "crop_size": np.array([6, 6], np.int32)})
    f.add("ResizeBicubic", {"images": pixels, "size": np.array([9, 3], np.int32)},
          half_pixel_centers=True)


def boxes(f, rng):
    for n in (12, 30, 1):
        low, size = real(rng, n, 2, low=0, high=0.7), real(rng, n, 2, low=0.1, high=0.5)
        b, s = np.concatenate([low, low + size], 1), real(rng, n, low=0, high=1)
        f.add("NonMaxSuppression", {"boxes": b, "scores": s, "max_output_size": np.int32(9)},
              iou_threshold=0.3)
        f.add("NonMaxSuppressionV2", {"boxes": b[:, [2, 1, 0, 3]].copy(), "scores": s,
                                      "max_output_size": np.int32(5),
                                      "iou_threshold": np.float32(0.2)})
        f.add("NonMaxSuppressionV3", {"boxes": b, "scores": s, "max_output_size": np.int32(20),
                                      "iou_threshold": np.float32(0.5),
                                      "score_threshold": np.float32(0.4)})
    for q, classes, per_class, total, pad, clip in ((1, 3, 4, 10, False, True),
                                                    (3, 3, 2, 5, False, False),
                                                    (1, 2, 3, 20, True, True)):
        low, size = real(rng, 2, 16, q, 2, low=-0.1, high=0.8), real(rng, 2, 16, q, 2, low=0.1,
                                                                     high=0.5)
        f.add("CombinedNonMaxSuppression", {
            "boxes": np.concatenate([low, low + size], 3),
            "scores": real(rng, 2, 16, classes, low=0, high=1),
            "max_output_size_per_class": np.int32(per_class), "max_total_size": np.int32(total),
            "iou_threshold": np.float32(0.4), "score_threshold": np.float32(0.3)},
              pad_per_class=pad, clip_boxes=clip)


def searches(f, rng):
    for dtype, out in ((np.float32, tf.int32), (np.int32, tf.int64), (np.int64, tf.int32)):
        rows = np.sort(rng.integers(-5, 5, (2, 9)).astype(dtype), 1)
        values = rng.integers(-7, 7, (2, 6)).astype(dtype)
        for op in ("LowerBound", "UpperBound"):
            f.add(op, {"sorted_inputs": rows, "values": values}, out_type=out)
        x = rng.integers(0, 5, 12).astype(dtype)
        f.add("UniqueV2", {"x": x, "axis": np.zeros(0, np.int64)}, out_idx=out)
        f.add("UniqueWithCounts", {"x": x}, out_idx=out)
        f.add("UniqueWithCountsV2", {"x": x, "axis": np.array([0], np.int64)}, out_idx=out)
        f.add("ListDiff", {"x": x, "y": np.array([1, 3, 9], dtype)}, out_idx=out)
    for k in (1, 2, 5):
        p = rng.integers(0, 4, (4, 6)).astype(np.float32)
        p[2, 1] = np.inf
        targets = np.array([0, 3, 5, 9])
        f.add("InTopK", {"predictions": p, "targets": targets}, k=k)
        f.add("InTopKV2", {"predictions": p, "targets": targets.astype(np.int32),
                           "k": np.int32(k)})
    for n, dtype in ((5, np.float32), (1, np.float32), (7, np.float64)):
        f.add("LinSpace", {"start": dtype(-1.5), "stop": dtype(2), "num": np.int32(n)})
    for exclusive in (False, True):
        for reverse in (False, True):
            f.add("Cumprod", {"x": real(rng, 2, 4, 3), "axis": np.int32(1)}, exclusive=exclusive,
                  reverse=reverse)
    f.add("Cumprod", {"x": rng.integers(-9, 9, 5), "axis": np.int64(-1)})
    f.add("Cumprod", {"x": real(rng, 0, 3, dtype=np.float64), "axis": np.int32(0)})


def segments(f, rng):
    ids = np.array([0, 0, 2, 2, 2, 4], np.int32)
    for dtype, shape in ((np.float32, (6, 3)), (np.float64, (6,)), (np.int32, (6, 2, 2))):
        x = rng.integers(-9, 9, shape).astype(dtype)
        for op in ("Sum", "Prod", "Min", "Max", "Mean"):
            if op == "Mean" and dtype == np.int32:
                x = real(rng, *shape)
            f.add("Segment" + op, {"data": x, "segment_ids": ids})
        x = rng.integers(-9, 9, shape).astype(dtype)
        for op in ("Sum", "Prod", "Min", "Max"):
            f.add("UnsortedSegment" + op, {
                "data": x, "segment_ids": np.array([3, -1, 0, 3, 3, 1], np.int64),
                "num_segments": np.int32(5)})
    f.add("UnsortedSegmentSum", {"data": real(rng, 2, 3, 2),
                                 "segment_ids": np.array([[0, 1, 0], [2, 0, 1]], np.int32),
                                 "num_segments": np.int32(3)})
    for dtype, shape in ((np.float32, (5, 3)), (np.float64, (5,)), (np.float32, (5, 2, 2))):
        for op in ("Sum", "Mean", "SqrtN"):
            inputs = {"data": real(rng, *shape, dtype=dtype),
                      "indices": np.array([4, 0, 0, 2, 1, 3], np.int32), "segment_ids": ids}
            f.add("SparseSegment" + op, inputs)
            f.add(f"SparseSegment{op}WithNumSegments", {**inputs, "num_segments": np.int32(7)})


def diagonals(f, rng):
    for shape, k, align in (((2, 3, 4), (-1, 1), "RIGHT_LEFT"), ((4, 3), (-2, -1), "LEFT_RIGHT"),
                            ((3, 3), (0, 2), "LEFT_LEFT"), ((2, 4, 4), (-2, 0), "RIGHT_RIGHT"),
                            ((3, 5), (1, 1), "RIGHT_LEFT")):
        x, low, high = real(rng, *shape), np.array(k, np.int32), np.float32(9)
        for v, how in (("V2", {}), ("V3", {"align": align})):
            f.add("MatrixDiagPart" + v, {"input": x, "k": low, "padding_value": high}, **how)
            d = np.asarray(getattr(tf.raw_ops, "MatrixDiagPart" + v)(
                input=x, k=low, padding_value=high, **how))
            f.add("MatrixDiag" + v, {"diagonal": d, "k": low, "num_rows": np.int32(shape[-2]),
                                     "num_cols": np.int32(-1), "padding_value": high}, **how)
            f.add("MatrixSetDiag" + v, {"input": x, "diagonal": -d, "k": low}, **how)
    f.add("MatrixDiagV3", {"diagonal": real(rng, 2, 3), "k": np.int32(2), "num_rows": np.int32(-1),
                           "num_cols": np.int32(-1), "padding_value": np.float32(0)})
    for shape, dtype in (((3, 3), np.float64), ((2, 4, 3), np.int64), ((2, 2), np.uint8)):
        x = rng.integers(0, 9, shape).astype(dtype)
        f.add("MatrixDiagPart", {"input": x})
        f.add("MatrixDiag", {"diagonal": x})
        f.add("MatrixSetDiag", {"input": x, "diagonal": np.ones((*shape[:-2], min(shape[-2:])),
                                                                dtype)})
    for shape in ((3,), (2, 3), (1, 2, 2)):
        x = real(rng, *shape)
        f.add("Diag", {"diagonal": x})
        f.add("DiagPart", {"input": real(rng, *shape, *shape)})


def joins(f, rng):
    words = np.array([b"a", b"bb", b"", b"dd d", b"e", "ä".encode()], object)
    for axes in ([0], [1], [0, 1], [1, 0], []):
        f.add("ReduceJoin", {"inputs": words.reshape(2, 3),
                             "reduction_indices": np.array(axes, np.int32)},
              keep_dims=axes == [1], separator="-" if len(axes) > 1 else "")
    f.add("ReduceJoin", {"inputs": words, "reduction_indices": np.int32(-1)}, separator=" ")
    raw = np.array([b"", b"f", b"fo", b"foo", b"\xff\xfe\x00\x80", b"hello world"], object)
    for pad in (False, True):
        f.add("EncodeBase64", {"input": raw}, pad=pad)
        f.add("DecodeBase64", {"input": tf.raw_ops.EncodeBase64(input=raw, pad=pad).numpy()})
    f.add("EncodeBase64", {"input": raw.reshape(2, 3)})
    f.add("DecodeBase64", {"input": np.array([b"_-8"], object)})


def norms(f, rng):
    for shape, op in (((2, 3, 3, 2), ""), ((1, 4, 2, 3), "V2"), ((3, 2, 2, 4), "V3")):
        for training in (True, False):
            x, n = real(rng, *shape), shape[-1]
            for v in ("", "V2", "V3"):
                inputs = {"y_backprop": real(rng, *shape), "x": x, "scale": real(rng, n),
                          "reserve_space_1": x.mean((0, 1, 2)),
                          "reserve_space_2": x.var((0, 1, 2))}
                if v == "V3":
                    inputs["reserve_space_3"] = np.zeros(0, np.float32)
                f.add("FusedBatchNormGrad" + v, inputs, is_training=training, epsilon=1e-3)
                inputs = {"x": x, "scale": real(rng, n), "offset": real(rng, n),
                          "mean": np.zeros(0 if training else n, np.float32),
                          "variance": np.full(0 if training else n, 1.5, np.float32)}
                f.add("FusedBatchNorm" + v, inputs, is_training=training, epsilon=1e-3)
    for a, b in (((2, 3), (3,)), ((4, 1, 5), (1, 6, 5)), ((2, 3), (2, 3)), ((), (1, 7)),
                 ((1, 3), (1, 1))):
        f.add("BroadcastGradientArgs", {"s0": np.array(a, np.int32), "s1": np.array(b, np.int32)})


def random(f, rng):
    for seed in ([1, 2], [0, 0], [-7, 123456789012]):
        seed, shape = np.array(seed, np.int64), np.array([3, 7], np.int32)
        key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=seed)
        keys = {"shape": shape, "key": key.numpy(), "counter": counter.numpy(),
                "alg": np.int32(1)}
        seeds = {"shape": shape, "seed": seed}
        f.add("StatelessRandomGetKeyCounterAlg", {"seed": seed})
        f.add("StatelessTruncatedNormal", seeds, dtype=tf.float32)
        f.add("StatelessTruncatedNormalV2", keys, dtype=tf.float32)
        f.add("StatelessRandomUniformInt", {**seeds, "minval": np.int32(-5), "maxval": np.int32(9)})
        for dtype in (tf.int32, tf.uint64):
            f.add("StatelessRandomUniformFullInt", seeds, dtype=dtype)
            f.add("StatelessRandomUniformFullIntV2", keys, dtype=dtype)


def stitches(f, rng):
    for part, shape, dtype in (([0, 2, 0, 1, 2], (5, 3), np.float32),
                               ([[1, 0], [1, 1]], (2, 2), np.int64),
                               ([3, 3, 0], (3, 2, 2), np.float64), ([], (0, 4), np.int32)):
        f.add("DynamicPartition", {"data": rng.integers(-9, 9, shape).astype(dtype),
                                   "partitions": np.array(part, np.int32)}, num_partitions=4)
    for op in ("DynamicStitch", "ParallelDynamicStitch"):
        for rows, tail, dtype in (([[0, 3], [[2, 1]]], (2,), np.float32),
                                  ([[1, 0], [2]], (), np.int64),
                                  ([[0], [], [2, 1]], (2, 3), np.uint8),
                                  ([[], []], (3,), np.int32)):
            f.add(op, {"indices": [np.array(r, np.int32) for r in rows],
                       "data": [rng.integers(0, 99, np.shape(r) + tail).astype(dtype)
                                for r in rows]})


def main():
    here = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    rng = np.random.default_rng(9)
    f = Flex()
    for group in (arithmetic, windows, crops, boxes, searches, segments,
                  diagonals, joins, norms, random, stitches):
        group(f, rng)
    folder = os.path.join(here, "cases")
    write_archive(os.path.join(folder, "own_flex_more.zip"), f.maker.cases)
    write_counts(folder, sorted(f.maker.used))
    print(len(f.maker.cases), "cases of", len(f.maker.used), "operators")


if __name__ == "__main__":
    main()
