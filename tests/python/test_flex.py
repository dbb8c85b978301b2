# SPDX-License-Identifier: Apache-2.0
"""The plug-in liblinnet_flex, which runs Select-TF operators by an installed TensorFlow.

LINNET_FLEX: the plug-in; LINNET_TENSORFLOW: TensorFlow's shared library, where it is not in the
package tensorflow of this interpreter."""
import ctypes
import importlib.util
import os
import re
import unittest

import numpy as np

import linnet as tf
from support import ROOT

try:
    from linnet import _convert  # noqa: F401
except ImportError:
    _convert = None

PLUGIN = os.environ.get("LINNET_FLEX")
FATES = os.path.join(ROOT, "tests", "data", "saved_model", "mixed")


def tensorflow():
    """The path of TensorFlow's library, or None."""
    path = os.environ.get("LINNET_TENSORFLOW")
    if not path:
        spec = importlib.util.find_spec("tensorflow")
        path = spec and os.path.join(os.path.dirname(spec.origin), "libtensorflow_cc.so.2")
    return path if path and os.path.exists(path) else None


def model():
    """x [2, 3] -> lgamma(1.25 x), where it is positive."""
    converter = tf.lite.TFLiteConverter.from_saved_model(FATES)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS,
                                           tf.lite.OpsSet.SELECT_TF_OPS]
    converter.rules = ("rule a: (custom:MyScale x) => (MUL x 2.5)\n"
                       "rule b: (custom:MyHalve x) => (MUL x 0.5)")
    return converter.convert()


@unittest.skipUnless(PLUGIN, "the plug-in is not built")
class WithoutTensorFlow(unittest.TestCase):
    def test_the_message_names_the_cure(self):
        for path in ("/nonexistent/libtensorflow_cc.so.2", PLUGIN):
            with self.assertRaisesRegex(ValueError, "LINNET_TENSORFLOW.*libtensorflow_cc.so.2"):
                tf.lite.experimental.load_delegate(PLUGIN, {"library": path})

    def test_size(self):
        self.assertLess(os.path.getsize(PLUGIN), 300000)


@unittest.skipUnless(PLUGIN and _convert, "the plug-in or the converter is not built")
@unittest.skipUnless(tensorflow(), "there is no TensorFlow here (LINNET_TENSORFLOW names one)")
class WithTensorFlow(unittest.TestCase):
    def test_an_operator_of_both(self):
        x = np.arange(1, 7, dtype=np.float32).reshape(2, 3)
        results, parts = [], []
        for options in (None, {"library": tensorflow(), "all": "1"}):
            delegates = options and [tf.lite.experimental.load_delegate(PLUGIN, options)]
            interpreter = tf.lite.Interpreter(model_content=model(),
                                              experimental_delegates=delegates)
            interpreter.allocate_tensors()
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
            interpreter.invoke()
            results.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
            names = [op["op_name"] for op in interpreter._get_ops_details()]
            parts.append(names.count("DELEGATE"))
        self.assertEqual(parts[1], parts[0] + 1)
        np.testing.assert_allclose(results[1], results[0], rtol=1e-5, atol=1e-6)

    def test_the_list_of_select_tf_operators(self):
        """tf_ops.def has what TensorFlow's own function says."""
        class Text(ctypes.Structure):  # std::string of the C++ ABI of GCC 5 and later
            _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t),
                        ("buffer", ctypes.c_char * 16)]
        library = ctypes.CDLL(tensorflow())
        library.TF_Version.restype = ctypes.c_char_p
        if not library.TF_Version().startswith(b"2.21."):
            self.skipTest("the list is that of TensorFlow 2.21")
        allowed = library["_ZN6tflite4flex19IsAllowlistedFlexOpERKNSt7__cxx1112basic_string"
                          "IcSt11char_traitsIcESaIcEEE"]
        allowed.restype = ctypes.c_bool
        with open(os.path.join(ROOT, "src", "import", "savedmodel", "tf_ops.def")) as f:
            rows = re.findall(r"(OP|REST)\((\w+)\)", f.read())
        text_ops = re.compile("Sentence|Sentencepiece|UTF8|SplitMerge|.*TokenizeWithOffsets$|"
                              "RegexSplit|RougeL|MaxSpanning|Constrained|CaseFold|Normalize")
        wrong = [name for kind, name in rows
                 if not text_ops.match(name)  # allowed once TensorFlow Text is loaded
                 and allowed(ctypes.byref(Text(name.encode(), len(name), b""))) != (kind == "OP")]
        self.assertGreater(len(rows), 1500)
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
