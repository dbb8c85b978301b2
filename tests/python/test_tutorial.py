# SPDX-License-Identifier: Apache-2.0
"""The scripts of TensorFlow's tutorials with `import linnet as tf`, on models that are here."""
import contextlib
import ctypes
import io
import math
import os
import tempfile
import unittest

import numpy as np

import linnet as tf
from support import ROOT

try:
    from linnet import _convert  # noqa: F401
except ImportError:
    _convert = None

DATA = os.path.join(ROOT, "tests", "data")
MIXED = os.path.join(DATA, "saved_model", "mixed")
DENSE = os.path.join(DATA, "saved_model", "dense")
HALF = "rule half: (custom:MyHalve x) => (MUL x 0.5)"


def expected(x, scale):
    """What mixed computes where MyScale is a product."""
    return np.array([max(math.lgamma(v * scale / 2), 0) for v in x.flat]).reshape(x.shape)


class MyScale:
    """A custom operator in Python: y = 2.5 x."""

    def __init__(self):
        api = self.api = ctypes.CDLL(tf.library_path())
        for name in ("TfLiteOperatorCreate", "TfLiteOpaqueNodeGetInput",
                     "TfLiteOpaqueNodeGetOutput", "TfLiteOpaqueTensorData"):
            getattr(api, name).restype = ctypes.c_void_p
        api.TfLiteOpaqueTensorByteSize.restype = ctypes.c_size_t
        self.called = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(self.invoke)
        self.operator = ctypes.c_void_p(api.TfLiteOperatorCreate(32, b"MyScale", 1, None))
        api.TfLiteOperatorSetInvoke(self.operator, self.called)

    def values(self, tensor):
        n = self.api.TfLiteOpaqueTensorByteSize(ctypes.c_void_p(tensor)) // 4
        data = self.api.TfLiteOpaqueTensorData(ctypes.c_void_p(tensor))
        return np.ctypeslib.as_array(ctypes.cast(data, ctypes.POINTER(ctypes.c_float)), (n,))

    def invoke(self, context, node):
        context, node = ctypes.c_void_p(context), ctypes.c_void_p(node)
        x = self.values(self.api.TfLiteOpaqueNodeGetInput(context, node, 0))
        y = self.values(self.api.TfLiteOpaqueNodeGetOutput(context, node, 0))
        y[:] = 2.5 * x
        return 0

    def register(self, options):
        self.api.TfLiteInterpreterOptionsAddOperator(ctypes.c_void_p(options), self.operator)


def run(interpreter, x):
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


@unittest.skipUnless(_convert, "the package was built without the converter")
class Tutorial(unittest.TestCase):
    def setUp(self):
        self.x = np.arange(1, 7, dtype=np.float32).reshape(2, 3)

    def test_saved_model(self):
        converter = tf.lite.TFLiteConverter.from_saved_model(DENSE)
        tflite_model = converter.convert()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.tflite")
            with open(path, "wb") as f:
                f.write(tflite_model)
            interpreter = tf.lite.Interpreter(model_path=path)
            signature = interpreter.get_signature_runner()
            name = list(signature.get_input_details())[0]
            y = list(signature(**{name: self.x}).values())[0]
        kernel, bias = np.arange(1, 7).reshape(3, 2), np.array([10, 20])
        np.testing.assert_allclose(y, self.x @ kernel + bias)

    def test_all_ways_at_once(self):
        converter = tf.lite.TFLiteConverter.from_saved_model(MIXED)
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.TFLITE_BUILTINS,  # enable TensorFlow Lite ops.
            tf.lite.OpsSet.SELECT_TF_OPS,  # enable TensorFlow ops.
        ]
        converter.allow_custom_ops = True
        converter.rules = HALF
        tflite_model = converter.convert()
        fates = {finding[0]: finding[2] for finding in converter.findings}
        self.assertEqual(fates["MyScale"], "custom")
        self.assertEqual(fates["Lgamma"], "flex native")
        self.assertEqual(fates["Relu"], "builtin")
        scale = MyScale()
        interpreter = tf.InterpreterWithCustomOps(custom_op_registerers=[scale.register],
                                                  model_content=tflite_model)
        self.assertEqual([op["op_name"] for op in interpreter._get_ops_details()],
                         ["MyScale", "MUL", "FlexLgamma", "RELU"])
        np.testing.assert_allclose(run(interpreter, self.x), expected(self.x, 2.5), rtol=1e-5,
                                   atol=1e-6)

    def test_what_is_missing_is_said(self):
        converter = tf.lite.TFLiteConverter.from_saved_model(MIXED)
        with self.assertRaisesRegex(tf.lite.ConverterError, "(?s)MyScale.*MyHalve.*Lgamma"):
            converter.convert()
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS,
                                               tf.lite.OpsSet.SELECT_TF_OPS]
        with self.assertRaisesRegex(tf.lite.ConverterError, "(?s)MyScale.*allow-custom-ops"):
            converter.convert()

    def test_custom_without_select(self):
        """No Select-TF operator without SELECT_TF_OPS: TensorFlow's own become custom ones."""
        converter = tf.lite.TFLiteConverter.from_saved_model(MIXED)
        converter.allow_custom_ops = True
        self.assertEqual(self.operators(converter), ["MyScale", "MyHalve", "Lgamma", "RELU"])

    def test_operators_of_ones_own_as_select(self):
        converter = tf.lite.TFLiteConverter.from_saved_model(MIXED)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS,
                                               tf.lite.OpsSet.SELECT_TF_OPS]
        converter.target_spec.experimental_select_user_tf_ops = ["MyScale", "MyHalve"]
        self.assertEqual(self.operators(converter),
                         ["FlexMyScale", "FlexMyHalve", "FlexLgamma", "RELU"])

    @staticmethod
    def operators(converter):
        from linnet import _core
        return _core.model_operators(converter.convert())[0]

    def importer_of_scale(self, node):
        self.assertEqual((node.op, node.name, node.n_outputs), ("MyScale", "own", 1))
        self.assertEqual(node.attributes["mode"], "up")
        self.assertEqual(node.attributes["sizes"], [3, 500, -1])
        self.assertEqual(node.attributes["level"], 7)
        self.assertEqual(node.output().shape, [2, 3])
        self.assertEqual(node.tensor(node.inputs[0]).dtype, np.float32)
        factor = node.constant(node.attributes["factor"])
        self.assertEqual(node.tensor(factor).value, np.float32(2.5))
        return node.emit("MUL{activation=NONE}", [node.inputs[0], factor])

    def test_importers(self):
        converter = tf.lite.TFLiteConverter.from_saved_model(MIXED)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS,
                                               tf.lite.OpsSet.SELECT_TF_OPS]
        converter.importers["MyScale"] = self.importer_of_scale
        converter.importers["MyHalve"] = lambda node: node.emit(
            "DIV{activation=NONE}", [node.inputs[0], node.constant(2.0)])
        y = run(tf.lite.Interpreter(model_content=converter.convert()), self.x)
        np.testing.assert_allclose(y, expected(self.x, 2.5), rtol=1e-5, atol=1e-6)

    def test_importers_that_fail(self):
        kept = []
        failures = {
            "returns nothing": lambda node: None,
            "does not take 1 inputs": lambda node: node.emit("RELU", [node.inputs[0]], 0),
            "NOTHING": lambda node: node.emit("NOTHING", node.inputs),
            "no such tensor": lambda node: node.tensor(1 << 20),
            "a tensor cannot be": lambda node: node.constant(np.array(["text"])),
            "division": lambda node: 1 // 0,
            "too many": lambda node: node.emit("ADD", list(range(1000))),
        }
        for text, function in failures.items():
            converter = tf.lite.TFLiteConverter.from_saved_model(MIXED)
            converter.allow_custom_ops = True
            converter.importers["MyScale"] = function
            with self.assertRaisesRegex(Exception, text):
                converter.convert()
        converter.importers["MyScale"] = lambda node: kept.append(node)
        with self.assertRaisesRegex(ValueError, "returns nothing"):
            converter.convert()
        with self.assertRaisesRegex(RuntimeError, "has returned"):
            kept[0].tensor(0)

    def test_custom_operator_by_an_importer(self):
        converter = tf.lite.TFLiteConverter.from_saved_model(MIXED)
        converter.allow_custom_ops = True
        converter.importers["MyHalve"] = lambda node: node.emit_custom(
            "Halved", node.inputs, [(np.float32, [2, 3])], node.options())
        self.assertEqual(self.operators(converter), ["MyScale", "Halved", "Lgamma", "RELU"])

    def test_quantized_types(self):
        converter = tf.lite.TFLiteConverter.from_saved_model(DENSE)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = tf.lite.RepresentativeDataset(
            lambda: ([self.x * i] for i in range(4)))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.uint8
        interpreter = tf.lite.Interpreter(model_content=converter.convert())
        self.assertEqual(interpreter.get_input_details()[0]["dtype"], np.int8)
        self.assertEqual(interpreter.get_output_details()[0]["dtype"], np.uint8)

    def test_wrong_wishes(self):
        converter = tf.lite.TFLiteConverter.from_saved_model(DENSE)
        converter.inference_input_type = tf.int8
        with self.assertRaisesRegex(ValueError, "must be tf.float32"):
            converter.convert()
        converter.inference_input_type = tf.float32
        converter.optimizations = {tf.lite.Optimize.DEFAULT}
        converter.target_spec.supported_ops = {tf.lite.OpsSet.TFLITE_BUILTINS_INT8}
        with self.assertRaisesRegex(ValueError, "`representative_dataset` must be specified"):
            converter.convert()
        converter.optimizations = set()
        converter.target_spec.supported_ops = {tf.lite.OpsSet.EXPERIMENTAL_STABLEHLO_OPS}
        with self.assertRaisesRegex(tf.lite.ConverterError, "STABLEHLO"):
            converter.convert()
        converter.target_spec = tf.lite.TargetSpec()
        converter._experimental_calibrate_only = True
        with self.assertRaisesRegex(tf.lite.ConverterError, "calibrate_only"):
            converter.convert()
        with self.assertRaisesRegex(OSError, "saved_model.pb"):
            tf.lite.TFLiteConverter.from_saved_model(DATA)

    def test_analyzer(self):
        model = tf.lite.TFLiteConverter.from_saved_model(DENSE).convert()
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            tf.lite.experimental.Analyzer.analyze(model_content=model)
        text = text.getvalue()
        self.assertTrue(text.startswith("=== TFLite ModelAnalyzer ===\n\nYour TFLite model has '1' "
                                        "subgraph(s). In the subgraph description below,\nT# "
                                        "represents the Tensor numbers. For example, in Subgraph#0,"
                                        " the FULLY_CONNECTED op takes\ntensor #"))
        self.assertRegex(text, r"(?m)^  Op#0 FULLY_CONNECTED\(T#\d, T#\d, T#\d\) -> \[T#\d\]$")
        self.assertRegex(text, r"type:FLOAT32 RO 8 bytes, buffer: \d+, data:\[10, 20\]\n")
        self.assertIn("Signature#0 key: 'serving_default'\n- Subgraph: Subgraph#0\n", text)
        self.assertRegex(text, rf"\n              Model size: {len(model):10} bytes\n")
        with self.assertRaises(ValueError):
            tf.lite.experimental.Analyzer.analyze()
        with self.assertRaises(ValueError), contextlib.redirect_stdout(io.StringIO()):
            tf.lite.experimental.Analyzer.analyze(model_content=model[:200])


if __name__ == "__main__":
    unittest.main()
