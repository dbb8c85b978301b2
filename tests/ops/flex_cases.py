#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cases of Flex operators: what TensorFlow itself gives for one raw op.  Run it in an environment
with tensorflow and ai_edge_litert, after make_cases.py.

    python3 tests/ops/flex_cases.py [tests/ops]

The script writes cases/own_flex.zip and its lines of cases/counts.txt.
"""
import os
import sys

import numpy as np
import tensorflow as tf
from flatbuffers import flexbuffers

from make_cases import TYPES, write_archive
from peerless_cases import Maker
from quantized_cases import write_counts

for dtype, name in ((object, "STRING"), (np.float64, "FLOAT64"), (np.uint32, "UINT32"),
                    (np.uint64, "UINT64"), (np.complex64, "COMPLEX64")):
    TYPES.setdefault(np.dtype(dtype), name)


def node_def(op, inputs, attributes):
    """The node that a graph has for this call, and how many results it gives."""
    with tf.Graph().as_default():
        feeds = {}
        for name, x in inputs.items():
            many = isinstance(x, list)
            made = [tf.constant(v) for v in (x if many else [x])]
            feeds[name] = made if many else made[0]
        out = getattr(tf.raw_ops, op)(**feeds, **attributes)
        node = tf.nest.flatten(out)[0].op.node_def
    return node.SerializeToString()


class Flex:
    def __init__(self):
        self.maker = Maker()

    def add(self, op, inputs, **attributes):
        """A case of raw op `op`; inputs by the names that TensorFlow gives them."""
        inputs = {k: [np.asarray(v) for v in x] if isinstance(x, list) else np.asarray(x)
                  for k, x in inputs.items()}
        feeds = {k: [tf.constant(v) for v in x] if isinstance(x, list) else tf.constant(x)
                 for k, x in inputs.items()}
        out = getattr(tf.raw_ops, op)(**feeds, **attributes)
        out = tf.nest.flatten(out)
        b = flexbuffers.Builder()
        with b.Vector():
            b.String(op)
            b.Blob(node_def(op, inputs, attributes))
        flat = [v for x in inputs.values() for v in (x if isinstance(x, list) else [x])]
        out = [np.asarray(y.numpy(), object if y.dtype == tf.string else None) for y in out]
        if False in (attributes.get("compute_v"), attributes.get("compute_uv")):
            out[1:] = [np.zeros_like(y) for y in out[1:]]  # TensorFlow leaves them unset
        if op.startswith("FusedBatchNorm") and attributes.get("is_training") is False:
            if "Grad" not in op:
                out[3:5] = inputs["mean"], inputs["variance"]  # nor are these
        if op == "FusedBatchNormV3":
            out[5] = np.zeros_like(out[5])
        self.maker.add("Flex" + op, flat, out, custom=b.Finish(), tag="flex")
        if op.endswith("FFT3D") or "Backprop" in op:  # long sums of floats
            self.maker.cases[-1][1]["tolerance"] = {"abs": 1e-5, "rel": 1e-5, "lsb": 0}


def real(rng, *shape, low=-2, high=2, dtype=np.float32):
    return rng.uniform(low, high, shape).astype(dtype)


UNARY = {
    "Erf": (-3, 3), "Erfc": (-3, 3), "Erfinv": (-0.99, 0.99), "Ndtri": (0.001, 0.999),
    "Lgamma": (-4, 30), "Digamma": (-4, 30), "Expm1": (-3, 3), "Log1p": (-0.9, 9),
    "Tan": (-1.5, 1.5), "Asin": (-1, 1), "Acos": (-1, 1), "Atan": (-9, 9), "Sinh": (-3, 3),
    "Cosh": (-3, 3), "Asinh": (-9, 9), "Acosh": (1, 9), "Atanh": (-0.99, 0.99), "Rint": (-9, 9),
    "Reciprocal": (0.1, 5), "Inv": (-5, -0.1), "Softplus": (-30, 30), "Softsign": (-9, 9),
    "Selu": (-4, 4), "IsNan": (0, 1), "IsInf": (0, 1), "IsFinite": (0, 1),
}
ARGUMENT = {"Softplus": "features", "Softsign": "features", "Selu": "features"}
SINGLE = {"Softplus", "Softsign", "Selu"}


def unary(f, rng):
    for op, (low, high) in UNARY.items():
        name = ARGUMENT.get(op, "x")
        for shape in ((7,), (2, 3, 4), (2, 0)):
            f.add(op, {name: real(rng, *shape, low=low, high=high)})
        f.add(op, {name: real(rng, 5, low=low, high=high, dtype=np.float64)})
    special = np.array([np.nan, np.inf, -np.inf, 0, -1, 3e38], np.float32)
    for op in ("IsNan", "IsInf", "IsFinite", "Erf", "Softsign"):
        f.add(op, {ARGUMENT.get(op, "x"): special})


BINARY = {"Xlogy": ("x", "y", 0, 3), "Xlog1py": ("x", "y", 0, 3), "Xdivy": ("x", "y", 0.5, 3),
          "DivNoNan": ("x", "y", 0.5, 3), "MulNoNan": ("x", "y", -3, 3),
          "Igamma": ("a", "x", 0.1, 9), "Igammac": ("a", "x", 0.1, 9), "Zeta": ("x", "q", 1.1, 9),
          "NextAfter": ("x1", "x2", -3, 3)}


def binary(f, rng):
    for op, (a, b, low, high) in BINARY.items():
        f.add(op, {a: real(rng, 2, 5, low=low, high=high), b: real(rng, 2, 5, low=low, high=high)})
        f.add(op, {a: real(rng, 3, 1, low=low, high=high), b: real(rng, 4, low=low, high=high)})
        f.add(op, {a: real(rng, 6, low=low, high=high, dtype=np.float64),
                   b: real(rng, 6, low=low, high=high, dtype=np.float64)})
    zeros = np.array([0, 1, 0, 2], np.float32)
    for op in ("Xlogy", "Xdivy", "DivNoNan", "MulNoNan"):
        a, b = BINARY[op][:2]
        f.add(op, {a: np.array([0, 0, 3, 2], np.float32), b: zeros})
    for k in range(4):
        f.add("Polygamma", {"a": np.full(5, k, np.float32), "x": real(rng, 5, low=0.5, high=6)})
    for shape in ((4,), (2, 3), ()):
        f.add("Betainc", {"a": real(rng, *shape, low=0.2, high=6),
                          "b": real(rng, *shape, low=0.2, high=6),
                          "x": real(rng, *shape, low=0, high=1)})


def whole(f, rng):
    for op in ("BitwiseAnd", "BitwiseOr"):
        for dtype in (np.int32, np.uint8, np.int64, np.uint32):
            f.add(op, {"x": rng.integers(0, 100, (2, 5)).astype(dtype),
                       "y": rng.integers(0, 100, (2, 5)).astype(dtype)})
    for dtype in (np.int32, np.uint8, np.int64):
        f.add("Invert", {"x": rng.integers(0, 100, 9).astype(dtype)})
        f.add("LeftShift", {"x": rng.integers(0, 100, 6).astype(dtype),
                            "y": rng.integers(0, 7, 6).astype(dtype)})
    for op in ("TruncateDiv", "TruncateMod", "Mod"):
        for dtype in (np.int32, np.int64):
            f.add(op, {"x": rng.integers(-99, 99, (3, 4)).astype(dtype),
                       "y": np.array([7, -3, 1, 20], dtype)})
    for op in ("TruncateMod", "Mod"):
        f.add(op, {"x": real(rng, 6, low=-9, high=9), "y": real(rng, 6, low=1, high=3)})
    f.add("TruncateDiv", {"x": np.array([-7, 7], np.int8), "y": np.array([2, -2], np.int8)})


def square(rng, *shape, dtype=np.float32):
    return (rng.standard_normal(shape) + 3 * np.eye(shape[-1])).astype(dtype)


def linear(f, rng):
    for dtype in (np.float32, np.float64):
        for shape in ((3, 3), (2, 4, 4), (1, 1), (5, 5)):
            a = square(rng, *shape, dtype=dtype)
            f.add("MatrixDeterminant", {"input": a})
            f.add("LogMatrixDeterminant", {"input": a})
            f.add("MatrixInverse", {"input": a}, adjoint=False)
            f.add("MatrixInverse", {"input": a}, adjoint=True)
            spd = (a @ np.swapaxes(a, -1, -2) + np.eye(shape[-1])).astype(dtype)
            f.add("Cholesky", {"input": spd})
            f.add("SelfAdjointEigV2", {"input": spd}, compute_v=False)
            b = rng.standard_normal((*shape[:-1], 2)).astype(dtype)
            f.add("MatrixSolve", {"matrix": a, "rhs": b}, adjoint=False)
            f.add("MatrixSolve", {"matrix": a, "rhs": b}, adjoint=True)
            for lower in (True, False):
                f.add("MatrixTriangularSolve", {"matrix": a, "rhs": b}, lower=lower, adjoint=lower)
        for shape in ((4, 3), (3, 5), (2, 3, 3)):
            a = rng.standard_normal(shape).astype(dtype)
            f.add("Svd", {"input": a}, compute_uv=False, full_matrices=False)
            f.add("Qr", {"input": a}, full_matrices=False)
        f.add("Qr", {"input": rng.standard_normal((4, 2)).astype(dtype)}, full_matrices=True)


def fourier(f, rng):
    def complex_(*shape):
        return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(np.complex64)
    for op, rank in (("FFT", 1), ("IFFT", 1), ("FFT2D", 2), ("IFFT2D", 2), ("FFT3D", 3),
                     ("IFFT3D", 3)):
        for n in (8, 6, 7, 1):
            f.add(op, {"input": complex_(2, *([n] * rank))})
    for n in (8, 5, 7):
        f.add("RFFT", {"input": real(rng, 3, 8), "fft_length": np.array([n], np.int32)})
        f.add("IRFFT", {"input": complex_(3, 5), "fft_length": np.array([n], np.int32)})


PAIRS = {"ReluGrad": ("gradients", "features"), "Relu6Grad": ("gradients", "features"),
         "EluGrad": ("gradients", "outputs"), "SeluGrad": ("gradients", "outputs"),
         "SoftplusGrad": ("gradients", "features"), "SoftsignGrad": ("gradients", "features"),
         "SigmoidGrad": ("y", "dy"), "TanhGrad": ("y", "dy"), "SqrtGrad": ("y", "dy"),
         "RsqrtGrad": ("y", "dy"), "ReciprocalGrad": ("y", "dy"), "InvGrad": ("y", "dy")}


def gradients(f, rng):
    for op, (a, b) in PAIRS.items():
        for shape in ((9,), (2, 3, 4), (0,)):
            low = 0.2 if op in ("SqrtGrad", "RsqrtGrad") else -3
            x, y = (real(rng, *shape, low=low, high=7) for _ in range(2))
            f.add(op, {a: x, b: y})
    for alpha in (0.2, 0.01, 0.5):
        f.add("LeakyReluGrad", {"gradients": real(rng, 8), "features": real(rng, 8)}, alpha=alpha)
    for shape in ((5, 3), (2, 3, 4, 5), (2, 3, 4)):
        f.add("BiasAddGrad", {"out_backprop": real(rng, *shape)}, data_format="NHWC")
    f.add("BiasAddGrad", {"out_backprop": real(rng, 2, 3, 4, 5)}, data_format="NCHW")
    for shape in ((5,), (2, 3), (0,)):
        f.add("L2Loss", {"t": real(rng, *shape)})
    for n, k in ((4, 5), (1, 2), (3, 10)):
        logits = real(rng, n, k, low=-9, high=9)
        labels = rng.dirichlet(np.ones(k), n).astype(np.float32)
        f.add("SoftmaxCrossEntropyWithLogits", {"features": logits, "labels": labels})
        for dtype in (np.int32, np.int64):
            f.add("SparseSoftmaxCrossEntropyWithLogits",
                  {"features": logits, "labels": rng.integers(0, k, n).astype(dtype)})


def windows(f, rng):
    for size, channels, stride, padding in ((7, 3, 1, "SAME"), (8, 2, 2, "SAME"),
                                            (7, 2, 2, "VALID"), (6, 1, 1, "VALID")):
        out = -(-size // stride) if padding == "SAME" else (size - 3) // stride + 1
        x, w = real(rng, 2, size, size, channels), real(rng, 3, 3, channels, 4)
        dy = real(rng, 2, out, out, 4)
        how = {"strides": [1, stride, stride, 1], "padding": padding}
        f.add("Conv2DBackpropInput", {"input_sizes": np.array(x.shape, np.int32), "filter": w,
                                      "out_backprop": dy}, **how)
        f.add("Conv2DBackpropFilter", {"input": x, "filter_sizes": np.array(w.shape, np.int32),
                                       "out_backprop": dy}, **how)
        dy = real(rng, 2, out, out, 4 * channels)
        f.add("DepthwiseConv2dNativeBackpropInput",
              {"input_sizes": np.array(x.shape, np.int32), "filter": w, "out_backprop": dy}, **how)
        f.add("DepthwiseConv2dNativeBackpropFilter",
              {"input": x, "filter_sizes": np.array(w.shape, np.int32), "out_backprop": dy}, **how)
        how["ksize"] = [1, 3, 3, 1]
        dy = real(rng, 2, out, out, channels)
        f.add("MaxPoolGrad", {"orig_input": x, "orig_output": tf.raw_ops.MaxPool(input=x, **how),
                              "grad": dy}, **how)
        f.add("AvgPoolGrad", {"orig_input_shape": np.array(x.shape, np.int32), "grad": dy}, **how)


TEXTS = np.array(["Hello, World!", "", "  a b\tc ", "ÄÖ ß € 漢字", "x1-y22_z333", "aaa"], object)


def texts(f):
    bytes_ = np.array([t.encode() for t in TEXTS], object)
    words = np.array([b"Ab", b"cD", b"", b"42"], object)
    for x in (bytes_, words.reshape(2, 2), words[:1]):
        for op in ("StringLower", "StringUpper", "StringStrip"):
            f.add(op, {"input": x})
        for unit in ("BYTE", "UTF8_CHAR"):
            f.add("StringLength", {"input": x}, unit=unit)
        f.add("StringToHashBucketFast", {"input": x}, num_buckets=1000)
    long = np.array([b"q" * n for n in (1, 3, 9, 20, 40, 99)], object)
    f.add("StringToHashBucketFast", {"input": long}, num_buckets=(1 << 62) + 1)
    for unit in ("BYTE", "UTF8_CHAR"):
        f.add("Substr", {"input": np.array(["ÄÖü xyz".encode()], object), "pos": np.int32(1),
                         "len": np.int32(3)}, unit=unit)
    f.add("Substr", {"input": words[:2], "pos": np.array([0, -1], np.int64),
                     "len": np.array([1, 5], np.int64)}, unit="BYTE")
    f.add("StringJoin", {"inputs": [words, words[::-1].copy()]}, separator="+")
    f.add("StringJoin", {"inputs": [words, np.array(b"!", object)]}, separator="")
    f.add("StringJoin", {"inputs": [words.reshape(2, 2)] * 3}, separator=", ")
    for x in (np.array([1.5, -2.25, 1e10], np.float32), np.array([3, -4], np.int32),
              np.array([True, False])):
        f.add("AsString", {"input": x})
    f.add("AsString", {"input": np.array([1.23456], np.float32)}, precision=2, width=8, fill="0")
    f.add("AsString", {"input": np.array([1.23456], np.float64)}, scientific=True)
    f.add("AsString", {"input": np.array([1.5], np.float32)}, shortest=True)
    for out, x in ((tf.float32, b"1.5"), (tf.float64, b" -2e3 "), (tf.int32, b"-17"),
                   (tf.int64, b"9999999999")):
        f.add("StringToNumber", {"string_tensor": np.array([x], object)}, out_type=out)


def expressions(f):
    x = np.array([t.encode() for t in TEXTS], object)
    for pattern, rewrite in (("[a-z]+", "<\\0>"), ("[!\"#$%&()*+,-./:;<=>?@[\\\\\\]^_`{|}~']", ""),
                             ("a*", "-"), ("(\\w)(\\d+)", "\\2\\1"), ("^\\s+|\\s+$", ""),
                             ("(?i)HELLO|x", "y"), ("\\b", "|"), ("[^\\x00-\\x7F]", "?"),
                             ("a{2}", "b"), ("(a|aa)(a*?)", "[\\1,\\2]")):
        f.add("StaticRegexReplace", {"input": x}, pattern=pattern, rewrite=rewrite,
              replace_global=True)
        f.add("StaticRegexReplace", {"input": x}, pattern=pattern, rewrite=rewrite,
              replace_global=False)
        f.add("RegexReplace", {"input": x, "pattern": np.array(pattern.encode(), object),
                               "rewrite": np.array(rewrite.encode(), object)}, replace_global=True)
        f.add("StaticRegexFullMatch", {"input": x}, pattern=pattern)
        f.add("RegexFullMatch", {"input": x, "pattern": np.array((".*" + pattern).encode(),
                                                                 object)})
    for separator, most in ((b"", -1), (b" ", -1), (b",", -1), (b"a", 1), (b"", 1), (b"zz", -1)):
        f.add("StringSplitV2", {"input": x, "sep": np.array(separator, object)}, maxsplit=most)


def counting(f, rng):
    for weights in (np.zeros(0, np.int32), real(rng, 10)):
        f.add("Bincount", {"arr": rng.integers(0, 9, 10).astype(np.int32), "size": np.int32(7),
                           "weights": weights})
        f.add("DenseBincount", {"input": rng.integers(0, 9, (2, 5)), "size": np.int64(7),
                                "weights": weights.reshape(2, 5) if weights.size else weights})
        f.add("DenseBincount", {"input": rng.integers(0, 9, (2, 5)).astype(np.int32),
                                "size": np.int32(8), "weights": np.zeros(0, np.float32)},
              binary_output=True)
    f.add("Bincount", {"arr": np.zeros(0, np.int32), "size": np.int32(3),
                       "weights": np.zeros(0, np.float32)})
    for dtype in (np.int32, np.int64):
        for n in (5, 1):
            f.add("InvertPermutation", {"x": rng.permutation(n).astype(dtype)})
    for shape in ([2, None], [None, None], [2, 3]):
        f.add("EnsureShape", {"input": real(rng, 2, 3)}, shape=shape)


def parts(f, rng):
    for op in ("Update", "Add", "Sub", "Min", "Max"):
        for dtype in (np.float32, np.int32, np.int64):
            f.add("TensorScatter" + op, {
                "tensor": rng.integers(-9, 9, (4, 3)).astype(dtype),
                "indices": np.array([[0], [2], [3]], np.int32),
                "updates": rng.integers(-9, 9, (3, 3)).astype(dtype)})
        f.add("TensorScatter" + op, {"tensor": real(rng, 3, 4),
                                     "indices": np.array([[0, 1], [2, 3]], np.int64),
                                     "updates": real(rng, 2)})
    for low, high in ((1, 0), (-1, 1), (0, -1)):
        f.add("MatrixBandPart", {"input": real(rng, 2, 4, 5), "num_lower": np.int64(low),
                                 "num_upper": np.int64(high)})
    f.add("Roll", {"input": real(rng, 3, 4), "shift": np.array([1, -2], np.int32),
                   "axis": np.array([0, 1], np.int32)})
    f.add("Roll", {"input": real(rng, 5), "shift": np.int32(7), "axis": np.int32(0)})
    f.add("Roll", {"input": rng.integers(0, 9, (2, 3)), "shift": np.array([1, 1], np.int64),
                   "axis": np.array([1, 1], np.int64)})
    f.add("ClipByValue", {"t": real(rng, 2, 3), "clip_value_min": np.float32(-1),
                          "clip_value_max": np.float32(0.5)})
    f.add("ClipByValue", {"t": real(rng, 4), "clip_value_min": -np.ones(4, np.float32),
                          "clip_value_max": np.ones(4, np.float32)})
    f.add("ClipByValue", {"t": rng.integers(-9, 9, 6).astype(np.int32),
                          "clip_value_min": np.int32(-3), "clip_value_max": np.int32(4)})
    for shape in ((3,), (4, 3), (2, 2, 3)):
        f.add("Cross", {"a": real(rng, *shape), "b": real(rng, *shape)})


def random(f):
    for seed in ([1, 2], [0, 0], [-7, 123456789012]):
        seed = np.array(seed, np.int64)
        key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=seed)
        keys = {"key": key.numpy(), "counter": counter.numpy(), "alg": np.int32(1)}
        shape = np.array([3, 5], np.int32)
        f.add("StatelessRandomGetKeyCounter", {"seed": seed})
        f.add("StatelessRandomGetAlg", {})
        f.add("StatelessRandomUniformV2", {"shape": shape, **keys}, dtype=tf.float32)
        f.add("StatelessRandomUniformV2", {"shape": shape, **keys}, dtype=tf.float64)
        f.add("StatelessRandomNormalV2", {"shape": shape, **keys}, dtype=tf.float32)
        f.add("StatelessRandomUniform", {"shape": shape, "seed": seed}, dtype=tf.float32)
        f.add("StatelessRandomNormal", {"shape": shape, "seed": seed}, dtype=tf.float32)
        f.add("StatelessRandomUniformIntV2", {"shape": shape, **keys, "minval": np.int32(-5),
                                              "maxval": np.int32(17)})
        f.add("StatelessRandomUniformIntV2", {"shape": shape, **keys, "minval": np.int64(-5),
                                              "maxval": np.int64(1 << 40)})


def colors(f, rng):
    for shape in ((3,), (2, 4, 3), (1, 3, 3, 3)):
        x = real(rng, *shape, low=0, high=1)
        f.add("RGBToHSV", {"images": x})
        f.add("HSVToRGB", {"images": x})
    for shape in ((2, 4, 3), (1, 3, 3, 3), (2, 2, 2, 3)):
        x = real(rng, *shape, low=0, high=1)
        f.add("AdjustHue", {"images": x, "delta": np.float32(0.3)})
        f.add("AdjustSaturation", {"images": x, "scale": np.float32(1.7)})
        f.add("AdjustContrastv2", {"images": x, "contrast_factor": np.float32(1.7)})


def ragged(f):
    values = np.arange(1, 7, dtype=np.int64)
    splits = np.array([0, 2, 2, 6], np.int64)
    ids = np.array([0, 0, 2, 2, 2, 2], np.int64)
    words = np.array([b"a", b"bb", b"c", b"dd", b"e", b"f"], object)
    for shape in ([-1, -1], [2, 3], [4, 5]):
        want = np.array(shape, np.int64)
        f.add("RaggedTensorToTensor", {"shape": want, "values": values,
                                       "default_value": np.int64(0),
                                       "row_partition_tensors": [splits]},
              row_partition_types=["ROW_SPLITS"])
        f.add("RaggedTensorToTensor", {"shape": want, "values": words,
                                       "default_value": np.array(b"", object),
                                       "row_partition_tensors": [np.int64(3), ids]},
              row_partition_types=["FIRST_DIM_SIZE", "VALUE_ROWIDS"])
    f.add("RaggedTensorToTensor", {"shape": np.array([-1, -1, -1], np.int64), "values": values,
                                   "default_value": np.int64(-1),
                                   "row_partition_tensors": [np.array([0, 1, 3], np.int64),
                                                             np.array([0, 2, 3, 6], np.int64)]},
          row_partition_types=["ROW_SPLITS", "ROW_SPLITS"])
    f.add("RaggedTensorToTensor", {"shape": np.int64(-1), "values": np.ones((6, 2), np.float32),
                                   "default_value": np.float32(0.5),
                                   "row_partition_tensors": [splits]},
          row_partition_types=["ROW_SPLITS"])


def main():
    here = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    rng = np.random.default_rng(8)
    f = Flex()
    for group in (unary, binary, whole, linear, fourier, gradients, windows, counting, parts,
                  colors):
        group(f, rng)
    for group in (texts, expressions, random, ragged):
        group(f)
    folder = os.path.join(here, "cases")
    write_archive(os.path.join(folder, "own_flex.zip"), f.maker.cases)
    write_counts(folder, sorted(f.maker.used))
    print(len(f.maker.cases), "cases of", len(f.maker.used), "operators")


if __name__ == "__main__":
    main()
