# SPDX-License-Identifier: Apache-2.0
"""use_delegate.py PLUGIN.so add.tflite: what use_delegate.c does, with linnet.load_delegate."""
import sys

import linnet
import numpy as np

plugin, model = sys.argv[1:3]
delegate = linnet.load_delegate(plugin, options={"factor": 0.5})
interpreter = linnet.Interpreter(model_path=model, experimental_delegates=[delegate])
interpreter.allocate_tensors()
x = np.arange(192, dtype=np.float32).reshape(1, 8, 8, 3)
interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
interpreter.invoke()
y = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
np.testing.assert_array_equal(y, x)
try:
    linnet.load_delegate(plugin, options={"fail": 1})
except ValueError:
    print("2 passed, 0 failed")
