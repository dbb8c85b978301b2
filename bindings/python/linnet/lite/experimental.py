# SPDX-License-Identifier: Apache-2.0
"""What programs find under `tf.lite.experimental`."""
from linnet.interpreter import OpResolverType, load_delegate
from linnet.lite.analyzer import Analyzer
from linnet.lite.debugger import QuantizationDebugger, QuantizationDebugOptions
from linnet.lite.requantize import dequantize_model, modify_model_io_type

__all__ = ["Analyzer", "OpResolverType", "QuantizationDebugOptions", "QuantizationDebugger",
           "dequantize_model", "load_delegate", "modify_model_io_type"]
