#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/data/keras: small models of Keras 3 and what they give, for tests/convert/keras.c.

    keras_data.py FOLDER     (needs TensorFlow, or another backend of Keras 3, and h5py)

NAME.io has, for each of two calls, the inputs and then the outputs: int32 number of tensors, and
per tensor int32 items and the items as float32."""
import json
import pathlib
import sys
import zipfile

import h5py
import keras
import numpy as np
from keras import layers as L
from keras import ops


def images():
    x = keras.Input((6, 6, 3), name="image")
    y = L.Rescaling(0.5, offset=-0.25)(x)
    y = L.Conv2D(4, 3, padding="same", activation="relu", name="first")(y)
    y = L.BatchNormalization()(L.DepthwiseConv2D(3, strides=2, padding="same", use_bias=False)(y))
    y = L.LeakyReLU()(y)
    y = L.GlobalAveragePooling2D()(L.SeparableConv2D(5, 2, activation="relu6")(y))
    shared = keras.Sequential([L.Dense(4, activation="tanh"), L.Dense(5)], name="shared")
    return keras.Model(x, {"scores": L.Softmax()(shared(y)), "again": shared(shared(y))})


def series():
    x = keras.Input((7,), dtype="int32", name="words")
    y = L.Embedding(5, 4, mask_zero=True)(x)
    y = L.Bidirectional(L.LSTM(3, return_sequences=True))(y)
    y = L.TimeDistributed(L.Dense(3, activation="elu"))(y)
    y, state = L.GRU(3, return_state=True)(y)
    return keras.Model(x, [L.Dense(2, activation="sigmoid")(y), state])


def attention():
    x = keras.Input((5, 4), name="query")
    v = keras.Input((3, 4), name="value")
    y = L.LayerNormalization()(x + L.MultiHeadAttention(2, 3)(x, v) * 0.5)
    return keras.Model([x, v], L.Flatten()(ops.maximum(y[:, 1:4], 0.1)))


def constants():
    """Operands of several axes inside of the model, as a ViT has them for its positions."""
    x = keras.Input((3, 4), name="x")
    y = x + np.arange(12, dtype="float32").reshape(3, 4) / 8
    y = ops.maximum(ops.multiply(y, np.array([[[1], [2], [-1]]], "float32")), np.full((1, 4), -0.5))
    return keras.Model(x, ops.where(np.eye(3, 4) > 0, y, ops.negative(y)))


def uneven():
    """Keras on TensorFlow adds the constant along the last axis, other backends along the first."""
    x = keras.Input((4, 4), name="x")
    return keras.Model(x, x + np.arange(4, dtype="float32").reshape(4, 1))


def nested():
    """A model called twice inside of another, whose outputs count its calls from 1; steps."""
    x = keras.Input((4, 5), name="x")
    i = keras.Input((4, 5))
    inner = keras.Model(i, L.Dense(3)(i)[:, ::2])
    first = inner(ops.tanh(x[:, ::-1]))
    return keras.Model(x, [inner(x), first])


def first():
    """Channels first: an activation along the last axis goes along the width."""
    x = keras.Input((2, 5, 6), name="x")
    return keras.Model(x, L.Conv2D(3, 2, activation="softmax", data_format="channels_first")(x))


def functions():
    """Functions of keras.ops by several operators each."""
    x = keras.Input((6, 8, 2), name="x")
    y = ops.image.extract_patches(ops.image.resize(x, (4, 4), antialias=True), 2)
    y = ops.dot_product_attention(*[ops.reshape(y, (-1, 4, 2, 4))] * 3, is_causal=True)
    z = ops.conv(x, np.arange(24, dtype="float32").reshape(3, 2, 2, 2) / 24 - 0.5, strides=2)
    at = ops.cast(ops.argsort(z, axis=-1), "int32")
    wave = ops.stft(x[..., 0], 6, 2, 6)
    return keras.Model(x, ops.concatenate(
        [ops.reshape(t, (-1, 32)) for t in (y,)] +
        [L.Flatten()(t) for t in (ops.take_along_axis(z, at, -1), ops.diagonal(x, 0, 1, 2),
                                  ops.cbrt(z), *wave)], axis=1))


def numbers():
    """Integers of several widths, numbers that are missing, orders, colors and their histograms."""
    x = keras.Input((4, 6, 3), name="x")
    narrow = ops.cast(x * 3, "int8")
    missing = x / ops.cast(x > -0.5, "float32")
    color = L.ContrastLimitedAdaptiveHistogramEqualization(
        value_range=(-1, 1), tile_grid_size=(2, 2))(ops.clip(x, -1, 1))
    made = (ops.relu(narrow), ops.sum(narrow, axis=1), ops.sum(x > 0, axis=2),
            ops.var(ops.cast(narrow, "int32"), axis=1), ops.bitwise_or(narrow, narrow[:, :1]),
            ops.nanmean(ops.where(missing > 1e9, x, missing), axis=1), ops.cumprod(x, axis=2),
            ops.quantile(x, [0.3, 1.0], axis=-1)[0], ops.image.rgb_to_hsv(ops.sigmoid(x)), color)
    return keras.Model(x, ops.concatenate(
        [L.Flatten()(ops.cast(t, "float32")) for t in made], axis=1))


def boxes():
    """A dictionary, whose items Keras counts by their names; some boxes are left out or added."""
    image, x, label = (keras.Input(s, name=n) for n, s in (("image", (2, 2, 1)), ("x", (3, 4)),
                                                           ("label", (3,))))
    made = []
    for n in (2, 4):
        y = L.MaxNumBoundingBoxes(n, bounding_box_format="xyxy")(
            {"images": image, "bounding_boxes": {"boxes": x, "labels": label}})
        made += [y["bounding_boxes"]["labels"], y["images"], y["bounding_boxes"]["boxes"]]
    return keras.Model([image, x, label], made)


def dictionaries():
    """Models that take and give dictionaries: by their keys, whatever their order."""
    x, y = (keras.Input((4,), name=n) for n in ("x", "y"))
    i, j = (keras.Input((4,), name=n) for n in ("i", "j"))
    both = keras.Model({"one": i, "all": j}, {"n": L.Dense(3)(i), "m": L.Dense(2)(j)})
    named = keras.Model([i, j], L.Dense(3)(i - 2 * j))
    made = both({"all": y, "one": x})
    return keras.Model([x, y], [named({"j": x, "i": y}), made["n"], made["m"]])


def masks():
    """MultiHeadAttention takes the masks off what it is given: who comes later sees none."""
    x = keras.Input((6,), dtype="int32", name="words")
    y = L.Embedding(5, 4, mask_zero=True)(x)
    a = L.MultiHeadAttention(1, 2, dropout=0.1)(y, y)
    b = L.MultiHeadAttention(2, 2)(y, a)
    z = L.Embedding(5, 4, mask_zero=True)(x)
    m = L.Maximum()([L.Multiply()([z, b]), L.Minimum()([z, y])])
    return keras.Model(x, [L.GlobalAveragePooling1D()(L.Add()([y, a])), L.LSTM(2)(b), L.GRU(2)(y),
                           m * 0.5])


def shared():
    """A layer and a model that are parts of several models; their weights are in a file once."""
    i = keras.Input((4,))
    middle = L.Dense(4, activation="tanh")
    inner = keras.Model(i, L.Dense(3)(middle(i)))
    j = keras.Input((4,))
    outer = keras.Model(j, inner(j * 0.5))
    x = keras.Input((4,), name="x")
    return keras.Model(x, [outer(x), inner(x), middle(x)])


def unsized():
    """Of an open size: transposed convolutions, and what is normal over several axes."""
    x = keras.Input((None, None, 2), name="x")
    y = L.Conv2DTranspose(3, (3, 2), strides=2, padding="same")(L.Softmax(axis=[1, 2])(x))
    y = L.Conv2DTranspose(2, (2, 4), strides=(3, 2))(y)
    z = keras.Input((None, 2), name="z")
    return keras.Model([x, z], [y, L.Conv1DTranspose(2, 3, strides=2)(z)])


def randomize(model, rng):
    for w in model.weights:
        value = rng.normal(size=w.shape) * 0.4
        w.assign(np.abs(value) + 0.2 if "variance" in w.path else value)


def pack(arrays):
    parts = [np.int32(len(arrays)).tobytes()]
    for a in arrays:
        parts += [np.int32(a.size).tobytes(), np.asarray(a, np.float32).tobytes()]
    return b"".join(parts)


def smaller(path):
    """A copy of an .h5 file in the newer, shorter layout, with what is needed."""
    with h5py.File(path) as old, h5py.File(path.with_suffix(".new"), "w", libver="latest") as new:
        for key in ("model_config", "keras_version"):
            new.attrs[key] = np.bytes_(old.attrs[key])
        for layer, group in old["model_weights"].items():
            names = [str(n) for n in group.attrs["weight_names"]]
            if names:
                made = new.create_group(f"model_weights/{layer}")
                made.attrs["weight_names"] = np.array([n.encode() for n in names])
            for name in names:
                made.create_dataset(name, data=group[name][()])
    path.with_suffix(".new").rename(path)


def one_of(t):
    return (1, *(5 if d is None else d for d in t.shape[1:]))


def make(folder, build):
    keras.backend.clear_session()
    rng = np.random.default_rng(7)
    model, name = build(), build.__name__
    randomize(model, rng)
    data = b""
    for _ in range(2):
        given = [rng.integers(0, 5, one_of(t)).astype("int32") if t.dtype == "int32" else
                 rng.normal(size=one_of(t)).astype("float32") for t in model.inputs]
        made = model(given if len(given) > 1 else given[0])
        data += pack(given) + pack([np.asarray(v) for v in keras.tree.flatten(made)])
    (folder / f"{name}.io").write_bytes(data)
    save_h5(model, folder / f"{name}.h5")
    save(model, folder / f"{name}.keras")


def save_h5(model, path):
    model.save(path)
    smaller(path)


def save(model, old):
    model.save(old)
    with zipfile.ZipFile(old) as z:
        entries = {n: z.read(n) for n in z.namelist()}
    with zipfile.ZipFile(old, "w", zipfile.ZIP_DEFLATED) as z:
        for entry, content in entries.items():
            z.writestr(zipfile.ZipInfo(entry), content, zipfile.ZIP_DEFLATED)


def with_backend(folder):
    """The uneven sum of a file that names its backend, where it is a sum of arrays."""
    save_h5(uneven(), folder / "uneven.h5")
    with h5py.File(folder / "uneven.h5", "a") as f:
        f.require_group("model_weights").attrs["backend"] = np.bytes_(b"jax")
    rng, data = np.random.default_rng(6), b""
    for _ in range(2):
        x = rng.normal(size=(1, 4, 4)).astype("float32")
        data += pack([x]) + pack([x + np.arange(4, dtype="float32").reshape(4, 1)])
    (folder / "uneven.io").write_bytes(data)


def python_code(folder):
    """A model that cannot be converted: three layers are Python code, one of a name of Keras's."""
    layers = [{"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 4]}},
              {"class_name": "Lambda", "config": {"name": "code"}},
              {"class_name": "Mine", "registered_name": "my>Mine", "config": {"name": "own"}},
              {"class_name": "Dense", "module": None, "registered_name": "Dense",
               "config": {"name": "not_kerass", "units": 4}}]
    config = {"class_name": "Sequential", "config": {"name": "m", "layers": layers}}
    with zipfile.ZipFile(folder / "code.keras", "w") as z:
        z.writestr(zipfile.ZipInfo("config.json"), json.dumps(config))


def keras_2(folder):
    """As Keras 2 wrote it: calls as lists, names with ":0", hard_sigmoid by its older formula."""
    rng = np.random.default_rng(3)
    kernel, bias = (rng.normal(size=s).astype("float32") for s in ((4, 4), (4,)))

    def layer(name, kind, inbound, **config):
        return {"class_name": kind, "name": name, "config": {"name": name, **config},
                "inbound_nodes": [[[i, 0, 0, {}] for i in inbound]] if inbound else []}

    layers = [layer("input_1", "InputLayer", [], batch_input_shape=[None, 4], dtype="float32"),
              layer("dense", "Dense", ["input_1"], trainable=True, units=4, activation="linear"),
              layer("add", "Add", ["input_1", "dense"], trainable=True),
              layer("gate", "Activation", ["add"], trainable=True, activation="hard_sigmoid")]
    model = {"class_name": "Functional", "config": {
        "name": "model", "layers": layers, "input_layers": [["input_1", 0, 0]],
        "output_layers": [["gate", 0, 0]]}}
    with h5py.File(folder / "keras_2.h5", "w", libver="latest") as f:
        f.attrs["model_config"] = json.dumps(model).encode()
        f.attrs["keras_version"] = b"2.4.0"
        group = f.create_group("model_weights/dense")
        group.attrs["weight_names"] = np.array([b"dense/kernel:0", b"dense/bias:0"])
        group["dense/kernel:0"], group["dense/bias:0"] = kernel, bias
    data = b""
    for _ in range(2):
        x = rng.normal(size=(1, 4)).astype("float32") * 2
        data += pack([x]) + pack([np.clip((x + x @ kernel + bias) * 0.2 + 0.5, 0, 1)])
    (folder / "keras_2.io").write_bytes(data)


def tensorflow_2(folder):
    """Functions of TensorFlow between the layers, as Keras 2 writes them."""
    def layer(name, function, *calls, kind="TFOpLambda"):
        return {"class_name": kind, "name": name,
                "config": {"name": name, "trainable": True, "function": function},
                "inbound_nodes": list(calls) if len(calls) == 1 else [list(calls)]}

    whole, after, even = [{"start": a, "stop": None, "step": s}
                          for a, s in ((None, None), (1, None), (None, 2))]
    layers = [
        {"class_name": "InputLayer", "name": "x", "inbound_nodes": [],
         "config": {"name": "x", "batch_input_shape": [1, 3, 4], "dtype": "float32"}},
        layer("sub", "math.subtract",
              ["_CONSTANT_VALUE", -1, 1.0, {"y": ["x", 0, 0], "name": None}]),
        layer("item", "__operators__.getitem", ["sub", 0, 0, {"slice_spec": [whole, after, even]}],
              kind="SlicingOpLambda"),
        layer("matmul", "linalg.matmul",
              ["item", 0, 0, {"b": ["item", 0, 0], "transpose_b": True}]),
        layer("concat", "concat", ["item", 0, 0, {"axis": -1}], ["matmul", 0, 0, {"axis": -1}]),
        layer("gather", "compat.v1.gather", ["concat", 0, 0, {
            "indices": [1, 0], "validate_indices": None, "axis": 1, "batch_dims": 0}]),
        layer("max", "math.reduce_max", ["gather", 0, 0, {"axis": -1, "keepdims": True}]),
        layer("place", "math.argmax", ["gather", 0, 0, {"axis": -1}]),
        layer("cast", "cast", ["place", 0, 0, {"dtype": "float32"}]),
        layer("expand", "expand_dims", ["cast", 0, 0, {"axis": -1}]),
        layer("all", "concat", *([name, 0, 0, {"axis": -1}]
                                 for name in ("gather", "max", "expand")))]
    model = {"class_name": "Functional", "config": {
        "name": "model", "layers": layers, "input_layers": [["x", 0, 0]],
        "output_layers": [["all", 0, 0]]}}
    with h5py.File(folder / "tensorflow_2.h5", "w", libver="latest") as f:
        f.attrs["model_config"] = json.dumps(model).encode()
        f.attrs["keras_version"] = b"2.15.0"
        f.create_group("model_weights")
    rng, data = np.random.default_rng(5), b""
    for _ in range(2):
        x = rng.normal(size=(1, 3, 4)).astype("float32")
        item = (1 - x)[:, 1:, ::2]
        y = np.concatenate([item, item @ item.transpose(0, 2, 1)], -1)[:, ::-1]
        data += pack([x]) + pack([np.concatenate(
            [y, y.max(-1, keepdims=True), y.argmax(-1)[..., None]], -1)])
    (folder / "tensorflow_2.io").write_bytes(data)


def nested_2(folder):
    """A Sequential model inside of one of Keras 2, called twice: its calls count from 1."""
    rng = np.random.default_rng(4)
    kernel = rng.normal(size=(3, 3)).astype("float32")
    given = {"class_name": "InputLayer", "name": "x", "inbound_nodes": [],
             "config": {"name": "x", "batch_input_shape": [None, 3], "dtype": "float32"}}
    dense = {"class_name": "Dense",
             "config": {"name": "dense", "units": 3, "use_bias": False, "activation": "tanh"}}
    inner = {"class_name": "Sequential", "name": "inner",
             "config": {"name": "inner", "layers": [{**given, "config": {
                 **given["config"], "name": "dense_input"}}, dense]},
             "inbound_nodes": [[["x", 0, 0, {}]], [["inner", 1, 0, {}]]]}
    minus = {"class_name": "Subtract", "name": "minus",
             "config": {"name": "minus", "trainable": True},
             "inbound_nodes": [[["inner", 1, 0, {}], ["inner", 2, 0, {}]]]}
    model = {"class_name": "Functional", "config": {
        "name": "model", "layers": [given, inner, minus], "input_layers": [["x", 0, 0]],
        "output_layers": [["minus", 0, 0], ["inner", 2, 0]]}}
    with h5py.File(folder / "nested_2.h5", "w", libver="latest") as f:
        f.attrs["model_config"] = json.dumps(model).encode()
        f.attrs["keras_version"] = b"2.15.0"
        group = f.create_group("model_weights/inner")
        group.attrs["weight_names"] = np.array([b"dense/kernel:0"])
        group["dense/kernel:0"] = kernel
    data = b""
    for _ in range(2):
        x = rng.normal(size=(1, 3)).astype("float32")
        once, twice = np.tanh(x @ kernel), np.tanh(np.tanh(x @ kernel) @ kernel)
        data += pack([x]) + pack([once - twice, twice])
    (folder / "nested_2.io").write_bytes(data)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for build in (images, series, attention, constants, nested, functions, first, numbers, boxes,
                  dictionaries, masks, shared, unsized):
        make(folder, build)
    save(uneven(), folder / "uneven.keras")
    with_backend(folder)
    python_code(folder)
    keras_2(folder)
    tensorflow_2(folder)
    nested_2(folder)


if __name__ == "__main__":
    main()
