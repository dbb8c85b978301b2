# SPDX-License-Identifier: Apache-2.0
"""Functions that translate operators of the source, for `TFLiteConverter.importers`.

    def my_scale(node):
        factor = node.constant(np.float32(node.attributes["factor"]))
        return node.emit("MUL{activation=NONE}", [node.inputs[0], factor])

    converter.importers["MyScale"] = my_scale

Tensors are numbers; -1 is an absent input."""
import numpy

# Types of NumPy by the number of TfLiteType.
_TYPES = {1: "float32", 2: "int32", 3: "uint8", 4: "int64", 6: "bool", 7: "int16", 8: "complex64",
          9: "int8", 10: "float16", 11: "float64", 12: "complex128", 13: "uint64", 16: "uint32",
          17: "uint16"}
_NUMBERS = {name: number for number, name in _TYPES.items()}


def _number(dtype):
    name = numpy.dtype(dtype).name
    if name not in _NUMBERS:
        raise TypeError(f"a tensor cannot be {name}")
    return _NUMBERS[name]


class Tensor:
    """What is known of a tensor: `dtype` (None: not known, or no type of NumPy), `shape` (None: not
    known; -1 where a dimension is open) and, of a constant, `value` (else None)."""

    def __init__(self, number, shape, data):
        self.dtype = numpy.dtype(_TYPES[number]) if number in _TYPES else None
        self.shape = shape
        self.value = None
        if data is not None and self.dtype is not None:
            self.value = numpy.frombuffer(data, self.dtype).reshape(shape)


class Node:
    """An operator of the source, while its function runs: `op`, `name`, `inputs`, `n_outputs` and
    `attributes` by name (types as numbers of TfLiteType)."""

    def __init__(self, core):
        self._core = core
        self.op, self.name, self.inputs, self.n_outputs, self.attributes = core.source()

    def tensor(self, tensor):
        """What is known of a tensor."""
        return Tensor(*self._core.tensor(tensor))

    def output(self, i=0):
        """What the source says of a result."""
        return Tensor(*self._core.output(i))

    def options(self):
        """The attributes as the options of a custom operator."""
        return self._core.options()

    def constant(self, value):
        """A constant tensor; Python's floats are float32, its integers int32."""
        array = numpy.asarray(value)
        if not isinstance(value, (numpy.ndarray, numpy.generic)):
            array = array.astype({"float64": "float32", "int64": "int32"}.get(array.dtype.name,
                                                                             array.dtype))
        return self._core.constant(_number(array.dtype), list(array.shape),
                                   numpy.ascontiguousarray(array).tobytes())

    def emit(self, op, inputs, outputs=1):
        """An operator with the schema's name and its options: "CONV_2D{stride_w=2, padding=SAME}".
        Returns its result, a list where there are several."""
        made = self._core.emit(op, list(inputs), outputs)
        return made[0] if outputs == 1 else made

    def emit_custom(self, name, inputs, outputs, options=b""):
        """A custom operator; `outputs` are (dtype, shape) each, shape None where it is not known.
        Returns its results as a list."""
        return self._core.emit_custom(name, options, list(inputs),
                                      [(_number(dtype), None if shape is None else list(shape))
                                       for dtype, shape in outputs])


def wrapped(function):
    """The function as the module calls it; what it returns are the node's results."""
    def call(core):
        node = Node(core)
        results = function(node)
        if results is None:
            raise ValueError(f"the function for {node.op} returns nothing")
        if not isinstance(results, (list, tuple)):
            results = [results]
        for i, tensor in enumerate(results):
            core.give(i, tensor)
    return call
