# SPDX-License-Identifier: Apache-2.0
"""What programs find under `tf.lite`."""
from linnet.interpreter import Interpreter
from linnet.lite import experimental
from linnet.lite.converter import (
    ConverterError,
    OpsSet,
    Optimize,
    RepresentativeDataset,
    TargetSpec,
    TFLiteConverter,
)

__all__ = ["ConverterError", "Interpreter", "OpsSet", "Optimize", "RepresentativeDataset",
           "TFLiteConverter", "TargetSpec", "experimental"]
