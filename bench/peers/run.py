#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures Linnet and its peers on models, interleaved: every number comes from fresh processes,
several rounds with the order rotated, and is the median of the rounds' medians.

    bench/peers/run.py --library build/liblinnet.so [--threads 1,2] [--rounds 3] [--seconds 0.3]
                       [--peers litert,onnxruntime,openvino,ncnn,mnn] [--json FILE]
                       [--markdown FILE] MODEL...

The peers come from PyPI into a virtual environment outside the repository (LINNET_PEERS, default
~/.cache/linnet/peers), where models in their own forms are kept, too; they are compared with, never
shipped.  A model may be a .tflite file, a folder, or an archive with model.tflite members.

All are given the same inputs.  A peer whose outputs are not what LiteRT's built-in kernels compute
(agree.py) is marked, and is nobody's best.  Shares of the peak need the program linnet_roofline
beside the library."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import zipfile

import convert
import report

HERE = pathlib.Path(__file__).resolve().parent
CACHED = "linnet+cache"  # Linnet once more, with a file of packed weights


def find_models(paths, scratch):
    for path in map(pathlib.Path, paths):
        if path.is_dir():
            yield from find_models(sorted(path.glob("*.tflite")) + sorted(path.glob("*.zip")),
                                   scratch)
        elif path.suffix == ".tflite":
            yield path.stem, str(path.resolve())
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in sorted(n for n in archive.namelist() if n.endswith(".tflite")):
                    out = pathlib.Path(scratch) / path.stem / name
                    out.parent.mkdir(parents=True, exist_ok=True)
                    out.write_bytes(archive.read(name))
                    yield f"{path.stem} {pathlib.Path(name).parent}", str(out)


class Bench:
    def __init__(self, args, peers, scratch):
        self.args, self.peers = args, peers
        self.forms = convert.Forms(peers)
        self.library = pathlib.Path(args.library).resolve()
        self.cache = str(pathlib.Path(scratch) / "weights.cache")

    def roofline(self, what):
        """What linnet_roofline prints; {} where it cannot."""
        program = self.library.parent / "linnet_roofline"
        if not program.exists():
            return {}
        done = subprocess.run([program, what], check=False, capture_output=True, text=True)
        return json.loads(done.stdout) if done.returncode == 0 else {}

    def worker(self, peer, file, reference, threads, seconds):
        """(result, "") of one process, or (None, why there is none)."""
        env = dict(os.environ, LINNET_LIBRARY=str(self.library))
        if peer == CACHED:
            peer, env["LINNET_CACHE"] = "linnet", self.cache
        command = [self.forms.python, str(HERE / "worker.py"), peer, file, reference,
                   str(threads), str(seconds)]
        try:
            done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120,
                                  check=False)
            if done.returncode == 0:
                return json.loads(done.stdout.splitlines()[-1]), ""
            return None, convert.failure(done)
        except subprocess.TimeoutExpired:
            return None, "takes more than 120 s"

    def prepare(self, name, model):
        """The reference, the model's file for each peer or None, and why it is None."""
        reference = self.forms.reference(model)
        floats = report.class_of(name) in ("float32", "float16 weights")
        found = {p: self.forms.get(p, model, floats) for p in self.peers}
        files = {"linnet": model, CACHED: model, **{p: f for p, (f, _) in found.items()}}
        return reference, files, {p: why for p, (_, why) in found.items()}

    def measure(self, name, model, threads):
        """Results by peer, and why some have none."""
        results = {}
        reference, files, why = self.prepare(name, model)
        for _ in range(4):  # the first fills the cache, the others find less and less to tune
            self.worker(CACHED, model, reference, threads, 0)
        order = [p for p in ["linnet", *self.peers, CACHED] if files[p]]
        rounds = {p: [] for p in order}
        for r in range(self.args.rounds):
            for p in order[r % len(order):] + order[:r % len(order)]:
                if rounds[p] is None:
                    continue
                seconds = 0 if p == CACHED else self.args.seconds
                result, why[p] = self.worker(p, files[p], reference, threads, seconds)
                rounds[p] = rounds[p] + [result] if result else None
        for p, list_ in rounds.items():
            if list_:
                results[p] = {k: statistics.median(x[k] for x in list_) for k in list_[0]}
        for file in pathlib.Path(self.cache).parent.glob("weights.cache*"):
            file.unlink()
        return {"results": results, "why": {p: w for p, w in why.items() if w},
                "work": self.roofline(model)}


def progress(threads, name, row, peers):
    cells = ", ".join(f"{p} {report.cell(row['results'].get(p), 'median_ms')}" for p in peers)
    print(f"{threads} {name}: {cells}", file=sys.stderr, flush=True)


def measure_all(args, peers, scratch):
    """{threads: {"peaks": of the machine, "rows": {model: what measure gives}}}"""
    bench = Bench(args, peers, scratch)
    models = [m for m in find_models(args.models, scratch) if args.only in m[0]]
    everything = {}
    if args.prepare:
        for name, path in models:
            try:
                bench.prepare(name, path)
            except RuntimeError as error:
                print(f"{name}: {error}", file=sys.stderr)
        return everything
    for threads in map(int, args.threads.split(",")):
        peaks, rows = bench.roofline(str(threads)), {}
        for name, path in models:
            try:
                rows[name] = bench.measure(name, path, threads)
                progress(threads, name, rows[name], ["linnet", *peers])
            except RuntimeError as error:
                print(f"{threads} {name}: left out, LiteRT: {error}", file=sys.stderr, flush=True)
        everything[threads] = {"peaks": report.better(peaks, bench.roofline(str(threads))),
                               "rows": rows}
    return everything


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--library", default="build/liblinnet.so")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--peers", default=",".join(convert.PACKAGES))
    parser.add_argument("--only", default="", help="models whose name has this")
    parser.add_argument("--prepare", action="store_true",
                        help="only make the models' other forms, which are kept")
    parser.add_argument("--json")
    parser.add_argument("--markdown")
    args = parser.parse_args()
    peers = [p for p in args.peers.split(",") if p]
    with tempfile.TemporaryDirectory() as scratch:
        everything = measure_all(args, peers, scratch)
    text = "\n".join(report.table(everything[t], peers, t) for t in everything)
    print(text)
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(everything, indent=1), encoding="utf-8")
    if args.markdown:
        pathlib.Path(args.markdown).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
