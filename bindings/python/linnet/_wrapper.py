# SPDX-License-Identifier: Apache-2.0
"""The interpreter as arrays and dictionaries see it: what `Interpreter._interpreter` is.

Its methods have the names of TensorFlow Lite's own wrapper, since programs reach through to it."""
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np

from linnet import _core, _types

Array = Any  # of NumPy, whose types for arrays differ too much between versions
Registerer = Union[str, Callable[[int], Any]]


def _ints(values: Sequence[int]) -> Array:
    return np.array(values, dtype=np.int32)


def _int_bytes(data: bytes) -> Array:
    return np.frombuffer(data, np.int32).copy()


def _item_bytes(item: Any) -> bytes:
    if isinstance(item, str):
        return item.encode("utf-8")
    if isinstance(item, bytes):
        return item
    raise ValueError("PyBytes_AsStringAndSize() failed.")


def _array_strings(value: Any) -> List[bytes]:
    """The strings of an array in order; those of a scalar array of bytes keep their last zeros."""
    if not isinstance(value, (np.ndarray, np.generic)):
        raise ValueError(
            f"Passed in value type is not a numpy array, got type {type(value).__name__}.")
    array = np.asarray(value)
    if array.ndim == 0 and array.dtype.kind == "S":
        return [array.tobytes()]
    if array.dtype.kind not in "OSUT":
        raise ValueError(f"Cannot use numpy array of type {array.dtype.num} for string tensor.")
    return [_item_bytes(item) for item in array.reshape(-1).tolist()]


class InterpreterWrapper:
    """An interpreter by the numbers of its graphs ("subgraphs") and tensors."""

    def __init__(
        self,
        path: Optional[bytes],
        content: Optional[bytes],
        num_threads: int,
        engine: bool,
        preserve_all_tensors: bool,
        clustered: bool,
        registerers: List[Registerer],
        compress_zero_points: bool,
    ) -> None:
        self._core = _core.Core(path, content, num_threads, engine, preserve_all_tensors,
                                clustered, registerers)
        self._compress_zero_points = compress_zero_points

    # ---- running ----

    def AllocateTensors(self, subgraph_index: int = -1) -> None:
        self._core.allocate(0 if subgraph_index == -1 else subgraph_index)

    def Invoke(self, subgraph_index: int = 0) -> None:
        self._core.invoke(subgraph_index)

    def ResizeInputTensor(self, i: int, value: Any, strict: bool,
                          subgraph_index: int = 0) -> None:
        shape = np.asarray(value)
        if shape.ndim != 1:
            raise ValueError(f"Shape should be 1D instead of {shape.ndim}.")
        if shape.dtype != np.int32:
            raise ValueError(f"Shape must be type int32 (was {shape.dtype.num}).")
        self._core.resize(subgraph_index, i, tuple(shape.tolist()), strict)

    def ResetVariableTensors(self) -> None:
        self._core.reset_variables()

    def ModifyGraphWithDelegate(self, delegate: Any) -> None:
        """`delegate` has a _get_native_delegate_pointer; it is kept as long as the interpreter."""
        self._core.apply_delegate(delegate, delegate._get_native_delegate_pointer())

    def views(self) -> int:
        """How many arrays look at memory of the interpreter."""
        return self._core.views()

    def interpreter(self) -> int:
        return self._core.address()

    # ---- graphs and nodes ----

    def InputIndices(self) -> Array:
        return _ints(self._core.ends(0)[0])

    def OutputIndices(self) -> Array:
        return _ints(self._core.ends(0)[1])

    def NumTensors(self, subgraph_index: int = 0) -> int:
        return self._core.tensor_count(subgraph_index)

    def NumSubgraphs(self) -> int:
        return self._core.graph_count()

    def NumNodes(self) -> int:
        return self._core.node_count(0)

    def NodeName(self, i: int) -> str:
        return self._core.node(0, i)[0] if 0 <= i < self.NumNodes() else ""

    def NodeInputs(self, i: int) -> Array:
        return _ints(self._core.node(0, i)[1])

    def NodeOutputs(self, i: int) -> Array:
        return _ints(self._core.node(0, i)[2])

    def GetSignatureDefs(self) -> Dict[str, Dict[str, Dict[str, int]]]:
        return {
            key: {"inputs": dict(sorted(inputs.items())), "outputs": dict(sorted(outputs.items()))}
            for key, _, inputs, outputs in self._core.signatures()
        }

    def GetSubgraphIndexFromSignature(self, signature_key: str) -> int:
        for key, graph, _, _ in self._core.signatures():
            if key == signature_key:
                return graph
        raise ValueError("No matching signature.")

    # ---- what a tensor is ----

    def TensorName(self, tensor_index: int, subgraph_index: int = 0) -> str:
        if not 0 <= tensor_index < self.NumTensors(subgraph_index):
            return ""
        return self._core.tensor(subgraph_index, tensor_index)[0]

    def TensorType(self, tensor_index: int, subgraph_index: int = 0) -> Any:
        number = self._core.tensor(subgraph_index, tensor_index)[1]
        if number == 0:
            raise ValueError("Tensor with no type found.")
        return _types.numpy_type(number)

    def TensorSize(self, tensor_index: int, subgraph_index: int = 0) -> Array:
        shape = self._core.tensor(subgraph_index, tensor_index)[2]
        if shape is None:
            raise ValueError("Tensor with no shape found.")
        return _ints(shape)

    def TensorSizeSignature(self, tensor_index: int, subgraph_index: int = 0) -> Array:
        return _ints(self._core.tensor(subgraph_index, tensor_index)[3] or ())

    def TensorQuantization(self, tensor_index: int,
                           subgraph_index: int = 0) -> Tuple[float, int]:
        return self._core.tensor(subgraph_index, tensor_index)[4:6]

    def TensorQuantizationParameters(
            self, tensor_index: int, subgraph_index: int = 0) -> Tuple[Array, Array, int, int]:
        found = self._core.quantization(subgraph_index, tensor_index)
        if not found:
            return np.empty(0, np.float32), np.empty(0, np.int32), 0, 0
        scale_type, scales, zero_points, dimension, block_size = found
        points = _int_bytes(zero_points)
        if self._compress_zero_points and points.size > 1 and (points == points[0]).all():
            points = points[:1].copy()
        return np.frombuffer(scales, scale_type).copy(), points, dimension, block_size

    def TensorSparsityParameters(self, tensor_index: int,
                                 subgraph_index: int = 0) -> Dict[str, Any]:
        found = self._core.sparsity(subgraph_index, tensor_index)
        if not found:
            return {}
        order, blocks, dimensions = found
        result: Dict[str, Any] = {"traversal_order": _int_bytes(order)}
        if blocks is not None:
            result["block_map"] = _int_bytes(blocks)
        result["dim_metadata"] = [
            {"format": 0, "dense_size": d[0]} if len(d) == 1 else
            {"format": 1, "array_segments": _int_bytes(d[0]), "array_indices": _int_bytes(d[1])}
            for d in dimensions
        ]
        return result

    # ---- values ----

    def tensor(self, base: Any, tensor_index: int, subgraph_index: int = 0) -> Array:
        """An array on the tensor's own memory; `base` is there for TensorFlow Lite's callers."""
        del base
        number = self._core.tensor(subgraph_index, tensor_index)[1]
        flat = np.asarray(self._core.view(subgraph_index, tensor_index))
        if number in _types.PACKED:
            raise ValueError("Values of less than a byte have no array of their own: "
                             "use get_tensor() and set_tensor().")
        if self._core.sparsity(subgraph_index, tensor_index):
            return flat
        shape = self._core.tensor(subgraph_index, tensor_index)[2]
        return flat.view(_types.numpy_type(number)).reshape(shape)

    def GetTensor(self, tensor_index: int, subgraph_index: int = 0) -> Array:
        _, number, shape, _, _, _, _, _ = self._core.tensor(subgraph_index, tensor_index)
        if shape is None:
            raise ValueError("Tensor with no shape found.")
        if number in (_types.STRING, _types.RESOURCE, _types.VARIANT):
            return self._get_objects(tensor_index, subgraph_index, number, shape)
        flat = np.asarray(self._core.view(subgraph_index, tensor_index))
        if self._core.sparsity(subgraph_index, tensor_index):
            return flat.copy()
        count = int(np.prod(shape, dtype=np.int64))
        if number in _types.PACKED:
            values = _types.unpack(flat, number, count)
        else:
            values = flat.copy().view(_types.numpy_type(number))
        if values.size != count:
            raise ValueError("Invalid tensor size.")
        return values.reshape(shape)[()]

    def _get_objects(self, tensor_index: int, subgraph_index: int, number: int,
                     shape: Tuple[int, ...]) -> Array:
        result = np.empty(shape, np.object_)
        if number == _types.STRING:
            strings = self._core.strings(subgraph_index, tensor_index)
            flat = result.reshape(-1)
            for i, item in enumerate(strings[: flat.size]):
                flat[i] = item
        return result

    def SetTensor(self, i: int, value: Any, subgraph_index: int = 0) -> None:
        name, number, shape, _, _, _, size, has_data = self._core.tensor(subgraph_index, i)
        array = np.asarray(value)
        if number not in _types.PACKED and _types.name_of_array(array) != _types.name(number):
            raise ValueError(
                f"Cannot set tensor: Got value of type {_types.name_of_array(array)} but expected "
                f"type {_types.name(number)} for input {i}, name: {name} ")
        self._check_shape(i, array, shape or ())
        if number == _types.STRING:
            self._core.set_strings(subgraph_index, i, _array_strings(value))
            return
        if not has_data and size:
            raise ValueError("Cannot set tensor: Tensor is unallocated. Try calling "
                             "allocate_tensors() first")
        if number in _types.PACKED:
            array = self._packed(i, name, number, array)
        flat = np.asarray(self._core.view(subgraph_index, i))
        if not flat.flags.writeable:
            raise ValueError(f"Cannot set tensor: tensor {i}, name: {name}, is constant.")
        if array.nbytes != flat.nbytes:
            raise ValueError(
                f"numpy array had {array.nbytes} bytes but expected {flat.nbytes} bytes.")
        np.copyto(flat, np.ascontiguousarray(array).reshape(-1).view(flat.dtype)
                  if array.dtype.isnative else array.astype(flat.dtype).reshape(-1))

    @staticmethod
    def _check_shape(i: int, array: Array, shape: Tuple[int, ...]) -> None:
        if array.ndim != len(shape):
            raise ValueError(f"Cannot set tensor: Dimension mismatch. Got {array.ndim} but "
                             f"expected {len(shape)} for input {i}.")
        for j, (got, wanted) in enumerate(zip(array.shape, shape)):
            if got != wanted:
                raise ValueError(f"Cannot set tensor: Dimension mismatch. Got {got} but expected "
                                 f"{wanted} for dimension {j} of input {i}.")

    @staticmethod
    def _packed(i: int, name: str, number: int, array: Array) -> Array:
        _, least, greatest = _types.PACKED[number]
        wanted, type_name = _types.numpy_type(number), _types.name(number)
        if array.dtype != wanted:
            raise ValueError(
                f"Cannot set tensor: Expected a numpy array of {np.dtype(wanted).name} for "
                f"{type_name} input {i}, name: {name}, but got {_types.name_of_array(array)}")
        if array.size and (array.min() < least or array.max() > greatest):
            raise ValueError(f"Cannot set tensor: Values for {type_name} input must be between "
                             f"{least} and {greatest}.")
        return _types.pack(np.ascontiguousarray(array), number)
