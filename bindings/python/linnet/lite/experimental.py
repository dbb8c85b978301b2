# SPDX-License-Identifier: Apache-2.0
"""What programs find under `tf.lite.experimental`."""
from linnet.interpreter import OpResolverType, load_delegate
from linnet.lite.analyzer import Analyzer
from linnet.lite.debugger import QuantizationDebugger, QuantizationDebugOptions

__all__ = ["Analyzer", "OpResolverType", "QuantizationDebugOptions", "QuantizationDebugger",
           "load_delegate"]
