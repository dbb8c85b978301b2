#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cases of Flex operators that reduce, multiply, choose, parse Examples, and make ragged and sparse
tensors, made as flex_cases.py makes them and run after it.

    python3 tests/ops/flex_field_cases.py [tests/ops]

The script writes cases/own_flex_field.zip and its lines of cases/counts.txt.
"""
import os
import sys

import numpy as np
import tensorflow as tf

from flex_cases import Flex, real
from flex_more_cases import complex_
from flex_plain_cases import WHOLE, TYPES
from make_cases import write_archive
from quantized_cases import write_counts

TYPES.setdefault(np.dtype(np.float16), "FLOAT16")
NARROW = WHOLE + (np.uint8, np.uint16, np.uint32)


def number(rng, dtype, *shape):
    if np.issubdtype(dtype, np.complexfloating):
        return complex_(rng, *shape, dtype=dtype)
    if np.issubdtype(dtype, np.floating):
        return real(rng, *shape, dtype=dtype)
    return rng.integers(0 if np.dtype(dtype).kind == "u" else -9, 90, shape).astype(dtype)


def reductions(f, rng):
    for op in ("Sum", "Mean", "Prod", "Max", "Min"):
        types = [np.float64, *NARROW]
        types += [np.complex64, np.complex128] if op in ("Sum", "Mean", "Prod") else []
        for i, dtype in enumerate(types):
            axis = [np.array([1], np.int32), np.int64(-1), np.array([0, 2], np.int32)][i % 3]
            f.add(op, {"input": number(rng, dtype, 2, 3, 4), "axis": axis}, keep_dims=i % 2 == 1)
        f.add(op, {"input": number(rng, np.float64, 3, 0), "axis": np.int32(1)})
        f.add(op, {"input": np.array([[1, np.nan], [3, -np.inf]]), "axis": np.int32(1)})
        if op in ("Max", "Min"):
            for dtype in WHOLE:
                f.add(op, {"input": number(rng, dtype, 2, 0), "axis": np.int32(1)})
    for dtype in (np.float32, np.float64):
        f.add("EuclideanNorm", {"input": real(rng, 3, 4, dtype=dtype), "axis": np.int32(0)})
        f.add("EuclideanNorm", {"input": real(rng, 3, 4, dtype=dtype),
                                "axis": np.array([0, 1], np.int32)}, keep_dims=True)
    for op in ("ArgMax", "ArgMin"):
        for i, dtype in enumerate([np.float64, *NARROW]):
            f.add(op, {"input": number(rng, dtype, 2, 5, 3), "dimension": np.int32(i % 3 - 1)},
                  output_type=tf.int32 if i % 2 else tf.int64)
        f.add(op, {"input": np.array([[1, 1, 0], [0, 1, 1]], bool), "dimension": np.int64(1)})


def running(f, rng):
    how = [(e, r) for e in (False, True) for r in (False, True)]
    for exclusive, reverse in how:
        for dtype in (np.float32, np.float64):
            f.add("CumulativeLogsumexp", {"x": real(rng, 2, 5, 3, dtype=dtype),
                                          "axis": np.int32(1)}, exclusive=exclusive,
                  reverse=reverse)
        for dtype in (np.float64, np.int8, np.uint16, np.int64):
            f.add("Cumsum", {"x": number(rng, dtype, 3, 4), "axis": np.int32(-1)},
                  exclusive=exclusive, reverse=reverse)
            f.add("Cumprod", {"x": number(rng, dtype, 3, 4), "axis": np.int64(0)},
                  exclusive=exclusive, reverse=reverse)
    f.add("CumulativeLogsumexp", {"x": np.array([-np.inf, 1, 1e4, -1e4]), "axis": np.int32(0)})
    f.add("Cumsum", {"x": np.zeros((2, 0)), "axis": np.int32(1)})


def products(f, rng):
    types = (np.float32, np.float64, np.int32, np.int64, np.complex64, np.complex128)
    for i, dtype in enumerate(types):
        a, b = number(rng, dtype, 3, 4), number(rng, dtype, 4, 2)
        f.add("MatMul", {"a": a.T.copy() if i & 1 else a, "b": b.T.copy() if i & 2 else b},
              transpose_a=bool(i & 1), transpose_b=bool(i & 2))
        x, y = number(rng, dtype, 2, 3, 4), number(rng, dtype, 2, 4, 2)
        if i & 1:
            x = x.transpose(0, 2, 1).copy()
        how = {"x": x, "y": y}
        f.add("BatchMatMul", how, adj_x=bool(i & 1))
        how["y"] = number(rng, dtype, 5, 1, 2, 4)
        f.add("BatchMatMulV2", how, adj_x=bool(i & 1), adj_y=True)
        if dtype in types[:3]:
            f.add("BatchMatMulV3", how, adj_x=bool(i & 1), adj_y=True, Tout=tf.as_dtype(dtype))
    f.add("MatMul", {"a": np.zeros((2, 0)), "b": np.zeros((0, 3))})


def choices(f, rng):
    for i, dtype in enumerate([np.float32, np.float64, *NARROW]):
        x = number(rng, dtype, 2, 9)
        f.add("TopKV2", {"input": x, "k": np.int32(i % 9)}, sorted=True)
        f.add("OneHot", {"indices": np.array([[0, 3], [-1, 1]], np.int32), "depth": np.int32(3),
                         "on_value": dtype(5), "off_value": dtype(2)}, axis=i % 3)
        f.add("Select", {"condition": np.array([True, False]), "x": x, "y": x[::-1].copy()})
    f.add("TopKV2", {"input": np.array([1, 1, 2, 2, 1], np.float32), "k": np.int32(5)})
    for dtype in (np.uint8, np.int64):
        f.add("OneHot", {"indices": np.array([1, 0, 7], dtype), "depth": np.int32(2),
                         "on_value": np.complex64(1j), "off_value": np.complex64(0)})
    f.add("Select", {"condition": np.array(True), "x": real(rng, 2), "y": real(rng, 2)})
    f.add("Select", {"condition": rng.random((2, 3)) < 0.5, "x": number(rng, np.int64, 2, 3),
                     "y": number(rng, np.int64, 2, 3)})


# ---- Examples ----

def feature(values):
    first = np.asarray(values).ravel()[:1]
    if first.dtype.kind in "SUO":
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
    if first.dtype.kind == "f":
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def example(**features):
    made = {k: feature(v) for k, v in features.items()}
    return tf.train.Example(features=tf.train.Features(feature=made)).SerializeToString()


def examples(f):
    some = np.array([example(a=[1.5, -2.0], i=[1, -2, 1 << 40], s=[b"x", b""], v=[1.0, 2.0]),
                     example(a=[0.25, 3.0], s=[b"only"], v=[5.0, 6.0, 7.0, 8.0], z=[1]),
                     example(a=[7.0, 8.0], i=np.zeros(0, int), v=[])], object)
    names = np.zeros(0, object)
    text = np.array([b"none"], object)
    for given in (some, some[:1], some[:0]):
        f.add("ParseExample", {"serialized": given, "names": names,
                               "sparse_keys": [np.array(b"i", object), np.array(b"s", object)],
                               "dense_keys": [np.array(b"a", object), np.array(b"s1", object)],
                               "dense_defaults": [np.zeros(0, np.float32), text]},
              sparse_types=[tf.int64, tf.string], dense_shapes=[[2], [1]])
    for given in (some, some[:1], np.zeros(0, object), some[1:2].reshape(())):
        scalar = np.ndim(given) == 0
        f.add("ParseExampleV2", {
            "serialized": given, "names": names, "sparse_keys": np.array([b"i"], object),
            "dense_keys": np.array([b"a", b"w", b"v"], object),
            "ragged_keys": np.array([] if scalar else [b"s", b"z"], object),
            "dense_defaults": [np.zeros(0, np.float32), np.array([[3, 4], [5, 6]]),
                               np.full([4] if scalar else [], -1, np.float32)]},
              num_sparse=1, sparse_types=[tf.int64],
              ragged_value_types=[] if scalar else [tf.string, tf.int64],
              ragged_split_types=[] if scalar else [tf.int32, tf.int64],
              dense_shapes=[[2], [2, 2], [4] if scalar else [None]])
    for i in range(2):
        f.add("ParseSingleExample", {"serialized": some[i:i + 1].reshape(()),
                                     "dense_defaults": [np.zeros(0, np.float32), np.int64(9)]},
              num_sparse=2, sparse_keys=["s", "i"], dense_keys=["a", "z"],
              sparse_types=[tf.string, tf.int64], dense_shapes=[[2], []])
    f.add("ParseSingleExample", {"serialized": np.array(b"", object),
                                 "dense_defaults": [np.float32(2)]},
          num_sparse=0, sparse_keys=[], dense_keys=["a"], sparse_types=[], dense_shapes=[[]])


# ---- ragged tensors, texts ----

def ragged(f):
    for dtype, splits in ((np.int32, tf.int64), (np.int64, tf.int32), (np.float32, tf.int64),
                          (np.float64, tf.int32)):
        f.add("RaggedRange", {"starts": np.array([0, 5, 8], dtype), "limits": dtype(9),
                              "deltas": np.array([2, -1, 3], dtype)}, Tsplits=splits)
        f.add("RaggedRange", {"starts": dtype(1), "limits": dtype(4), "deltas": dtype(1)},
              Tsplits=splits)
    f.add("RaggedRange", {"starts": np.array([0, 1], np.float32), "limits": np.float32(1),
                          "deltas": np.array([0.3, 0.1], np.float32)})
    words = np.array([b"a", b"bc", b"", b"d"], object)
    for values in (words, np.arange(8.0).reshape(4, 2), np.array([5, 6, 7, 8], np.int32)):
        for at in (np.array([2, 0, 0]), np.array([[1, 2], [0, 1]], np.int32)):
            f.add("RaggedGather", {"params_nested_splits": [np.array([0, 2, 2, 4])],
                                   "params_dense_values": values, "indices": at},
                  OUTPUT_RAGGED_RANK=np.ndim(at))
    f.add("RaggedGather", {"params_nested_splits": [np.array([0, 1, 3], np.int32),
                                                    np.array([0, 2, 2, 4], np.int32)],
                           "params_dense_values": words, "indices": np.array([1, 0, 1])},
          OUTPUT_RAGGED_RANK=2)
    for dtype in (np.int32, np.int64):
        for widths, pad, short in (([2], 0, False), ([1, 3], 0, True), ([3], -1, False),
                                   ([4], 1, True), ([2, 3], 2, False)):
            f.add("StringNGrams", {"data": words, "data_splits": np.array([0, 3, 3, 4], dtype)},
                  separator="|", ngram_widths=widths, left_pad="<", right_pad=">", pad_width=pad,
                  preserve_short_sequences=short)


def texts(f):
    words = np.array([[b"", b"abc"], ["é…".encode(), b"12345678"],
                      [b"a longer text of words", b"seven.."]], object)
    f.add("StringToHashBucket", {"string_tensor": words}, num_buckets=1 << 50)
    f.add("StringToHashBucket", {"string_tensor": words[0, 1:].reshape(())}, num_buckets=10)
    f.add("StringToHashBucket", {"string_tensor": words[:0]}, num_buckets=10)
    for key in ([1, 2], [-1, 1 << 60]):
        f.add("StringToHashBucketStrong", {"input": words}, num_buckets=1 << 40, key=key)
    f.add("StringToHashBucketStrong", {"input": words[0]}, num_buckets=3, key=[0, 0])
    lines = np.array([b"a,b;c", b",", b"", b";x,,y", b"no"], object)
    for separator in (b",", b",;", b""):
        for skip in (True, False):
            f.add("StringSplit", {"input": lines, "delimiter": np.array(separator, object)},
                  skip_empty=skip)
    raw = np.array([b"abcdefgh", b"\x00\x01\x02\x03\xff\xfe\xfd\xfc"], object)
    for to in (tf.uint8, tf.int16, tf.int32, tf.int64, tf.uint16):
        f.add("DecodeRaw", {"bytes": raw}, out_type=to)
    f.add("DecodeRaw", {"bytes": np.array([b"\0\1", b"\1\1"], object)}, out_type=tf.bool)
    f.add("DecodeRaw", {"bytes": np.array(np.arange(3.0).tobytes(), object)}, out_type=tf.float64)
    for to, n in ((tf.uint8, 5), (tf.int32, 12), (tf.int16, 2)):
        f.add("DecodePaddedRaw", {"input_bytes": raw, "fixed_length": np.int32(n)}, out_type=to)
    marks = [0, 65, 0x3B1, 0x410, 0x5D0, 0x4E00, 0x3042, 0x30A2, 0xAC00, 0x1F600, 0x10FFFF, 0x378]
    f.add("UnicodeScript", {"input": np.array(marks, np.int32).reshape(3, 4)})
    f.add("UnicodeScript", {"input": np.array([-1, 0x110000, 1 << 30, -5], np.int32)})
    f.add("UnicodeScript", {"input": np.arange(0x2000, 0x3200, 7, dtype=np.int32)})


# ---- sparse tensors ----

def sparse(f, rng):
    at = np.array([[2, 0], [0, 3], [2, 1], [0, 0]])
    size = np.array([4, 5])
    for values in (np.arange(4.0), np.array([b"p", b"q", b"", b"s"], object), np.arange(4)):
        f.add("SparseReorder", {"input_indices": at, "input_values": values, "input_shape": size})
        f.add("SparseFillEmptyRows", {"indices": at[[1, 3, 0, 2]], "values": values,
                                      "dense_shape": size,
                                      "default_value": values[2:3].reshape(())})
    f.add("SparseReorder", {"input_indices": at[:0], "input_values": np.zeros(0),
                            "input_shape": size})
    f.add("SparseFillEmptyRows", {"indices": at[:0], "values": np.zeros(0), "dense_shape": size,
                                  "default_value": np.float64(3)})
    for to in ([2, -1], [20], [5, 2, 2], [-1, 1]):
        f.add("SparseReshape", {"input_indices": at, "input_shape": size,
                                "new_shape": np.array(to)})
    for dtype in (np.float32, np.float64, np.int32):
        for i in range(4):
            b = number(rng, dtype, 4 if i & 1 else 5, 3)
            f.add("SparseTensorDenseMatMul", {
                "a_indices": at, "a_values": number(rng, dtype, 4), "a_shape": size,
                "b": b.T.copy() if i & 2 else b}, adjoint_a=bool(i & 1), adjoint_b=bool(i & 2))


def sparse_parts(f, rng):
    at, size = np.array([[0, 1], [1, 0], [1, 3], [2, 2]]), np.array([3, 4])
    words = np.array([b"p", b"q", b"", b"s"], object)
    for values in (number(rng, np.float32, 4), number(rng, np.int64, 4), words):
        for start, cut in (([0, 0], [2, 3]), ([1, 1], [9, 9]), ([2, 0], [1, 1])):
            f.add("SparseSlice", {"indices": at, "values": values, "shape": size,
                                  "start": np.array(start), "size": np.array(cut)})
        f.add("SparseToDense", {"sparse_indices": at.astype(np.int32),
                                "output_shape": size.astype(np.int32), "sparse_values": values,
                                "default_value": values[1:2].reshape(())})
        f.add("SparseToDense", {"sparse_indices": np.array([4, 0, 2]),
                                "output_shape": np.array([5]),
                                "sparse_values": values[:1].reshape(()),
                                "default_value": values[3:].reshape(())}, validate_indices=False)
        f.add("SelectV2", {"condition": np.array([[True], [False]]), "t": values, "e": values[:1]})
        f.add("SelectV2", {"condition": np.array([False, True, False, True]), "t": values,
                           "e": values[::-1].copy()})
        for axis in (np.int32(0), np.int64(-1)):
            square = values.reshape(2, 2)
            last = values[:0].reshape(2, 0) if axis else values[:2].reshape(1, 2)
            f.add("ConcatV2", {"values": [square, square[:, ::-1].copy(), last], "axis": axis})
        f.add("Unique", {"x": np.concatenate([values, values[1:3]])}, out_idx=tf.int64)
        f.add("UniqueWithCounts", {"x": np.concatenate([values[2:], values])})
        f.add("RaggedTensorToSparse", {"rt_nested_splits": [np.array([0, 3, 3, 4])],
                                       "rt_dense_values": values})
        f.add("RaggedTensorToSparse", {
            "rt_nested_splits": [np.array([0, 2, 3], np.int32), np.array([0, 0, 1, 2], np.int32)],
            "rt_dense_values": values.reshape(2, 2)})
    f.add("Unique", {"x": words[:0]})
    for dtype in (np.float32, np.float64, np.int32, np.int64):
        a, b = number(rng, dtype, 4), number(rng, dtype, 3)
        for axis in (0, 1):
            f.add("SparseConcat", {"indices": [at, at[1:]], "values": [a, b],
                                   "shapes": [size, size]}, concat_dim=axis)
        b[0] = -a[1]
        f.add("SparseAdd", {"a_indices": at, "a_values": a, "a_shape": size,
                            "b_indices": at[[1, 2, 3]], "b_values": b, "b_shape": size,
                            "thresh": dtype(1)})
        for op in ("SparseReduceSum", "SparseReduceMax"):
            for axes, keep in (([1], False), ([0, -1], True), ([0], True)):
                f.add(op, {"input_indices": at, "input_values": a, "input_shape": size,
                           "reduction_axes": np.array(axes, np.int32)}, keep_dims=keep)


KERNELS = ("lanczos1", "lanczos3", "lanczos5", "gaussian", "box", "triangle", "keyscubic",
           "mitchellcubic")


def images(f, rng):
    for i, kernel in enumerate(KERNELS):
        for anti in (False, True):
            pixels = rng.integers(0, 255, (1, 6, 5, 3)).astype(np.uint8)
            x = real(rng, 2, 6, 5, 2) if i % 2 else pixels
            f.add("ScaleAndTranslate", {
                "images": x, "size": np.array([4 + i % 3 * 4, 3], np.int32),
                "scale": np.array([0.6 + i % 3 * 0.7, 0.55], np.float32),
                "translation": np.array([0.3, -0.4], np.float32)}, kernel_type=kernel,
                  antialias=anti)
    for radius, bias, beta in ((5, 1, 0.5), (1, 0.7, 0.75), (0, 2, 1)):
        x = real(rng, 2, 2, 3, 6)
        how = {"depth_radius": radius, "bias": bias, "alpha": 0.3, "beta": beta}
        y = tf.raw_ops.LRN(input=x, **how).numpy()
        f.add("LRNGrad", {"input_grads": real(rng, 2, 2, 3, 6), "input_image": x,
                          "output_image": y}, **how)
    for merge, blank in ((False, -1), (True, -1), (True, 0)):
        logits = rng.integers(0, 3, (6, 3, 4)).astype(np.float32)
        f.add("CTCGreedyDecoder", {"inputs": logits,
                                   "sequence_length": np.array([6, 0, 4], np.int32)},
              merge_repeated=merge, blank_index=blank)


def main():
    here = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    rng = np.random.default_rng(11)
    f = Flex()
    for group in (reductions, running, products, choices, sparse, sparse_parts, images):
        group(f, rng)
    for group in (examples, ragged, texts):
        group(f)
    folder = os.path.join(here, "cases")
    write_archive(os.path.join(folder, "own_flex_field.zip"), f.maker.cases)
    write_counts(folder, sorted(f.maker.used))
    print(len(f.maker.cases), "cases of", len(f.maker.used), "operators")


if __name__ == "__main__":
    main()
