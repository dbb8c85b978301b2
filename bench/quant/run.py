#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long calibration takes, and how much memory, beside TensorFlow's calibrator.

    run.py [--linnet build/linnet] [--samples 100] [--rounds 3] [--memory] MODEL.tflite...

Both run the float model on the same random samples, in turns; TensorFlow by its one thread, Linnet
by one and as it comes (a sample per processor).  The time is the calibrator's alone: for TensorFlow
that of feeding its Calibrator, for Linnet that of `linnet calibrate` with all that it does, less
that of one sample (loading, writing).  The figures are the minima of the rounds.  Without --samples
there are so many that TensorFlow takes two seconds for them.  --memory shows the peak of `linnet
calibrate` for 10, 100 and 1000 samples,
each in a file of its own, on Linux.  Needs TensorFlow."""
import argparse
import os
import pathlib
import subprocess
import tempfile
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from tensorflow.lite.python.optimize import calibrator  # noqa: E402


def make_samples(model, n):
    """A list of arrays per sample, and the names of the inputs."""
    generator = np.random.default_rng(1)
    details = tf.lite.Interpreter(model_content=model).get_input_details()
    samples = []
    for _ in range(n):
        samples.append([generator.random(d["shape"]).astype(d["dtype"])
                        if d["dtype"] == np.float32
                        else generator.integers(0, 2, d["shape"]).astype(d["dtype"])
                        for d in details])
    return samples


def theirs(model, samples):
    c = calibrator.Calibrator(model)
    c._feed_tensors(lambda: iter(samples[:1]), True)  # loads and plans
    start = time.perf_counter()
    c._feed_tensors(lambda: iter(samples), True)
    return time.perf_counter() - start


def once(linnet, path, data, n, options):
    start = time.perf_counter()
    subprocess.run([linnet, "calibrate", path, "--data", data, "--samples", str(n), "--output",
                    os.devnull] + options, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def ours(linnet, path, data, n, options):
    return once(linnet, path, data, n, options) - once(linnet, path, data, 1, options)


def peak(linnet, path, data):
    """The peak of the memory of a run, in MB, as the system tells it while the run goes on."""
    run = subprocess.Popen([linnet, "calibrate", path, "--data", data, "--output", os.devnull],
                           stderr=subprocess.DEVNULL)
    most = 0
    while run.poll() is None:
        try:
            lines = pathlib.Path(f"/proc/{run.pid}/status").read_text().splitlines()
        except OSError:
            continue
        most = max([most] + [int(line.split()[1]) for line in lines if line.startswith("VmHWM")])
        time.sleep(0.002)
    return most / 1024


def measure(args, path, folder):
    model = pathlib.Path(path).read_bytes()
    n = args.samples
    if not n:
        few = make_samples(model, 10)
        n = min(max(int(2 / (theirs(model, few) / len(few))), 20), 5000)
    samples = make_samples(model, n)
    data = str(folder / "samples.npz")
    np.savez(data, *[np.concatenate([s[i] for s in samples]) for i in range(len(samples[0]))])
    times = [[], [], []]
    for _ in range(args.rounds):
        times[0].append(theirs(model, samples))
        times[1].append(ours(args.linnet, path, data, n, ["--threads", "1"]))
        times[2].append(ours(args.linnet, path, data, n, []))
    them, one, us = (min(t) / n * 1e3 for t in times)
    name = "/".join(pathlib.Path(path).parts[-2:])
    row = (f"{them:.2f}", f"{one:.2f}", f"{them / one:.1f}", f"{us:.2f}", f"{them / us:.1f}")
    print(f"| {name} | {' | '.join(row)} |", flush=True)
    if not args.memory:
        return
    for n in (10, 100, 1000):
        each = folder / str(n)
        each.mkdir()
        for i in range(n):
            np.savez(each / f"{i:04d}.npz", *samples[i % len(samples)])
        print(f"memory for {n} samples: {peak(args.linnet, path, str(each)):.1f} MB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--linnet", default="build/linnet")
    parser.add_argument("--samples", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("models", nargs="+")
    args = parser.parse_args()
    print("| model | TensorFlow, ms/sample | Linnet, one thread | times as fast | as it comes | "
          "times as fast |\n|---|---|---|---|---|---|")
    for path in args.models:
        with tempfile.TemporaryDirectory() as folder:
            measure(args, path, pathlib.Path(folder))


if __name__ == "__main__":
    main()
