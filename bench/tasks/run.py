#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures whole frames (preparation, model, result) of image tasks against the Task Library's
wheel and against scripts of NumPy with Pillow or OpenCV around LiteRT.  All run in processes of
their own that stay; they take turns, a fraction of a second each, and the median of all frames
counts.

    bench/tasks/run.py --linnet build/python --python PYTHON [--support PYTHON3.9]
                       [--rounds 6] [--seconds 0.3] [--size 1280x720] CASE=MODEL...

CASE is classify, detect or segment.  --python: an interpreter with ai-edge-litert, pillow,
opencv-python-headless and numpy; --support: one with tflite-support 0.4.4."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FRAME = """
import sys
import numpy as np
width, height = (int(n) for n in sys.argv[2].split("x"))
y, x = np.mgrid[:height, :width]
noise = np.random.default_rng(1).integers(0, 40, (height, width, 3))
color = np.stack([x * 200 // width, y * 200 // height, (x + y) * 200 // (width + height)], -1)
np.save(sys.argv[1], (color + noise).astype(np.uint8))
"""


class Worker:
    """A process that runs one peer."""

    def __init__(self, python, peer, case, model, frame, path):
        env = dict(os.environ, PYTHONPATH=path if peer == "linnet" else "")
        self.process = subprocess.Popen(
            [python, os.path.join(HERE, "worker.py"), peer, case, model, frame], env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.times = []
        self.works = self.process.stdout.readline().strip() == "ready"

    def run(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        self.times += json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def measure(args, case, model, frame):
    peers = {"linnet": args.python, "pil": args.python, "opencv": args.python}
    if case == "frame":
        peers = {"opencv": args.python}
    elif args.support:
        peers["support"] = args.support
    workers = {name: Worker(python, name, case, model, frame, args.linnet)
               for name, python in peers.items()}
    order = [name for name, worker in workers.items() if worker.works]
    for i in range(args.rounds):
        for name in order[i % len(order):] + order[:i % len(order)]:
            workers[name].run(args.seconds)
    for worker in workers.values():
        worker.close()
    return {name: statistics.median(workers[name].times) for name in order}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--linnet", default="build/python")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--support")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("cases", nargs="+")
    args = parser.parse_args()
    names = ["linnet", "support", "pil", "opencv"]
    print("| case | model | " + " | ".join(f"{n} ms" for n in names) + " |")
    print("|" + "---|" * (len(names) + 2))
    with tempfile.TemporaryDirectory() as folder:
        frame = os.path.join(folder, "frame.npy")
        subprocess.run([args.python, "-c", FRAME, frame, args.size], check=True)
        for item in args.cases:
            case, _, model = item.partition("=")
            got = measure(args, case, model, frame)
            name = os.path.basename(model).removesuffix(".tflite")
            print(f"| {case} | {name} | " + " | ".join(
                f"{got[n]:.2f}" if n in got else "-" for n in names) + " |", flush=True)


if __name__ == "__main__":
    main()
