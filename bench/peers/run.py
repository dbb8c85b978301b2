#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures Linnet and its peers on models, interleaved: every number comes from fresh processes,
several rounds with the order rotated, and is the median of the rounds' medians.

    bench/peers/run.py --library build/liblinnet.so [--threads 1,2] [--rounds 3] [--seconds 0.3]
                       [--peers litert,openvino] [--json FILE] [--markdown FILE] MODEL...

The peers come from PyPI into a virtual environment outside the repository (LINNET_PEERS, default
~/.cache/linnet/peers); they are compared with, never shipped.  A model may be a .tflite file, a
folder, or an archive with model.tflite members."""
import argparse
import json
import math
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = {"litert": "ai-edge-litert", "openvino": "openvino"}


def environment(peers):
    """The interpreter of a virtual environment that has the peers."""
    home = pathlib.Path(os.environ.get("LINNET_PEERS", "~/.cache/linnet/peers")).expanduser()
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
    listed = subprocess.run([python, "-m", "pip", "list", "--format=freeze"], check=True,
                            capture_output=True, text=True).stdout.lower()
    wanted = ["numpy"] + [PACKAGES[p] for p in peers]
    missing = [w for w in wanted if not any(line.startswith(w + "==")
                                            for line in listed.splitlines())]
    if missing:
        subprocess.run([python, "-m", "pip", "install", "-q", *missing], check=True)
    return str(python)


def find_models(paths, scratch):
    for path in map(pathlib.Path, paths):
        if path.is_dir():
            yield from find_models(sorted(path.glob("*.tflite")) + sorted(path.glob("*.zip")),
                                   scratch)
        elif path.suffix == ".tflite":
            yield path.stem, str(path)
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in sorted(n for n in archive.namelist() if n.endswith(".tflite")):
                    out = pathlib.Path(scratch) / path.stem / name
                    out.parent.mkdir(parents=True, exist_ok=True)
                    out.write_bytes(archive.read(name))
                    yield f"{path.stem} {pathlib.Path(name).parent}", str(out)


def run_worker(python, library, peer, model, threads, seconds):
    env = dict(os.environ, LINNET_LIBRARY=str(pathlib.Path(library).resolve()))
    command = [python, str(HERE / "worker.py"), peer, model, str(threads), str(seconds)]
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
        return json.loads(done.stdout.strip().splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError):
        return None


def measure(args, python, peers, model, threads):
    rounds = {p: [] for p in peers}
    pathlib.Path(model).read_bytes()  # or the first peer would wait for the disk
    for r in range(args.rounds):
        for p in peers[r % len(peers):] + peers[:r % len(peers)]:
            if rounds[p] is None:
                continue
            result = run_worker(python, args.library, p, model, threads, args.seconds)
            if result is None:
                rounds[p] = None
            else:
                rounds[p].append(result)
    return {p: {k: statistics.median(r[k] for r in list_) for k in list_[0]}
            for p, list_ in rounds.items() if list_}


def geomean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values else float("nan")


CLASSES = (("int16x8", "int16x8"), ("dynamic range", "dynamic"), ("float16 weights", "float16"),
           ("int4", "int4"), ("uint8", "quant|^ssd_|^automl_"), ("int8", "int8|ptq"),
           ("float32", ""))
TINY_MS = 0.3


def class_of(name):
    """By the name, as the models of the set have them."""
    return next(what for what, pattern in CLASSES if re.search(pattern, name))


def class_table(rows, peers):
    """Geometric means of speed-ups by class, and those of the models that take LiteRT little."""
    speed_ups = {}
    for name, results in rows:
        if "linnet" not in results or "litert" not in results:
            continue
        ours, litert = results["linnet"]["median_ms"], results["litert"]["median_ms"]
        best = min(results[p]["median_ms"] for p in peers if p != "linnet" and p in results)
        for what in [class_of(name), "all"] + ["tiny"] * (litert < TINY_MS):
            speed_ups.setdefault(what, []).append((litert / ours, best / ours))
    lines = ["\n| class | models | over litert | over best |", "|---|---|---|---|"]
    for what, pairs in sorted(speed_ups.items()):
        lines.append(f"| {what} | {len(pairs)} | {geomean(p[0] for p in pairs):.2f} | "
                     f"{geomean(p[1] for p in pairs):.2f} |")
    return lines


def cell(result, key, digits=3):
    return f"{result[key]:.{digits}f}" if result else "-"


def table(rows, peers, threads):
    others = [p for p in peers if p != "linnet"]
    lines = [f"\n## {threads} thread{'s' if threads > 1 else ''}: median ms "
             "(speed-up = peer / Linnet)\n",
             "| model | linnet | " + " | ".join(others) + " | over litert | over best | "
             "load ms, ours / litert | peak MB, ours / litert |",
             "|---|" + "---|" * (len(others) + 5)]
    for name, results in rows:
        ours, litert = results.get("linnet"), results.get("litert")
        found = [results[p] for p in others if p in results]
        best = min((r["median_ms"] for r in found), default=None)
        ratio = lambda ms: f"{ms / ours['median_ms']:.2f}" if ours and ms else "-"
        pair = lambda key, d, by: (f"{ours[key] / by:.{d}f} / {litert[key] / by:.{d}f}"
                                   if ours and litert else "-")
        lines.append(f"| {name} | {cell(ours, 'median_ms')} | "
                     + " | ".join(cell(results.get(p), "median_ms") for p in others)
                     + f" | {ratio(litert and litert['median_ms'])} | {ratio(best)} | "
                     + f"{pair('load_ms', 2, 1)} | {pair('peak_kb', 1, 1024)} |")
    both = [r for _, r in rows if "linnet" in r and "litert" in r]
    for key, what in (("median_ms", "latency"), ("load_ms", "load"), ("first_ms", "first run"),
                      ("peak_kb", "peak memory")):
        ratios = [r["litert"][key] / r["linnet"][key] for r in both
                  if r["linnet"][key] > 0 and r["litert"][key] > 0]
        lines.append(f"\nGeometric mean, LiteRT / Linnet, {what}: {geomean(ratios):.2f} "
                     f"({len(ratios)} models)")
    return "\n".join(lines + class_table(rows, peers))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--library", default="build/liblinnet.so")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--peers", default="litert,openvino")
    parser.add_argument("--only", default="", help="models whose name has this")
    parser.add_argument("--json")
    parser.add_argument("--markdown")
    args = parser.parse_args()
    peers = ["linnet"] + [p for p in args.peers.split(",") if p]
    python = environment(peers[1:])
    everything, text = {}, []
    with tempfile.TemporaryDirectory() as scratch:
        models = [m for m in find_models(args.models, scratch) if args.only in m[0]]
        for threads in map(int, args.threads.split(",")):
            rows = []
            for name, path in models:
                rows.append((name, measure(args, python, peers, path, threads)))
                print(f"{threads} {name}: " + ", ".join(
                    f"{p} {cell(rows[-1][1].get(p), 'median_ms')}" for p in peers),
                    file=sys.stderr, flush=True)
            everything[threads] = dict(rows)
            text.append(table(rows, peers, threads))
    print("\n".join(text))
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(everything, indent=1), encoding="utf-8")
    if args.markdown:
        pathlib.Path(args.markdown).write_text("\n".join(text) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
