#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the test cases of the `onnx` package (one operator each, with inputs and outputs) through
the converter and Linnet's interpreter.

    onnx_nodes.py --linnet build/linnet --package build/python [--list] [NAME...]

Operands that exporters write as constants (shapes, axes, pads) are inputs in these cases.  A case
that cannot be converted as it is, is tried again with its integer and scalar operands behind the
first one as constants, and then counts as `constant`.  The package's cases come with it; nothing is
downloaded.  --litert also runs what was converted in ai_edge_litert.  --list prints each case that
does not pass, with the reason."""
import argparse
import collections
import contextlib
import io
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
from onnx import numpy_helper

# What no .tflite can say, or what is no inference.
BEYOND = {
    "sequences and optional values": re.compile(r"Sequence|Optional|optional"),
    "training": re.compile(r"Adagrad|Adam|Momentum|training"),
    "images in files": re.compile(r"ImageDecoder"),
    "random numbers": re.compile(r"Bernoulli|^Random|Multinomial"),
}


def cases():
    """The package's cases for single operators."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases
        return collect_testcases(None)


def with_constants(model, inputs):
    """The model with operands behind the first as initializers, where they are no plain data."""
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    graph = changed.graph
    for i, value in reversed(list(enumerate(list(graph.input)))):
        if i == 0 or i >= len(inputs) or not isinstance(inputs[i], np.ndarray):
            continue
        if (inputs[i].dtype.kind in "iub" or inputs[i].size <= 1 or i >= 2 or
                value.name in ("scales", "roi")):
            graph.initializer.append(numpy_helper.from_array(inputs[i], value.name))
            del graph.input[i]
    return changed


class Failed(Exception):
    """Why a case did not pass."""


def convert(command, model, folder):
    source, target = folder / "model.onnx", folder / "model.tflite"
    onnx.save(model, source)
    made = subprocess.run([command, "convert", str(source), "--output", str(target),
                           "--select-tf-ops"], capture_output=True, text=True, check=False,
                          timeout=60)
    if made.returncode < 0:
        raise Failed(f"killed by signal {-made.returncode}")
    if made.returncode:
        raise Failed(" ".join(made.stderr.removeprefix("linnet: ").split())[:160])
    return target


def texts(array):
    return [x.decode() if isinstance(x, bytes) else str(x) for x in array.ravel()]


def close(got, want, case):
    if want.dtype.kind in "OSU":
        return got.shape == want.shape and texts(got) == texts(want)
    if got.shape != want.shape:
        raise Failed(f"shape {got.shape}, not {want.shape}")
    if got.dtype != want.dtype:
        raise Failed(f"type {got.dtype}, not {want.dtype}")
    if want.dtype.kind in "iub":
        gap = np.abs(got.astype(np.int64) - want.astype(np.int64))
        return gap.max(initial=0) <= (1 if want.dtype.itemsize == 1 and want.dtype.kind != "b"
                                      else 0)
    rtol = max(case.rtol, 1e-2 if want.dtype.itemsize == 2 else 1e-3)
    return np.allclose(got.astype(np.float64), want.astype(np.float64), rtol=rtol,
                       atol=max(case.atol, 1e-3 if want.dtype.itemsize == 2 else 1e-5),
                       equal_nan=True)


def run(make, path, names, inputs, outputs, case):
    interpreter = make(model_path=str(path))
    details = {d["name"]: d for d in interpreter.get_input_details()}
    for name, value in zip(names, inputs):
        if name in details and tuple(details[name]["shape"]) != value.shape:
            interpreter.resize_tensor_input(details[name]["index"], value.shape)
    interpreter.allocate_tensors()
    for name, value in zip(names, inputs):
        if name in details:
            interpreter.set_tensor(details[name]["index"], value)
    interpreter.invoke()
    for i, (detail, want) in enumerate(zip(interpreter.get_output_details(), outputs)):
        got = interpreter.get_tensor(detail["index"])
        if not close(np.asarray(got), want, case):
            raise Failed(f"output {i} differs")


def arrays(values):
    """Numbers, arrays and tensors as arrays; None: there is something else among them."""
    made = []
    for value in values:
        if isinstance(value, onnx.TensorProto):
            value = numpy_helper.to_array(value)
        if not isinstance(value, (np.ndarray, np.generic, float, int, bool)):
            return None
        made.append(np.asarray(value))
        if made[-1].dtype.kind == "V" and made[-1].dtype.name != "bfloat16":
            return None
        if made[-1].dtype.name.startswith("float8"):  # float32 in .tflite
            made[-1] = made[-1].astype(np.float32)
    return made


def try_case(command, make, case, folder):
    inputs, outputs = (arrays(values) for values in case.data_sets[0])
    if inputs is None or outputs is None:
        return "beyond", "values that are no arrays, or of 4- and 8-bit floats"
    names = [v.name for v in case.model.graph.input]
    model, how = case.model, "ok"
    try:
        path = convert(command, model, folder)
    except Failed as first:
        try:
            path = convert(command, with_constants(model, inputs), folder)
            how = "constant"
        except Failed:
            return "refused", str(first)
    try:
        for runtime in make:
            run(runtime, path, names, inputs, outputs, case)
    except (Failed, ValueError, RuntimeError, TypeError) as error:
        return "wrong", str(error).strip()[:160]
    return how, ""


def beyond(case):
    for reason, pattern in BEYOND.items():
        if any(pattern.search(n.op_type) or pattern.search(n.domain)
               for n in case.model.graph.node):
            return reason
    return None


def runtimes(options):
    sys.path.insert(0, str(options.package))
    import linnet
    make = [linnet.Interpreter]
    if options.litert:
        from ai_edge_litert.interpreter import Interpreter
        make.append(Interpreter)
    return make


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--linnet", required=True, help="the command")
    parser.add_argument("--package", type=pathlib.Path, required=True,
                        help="folder with the package linnet")
    parser.add_argument("--litert", action="store_true", help="run in ai_edge_litert, too")
    parser.add_argument("--list", action="store_true", help="print what does not pass")
    parser.add_argument("--at-least", type=int, default=0, help="fail when fewer cases pass")
    parser.add_argument("names", nargs="*", help="parts of cases' names")
    options = parser.parse_args()
    make = runtimes(options)
    counts = collections.Counter()
    with tempfile.TemporaryDirectory() as scratch:
        for case in cases():
            if options.names and not any(n in case.name for n in options.names):
                continue
            reason = beyond(case)
            how, why = ("beyond", reason) if reason else try_case(
                options.linnet, make, case, pathlib.Path(scratch))
            counts[how] += 1
            if options.list and how in ("refused", "wrong"):
                print(f"{how} {case.name}: {why}", flush=True)
    total = sum(counts.values()) - counts["beyond"]
    good = counts["ok"] + counts["constant"]
    print(f"{good} of {total} pass ({counts['constant']} with constant operands), "
          f"{counts['refused']} are refused, {counts['wrong']} are wrong; "
          f"{counts['beyond']} are about what no .tflite has")
    return 0 if good >= options.at_least and not counts["wrong"] else 1


if __name__ == "__main__":
    sys.exit(main())
