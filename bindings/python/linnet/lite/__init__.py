# SPDX-License-Identifier: Apache-2.0
"""What programs find under `tf.lite`."""
from linnet.interpreter import Interpreter
from linnet.lite import experimental

__all__ = ["Interpreter", "experimental"]
