# SPDX-License-Identifier: Apache-2.0
"""Keras models of many kinds for peer_files.py, with random weights, and functions with fused LSTM
cells; `convert` gives the float .tflite file and a folder with TensorFlow's dynamic range and
float16 files."""
import numpy as np
import tensorflow as tf
import keras
from keras import layers as l


def _bn(x, activation="relu"):
    x = l.BatchNormalization()(x)
    return l.Activation(activation)(x) if activation else x


def _model(inputs, outputs):
    return keras.Model(inputs, outputs)


def residual():
    i = l.Input((32, 32, 3), batch_size=1)
    x = _bn(l.Conv2D(16, 3, padding="same")(i))
    for filters in (16, 32):
        y = _bn(l.Conv2D(filters, 3, padding="same", strides=filters // 16)(x))
        y = _bn(l.Conv2D(filters, 3, padding="same")(y), None)
        x = l.ReLU()(l.Add()([y, l.Conv2D(filters, 1, strides=filters // 16)(x)]))
    return _model(i, l.Dense(10, "softmax")(l.GlobalAveragePooling2D()(x)))


def depthwise():
    i = l.Input((48, 48, 3), batch_size=1)
    x = _bn(l.Conv2D(8, 3, strides=2, padding="same")(i), "relu6")
    for filters in (16, 24):
        x = _bn(l.DepthwiseConv2D(3, padding="same")(x), "relu6")
        x = _bn(l.Conv2D(filters, 1)(x), "relu6")
    return _model(i, l.Dense(10)(l.Flatten()(l.AveragePooling2D(4)(x))))


def concat():
    i = l.Input((32, 32, 3), batch_size=1)
    a = l.Conv2D(8, 3, padding="same", activation="relu")(i)
    b = l.Conv2D(8, 5, padding="same", activation="tanh")(i)
    c = l.MaxPooling2D(3, strides=1, padding="same")(a)
    x = l.Concatenate()([a, b, c])
    x = l.Conv2D(12, 3, strides=2, activation="swish")(x)
    return _model(i, l.Dense(10, "softmax")(l.GlobalMaxPooling2D()(x)))


def squeeze():
    i = l.Input((32, 32, 3), batch_size=1)
    x = l.Conv2D(16, 3, strides=2, padding="same", activation="hard_swish")(i)
    s = l.GlobalAveragePooling2D(keepdims=True)(x)
    s = l.Conv2D(16, 1, activation="hard_sigmoid")(l.Conv2D(4, 1, activation="relu")(s))
    x = l.Conv2D(16, 3)(l.Multiply()([x, s]))
    return _model(i, l.Dense(10)(l.GlobalAveragePooling2D()(l.LeakyReLU()(x))))


def dense_only():
    i = l.Input((64,), batch_size=1)
    x = l.Dense(128, "relu")(i)
    x = l.Dense(128, "elu")(x)
    return _model(i, l.Dense(10, "softmax")(l.Dense(32, "sigmoid")(x)))


def autoencoder():
    i = l.Input((32, 32, 1), batch_size=1)
    x = l.Conv2D(8, 3, strides=2, padding="same", activation="relu")(i)
    x = l.Conv2D(16, 3, strides=2, padding="same", activation="relu")(x)
    x = l.Conv2DTranspose(8, 3, strides=2, padding="same", activation="relu")(x)
    x = l.UpSampling2D(2, interpolation="bilinear")(x)
    return _model(i, l.Conv2D(1, 3, padding="same", activation="sigmoid")(x))


def conv1d():
    i = l.Input((64, 8), batch_size=1)
    x = l.Conv1D(16, 5, padding="causal", activation="relu")(i)
    x = l.MaxPooling1D(2)(l.Conv1D(16, 3, dilation_rate=2, padding="same", activation="relu")(x))
    return _model(i, l.Dense(6, "softmax")(l.GlobalAveragePooling1D()(x)))


def attention():
    i = l.Input((16, 32), batch_size=1)
    x = l.Add()([i, l.MultiHeadAttention(4, 8)(i, i)])
    x = l.LayerNormalization()(x)
    y = l.Dense(32)(l.Dense(64, "gelu")(x))
    x = l.LayerNormalization()(l.Add()([x, y]))
    return _model(i, l.Dense(5, "softmax")(l.Flatten()(x)))


def several_inputs():
    a, b = l.Input((32, 32, 3), batch_size=1), l.Input((12,), batch_size=1)
    x = l.GlobalAveragePooling2D()(l.Conv2D(16, 3, strides=2, activation="relu")(a))
    y = l.Dense(16, "relu")(b)
    z = l.Concatenate()([x, y, l.Multiply()([x, y]), l.Maximum()([x, y])])
    return _model([a, b], [l.Dense(4, "softmax")(z), l.Dense(3)(l.Subtract()([x, y]))])


def shapes():
    i = l.Input((16, 16, 4), batch_size=1)
    x = l.ZeroPadding2D(1)(l.Conv2D(8, 3, activation="relu")(i))
    x = l.Permute((2, 1, 3))(l.Cropping2D(2)(x))
    x = l.Reshape((12, 12, 8))(x)
    a, b = l.Lambda(lambda t: tf.split(t, 2, -1), output_shape=[(12, 12, 4)] * 2)(x)
    x = l.Lambda(lambda t: tf.abs(tf.transpose(tf.stack(t, 1), [0, 2, 3, 1, 4])),
                 output_shape=(12, 12, 2, 4))([a, b])
    return _model(i, l.Dense(7)(l.Flatten()(x)))


def gru():
    i = l.Input((12, 8), batch_size=1)
    return _model(i, l.Dense(4, "softmax")(l.GRU(16, unroll=True)(i)))


def lstm_unrolled():
    i = l.Input((8, 8), batch_size=1)
    return _model(i, l.Dense(4, "softmax")(l.LSTM(16, unroll=True)(i)))


def lstm_loop():
    i = l.Input((12, 8), batch_size=1)
    return _model(i, l.Dense(4, "softmax")(l.LSTM(16)(i)))


def _cell(units, width, seed):
    r = np.random.default_rng(seed)
    return [tf.constant(r.normal(0, s, n), tf.float32)
            for s, n in ((0.5, (width, 4 * units)), (0.3, (units, 4 * units)), (0.2, 4 * units))]


def _fused(units, width, seed):
    """An LSTM layer as a function that TensorFlow's converter makes one operator of."""
    kernel, recurrent, bias = _cell(units, width, seed)

    def step(states, x):
        h, c = states[0], states[1]
        i, f, g, o = tf.split(x @ kernel + h @ recurrent + bias, 4, 1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return [tf.sigmoid(o) * tf.tanh(c), c]

    @tf.function(experimental_attributes={
        "api_implements": f"lstm_{seed}", "api_preferred_device": "CPU", "time_major": False,
        "go_backwards": False})
    def standard_lstm(inputs, init_h, init_c, kernel, recurrent_kernel, bias):
        x = tf.transpose(inputs, [1, 0, 2])
        h, c = tf.scan(step, x, [init_h, init_c])
        h = tf.transpose(h, [1, 0, 2])
        return h[:, -1], h, h[:, -1], c[-1], tf.constant(1.0)

    def call(x):
        zero = tf.zeros((1, units))
        return standard_lstm(x, zero, zero, kernel, recurrent, bias)[1]
    return call


def lstm_fused():
    first, second = _fused(16, 8, 1), _fused(12, 16, 2)
    w = tf.constant(np.random.default_rng(3).normal(0, 0.3, (12, 4)), tf.float32)

    @tf.function(input_signature=[tf.TensorSpec((1, 12, 8), tf.float32, "x")])
    def run(x):
        return tf.nn.softmax(tf.reduce_mean(second(first(x)), 1) @ w)
    return run


def branches():
    w = tf.constant(np.random.default_rng(4).normal(0, 0.3, (3, 3, 3, 8)), tf.float32)

    @tf.function(input_signature=[tf.TensorSpec((1, 32, 32, 3), tf.float32, "x")])
    def run(x):
        y = tf.nn.relu(tf.nn.conv2d(x, w, 2, "SAME"))
        return tf.cond(tf.reduce_mean(x) > 0, lambda: tf.tanh(y), lambda: tf.nn.max_pool2d(
            tf.pad(y, [[0, 0], [1, 1], [1, 1], [0, 0]])[:, 1:-1, 1:-1], 3, 1, "SAME"))
    return run


def numbers():
    """Operators that give numbers of places, truths, or the largest."""
    w = tf.constant(np.random.default_rng(5).normal(0, 0.3, (3, 3, 3, 8)), tf.float32)

    @tf.function(input_signature=[tf.TensorSpec((1, 32, 32, 3), tf.float32, "x")])
    def run(x):
        y = tf.nn.conv2d(x, w, 2, "SAME")
        z = tf.where(tf.greater(y, 0.1), y, tf.minimum(y * 0.5, 0.0))
        flat = tf.reshape(tf.reduce_max(z, -1), (1, 256))
        return tf.math.top_k(flat, 5).values, tf.argmax(z, -1, tf.int32)
    return run


NETS = {f.__name__: f for f in (
    residual, depthwise, concat, squeeze, dense_only, autoencoder, conv1d, attention,
    several_inputs, shapes, gru, lstm_unrolled, lstm_loop, lstm_fused, branches, numbers)}


def convert(name, net, out):
    keras.utils.set_random_seed(7)
    made = net()
    path = str(out / name / "saved_model")
    if isinstance(made, keras.Model):
        for layer in made.layers:
            if isinstance(layer, l.BatchNormalization):
                n = layer.gamma.shape[0]
                r = np.random.default_rng(n)
                layer.set_weights([r.uniform(0.3, 2, n), r.normal(0, 0.3, n), r.normal(0, 0.3, n),
                                   r.uniform(0.2, 1, n)])
        made.export(path, verbose=False)
    else:
        tf.saved_model.save(tf.Module(), path, signatures=made)
    siblings = {}
    for mode in ("float32", "dynamic", "float16"):
        converter = tf.lite.TFLiteConverter.from_saved_model(path)
        if mode != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if mode == "float16":
            converter.target_spec.supported_types = [tf.float16]
        siblings[mode] = converter.convert()
        (out / name / mode).mkdir(parents=True, exist_ok=True)
        (out / name / mode / "model.tflite").write_bytes(siblings[mode])
    return siblings["float32"], None
