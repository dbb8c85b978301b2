# SPDX-License-Identifier: Apache-2.0
"""linnet.Interpreter behaves as tf.lite.Interpreter: methods, dictionaries, exceptions."""
import ctypes
import gc
import os
import pathlib
import sys
import threading
import unittest
import weakref

import numpy as np

import linnet
from linnet import Interpreter, InterpreterWithCustomOps, OpResolverType, load_delegate
from support import ROOT, digits, model, plugin


def ready(name, **kwargs):
    interpreter = Interpreter(model_path=model(name), **kwargs)
    interpreter.allocate_tensors()
    return interpreter


class Details(unittest.TestCase):
    def test_inputs_and_outputs(self):
        interpreter = Interpreter(digits("int8"))
        (given,), (made,) = interpreter.get_input_details(), interpreter.get_output_details()
        self.assertEqual(list(given), ["name", "index", "shape", "shape_signature", "dtype",
                                       "quantization", "quantization_parameters",
                                       "sparsity_parameters"])
        self.assertEqual(given["index"], interpreter.get_tensor_details()[given["index"]]["index"])
        self.assertIs(given["dtype"], np.uint8)
        self.assertEqual(given["shape"].dtype, np.int32)
        self.assertEqual(given["shape"].tolist(), [1, 8, 8, 1])
        self.assertEqual(made["shape"].tolist(), [1, 10])
        scale, zero_point = given["quantization"]
        parameters = given["quantization_parameters"]
        self.assertEqual(list(parameters),
                         ["scales", "zero_points", "quantized_dimension", "block_size"])
        self.assertEqual(parameters["scales"].dtype, np.float32)
        self.assertEqual(parameters["scales"].tolist(), [scale])
        self.assertEqual(parameters["zero_points"].dtype, np.int32)
        self.assertEqual(parameters["zero_points"].tolist(), [zero_point])
        self.assertEqual(given["sparsity_parameters"], {})

    def test_open_dimension(self):
        details = ready("add").get_input_details()[0]
        self.assertEqual(details["shape"].tolist(), [1, 8, 8, 3])
        self.assertEqual(details["shape_signature"].tolist(), [-1, 8, 8, 3])
        self.assertEqual(details["quantization"], (0.0, 0))
        self.assertEqual(details["quantization_parameters"]["scales"].size, 0)

    def test_per_channel(self):
        def filters(**kwargs):
            interpreter = Interpreter(digits("int8"), **kwargs)
            return [d["quantization_parameters"] for d in interpreter.get_tensor_details()
                    if d["quantization_parameters"]["scales"].size > 1]
        self.assertTrue(filters())
        for q in filters():
            self.assertEqual(q["scales"].size, q["zero_points"].size)
        for q in filters(experimental_compress_quantization_zero_points=True):
            self.assertEqual(q["zero_points"].size, 1)

    def test_sparse(self):
        interpreter = Interpreter(os.path.join(ROOT, "tests", "data", "sparse_conv.tflite"))
        found = [d for d in interpreter.get_tensor_details() if d["sparsity_parameters"]]
        self.assertEqual(len(found), 1)
        sparsity = found[0]["sparsity_parameters"]
        self.assertEqual(sorted(sparsity["traversal_order"].tolist()),
                         list(range(len(sparsity["dim_metadata"]))))
        for d in sparsity["dim_metadata"]:
            if d["format"] == 0:
                self.assertEqual(list(d), ["format", "dense_size"])
            else:
                self.assertEqual(list(d), ["format", "array_segments", "array_indices"])
                self.assertEqual(d["array_segments"][-1], d["array_indices"].size)
        stored = interpreter.get_tensor(found[0]["index"])
        self.assertEqual(stored.ndim, 1)
        self.assertLess(stored.size, np.prod(found[0]["shape"]))

    def test_operators(self):
        interpreter = ready("conv", experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        first, second = interpreter._get_ops_details()
        self.assertEqual(first["op_name"], "CONV_2D")
        self.assertEqual(second["op_name"], "FULLY_CONNECTED")
        self.assertEqual(second["index"], 1)
        self.assertEqual(second["inputs"].dtype, np.int32)
        self.assertEqual(second["inputs"].tolist()[2], -1)
        self.assertEqual(second["operand_types"], [np.float32, np.float32])
        self.assertEqual(second["result_types"], [np.float32])
        with self.assertRaisesRegex(ValueError, "Invalid node index"):
            interpreter._get_op_details(4)

    def test_delegated_operators(self):
        self.assertIn("DELEGATE", [d["op_name"] for d in ready("conv")._get_ops_details()])

    def test_wrong_numbers(self):
        interpreter = ready("add")
        for call in (interpreter.get_tensor, interpreter.tensor(99).__call__,
                     lambda i: interpreter._get_tensor_details(i, 0),
                     lambda i: interpreter.set_tensor(i, np.zeros(1, np.float32))):
            with self.assertRaisesRegex(ValueError, "Invalid tensor index"):
                call(99) if call.__name__ != "__call__" else call()
        with self.assertRaisesRegex(ValueError, "Invalid subgraph index 5"):
            interpreter.get_tensor(0, 5)
        for graph in (-1, 1):
            with self.assertRaisesRegex(ValueError, "subgraph_index is out of range"):
                interpreter.get_tensor_details(graph)
        with self.assertRaises(TypeError):
            interpreter.get_tensor("x")
        with self.assertRaises(TypeError):
            interpreter.get_tensor(0.5)


class Opening(unittest.TestCase):
    def test_ways(self):
        path = model("add")
        content = pathlib.Path(path).read_bytes()
        for interpreter in (Interpreter(path), Interpreter(model_path=pathlib.Path(path)),
                            Interpreter(os.fsencode(path)), Interpreter(model_content=content),
                            Interpreter(model_content=bytearray(content)),
                            linnet.lite.Interpreter(model_content=content)):
            interpreter.allocate_tensors()
            self.assertEqual(interpreter.num_subgraphs(), 1)

    def test_failures(self):
        path = model("add")
        wrong = [
            ({}, "`model_path` or `model_content` must be specified."),
            ({"model_path": path, "model_content": b"x"}, "Can't both provide"),
            ({"model_path": "no such file"}, "Could not open 'no such file'"),
            ({"model_path": os.path.dirname(path)}, "Could not open"),
            ({"model_content": b"short"}, "The model is not a valid Flatbuffer buffer"),
            ({"model_content": b"wrong_identifier"}, "The model is not a valid Flatbuffer buffer"),
            ({"model_path": __file__}, "The model is not a valid Flatbuffer buffer"),
            ({"model_path": path, "num_threads": -1}, "num_threads should >= 1"),
            ({"model_path": path, "num_threads": 4.2}, "type of num_threads should be int"),
            ({"model_path": path, "experimental_op_resolver_type": "test"},
             "Unrecognized passed in op resolver type: test"),
        ]
        for arguments, message in wrong:
            with self.subTest(arguments), self.assertRaisesRegex(ValueError, message):
                Interpreter(**arguments)
        with self.assertRaises(TypeError):
            Interpreter(model_content="text")
        with self.assertRaises(TypeError):
            Interpreter(model_path=3.5)

    def test_damaged_content(self):
        content = pathlib.Path(digits("float32")).read_bytes()
        for n in range(8, len(content), 997):
            try:
                Interpreter(model_content=content[:n]).allocate_tensors()
            except (ValueError, RuntimeError):
                pass

    def test_content_is_kept(self):
        interpreter = Interpreter(model_content=pathlib.Path(digits("float32")).read_bytes())
        gc.collect()
        interpreter.allocate_tensors()
        interpreter.invoke()


class Running(unittest.TestCase):
    def test_float(self):
        image = np.arange(8 * 8 * 3, dtype=np.float32).reshape(1, 8, 8, 3)
        for resolver in OpResolverType:
            for threads in (None, 1, 2):
                interpreter = ready("add", num_threads=threads,
                                    experimental_op_resolver_type=resolver)
                interpreter.set_tensor(0, image)
                interpreter.invoke()
                np.testing.assert_array_equal(interpreter.get_tensor(2), 3 * image)

    def test_before_allocation(self):
        interpreter = Interpreter(model("add"))
        with self.assertRaisesRegex(RuntimeError, "Invoke called on model that is not ready"):
            interpreter.invoke()
        with self.assertRaisesRegex(ValueError, r"Run allocate_tensors\(\) first"):
            interpreter.get_tensor(0)
        with self.assertRaisesRegex(ValueError, "Tensor is unallocated"):
            interpreter.set_tensor(0, np.zeros((1, 8, 8, 3), np.float32))
        with self.assertRaisesRegex(ValueError, r"Run allocate_tensors\(\) first"):
            interpreter.tensor(0)()

    def test_wrong_values(self):
        interpreter = ready("add")
        wrong = [
            (np.zeros((1, 8, 8, 3), np.float64), "type FLOAT64 but expected type FLOAT32"),
            (np.zeros((1, 8, 8, 3), np.int8), "type INT8 but expected type FLOAT32"),
            ([1.0, 2.0], "type FLOAT64 but expected type FLOAT32 for input 0, name: x"),
            ("text", "type STRING but"),
            (np.zeros((8, 8, 3), np.float32), "Dimension mismatch. Got 3 but expected 4"),
            (np.zeros((2, 8, 8, 3), np.float32), "Got 2 but expected 1 for dimension 0"),
        ]
        for value, message in wrong:
            with self.subTest(message), self.assertRaisesRegex(ValueError, message):
                interpreter.set_tensor(0, value)

    def test_any_memory_order(self):
        interpreter = ready("add")
        image = np.arange(8 * 8 * 3, dtype=np.float32).reshape(1, 8, 8, 3)
        for value in (np.asfortranarray(image), image[:, ::-1][:, ::-1], image.astype(">f4")):
            interpreter.set_tensor(0, value)
            np.testing.assert_array_equal(interpreter.get_tensor(0), image)

    def test_constants_stay(self):
        interpreter = ready("conv", experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        weights = interpreter._get_op_details(0)["inputs"][1]
        value = interpreter.get_tensor(weights)
        self.assertTrue(value.any())
        with self.assertRaisesRegex(ValueError, "is constant"):
            interpreter.set_tensor(weights, value)
        self.assertFalse(interpreter.tensor(weights)().flags.writeable)

    def test_resize(self):
        interpreter = ready("add")
        interpreter.resize_tensor_input(0, [2, 8, 8, 3], strict=True)
        with self.assertRaisesRegex(RuntimeError, "not ready"):
            interpreter.invoke()
        interpreter.allocate_tensors()
        interpreter.invoke()
        self.assertEqual(interpreter.get_tensor(2).shape, (2, 8, 8, 3))
        interpreter.resize_tensor_input(0, (1, 4, 8, 3))
        interpreter.allocate_tensors()
        self.assertEqual(interpreter.get_input_details()[0]["shape"].tolist(), [1, 4, 8, 3])

    def test_wrong_resize(self):
        interpreter = ready("add")
        wrong = [(RuntimeError, (0, [1, 4, 8, 3], True)), (RuntimeError, (0, [-2, 8, 8, 3])),
                 (RuntimeError, (77, [1])), (ValueError, (0, [[1]])), (ValueError, (0, 5)),
                 (RuntimeError, (0, [1] * 9))]
        for error, arguments in wrong:
            with self.subTest(arguments), self.assertRaises(error):
                interpreter.resize_tensor_input(*arguments)
        interpreter.allocate_tensors()
        interpreter.invoke()

    def test_shapes_that_a_run_tells(self):
        interpreter = ready("dynamic")
        for n in (3, 0, 4):
            interpreter.set_tensor(0, np.arange(4) < n)
            interpreter.invoke()
            self.assertEqual(interpreter.get_output_details()[0]["shape"].tolist(), [n, 1])
            self.assertEqual(interpreter.get_tensor(1).reshape(-1).tolist(), list(range(n)))

    def test_intermediate_tensors(self):
        interpreter = ready("add", experimental_preserve_all_tensors=True)
        image = np.ones((1, 8, 8, 3), np.float32)
        interpreter.set_tensor(0, image)
        interpreter.invoke()
        np.testing.assert_array_equal(interpreter.get_tensor(1), 2 * image)

    def test_reset(self):
        self.assertIsNone(ready("add").reset_all_variables())


class Views(unittest.TestCase):
    def setUp(self):
        self.interpreter = ready("add")
        self.input = self.interpreter.tensor(0)

    def test_shares_memory(self):
        self.input()[:] = 4
        self.interpreter.invoke()
        self.assertEqual(float(self.interpreter.tensor(2)().max()), 12)
        copy = self.interpreter.get_tensor(0)
        self.input()[:] = 5
        self.assertEqual(float(copy[0, 0, 0, 0]), 4)

    def test_guards(self):
        calls = (self.interpreter.invoke, self.interpreter.allocate_tensors,
                 lambda: self.interpreter.resize_tensor_input(0, [2, 8, 8, 3]),
                 self.interpreter._ensure_safe)
        array = self.input()
        part = array[0, 1:]
        del array
        self.assertFalse(self.interpreter._safe_to_run())
        for call in calls:
            with self.assertRaisesRegex(RuntimeError, "There is at least 1 reference to internal"):
                call()
        self.interpreter.set_tensor(0, np.ones((1, 8, 8, 3), np.float32))
        self.assertEqual(float(part[0, 0, 0]), 1)
        del part
        self.assertTrue(self.interpreter._safe_to_run())
        for call in calls:
            call()

    def test_modules_of_tensorflow(self):
        from linnet.lite.python import lite
        from linnet.lite.python.interpreter import Interpreter, load_delegate
        self.assertIs(Interpreter, linnet.Interpreter)
        self.assertIs(load_delegate, linnet.load_delegate)
        self.assertIs(lite.TFLiteConverter, linnet.lite.TFLiteConverter)

    def test_outlives_the_interpreter(self):
        array = self.input()
        array[:] = 7
        del self.interpreter, self.input
        gc.collect()
        self.assertEqual(float(array.sum()), 7 * 8 * 8 * 3)

    def test_guards_signatures(self):
        interpreter = ready("signatures")
        array = interpreter.tensor(0)()
        one = np.ones(2, np.float32)
        with self.assertRaisesRegex(RuntimeError, "There is at least 1 reference"):
            interpreter.get_signature_runner("sum")(a=one, b=one)
        del array
        interpreter.get_signature_runner("sum")(a=one, b=one)


class Signatures(unittest.TestCase):
    def setUp(self):
        self.interpreter = Interpreter(model("signatures"))

    def test_list(self):
        self.assertEqual(self.interpreter.get_signature_list(), {
            "sum": {"inputs": ["a", "b"], "outputs": ["total"]},
            "product": {"inputs": ["a", "b"], "outputs": ["product"]},
        })
        self.assertEqual(self.interpreter._get_full_signature_list()["sum"],
                         {"inputs": {"a": 0, "b": 1}, "outputs": {"total": 2}})
        self.assertEqual(Interpreter(model("add")).get_signature_list(), {})
        self.assertEqual(self.interpreter.num_subgraphs(), 2)

    def test_runs(self):
        total = self.interpreter.get_signature_runner("sum")
        product = self.interpreter.get_signature_runner("product")
        for n in (2, 5, 1):
            a, b = np.arange(n, dtype=np.float32), np.full(n, 3, np.float32)
            np.testing.assert_array_equal(total(a=a, b=b)["total"], a + b)
            np.testing.assert_array_equal(product(b=b, a=a)["product"], a * b)

    def test_details(self):
        runner = self.interpreter.get_signature_runner("product")
        given = runner.get_input_details()
        self.assertEqual(list(given), ["a", "b"])
        self.assertEqual(given["b"]["name"], "in1")
        self.assertEqual(given["b"]["shape_signature"].tolist(), [-1])
        self.assertEqual(runner.get_output_details()["product"]["index"], 2)
        self.assertIn("product", repr(runner))

    def test_failures(self):
        with self.assertRaisesRegex(ValueError, "signature_key is None and model has 2"):
            self.interpreter.get_signature_runner()
        with self.assertRaisesRegex(ValueError, 'Invalid signature_key provided: "none"'):
            self.interpreter.get_signature_runner("none")
        runner = self.interpreter.get_signature_runner("sum")
        one = np.ones(2, np.float32)
        with self.assertRaisesRegex(ValueError, "expected 2 vs provided 1"):
            runner(a=one)
        with self.assertRaisesRegex(ValueError, r"Invalid Input name \(z\)"):
            runner(a=one, z=one)
        with self.assertRaisesRegex(RuntimeError, "."):
            runner(a=np.ones(2, np.float32), b=np.ones(3, np.float32))
        with self.assertRaisesRegex(ValueError, "FLOAT64"):
            runner(a=np.ones(2), b=np.ones(2))


class Delegates(unittest.TestCase):
    def test_runs(self):
        delegate = load_delegate(plugin("plugin_delegate"), {"factor": 2})
        interpreter = ready("add", experimental_delegates=[delegate])
        interpreter.set_tensor(0, np.ones((1, 8, 8, 3), np.float32))
        interpreter.invoke()
        self.assertEqual(float(interpreter.get_tensor(2).max()), 10)

    def test_fails(self):
        with self.assertRaisesRegex(ValueError, "Failed to load delegate from .*\ntold to fail"):
            load_delegate(plugin("plugin_delegate"), options={"fail": "fail"})
        with self.assertRaises(OSError):
            load_delegate("no_such_delegate.so")
        with self.assertRaises(AttributeError):
            load_delegate(plugin("plugin_ops"))

    def test_lives_as_long_as_it_is_used(self):
        delegate = load_delegate(plugin("plugin_delegate"))
        gone = weakref.ref(delegate)
        interpreter = ready("add", experimental_delegates=[delegate])
        array = interpreter.tensor(0)()
        del delegate, interpreter
        gc.collect()
        self.assertIsNotNone(gone())  # the array holds the memory, and that its delegate
        del array
        gc.collect()
        self.assertIsNone(gone())


class CustomOperators(unittest.TestCase):
    def check(self, registerer):
        interpreter = InterpreterWithCustomOps(custom_op_registerers=[registerer],
                                               model_path=model("custom"))
        interpreter.allocate_tensors()
        interpreter.set_tensor(0, np.arange(4, dtype=np.float32))
        interpreter.invoke()
        self.assertEqual(interpreter.get_output_details()[0]["index"], 2)
        self.assertEqual(interpreter.get_tensor(2).tolist(), [0, 2, 16, 54])

    def test_by_function(self):
        ops = ctypes.CDLL(plugin("plugin_ops"))
        ops.plugin_create_cube.restype = ctypes.c_void_p
        api = ctypes.CDLL(linnet.library_path())

        def register(options):
            self.assertIsInstance(options, int)
            api.TfLiteInterpreterOptionsAddOperator(
                ctypes.c_void_p(options), ctypes.c_void_p(ops.plugin_create_cube()))

        self.check(register)

    def test_by_name(self):
        library = ctypes.CDLL(plugin("plugin_ops"), mode=ctypes.RTLD_GLOBAL)
        self.check("plugin_register_cube")
        del library

    def test_failures(self):
        with self.assertRaisesRegex(ValueError, "Looking up symbol 'NoSuchRegisterer' failed"):
            InterpreterWithCustomOps(custom_op_registerers=["NoSuchRegisterer"],
                                     model_path=model("custom"))

        def fail(options):
            raise KeyError(options)

        with self.assertRaises(KeyError):
            InterpreterWithCustomOps([fail], model_path=model("custom"))
        with self.assertRaises(TypeError):
            InterpreterWithCustomOps([3], model_path=model("custom"))
        InterpreterWithCustomOps(model_path=model("add")).allocate_tensors()

    def test_unknown(self):
        interpreter = Interpreter(model("custom"))
        with self.assertRaisesRegex(RuntimeError, "Encountered unresolved custom op: Cube"):
            interpreter.allocate_tensors()
        with self.assertRaisesRegex(RuntimeError, "not ready"):
            interpreter.invoke()


class Threads(unittest.TestCase):
    def test_interpreters_in_parallel(self):
        failures = []

        def work(value):
            interpreter = ready("add")
            image = np.full((1, 8, 8, 3), value, np.float32)
            for _ in range(200):
                interpreter.set_tensor(0, image)
                interpreter.invoke()
                if not (interpreter.get_tensor(2) == 3 * value).all():
                    failures.append(value)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(failures, [])

    def test_gil_is_released(self):
        """A custom operator that waits for another thread of Python would wait forever."""
        entered, leave = threading.Event(), threading.Event()
        prepare_type = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)

        def invoke(context, node):
            entered.set()
            return 0 if leave.wait(60) else 1

        called = prepare_type(invoke)
        api = ctypes.CDLL(linnet.library_path())
        api.TfLiteOperatorCreate.restype = ctypes.c_void_p
        api.TfLiteOperatorCreate.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int,
                                             ctypes.c_void_p]

        def register(options):
            custom = 32  # kTfLiteBuiltinCustom
            operator = ctypes.c_void_p(api.TfLiteOperatorCreate(custom, b"Cube", 1, None))
            api.TfLiteOperatorSetInvoke(operator, called)
            api.TfLiteInterpreterOptionsAddOperator(ctypes.c_void_p(options), operator)

        interpreter = InterpreterWithCustomOps([register], model_path=model("custom"))
        interpreter.allocate_tensors()
        results = []
        thread = threading.Thread(target=lambda: results.append(interpreter.invoke()))
        thread.start()
        self.assertTrue(entered.wait(60))
        for call in (interpreter.invoke, lambda: interpreter.get_tensor(0)):
            with self.assertRaisesRegex(RuntimeError, "in use by another thread"):
                call()
        leave.set()
        thread.join()
        self.assertEqual(results, [None])
        self.assertEqual(interpreter.get_tensor(0).shape, (4,))


class Looks(unittest.TestCase):
    def test_repr(self):
        interpreter = Interpreter(digits("int8"))
        self.assertRegex(repr(interpreter), r"digits_int8.tflite'.*uint8\[.*\] -> .*uint8\[.*10\]")
        page = interpreter._repr_html_()
        self.assertTrue(page.startswith("<table>") and page.endswith("</table>"))
        self.assertEqual(page.count("<tr>"), 3)
        self.assertIn("<td>uint8</td>", page)

    def test_picture_of_a_digit(self):
        interpreter = Interpreter(digits("float32"))
        interpreter.allocate_tensors()
        three = np.array([
            [0, 0, 7, 15, 13, 1, 0, 0], [0, 8, 13, 6, 15, 4, 0, 0], [0, 2, 1, 13, 13, 0, 0, 0],
            [0, 0, 2, 15, 11, 1, 0, 0], [0, 0, 0, 1, 12, 12, 1, 0], [0, 0, 0, 0, 1, 10, 8, 0],
            [0, 0, 8, 4, 5, 14, 9, 0], [0, 0, 7, 13, 13, 9, 0, 0]], np.float32) / 16
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"],
                               three.reshape(1, 8, 8, 1))
        interpreter.invoke()
        scores = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        self.assertEqual(int(scores.argmax()), 3)


if __name__ == "__main__":
    sys.exit(unittest.main())
