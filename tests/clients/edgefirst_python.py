# SPDX-License-Identifier: Apache-2.0
"""edgefirst_python.py LIBRARY REPOSITORY MODELS PLUGIN: the package edgefirst-tflite tells digits
apart with our library, resizes inputs, applies its XNNPACK and the delegate PLUGIN."""
import sys
import unittest

import edgefirst_tflite as tflite
import numpy as np

LIBRARY, REPOSITORY, MODELS, PLUGIN = sys.argv[1:5]

# A three, one character per pixel from 0 to f.
THREE = "007fd100" "08d6f400" "021dd000" "002fb100" "0001cc10" "00001a80" "00845e90" "007dd000"
PIXELS = np.array([int(c, 16) for c in THREE], np.float32).reshape(1, 8, 8, 1)


def load(path, **more):
    return tflite.Interpreter(model_path=path, library_path=LIBRARY, **more)


class Client(unittest.TestCase):
    def digit(self, name, pixels, **more):
        interpreter = load(f"{REPOSITORY}/examples/digits/{name}.tflite", **more)
        interpreter.allocate_tensors()
        interpreter.set_tensor(0, pixels)
        interpreter.invoke()
        self.assertEqual(interpreter.get_output_tensor(0).argmax(), 3)
        return interpreter

    def test_float32(self):
        self.digit("digits_float32", PIXELS / 15)

    def test_int8(self):
        interpreter = self.digit("digits_int8", (PIXELS * 17).astype(np.uint8), num_threads=2)
        self.assertEqual(interpreter.get_input_details()[0]["dtype"], np.uint8)
        self.assertAlmostEqual(interpreter.get_output_details()[0]["quantization"][0], 1 / 256)

    def test_xnnpack(self):
        delegate = tflite.xnnpack_delegate(num_threads=2, library_path=LIBRARY)
        self.digit("digits_float32", PIXELS / 15, experimental_delegates=[delegate])

    def test_external_delegate(self):
        delegate = tflite.load_delegate(PLUGIN, options={"factor": "0.5"})
        interpreter = load(f"{MODELS}/add.tflite", experimental_delegates=[delegate])
        interpreter.allocate_tensors()
        interpreter.set_tensor(0, np.full((1, 8, 8, 3), 8, np.float32))
        interpreter.invoke()
        np.testing.assert_array_equal(interpreter.get_output_tensor(0), 8)

    def test_resize(self):
        interpreter = load(f"{MODELS}/add.tflite")
        interpreter.resize_tensor_input(0, [3, 8, 8, 3])
        interpreter.allocate_tensors()
        interpreter.set_tensor(0, np.ones((3, 8, 8, 3), np.float32))
        interpreter.invoke()
        np.testing.assert_array_equal(interpreter.get_output_tensor(0), np.full((3, 8, 8, 3), 3))

    def test_no_model(self):
        with self.assertRaises(tflite.TfLiteError):
            load(f"{MODELS}/nosuch.tflite")


if __name__ == "__main__":
    done = unittest.main(argv=sys.argv[:1], exit=False).result
    bad = len(done.failures) + len(done.errors)
    print(f"{done.testsRun - bad} passed, {bad} failed")
    sys.exit(bad > 0)
