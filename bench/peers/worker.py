# SPDX-License-Identifier: Apache-2.0
"""One measurement in a process of its own: worker.py PEER MODEL THREADS SECONDS

Prints JSON: load_ms (file to ready), first_ms, median_ms, runs, and peak_kb, the growth of the
process's largest resident size since before the model was opened."""
import ctypes
import json
import os
import statistics
import sys
import time

import numpy as np

WARMUP_S = 0.1
LEAST_RUNS = 15


def random_input(shape, dtype, seed):
    """Floats in [-1, 1]; integers that are valid as pixels and as small indices."""
    rng = np.random.default_rng(seed)
    if np.issubdtype(dtype, np.floating):
        return rng.uniform(-1, 1, shape).astype(dtype)
    if dtype in (np.int8, np.uint8, np.int16):
        return rng.integers(0, 100, shape).astype(dtype)
    return rng.integers(0, 2, shape).astype(dtype)


class Linnet:
    """Ours, through its C interface; LINNET_LIBRARY names the library."""

    TYPES = {1: np.float32, 2: np.int32, 3: np.uint8, 4: np.int64, 6: np.bool_, 7: np.int16,
             9: np.int8, 11: np.float64}

    def __init__(self, model, threads):
        lib = self.lib = ctypes.CDLL(os.environ["LINNET_LIBRARY"])
        for name in ("ModelCreateFromFile", "InterpreterOptionsCreate", "InterpreterCreate",
                     "InterpreterGetInputTensor", "TensorData"):
            getattr(lib, "TfLite" + name).restype = ctypes.c_void_p
        lib.TfLiteTensorByteSize.restype = ctypes.c_size_t
        options = ctypes.c_void_p(lib.TfLiteInterpreterOptionsCreate())
        lib.TfLiteInterpreterOptionsSetNumThreads(options, threads)
        self.model = ctypes.c_void_p(lib.TfLiteModelCreateFromFile(model.encode()))
        self.interpreter = ctypes.c_void_p(lib.TfLiteInterpreterCreate(self.model, options))
        if not self.interpreter or lib.TfLiteInterpreterAllocateTensors(self.interpreter):
            raise RuntimeError("linnet does not take the model")
        self.run = lambda: lib.TfLiteInterpreterInvoke(self.interpreter)

    def fill(self):
        lib = self.lib
        for i in range(lib.TfLiteInterpreterGetInputTensorCount(self.interpreter)):
            tensor = ctypes.c_void_p(lib.TfLiteInterpreterGetInputTensor(self.interpreter, i))
            dtype = self.TYPES.get(lib.TfLiteTensorType(tensor))
            if dtype is None:
                raise RuntimeError("an input of a type that is not measured")
            shape = [lib.TfLiteTensorDim(tensor, k) for k in range(lib.TfLiteTensorNumDims(tensor))]
            x = random_input(shape, dtype, i)
            ctypes.memmove(lib.TfLiteTensorData(tensor), x.ctypes.data, x.nbytes)


class LiteRT:
    def __init__(self, model, threads):
        from ai_edge_litert.interpreter import Interpreter
        self.interpreter = Interpreter(model, num_threads=threads)
        self.interpreter.allocate_tensors()
        self.run = self.interpreter.invoke

    def fill(self):
        for i, d in enumerate(self.interpreter.get_input_details()):
            self.interpreter.set_tensor(d["index"], random_input(d["shape"], d["dtype"], i))


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
        self.request = core.compile_model(graph, "CPU", hints).create_infer_request()
        self.run = self.request.infer

    def fill(self):
        for i, x in enumerate(self.request.input_tensors):
            x.data[...] = random_input(x.data.shape, x.data.dtype.type, i)


PEERS = {"linnet": Linnet, "litert": LiteRT, "openvino": OpenVINO}
MODULES = {"litert": "ai_edge_litert.interpreter", "openvino": "openvino"}


def timed(run):
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1e3


def memory_kb(what):
    """VmRSS, or VmHWM, the largest that it has been."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(what + ":"))


def measure(peer, model, threads, seconds):
    if peer in MODULES:
        __import__(MODULES[peer])  # importing is not loading
    random_input((1,), np.float32, 0)  # numpy brings its generators when they are first used
    with open("/proc/self/clear_refs", "w", encoding="ascii") as reset:
        reset.write("5")  # forgets the largest size so far
    rss = memory_kb("VmRSS")
    start = time.perf_counter()
    p = PEERS[peer](model, threads)
    load = (time.perf_counter() - start) * 1e3
    p.fill()
    first = timed(p.run)
    end = time.perf_counter() + WARMUP_S
    while time.perf_counter() < end:
        p.run()
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < LEAST_RUNS:
        times.append(timed(p.run))
        if time.perf_counter() > end + 4 * seconds and len(times) >= 3:
            break
    peak = memory_kb("VmHWM") - rss
    return {"load_ms": load, "first_ms": first, "median_ms": statistics.median(times),
            "runs": len(times), "peak_kb": peak}


def main():
    peer, model, threads, seconds = sys.argv[1:5]
    print(json.dumps(measure(peer, model, int(threads), float(seconds))))


if __name__ == "__main__":
    main()
