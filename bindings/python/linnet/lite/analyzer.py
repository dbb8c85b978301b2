# SPDX-License-Identifier: Apache-2.0
"""TensorFlow's `tf.lite.experimental.Analyzer`: prints what is in a model, in TensorFlow's form."""
import numpy

from linnet import _core
from linnet._model import Item, root

# Slots of the schema's tables.
_MODEL_GRAPHS, _MODEL_BUFFERS, _MODEL_SIGNATURES = 2, 4, 7
_GRAPH_TENSORS, _GRAPH_INPUTS, _GRAPH_OUTPUTS, _GRAPH_NODES, _GRAPH_NAME = range(5)
_TENSOR_SHAPE, _TENSOR_TYPE, _TENSOR_BUFFER, _TENSOR_NAME, _TENSOR_SIGNATURE = 0, 1, 2, 3, 7
_NODE_INPUTS, _NODE_OUTPUTS, _NODE_OPTIONS = 1, 2, 4
_SIGNATURE_INPUTS, _SIGNATURE_OUTPUTS, _SIGNATURE_KEY, _SIGNATURE_GRAPH = 0, 1, 2, 4

_TYPES = ("FLOAT32", "FLOAT16", "INT32", "UINT8", "INT64", "STRING", "BOOL", "INT16", "COMPLEX64",
          "INT8", "FLOAT64", "COMPLEX128", "UINT64", "RESOURCE", "VARIANT", "UINT32", "UINT16",
          "INT4", "BFLOAT16", "INT2", "UINT4")
_CALLS = {"CALL_ONCE": ("",), "IF": ("Then: ", "Else: "), "WHILE": ("Cond: ", "Body: ")}
_SHOWN = 5  # values of a constant
_LINE = "-" * 63
_END = """
* Buffers of TFLite model are mostly used for constant tensors.
  And zero value buffers are buffers filled with zeros.
{hint}  Non-data buffers area are used to store operators, subgraphs and etc.
  You can find more details from \
https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/schema/schema.fbs
"""
_HINT = ("  (Consider use `converter._experimental_unfold_large_splat_constant` to save the model "
         "size.)\n")


def _shown(values):
    texts = values[:_SHOWN] + (["..."] if len(values) > _SHOWN else [])
    return "[" + ", ".join(texts) + "]"


class _Report:
    def __init__(self, model):
        self.names = _core.model_operators(model)  # a ValueError where it is none
        self.size = len(model)
        self.model = root(model)
        self.graphs = self.model.children(_MODEL_GRAPHS)
        self.tensors = [graph.children(_GRAPH_TENSORS) for graph in self.graphs]
        self.data = [self._bytes(buffer) for buffer in self.model.children(_MODEL_BUFFERS)]
        self.lines = []

    def _bytes(self, buffer):
        at = buffer.field(0)
        if at:
            start, n = buffer.vector(at)
        else:  # behind the flatbuffer
            start, n = buffer.number(1, "<Q"), buffer.number(2, "<Q")
        return memoryview(self.model.buf)[start:start + n] if start > 1 else memoryview(b"")

    def _constant(self, tensor):
        number = tensor.number(_TENSOR_BUFFER, "<I")
        return number, self.data[number] if number < len(self.data) else b""

    def _values(self, tensor):
        kind = _TYPES[tensor.number(_TENSOR_TYPE, "<b")]
        data = self._constant(tensor)[1]
        if kind == "FLOAT32":
            return [f"{v:g}" for v in numpy.frombuffer(data, "<f4", len(data) // 4)[:_SHOWN + 1]]
        if kind == "INT32":
            return [str(v) for v in numpy.frombuffer(data, "<i4", len(data) // 4)[:_SHOWN + 1]]
        if kind in ("INT8", "UINT8", "STRING"):
            return [chr(v) if 32 <= v < 127 else "." for v in data[:_SHOWN + 1]]
        return ["??"] * min(len(data), _SHOWN + 1)

    @staticmethod
    def _tensor_name(graph, tensor):
        return f"T#{graph}_{tensor}" if graph and tensor >= 0 else f"T#{tensor}"

    def _list(self, graph, tensors):
        return ", ".join(self._tensor_name(graph, tensor) for tensor in tensors or ())

    def _operand(self, graph, tensor):
        text = self._tensor_name(graph, tensor)
        if tensor >= 0:
            item = self.tensors[graph][tensor]
            if item.number(_TENSOR_TYPE, "<b") == _TYPES.index("INT32") and self._constant(item)[1]:
                text += _shown(self._values(item))
        return text

    def _node(self, graph, i, node):
        name = self.names[graph][i]
        parts = [self._operand(graph, tensor) for tensor in node.ints(_NODE_INPUTS) or ()]
        options = node.child(_NODE_OPTIONS)
        for slot, text in enumerate(_CALLS.get(name, ())):
            parts.append(f"{text}Subgraph#{options.number(slot) if options else 0}")
        outputs = self._list(graph, node.ints(_NODE_OUTPUTS))
        self.lines.append(f"  Op#{i} {name}({', '.join(parts)}) -> [{outputs}]")

    def _tensor(self, graph, i, tensor):
        open_shape = tensor.ints(_TENSOR_SIGNATURE)
        shape = open_shape or tensor.ints(_TENSOR_SHAPE) or []
        text = (f"  {self._tensor_name(graph, i)}({tensor.text(_TENSOR_NAME)}) "
                f"{'shape_signature' if open_shape else 'shape'}:{shape}, "
                f"type:{_TYPES[tensor.number(_TENSOR_TYPE, '<b')]}")
        number, data = self._constant(tensor)
        if data:
            text += f" RO {len(data)} bytes, buffer: {number}, data:{_shown(self._values(tensor))}"
        self.lines.append(text)

    def _graph(self, i, graph):
        name = f" {graph.text(_GRAPH_NAME)}" if graph.field(_GRAPH_NAME) else ""
        self.lines.append(f"Subgraph#{i}{name}({self._list(i, graph.ints(_GRAPH_INPUTS))}) -> "
                          f"[{self._list(i, graph.ints(_GRAPH_OUTPUTS))}]")
        for k, node in enumerate(graph.children(_GRAPH_NODES)):
            self._node(i, k, node)
        self.lines += ["", f"Tensors of Subgraph#{i}"]
        for k, tensor in enumerate(self.tensors[i]):
            self._tensor(i, k, tensor)
        self.lines.append("")

    def _begin(self):
        self.lines += [f"Your TFLite model has '{len(self.graphs)}' subgraph(s). In the subgraph "
                       "description below,"]
        text = "T# represents the Tensor numbers. "
        nodes = self.graphs[0].children(_GRAPH_NODES) if self.graphs else []
        if nodes:
            inputs, outputs = (" and ".join(f"tensor #{t}" for t in nodes[0].ints(slot) or ())
                               for slot in (_NODE_INPUTS, _NODE_OUTPUTS))
            text += f"For example, in Subgraph#0, the {self.names[0][0]} op takes"
            self.lines += [text, f"{inputs} as input and produces {outputs} as output.", ""]
        else:
            self.lines.append(text)

    def _signatures(self):
        signatures = self.model.children(_MODEL_SIGNATURES)
        if signatures:
            self.lines += [_LINE, f"Your TFLite model has '{len(signatures)}' signature_def(s).",
                           ""]
        for i, signature in enumerate(signatures):
            graph = signature.number(_SIGNATURE_GRAPH, "<I")
            self.lines += [f"Signature#{i} key: '{signature.text(_SIGNATURE_KEY)}'",
                           f"- Subgraph: Subgraph#{graph}"]
            for title, slot in (("- Inputs: ", _SIGNATURE_INPUTS),
                                ("- Outputs: ", _SIGNATURE_OUTPUTS)):
                self.lines.append(title)
                for item in signature.children(slot):
                    tensor = self._tensor_name(graph, item.number(1, "<I"))
                    self.lines.append(f"    '{item.text(0)}' : {tensor}")
            self.lines.append("")

    def _size(self, title, n, last=""):
        share = n / self.size * 100
        self.lines.append(f"{title:>24}: {n:10} bytes ({share:05.2f} %){last}")

    def _sizes(self):
        total = sum(len(data) for data in self.data)
        zeros = sum(len(data) for data in self.data if not any(data))
        self.lines += [_LINE, f"{'Model size':>24}: {self.size:10} bytes"]
        self._size("Non-data buffer size", self.size - total)
        self._size("Total data buffer size", total)
        for i, tensors in enumerate(self.tensors if len(self.tensors) > 1 else ()):
            self._size(f"- Subgraph#{i}  ", sum(len(self._constant(t)[1]) for t in tensors))
        self._size("(Zero value buffers)", zeros)
        self.lines.append(_END.format(hint=_HINT if zeros * 10 > self.size else ""))

    def text(self, gpu):
        self._begin()
        for i, graph in enumerate(self.graphs):
            self._graph(i, graph)
        if gpu:
            self.lines += ["", "GPU compatibility is not checked: Linnet has no GPU delegate.", ""]
        self._signatures()
        self._sizes()
        return "\n".join(self.lines)


class Analyzer:
    """Says what a model is made of."""

    @staticmethod
    def analyze(model_path=None, model_content=None, gpu_compatibility=False, **kwargs):
        """Prints the operators, tensors, signatures and sizes of a model, a file or its bytes."""
        if not model_path and not model_content:
            raise ValueError("neither `model_path` nor `model_content` is provided")
        if model_path:
            print(f"=== {model_path} ===\n")
            with open(model_path, "rb") as file:
                model_content = file.read()
        else:
            print("=== TFLite ModelAnalyzer ===\n")
        print(_Report(bytes(model_content)).text(gpu_compatibility))
