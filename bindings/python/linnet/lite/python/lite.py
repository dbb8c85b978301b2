# SPDX-License-Identifier: Apache-2.0
"""`from linnet.lite.python import lite`: what `tf.lite` has."""
from linnet.lite import *  # noqa: F401,F403
from linnet.lite import __all__  # noqa: F401
