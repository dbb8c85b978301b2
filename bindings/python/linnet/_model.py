# SPDX-License-Identifier: Apache-2.0
"""Tables of a model whose bytes have been verified, and what its inputs and outputs are."""
from typing import List, Tuple, Union

import numpy

from linnet import _core
from linnet._flatbuffer import Table


class Item(Table):
    """A table, with what is in its slots."""

    def number(self, slot, kind="<i", default=0):
        at = self.field(slot)
        return self.get(kind, at) if at else default

    def text(self, slot):
        at = self.field(slot)
        return self.string(at).decode("utf-8", "replace") if at else ""

    def ints(self, slot):
        at = self.field(slot)
        if not at:
            return None
        start, n = self.vector(at)
        return numpy.frombuffer(self.buf, "<i4", n, start).tolist()

    def child(self, slot):
        at = self.field(slot)
        return Item(self.buf, self.follow(at)) if at else None

    def children(self, slot):
        at = self.field(slot)
        start, n = self.vector(at) if at else (0, 0)
        return [Item(self.buf, self.follow(start + 4 * i)) for i in range(n)]


def root(model):
    """The table of a whole model; its offset stands at the beginning."""
    return Item(model, Table(model, 0).follow(0))


def _tensors(graph, slot):
    tensors, found = graph.children(0), []
    for number in graph.ints(slot) or []:
        t = tensors[number] if 0 <= number < len(tensors) else None
        found.append((t.text(3), t.number(1, "<b"), number, tuple(t.ints(0) or ())) if t
                     else ("", 0, number, ()))
    return found


_Bytes = Union[bytes, bytearray, memoryview]
_Tensor = Tuple[str, int, int, Tuple[int, ...]]


def ends(model: _Bytes) -> Tuple[List[_Tensor], ...]:
    """(name, type, number, shape) of each input and of each output of the first graph, types as
    the file format numbers them.  The model need not be one that runs."""
    model = bytes(model)
    _core.model_metadata(model)  # it verifies the model; what reads here does not
    graphs = root(model).children(2)
    return tuple(_tensors(graphs[0], slot) if graphs else [] for slot in (1, 2))
