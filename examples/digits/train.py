#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the digit classifier of the demo, without TensorFlow: NumPy and the command are enough.

    train.py [--epochs 60] [--linnet build/linnet] [--output digits.onnx]

writes an ONNX model; with --linnet it also makes a .tflite of that (beside it), quantizes that in
every mode with 300 of the training images, and prints what README.md shows.  The data, in
tests/data/digits, are 8 x 8 images of handwritten digits (UCI "optical recognition of handwritten
digits", as scikit-learn bundles them), 1437 to learn from and 360 that training never sees."""
import argparse
import pathlib
import subprocess

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data" / "digits"


class Conv:
    """RELU of a convolution that keeps the size: windows of k x k, of `channels` or, depthwise (0
    outputs), of each by itself."""

    def __init__(self, rng, k, channels, outputs):
        self.k, self.depthwise = k, not outputs
        shape = (channels, k * k) if self.depthwise else (channels * k * k, outputs)
        fan_in = k * k * (1 if self.depthwise else channels)
        self.w = rng.normal(0, (2 / fan_in) ** 0.5, shape).astype(np.float32)
        self.b = np.zeros(outputs or channels, np.float32)

    def forward(self, x):
        pad, self.shape = self.k // 2, x.shape
        x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
        x = np.lib.stride_tricks.sliding_window_view(x, (self.k, self.k), (1, 2))
        self.x = x.reshape((-1,) + (self.w.shape if self.depthwise else self.w.shape[:1]))
        y = (self.x * self.w).sum(2) if self.depthwise else self.x @ self.w
        self.y = np.maximum(y + self.b, 0).reshape(self.shape[:3] + (-1,))
        return self.y

    def backward(self, d):
        d = (d * (self.y > 0)).reshape(-1, len(self.b))
        if self.depthwise:
            self.gradients = (self.x * d[:, :, None]).sum(0), d.sum(0)
            parts = d[:, :, None] * self.w
        else:
            self.gradients = self.x.T @ d, d.sum(0)
            parts = d @ self.w.T
        n, height, width, channels = self.shape
        k, pad = self.k, self.k // 2
        parts = parts.reshape(n, height, width, channels, k, k)
        dx = np.zeros((n, height + 2 * pad, width + 2 * pad, channels), np.float32)
        for i in range(k):
            for j in range(k):
                dx[:, i:height + i, j:width + j] += parts[..., i, j]
        return dx[:, pad:height + pad, pad:width + pad]

    def kernel(self):
        """As ONNX has it: [outputs, channels or 1, k, k]."""
        return self.w.T.reshape(len(self.b), -1, self.k, self.k) if not self.depthwise \
            else self.w.reshape(-1, 1, self.k, self.k)


class Pool:
    """The largest of each 2 x 2 values."""

    def forward(self, x):
        n, height, width, channels = x.shape
        self.x = x.reshape(n, height // 2, 2, width // 2, 2, channels)
        self.y = self.x.max((2, 4), keepdims=True)
        return self.y[:, :, 0, :, 0]

    def backward(self, d):
        dx = (self.x == self.y) * d[:, :, None, :, None]
        return dx.reshape(len(d), d.shape[1] * 2, d.shape[2] * 2, -1)


class Dense:
    """Scores of classes, of flat inputs; part of these are left out while it learns."""

    def __init__(self, rng, n, classes, dropout):
        self.rng, self.keep = rng, 1 - dropout
        self.w = rng.normal(0, n ** -0.5, (n, classes)).astype(np.float32)
        self.b = np.zeros(classes, np.float32)

    def forward(self, x):
        self.shape = x.shape
        kept = self.rng.random((len(x), len(self.w)), np.float32) < self.keep
        self.kept = kept.astype(np.float32) / np.float32(self.keep)
        self.x = x.reshape(len(x), -1) * self.kept
        return self.x @ self.w + self.b

    def backward(self, d):
        self.gradients = self.x.T @ d, d.sum(0)
        return (d @ self.w.T * self.kept).reshape(self.shape)


def train(layers, images, labels, epochs, rng, batch=32, rate=1e-3):
    """Adam, on the cross-entropy of softmax."""
    learning = [layer for layer in layers if hasattr(layer, "w")]
    moments = [[np.zeros((2,) + p.shape, np.float32) for p in (layer.w, layer.b)]
               for layer in learning]
    classes = np.eye(10, dtype=np.float32)
    step = 0
    for _ in range(epochs):
        order = rng.permutation(len(images))
        for first in range(0, len(order), batch):
            some = order[first:first + batch]
            x = images[some]
            for layer in layers:
                x = layer.forward(x)
            e = np.exp(x - x.max(1, keepdims=True))
            d = (e / e.sum(1, keepdims=True) - classes[labels[some]]) / len(some)
            for layer in reversed(layers):
                d = layer.backward(d)
            step += 1
            for layer, both in zip(learning, moments):
                for p, gradient, m in zip((layer.w, layer.b), layer.gradients, both):
                    m[0] += 0.1 * (gradient - m[0])
                    m[1] += 0.001 * (gradient ** 2 - m[1])
                    mean, square = m[0] / (1 - 0.9 ** step), m[1] / (1 - 0.999 ** step)
                    p -= rate * mean / (np.sqrt(square) + 1e-7)


# ---- ONNX: fields of protocol buffers, each a number and bytes or a whole number ----

def number(n):
    low = bytes([n & 127])
    return low if n < 128 else bytes([low[0] | 128]) + number(n >> 7)


def field(tag, value):
    if isinstance(value, int):
        return number(tag << 3) + number(value)
    value = value.encode() if isinstance(value, str) else value
    return number(tag << 3 | 2) + number(len(value)) + value


def tensor(name, values):
    return (b"".join(field(1, n) for n in values.shape) + field(2, 1) + field(8, name) +
            field(9, values.astype("<f4").tobytes()))


def value_info(name, shape):
    dims = b"".join(field(1, field(1, n)) for n in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def attribute(name, value):
    if isinstance(value, int):
        return field(1, name) + field(3, value) + field(20, 2)
    return field(1, name) + b"".join(field(8, n) for n in value) + field(20, 7)


class Graph:
    """A list of operators, each of which takes what the one before it made."""

    def __init__(self, name):
        self.last, self.nodes, self.constants = name, [], []

    def add(self, kind, *constants, **attributes):
        inputs = field(1, self.last)
        self.last = f"{kind.lower()}_{len(self.nodes)}"
        for i, values in enumerate(constants):
            inputs += field(1, f"{self.last}_{i}")
            self.constants.append(tensor(f"{self.last}_{i}", values))
        self.nodes.append(inputs + field(2, self.last) + field(4, kind) +
                          b"".join(field(5, attribute(*a)) for a in attributes.items()))


def save(layers, path):
    g = Graph("image")
    g.add("Transpose", perm=[0, 3, 1, 2])
    for layer in layers:
        if isinstance(layer, Pool):
            g.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
        elif isinstance(layer, Dense):
            g.add("Transpose", perm=[0, 2, 3, 1])
            g.add("Flatten", axis=1)
            g.add("Gemm", layer.w, layer.b)
            g.add("Softmax", axis=1)
        else:
            g.add("Conv", layer.kernel(), layer.b, pads=[layer.k // 2] * 4,
                  group=len(layer.b) if layer.depthwise else 1)
            g.add("Relu")
    graph = (b"".join(field(1, n) for n in g.nodes) + field(2, "digits") +
             b"".join(field(5, c) for c in g.constants) +
             field(11, value_info("image", [1, 8, 8, 1])) + field(12, value_info(g.last, [1, 10])))
    path.write_bytes(field(1, 8) + field(7, graph) + field(8, field(2, 13)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--linnet")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("digits.onnx"))
    args = parser.parse_args()
    rng = np.random.default_rng(1)
    layers = [Conv(rng, 3, 1, 16), Conv(rng, 3, 16, 32), Pool(), Conv(rng, 3, 32, 0),
              Conv(rng, 1, 32, 48), Pool(), Dense(rng, 192, 10, 0.3)]
    train(layers, np.load(DATA / "train.npy") / np.float32(255), np.load(DATA / "train_labels.npy"),
          args.epochs, rng)
    save(layers, args.output)
    if args.linnet:
        model = args.output.with_suffix(".tflite")
        subprocess.run([args.linnet, "convert", args.output, "--output", model], check=True)
        subprocess.run(["sh", ROOT / "scripts" / "digits_table.sh", args.linnet, model], check=True)


if __name__ == "__main__":
    main()
