#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time and peak memory of conversion: `linnet convert` beside TensorFlow's converter.

    run.py --linnet build/linnet --tensorflow PYTHON [--rounds N] SOURCE...

A SOURCE is a SavedModel, .keras or .h5; a folder of fixtures (NAME/saved_model) or of archives
(NAME.zip) stands for all that it holds.  PYTHON is an interpreter that has TensorFlow.  Each
conversion is a fresh process; the two converters take turns, N times (3), and the fastest counts:
its seconds and its peak resident memory, from the kernel.
TensorFlow's time is given twice: of the whole process, and of convert() alone, without the import.
What TensorFlow's converter refuses is named and not counted."""
import argparse
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import zipfile

# What TensorFlow's process does; it prints the seconds of the conversion alone.
SCRIPT = """
import os, sys, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf
source, out = sys.argv[1:]
start = time.perf_counter()
if os.path.isdir(source):
    converter = tf.lite.TFLiteConverter.from_saved_model(source)
else:
    converter = tf.lite.TFLiteConverter.from_keras_model(
        tf.keras.models.load_model(source, compile=False))
converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS,
                                       tf.lite.OpsSet.SELECT_TF_OPS]
model = converter.convert()
open(out, "wb").write(model)
print(time.perf_counter() - start)
"""
FORMS = ("saved_model", "model.keras", "model.h5")


def timed(command):
    """(seconds, peak MiB, what it printed), or None when it failed."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    seconds = time.perf_counter() - start
    return None if status else (seconds, usage.ru_maxrss / 1024, printed.decode())


def sources(paths, scratch):
    """(name, path) of all models."""
    for path in paths:
        if path.suffix in (".keras", ".h5") or (path / "saved_model.pb").is_file():
            yield f"{path.parent.name} {path.name}", path
            continue
        for entry in sorted(path.iterdir()):
            folder = entry
            if entry.suffix == ".zip":
                folder = scratch / entry.stem
                with zipfile.ZipFile(entry) as archive:
                    archive.extractall(folder)
            for form in FORMS:
                if (folder / form).exists():
                    yield f"{folder.name} {form}", folder / form


def compare(options, source, out):
    """The best of both: ((seconds, MiB), (seconds, seconds of convert(), MiB)); None: refused."""
    ours, theirs = [], []
    for _ in range(options.rounds):
        made = timed([options.linnet, "convert", str(source), "-o", str(out), "--select-tf-ops"])
        if not made:
            return None, None
        ours.append(made[:2])
        made = timed([options.tensorflow, "-c", SCRIPT, str(source), str(out)])
        if not made:
            return min(ours), None
        theirs.append((made[0], float(made[2].split()[-1]), made[1]))
    return min(ours), min(theirs)


def mean(values):
    return math.exp(sum(math.log(v) for v in values) / len(values))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--linnet", required=True, help="the command")
    parser.add_argument("--tensorflow", required=True, help="a Python that has TensorFlow")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", default=[],
                        help="the beginning of a name; may be repeated")
    parser.add_argument("sources", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    ratios = []
    print("| model | s | MiB | TensorFlow: s | convert() alone | MiB | faster | convert() alone |"
          " memory |\n|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        for name, source in sources(options.sources, scratch):
            if options.only and not name.startswith(tuple(options.only)):
                continue
            ours, theirs = compare(options, source, scratch / "out.tflite")
            if not ours or not theirs:
                print(f"{name}: refused by {'TensorFlow' if ours else 'linnet'}", file=sys.stderr)
                continue
            ratio = (theirs[0] / ours[0], theirs[1] / ours[0], theirs[2] / ours[1])
            ratios.append(ratio)
            print(f"| {name} | {ours[0]:.3f} | {ours[1]:.0f} | {theirs[0]:.2f} | {theirs[1]:.2f} |"
                  f" {theirs[2]:.0f} | {ratio[0]:.0f} | {ratio[1]:.0f} | {ratio[2]:.1f} |",
                  flush=True)
    if not ratios:
        return 1
    means = [mean([r[i] for r in ratios]) for i in range(3)]
    print(f"| geometric mean of {len(ratios)} | | | | | | {means[0]:.0f} | {means[1]:.0f} |"
          f" {means[2]:.1f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
