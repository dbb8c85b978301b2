#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Quantizes small networks with onnxruntime's quantize_static in all its ways, converts them, and
reads back every quantization parameter of the .tflite.

    onnx_static.py --linnet build/linnet --package build/python
    onnx_static.py --save tests/data/onnx      makes static.onnx and static.out of there

Each tensor of 8 bits must have a scale and a zero point of the ONNX model (uint8 less 128), one
that is called as a QuantizeLinear node that node's; weights and biases the same items; biases the
product of the scales of input and weights; and each pair of the ONNX model must be in the .tflite.
Weights whose zero point is not in the middle must be those rounded to scales around zero.
Only results of LOGISTIC, SOFTMAX and TANH, whose scale TFLite fixes, may have another.  Outputs are
compared with onnxruntime's, in Linnet and in ai_edge_litert; weights of signed bytes for unsigned
activations get 7 bits there, since its operators for both saturate."""
import argparse
import itertools
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from ai_edge_litert.interpreter import Interpreter
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (CalibrationDataReader, QuantFormat, QuantType,
                                      quantize_static)

RANDOM = np.random.default_rng(5)
FIXED = {(1 / 256, -128), (1 / 128, 0)}


def weights(name, *shape):
    return numpy_helper.from_array((RANDOM.normal(size=shape) / 4).astype(np.float32), name)


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs.split(), outputs.split(), **attributes)


def model(nodes, constants, x, y):
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, x)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, y)], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def image():
    """Convolutions of all kinds, a residual sum, pools, dense layers."""
    return model(
        [node("Conv", "x w1 b1", "c1", pads=[1, 1, 1, 1], strides=[2, 2]), node("Relu", "c1", "r1"),
         node("Conv", "r1 w2 b2", "c2", group=8, pads=[1, 1, 1, 1]),
         node("Clip", "c2 low high", "r2"), node("Conv", "r2 w3 b3", "c3"),
         node("Add", "c3 r1", "s"), node("MaxPool", "s", "p", kernel_shape=[2, 2], strides=[2, 2]),
         node("Concat", "p p", "cc", axis=1), node("AveragePool", "cc", "a", kernel_shape=[2, 2]),
         node("GlobalAveragePool", "a", "g"), node("Flatten", "g", "f"),
         node("MatMul", "f w4", "m"), node("Add", "m b4", "mb"),
         node("Gemm", "mb w5 b5", "y", transB=1)],
        [weights("w1", 8, 3, 3, 3), weights("b1", 8), weights("w2", 8, 1, 3, 3), weights("b2", 8),
         weights("w3", 8, 8, 1, 1), weights("b3", 8), weights("w4", 16, 12), weights("b4", 12),
         weights("w5", 5, 12), weights("b5", 5),
         numpy_helper.from_array(np.array(0, np.float32), "low"),
         numpy_helper.from_array(np.array(6, np.float32), "high")], [1, 3, 16, 16], [1, 5])


def gates():
    """Operators whose results have a scale of TFLite's own; products of two inputs."""
    return model(
        [node("MatMul", "x w1", "a"), node("Sigmoid", "a", "s"), node("MatMul", "x w2", "b"),
         node("Tanh", "b", "t"), node("Mul", "s t", "m"),
         node("Transpose", "m", "mt", perm=[0, 2, 1]),
         node("MatMul", "m mt", "mm"), node("Softmax", "mm", "p", axis=-1),
         node("MatMul", "p m", "y")],
        [weights("w1", 12, 8), weights("w2", 12, 8)], [2, 6, 12], [2, 6, 8])


class Samples(CalibrationDataReader):
    """Random inputs."""

    def __init__(self, shape):
        self.items = iter([{"x": RANDOM.normal(size=shape).astype(np.float32)} for _ in range(8)])

    def get_next(self):
        return next(self.items, None)


def arrays_of(made):
    return {i.name: numpy_helper.to_array(i) for i in made.graph.initializer}


def as_key(scale, zero):
    """Lists of one value are that value."""
    zero = zero.astype(np.int32) - (128 if zero.dtype == np.uint8 else 0)
    return tuple(tuple(v[:1] if len(set(v)) == 1 else v)
                 for v in (np.float32(scale).ravel().tolist(), zero.ravel().tolist()))


def pairs_of(made):
    """What every node says: {(scales, zero points)}, and by name for QuantizeLinear nodes."""
    known, found, named = arrays_of(made), set(), {}
    for n in made.graph.node:
        for s, z in zip(n.input, list(n.input)[1:]):
            if s not in known or z not in known or known[s].shape != known[z].shape or \
                    known[s].dtype != np.float32 or known[z].dtype not in (np.int8, np.uint8):
                continue
            found.add(as_key(known[s], known[z]))
            if n.op_type == "QuantizeLinear":
                named[n.name] = as_key(known[s], known[z])
    return found, named


def items_of(made):
    """Constants of 8 and 32 bits as sorted items: weights are stored in another order."""
    found = set()
    for value in arrays_of(made).values():
        if value.dtype == np.uint8:
            value = (value.astype(np.int16) - 128).astype(np.int8)
        if value.dtype in (np.int8, np.int32) and value.ndim:
            found.add(np.sort(value.ravel()).tobytes())
    return found


def moved_weights(made):
    """Weights whose zero point is not in the middle: (scales, zero points, numbers in order)."""
    known, found = arrays_of(made), []
    for n in made.graph.node:
        for w, s, z in zip(n.input, list(n.input)[1:], list(n.input)[2:]):
            if not all(x in known for x in (w, s, z)) or known[w].dtype != np.uint8 or \
                    known[s].dtype != np.float32 or known[w].ndim < 2 or \
                    (known[z] == 128).all():
                continue
            weights, last = known[w].astype(np.float32), n.op_type in ("MatMul", "QLinearMatMul")
            users = [u.op_type for u in made.graph.node if n.output[0] in u.input]
            shape = [-1] + [1] * (0 if last or "MatMul" in users else weights.ndim - 1)
            numbers = (weights - known[z].astype(np.float32).reshape(shape)) * \
                known[s].reshape(shape)
            found.append((*as_key(known[s], known[z]), np.sort(numbers.ravel())))
    return found


def is_moved(detail, value, moved):
    """The weights are such ones, rounded to scales of their own around zero."""
    parameters = detail["quantization_parameters"]
    scales, zeros = parameters["scales"], parameters["zero_points"]
    shape = [1] * value.ndim
    shape[parameters["quantized_dimension"]] = -1
    numbers = np.sort((value * scales.reshape(shape)).ravel())
    return not zeros.any() and any(
        numbers.shape == wanted.shape and np.abs(numbers - wanted).max() <= scales.max() * .51
        for _, _, wanted in moved)


def check_tensor(detail, value, pairs, items, faults):
    parameters = detail["quantization_parameters"]
    scales, zeros = parameters["scales"], parameters["zero_points"]
    key = as_key(scales, zeros)
    label = f"{detail['name']} {detail['dtype'].__name__}"
    if detail["dtype"] == np.int32:
        single = [s[0] for s, _ in pairs if len(s) == 1]
        sums = [s for s, _ in pairs]
        if zeros.any() or not any(
                len(w) in (1, len(scales)) and np.allclose(np.float32(x) * np.float32(w), scales,
                                                           rtol=1e-6, atol=0)
                for x in single for w in sums):
            faults.append(f"{label}: scales {scales[:3]} are no product")
    elif key not in pairs and (scales[0], zeros[0]) not in FIXED:
        faults.append(f"{label}: {key} is not in the ONNX model")
    if value is not None and np.sort(value.ravel()).tobytes() not in items:
        faults.append(f"{label}: other items")
    return key


def check_parameters(made, path):
    pairs, named = pairs_of(made)
    moved = moved_weights(made)
    interpreter = Interpreter(str(path), experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    inner = {i for op in interpreter._get_ops_details() for i in op["outputs"]}
    inner |= {d["index"] for d in interpreter.get_input_details()}
    seen, by_name, faults, n = set(), {}, [], 0
    details = [d for d in interpreter.get_tensor_details()
               if len(d["quantization_parameters"]["scales"])]
    values = {d["index"]: interpreter.get_tensor(d["index"]) for d in details
              if d["index"] not in inner}
    own = {d["index"]: as_key(*(d["quantization_parameters"][k] for k in ("scales", "zero_points")))
           for d in details if d["dtype"] == np.int8 and d["index"] in values and
           is_moved(d, values[d["index"]], moved)}
    pairs = pairs.difference((s, z) for s, z, _ in moved) | set(own.values())
    seen |= set(own.values())
    for detail in details:
        if detail["index"] in own:
            continue
        value = values.get(detail["index"])
        if detail["dtype"] == np.int32 and own:
            value = None # biases have other scales, too
        key = check_tensor(detail, value, pairs, items_of(made), faults)
        seen.add(key)
        by_name.setdefault(detail["name"], set()).add(key)
        n += 1
    faults += [f"{name}: {by_name[name]}, not {key}" for name, key in named.items()
               if name in by_name and key not in by_name[name]]
    if len(named) > 2 and not by_name.keys() & named.keys():
        faults.append("no tensor is called as a QuantizeLinear node")
    faults += [f"{p} of the ONNX model is nowhere" for p in pairs - seen if len(p[0]) == 1]
    faults += [f"scales {p[0][:3]} of a weight are nowhere" for p in pairs - seen if len(p[0]) > 1]
    return n, faults


def run(make, path, x):
    interpreter = make(model_path=str(path))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def floats_left(path, command):
    text = subprocess.run([command, "inspect", "--graph", str(path)], capture_output=True,
                          text=True, check=True).stdout
    return text.count("= QUANTIZE"), text.count("= DEQUANTIZE")


def try_one(options, runtimes, build, form, activation, weight, per_channel, folder):
    made, source = build(), folder / "float.onnx"
    onnx.save(made, source)
    shape = [d.dim_value for d in made.graph.input[0].type.tensor_type.shape.dim]
    quantized, target = folder / "quantized.onnx", folder / "quantized.tflite"
    quantize_static(source, quantized, Samples(shape), quant_format=form, per_channel=per_channel,
                    activation_type=activation, weight_type=weight,
                    reduce_range=activation == QuantType.QUInt8 and weight == QuantType.QInt8 and
                    form == QuantFormat.QOperator)
    subprocess.run([options.linnet, "convert", str(quantized), "--output", str(target)],
                   check=True, capture_output=True)
    n, faults = check_parameters(onnx.load(quantized), target)
    x = RANDOM.normal(size=shape).astype(np.float32)
    session = onnxruntime.SessionOptions()
    session.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    want = onnxruntime.InferenceSession(quantized, session).run(None, {"x": x})[0]
    scale = np.abs(want).max() / 127
    gaps = [np.abs(run(r, target, x) - want).max() / scale for r in runtimes]
    if max(gaps) > 4:
        faults.append(f"outputs differ by {max(gaps):.1f} steps")
    quantizes, dequantizes = floats_left(target, options.linnet)
    print(f"{build.__name__} {form.name} activations {activation.name} weights {weight.name} "
          f"{'per channel' if per_channel else 'per tensor'}: {n} tensors, {quantizes} QUANTIZE, "
          f"{dequantizes} DEQUANTIZE, outputs within {max(gaps):.1f} steps", *faults, sep="\n  ")
    return not faults


def save(folder):
    """The first network, with uint8 activations and a scale per channel, and its usual output."""
    made, target = image(), folder / "static.onnx"
    with tempfile.TemporaryDirectory() as scratch:
        source = pathlib.Path(scratch) / "float.onnx"
        onnx.save(made, source)
        quantize_static(source, target, Samples([1, 3, 16, 16]), per_channel=True,
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    x = (((np.arange(768) * 7) % 13 - 6) / 8).astype(np.float32).reshape(1, 3, 16, 16)
    out = onnxruntime.InferenceSession(target).run(None, {"x": x})[0]
    (folder / "static.out").write_bytes(out.tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--linnet", help="the command")
    parser.add_argument("--package", default=".", help="folder with the package linnet")
    parser.add_argument("--save", type=pathlib.Path, help="folder for the test's model")
    options = parser.parse_args()
    if options.save:
        return save(options.save)
    sys.path.insert(0, options.package)
    import linnet
    ways = itertools.product((image, gates), (QuantFormat.QDQ, QuantFormat.QOperator),
                             (QuantType.QUInt8, QuantType.QInt8),
                             (QuantType.QInt8, QuantType.QUInt8), (False, True))
    good = total = 0
    with tempfile.TemporaryDirectory() as scratch:
        for build, form, activation, weight, per_channel in ways:
            if activation == QuantType.QInt8 and weight == QuantType.QUInt8:
                continue # onnxruntime has no such operators
            total += 1
            good += try_one(options, [linnet.Interpreter, Interpreter], build, form, activation,
                            weight, per_channel, pathlib.Path(scratch))
    print(f"{good} of {total} as they should be")
    return good != total


if __name__ == "__main__":
    sys.exit(main())
