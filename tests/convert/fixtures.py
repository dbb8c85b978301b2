#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Converts fixtures and compares what comes out with what TensorFlow (or ONNX Runtime) recorded.

    fixtures.py --linnet build/linnet [--package build/python] FOLDER [NAME...]

FOLDER holds a folder per fixture: saved_model/, model.keras, model.h5 or model.onnx, what they gave
(io.npz), what TensorFlow's converter made of them (meta.json, ref*.tflite).  Each model that is
there is converted and run by Linnet's interpreter and, where ai_edge_litert is installed, by the
real one; outputs must agree within 1e-4 of the largest value.  A table is printed: one line per
model, with the operators and bytes of both converters.  Exit code 1 when anything fails.

Options of `linnet convert` are those that TensorFlow's converter needed; s_ fixtures get
--select-tf-ops."""
import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

FORMATS = {"saved_model": "saved_model", "keras": "model.keras", "h5": "model.h5",
           "onnx": "model.onnx"}


OPTIONS = {"select": "--select-tf-ops", "custom": "--allow-custom-ops"}


class Mismatch(Exception):
    """What differs, or cannot be run."""


def runtimes(package):
    if package:
        sys.path.insert(0, str(package))
    found = {}
    try:
        import linnet
        found["linnet"] = linnet.Interpreter
    except ImportError as error:
        print(f"without Linnet's interpreter: {error}", file=sys.stderr)
    try:
        from ai_edge_litert.interpreter import Interpreter
        found["litert"] = Interpreter
    except ImportError:
        pass
    return found


def calls(path):
    """The recorded calls in order: (signature, case, inputs, outputs)."""
    found = collections.OrderedDict()
    data = np.load(path, allow_pickle=True)
    for key in data:
        parts = key.split("__", 3)
        if parts[1] in ("in", "out"):  # ONNX: one signature, which has no name
            parts = ["serving_default", parts[0], parts[1], "__".join(parts[2:])]
        signature, case, way, name = parts
        inputs, outputs = found.setdefault((signature, case), ({}, {}))
        (inputs if way == "in" else outputs)[name] = data[key]
    return [(*key, *value) for key, value in found.items()]


def matched(recorded, names, what):
    """Values under the model's own names; by order where the names differ."""
    if set(recorded) <= set(names):
        return {name: recorded[name] for name in recorded}
    if len(recorded) != len(names):
        raise Mismatch(f"{what} are {sorted(names)}, recorded were {sorted(recorded)}")
    return dict(zip(names, recorded.values()))


def difference(got, want):
    if want.dtype.kind in "SUO":
        flat = [x if isinstance(x, bytes) else str(x).encode() for x in want.ravel().tolist()]
        return 0.0 if [bytes(x) for x in np.asarray(got).ravel().tolist()] == flat else np.inf
    if tuple(got.shape) != tuple(want.shape):
        raise Mismatch(f"shape {got.shape}, not {want.shape}")
    if want.size == 0:
        return 0.0
    got, want = got.astype(np.complex128), want.astype(np.complex128)
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    gap = np.where(same, 0, np.abs(got - want))
    finite = np.abs(want[np.isfinite(want)])
    return float(np.nanmax(gap)) / max(1.0, float(finite.max()) if finite.size else 1.0)


def run(make, model, recorded):
    """The largest relative difference over all calls."""
    interpreter = make(model_path=str(model))
    keys = list(interpreter.get_signature_list())
    runners, worst = {}, 0.0
    for signature, case, inputs, outputs in recorded:
        key = signature if signature in keys else keys[0] if len(keys) == 1 else None
        if key is None:
            raise Mismatch(f"no signature {signature}, there are {keys}")
        runner = runners.setdefault(key, interpreter.get_signature_runner(key))
        got = runner(**matched(inputs, list(runner.get_input_details()), "inputs"))
        for name, want in matched(outputs, list(got), "outputs").items():
            if "random" in name:
                continue
            gap = difference(np.asarray(got[name]), want)
            if not gap <= 1e-4:
                raise Mismatch(f"{signature} case {case} {name}: off by {gap:.2g}")
            worst = max(worst, gap)
    return worst


def operators(command, model):
    """How many the model has, in all its graphs, and the names of those that are custom."""
    text = subprocess.run([command, "inspect", "--json", str(model)], check=True,
                          capture_output=True, text=True).stdout
    ops = json.loads(text)["ops"]
    return sum(op["count"] for op in ops), [op["op"] for op in ops if not op["op"].isupper()]


def reference(folder, meta):
    """Operators and bytes of TensorFlow's own conversion, where there is one."""
    made = meta.get("tf_convert") or {}
    if not made.get("ok"):
        return None, None
    count = sum(made["ops"].values()) if made.get("ops") else None
    file = folder / made.get("file", "")
    return count, file.stat().st_size if file.is_file() else made.get("size")


def check(command, make, folder, form, keep):
    meta = json.loads((folder / "meta.json").read_text())
    out = keep / f"{folder.name}.{form}.tflite"
    wanted = (meta.get("tf_convert") or {}).get("options") or []
    options = [OPTIONS[name] for name in wanted if name in OPTIONS]
    if folder.name.startswith("s_"):
        options = ["--select-tf-ops"]
    made = subprocess.run([command, "convert", str(folder / FORMATS[form]), "--output", str(out),
                           *options], capture_output=True, text=True, check=False)
    if made.returncode:
        return False, [made.stderr.strip().removeprefix("linnet: ")[:300]]
    ours, custom = operators(command, out)
    theirs, size = reference(folder, meta)
    notes = [f"{ours} ops ({theirs}), {out.stat().st_size} bytes ({size})"]
    good = True
    recorded = calls(folder / "io.npz")
    for name, interpreter in make.items():
        try:
            notes.append(f"{name} {run(interpreter, out, recorded):.1e}")
        except (Mismatch, ValueError, RuntimeError) as error:
            if name == "litert" and ("litert_run_error" in meta or custom):
                why = ", ".join(custom) or "as TensorFlow made it"
                notes.append(f"litert cannot run it ({why})")
                continue
            if folder.name.startswith("c_") and "unresolved custom op" in str(error):
                notes.append(f"{name}: needs the custom operator")
                continue
            good = False
            notes.append(f"{name}: {str(error).strip()[:200]}")
    return good, notes


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--linnet", required=True, help="the command")
    parser.add_argument("--package", type=pathlib.Path, help="folder with the package linnet")
    parser.add_argument("--format", choices=FORMATS, help="this format only")
    parser.add_argument("--keep", type=pathlib.Path, help="leave the converted models here")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", nargs="*", help="fixtures, or beginnings of their names")
    options = parser.parse_args()
    make = runtimes(options.package)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        keep = options.keep or pathlib.Path(scratch)
        keep.mkdir(parents=True, exist_ok=True)
        for folder in sorted(p for p in options.folder.iterdir() if (p / "meta.json").is_file()):
            if options.names and not folder.name.startswith(tuple(options.names)):
                continue
            for form, path in FORMATS.items():
                if not (folder / path).exists() or options.format not in (None, form):
                    continue
                good, notes = check(options.linnet, make, folder, form, keep)
                passed, failed = passed + good, failed + (not good)
                print(f"{'ok  ' if good else 'FAIL'} {folder.name} {form}: {'; '.join(notes)}",
                      flush=True)
    print(f"{passed} passed, {failed} failed, by {', '.join(make) or 'no runtime'}")
    return 1 if failed or not make else 0


if __name__ == "__main__":
    sys.exit(main())
