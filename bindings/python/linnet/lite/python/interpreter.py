# SPDX-License-Identifier: Apache-2.0
"""`from linnet.lite.python.interpreter import Interpreter`, as programs import TensorFlow's."""
from linnet.interpreter import (
    Delegate,
    Interpreter,
    InterpreterWithCustomOps,
    OpResolverType,
    SignatureRunner,
    load_delegate,
)

__all__ = ["Delegate", "Interpreter", "InterpreterWithCustomOps", "OpResolverType",
           "SignatureRunner", "load_delegate"]
