# SPDX-License-Identifier: Apache-2.0
"""The interpreter for TensorFlow Lite models, with the interface of `tf.lite.Interpreter`.

    from linnet.interpreter import Interpreter, load_delegate
"""
import ctypes
import enum
import html
import os
import platform
from typing import Any, Callable, Dict, List, Optional, Sequence, Union

import numpy as np

from linnet._wrapper import Array, InterpreterWrapper, Registerer

__all__ = [
    "Delegate",
    "Interpreter",
    "InterpreterWithCustomOps",
    "OpResolverType",
    "SignatureRunner",
    "load_delegate",
]

Details = Dict[str, Any]


class Delegate:
    """A delegate from a shared library.

    The library has the functions tflite_plugin_create_delegate and tflite_plugin_destroy_delegate
    of tensorflow/lite/delegates/external/external_delegate_interface.h."""

    def __init__(self, library: str, options: Optional[Dict[Any, Any]] = None) -> None:
        """Loads the library and makes the delegate.

        Args:
          library: File name of the shared library.
          options: What the delegate takes; keys and values are given to it as str() shows them.

        Raises:
          ValueError: The delegate could not be made; the text is what it reported.
          OSError: The library could not be loaded.
        """
        self._library: Any = None
        self._delegate_ptr: Optional[int] = None
        if platform.python_implementation() != "CPython":
            raise RuntimeError("Delegates are only supported by CPython, since others do not free "
                               "objects at once.")
        loaded = ctypes.pydll.LoadLibrary(library)
        create = loaded.tflite_plugin_create_delegate
        strings = ctypes.POINTER(ctypes.c_char_p)
        reporter = ctypes.CFUNCTYPE(None, ctypes.c_char_p)
        create.argtypes = [strings, strings, ctypes.c_size_t, reporter]
        create.restype = ctypes.c_void_p
        loaded.tflite_plugin_destroy_delegate.argtypes = [ctypes.c_void_p]
        loaded.tflite_plugin_destroy_delegate.restype = None

        items = [(str(k).encode(), str(v).encode()) for k, v in (options or {}).items()]
        messages: List[str] = []

        def report(message: Optional[bytes]) -> None:
            messages.append((message or b"").decode("utf-8", "replace"))

        array = ctypes.c_char_p * len(items)
        self._delegate_ptr = create(array(*[k for k, _ in items]), array(*[v for _, v in items]),
                                    len(items), reporter(report))
        if self._delegate_ptr is None:
            raise ValueError("".join(messages))
        self._library = loaded

    def __del__(self) -> None:
        library, self._library = getattr(self, "_library", None), None
        if library is not None:
            library.tflite_plugin_destroy_delegate(self._delegate_ptr)

    def _get_native_delegate_pointer(self) -> Optional[int]:
        """The address of the TfLiteDelegate, which this object owns."""
        return self._delegate_ptr


def load_delegate(library: str, options: Optional[Dict[Any, Any]] = None) -> Delegate:
    """Returns the delegate of a shared library, for `experimental_delegates` of an Interpreter.

    Args:
      library: File name of the shared library.
      options: What the delegate takes; keys and values are given to it as str() shows them.

    Raises:
      ValueError: The delegate could not be made.
    """
    try:
        return Delegate(library, options)
    except ValueError as e:
        raise ValueError(f"Failed to load delegate from {library}\n{e}") from e


class SignatureRunner:
    """Runs one signature of a model; made by Interpreter.get_signature_runner().

        runner = interpreter.get_signature_runner("add")
        result = runner(x=a, y=b)["sum"]
    """

    def __init__(self, interpreter: Optional["Interpreter"] = None,
                 signature_key: Optional[str] = None) -> None:
        if not interpreter:
            raise ValueError("None interpreter provided.")
        if not signature_key:
            raise ValueError("None signature_key provided.")
        self._interpreter = interpreter
        self._interpreter_wrapper = interpreter._wrapper()
        self._signature_key = signature_key
        signatures = interpreter._get_full_signature_list()
        if signature_key not in signatures:
            raise ValueError(f'Invalid signature_key provided: "{signature_key}".')
        self._signature_def = signatures[signature_key]
        self._inputs = self._signature_def["inputs"]
        self._outputs = self._signature_def["outputs"].items()
        self._subgraph_index = self._interpreter_wrapper.GetSubgraphIndexFromSignature(
            signature_key)

    def __call__(self, **kwargs: Any) -> Dict[str, Array]:
        """Runs the signature on arrays, by the names of its inputs.

        Inputs take the shapes of the arrays.

        Returns:
          The outputs (copies), by their names.
        """
        if len(kwargs) != len(self._inputs):
            raise ValueError("Invalid number of inputs provided for running a SignatureDef, "
                             f"expected {len(self._inputs)} vs provided {len(kwargs)}")
        wrapper, graph = self._interpreter_wrapper, self._subgraph_index
        values = {name: np.asarray(value) for name, value in kwargs.items()}
        for name, value in values.items():
            if name not in self._inputs:
                raise ValueError(f"Invalid Input name ({name}) for SignatureDef")
            wrapper.ResizeInputTensor(self._inputs[name], np.array(value.shape, dtype=np.int32),
                                      False, graph)
        wrapper.AllocateTensors(graph)
        for name, value in values.items():
            wrapper.SetTensor(self._inputs[name], value, graph)
        wrapper.Invoke(graph)
        return {name: wrapper.GetTensor(index, graph) for name, index in self._outputs}

    def get_input_details(self) -> Dict[str, Details]:
        """The inputs by name; each is described as by Interpreter.get_input_details()."""
        return {name: self._interpreter._get_tensor_details(index, self._subgraph_index)
                for name, index in self._inputs.items()}

    def get_output_details(self) -> Dict[str, Details]:
        """The outputs by name; each is described as by Interpreter.get_input_details()."""
        return {name: self._interpreter._get_tensor_details(index, self._subgraph_index)
                for name, index in self._outputs}

    def __repr__(self) -> str:
        return (f"<linnet.SignatureRunner {self._signature_key!r}: {', '.join(self._inputs)} -> "
                f"{', '.join(name for name, _ in self._outputs)}>")


@enum.unique
class OpResolverType(enum.Enum):
    """Which code runs the operators.

    * `AUTO` and `BUILTIN`: the CPU engine where it knows the operator, else the reference operator.
    * `BUILTIN_REF`: the reference operators, whose integer results equal those of TensorFlow Lite's
      reference kernels.
    * `BUILTIN_WITHOUT_DEFAULT_DELEGATES`: the same, since the engine is a delegate.
    """

    AUTO = 0
    BUILTIN = 1
    BUILTIN_REF = 2
    BUILTIN_WITHOUT_DEFAULT_DELEGATES = 3


_WITH_ENGINE = (OpResolverType.AUTO, OpResolverType.BUILTIN)


class Interpreter:
    """Runs a TensorFlow Lite model.

        interpreter = Interpreter(model_path="model.tflite")
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
        interpreter.invoke()
        scores = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])

    An interpreter belongs to one thread at a time. `invoke()` and `allocate_tensors()` let other
    threads of Python go on; a call on the same interpreter meanwhile raises RuntimeError.
    """

    _interpreter: Optional[InterpreterWrapper] = None

    def __init__(
        self,
        model_path: Optional[Union[str, bytes, "os.PathLike[Any]"]] = None,
        model_content: Optional[bytes] = None,
        experimental_delegates: Optional[List[Any]] = None,
        num_threads: Optional[int] = None,
        experimental_op_resolver_type: OpResolverType = OpResolverType.AUTO,
        experimental_preserve_all_tensors: bool = False,
        experimental_disable_delegate_clustering: bool = False,
        experimental_default_delegate_latest_features: bool = False,
        experimental_compress_quantization_zero_points: bool = False,
        experimental_disable_delegate_node_fusion: bool = False,
        experimental_force_delegate_node_profiling: bool = False,
    ) -> None:
        """Opens a model.

        Args:
          model_path: The file of the model.
          model_content: The bytes of the model, instead.
          experimental_delegates: What load_delegate() returned, in the order in which they are
            applied.
          num_threads: The number of threads, at least 1, which is also the default.
          experimental_op_resolver_type: Which code runs the operators.
          experimental_preserve_all_tensors: Keeps the values of all tensors, so that get_tensor()
            gives intermediate ones too; the CPU engine is left out then.
          experimental_disable_delegate_clustering: Gives a delegate only nodes that follow each
            other in the model's order, rather than bringing together all that can run as one.
          experimental_default_delegate_latest_features: Accepted for compatibility; changes
            nothing.
          experimental_compress_quantization_zero_points: Shows zero points that are all the same
            as one.
          experimental_disable_delegate_node_fusion: Accepted for compatibility; changes nothing.
          experimental_force_delegate_node_profiling: Accepted for compatibility; changes nothing.

        Raises:
          ValueError: The model cannot be read, or an argument is wrong.
        """
        del (experimental_default_delegate_latest_features,
             experimental_disable_delegate_node_fusion,
             experimental_force_delegate_node_profiling)
        if not hasattr(self, "_custom_op_registerers"):
            self._custom_op_registerers: List[Registerer] = []
        self._experimental_compress_quantization_zero_points = (
            experimental_compress_quantization_zero_points)
        if not isinstance(experimental_op_resolver_type, OpResolverType):
            raise ValueError("Unrecognized passed in op resolver type: "
                             f"{experimental_op_resolver_type}")
        if num_threads is not None:
            if not isinstance(num_threads, int):
                raise ValueError("type of num_threads should be int")
            if num_threads < 1:
                raise ValueError("num_threads should >= 1")
        self._source = _readable(model_path, model_content)
        self._interpreter = InterpreterWrapper(
            os.fsencode(model_path) if model_path else None,
            _content(model_content) if model_content else None,
            int(num_threads or 1),
            experimental_op_resolver_type in _WITH_ENGINE,
            experimental_preserve_all_tensors,
            not experimental_disable_delegate_clustering,
            list(self._custom_op_registerers),
            experimental_compress_quantization_zero_points,
        )
        self._delegates = experimental_delegates or []
        for delegate in self._delegates:
            self._interpreter.ModifyGraphWithDelegate(delegate)
        self._signature_defs = self.get_signature_list()

    def __del__(self) -> None:
        # Before the delegates, which it uses.
        self._interpreter = None
        self._delegates = []

    def _ensure_safe(self) -> None:
        """Raises RuntimeError while an array from tensor() is alive, as TensorFlow Lite's does."""
        if self._wrapper().views():
            raise RuntimeError("There is at least 1 reference to internal data in the interpreter "
                               "in the form of a numpy array or slice. Be sure to only hold the "
                               "function returned from tensor() if you are using raw data access.")

    def _wrapper(self) -> InterpreterWrapper:
        if self._interpreter is None:
            raise ValueError("Interpreter was not initialized.")
        return self._interpreter

    # ---- running ----

    def allocate_tensors(self) -> None:
        """Plans shapes and memory; needed before the first run and after resize_tensor_input().

        Raises:
          RuntimeError: The model cannot run, or an array from tensor() is still alive.
        """
        self._wrapper().AllocateTensors()

    def invoke(self) -> None:
        """Runs the model; other threads of Python go on meanwhile.

        Raises:
          RuntimeError: The run failed, or an array from tensor() is still alive.
        """
        self._wrapper().Invoke()

    def reset_all_variables(self) -> None:
        """Sets all variable tensors to zero."""
        self._wrapper().ResetVariableTensors()

    def resize_tensor_input(self, input_index: int, tensor_size: Sequence[int],
                            strict: bool = False) -> None:
        """Gives an input another shape; call allocate_tensors() before the next run.

        Args:
          input_index: The "index" of the input in get_input_details().
          tensor_size: The shape.
          strict: Let only dimensions change that are -1 in the "shape_signature".

        Raises:
          RuntimeError: The input cannot have this shape.
        """
        self._wrapper().ResizeInputTensor(int(input_index),
                                          np.array(tensor_size, dtype=np.int32), strict)

    # ---- values ----

    def set_tensor(self, tensor_index: int, value: Any) -> None:
        """Copies an array into a tensor, mostly an input.

        Raises:
          ValueError: Type or shape differ from the tensor's.
        """
        self._wrapper().SetTensor(_index(tensor_index), value)

    def get_tensor(self, tensor_index: int, subgraph_index: int = 0) -> Array:
        """Returns a copy of a tensor's value, mostly of an output.

        Strings come as an array of bytes objects, values of 4 and 2 bits as bytes.

        Raises:
          ValueError: There is no such tensor, or it has no value yet.
        """
        return self._wrapper().GetTensor(_index(tensor_index), _index(subgraph_index))

    def tensor(self, tensor_index: int) -> Callable[[], Array]:
        """Returns a function that gives an array on the tensor's own memory.

            image = interpreter.tensor(interpreter.get_input_details()[0]["index"])
            image()[:] = 0
            interpreter.invoke()

        Keep the function, not the array: as long as an array is alive, invoke(),
        allocate_tensors() and resize_tensor_input() raise RuntimeError, since they may move the
        memory. The arrays of constants are read-only.
        """
        return lambda: self._wrapper().tensor(self._interpreter, _index(tensor_index))

    # ---- what is in the model ----

    def get_input_details(self) -> List[Details]:
        """Describes the inputs in the model's order.

        Returns:
          A list of dictionaries:

          + `name`: The tensor's name.
          + `index`: The tensor's number.
          + `shape`, `shape_signature`: Its dimensions; -1 in the second for those left open.
          + `dtype`: Its type in NumPy.
          + `quantization`: (scale, zero point) of a tensor with one of each.
          + `quantization_parameters`: `scales`, `zero_points`, `quantized_dimension` and
            `block_size`.
          + `sparsity_parameters`: How a sparse tensor is stored; empty for others.
        """
        return [self._get_tensor_details(i, 0) for i in self._wrapper().InputIndices()]

    def get_output_details(self) -> List[Details]:
        """Describes the outputs as get_input_details() does the inputs."""
        return [self._get_tensor_details(i, 0) for i in self._wrapper().OutputIndices()]

    def get_tensor_details(self, subgraph_index: int = 0) -> List[Details]:
        """Describes all tensors of a graph as get_input_details() does the inputs.

        Those that have no shape yet, as operators may add them, are left out.
        """
        count = self.num_subgraphs()
        if not 0 <= subgraph_index < count:
            raise ValueError(f"subgraph_index is out of range: {subgraph_index} for the model,"
                             f" which has {count} subgraphs.")
        details = []
        for i in range(self._wrapper().NumTensors(subgraph_index)):
            try:
                details.append(self._get_tensor_details(i, subgraph_index))
            except ValueError:
                pass
        return details

    def num_subgraphs(self) -> int:
        """The number of graphs in the model."""
        return self._wrapper().NumSubgraphs()

    def get_signature_list(self) -> Dict[str, Dict[str, List[str]]]:
        """The signatures: {key: {"inputs": [name...], "outputs": [name...]}}."""
        return {key: {"inputs": list(signature["inputs"]), "outputs": list(signature["outputs"])}
                for key, signature in self._get_full_signature_list().items()}

    def get_signature_runner(self, signature_key: Optional[str] = None) -> SignatureRunner:
        """Returns a callable that runs one signature, by its key.

        The key may be left out where the model has one signature.

        Raises:
          ValueError: There is no such signature.
        """
        if signature_key is None:
            if len(self._signature_defs) != 1:
                raise ValueError(
                    "SignatureDef signature_key is None and model has "
                    f"{len(self._signature_defs)} Signatures. None is only allowed when the model "
                    "has 1 SignatureDef")
            signature_key = next(iter(self._signature_defs))
        return SignatureRunner(interpreter=self, signature_key=signature_key)

    @property
    def experimental_compress_quantization_zero_points(self) -> bool:
        return self._experimental_compress_quantization_zero_points

    # ---- for programs that look further inside ----

    def _safe_to_run(self) -> bool:
        """No array looks at the interpreter's memory."""
        return self._wrapper().views() == 0

    def _get_full_signature_list(self) -> Dict[str, Dict[str, Dict[str, int]]]:
        """The signatures with the numbers of their tensors."""
        return self._wrapper().GetSignatureDefs()

    def _get_tensor_details(self, tensor_index: int, subgraph_index: int) -> Details:
        tensor_index, subgraph_index = int(tensor_index), int(subgraph_index)
        wrapper = self._wrapper()
        scales, zero_points, dimension, block_size = wrapper.TensorQuantizationParameters(
            tensor_index, subgraph_index)
        return {
            "name": wrapper.TensorName(tensor_index, subgraph_index),
            "index": tensor_index,
            "shape": wrapper.TensorSize(tensor_index, subgraph_index),
            "shape_signature": wrapper.TensorSizeSignature(tensor_index, subgraph_index),
            "dtype": wrapper.TensorType(tensor_index, subgraph_index),
            "quantization": wrapper.TensorQuantization(tensor_index, subgraph_index),
            "quantization_parameters": {
                "scales": scales,
                "zero_points": zero_points,
                "quantized_dimension": dimension,
                "block_size": block_size,
            },
            "sparsity_parameters": wrapper.TensorSparsityParameters(tensor_index, subgraph_index),
        }

    def _get_op_details(self, op_index: int) -> Details:
        """A node of the main graph: its operator and its tensors with their types."""
        wrapper, index = self._wrapper(), int(op_index)
        inputs, outputs = wrapper.NodeInputs(index), wrapper.NodeOutputs(index)
        return {
            "index": index,
            "op_name": wrapper.NodeName(index),
            "inputs": inputs,
            "outputs": outputs,
            "operand_types": [wrapper.TensorType(int(i)) for i in inputs if i != -1],
            "result_types": [wrapper.TensorType(int(i)) for i in outputs if i != -1],
        }

    def _get_ops_details(self) -> List[Details]:
        return [self._get_op_details(i) for i in range(self._wrapper().NumNodes())]

    def _native_handle(self) -> int:
        """The address of the TfLiteInterpreter of the C API."""
        return self._wrapper().interpreter()

    # ---- looking at it ----

    def __repr__(self) -> str:
        if self._interpreter is None:
            return "<linnet.Interpreter without a model>"
        sides = [", ".join(_summary(d) for d in side)
                 for side in (self.get_input_details(), self.get_output_details())]
        return f"<linnet.Interpreter {self._source}: {sides[0]} -> {sides[1]}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: a table of inputs and outputs."""
        rows = []
        for what, side in (("input", self.get_input_details()),
                           ("output", self.get_output_details())):
            for d in side:
                cells = (what, str(d["index"]), d["name"], np.dtype(d["dtype"]).name,
                         _shape_text(d), _quantization_text(d))
                rows.append("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in cells) + "</tr>")
        head = "".join(f"<th>{c}</th>"
                       for c in ("", "index", "name", "type", "shape", "scale, zero point"))
        return (f"<table><caption>{html.escape(self._source)}</caption>"
                f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>")


class InterpreterWithCustomOps(Interpreter):
    """An interpreter with operators of the program."""

    def __init__(self, custom_op_registerers: Optional[List[Registerer]] = None,
                 **kwargs: Any) -> None:
        """Opens a model.

        Args:
          custom_op_registerers: Functions that add operators: C functions by the name under which
            the process has them (loaded with ctypes.RTLD_GLOBAL), or Python functions. Each is
            called with the address of a TfLiteInterpreterOptions, for
            TfLiteInterpreterOptionsAddCustomOp or TfLiteInterpreterOptionsAddOperator of the C API.
          **kwargs: As for Interpreter.
        """
        self._custom_op_registerers = custom_op_registerers or []
        super().__init__(**kwargs)


def _index(value: Any) -> int:
    """A number of any integer type, but not one made of a text or a fraction."""
    try:
        return int(value.__index__())
    except AttributeError:
        raise TypeError(f"an index must be an integer, not {type(value).__name__}") from None


def _readable(path: Any, content: Any) -> str:
    """Checks that there is one model; returns a text for it."""
    if path and content:
        raise ValueError("Can't both provide `model_path` and `model_content`")
    if not path and not content:
        raise ValueError("`model_path` or `model_content` must be specified.")
    if content:
        return f"of {len(content)} bytes"
    try:
        with open(path, "rb"):
            return repr(os.fsdecode(path))
    except OSError as e:
        raise ValueError(f"Could not open '{os.fsdecode(path)}': {e.strerror}") from e


def _content(content: Any) -> bytes:
    if isinstance(content, str):
        raise TypeError("model_content must be bytes, not str")
    return bytes(content)


def _shape_text(details: Details) -> str:
    return "[" + ", ".join("?" if n < 0 else str(n) for n in details["shape_signature"]) + "]"


def _summary(details: Details) -> str:
    return f"{details['name']} {np.dtype(details['dtype']).name}{_shape_text(details)}"


def _quantization_text(details: Details) -> str:
    scales = details["quantization_parameters"]["scales"]
    if scales.size > 1:
        return f"{scales.size} scales"
    scale, zero_point = details["quantization"]
    return f"{scale:.6g}, {zero_point}" if scale else ""
