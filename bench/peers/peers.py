# SPDX-License-Identifier: Apache-2.0
"""The runtimes that are measured, each in the form that its own documentation recommends: opened by
__init__(file, threads), given inputs by fill(reference), run by run(), asked by outputs()."""
import ctypes
import functools
import importlib
import os

import numpy as np


class Linnet:
    """Ours, through its C interface; LINNET_LIBRARY names the library, LINNET_CACHE a file for
    packed weights."""

    TYPES = {1: np.float32, 2: np.int32, 3: np.uint8, 4: np.int64, 6: np.bool_, 7: np.int16,
             9: np.int8, 11: np.float64}
    lib = None

    @classmethod
    def bring(cls):
        """Opens the library and looks its functions up, which other peers' modules do when they
        are imported."""
        lib = cls.lib = ctypes.CDLL(os.environ["LINNET_LIBRARY"])
        for name in ("ModelCreateFromFile", "InterpreterOptionsCreate", "InterpreterCreate",
                     "InterpreterGetInputTensor", "InterpreterGetOutputTensor", "TensorData"):
            getattr(lib, "TfLite" + name).restype = ctypes.c_void_p
        for name in ("InterpreterOptionsSetNumThreads", "InterpreterAllocateTensors",
                     "InterpreterInvoke", "InterpreterGetOutputTensorCount", "TensorType",
                     "TensorDim", "TensorNumDims"):
            getattr(lib, "TfLite" + name).restype = ctypes.c_int
        lib.TfLiteTensorByteSize.restype = ctypes.c_size_t
        lib.ln_options_set_weight_cache.restype = None

    def __init__(self, model, threads):
        if not self.lib:
            self.bring()
        lib = self.lib
        options = ctypes.c_void_p(lib.TfLiteInterpreterOptionsCreate())
        lib.TfLiteInterpreterOptionsSetNumThreads(options, threads)
        if os.environ.get("LINNET_CACHE"):
            lib.ln_options_set_weight_cache(options, os.environ["LINNET_CACHE"].encode())
        self.model = ctypes.c_void_p(lib.TfLiteModelCreateFromFile(model.encode()))
        self.interpreter = ctypes.c_void_p(lib.TfLiteInterpreterCreate(self.model, options))
        if not self.interpreter or lib.TfLiteInterpreterAllocateTensors(self.interpreter):
            raise RuntimeError("linnet does not take the model")
        # no lambda: models of a microsecond would be timed with its frame
        self.run = functools.partial(lib.TfLiteInterpreterInvoke, self.interpreter)

    def array(self, tensor):
        """The tensor's memory; None where its type is not measured."""
        lib = self.lib
        dtype = self.TYPES.get(lib.TfLiteTensorType(tensor))
        if dtype is None:
            return None
        shape = [lib.TfLiteTensorDim(tensor, k) for k in range(lib.TfLiteTensorNumDims(tensor))]
        size = lib.TfLiteTensorByteSize(tensor)
        memory = (ctypes.c_char * size).from_address(lib.TfLiteTensorData(tensor) or 0)
        return np.frombuffer(memory, dtype).reshape(shape)

    def fill(self, reference):
        for i, (_, x) in enumerate(reference.inputs):
            tensor = ctypes.c_void_p(self.lib.TfLiteInterpreterGetInputTensor(self.interpreter, i))
            self.array(tensor)[...] = x

    def outputs(self):
        lib = self.lib
        tensors = [ctypes.c_void_p(lib.TfLiteInterpreterGetOutputTensor(self.interpreter, i))
                   for i in range(lib.TfLiteInterpreterGetOutputTensorCount(self.interpreter))]
        return [self.array(t) for t in tensors]


class LiteRT:
    def __init__(self, model, threads):
        from ai_edge_litert.interpreter import Interpreter
        self.interpreter = Interpreter(model, num_threads=threads)
        self.interpreter.allocate_tensors()
        self.run = self.interpreter.invoke

    def fill(self, reference):
        for d, (_, x) in zip(self.interpreter.get_input_details(), reference.inputs):
            self.interpreter.set_tensor(d["index"], x)

    def outputs(self):
        return [self.interpreter.get_tensor(d["index"])
                for d in self.interpreter.get_output_details()]


class OnnxRuntime:
    TYPES = {"float": np.float32, "double": np.float64, "uint8": np.uint8, "int8": np.int8,
             "int16": np.int16, "int32": np.int32, "int64": np.int64, "bool": np.bool_}

    def __init__(self, model, threads):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])
        self.binding = self.session.io_binding()
        self.run = lambda: self.session.run_with_iobinding(self.binding)

    def fill(self, reference):
        from onnxruntime import OrtValue
        self.kept = []
        for i, x in enumerate(self.session.get_inputs()):
            shape = [d if isinstance(d, int) else 1 for d in x.shape]
            dtype = self.TYPES[x.type[len("tensor("):-1]]
            array = reference.find(x.name, shape, i).astype(dtype)
            self.kept.append(OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array)))
            self.binding.bind_ortvalue_input(x.name, self.kept[-1])
        for x in self.session.get_outputs():
            self.binding.bind_output(x.name, "cpu")

    def outputs(self):
        return [x.numpy() for x in self.binding.get_outputs()]


class OpenVINO:
    def __init__(self, model, threads):
        import openvino
        core = openvino.Core()
        graph = core.read_model(model)
        for x in graph.inputs:  # an open dimension would be empty, and nothing would be computed
            shape = x.get_partial_shape()
            if shape.is_dynamic:
                graph.reshape({x: [1 if d.is_dynamic else d.get_length() for d in shape]})
        hints = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
                 "INFERENCE_PRECISION_HINT": "f32"}
        self.compiled = core.compile_model(graph, "CPU", hints)
        self.request = self.compiled.create_infer_request()
        self.run = self.request.infer

    def fill(self, reference):
        for i, (port, x) in enumerate(zip(self.compiled.inputs, self.request.input_tensors)):
            name = next(iter(port.get_names()), "")
            x.data[...] = reference.find(name, x.data.shape, i)

    def outputs(self):
        return [np.array(x.data) for x in self.request.output_tensors]


class Ncnn:
    """Images have channels first here."""

    def __init__(self, model, threads):
        import ncnn
        self.ncnn, self.net = ncnn, ncnn.Net()
        options = self.net.opt
        options.num_threads = threads
        options.use_vulkan_compute = False
        # float32 as in the others
        options.use_bf16_storage = options.use_fp16_storage = False
        options.use_fp16_packed = options.use_fp16_arithmetic = False
        if self.net.load_param(model) or self.net.load_model(model[:-len("param")] + "bin"):
            raise RuntimeError("ncnn does not take the model")
        self.names = list(self.net.output_names())

    def fill(self, reference):
        self.given = []
        for name, (_, x) in zip(self.net.input_names(), reference.inputs):
            x = x.transpose(0, 3, 1, 2) if x.ndim == 4 else x
            x = x.astype(np.int32 if x.dtype.kind in "iub" else np.float32)
            x = np.ascontiguousarray(x[0] if x.ndim > 1 and x.shape[0] == 1 else x)
            self.given.append((name, x, self.ncnn.Mat(x)))

    def run(self):
        extractor = self.net.create_extractor()
        for name, _, mat in self.given:
            extractor.input(name, mat)
        self.found = [extractor.extract(name)[1] for name in self.names]

    def outputs(self):
        return [np.array(x) for x in self.found]


class MNN:
    """Its constants are floats, bytes without sign and 32-bit integers."""

    def __init__(self, model, threads):
        import MNN as mnn
        self.mnn = mnn
        config = {"backend": "CPU", "numThread": threads, "precision": "high"}
        self.runtime = mnn.nn.create_runtime_manager((config,))
        self.net = mnn.nn.load_module_from_file(model, [], [], runtime_manager=self.runtime)

    def fill(self, reference):
        expr = self.mnn.expr
        types = {"float32": expr.float, "int32": expr.int, "uint8": expr.uint8}
        information = self.net.get_info()
        if len(information["inputNames"]) != len(reference.inputs):
            raise RuntimeError("its converter takes constants for inputs")
        self.given = []
        for i, name in enumerate(information["inputNames"]):
            wanted = information["inputs"][i]
            x = reference.find(name, list(reference.inputs[i][1].shape), i)
            if x.dtype.name not in types:
                raise RuntimeError(f"its Python interface has no inputs of {x.dtype.name}")
            self.given.append(expr.const(np.ascontiguousarray(x), list(x.shape),
                                         wanted.data_format, types[x.dtype.name]))

    def run(self):
        self.found = [x.read() for x in self.net.forward(self.given)]
        if not self.found:
            raise RuntimeError("it gives no outputs")

    def outputs(self):
        return self.found


PEERS = {"linnet": Linnet, "litert": LiteRT, "onnxruntime": OnnxRuntime, "openvino": OpenVINO,
         "ncnn": Ncnn, "mnn": MNN}
MODULES = {"litert": "ai_edge_litert.interpreter", "onnxruntime": "onnxruntime",
           "openvino": "openvino", "ncnn": "ncnn", "mnn": "MNN"}


def bring(peer):
    """What the peer's library takes by itself, which is not loading a model."""
    if peer in MODULES:
        importlib.import_module(MODULES[peer])
    else:
        Linnet.bring()
