#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Latency of converted models: `linnet convert`'s file beside TensorFlow's, in both runtimes.

    latency.py --linnet build/linnet --package build/python [--references GEN] FOLDER [NAME...]

FOLDER, NAME and --references are those of tests/convert/fixtures.py: fixtures or archives with the
file that TensorFlow's converter made.  Both files are loaded by Linnet's interpreter and, where
ai_edge_litert is installed, by LiteRT's (with XNNPACK, its default), on one thread, with the first
recorded input.  In each of --rounds rounds the two files take turns, for some milliseconds each,
the order changing from round to round; all of it --trials times with new interpreters, since where
an interpreter's memory lies is worth some percent.  A row has the fastest round of each in
milliseconds, and how many times faster ours is: the median over the rounds, in which both see the
same clock.  A dash: that runtime does not run both files (Select-TF operators).
"""
import argparse
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/convert"))
import fixture_data  # noqa: E402
import fixtures  # noqa: E402


def caller(make, model, fixture):
    """A function that runs the model once on the first recorded input."""
    interpreter = make(model_path=str(model), num_threads=1)
    recorded = fixture.recorded or fixtures.random_calls(make, model)
    signature, _, inputs, _ = recorded[0]
    keys = list(interpreter.get_signature_list())
    runner = interpreter.get_signature_runner(signature if signature in keys else keys[0])
    inputs = fixtures.matched(inputs, list(runner.get_input_details()), "inputs")
    if len(keys) > 1:  # invoke() is of the first graph only
        runner(**inputs)
        return lambda: runner(**inputs)
    places = {detail["index"]: inputs[name] for name, detail in runner.get_input_details().items()}
    del runner  # LiteRT resizes nothing while it is there
    for index, value in places.items():
        interpreter.resize_tensor_input(index, value.shape)
    interpreter.allocate_tensors()
    for index, value in places.items():
        interpreter.set_tensor(index, value)
    interpreter.invoke()
    return interpreter.invoke


def timed(call, n):
    start = time.perf_counter()
    for _ in range(n):
        call()
    return (time.perf_counter() - start) / n


def race(calls, rounds, seconds):
    """The seconds of both calls, round by round."""
    for call in calls:
        timed(call, 3)
    n = [max(1, min(4000, int(seconds / max(timed(call, 2), 1e-7)))) for call in calls]
    found = []
    for i in range(rounds):
        times = [0, 0]
        for k in (0, 1) if i % 2 else (1, 0):
            times[k] = timed(calls[k], n[k])
        found.append(times)
    return found


def measured(options, make, files, fixture):
    """(ours, TensorFlow's, how many times faster); None where one of them does not run."""
    found = []
    for trial in range(options.trials):
        order = (0, 1) if trial % 2 else (1, 0)
        try:
            calls = [caller(make, files[k], fixture) for k in order]
        except (RuntimeError, ValueError, fixtures.Mismatch) as error:
            print(f"{fixture.name}: {' '.join(str(error).split())[:120]}", file=sys.stderr)
            return None
        found += [[times[k] for k in order]  # of two, the order is its own inverse
                  for times in race(calls, options.rounds, options.milliseconds / 1000)]
    ours, theirs = zip(*found)
    return min(ours), min(theirs), statistics.median(t / o for o, t in found)


def row(name, form, results):
    cells = [name, form]
    for result in results:
        cells += ["-"] * 3 if result is None else [
            f"{result[0] * 1e3:.4f}", f"{result[1] * 1e3:.4f}", f"{result[2]:.2f}"]
    return "| " + " | ".join(cells) + " |"


def all_forms(options, scratch):
    """(fixture, form, our file) of all that TensorFlow's converter made a file of."""
    for fixture in fixture_data.find(options.folder, options.names, options.references, scratch):
        for form, file in fixture_data.FORMATS.items():
            source, out = fixture.folder / file, scratch / f"{fixture.name}.{form}.tflite"
            if fixture.reference is None or not source.exists():
                continue
            made = subprocess.run([options.linnet, "convert", str(source), "-o", str(out),
                                   *fixture.options], capture_output=True, check=False)
            if made.returncode == 0:
                yield fixture, form, out


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--linnet", required=True, help="the command")
    parser.add_argument("--package", type=pathlib.Path, help="folder of the Python package linnet")
    parser.add_argument("--references", type=pathlib.Path)
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--milliseconds", type=float, default=2, help="of a file in a round")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    found = fixtures.runtimes(options.package)
    ratios = {name: [] for name in found}
    print("| model | from |" + "".join(f" {name}: ours | TensorFlow's | faster |"
                                       for name in found))
    print("|---|---|" + "---|---|---|" * len(found))
    with tempfile.TemporaryDirectory() as scratch:
        for fixture, form, out in all_forms(options, pathlib.Path(scratch)):
            results = [measured(options, make, (out, fixture.reference), fixture)
                       for make in found.values()]
            for name, result in zip(found, results):
                ratios[name] += [math.log(result[2])] if result else []
            print(row(fixture.name, form, results), flush=True)
    means = "".join(f" | | {math.exp(sum(r) / len(r)):.2f} |" if r else " | | - |"
                    for r in ratios.values())
    print(f"| geometric mean | |{means}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
