# SPDX-License-Identifier: Apache-2.0
"""All recorded cases of tests/ops/cases through linnet.Interpreter: every type of tensor in and
out, and the values that TensorFlow Lite's reference operators gave."""
import os
import unittest

import numpy as np

from linnet import Interpreter, OpResolverType, _types
from support import ROOT, cases


def differs(got, want, tolerance):
    """What is wrong with an output, or None."""
    if got.shape != want.shape:
        return f"shape {got.shape}, not {want.shape}"
    if got.dtype != want.dtype:
        return f"type {got.dtype}, not {want.dtype}"
    if got.dtype.kind in "fc":
        near = np.isclose(got, want, atol=tolerance.get("abs", 0), rtol=tolerance.get("rel", 0),
                          equal_nan=True)
    elif got.dtype.kind in "iu":
        near = np.abs(got.astype(np.float64) - want) <= tolerance.get("lsb", 0)
    else:
        near = got == want
    return None if np.all(near) else f"{np.size(near) - np.count_nonzero(near)} values differ"


def run(case):
    """The outputs of a case's model for its inputs."""
    interpreter = Interpreter(model_content=case.model,
                              experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    inputs = list(zip(interpreter.get_input_details(), case.inputs()))
    for details, value in inputs:
        if value is not None and details["shape"].tolist() != list(value.shape):
            interpreter.resize_tensor_input(details["index"], value.shape)
    interpreter.allocate_tensors()
    for details, value in inputs:
        if value is None:
            continue
        interpreter.set_tensor(details["index"], value)
        back = interpreter.get_tensor(details["index"])
        np.testing.assert_array_equal(back, value)
    interpreter.invoke()
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]


class Values(unittest.TestCase):
    def test_recorded_cases(self):
        count = 0
        for case in cases(os.path.join(ROOT, "tests", "ops", "cases", "*.zip")):
            tags = case.info["tags"]
            with self.subTest(case.name):
                outputs = run(case)
                for i, (got, want) in enumerate(zip(outputs, case.outputs())):
                    if want is not None and "random" not in tags:
                        wrong = differs(np.asarray(got), want, case.info["tolerance"])
                        self.assertIsNone(wrong, f"output {i}")
            count += 1
        self.assertGreater(count, 500)


class Packed(unittest.TestCase):
    """Values of 4 and 2 bits, which models have as bytes of several."""

    def test_both_ways(self):
        for number, (per_byte, least, greatest) in _types.PACKED.items():
            for count in range(0, 3 * per_byte + 1):
                values = np.resize(np.arange(least, greatest + 1), count).astype(
                    _types.numpy_type(number))
                packed = _types.pack(values, number)
                self.assertEqual(packed.size, -(-count // per_byte))
                back = _types.unpack(packed, number, count)
                self.assertEqual(back.dtype, values.dtype)
                self.assertEqual(back.tolist(), values.tolist())

    def test_order(self):
        self.assertEqual(_types.pack(np.array([1, -2], np.int8), 18).tolist(), [0xE1])
        self.assertEqual(_types.pack(np.array([1, -2, 0, -1], np.int8), 20).tolist(), [0xC9])


if __name__ == "__main__":
    unittest.main()
