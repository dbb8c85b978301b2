# SPDX-License-Identifier: Apache-2.0
"""linnet.lite.TFLiteConverter with TensorFlow's names, on a model that is here."""
import os
import tempfile
import unittest

import numpy as np

import linnet as tf
from support import digits

try:
    from linnet import _convert  # noqa: F401
except ImportError:
    _convert = None


def run(model, x):
    interpreter = tf.lite.Interpreter(model_content=model)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


class WithoutModule(unittest.TestCase):
    @unittest.skipIf(_convert, "the module is there")
    def test_the_error_says_what_is_missing(self):
        with self.assertRaisesRegex(ImportError, "protobuf-c"):
            tf.lite.TFLiteConverter.from_tflite(digits("float32")).convert()


@unittest.skipUnless(_convert, "the package was built without the converter")
class Converter(unittest.TestCase):
    def setUp(self):
        self.converter = tf.lite.TFLiteConverter.from_tflite(digits("float32"))
        with open(digits("float32"), "rb") as file:
            self.original = file.read()
        details = tf.lite.Interpreter(model_content=self.original).get_input_details()
        self.shape = details[0]["shape"]
        self.generator = np.random.default_rng(1)

    def sample(self):
        return self.generator.uniform(0, 1, self.shape).astype(np.float32)

    def test_the_passes_keep_what_is_computed(self):
        model = self.converter.convert()
        x = self.sample()
        np.testing.assert_allclose(run(model, x), run(self.original, x), rtol=1e-4, atol=1e-5)

    def test_the_runtime_that_is_needed_is_written(self):
        self.assertIn(b"min_runtime_version", self.converter.convert())

    def test_dynamic_range(self):
        self.converter.optimizations = [tf.lite.Optimize.DEFAULT]
        x = self.sample()
        quantized = self.converter.convert()
        self.assertLess(len(quantized), len(self.original))
        np.testing.assert_allclose(run(quantized, x), run(self.original, x), atol=0.2)

    def test_integers_by_samples(self):
        self.converter.optimizations = [tf.lite.Optimize.DEFAULT]
        self.converter.representative_dataset = lambda: ([self.sample()] for _ in range(8))
        self.converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        self.converter.inference_input_type = np.uint8
        self.converter.inference_output_type = np.uint8
        interpreter = tf.lite.Interpreter(model_content=self.converter.convert())
        self.assertEqual(interpreter.get_input_details()[0]["dtype"], np.uint8)
        self.assertEqual(interpreter.get_output_details()[0]["dtype"], np.uint8)

    def test_wrong_samples(self):
        self.converter.optimizations = [tf.lite.Optimize.DEFAULT]
        self.converter.representative_dataset = lambda: iter([[]])
        with self.assertRaisesRegex(tf.lite.ConverterError, "one array per input"):
            self.converter.convert()

    def test_rules(self):
        self.converter.rules = "rule r: (NOTHING x) => x"
        with self.assertRaisesRegex(tf.lite.ConverterError, "line 1"):
            self.converter.convert()

    def test_what_is_no_model(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.onnx")
            with open(path, "wb") as file:
                file.write(b"\xff" * 100)
            with self.assertRaises(tf.lite.ConverterError):
                tf.lite.TFLiteConverter.from_onnx(path).convert()


if __name__ == "__main__":
    unittest.main()
