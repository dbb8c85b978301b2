#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Quantizes float models in every mode and holds the files to those of TensorFlow's converter.

    peers.py --linnet build/linnet [--package build/python] MODEL=CALIBRATION,EVALUATION...

MODEL is a folder with float32/model.tflite and TensorFlow's variants beside it (dynamic, float16,
int8, int16x8, as far as they exist).  CALIBRATION and EVALUATION are .npy files of samples for a
model with one input, or .npz files with an array per input, in their order.  Each file runs in the
real runtime (ai-edge-litert), without its XNNPACK delegate too, and in ours.  A line says the size,
how far the outputs are from the float model's (dB, cosine, same top class), and how far the two
runtimes are from each other, in steps of the output's scale.

Exit code 1: a file does not load, or differs between the runtimes by more than --steps."""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

PEERS = {"dynamic": "dynamic", "float16": "float16", "int8": "int8", "int16x8": "int16x8"}
MODES = [
    ("dynamic", []), ("weight-only", []), ("weight-only", ["--bits", "4"]), ("float16", []),
    ("bfloat16", []), ("int8", []), ("int8", ["--observer", "minmax"]),
    ("int8", ["--clip-weights"]), ("int8", ["--correct-bias"]), ("int8", ["--per-tensor"]),
    ("int16x8", []),
]


def samples(path):
    """The samples of a file, each a list of inputs."""
    data = np.load(path)
    arrays = [data] if isinstance(data, np.ndarray) else [data[key] for key in data.files]
    return [[a[i:i + 1] for a in arrays] for i in range(len(arrays[0]))]


class Model:
    """A model in one runtime; floats go in and come out."""

    def __init__(self, make, path):
        self.interpreter = make(str(path))
        self.interpreter.allocate_tensors()
        self.inputs = self.interpreter.get_input_details()
        self.outputs = self.interpreter.get_output_details()

    def run(self, sample):
        for detail, x in zip(self.inputs, sample):
            scale, zero = detail["quantization"]
            if scale and x.dtype == np.float32:
                limits = np.iinfo(detail["dtype"])
                x = np.clip(np.round(x / scale) + zero, limits.min, limits.max)
            self.interpreter.set_tensor(detail["index"], x.astype(detail["dtype"]))
        self.interpreter.invoke()
        found = []
        for detail in self.outputs:
            y = self.interpreter.get_tensor(detail["index"]).astype(np.float64)
            scale, zero = detail["quantization"]
            found.append(((y - zero) * scale if scale else y).ravel())
        return found


def runtimes(package):
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    found = {
        "real": lambda path: Interpreter(path),
        "plain": lambda path: Interpreter(path, experimental_op_resolver_type=plain),
    }
    if package:
        sys.path.insert(0, str(package))
        import linnet
        found["ours"] = lambda path: linnet.Interpreter(path)
    return found


def score(wanted, got):
    a = np.concatenate([np.concatenate(y) for y in wanted])
    b = np.concatenate([np.concatenate(y) for y in got])
    noise = max(((a - b) ** 2).sum(), 1e-30)
    cosine = (a * b).sum() / max(np.sqrt((a * a).sum() * (b * b).sum()), 1e-30)
    top = np.mean([x[0].argmax() == y[0].argmax() for x, y in zip(wanted, got)])
    return f"{10 * np.log10((a * a).sum() / noise):6.2f} dB {cosine:.5f} {100 * top:5.1f} %"


def check(name, label, path, wanted, data, made, limit):
    """Prints a line; false when the runtimes do not agree."""
    outputs = {}
    for runtime, make in made.items():
        try:
            model = Model(make, path)
            outputs[runtime] = [model.run(sample) for sample in data]
        except (RuntimeError, ValueError) as error:
            print(f"{name:20} {label:36} {runtime}: {str(error)[:200]}", flush=True)
            return False
    apart = 0.0
    if "ours" in outputs:
        for ours, plain in zip(outputs["ours"], outputs["plain"]):
            for x, y, detail in zip(ours, plain, model.outputs):
                step = detail["quantization"][0] or np.abs(y).max() / 127 or 1
                apart = max(apart, np.abs(x - y).max() / step)
    print(f"{name:20} {label:36} {path.stat().st_size:9} {score(wanted, outputs['real'])}"
          f"  apart {apart:.2f}", flush=True)
    return apart <= limit


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--linnet", required=True, help="the command")
    parser.add_argument("--package", type=pathlib.Path, help="folder with the package linnet")
    parser.add_argument("--steps", type=float, default=3, help="how far runtimes may be apart")
    parser.add_argument("models", nargs="+", metavar="MODEL=CALIBRATION,EVALUATION")
    options = parser.parse_args()
    made, good = runtimes(options.package), True
    for spec in options.models:
        folder, files = spec.split("=")
        calibration, evaluation = files.split(",")
        folder = pathlib.Path(folder)
        source = folder / "float32" / "model.tflite"
        data = samples(evaluation)
        model = Model(made["real"], source)
        wanted = [model.run(sample) for sample in data]
        with tempfile.TemporaryDirectory() as work:
            stats, out = pathlib.Path(work) / "stats", pathlib.Path(work) / "model.tflite"
            subprocess.run([options.linnet, "calibrate", source, "--data", calibration, "--output",
                            stats], check=True)
            for peer in PEERS:
                path = folder / peer / "model.tflite"
                if path.exists():
                    check(folder.name, "TensorFlow " + peer, path, wanted, data, made, np.inf)
            for mode, more in MODES:
                subprocess.run([options.linnet, "quantize", source, "--mode", mode, "--stats",
                                stats, "--output", out, *more], check=True,
                               stdout=subprocess.DEVNULL)
                good = check(folder.name, " ".join([mode, *more]), out, wanted, data, made,
                             options.steps) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
