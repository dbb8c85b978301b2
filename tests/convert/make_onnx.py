#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the small ONNX models in tests/data/onnx, and what they give: NAME.out holds the first
output (float32) for inputs whose item i is ((i * 7) % 13 - 6) / 8, by the reference evaluator of
the `onnx` package.  Run by hand when a model is added; needs `onnx`, numpy and `onnxruntime`.

    make_onnx.py tests/data/onnx"""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

OPSET = 17
RANDOM = np.random.default_rng(8)


def weights(name, *shape):
    """Random numbers on a coarse grid."""
    return numpy_helper.from_array(
        (RANDOM.integers(-8, 9, shape) / 16).astype(np.float32), name)


def integers(name, values):
    return numpy_helper.from_array(np.array(values, np.int64), name)


def tensor(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs.split(), outputs.split(), **attributes)


def model(nodes, inputs, outputs, constants=(), functions=(), opset=OPSET):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(constants))
    imports = [helper.make_opsetid("", opset)]
    imports += [helper.make_opsetid(f.domain, 1) for f in functions]
    made = helper.make_model(graph, opset_imports=imports, functions=list(functions), ir_version=9)
    onnx.checker.check_model(made)
    return made


def image():
    """Convolutions, a norm, a residual sum, pools: one TRANSPOSE, at the input."""
    positive = numpy_helper.from_array(np.linspace(.5, 2, 4).astype(np.float32), "variance")
    return model(
        [node("Conv", "x w0", "a", pads=[1, 1, 1, 1], strides=[2, 2]),
         node("BatchNormalization", "a gamma beta mean variance", "b"),
         node("Relu", "b", "c"),
         node("MaxPool", "c", "d", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1]),
         node("Conv", "d w1 b1", "e", pads=[1, 1, 1, 1], group=4),
         node("Add", "c e", "f"),
         node("AveragePool", "f", "g", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1,
              pads=[1, 1, 0, 0]),
         node("GlobalAveragePool", "g", "h"),
         node("Flatten", "h", "i"),
         node("Gemm", "i w2 b2", "j", transB=1),
         node("Softmax", "j", "y", axis=1)],
        [tensor("x", 1, 3, 10, 8)], [tensor("y", 1, 5)],
        [weights("w0", 4, 3, 3, 3), weights("gamma", 4), weights("beta", 4), weights("mean", 4),
         positive, weights("w1", 4, 1, 3, 3), weights("b1", 4), weights("w2", 5, 4),
         weights("b2", 5)])


def attention():
    """Heads by Reshape and Transpose, with an open batch."""
    return model(
        [node("LayerNormalization", "x scale bias", "n"),
         node("MatMul", "n w", "qkv"),
         node("Split", "qkv sizes", "q0 k0 v0", axis=-1),
         node("Reshape", "q0 heads", "q1"), node("Transpose", "q1", "q", perm=[0, 2, 1, 3]),
         node("Reshape", "k0 heads", "k1"), node("Transpose", "k1", "k", perm=[0, 2, 3, 1]),
         node("Reshape", "v0 heads", "v1"), node("Transpose", "v1", "v", perm=[0, 2, 1, 3]),
         node("MatMul", "q k", "s"), node("Softmax", "s", "p", axis=-1),
         node("MatMul", "p v", "o"), node("Transpose", "o", "o1", perm=[0, 2, 1, 3]),
         node("Reshape", "o1 flat", "o2"), node("Add", "x o2", "z"), node("Erf", "z", "y")],
        [tensor("x", "batch", 5, 8)], [tensor("y", "batch", 5, 8)],
        [weights("scale", 8), weights("bias", 8), weights("w", 8, 24),
         integers("sizes", [8, 8, 8]), integers("heads", [0, 5, 2, 4]),
         integers("flat", [0, -1, 8])])


def recurrent():
    """Both directions of an LSTM and of a GRU, time first."""
    return model(
        [node("LSTM", "x w0 r0 b0", "s0 h0", hidden_size=3, direction="bidirectional"),
         node("Transpose", "s0", "s1", perm=[0, 2, 1, 3]), node("Reshape", "s1 both", "s2"),
         node("GRU", "s2 w1 r1 b1", "g0 g1", hidden_size=2, direction="bidirectional",
              linear_before_reset=1),
         node("Transpose", "g1", "y", perm=[1, 0, 2])],
        [tensor("x", 4, 1, 3)], [tensor("y", 1, 2, 2)],
        [weights("w0", 2, 12, 3), weights("r0", 2, 12, 3), weights("b0", 2, 24),
         integers("both", [0, 0, -1]),
         weights("w1", 2, 6, 6), weights("r1", 2, 6, 2), weights("b1", 2, 12)])


def control():
    """An If that depends on the input, with values from outside, and a Loop until a condition."""
    yes = helper.make_graph([node("Mul", "x two", "m")], "yes", [], [tensor("m", 2, 3)])
    no = helper.make_graph([node("Sub", "x two", "m2")], "no", [], [tensor("m2", 2, 3)])
    boolean = helper.make_tensor_value_info
    body = helper.make_graph(
        [node("Add", "v two", "v1"), node("ReduceMax", "v1", "t", keepdims=0),
         node("Less", "t limit", "go")],
        "body", [boolean("i", TensorProto.INT64, []), boolean("c", TensorProto.BOOL, []),
                 tensor("v", 2, 3)],
        [boolean("go", TensorProto.BOOL, []), tensor("v1", 2, 3), tensor("t")])
    scalar = numpy_helper.from_array(np.array(9, np.float32), "limit")
    return model(
        [node("ReduceSum", "x", "sum", keepdims=0), node("Less", "sum two", "small"),
         node("If", "small", "a", then_branch=yes, else_branch=no),
         node("Loop", "most start a", "b tops", body=body),
         node("ReduceSum", "tops", "all", keepdims=0), node("Add", "b all", "y")],
        [tensor("x", 2, 3)], [tensor("y", 2, 3)],
        [numpy_helper.from_array(np.array(2, np.float32), "two"), scalar, integers("most", 40),
         numpy_helper.from_array(np.array(True), "start")])


def function():
    """A function of the model, with an attribute of the node that calls it."""
    leak = helper.make_node("LeakyRelu", ["a"], ["b"])
    leak.attribute.append(onnx.AttributeProto(
        name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT))
    made = helper.make_function("own", "Half", ["a"], ["c"],
                                [leak, node("Add", "b b", "c")],
                                [helper.make_opsetid("", OPSET)], ["slope"])
    call = helper.make_node("Half", ["x"], ["y"], domain="own", slope=0.25)
    return model([call], [tensor("x", 3, 4)], [tensor("y", 3, 4)], functions=[made])


def quantized():
    """QuantizeLinear and DequantizeLinear around a convolution and its activation."""
    def scale(name, value):
        return numpy_helper.from_array(np.array(value, np.float32), name)

    def zero(name, value, kind):
        return numpy_helper.from_array(np.array(value, kind), name)

    return model(
        [node("QuantizeLinear", "x sx zx", "xq"), node("DequantizeLinear", "xq sx zx", "xd"),
         node("DequantizeLinear", "w sw zw", "wd", axis=0),
         node("DequantizeLinear", "b sb", "bd"),
         node("Conv", "xd wd bd", "c", pads=[1, 1, 1, 1]), node("Relu", "c", "r"),
         node("QuantizeLinear", "r sy zy", "yq"), node("DequantizeLinear", "yq sy zy", "y")],
        [tensor("x", 1, 2, 4, 4)], [tensor("y", 1, 3, 4, 4)],
        [scale("sx", 1 / 128), zero("zx", 100, np.uint8), scale("sw", [1 / 64, 1 / 32, 1 / 64]),
         zero("zw", [0, 0, 0], np.int8), scale("sb", 1 / 8192), scale("sy", 1 / 64),
         zero("zy", 0, np.uint8),
         numpy_helper.from_array(RANDOM.integers(-100, 101, (3, 2, 3, 3)).astype(np.int8), "w"),
         numpy_helper.from_array(np.array([4000, -2000, 100], np.int32), "b")], opset=19)


def parted():
    """Integers that are split; a quotient of integers by a constant."""
    zero = numpy_helper.from_array(np.array(110, np.uint8), "z")
    scales = [numpy_helper.from_array(np.array(value, np.float32), name)
              for name, value in (("sx", 1 / 64), ("sd", 1 / 100), ("sy", 1 / 50), ("three", 3))]
    return model(
        [node("QuantizeLinear", "x sx z", "xq"), node("Split", "xq", "aq bq", axis=1),
         node("DequantizeLinear", "aq sx z", "a"), node("DequantizeLinear", "bq sx z", "b"),
         node("Div", "a three", "d"), node("QuantizeLinear", "d sd z", "dq"),
         node("DequantizeLinear", "dq sd z", "e"), node("Add", "e b", "f"),
         node("QuantizeLinear", "f sy z", "yq"), node("DequantizeLinear", "yq sy z", "y")],
        [tensor("x", 1, 6, 4)], [tensor("y", 1, 3, 4)], [zero, *scales], opset=13)


def dynamic(low=1, zero=128, columns=0):
    """What onnxruntime's quantize_dynamic makes of a convolution and a matrix product: all of the
    first one's weights are integers from `low` to low + 254, with one zero point; the second one's
    columns have `columns` as theirs."""
    def chain(op, x, w, scale, y, **attributes):
        return [node("DynamicQuantizeLinear", x, f"{x}q {x}s {x}z"),
                node("Mul", f"{x}s {scale}", f"{x}m"),
                node(op, f"{x}q {w} {x}z {w}z", f"{x}i", **attributes),
                node("Cast", f"{x}i", f"{x}f", to=1), node("Mul", f"{x}f {x}m", y)]

    def octets(name, kind, low, *shape):
        return numpy_helper.from_array(
            RANDOM.integers(low, low + 255, shape).astype(kind), name)

    return model(
        [*chain("ConvInteger", "x", "w", "ws", "c", pads=[1, 1, 1, 1]),
         node("Add", "c b", "d"), node("Relu", "d", "e"), node("Reshape", "e rows", "r"),
         *chain("MatMulInteger", "r", "v", "vs", "p"), node("Add", "p a", "y")],
        [tensor("x", 1, 2, 4, 4)], [tensor("y", 1, 16, 5)],
        [octets("w", np.uint8, low, 3, 2, 3, 3), octets("v", np.int8, -127, 3, 5),
         numpy_helper.from_array(np.array(zero, np.uint8), "wz"),
         numpy_helper.from_array(np.full(5, columns, np.int8), "vz"),
         numpy_helper.from_array(np.array(1 / 256, np.float32), "ws"),
         numpy_helper.from_array(np.linspace(.002, .004, 5).astype(np.float32), "vs"),
         weights("b", 1, 3, 1, 1), weights("a", 5), integers("rows", [1, 16, 3])], opset=13)


def uneven():
    """The same with weights far from their zero points."""
    return dynamic(0, 40, -90)


def zoo():
    """One of each of what is decomposed."""
    rows = [node("ConvTranspose", "x wt", "a", strides=[2, 2], pads=[1, 1, 1, 1],
                 output_padding=[1, 1], group=2),
            node("Resize", "a none size", "b", mode="cubic"),
            node("Resize", "b none half", "c", mode="linear"),
            node("Pad", "c pads", "d", mode="edge"),
            node("Einsum", "d d", "e", equation="bchw,bdhw->bcd"),
            node("TopK", "e two", "f at", axis=1),
            node("GatherElements", "e at", "g", axis=1), node("Sub", "f g", "h"),
            node("CumSum", "h axis", "i"), node("Softplus", "i", "j"), node("Trilu", "j", "k"),
            node("ScatterElements", "k order update", "l", axis=1),
            node("InstanceNormalization", "l gamma beta", "m"), node("Softsign", "m", "y")]
    return model(
        rows, [tensor("x", 1, 2, 4, 3)], [tensor("y", 1, 2, 2)],
        [weights("wt", 2, 1, 3, 3), numpy_helper.from_array(np.zeros(0, np.float32), "none"),
         numpy_helper.from_array(np.array([1, 1, 1.5, 1.5], np.float32), "size"),
         numpy_helper.from_array(np.array([1, 1, .5, 1], np.float32), "half"),
         integers("pads", [0, 0, 2, 0, 0, 0, 1, 3]), integers("two", [2]), integers("axis", 2),
         integers("order", [[[1, 0]]]), weights("update", 1, 1, 2), weights("gamma", 2),
         weights("beta", 2)])


def external():
    """Weights in a file beside the model."""
    made = model([node("MatMul", "x w", "y")], [tensor("x", 2, 4)], [tensor("y", 2, 6)],
                 [weights("w", 4, 6)])
    return made


def custom():
    """An operator of somebody's own between two of ONNX's."""
    scale = helper.make_node("Scale", ["a"], ["b"], name="own", domain="com.example", alpha=.5,
                             axes=[1, -1], mode="up")
    graph = helper.make_graph([node("Neg", "x", "a"), scale, node("Relu", "b", "y")], "g",
                              [tensor("x", 2, 3)], [tensor("y", 2, 3)],
                              value_info=[tensor("b", 2, 3)])
    imports = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.example", 1)]
    return helper.make_model(graph, opset_imports=imports, ir_version=9)


def shuffle():
    """With an open batch: channels shuffled, GroupNorm and PixelShuffle as exporters write them."""
    return model(
        [node("Conv", "x w0", "a", pads=[1, 1, 1, 1]), node("Shape", "a", "shape"),
         node("Gather", "shape first", "n", axis=0),
         node("Concat", "n groups", "to", axis=0), node("Reshape", "a to", "b"),
         node("Transpose", "b", "c", perm=[0, 2, 1, 3, 4]),
         node("Concat", "n rest", "back", axis=0), node("Reshape", "c back", "d"),
         node("Reshape", "d halves", "e"),
         node("InstanceNormalization", "e one zero", "f"), node("Shape", "d", "whole"),
         node("Reshape", "f whole", "g"), node("Conv", "g w1 b1", "h"),
         node("DepthToSpace", "h", "y", blocksize=2, mode="CRD")],
        [tensor("x", "batch", 2, 4, 3)], [tensor("y", "batch", 2, 8, 6)],
        [weights("w0", 8, 2, 3, 3), integers("first", [0]), integers("groups", [2, 4, 4, 3]),
         integers("rest", [-1, 4, 3]), integers("halves", [0, 2, -1]),
         numpy_helper.from_array(np.ones(2, np.float32), "one"),
         numpy_helper.from_array(np.zeros(2, np.float32), "zero"), weights("w1", 8, 8, 1, 1),
         weights("b1", 8)])


def joined():
    """Integers handed from a QLinearConv through a pool and a Reshape to a QLinearMatMul."""
    def number(name, value, kind=np.float32):
        return numpy_helper.from_array(np.array(value, kind), name)

    return model(
        [node("QuantizeLinear", "x sx zx", "a"),
         node("QLinearConv", "a sx zx w sw zw sc zc b", "c"),
         node("MaxPool", "c", "d", kernel_shape=[2, 2], strides=[2, 2]),
         node("Reshape", "d flat", "e"), node("QLinearMatMul", "e sc zc m sm zw sy zy", "f"),
         node("DequantizeLinear", "f sy zy", "y")],
        [tensor("x", 1, 2, 4, 4)], [tensor("y", 1, 3)],
        [number("sx", 1 / 128), number("zx", 128, np.uint8), number("sw", 1 / 64),
         number("zw", 0, np.int8), number("sc", 1 / 16), number("zc", 60, np.uint8),
         number("sm", 1 / 32), number("sy", 1 / 4), number("zy", 128, np.uint8),
         integers("flat", [1, 16]),
         number("w", RANDOM.integers(-100, 101, (4, 2, 1, 1)), np.int8),
         number("b", [500, -200, 100, 0], np.int32),
         number("m", RANDOM.integers(-100, 101, (16, 3)), np.int8)], opset=19)


def narrow():
    """Weights of uint8 with a zero point, of 4 bits in blocks and of float8; numbers of float8 on
    the way, and integers of a scale that is computed."""
    def of(name, kind, shape, items):
        return helper.make_tensor(name, kind, shape, items)

    bytes_ = of("w8", TensorProto.UINT8, [8, 4], [(i * 37 + 11) % 256 for i in range(32)])
    halves = of("w4", TensorProto.INT4, [8, 6], [i * 5 % 16 - 8 for i in range(48)])
    floats = of("wf", TensorProto.FLOAT8E4M3FN, [6, 3], [(i - 9) / 3 for i in range(18)])
    zero = of("zf", TensorProto.FLOAT8E5M2, [], [0.])
    return model(
        [node("QuantizeLinear", "x xs xz", "xq"), node("DequantizeLinear", "xq xs xz", "x8"),
         node("DequantizeLinear", "w8 ws wz", "wd"), node("MatMul", "x8 wd", "m"),
         node("QuantizeLinear", "m ms mz", "mq"), node("DequantizeLinear", "mq ms mz", "md"),
         node("DequantizeLinear", "w4 bs bz", "w4d", axis=0, block_size=4),
         node("MatMul", "x w4d", "b"), node("Cast", "b", "bf", to=TensorProto.FLOAT8E4M3FN),
         node("Cast", "bf", "c", to=TensorProto.FLOAT),
         node("DequantizeLinear", "wf fs", "wfd"), node("MatMul", "c wfd", "d"),
         node("QuantizeLinear", "d fs zf", "e"), node("DequantizeLinear", "e fs zf", "f"),
         node("Abs", "f", "g"), node("ReduceMax", "g", "h", keepdims=0),
         node("Div", "h most", "hs"), node("QuantizeLinear", "f hs hz", "i"),
         node("DequantizeLinear", "i hs hz", "j"), node("Concat", "md c f j", "y", axis=1)],
        [tensor("x", 3, 8)], [tensor("y", 3, 16)],
        [bytes_, halves, floats, zero] +
        [numpy_helper.from_array(np.array(v, t), n) for n, v, t in (
            ("xs", 1 / 64, np.float32), ("xz", 117, np.uint8), ("ws", 1 / 128, np.float32),
            ("wz", 97, np.uint8), ("ms", 1 / 16, np.float32), ("mz", 130, np.uint8),
            ("fs", .5, np.float32), ("most", 64., np.float32), ("hz", 3, np.int8))] +
        [numpy_helper.from_array((np.arange(1, 13).reshape(2, 6) / 32).astype(np.float32), "bs"),
         of("bz", TensorProto.INT4, [2, 6], [i % 5 - 2 for i in range(12)])], opset=21)


def score():
    """Attention whose scores a graph of the model changes."""
    def graph(name, nodes, inputs, outputs, *constants):
        return helper.make_graph(nodes, name, [tensor(inputs, 1, 4, 3, 5)],
                                 [tensor(outputs, 1, 4, 3, 5)], constants)

    attend = helper.make_node(
        "FlexAttention", ["q", "k", "v"], ["y"], domain="ai.onnx.preview",
        score_mod=graph("score", [node("Tanh", "s", "t"), node("Add", "t bias", "u")], "s", "u",
                        weights("bias", 1, 1, 3, 5)),
        prob_mod=graph("prob", [node("Mul", "p p", "r")], "p", "r"))
    made = helper.make_graph(
        [node("Reshape", "x qs", "q"), node("Add", "kc kc", "k"), node("Add", "vc vc", "v"),
         attend], "g", [tensor("x", 3, 32)], [tensor("y", 1, 4, 3, 6)],
        [integers("qs", [1, 4, 3, 8]), weights("kc", 1, 2, 5, 8), weights("vc", 1, 2, 5, 6)])
    imports = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.preview", 1)]
    return helper.make_model(made, opset_imports=imports, ir_version=10)


def branches():
    """TreeEnsemble of ai.onnx.ml 5: two trees, tests for equality."""
    def of(name, kind, items):
        return helper.make_tensor(name, kind, [len(items)], items)

    # 0: x2 == -.75 ? leaf 0 : 1; 1: x0 != .25 ? 2 : leaf 1; 2: x1 >= 0 ? leaf 2 : leaf 3; 3: a tree
    ensemble = helper.make_node(
        "TreeEnsemble", ["x"], ["y"], domain="ai.onnx.ml", n_targets=2, tree_roots=[0, 3],
        nodes_modes=of("modes", TensorProto.UINT8, [4, 5, 2, 1]),
        nodes_splits=of("splits", TensorProto.FLOAT, [-.75, .25, 0., .5]),
        nodes_featureids=[2, 0, 1, 0], nodes_truenodeids=[0, 2, 2, 4],
        nodes_trueleafs=[1, 0, 1, 1], nodes_falsenodeids=[1, 1, 3, 5],
        nodes_falseleafs=[0, 1, 1, 1], leaf_targetids=[0, 1, 0, 1, 1, 0],
        leaf_weights=of("leaves", TensorProto.FLOAT, [1., 2., 4., 8., 16., 32.]))
    graph = helper.make_graph([ensemble], "g", [tensor("x", 9, 3)], [tensor("y", 9, 2)])
    imports = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", 5)]
    return helper.make_model(graph, opset_imports=imports, ir_version=9)


def vectors():
    """Support vectors: three classes decided two by two, and a regression."""
    def of(*shape):
        return (RANDOM.integers(-8, 9, shape) / 8).astype(np.float32).ravel().tolist()

    classify = helper.make_node(
        "SVMClassifier", ["x"], ["label", "scores"], domain="ai.onnx.ml", kernel_type="RBF",
        classlabels_ints=[4, 7, 9], kernel_params=[.5, 0., 0.], vectors_per_class=[2, 1, 3],
        support_vectors=of(6, 4), coefficients=of(2, 6), rho=[.125, -.25, .5])
    regress = helper.make_node(
        "SVMRegressor", ["x"], ["r"], domain="ai.onnx.ml", kernel_type="POLY", n_supports=3,
        kernel_params=[.5, 1., 3.], support_vectors=of(3, 4), coefficients=of(3),
        rho=[.5])
    graph = helper.make_graph(
        [classify, regress, node("Cast", "label", "l", to=TensorProto.FLOAT),
         node("Reshape", "l column", "lc"), node("Concat", "scores lc r", "y", axis=1)],
        "g", [tensor("x", 7, 4)], [tensor("y", 7, 5)], [integers("column", [-1, 1])])
    imports = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=imports, ir_version=9)


def gated():
    """Channels times a number each, expanded to the image's shape; a norm by the batch."""
    return model(
        [node("Conv", "x w", "a", pads=[1, 1, 1, 1]),
         node("BatchNormalization", "a one nil nil one", "b m v", training_mode=1),
         node("GlobalAveragePool", "b", "p"), node("Sigmoid", "p", "s"), node("Shape", "b", "n"),
         node("Expand", "s n", "e"), node("Mul", "b e", "y")],
        [tensor("x", None, 2, 5, 6)], [tensor("y", None, 4, 5, 6)], [weights("w", 4, 2, 3, 3)] +
        [numpy_helper.from_array(np.full(4, v, "f4"), n) for n, v in (("one", 1), ("nil", 0))])


def elements():
    """GatherElements of as many rows as the input has good ones."""
    return model(
        [node("ReduceMax", "x", "m", axes=[1], keepdims=0), node("Less", "m limit", "good"),
         node("Compress", "x good", "rows", axis=0), node("TopK", "rows two", "v i", axis=1),
         node("GatherElements", "rows i", "a", axis=1), node("Transpose", "rows", "t"),
         node("Transpose", "i", "it"), node("GatherElements", "t it", "b", axis=0),
         node("Transpose", "b", "bt"), node("Add", "a bt", "y")],
        [tensor("x", 6, 5)], [tensor("y", None, 2)],
        [numpy_helper.from_array(np.float32(.7), "limit"), integers("two", [2])])


def forest():
    """Two trees over rows of features, and a scaler in front."""
    def tree(op, inputs, outputs, **attributes):
        return helper.make_node(op, inputs.split(), outputs.split(), domain="ai.onnx.ml",
                                **attributes)

    graph = helper.make_graph(
        [tree("Scaler", "x", "s", offset=[.5, 0., -.25], scale=[2., 1., .5]),
         tree("TreeEnsembleRegressor", "s", "y", n_targets=2, base_values=[1., -1.],
              nodes_treeids=[0, 0, 0, 0, 0, 1, 1, 1], nodes_nodeids=[0, 1, 2, 3, 4, 0, 1, 2],
              nodes_featureids=[0, 2, 0, 0, 0, 1, 0, 0],
              nodes_values=[-.5, .125, 0., 0., 0., .25, 0., 0.],
              nodes_modes=["BRANCH_LEQ", "BRANCH_GT", "LEAF", "LEAF", "LEAF", "BRANCH_LT",
                           "LEAF", "LEAF"],
              nodes_truenodeids=[1, 3, 0, 0, 0, 1, 0, 0],
              nodes_falsenodeids=[2, 4, 0, 0, 0, 2, 0, 0],
              target_treeids=[0, 0, 0, 1, 1, 1], target_nodeids=[2, 3, 4, 1, 2, 2],
              target_ids=[0, 1, 0, 1, 0, 1], target_weights=[1., 2., 4., 8., 16., 32.])],
        "g", [tensor("x", 5, 3)], [tensor("y", 5, 2)])
    imports = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=imports, ir_version=9)


def grams():
    """How often sequences of numbers stand in rows; and how many parts a text has: Select-TF."""
    def ml(op, inputs, outputs, **attributes):
        return helper.make_node(op, inputs.split(), outputs.split(), domain="ai.onnx.ml",
                                **attributes)

    names = ml("LabelEncoder", "i", "s", keys_int64s=[-1, 0, 1],
               values_strings=["b", " a b  c", "a,b,,c"], default_string="")
    graph = helper.make_graph(
        [node("Mul", "x four", "m"), node("Cast", "m", "i", to=7), names,
         node("TfIdfVectorizer", "i", "t", mode="TFIDF", min_gram_length=1, max_gram_length=2,
              max_skip_count=1, ngram_counts=[0, 2], ngram_indexes=[2, 0, 3],
              pool_int64s=[0, 1, -2, 1], weights=[1., 2., 4.]),
         node("StringSplit", "s", "w c"), node("StringConcat", "s b", "l"),
         node("StringSplit", "l", "v d", delimiter=","), node("Cast", "c", "cf", to=1),
         node("RegexFullMatch", "l", "r", pattern="[a-c].*"), node("Cast", "r", "rf", to=1),
         node("StringNormalizer", "row", "u", stopwords=["B!"], case_change_action="LOWER",
              locale="C"),
         node("StringSplit", "u", "k e", delimiter="!"), node("Cast", "e", "ef", to=1),
         node("Cast", "d", "df", to=1), node("Add", "cf df", "f"), node("Add", "f rf", "g"),
         node("Add", "g ef", "h"), node("Concat", "t h", "z", axis=1), ml("ZipMap", "z", "y")],
        "g", [tensor("x", 3, 6)], [tensor("y", 3, 10)],
        [numpy_helper.from_array(np.array(4, np.float32), "four"),
         numpy_helper.from_array(np.array(["!"], object), "b"),
         numpy_helper.from_array(np.array(["B!", "a!b"], object), "row")])
    imports = [helper.make_opsetid("", 20), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=imports, ir_version=9)


def rotated():
    """Heads with rotated positions, fewer of them for keys, causal, with an open sequence."""
    return model(
        [node("MatMul", "x wq", "q0"), node("MatMul", "x wk", "k0"), node("MatMul", "x wv", "v"),
         node("RotaryEmbedding", "q0 cos sin", "q", num_heads=4),
         node("RotaryEmbedding", "k0 cos sin", "k", num_heads=2, interleaved=1),
         node("Attention", "q k v", "y", is_causal=1, q_num_heads=4, kv_num_heads=2, softcap=2.)],
        [tensor("x", "batch", 3, 8)], [tensor("y", "batch", 3, 16)],
        [weights("wq", 8, 16), weights("wk", 8, 8), weights("wv", 8, 8),
         weights("cos", 1, 3, 2), weights("sin", 1, 3, 2)], opset=23)


def fused():
    """What ONNX Runtime's optimizer makes of a transformer."""
    def own(op, inputs, outputs, **attributes):
        return helper.make_node(op, [x.strip("-") for x in inputs.split()], outputs.split(),
                                domain="com.microsoft", **attributes)

    graph = helper.make_graph(
        [own("Attention", "x w b mask", "a", num_heads=2),
         own("SkipLayerNormalization", "x a gamma beta", "n"),
         node("MatMul", "n wq", "q"), node("MatMul", "n wk", "k"), node("MatMul", "n wv", "v"),
         own("MultiHeadAttention", "q k v bias", "m", num_heads=4, unidirectional=1),
         node("MatMul", "n wk2", "k2"), node("MatMul", "n wv2", "v2"),
         own("GroupQueryAttention", "m k2 v2 - - last total", "y", num_heads=4, kv_num_heads=2)],
        "g", [tensor("x", 1, 5, 8)], [tensor("y", 1, 5, 32)],
        [weights("w", 8, 24), weights("b", 24),
         numpy_helper.from_array(np.array([[1, 1, 1, 1, 0]], np.int32), "mask"),
         weights("gamma", 8), weights("beta", 8), weights("wq", 8, 8), weights("wk", 8, 8),
         weights("wv", 8, 32), weights("bias", 48), weights("wk2", 8, 16), weights("wv2", 8, 16),
         numpy_helper.from_array(np.array([4], np.int32), "last"),
         numpy_helper.from_array(np.array(5, np.int32), "total")])
    imports = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=imports, ir_version=9)


def sequence():
    """Cells over a sequence of open length, both ways, with lengths and a last cell."""
    lengths = numpy_helper.from_array(np.array([1, 1], np.int32), "lengths")
    return model(
        [node("GRU", "x w0 r0 b0", "a0 h0", hidden_size=3, direction="bidirectional",
              linear_before_reset=1),
         node("Transpose", "a0", "a1", perm=[0, 2, 1, 3]), node("Reshape", "a1 flat", "a"),
         node("LSTM", "a w1 r1 b1 lengths", "s h c", hidden_size=4),
         node("Concat", "h c", "y", axis=2)],
        [tensor("x", "steps", 2, 5)], [tensor("y", 1, 2, 8)],
        [weights("w0", 2, 9, 5), weights("r0", 2, 9, 3), weights("b0", 2, 18),
         integers("flat", [-1, 2, 6]), weights("w1", 1, 16, 6), weights("r1", 1, 16, 4),
         weights("b1", 1, 32), lengths])


def packed():
    """Weights of 4 bits in blocks, a table of them, and bits of integers."""
    def own(op, inputs, **attributes):
        return helper.make_node(op, inputs.split(), [op], domain="com.microsoft", **attributes)

    def octets(name, *shape):
        return numpy_helper.from_array(RANDOM.integers(0, 256, shape).astype(np.uint8), name)

    graph = helper.make_graph(
        [own("MatMulNBits", "x w ws wz", K=40, N=4, bits=4, block_size=32),
         own("GatherBlockQuantized", "table ids ts tz", bits=4, block_size=16, quantize_axis=1),
         node("Reshape", "GatherBlockQuantized rows", "t"), node("Mul", "MatMulNBits t", "p"),
         node("Cast", "p", "i", to=6),
         node("BitwiseAnd", "i mask", "a"), node("BitwiseOr", "a mask", "o"),
         node("Sub", "a o", "s"), node("Cast", "s", "f", to=1), node("Add", "f p", "y")],
        "g", [tensor("x", 1, 3, 40)], [tensor("y", 4, 3, 4)],
        [octets("w", 4, 2, 16), weights("ws", 8), octets("wz", 4, 1), octets("table", 5, 8),
         weights("ts", 5, 1), octets("tz", 5, 1),
         integers("ids", [3, 0, 4]), integers("rows", [4, 3, 4]),
         numpy_helper.from_array(np.array([7], np.int32), "mask")])
    imports = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=imports, ir_version=9)


def flat_sum(names):
    """Nodes that join tensors as one vector."""
    return ([node("Reshape", f"{n} flat", f"{n}_flat") for n in names.split()] +
            [node("Concat", " ".join(f"{n}_flat" for n in names.split()), "y", axis=0)])


def places():
    """Maxima and where they were, a scatter with duplicates, regions and points of an image."""
    nodes = [node("MaxPool", "x", "most at", kernel_shape=[2, 2], strides=[2, 2]),
             node("MaxUnpool", "most at", "back", kernel_shape=[2, 2], strides=[2, 2]),
             node("ScatterElements", "row ids news", "put", axis=0, reduction="max"),
             node("ScatterND", "row ids2 news", "times", reduction="mul"),
             node("RoiAlign", "x rois of", "aligned", output_height=2, output_width=3,
                  sampling_ratio=2, spatial_scale=.5),
             node("GridSample", "x points", "sampled", mode="cubic", align_corners=1),
             node("Reshape", "x flat", "all"), node("Slice", "all zero nine", "row"),
             node("Slice", "all nine twelve", "news")]
    points = numpy_helper.from_array((RANDOM.integers(-5, 6, (1, 2, 2, 2)) / 4).astype(np.float32),
                                     "points")
    rois = numpy_helper.from_array(np.array([[0, 1, 9, 7], [3, 2, 11, 11]], np.float32), "rois")
    order = nodes[6:] + nodes[:6] + flat_sum("back put times aligned sampled")
    return model(order, [tensor("x", 1, 2, 6, 6)], [tensor("y", None)],
                 [points, rois, integers("of", [0, 0]), integers("ids", [4, 1, 4]),
                  integers("ids2", [[2], [-1], [2]]), integers("flat", [-1]),
                  integers("zero", [0]), integers("nine", [9]), integers("twelve", [12])],
                 opset=20)


def spectrum():
    """Transforms of rows: of all items, and of windows over them."""
    window = numpy_helper.from_array(np.hanning(8).astype(np.float32), "window")
    nodes = [node("DFT", "x", "half", axis=1, onesided=1), node("DFT", "half", "whole", axis=1),
             node("STFT", "x step window", "frames")] + flat_sum("half whole frames")
    return model(nodes, [tensor("x", 1, 24, 1)], [tensor("y", None)],
                 [window, numpy_helper.from_array(np.array(4, np.int64), "step"),
                  integers("flat", [-1])])


def collected():
    """A sequence that a loop fills, as torch exports EmbeddingBag, joined and taken apart again."""
    body = helper.make_graph(
        [node("Gather", "x i", "row", axis=0), node("Mul", "row row", "square"),
         node("SequenceInsert", "seq square", "more"), node("Add", "i one", "next"),
         node("Less", "next three", "go")], "body",
        [helper.make_tensor_value_info("turn", TensorProto.INT64, []),
         helper.make_tensor_value_info("given", TensorProto.BOOL, []),
         helper.make_tensor_value_info("i", TensorProto.INT64, []),
         helper.make_tensor_sequence_value_info("seq", TensorProto.FLOAT, None)],
        [helper.make_tensor_value_info("go", TensorProto.BOOL, []),
         helper.make_tensor_value_info("next", TensorProto.INT64, []),
         helper.make_tensor_sequence_value_info("more", TensorProto.FLOAT, None)])
    nodes = [node("SequenceEmpty", "", "empty"),
             helper.make_node("Loop", ["", "yes", "nought", "empty"], ["last", "rows"], body=body),
             node("ConcatFromSequence", "rows", "whole", axis=0, new_axis=1),
             node("SplitToSequence", "whole", "parts", axis=1),
             node("SequenceAt", "parts one", "column"), node("SequenceLength", "parts", "n"),
             node("Cast", "n", "width", to=1), node("Mul", "column width", "y")]
    scalars = [numpy_helper.from_array(np.array(v, np.int64), n)
               for n, v in (("one", 1), ("three", 3), ("nought", 0))]
    return model(nodes, [tensor("x", 4, 5)], [tensor("y", None, None)],
                 scalars + [numpy_helper.from_array(np.array(True), "yes")])


def opened():
    """Images of which batch, height and width are open."""
    body = helper.make_graph(
        [node("Mul", "v half", "w"), node("Identity", "w", "each"), node("Identity", "go", "on")],
        "body", [helper.make_tensor_value_info("turn", TensorProto.INT64, []),
                 helper.make_tensor_value_info("go", TensorProto.BOOL, []),
                 helper.make_tensor_value_info("v", TensorProto.FLOAT, None)],
        [helper.make_tensor_value_info("on", TensorProto.BOOL, []),
         helper.make_tensor_value_info("w", TensorProto.FLOAT, None),
         helper.make_tensor_value_info("each", TensorProto.FLOAT, None)])
    nodes = [
        node("ConvTranspose", "x w0 b0", "t0", strides=[2, 2], pads=[1, 1, 1, 1],
             output_padding=[1, 1]),
        node("ConvTranspose", "x w1", "t1", strides=[2, 1], pads=[1, 0, 0, 1], group=2),
        node("ConvTranspose", "x w0", "t2", strides=[2, 2], auto_pad="SAME_UPPER"),
        node("AveragePool", "x", "p0", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 0, 0]),
        node("MaxPool", "x", "p1", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
        node("MaxPool", "x", "p2", kernel_shape=[2, 2], dilations=[2, 1], strides=[1, 2]),
        node("LpPool", "x", "p3", kernel_shape=[2, 3], pads=[0, 1, 1, 0]),
        helper.make_node("Resize", ["x", "", "twice"], ["r0"], mode="nearest"),
        helper.make_node("Resize", ["x", "", "thrice"], ["r1"], mode="linear",
                         coordinate_transformation_mode="align_corners"),
        node("Shape", "t0", "s0"), node("Slice", "s0 two four nought", "s1"),
        node("Shape", "x", "s2"), node("Slice", "s2 nought two nought", "s3"),
        node("Concat", "s3 s1", "s4", axis=0),
        helper.make_node("Resize", ["x", "", "", "s4"], ["r2"], mode="linear"),
        node("Pad", "x pads", "e0", mode="edge"), node("Pad", "x ring", "e1", mode="wrap"),
        node("GroupNormalization", "x g b", "n0", num_groups=2),
        node("Hardmax", "x", "h0", axis=3), node("Trilu", "x diagonal", "l0", upper=0),
        node("ArgMax", "x", "a0", axis=3, select_last_index=1), node("Cast", "a0", "a1", to=1),
        node("Gather", "x last", "k0", axis=2), node("Gather", "s2 first", "count", axis=0),
        node("Einsum", "x w2", "m0", equation="nchw,cz->whzn"),
        node("ReduceMax", "x three", "top", keepdims=1),
        node("ScatterElements", "x a0 top", "u0", axis=3),
        node("Unsqueeze", "count nought", "from"), node("Slice", "x from end two", "c0"),
        node("ConstantOfShape", "s2", "noughts"), node("Add", "x noughts", "sum"),
        node("Concat", "s3 rest", "s5", axis=0), node("Reshape", "sum s5", "f0"),
        helper.make_node("Loop", ["count", "", "x"], ["v1", "vs"], body=body)]
    kept = "t0 t1 t2 p0 p1 p2 p3 r0 r1 r2 e0 e1 n0 h0 l0 a1 k0 m0 u0 c0 f0 v1 vs"
    floats = (("twice", [1, 1, 2, 2]), ("thrice", [1, 1, 1, 3]), ("half", .5), ("g", [1, 1, 2, 1]),
              ("b", [0, 1, 0, 0]))
    scalars = (("last", -1), ("first", 0), ("diagonal", 1))
    return model(nodes + flat_sum(kept), [tensor("x", "n", 4, "h", "w")], [tensor("y", None)],
                 [weights("w0", 4, 3, 3, 3), weights("b0", 3), weights("w1", 4, 2, 3, 2),
                  weights("w2", 4, 3)] +
                 [numpy_helper.from_array(np.array(v, np.float32), n) for n, v in floats] +
                 [numpy_helper.from_array(np.array(v, np.int64), n) for n, v in scalars] +
                 [integers("flat", [-1]), integers("nought", [0]), integers("two", [2]),
                  integers("four", [4]), integers("three", [3]), integers("rest", [-1]),
                  integers("end", [2 ** 63 - 1]), integers("pads", [0, 0, 1, 0, 0, 0, 0, 2]),
                  integers("ring", [0, 0, 0, 1, 0, 0, 1, 0])], opset=21)


def regions():
    """Regions of interest of which each has as many points as pixels."""
    nodes = [node("RoiAlign", "x rois which", f"r{i}", output_height=2, output_width=3,
                  spatial_scale=.5, coordinate_transformation_mode=mode)
             for i, mode in enumerate(("half_pixel", "output_half_pixel"))]
    rois = [[0, 0, 9, 7], [1.5, 2, 4, 3], [3, 3, 3, 3], [-4, 1, 24, 30]]
    return model(nodes + flat_sum("r0 r1"), [tensor("x", 2, 2, 6, 5)], [tensor("y", None)],
                 [numpy_helper.from_array(np.array(rois, np.float32), "rois"),
                  integers("which", [0, 1, 1, 0]), integers("flat", [-1])])


def heads():
    """An open image's channels split and its pixels in rows, as heads of detectors have them: the
    convolution's order stays, only what comes out is transposed."""
    nodes = [node("Conv", "x w", "c", pads=[1, 1, 1, 1]), node("Shape", "c", "s"),
             node("Slice", "s nought one", "batch"), node("Slice", "s two four", "area"),
             node("Concat", "batch pair area", "split", axis=0),
             node("Reshape", "c split", "h0"), node("Sigmoid", "h0", "h1"),
             node("ReduceMax", "h1", "h2", axes=[2], keepdims=0),
             node("Concat", "batch four rest", "rows", axis=0), node("Reshape", "c rows", "p0"),
             node("Transpose", "p0", "p1", perm=[0, 2, 1]), node("Softmax", "p1", "p2", axis=2)]
    return model(nodes + flat_sum("h2 p2"), [tensor("x", "n", 2, "h", "w")], [tensor("y", None)],
                 [weights("w", 4, 2, 3, 3), integers("nought", [0]), integers("one", [1]),
                  integers("two", [2]), integers("four", [4]), integers("pair", [2, 2]),
                  integers("rest", [-1]), integers("flat", [-1])])


def volumes():
    """Three dimensions in groups, groups of which the channels are put into blocks, diagonals."""
    nodes = [
        node("Conv", "x w0 b0", "v0", group=2, pads=[1, 0, 1, 1, 0, 0], strides=[2, 1, 1],
             dilations=[1, 1, 2]),
        node("BatchNormalization", "v0 b0 b0 b0 var", "v1"),
        node("Conv", "x w1", "v2", group=4, auto_pad="SAME_UPPER"),
        node("ConvTranspose", "x w2", "v3", group=2, strides=[1, 2, 1]),
        node("ConvTranspose", "x w3 b1", "v4", group=4, pads=[0, 1, 0, 0, 0, 0]),
        node("Reshape", "x shape", "i0"), node("Conv", "i0 w4", "i1", group=2),
        node("DepthToSpace", "i1", "i2", blocksize=2, mode="CRD"),
        node("Reshape", "x square", "q0"), node("Einsum", "q0", "q1", equation="abccb->cab"),
        node("Einsum", "q0 w5", "q2", equation="abccb,zaz->bz")]
    variance = numpy_helper.from_array(np.linspace(.5, 2, 4).astype(np.float32), "var")
    return model(nodes + flat_sum("v1 v2 v3 v4 i2 q1 q2"), [tensor("x", 1, 4, 4, 3, 3)],
                 [tensor("y", None)],
                 [weights("w0", 4, 2, 3, 2, 2), weights("b0", 4), weights("w1", 4, 1, 2, 2, 2),
                  weights("w2", 4, 1, 2, 2, 1), weights("w3", 4, 2, 2, 1, 2), weights("b1", 8),
                  weights("w4", 8, 2, 1, 1), weights("w5", 3, 4, 3), variance,
                  integers("shape", [1, 4, 6, 6]), integers("square", [4, 3, 2, 2, 3]),
                  integers("flat", [-1])], opset=20)


def single():
    """Of a single item: the rank is what the model says."""
    return model([node("ThresholdedRelu", "x", "a", alpha=.25), node("Clip", "a low high", "y")],
                 [tensor("x", 1, 1, 1)], [tensor("y", 1, 1, 1)],
                 [numpy_helper.from_array(np.array(v, np.float32), n)
                  for n, v in (("low", -.5), ("high", 6))])


def boxes():
    """Of boxes some have no area: they are chosen, once each."""
    nodes = [node("Mul", "x mask", "b"), node("ReduceSum", "x two", "s", keepdims=0),
             node("Unsqueeze", "s one", "scores"),
             node("NonMaxSuppression", "b scores all iou", "chosen"),
             node("Cast", "chosen", "y", to=1)]
    mask = np.array([1, 0, 1, 0, 0, 1, 1], np.float32).reshape(1, 7, 1)
    return model(nodes, [tensor("x", 1, 7, 4)], [tensor("y", None, 3)],
                 [numpy_helper.from_array(mask, "mask"), integers("two", [2]),
                  integers("one", [1]), integers("all", [2 ** 63 - 1]),
                  numpy_helper.from_array(np.array([.3], np.float32), "iou")])


def bordered():
    """Pads that put integers around integers, and a vector of integer weights."""
    def number(name, value, kind=np.float32):
        return numpy_helper.from_array(np.array(value, kind), name)
    nodes = [node("QuantizeLinear", "x s z", "q"), node("Pad", "q pads seven", "p"),
             node("DequantizeLinear", "p s z", "a"), node("Pad", "q pads", "r"),
             node("DequantizeLinear", "r s z", "b"),
             node("DynamicQuantizeLinear", "x", "d ds dz"),
             node("MatMulInteger", "d w dz", "m"), node("Cast", "m", "f", to=1),
             node("Mul", "f ds", "c")]
    return model(nodes + flat_sum("a b c"), [tensor("x", 3, 4)], [tensor("y", None)],
                 [number("s", 1 / 16), number("z", 130, np.uint8), number("seven", 7, np.uint8),
                  number("w", [3, -5, 100, 7], np.int8), integers("pads", [0, 1, 1, 0]),
                  integers("flat", [-1])])


# What open dimensions are when the model runs; 1 where nothing is said.
OPEN = {"opened": {"n": 2, "h": 4, "w": 5}, "heads": {"n": 2, "h": 4, "w": 5}}


def inputs_of(made, sizes):
    feeds = {}
    for value in made.graph.input:
        shape = [d.dim_value or sizes.get(d.dim_param, 1)
                 for d in value.type.tensor_type.shape.dim]
        i = np.arange(int(np.prod(shape)))
        feeds[value.name] = (((i * 7) % 13 - 6) / 8).astype(np.float32).reshape(shape)
    return feeds


def result_of(made, make):
    feeds = inputs_of(made, OPEN.get(make.__name__, {}))
    if make is function:  # whose attribute the evaluator does not find
        x = feeds["x"]
        return np.where(x < 0, x / 4, x) * 2
    if make is custom:
        return np.maximum(feeds["x"] * -.5, 0)
    # the evaluator lacks operators, or lengths
    if make is grams:  # what ONNX Runtime gives without the dictionaries
        del made.graph.node[-1]
        made.graph.output[0].name = "z"
    if make in (fused, sequence, packed, parted, places, collected, grams, opened, volumes, boxes,
                bordered, regions, heads):
        import onnxruntime
        session = onnxruntime.InferenceSession(made.SerializeToString())
        return session.run(None, feeds)[0]
    return ReferenceEvaluator(made).run(None, feeds)[0]


def main():
    folder = pathlib.Path(sys.argv[1])
    for make in (image, attention, recurrent, control, function, quantized, zoo, external,
                 custom, shuffle, joined, forest, rotated, fused,
                 sequence, packed, parted, dynamic, places, spectrum, collected, uneven,
                 narrow, score, branches, vectors, elements, gated, grams, opened, volumes,
                 single, boxes, bordered, regions, heads):
        made, name = make(), make.__name__
        whole = made.SerializeToString()
        out = result_of(made, make)
        made = onnx.load_from_string(whole)
        (folder / f"{name}.out").write_bytes(np.ascontiguousarray(out, np.float32).tobytes())
        if make is external:
            onnx.external_data_helper.convert_model_to_external_data(
                made, location="external.bin", size_threshold=0)
            (folder / "external.bin").unlink(missing_ok=True)
        onnx.save(made, folder / f"{name}.onnx")


if __name__ == "__main__":
    main()
