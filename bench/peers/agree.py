# SPDX-License-Identifier: Apache-2.0
"""What a model is given, and whether a runtime computes what it should: agree.py MODEL FILE.npz

writes inputs and the outputs of LiteRT's built-in kernels, the reference of all.  Needs numpy."""
import json
import sys

import numpy as np


def random_input(shape, dtype, seed):
    """Floats in [-1, 1]; integers that are valid as pixels and as small indices."""
    rng = np.random.default_rng(seed)
    if np.issubdtype(dtype, np.floating):
        return rng.uniform(-1, 1, shape).astype(dtype)
    if dtype in (np.int8, np.uint8, np.int16):
        return rng.integers(0, 100, shape).astype(dtype)
    return rng.integers(0, 2, shape).astype(dtype)


def make_reference(model, path):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model, experimental_op_resolver_type=plain)
    interpreter.allocate_tensors()
    arrays, names = {}, []
    for i, d in enumerate(interpreter.get_input_details()):
        arrays[f"in{i}"] = random_input(d["shape"], d["dtype"], i)
        interpreter.set_tensor(d["index"], arrays[f"in{i}"])
        names.append(d["name"])
    interpreter.invoke()
    scales = []
    for i, d in enumerate(interpreter.get_output_details()):
        arrays[f"out{i}"] = interpreter.get_tensor(d["index"])
        scales.append([float(x) for x in d["quantization"]])
    np.savez(path, about=json.dumps({"inputs": names, "scales": scales}), **arrays)


class Reference:
    def __init__(self, path):
        with np.load(path) as file:
            about = json.loads(str(file["about"]))
            self.inputs = [(n, file[f"in{i}"]) for i, n in enumerate(about["inputs"])]
            self.outputs = [(file[f"out{i}"], s) for i, s in enumerate(about["scales"])]

    def find(self, name, shape, at):
        """The input of this name, else the one of this shape or size, else the one at this place;
        in the shape that is asked for."""
        size = int(np.prod(shape))
        tests = (lambda n, x: n.split(":")[0] == name.split(":")[0],
                 lambda n, x: list(x.shape) == list(shape), lambda n, x: x.size == size)
        for test in tests:
            found = [x for n, x in self.inputs if test(n, x)]
            if len(found) == 1:
                return found[0].reshape(shape)
        return self.inputs[at][1].reshape(shape)


def real(x, scale):
    x = np.asarray(x)
    if x.dtype.kind in "iu" and scale[0] > 0:
        return (x.astype(np.float64) - scale[1]) * scale[0]
    return x.astype(np.float64)


def layouts(x, wanted):
    """x flat, as it lies, and with channels last where it may have them first."""
    yield x.ravel()
    if wanted.ndim == 4 and wanted.shape[0] == 1:
        n, h, w, c = wanted.shape
        yield x.reshape(n, c, h, w).transpose(0, 2, 3, 1).ravel()


def difference(reference, outputs):
    """Of the output that is furthest away from any of the same size: the root of the mean square
    of the difference over that of the output around its mean; infinite where there is none."""
    worst = 0.0
    for wanted, scale in reference.outputs:
        y = real(wanted, scale).ravel()
        spread = np.sqrt(np.mean((y - y.mean()) ** 2)) if y.size else 0.0
        spread = spread or np.abs(y).max(initial=0) or 1.0
        best = np.inf if y.size else 0.0
        for x in outputs:
            if np.size(x) != y.size:
                continue
            for flat in layouts(real(x, scale), wanted):
                away = np.sqrt(np.mean((flat - y) ** 2)) / spread
                best = min(best, away if np.isfinite(away) else np.inf)
        worst = max(worst, best)
    return float(worst)


if __name__ == "__main__":
    make_reference(*sys.argv[1:3])
