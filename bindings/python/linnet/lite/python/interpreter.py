# SPDX-License-Identifier: Apache-2.0
"""`from linnet.lite.python.interpreter import Interpreter`, as programs import TensorFlow's."""
from linnet.interpreter import *  # noqa: F401,F403
from linnet.interpreter import __all__  # noqa: F401
