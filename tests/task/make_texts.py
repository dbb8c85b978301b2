#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the models of texts in tests/data whose results can be told by reading: run once, with
flatbuffers and ai-edge-litert.

    make_texts.py FOLDER

answer.tflite     ids, mask, segment_ids of 96 tokens; an answer begins at the word "red" (token 5)
                  and ends at "fox" (7)
sentiment.tflite  the same inputs; the probability of two classes: whether "good" (8) and "bad" (9)
                  are there
sentences.tflite  three strings and two outputs like a universal sentence encoder's; an encoding
                  says whether its string is "hello", "bye" or empty

The first two get their metadata by the command, with the vocabulary tests/data/bert.txt:

    linnet metadata write-question-answerer answer.tflite --vocab bert.txt
    linnet metadata write-bert-nl-classifier sentiment.tflite --vocab bert.txt --labels FILE

where FILE has the lines good and bad."""
import sys

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

OP = schema.BuiltinOperator
TYPE = schema.TensorType
TOKENS = 96
INPUTS = ("ids", "mask", "segment_ids")


def string(text):
    """The bytes of a tensor with one string."""
    head = np.array([1, 12, 12 + len(text)], np.int32)
    return np.frombuffer(head.tobytes() + text.encode(), np.uint8)


class Model:
    """A graph that grows from its inputs to its outputs."""

    def __init__(self):
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.buffers = [schema.BufferT()]
        self.model.operatorCodes = []
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.model.subgraphs = [self.graph]

    def tensor(self, name, shape, kind, data=None):
        t = schema.TensorT()
        t.name, t.shape, t.type, t.buffer = name, shape, kind, 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            t.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        self.graph.tensors.append(t)
        return len(self.graph.tensors) - 1

    def add(self, code, inputs, output, options=None):
        kind = schema.OperatorCodeT()
        kind.builtinCode = kind.deprecatedBuiltinCode = code
        kind.version = 1
        op = schema.OperatorT()
        op.opcodeIndex, op.inputs, op.outputs = len(self.graph.operators), inputs, [output]
        if options:
            name = type(options).__name__[:-1]
            op.builtinOptionsType = getattr(schema.BuiltinOptions, name)
            op.builtinOptions = options
        self.model.operatorCodes.append(kind)
        self.graph.operators.append(op)
        return output

    def is_equal(self, tensor, shape, kind, data, name):
        """A float of 1 where the tensor has the data's only value."""
        wanted = self.tensor(f"{name}/wanted", [1], kind, data)
        found = self.tensor(f"{name}/found", shape, TYPE.BOOL)
        self.add(OP.EQUAL, [tensor, wanted], found, schema.EqualOptionsT())
        cast = schema.CastOptionsT()
        cast.inDataType, cast.outDataType = TYPE.BOOL, TYPE.FLOAT32
        return self.add(OP.CAST, [found], self.tensor(name, shape, TYPE.FLOAT32), cast)

    def save(self, path, inputs, outputs):
        self.graph.inputs, self.graph.outputs = inputs, outputs
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        with open(path, "wb") as f:
            f.write(builder.Output())


def pack(model, parts, name):
    options = schema.PackOptionsT()
    options.valuesCount, options.axis = len(parts), 1
    return model.add(OP.PACK, parts, model.tensor(name, [1, len(parts)], TYPE.FLOAT32), options)


def is_token(model, ids, token, name):
    return model.is_equal(ids, [1, TOKENS], TYPE.INT32, np.array([token], np.int32), name)


def main(folder):
    bert = [Model(), Model()]
    for model in bert:
        for name in INPUTS:
            model.tensor(name, [1, TOKENS], TYPE.INT32)
    ends = [is_token(bert[0], 0, token, name)
            for token, name in ((7, "end_logits"), (5, "start_logits"))]
    bert[0].save(f"{folder}/answer.tflite", [0, 1, 2], ends)

    axis = bert[1].tensor("axis", [1], TYPE.INT32, np.array([1], np.int32))
    found = []
    for token, name in ((8, "good"), (9, "bad")):
        there = is_token(bert[1], 0, token, f"{name}/each")
        most = bert[1].tensor(name, [1], TYPE.FLOAT32)
        found.append(bert[1].add(OP.REDUCE_MAX, [there, axis], most, schema.ReducerOptionsT()))
    bert[1].save(f"{folder}/sentiment.tflite", [0, 1, 2], [pack(bert[1], found, "probability")])

    model = Model()
    strings = [model.tensor(n, [1], TYPE.STRING) for n in ("inp_text", "res_context", "res_text")]
    outputs = [pack(model, [model.is_equal(strings[which], [1], TYPE.STRING, string(text),
                                           f"{name}/{i}")
                            for i, text in enumerate(("hello", "bye", ""))], name)
               for which, name in ((0, "query_encoding"), (2, "response_encoding"))]
    model.save(f"{folder}/sentences.tflite", strings, outputs)


if __name__ == "__main__":
    main(sys.argv[1])
