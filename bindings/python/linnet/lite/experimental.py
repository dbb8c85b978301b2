# SPDX-License-Identifier: Apache-2.0
"""What programs find under `tf.lite.experimental`."""
from linnet.interpreter import OpResolverType, load_delegate

__all__ = ["OpResolverType", "load_delegate"]
