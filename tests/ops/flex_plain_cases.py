#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cases of Flex operators that have builtins for fewer types, of gradients of slices and images, of
Unicode and formatted text, made as flex_cases.py makes them and run after it.

    python3 tests/ops/flex_plain_cases.py [tests/ops]

The script writes cases/own_flex_plain.zip and its lines of cases/counts.txt.
"""
import os
import sys

import numpy as np
import tensorflow as tf

from flex_cases import Flex, real
from make_cases import TYPES, write_archive
from quantized_cases import write_counts

TYPES.setdefault(np.dtype(np.uint16), "UINT16")
FEATURES = ("Elu", "Relu", "Relu6")
POSITIVE = ("Sqrt", "Rsqrt", "Log")
REALS = ("Ceil", "Floor", "Sqrt", "Rsqrt", "Exp", "Log", "Sin", "Cos", "Tanh", "Sigmoid", "Elu")
WHOLE = (np.int8, np.int16, np.int32, np.int64)


def unary(f, rng):
    for op in REALS + ("Abs", "Sign", "Round", "Relu", "Relu6"):
        name = "features" if op in FEATURES else "x"
        low = 0.1 if op in POSITIVE else -7
        f.add(op, {name: real(rng, 2, 5, low=low, high=7, dtype=np.float64)})
        f.add(op, {name: real(rng, 3, low=low, high=7)})
        f.add(op, {name: np.zeros((2, 0), np.float64)})
    special = np.array([np.nan, -np.inf, np.inf, -0.0, 2.5, 3.5, -2.5], np.float64)
    for op in ("Sign", "Round", "Relu", "Relu6", "Abs"):
        name = "features" if op in FEATURES else "x"
        f.add(op, {name: special})
        for dtype in WHOLE:
            low = np.iinfo(dtype).min
            if op == "Round" or (op == "Sign" and dtype in (np.int8, np.int16)):
                continue
            f.add(op, {name: np.array([low, -3, 0, 5, np.iinfo(dtype).max], dtype)})
    for dtype in WHOLE + (np.uint8, np.uint16, np.uint32, np.uint64):
        f.add("PopulationCount", {"x": rng.integers(0, 127, (2, 3)).astype(dtype)})
    f.add("PopulationCount", {"x": np.array([-1, -128, 0], np.int8)})


BINARY = ("Div", "FloorDiv", "FloorMod", "Maximum", "Minimum", "SquaredDifference", "Pow")


def binary(f, rng):
    for op in BINARY:
        f.add(op, {"x": real(rng, 2, 3, low=0.2, high=4, dtype=np.float64),
                   "y": real(rng, 3, low=-3, high=-0.5, dtype=np.float64)})
        f.add(op, {"x": real(rng, 4, low=0.2, high=4), "y": real(rng, 1, low=0.5, high=3)})
        types = (np.int32, np.int64) if op in ("SquaredDifference", "Pow") else WHOLE + (
            np.uint8, np.uint16)
        for dtype in types:
            low = 0 if dtype in (np.uint8, np.uint16) else -100
            y = np.array([3, 7, 1] if low == 0 or op == "Pow" else [3, -7, 1], dtype)
            f.add(op, {"x": rng.integers(low, 101, (2, 3)).astype(dtype), "y": y})
    f.add("Pow", {"x": np.array([3, -3, 0, 10], np.int64), "y": np.array([39, 41, 0, 30])})
    nan = np.array([np.nan, 1, np.nan], np.float64)
    for op in ("Maximum", "Minimum"):
        f.add(op, {"x": nan, "y": np.array([1, np.nan, np.nan], np.float64)})
    for dtype in (np.float32, np.float64):
        f.add("Atan2", {"y": real(rng, 2, 3, dtype=dtype), "x": real(rng, 2, 3, dtype=dtype)})
        f.add("Atan2", {"y": real(rng, 2, 1, dtype=dtype), "x": real(rng, 3, dtype=dtype)})
    for dtype in (np.int8, np.uint16, np.int64):
        x = rng.integers(0, 100, (2, 3)).astype(dtype)
        f.add("BitwiseXor", {"x": x, "y": rng.integers(0, 100, 3).astype(dtype)})
        f.add("RightShift", {"x": x - np.array(40 if dtype != np.uint16 else 0, dtype),
                             "y": rng.integers(0, 7, 3).astype(dtype)})
    for op in ("Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual"):
        for dtype in (np.float64, np.float32, np.uint16, np.int8):
            f.add(op, {"x": rng.integers(0, 3, (2, 3)).astype(dtype),
                       "y": rng.integers(0, 3, 3).astype(dtype)})
    for dtype in (np.float64, np.int8, np.int64, np.uint16):
        f.add("AddN", {"inputs": [rng.integers(0, 90, (2, 3)).astype(dtype) for _ in range(3)]})
    f.add("AddN", {"inputs": [real(rng, 2)]})


def slices(f, rng):
    def grad(shape, spec, dtype=np.float32, **masks):
        begin, end, step = (np.array(v, np.int32) for v in spec)
        x = tf.constant(rng.integers(0, 99, shape).astype(dtype))
        y = tf.raw_ops.StridedSlice(input=x, begin=begin, end=end, strides=step, **masks)
        f.add("StridedSliceGrad", {"shape": np.array(shape, np.int32), "begin": begin, "end": end,
                                   "strides": step, "dy": y.numpy()}, **masks)
    grad((4, 5), ([1, 0], [3, 5], [1, 2]))
    grad((4, 5), ([-1, 4], [-5, 0], [-1, -2]), np.int32)
    grad((4, 5, 2), ([1, 0], [2, 1], [1, 1]), np.int64, shrink_axis_mask=2, ellipsis_mask=1)
    grad((3, 2), ([0, 0, 1], [0, 0, 9], [1, 1, 1]), np.float64, new_axis_mask=1, begin_mask=2,
         end_mask=2)
    grad((3,), ([2], [1], [1]))
    grad((3, 2), ([0, 0, 0], [0, 1, 2], [1, 1, 1]), ellipsis_mask=1, begin_mask=2)
    for mode in ("REFLECT", "SYMMETRIC"):
        for pads, shape in (([[1, 2], [0, 1]], (6, 4)), ([[0, 0], [1, 1]], (2, 5)),
                            ([[2, 1]], (6,))):
            for dtype in (np.float32, np.float64):
                f.add("MirrorPadGrad", {"input": rng.integers(0, 9, shape).astype(dtype),
                                        "paddings": np.array(pads, np.int32)}, mode=mode)


def images(f, rng):
    for corners, half in ((False, False), (True, False), (False, True)):
        how = {"align_corners": corners, "half_pixel_centers": half}
        for small, large in (((3, 4), (5, 7)), ((6, 5), (2, 3)), ((1, 2), (3, 1))):
            dy = real(rng, 2, *large, 2)
            for dtype in (np.float32, np.float64):
                for op in ("ResizeBilinearGrad", "ResizeBicubicGrad"):
                    f.add(op, {"grads": dy, "original_image": real(rng, 2, *small, 2, dtype=dtype)},
                          **how)
                f.add("ResizeNearestNeighborGrad",
                      {"grads": dy.astype(dtype), "size": np.array(small, np.int32)}, **how)
    for dtype in (np.float32, np.uint8, np.int32):
        for size in ((2, 3), (7, 5), (1, 1)):
            f.add("ResizeArea", {"images": rng.integers(0, 99, (2, 4, 6, 2)).astype(dtype),
                                 "size": np.array(size, np.int32)}, align_corners=size[0] == 7)


TEXTS = [b"a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", b"", b"x\x01y", b"bad \xe2\x28\xa1 \xf0\x9f\x98",
         b"\xed\xa0\x80 \xc0\x80 \xf5", b"\xf0\x90\x80"]
WIDE = [b"\x00a\xd8\x3d\xde\x00", b"", b"\xd8\x00\x00a", b"\xdc\x00\x00b\x00", b"\xd8\x00\x01"]
WIDER = [b"\x00\x00\x00a\x00\x01\xf6\x00", b"\x00\x11\x00\x00", b"\x00\x00\xd8\x00\x00\x00"]


def unicode_(f, rng):
    del rng
    for texts, encoding in ((TEXTS, "UTF-8"), (WIDE, "UTF-16-BE"), (WIDER, "UTF-32-BE"),
                            ([b"ab\xe4"], "US-ASCII"), ([b"ab\xe4"], "ISO-8859-1")):
        x = np.array(texts, object)
        for how in ({}, {"errors": "ignore"}, {"replacement_char": 63},
                    {"replace_control_characters": True}):
            f.add("UnicodeDecode", {"input": x}, input_encoding=encoding, Tsplits=tf.int32, **how)
            f.add("UnicodeDecodeWithOffsets", {"input": x}, input_encoding=encoding, **how)
            for to in ("UTF-8", "UTF-16-BE", "UTF-32-BE"):
                f.add("UnicodeTranscode", {"input": x.reshape(1, -1)}, input_encoding=encoding,
                      output_encoding=to, **how)
    codes = np.array([97, 228, 8364, 128512, 1, 0xD800, 0x110000, -1], np.int32)
    for dtype in (np.int32, np.int64):
        for to in ("UTF-8", "UTF-16-BE", "UTF-32-BE"):
            for errors in ("replace", "ignore"):
                f.add("UnicodeEncode", {"input_values": codes,
                                        "input_splits": np.array([0, 3, 3, 8], dtype)},
                      output_encoding=to, errors=errors)


def formats(f, rng):
    words = np.array([b'a"b\n', "é".encode(), b"\x01", b"\xff\x7f"], object)
    for x in (np.arange(24).reshape(2, 3, 4), np.float32(3.25), np.array([True, False]), words,
              np.zeros((2, 0), np.float32), np.arange(9, dtype=np.uint64),
              np.array([0.1, 1e10, 1 / 3, np.nan, -np.inf, -0.0], np.float32),
              np.array([0.1, 1e22, 1 / 3]), real(rng, 8, 2, 1)):
        for summarize in (3, 1, 0, -1):
            f.add("StringFormat", {"inputs": [x]}, template="<%s>", summarize=summarize)
    f.add("StringFormat", {"inputs": [np.int32(4), words[:1]]}, template="{} of {} {",
          placeholder="{}")


def samples(f, rng):
    for dtype in (np.int32, np.int64):
        for logits in (real(rng, 2, 5), np.array([[0, -np.inf, 1]], np.float32),
                       real(rng, 3, 4, dtype=np.float64)):
            f.add("StatelessMultinomial", {"logits": logits, "num_samples": np.int32(7),
                                           "seed": np.array([3, -4], dtype)},
                  output_dtype=tf.int32 if dtype == np.int32 else tf.int64)


def main():
    here = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    rng = np.random.default_rng(10)
    f = Flex()
    for group in (unary, binary, slices, images, unicode_, formats, samples):
        group(f, rng)
    folder = os.path.join(here, "cases")
    write_archive(os.path.join(folder, "own_flex_plain.zip"), f.maker.cases)
    write_counts(folder, sorted(f.maker.used))
    print(len(f.maker.cases), "cases of", len(f.maker.used), "operators")


if __name__ == "__main__":
    main()
