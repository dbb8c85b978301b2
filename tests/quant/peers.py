#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Quantizes float models in every mode and holds the files to those of TensorFlow.

    peers.py --linnet build/linnet --package build/python FOLDER...

Each FOLDER is one of peer_files.py: float32/model.tflite, TensorFlow's quantized files beside it,
calibration.npz and evaluation.npz.  Every file runs in the real runtime (ai-edge-litert: with its
XNNPACK delegate, and with its reference kernels) and in ours.  A line says: size; how far the
outputs are from the float model's (SQNR, cosine, same top class; by the real runtime's reference
kernels where they run in time, else by XNNPACK); how far ours are from the reference kernels' (the
largest difference, in steps of the output's scale); and the SQNR with XNNPACK's kernels.

Exit code 1: a file does not run, differs between ours and the reference by more than --steps, or is
larger by more than 1 % or farther from the float model by more than --slack dB than
TensorFlow's."""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

MODES = [
    ("dynamic", "dynamic", []), ("weight-only", None, []), ("weight-only", None, ["--bits", "4"]),
    ("float16", "float16", []), ("bfloat16", None, []), ("int8", "int8", []),
    ("int8", "int8", ["--observer", "minmax"]), ("int8", None, ["--per-tensor"]),
    ("int8", "int8", ["--input-type", "uint8", "--output-type", "uint8"]),
    ("int16x8", "int16x8", []),
]


def samples(path):
    """The samples of a file, each a list of inputs."""
    data = np.load(path)
    arrays = [data[key] for key in data.files]
    return [[a[i:i + 1] for a in arrays] for i in range(len(arrays[0]))]


def steps_of_inputs(interpreter):
    """The scale of the QUANTIZE that reads an input of floats, by the input's index."""
    try:
        tensors = {d["index"]: d for d in interpreter.get_tensor_details()}
        return {op["inputs"][0]: tensors[op["outputs"][0]]["quantization"][0]
                for op in interpreter._get_ops_details() if op["op_name"] == "QUANTIZE"}
    except (RuntimeError, ValueError):  # a type that NumPy does not have
        return {}


def off_halves(x, step):
    """Numbers without those just between two steps, where the real runtime's own sets of kernels
    round differently."""
    if not step or x.dtype != np.float32:
        return x
    between = np.abs(x / step - np.floor(x / step) - 0.5) < 1e-3
    return np.where(between, x + np.float32(step / 100), x)


class Model:
    """A model in one runtime; floats go in and come out."""

    def __init__(self, make, path):
        self.interpreter = make(str(path))
        self.inputs = self.interpreter.get_input_details()
        for detail in self.inputs:
            if detail["shape_signature"][0] == -1 if len(detail["shape_signature"]) else False:
                self.interpreter.resize_tensor_input(detail["index"],
                                                     [1, *detail["shape"][1:]])
        self.interpreter.allocate_tensors()
        self.inputs = self.interpreter.get_input_details()
        self.steps = steps_of_inputs(self.interpreter)
        self.outputs = self.interpreter.get_output_details()

    def run(self, sample):
        for detail, x in zip(self.inputs, sample):
            scale, zero = detail["quantization"]
            if scale and x.dtype == np.float32:
                limits = np.iinfo(detail["dtype"])
                x = np.clip(np.round(x / scale) + zero, limits.min, limits.max)
            x = off_halves(x, self.steps.get(detail["index"]))
            self.interpreter.set_tensor(detail["index"], x.astype(detail["dtype"]))
        if hasattr(self.interpreter, "reset_all_variables"):
            self.interpreter.reset_all_variables()
        self.interpreter.invoke()
        found = []
        for detail in self.outputs:
            y = self.interpreter.get_tensor(detail["index"]).astype(np.float64)
            scale, zero = detail["quantization"]
            found.append(((y - zero) * scale if scale else y).ravel())
        return found


def reference(path):
    """The real runtime's reference kernels, or where they lack an operator (ELU) its others."""
    try:
        found = Interpreter(path, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        found.allocate_tensors()
        return found
    except (RuntimeError, ValueError):
        return Interpreter(
            path, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)


def runtimes(package):
    found = {
        "xnnpack": lambda path: Interpreter(path, num_threads=1),
        "reference": reference,
    }
    sys.path.insert(0, str(package))
    import linnet
    found["ours"] = lambda path: linnet.Interpreter(path)
    return found


def real_outputs(model, outputs):
    """What is no number of something, for errors; numbers only have to agree."""
    kept = [i for i, d in enumerate(model.outputs)
            if d["dtype"] == np.float32 or d["quantization"][0]]
    return [[y[i] for i in kept] for y in outputs]


def score(wanted, got):
    a = np.concatenate([np.concatenate(y) for y in wanted])
    b = np.concatenate([np.concatenate(y) for y in got])
    noise = max(((a - b) ** 2).sum(), 1e-30)
    cosine = (a * b).sum() / max(np.sqrt((a * a).sum() * (b * b).sum()), 1e-30)
    top = np.mean([x[0].argmax() == y[0].argmax() for x, y in zip(wanted, got)])
    return 10 * np.log10((a * a).sum() / noise), cosine, 100 * top


class Bench:
    """One float model and what its quantized files are held to."""

    def __init__(self, folder, made, options):
        self.name, self.made, self.options = folder.name, made, options
        self.data = samples(folder / "evaluation.npz")
        model = Model(made["xnnpack"], folder / "float32" / "model.tflite")
        self.wanted = real_outputs(model, [model.run(sample) for sample in self.data])
        size = (folder / "float32" / "model.tflite").stat().st_size
        self.n_reference = len(self.data) if size < options.large << 20 else 2

    def look(self, label, path):
        """Prints a line; (size, dB, steps apart from the reference), None where it does not run."""
        outputs = {}
        for runtime, make in self.made.items():
            try:
                model = Model(make, path)
                n = self.n_reference if runtime == "reference" else len(self.data)
                outputs[runtime] = real_outputs(model, [model.run(s) for s in self.data[:n]])
            except (RuntimeError, ValueError) as error:
                print(f"{self.name:18} {label:44} {runtime}: {str(error)[:150]}", flush=True)
                return None
        apart = 0.0
        for ours, real in zip(outputs["ours"], outputs["reference"]):
            for x, y, detail in zip(ours, real, model.outputs):
                step = detail["quantization"][0] or np.abs(y).max() / 127 or 1
                apart = max(apart, np.abs(x - y).max() / step)
        whole = len(outputs["reference"]) == len(self.data)
        db, cosine, top = score(self.wanted, outputs["reference" if whole else "ours"])
        fast = score(self.wanted, outputs["xnnpack"])[0]
        size = path.stat().st_size
        print(f"{self.name:18} {label:44} {size:9} {db:6.2f} dB {cosine:.5f} {top:5.1f} % "
              f"apart {apart:.2f} xnnpack {fast:6.2f} dB", flush=True)
        return size, db, apart


def check(folder, made, options):
    bench, good, peers = Bench(folder, made, options), True, {}
    for peer in ("dynamic", "float16", "int8", "int16x8"):
        path = folder / peer / "model.tflite"
        if path.exists():
            peers[peer] = bench.look("TensorFlow " + peer, path)
    with tempfile.TemporaryDirectory() as work:
        source = folder / "float32" / "model.tflite"
        stats, out = pathlib.Path(work) / "stats", pathlib.Path(work) / "model.tflite"
        subprocess.run([options.linnet, "calibrate", source, "--data",
                        folder / "calibration.npz", "--output", stats], check=True,
                       stderr=subprocess.DEVNULL)
        for mode, peer, more in MODES:
            label = " ".join([mode, *more])
            run = subprocess.run([options.linnet, "quantize", source, "--mode", mode, "--stats",
                                  stats, "--output", out, *more], capture_output=True, text=True)
            if run.returncode:
                print(f"{bench.name:18} {label:44} {run.stderr.strip()}", flush=True)
                good = False
                continue
            ours, theirs, why = bench.look(label, out), peers.get(peer), []
            if not ours or ours[2] > options.steps:
                why.append("differs from the reference")
            if ours and theirs and ours[0] > theirs[0] * 1.01:
                why.append(f"is larger than TensorFlow's, {ours[0] / theirs[0]:.3f} times")
            if ours and theirs and ours[1] < theirs[1] - options.slack and "minmax" not in label:
                why.append(f"is {theirs[1] - ours[1]:.2f} dB worse than TensorFlow's")
            if why:
                print(f"  ! {bench.name} {label} {', '.join(why)}", flush=True)
                good = False
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--linnet", required=True, help="the command")
    parser.add_argument("--package", type=pathlib.Path, required=True,
                        help="folder with the package linnet")
    parser.add_argument("--steps", type=float, default=1, help="how far runtimes may be apart")
    parser.add_argument("--slack", type=float, default=0.3, help="dB that are no difference")
    parser.add_argument("--large", type=int, default=16,
                        help="MiB from which on the reference kernels run two samples only")
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    made = runtimes(options.package)
    results = [check(folder, made, options) for folder in options.folders]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
