# SPDX-License-Identifier: Apache-2.0
"""What the tests of the Python package share: models and recorded cases.

LINNET_TEST_MODELS: the folder with the models and plugins of the C API's tests."""
import glob
import io
import json
import os
import struct
import zipfile

import numpy as np

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
DIGITS = os.path.join(ROOT, "examples", "digits")


def model(name):
    """The path of a model of tests/capi/make_models.c."""
    return os.path.join(os.environ["LINNET_TEST_MODELS"], name + ".tflite")


def plugin(name):
    """The path of a shared object of tests/capi."""
    return os.path.join(os.environ["LINNET_TEST_MODELS"], name + ".so")


def digits(kind):
    """The path of a model that tells digits apart: "float32" or "int8"."""
    return os.path.join(DIGITS, f"digits_{kind}.tflite")


def _strings(data):
    count, = struct.unpack_from("<I", data)
    at, items = 4, []
    for _ in range(count):
        n, = struct.unpack_from("<I", data, at)
        items.append(data[at + 4:at + 4 + n])
        at += 4 + n
    return items


class Case:
    """A recorded case: a model, inputs, and what TensorFlow Lite's reference operators gave."""

    def __init__(self, archive, folder, model_bytes=None):
        self._archive, self._folder = archive, folder
        self.name = folder.rstrip("/")
        self.info = json.loads(archive.read(folder + "case.json"))
        self.model = model_bytes or archive.read(folder + "model.tflite")

    def _array(self, stem, shape):
        names = set(self._archive.namelist())
        if self._folder + stem + ".npy" in names:
            data = self._archive.read(self._folder + stem + ".npy")
            return np.load(io.BytesIO(data), allow_pickle=False)
        if self._folder + stem + ".strs" in names:
            items = _strings(self._archive.read(self._folder + stem + ".strs"))
            array = np.empty(len(items), np.object_)
            array[:] = items
            return array.reshape(shape)
        return None

    def inputs(self):
        return [self._array(f"in{i}", s) for i, s in enumerate(self.info["input_shapes"])]

    def outputs(self):
        return [self._array(f"out{i}", s) for i, s in enumerate(self.info["output_shapes"])]


def cases(pattern):
    """All cases of the archives that a pattern names."""
    for path in sorted(glob.glob(pattern)):
        with zipfile.ZipFile(path) as archive:
            beside = path.replace(".golden.zip", ".tflite")
            whole = None
            if beside != path:
                with open(beside, "rb") as f:
                    whole = f.read()
            for name in archive.namelist():
                if os.path.basename(name) == "case.json":
                    yield Case(archive, name[:-len("case.json")], whole)
