# SPDX-License-Identifier: Apache-2.0
"""What fixtures.py reads: fixtures as folders, models and their recordings as archives."""
import collections
import json
import pathlib
import zipfile

import numpy as np

FORMATS = {"saved_model": "saved_model", "keras": "model.keras", "h5": "model.h5",
           "onnx": "model.onnx"}
OPTIONS = {"select": "--select-tf-ops", "custom": "--allow-custom-ops"}

# name; folder; options of `linnet convert`; recorded: the calls in order, as (signature, case,
# inputs, outputs), or None; reference: TensorFlow's file, or None; count: its operators where the
# file is not there; size: likewise; excused: the real runtime could not run TensorFlow's own file
Fixture = collections.namedtuple(
    "Fixture", "name folder options recorded reference count size excused")


def fixture_calls(path):
    """io.npz: SIGNATURE__CASE__in__NAME."""
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


def model_calls(path):
    """tf_io.npz: caseN_in_NAME, of the one signature."""
    found = collections.OrderedDict()
    data = np.load(path)
    for key in data:
        case, way, name = key.split("_", 2)
        inputs, outputs = found.setdefault(case, ({}, {}))
        (inputs if way == "in" else outputs)[name] = data[key]
    return [("serving_default", case, *value) for case, value in found.items()]


def from_folder(folder):
    """A fixture with meta.json and io.npz."""
    meta = json.loads((folder / "meta.json").read_text())
    made = meta.get("tf_convert") or {}
    wanted = made.get("options") or []
    options = [OPTIONS[name] for name in wanted if name in OPTIONS]
    if folder.name.startswith("s_"):
        options = ["--select-tf-ops"]
    file = folder / (made.get("file") or "none")
    count = sum(made["ops"].values()) if made.get("ok") and made.get("ops") else None
    return Fixture(folder.name, folder, options, fixture_calls(folder / "io.npz"),
                   file if made.get("ok") and file.is_file() else None, count,
                   made.get("size") if made.get("ok") else None, "litert_run_error" in meta)


def from_archive(path, references, scratch):
    """NAME.zip with a SavedModel and perhaps Keras files; its reference is float32/model.tflite of
    NAME.zip among the references, or a .tflite beside the model."""
    folder = scratch / path.stem
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    reference = next(iter(sorted(folder.glob("*.tflite"))), None)
    known = references / path.name if references else None
    if known and known.is_file():
        with zipfile.ZipFile(known) as archive:
            if "float32/model.tflite" in archive.namelist():
                reference = pathlib.Path(archive.extract("float32/model.tflite",
                                                         folder / "reference"))
    recording = folder / "tf_io.npz"
    return Fixture(path.stem, folder, [], model_calls(recording) if recording.is_file() else None,
                   reference, None, None, False)


def find(folder, names, references, scratch):
    """Everything in a folder that can be converted, in order of the names."""
    for path in sorted(folder.iterdir()):
        if names and not path.name.startswith(tuple(names)):
            continue
        if (path / "meta.json").is_file():
            yield from_folder(path)
        elif path.suffix == ".zip":
            yield from_archive(path, references, scratch)
