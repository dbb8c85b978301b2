# SPDX-License-Identifier: Apache-2.0
"""Linnet runs TensorFlow Lite models.

>>> import linnet
>>> interpreter = linnet.Interpreter(model_path="model.tflite")   # doctest: +SKIP
>>> interpreter.allocate_tensors()                                # doctest: +SKIP

`linnet.Interpreter` takes the place of `tf.lite.Interpreter`, of
`ai_edge_litert.interpreter.Interpreter` and of `tflite_runtime.interpreter.Interpreter`; with
`import linnet as tf` programs that say `tf.lite.Interpreter` need no other change.
"""
import os

# The types that scripts give converters: tf.uint8.
from numpy import float16, float32, int8, int16, int32, int64, uint8

from linnet import _core
from linnet import lite
from linnet.interpreter import (
    Delegate,
    Interpreter,
    InterpreterWithCustomOps,
    OpResolverType,
    SignatureRunner,
    load_delegate,
)
from linnet.lite.debugger import QuantizationDebugger, QuantizationDebugOptions

__version__: str = _core.version
#: The version of TensorFlow Lite whose behavior this library has.
TFLITE_VERSION: str = _core.tflite_version


def library_path() -> str:
    """Returns the file with TensorFlow Lite's C API that this package runs on.

    It can be loaded where a program wants libtensorflowlite_c, for example with ctypes.CDLL."""
    return os.path.abspath(_core.__file__)


__all__ = [
    "Delegate",
    "Interpreter",
    "InterpreterWithCustomOps",
    "OpResolverType",
    "QuantizationDebugOptions",
    "QuantizationDebugger",
    "SignatureRunner",
    "TFLITE_VERSION",
    "__version__",
    "float16",
    "float32",
    "int16",
    "int32",
    "int64",
    "int8",
    "library_path",
    "lite",
    "load_delegate",
    "uint8",
]
