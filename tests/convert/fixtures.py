#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Converts fixtures and compares what comes out with what TensorFlow (or ONNX Runtime) recorded.

    fixtures.py --linnet build/linnet [--package build/python] FOLDER [NAME...]

FOLDER holds a folder per fixture: saved_model/, model.keras, model.h5 or model.onnx, what they gave
(io.npz), what TensorFlow's converter made of them (meta.json, ref*.tflite); or an archive per
model: saved_model/, model.keras, model.h5, and tf_io.npz.  With --references, TensorFlow's own
conversion of NAME is float32/model.tflite in NAME.zip there; where nothing was recorded it is run
on random numbers instead.

Each model is converted and run by Linnet's interpreter and, where ai_edge_litert is installed, by
the real one; outputs must agree within 1e-4 of the largest value.  A line per model is printed,
with the operators and bytes of both converters; --table writes them as a table, too.  Exit code 1
when anything fails.

Options of `linnet convert` are those that TensorFlow's converter needed; s_ fixtures get
--select-tf-ops."""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import fixture_data


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


def theirs(command, fixture):
    """Operators and bytes of TensorFlow's own conversion, where there is one."""
    if fixture.reference is None:
        return fixture.count, fixture.size
    return operators(command, fixture.reference)[0], fixture.reference.stat().st_size


def random_calls(make, model):
    """A call with random numbers, and what this model gives."""
    interpreter = make(model_path=str(model))
    key = next(iter(interpreter.get_signature_list()))
    runner = interpreter.get_signature_runner(key)
    rng = np.random.default_rng(0)
    inputs = {}
    for name, detail in runner.get_input_details().items():
        shape, dtype = detail["shape"], detail["dtype"]
        limit = 100 if name.endswith("input_ids") else 2  # words; masks and the like
        inputs[name] = (rng.integers(0, limit, shape) if np.issubdtype(dtype, np.integer)
                        else rng.standard_normal(shape)).astype(dtype)
    return [("serving_default", "random", inputs, runner(**inputs))]


def check(command, make, fixture, form, keep):
    """(passed, notes, row of the table or None)"""
    out = keep / f"{fixture.name}.{form}.tflite"
    source = fixture.folder / fixture_data.FORMATS[form]
    made = subprocess.run([command, "convert", str(source), "--output", str(out),
                           *fixture.options], capture_output=True, text=True, check=False)
    if made.returncode:
        said = " ".join(made.stderr.split()).removeprefix("linnet: ")[:300]
        # a Keras file without the code of its classes: the message must name the way out
        own = form != "saved_model" and "convert a SavedModel" in said
        return own, [f"refused: {said}"], None
    ours, custom = operators(command, out)
    count, size = theirs(command, fixture)
    row = (fixture.name, form, ours, count, out.stat().st_size, size)
    notes = [f"{ours} ops ({count}), {row[4]} bytes ({size})"]
    good = True
    recorded = fixture.recorded
    if recorded is None:
        first = make.get("litert") or next(iter(make.values()))
        recorded = random_calls(first, fixture.reference)
    for name, interpreter in make.items():
        try:
            notes.append(f"{name} {run(interpreter, out, recorded):.1e}")
        except (Mismatch, ValueError, RuntimeError) as error:
            if name == "litert" and (fixture.excused or custom):
                why = ", ".join(custom) or "as TensorFlow made it"
                notes.append(f"litert cannot run it ({why})")
                continue
            if fixture.name.startswith("c_") and "unresolved custom op" in str(error):
                notes.append(f"{name}: needs the custom operator")
                continue
            good = False
            notes.append(f"{name}: {str(error).strip()[:200]}")
    return good, notes, row


def write_table(path, rows):
    """One line per model; formats of one model that came out alike share it."""
    lines = {}
    for name, form, *figures in rows:
        lines.setdefault((name, *figures), []).append(form)
    with path.open("w", encoding="utf-8") as out:
        out.write("| model | from | operators | TensorFlow's | bytes | TensorFlow's |\n"
                  "|---|---|---|---|---|---|\n")
        for (name, *figures), forms in lines.items():
            cells = ["-" if x is None else str(x) for x in figures]
            out.write(f"| {name} | {', '.join(forms)} | {' | '.join(cells)} |\n")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--linnet", required=True, help="the command")
    parser.add_argument("--package", type=pathlib.Path, help="folder with the package linnet")
    parser.add_argument("--format", choices=fixture_data.FORMATS, help="this format only")
    parser.add_argument("--references", type=pathlib.Path, help="folder with NAME.zip")
    parser.add_argument("--keep", type=pathlib.Path, help="leave the converted models here")
    parser.add_argument("--table", type=pathlib.Path, help="write a table in Markdown here")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", nargs="*", help="fixtures, or beginnings of their names")
    return parser.parse_args()


def main():
    options = arguments()
    make = runtimes(options.package)
    passed = failed = 0
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        keep = options.keep or scratch
        keep.mkdir(parents=True, exist_ok=True)
        for fixture in fixture_data.find(options.folder, options.names, options.references,
                                         scratch):
            for form, path in fixture_data.FORMATS.items():
                if not (fixture.folder / path).exists() or options.format not in (None, form):
                    continue
                good, notes, row = check(options.linnet, make, fixture, form, keep)
                passed, failed = passed + good, failed + (not good)
                rows += [row] if row else []
                print(f"{'ok  ' if good else 'FAIL'} {fixture.name} {form}: {'; '.join(notes)}",
                      flush=True)
    if options.table:
        write_table(options.table, rows)
    print(f"{passed} passed, {failed} failed, by {', '.join(make) or 'no runtime'}")
    return 1 if failed or not make else 0


if __name__ == "__main__":
    sys.exit(main())
