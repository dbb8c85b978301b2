#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes what a universal sentence encoder cuts texts with, small: run once, with flatbuffers and
ai-edge-litert.

    make_encoder.py FOLDER

FOLDER is tests/data; from pieces_unigram.model there come

pieces.encoder   the same pieces as TFSentencepieceTokenizeOp takes them
encoded.tflite   three strings; the two outputs are the numbers of the first and the third one's
                 pieces, by that operator and RaggedTensorToTensor, -1 behind the last"""
import struct
import sys

import flatbuffers
import numpy as np
from flatbuffers import flexbuffers
from make_texts import OP, TYPE, Model, schema

LENGTH = 24
LEAF = 0x80000000


def fields(data):
    """The fields of a protocol buffer: number and value."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = number()
        size = {5: 4, 1: 8}.get(key & 7)
        if key & 7 == 0:
            yield key >> 3, number()
            continue
        size = number() if size is None else size
        at += size
        yield key >> 3, data[at - size:at]


def double_array(words):
    """The nodes of a trie of words with numbers, as Darts lays them out."""
    root, nodes, taken, begun = {}, {0: 0}, {0}, set()
    for word, value in words.items():
        node = root
        for byte in word:
            node = node.setdefault(byte, {})
        node[None] = value

    def place(at, children):
        labels = [label or 0 for label in children]
        distance = 1
        while at ^ distance in begun or any(at ^ distance ^ i in taken for i in labels):
            distance += 1
        base = at ^ distance
        begun.add(base)
        taken.update(base ^ label for label in labels)
        nodes[at] = nodes[at] | distance << 10 | (0x100 if None in children else 0)
        for label, below in children.items():
            nodes[base ^ (label or 0)] = LEAF | below if label is None else label
        for label, below in children.items():
            if label is not None:
                place(base ^ label, below)

    place(0, root)
    return [nodes.get(i, 0) for i in range((max(nodes) | 0xff) + 1)]


def encoder(model):
    """A SentencePiece model as an EncoderConfig."""
    words, scores, unknown, chars = {}, [], 0, b""
    for number, value in fields(model):
        parts = dict(fields(value)) if number in (1, 3) else {}
        if number == 1:
            kind = parts.get(3, 1)
            if kind in (1, 4):
                words[parts[1]] = len(scores)
            unknown = len(scores) if kind == 2 else unknown
            scores.append(struct.unpack("<f", parts[2])[0])
        elif number == 3:
            chars = parts[2]
    b = flatbuffers.Builder(1024)

    def trie(values):
        vector = b.CreateNumpyVector(np.asarray(values, np.uint32))
        b.StartObject(1)
        b.PrependUOffsetTRelativeSlot(0, vector, 0)
        return b.EndObject()

    size = struct.unpack("<I", chars[:4])[0]
    offsets = {6: trie(double_array(words)),
               7: b.CreateNumpyVector(np.array(scores, np.float32)),
               11: trie(np.frombuffer(chars[4:4 + size], np.uint32)),
               12: b.CreateNumpyVector(np.frombuffer(chars[4 + size:], np.int8))}
    b.StartObject(13)
    for slot, value in ((1, 1), (2, 2)):
        b.PrependInt32Slot(slot, value, 0)
    b.PrependInt32Slot(3, unknown, -1)
    b.PrependFloat32Slot(4, min(scores) - 10, 0)
    for slot in (8, 9, 10):
        b.PrependBoolSlot(slot, True, False)
    for slot, offset in offsets.items():
        b.PrependUOffsetTRelativeSlot(slot, offset, 0)
    b.Finish(b.EndObject())
    return bytes(b.Output())


def options():
    b = flexbuffers.Builder()
    with b.Map():
        b.Key("row_partition_types")
        with b.TypedVector():
            b.Key("ROW_SPLITS")
    return b.Finish()


def add_custom(model, name, inputs, outputs, data=None):
    model.add(OP.CUSTOM, inputs, outputs[0])
    model.model.operatorCodes[-1].customCode = name
    op = model.graph.operators[-1]
    op.outputs = outputs
    op.customOptions = np.frombuffer(bytes(data), np.uint8) if data else None


def model_of(data):
    m = Model()
    strings = [m.tensor(n, [1], TYPE.STRING) for n in ("inp_text", "res_context", "res_text")]
    pieces = m.tensor("encoder", [len(data)], TYPE.UINT8, np.frombuffer(data, np.uint8))
    best = m.tensor("best", [], TYPE.INT32, np.array([0], np.int32))
    alpha = m.tensor("alpha", [], TYPE.FLOAT32, np.array([1], np.float32))
    yes = m.tensor("yes", [], TYPE.BOOL, np.array([True]))
    no = m.tensor("no", [], TYPE.BOOL, np.array([False]))
    shape = m.tensor("shape", [2], TYPE.INT32, np.array([1, LENGTH], np.int32))
    fill = m.tensor("fill", [], TYPE.INT32, np.array([-1], np.int32))
    outputs = []
    for text, name in ((strings[0], "query_encoding"), (strings[2], "response_encoding")):
        codes = m.tensor(f"{name}/codes", [0], TYPE.INT32)
        splits = m.tensor(f"{name}/splits", [2], TYPE.INT32)
        add_custom(m, "TFSentencepieceTokenizeOp", [pieces, text, best, alpha, yes, yes, no],
                   [codes, splits])
        dense = m.tensor(f"{name}/dense", [1, LENGTH], TYPE.INT32)
        add_custom(m, "RaggedTensorToTensor", [shape, codes, fill, splits], [dense], options())
        cast = schema.CastOptionsT()
        cast.inDataType, cast.outDataType = TYPE.INT32, TYPE.FLOAT32
        outputs.append(m.add(OP.CAST, [dense], m.tensor(name, [1, LENGTH], TYPE.FLOAT32), cast))
    return m, strings, outputs


def main(folder):
    with open(f"{folder}/pieces_unigram.model", "rb") as f:
        data = encoder(f.read())
    with open(f"{folder}/pieces.encoder", "wb") as f:
        f.write(data)
    m, strings, outputs = model_of(data)
    m.save(f"{folder}/encoded.tflite", strings, outputs)


if __name__ == "__main__":
    main(sys.argv[1])
