# SPDX-License-Identifier: Apache-2.0
"""linnet.lite.TFLiteConverter with TensorFlow's names, on a model that is here."""
import io
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

    def test_quantized_again(self):
        """Integers get other inputs, floats, and 16 bits."""
        samples = [self.sample() for _ in range(4)]
        self.converter.optimizations = [tf.lite.Optimize.DEFAULT]
        self.converter.representative_dataset = lambda: ([x] for x in samples)
        small = self.converter.convert()
        other = tf.lite.experimental.modify_model_io_type(small, np.uint8, np.int8)
        interpreter = tf.lite.Interpreter(model_content=other)
        self.assertEqual(interpreter.get_input_details()[0]["dtype"], np.uint8)
        self.assertEqual(interpreter.get_output_details()[0]["dtype"], np.int8)
        floats = tf.lite.experimental.dequantize_model(other)
        interpreter = tf.lite.Interpreter(model_content=floats)
        self.assertEqual({d["dtype"] for d in interpreter.get_tensor_details()
                          if len(d["shape"]) == 4}, {np.float32})
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "small.tflite")
            with open(path, "wb") as file:
                file.write(other)
            again = tf.lite.TFLiteConverter.from_tflite(path)
            again.optimizations = [tf.lite.Optimize.DEFAULT]
            again.representative_dataset = lambda: ([x] for x in samples)
            again.target_spec.supported_ops = [
                tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8]
            wide = tf.lite.Interpreter(model_content=again.convert())
        self.assertIn(np.int16, {d["dtype"] for d in wide.get_tensor_details()})

    def test_wrong_samples(self):
        self.converter.optimizations = [tf.lite.Optimize.DEFAULT]
        self.converter.representative_dataset = lambda: iter([[]])
        with self.assertRaisesRegex(ValueError, "one array per input"):
            self.converter.convert()
        self.converter.representative_dataset = lambda: iter([self.sample()])
        with self.assertRaisesRegex(ValueError, "You need to provide either a dictionary"):
            self.converter.convert()

    def test_samples_in_every_form(self):
        self.converter.optimizations = [tf.lite.Optimize.DEFAULT]
        interpreter = tf.lite.Interpreter(model_content=self.original)
        key = list(interpreter.get_signature_list())[0]
        name = list(interpreter.get_signature_runner(key).get_input_details())[0]
        samples = [self.sample() for _ in range(8)]
        models = []
        for form in (lambda x: [x], lambda x: {name: x}, lambda x: (key, {name: x})):
            self.converter.representative_dataset = lambda: map(form, samples)
            with self.assertWarnsRegex(UserWarning, "only 8 samples"):
                models.append(self.converter.convert())
        self.assertEqual(models[0], models[1])
        self.assertEqual(models[0], models[2])

    def test_debugger(self):
        self.converter.optimizations = [tf.lite.Optimize.DEFAULT]
        dataset = lambda: ([self.sample()] for _ in range(8))  # noqa: E731
        self.converter.representative_dataset = dataset

        def off(floats, integers, scale, zero):
            return np.max(np.abs((integers.astype(int) - zero) * scale - floats))

        options = tf.lite.experimental.QuantizationDebugOptions(
            layer_debug_metrics={"largest": np.max},
            model_debug_metrics={"same": lambda f, q: np.argmax(f[0]) == np.argmax(q[0])},
            layer_direct_compare_metrics={"off": off})
        debugger = tf.lite.experimental.QuantizationDebugger(
            converter=self.converter, debug_dataset=dataset, debug_options=options)
        debugger.run()
        self.assertGreaterEqual(len(debugger.layer_statistics), 8)
        for statistics in debugger.layer_statistics.values():
            self.assertAlmostEqual(statistics["off"], statistics["max_abs_error"], places=5)
        self.assertIn("same", debugger.model_statistics)
        lines = self.dumped(debugger)
        self.assertEqual(lines[0], "op_name,tensor_idx,num_elements,stddev,mean_error,"
                         "max_abs_error,mean_squared_error,largest,off,scale,zero_point,"
                         "tensor_name")
        self.assertEqual(len(lines), 1 + len(debugger.layer_statistics))
        self.assertLess(len(debugger.get_nondebug_quantized_model()),
                        len(debugger.get_debug_quantized_model()))
        debugger.options = tf.lite.experimental.QuantizationDebugOptions(
            denylisted_ops=["CONV_2D"])
        debugger.run()
        self.assertFalse(any("CONV_2D" == line.split(",")[0]
                             for line in self.dumped(debugger)[1:]))

    @staticmethod
    def dumped(debugger):
        text = io.StringIO()
        debugger.layer_statistics_dump(text)
        return text.getvalue().splitlines()

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
