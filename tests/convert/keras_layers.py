#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a fixture per layer of Keras, in the form that fixtures.py runs: what Keras itself gives.

    keras_layers.py FOLDER [NAME...]     (needs TensorFlow or another backend of Keras 3)

Each is a small model with random weights, saved as .keras and .h5, with two recorded calls."""
import json
import os
import pathlib
import sys
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers as L  # noqa: E402
from keras import ops  # noqa: E402
from keras.src.applications.convnext import LayerScale  # noqa: E402

CASES = {}
# what becomes operators of TensorFlow
KerasCDist = getattr(ops, "cdist", lambda x, y: x)
SELECT = ("hash", "text", "ops_matrices", "ops_fourier")


def case(name, *shapes, dtype="float32", high=None, low=0):
    def add(build):
        CASES[name] = (build, shapes, dtype, low, high)
        return build
    return add


def one(name, make, *shapes, **kind):
    """A model of a single layer; `make` gives a new one."""
    CASES[name] = (lambda *x: make()(x[0] if len(x) == 1 else list(x)), shapes,
                   kind.get("dtype", "float32"), kind.get("low", 0), kind.get("high"))


IMAGE, SERIES, VOLUME = (9, 8, 3), (11, 5), (7, 6, 8, 3)

# core
one("dense_rank3", lambda: L.Dense(4, activation="tanh"), (3, 5))
one("dense_no_bias", lambda: L.Dense(4, use_bias=False), (5,))
one("einsum_dense", lambda: L.EinsumDense("abc,cde->abde", (None, 2, 4), bias_axes="de"), (3, 5))
one("einsum_dense_two", lambda: L.EinsumDense("abcd,cde->abe", (None, 4), bias_axes="e"), (3, 2, 5))
one("einsum_dense_batch", lambda: L.EinsumDense("abc,bcd->abd", (3, 4), bias_axes="bd"), (3, 5))
one("einsum_dense_order", lambda: L.EinsumDense("abc,dc->adb", (4, 3), activation="tanh"), (3, 5))
one("einsum_dense_dots", lambda: L.EinsumDense("...x,xy->...y", 4, activation="relu"), (3, 2, 5))
one("identity", lambda: L.Identity(), (4,))
# activations
for _name in ("celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh "
              "leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu "
              "soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid sparsemax "
              "squareplus tanh "
              "tanh_shrink").split():
    one(f"activation_{_name}", lambda a=_name: L.Activation(a), (3, 6), low=-4, high=4)
one("relu_max", lambda: L.ReLU(max_value=2.5), (6,), low=-4, high=4)
one("relu_slope", lambda: L.ReLU(negative_slope=0.3), (6,), low=-4, high=4)
one("relu_all",
    lambda: L.ReLU(max_value=2.5, negative_slope=0.3, threshold=0.5), (6,), low=-4, high=4)
one("relu_slope_max", lambda: L.ReLU(max_value=2.5, negative_slope=0.3), (6,), low=-4, high=4)
one("relu_threshold", lambda: L.ReLU(threshold=1.5), (6,), low=-4, high=4)
one("elu_alpha", lambda: L.ELU(alpha=0.4), (6,), low=-4, high=4)
one("prelu_shared", lambda: L.PReLU(shared_axes=[1]), (5, 4), low=-4, high=4)
one("softmax_axis", lambda: L.Softmax(axis=1), (5, 4), low=-4, high=4)
one("dense_leaky", lambda: L.Dense(4, activation=L.LeakyReLU(negative_slope=0.1)), (5,))
# convolutions
one("conv1d_same", lambda: L.Conv1D(4, 3, padding="same", strides=2, activation="relu"), SERIES)
one("conv1d_causal", lambda: L.Conv1D(4, 3, padding="causal", dilation_rate=2), SERIES)
one("conv1d_groups", lambda: L.Conv1D(6, 3, groups=3), (11, 9))
one("conv2d_groups", lambda: L.Conv2D(6, 3, groups=3, padding="same"), (9, 8, 6))
one("conv2d_strides", lambda: L.Conv2D(4, (3, 2), strides=(2, 1), activation="sigmoid"), IMAGE)
one("conv2d_dilated", lambda: L.Conv2D(4, 3, dilation_rate=(2, 1), padding="same"), IMAGE)
one("conv2d_no_bias", lambda: L.Conv2D(4, 1, use_bias=False), IMAGE)
one("conv2d_first", lambda: L.Conv2D(4, 3, data_format="channels_first"), (3, 9, 8))
one("conv2d_first_softmax",
    lambda: L.Conv2D(4, 3, activation="softmax", data_format="channels_first"), (3, 9, 8))
one("conv3d_first", lambda: L.Conv3D(2, (3, 2, 2), strides=2, padding="same",
                                     data_format="channels_first"), (3, 7, 6, 8))
one("conv3d_same", lambda: L.Conv3D(4, 3, padding="same", strides=2), VOLUME)
one("conv1d_transpose", lambda: L.Conv1DTranspose(4, 3, strides=2), SERIES)
one("conv1d_transpose_same", lambda: L.Conv1DTranspose(4, 3, strides=2, padding="same"), SERIES)
one("conv2d_transpose_valid", lambda: L.Conv2DTranspose(4, 3, strides=2), IMAGE)
one("conv2d_transpose_extra",
    lambda: L.Conv2DTranspose(4, 3, strides=2, padding="same", output_padding=1), IMAGE)
one("conv2d_transpose_no_bias",
    lambda: L.Conv2DTranspose(4, (2, 3), strides=(2, 1), use_bias=False, activation="relu"), IMAGE)
one("conv2d_transpose_dilated", lambda: L.Conv2DTranspose(4, 3, dilation_rate=2), IMAGE)
one("conv3d_transpose", lambda: L.Conv3DTranspose(4, 3, strides=2), (3, 4, 3, 2))
one("depthwise_conv1d", lambda: L.DepthwiseConv1D(3, depth_multiplier=2, padding="same"), SERIES)
one("depthwise_conv2d", lambda: L.DepthwiseConv2D(3, depth_multiplier=2, strides=2), IMAGE)
one("depthwise_conv2d_dilated",
    lambda: L.DepthwiseConv2D(3, dilation_rate=2, padding="same"), IMAGE)
one("separable_conv1d",
    lambda: L.SeparableConv1D(4, 3, depth_multiplier=2, activation="relu"), SERIES)
one("separable_conv2d", lambda: L.SeparableConv2D(4, 3, padding="same", activation="tanh"), IMAGE)
# resampling
one("resizing_bicubic", lambda: L.Resizing(5, 13, interpolation="bicubic"), IMAGE)
one("resizing_bicubic_crop",
    lambda: L.Resizing(12, 7, interpolation="bicubic", crop_to_aspect_ratio=True), IMAGE)
one("up_sampling2d_bicubic", lambda: L.UpSampling2D((2, 3), interpolation="bicubic"), IMAGE)
for _how in ("bilinear", "bicubic", "lanczos3", "lanczos5", "area", "nearest"):
    for _smooth in (False, True):
        one(f"resizing_{_how}_{_smooth}",
            lambda h=_how, a=_smooth: L.Resizing(4, 13, interpolation=h, antialias=a), IMAGE)
one("resizing_smooth_crop", lambda: L.Resizing(4, 3, antialias=True, crop_to_aspect_ratio=True,
                                               data_format="channels_first"), (2, 9, 8))
one("resizing_area_pad", lambda: L.Resizing(5, 7, interpolation="area", pad_to_aspect_ratio=True),
    IMAGE)
one("up_sampling2d_lanczos", lambda: L.UpSampling2D((2, 3), interpolation="lanczos3"), IMAGE)
# pooling
for _kind in ("Max", "Average"):
    _low = _kind.lower()
    one(f"{_low}_pooling1d",
        lambda k=_kind: getattr(L, k + "Pooling1D")(3, strides=2, padding="same"),
        SERIES)
    one(f"{_low}_pooling2d", lambda k=_kind: getattr(L, k + "Pooling2D")((2, 3)), IMAGE)
    one(f"{_low}_pooling2d_first",
        lambda k=_kind: getattr(L, k + "Pooling2D")(2, data_format="channels_first"), (3, 9, 8))
    one(f"{_low}_pooling3d", lambda k=_kind: getattr(L, k + "Pooling3D")(2), VOLUME)
    one(f"{_low}_pooling3d_same",
        lambda k=_kind: getattr(L, k + "Pooling3D")(3, strides=2, padding="same"), VOLUME)
    for _n, _shape in ((1, SERIES), (2, IMAGE), (3, VOLUME)):
        one(f"global_{_low}_pooling{_n}d",
            lambda k=_kind, n=_n: getattr(L, f"Global{k}Pooling{n}D")(keepdims=n == 2), _shape)
    one(f"adaptive_{_low}_pooling1d",
        lambda k=_kind: getattr(L, f"Adaptive{k}Pooling1D")(4), SERIES)
    one(f"adaptive_{_low}_pooling2d",
        lambda k=_kind: getattr(L, f"Adaptive{k}Pooling2D")((3, 4)), IMAGE)
    one(f"adaptive_{_low}_pooling3d",
        lambda k=_kind: getattr(L, f"Adaptive{k}Pooling3D")(3), VOLUME)
# normalization
one("batch_normalization", lambda: L.BatchNormalization(), IMAGE)
one("batch_normalization_axis", lambda: L.BatchNormalization(axis=1), IMAGE)
one("batch_normalization_bare", lambda: L.BatchNormalization(center=False, scale=False), IMAGE)
one("layer_normalization", lambda: L.LayerNormalization(), SERIES)
one("layer_normalization_axes", lambda: L.LayerNormalization(axis=(1, 3)), IMAGE)
one("layer_normalization_bare", lambda: L.LayerNormalization(center=False, scale=False), SERIES)
one("layer_scale", lambda: LayerScale(0.5, 3), IMAGE)
one("group_normalization", lambda: L.GroupNormalization(3), (9, 8, 6))
one("group_normalization_all", lambda: L.GroupNormalization(-1), SERIES)
one("rms_normalization", lambda: L.RMSNormalization(), SERIES)
one("rms_normalization_axis", lambda: L.RMSNormalization(axis=1), (3, 5, 3))
one("rms_normalization_axes", lambda: L.RMSNormalization(axis=(1, 2)), SERIES)
one("unit_normalization", lambda: L.UnitNormalization(), SERIES)
one("unit_normalization_axis", lambda: L.UnitNormalization(axis=1), SERIES)
one("spectral_normalization", lambda: L.SpectralNormalization(L.Conv2D(4, 3)), IMAGE)
# merging
for _name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
    one(f"merge_{_name.lower()}", lambda m=_name: getattr(L, m)(), (3, 4), (3, 4))
one("concatenate", lambda: L.Concatenate(axis=1), (3, 4), (2, 4))
one("dot", lambda: L.Dot(axes=(2, 1)), (3, 4), (4, 5))
one("dot_same", lambda: L.Dot(axes=2), (3, 4), (5, 4))
one("dot_vector", lambda: L.Dot(axes=(1, 2)), (4,), (5, 4))
one("dot_normalized", lambda: L.Dot(axes=1, normalize=True), (4,), (4,))
# reshaping
one("reshape_open", lambda: L.Reshape((-1, 5)), (10, 3))
one("flatten", lambda: L.Flatten(), IMAGE)
one("flatten_first", lambda: L.Flatten(data_format="channels_first"), (3, 9, 8))
one("permute", lambda: L.Permute((3, 1, 2)), IMAGE)
one("repeat_vector", lambda: L.RepeatVector(3), (4,))
one("cropping1d", lambda: L.Cropping1D((1, 2)), SERIES)
one("cropping2d", lambda: L.Cropping2D(((1, 2), (0, 3))), IMAGE)
one("cropping3d", lambda: L.Cropping3D((1, 2, 1)), VOLUME)
one("zero_padding1d", lambda: L.ZeroPadding1D((1, 2)), SERIES)
one("zero_padding2d", lambda: L.ZeroPadding2D(((1, 2), (0, 3))), IMAGE)
one("zero_padding3d", lambda: L.ZeroPadding3D(1), VOLUME)
one("up_sampling1d", lambda: L.UpSampling1D(3), SERIES)
one("up_sampling2d", lambda: L.UpSampling2D((2, 3)), IMAGE)
one("up_sampling2d_bilinear", lambda: L.UpSampling2D(2, interpolation="bilinear"), IMAGE)
one("up_sampling3d", lambda: L.UpSampling3D((1, 2, 3)), VOLUME)
# recurrent
one("lstm", lambda: L.LSTM(4), SERIES)
one("lstm_sequences", lambda: L.LSTM(4, return_sequences=True, go_backwards=True), SERIES)
one("lstm_state", lambda: L.LSTM(4, return_state=True, use_bias=False), SERIES)
one("lstm_open", lambda: L.LSTM(4, return_sequences=True), (None, 5))
one("lstm_open_backwards", lambda: L.LSTM(4, go_backwards=True), (None, 5))
one("lstm_relu", lambda: L.LSTM(4, activation="relu", recurrent_activation="hard_sigmoid"), SERIES)
one("gru", lambda: L.GRU(4, return_sequences=True), SERIES)
one("gru_before", lambda: L.GRU(4, reset_after=False), SERIES)
one("gru_before_no_bias", lambda: L.GRU(4, reset_after=False, use_bias=False), SERIES)
one("gru_state", lambda: L.GRU(4, return_state=True, return_sequences=True), SERIES)
one("simple_rnn", lambda: L.SimpleRNN(4), SERIES)
one("simple_rnn_sequences",
    lambda: L.SimpleRNN(4, return_sequences=True, activation="relu"), SERIES)
one("rnn_cell", lambda: L.RNN(L.GRUCell(4)), SERIES)
one("rnn_cells", lambda: L.RNN([L.LSTMCell(4), L.LSTMCell(3), L.GRUCell(2)]), SERIES)
one("rnn_cells_sequences",
    lambda: L.RNN([L.LSTMCell(4), L.SimpleRNNCell(3)], return_sequences=True, go_backwards=True,
                  return_state=True), SERIES)
for _mode in ("concat", "sum", "mul", "ave"):
    one(f"bidirectional_{_mode}",
        lambda m=_mode: L.Bidirectional(L.LSTM(3, return_sequences=m != "sum"), merge_mode=m),
        SERIES)
one("bidirectional_both", lambda: L.Bidirectional(L.GRU(3), merge_mode=None), SERIES)
one("bidirectional_other",
    lambda: L.Bidirectional(L.LSTM(3), backward_layer=L.GRU(3, go_backwards=True)), SERIES)
one("bidirectional_state", lambda: L.Bidirectional(L.LSTM(3, return_state=True)), SERIES)
one("time_distributed_dense", lambda: L.TimeDistributed(L.Dense(3)), SERIES)
one("time_distributed_conv", lambda: L.TimeDistributed(L.Conv2D(3, 3)), (4, 9, 8, 3))
one("conv_lstm1d", lambda: L.ConvLSTM1D(3, 3, padding="same"), (4, 8, 2))
one("conv_lstm2d", lambda: L.ConvLSTM2D(3, 3, padding="same", return_sequences=True), (4, 6, 7, 2))
one("conv_lstm2d_strides", lambda: L.ConvLSTM2D(3, 3, strides=2, go_backwards=True), (4, 9, 9, 2))
one("conv_lstm2d_state", lambda: L.ConvLSTM2D(3, 3, return_state=True, use_bias=False,
                                                 activation="relu"), (4, 9, 9, 2))
one("lstm_stacked_states", lambda: L.RNN([L.LSTMCell(4), L.LSTMCell(3)], return_state=True), SERIES)
one("conv_lstm2d_first", lambda: L.ConvLSTM2D(2, 2, padding="same", return_sequences=True,
                                              return_state=True, data_format="channels_first"),
    (3, 4, 6, 7))
one("conv_lstm1d_first", lambda: L.ConvLSTM1D(2, 3, data_format="channels_first"), (4, 3, 9))
one("conv_lstm3d", lambda: L.ConvLSTM3D(2, 2), (3, 4, 5, 4, 2))


@case("conv_lstm_masked", (4, 6, 6, 2), (4,))
def _(x, m):
    return L.ConvLSTM2D(3, 3, return_sequences=True)(x, mask=m > 0.4)


@case("reversible_embedding", (7,), dtype="int32", high=5)
def _(x):
    layer = L.ReversibleEmbedding(5, 4, tie_weights=False, logit_soft_cap=3.0)
    return layer(layer(x), reverse=True)


@case("lstm_stateful", SERIES)
def _(x):
    return L.LSTM(4, stateful=True, return_sequences=True)(x)


@case("lstm_initial", SERIES, (4,), (4,))
def _(x, h, c):
    return L.LSTM(4, return_sequences=True)(x, initial_state=[h, c])


@case("encoder_decoder", SERIES, (6, 5))
def _(x, y):
    _, h, c = L.LSTM(4, return_state=True)(x)
    return L.LSTM(4, return_sequences=True)(y, initial_state=[h, c])


@case("masking_lstm", SERIES)
def _(x):
    return L.LSTM(4, return_sequences=True)(L.Masking(0.0)(L.ReLU(threshold=0.9)(x)))


@case("mask_bidirectional", (7,), dtype="int32", high=3)
def _(x):
    return L.Bidirectional(L.LSTM(3, return_sequences=True))(L.Embedding(3, 4, mask_zero=True)(x))


@case("mask_bidirectional_last", (7,), dtype="int32", high=3)
def _(x):
    return L.Bidirectional(L.GRU(3))(L.Embedding(3, 4, mask_zero=True)(x))


@case("mask_pooling", (7,), dtype="int32", high=3)
def _(x):
    return L.GlobalAveragePooling1D()(L.Embedding(3, 4, mask_zero=True)(x))


@case("mask_add", (7,), (7,), dtype="int32", high=3)
def _(x, y):
    make = L.Embedding(3, 4, mask_zero=True)
    return [L.LSTM(3)(L.Add()([make(x), make(y)])),
            L.LSTM(3)(L.Concatenate()([make(x), make(y)])),
            L.LSTM(3)(L.Concatenate(axis=1)([make(x), make(y)])),
            L.LSTM(3)(L.Concatenate()([make(x), L.Embedding(3, 2)(y)]))]


@case("mask_initial", (7,), (7,), dtype="int32", high=3)
def _(x, y):
    make = L.Embedding(3, 4, mask_zero=True)
    _, h, c = L.LSTM(3, return_state=True)(make(x))
    z = L.LSTM(3, return_sequences=True)(make(y), initial_state=[h, c])
    return [L.GRU(3)(z), L.Bidirectional(L.GRU(3))(make(y), initial_state=[h, c])]


@case("mask_attention", (7,), dtype="int32", high=3)
def _(x):
    y = L.Embedding(3, 4, mask_zero=True)(x)
    return L.MultiHeadAttention(2, 3)(y, y)


# attention
@case("attention", (3, 4), (5, 4))
def _(q, v):
    return L.Attention(use_scale=True)([q, v])


@case("attention_key", (3, 4), (5, 6), (5, 4))
def _(q, v, k):
    return L.Attention()([q, v, k], return_attention_scores=True)


@case("attention_concat", (3, 4), (5, 4))
def _(q, v):
    return L.Attention(score_mode="concat", use_scale=True)([q, v])


@case("attention_causal", (5, 4), (5, 4))
def _(q, v):
    return L.Attention()([q, v], use_causal_mask=True)


@case("additive_attention", (3, 4), (5, 4))
def _(q, v):
    return L.AdditiveAttention()([q, v])


@case("mha_causal", (6, 8))
def _(x):
    return L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)


@case("mha_scores", (6, 8), (5, 8))
def _(q, v):
    return L.MultiHeadAttention(2, 3, value_dim=5, output_shape=7)(
        q, v, return_attention_scores=True)


@case("mha_mask", (6, 8), (5, 8), (6, 5))
def _(q, v, m):
    return L.MultiHeadAttention(2, 3, use_bias=False)(q, v, attention_mask=m > 0.5)


@case("mha_gate", (6, 8))
def _(x):
    return L.MultiHeadAttention(2, 3, use_gate=True)(x, x)


@case("mha_axes", (4, 3, 6), (4, 5, 6))
def _(x, y):
    return [L.MultiHeadAttention(2, 3, attention_axes=a)(x, x) for a in (None, 1, (2,), (1, 2))] + [
        L.MultiHeadAttention(1, 2, attention_axes=-2, output_shape=4)(x, y)]


@case("mha_open", (None, 8))
def _(x):
    return L.MultiHeadAttention(2, 3)(x, x)


@case("gqa", (6, 8), (5, 8))
def _(q, v):
    return L.GroupQueryAttention(3, 4, 2)(q, v)


@case("gqa_causal", (6, 8))
def _(x):
    return L.GroupQueryAttention(3, 4, 2)(x, x, use_causal_mask=True)


@case("gqa_open", (None, 8))
def _(x):
    return L.GroupQueryAttention(3, 4, 2)(x, x, use_causal_mask=True)


# preprocessing
one("rescaling_list", lambda: L.Rescaling([0.5, 2.0, 3.0], offset=[1.0, 0.0, -1.0]), IMAGE)
one("normalization_scalar", lambda: L.Normalization(axis=None, mean=2.0, variance=3.0), IMAGE)
one("normalization_invert", lambda: L.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 0.0],
                                                    invert=True), IMAGE)
one("resizing_crop", lambda: L.Resizing(4, 6, crop_to_aspect_ratio=True), IMAGE)
one("resizing_pad", lambda: L.Resizing(12, 6, pad_to_aspect_ratio=True, fill_value=0.5), IMAGE)
one("resizing_nearest", lambda: L.Resizing(5, 13, interpolation="nearest"), IMAGE)
one("center_crop", lambda: L.CenterCrop(4, 5), IMAGE)
one("center_crop_up", lambda: L.CenterCrop(12, 5), IMAGE)
one("category_count",
    lambda: L.CategoryEncoding(5, output_mode="count"), (4,), dtype="int32", high=5)
one("category_one_hot", lambda: L.CategoryEncoding(5, output_mode="one_hot"), (1,), dtype="int32",
    high=5)
one("discretization", lambda: L.Discretization([-1.0, 0.0, 0.5]), (6,), low=-2, high=2)
one("discretization_one_hot",
    lambda: L.Discretization([-1.0, 0.0, 0.5], output_mode="one_hot"), (6,),
    low=-2, high=2)
one("integer_lookup", lambda: L.IntegerLookup(vocabulary=[7, 2, 5]), (6,), dtype="int64", high=9)
one("integer_lookup_mask", lambda: L.IntegerLookup(vocabulary=[7, 2, 5], mask_token=0), (6,),
    dtype="int64", high=9)
one("integer_lookup_multi", lambda: L.IntegerLookup(vocabulary=[7, 2, 5], output_mode="multi_hot"),
    (6,), dtype="int64", high=9)
one("string_lookup", lambda: L.StringLookup(vocabulary=["a", "b", "c"]), (6,), dtype="string")
one("string_lookup_mask", lambda: L.StringLookup(vocabulary=["a", "b", "c"], mask_token=""), (6,),
    dtype="string")
one("string_lookup_invert", lambda: L.StringLookup(vocabulary=["a", "b", "c"], invert=True), (6,),
    dtype="int64", high=4)
one("integer_lookup_invert", lambda: L.IntegerLookup(vocabulary=[7, 2, 5], invert=True), (6,),
    dtype="int64", high=5)
one("integer_lookup_oov", lambda: L.IntegerLookup(vocabulary=[7, 2, 5], num_oov_indices=3,
                                                  mask_token=0), (6,), dtype="int64", high=9)
one("string_lookup_count", lambda: L.StringLookup(vocabulary=["a", "b", "c"], mask_token="",
                                                  output_mode="count"), (6,), dtype="string")
one("string_lookup_tf_idf", lambda: L.StringLookup(vocabulary=["a", "b", "c"], output_mode="tf_idf",
                                                   idf_weights=[0.5, 1.0, 2.0]), (6,),
    dtype="string")
one("string_lookup_none", lambda: L.StringLookup(vocabulary=["a", "b", "c", "z", ""],
                                                 num_oov_indices=0), (6,), dtype="string")
one("hashing", lambda: L.Hashing(11), (6,), dtype="string")
one("hashing_mask", lambda: L.Hashing(11, mask_value="a"), (6,), dtype="string")
one("hashing_int", lambda: L.Hashing(5, mask_value=0, output_mode="multi_hot"), (6,), dtype="int64",
    high=9)

one("hashing_salt", lambda: L.Hashing(11, salt=1337), (6,), dtype="string")
one("hashing_salts", lambda: L.Hashing(1000, salt=[133, 137], mask_value=3), (6,), dtype="int64",
    high=9)
one("hashed_crossing", lambda: L.HashedCrossing(11), (1,), (1,), dtype="string")
one("hashed_crossing_int", lambda: L.HashedCrossing(5, output_mode="one_hot"), (1,), (1,),
    dtype="int64", low=-9, high=9)

@case("string_lookup_adapted", (6,), dtype="string")
def _(x):
    layer = L.StringLookup()
    layer.adapt(np.array(["b", "a", "b"]))
    return layer(x)


one("text", lambda: L.TextVectorization(vocabulary=["a", "b c", "c", "d"],
                                        output_sequence_length=4), (1,), dtype="text")
one("text_open", lambda: L.TextVectorization(vocabulary=["a", "b", "c"], standardize="lower"),
    (1,), dtype="text")
one("text_strip", lambda: L.TextVectorization(vocabulary=["a", "B", "c"],
                                              standardize="strip_punctuation"), (1,), dtype="text")
one("text_plain", lambda: L.TextVectorization(vocabulary=["a", "B!", "c"], standardize=None,
                                              output_sequence_length=2), (1,), dtype="text")
one("text_whole", lambda: L.TextVectorization(vocabulary=["a b", "c"], split=None), (3,),
    dtype="text")
for _mode in ("multi_hot", "count", "tf_idf"):
    one(f"text_{_mode}", lambda m=_mode: L.TextVectorization(
        vocabulary=["a", "b", "c"], output_mode=m, max_tokens=9, pad_to_max_tokens=m == "count",
        idf_weights=[0.5, 1.0, 2.0] if m == "tf_idf" else None), (1,), dtype="text")


@case("text_adapted", (1,), dtype="text")
def _(x):
    layer = L.TextVectorization(output_sequence_length=5)
    layer.adapt(np.array(["b a", "a c a", "b"]))
    return L.GlobalAveragePooling1D()(L.Embedding(6, 3, mask_zero=True)(layer(x)))


# augmentation does nothing at inference
for _name, _make in {"flip": lambda: L.RandomFlip(), "rotation": lambda: L.RandomRotation(0.2),
                     "zoom": lambda: L.RandomZoom(0.1), "contrast": lambda: L.RandomContrast(0.2),
                     "crop": lambda: L.RandomCrop(5, 5)}.items():
    one(f"augmentation_{_name}", _make, IMAGE)
for _mode in ("log", "magnitude", "psd", "stft", "angle", "imag"):
    one(f"stft_{_mode}", lambda m=_mode: L.STFTSpectrogram(
        mode=m, window=None, frame_length=16, frame_step=8, fft_length=16,
        expand_dims=m in ("log", "psd"), padding="same" if m == "log" else "valid"), (64, 2))
one("stft_first",
    lambda: L.STFTSpectrogram(mode="log", frame_length=16, frame_step=8, fft_length=16,
                              window=None, data_format="channels_first"), (2, 64))
one("stft_first_expanded",
    lambda: L.STFTSpectrogram(mode="psd", frame_length=16, frame_step=6, fft_length=32,
                              window=None, expand_dims=True, data_format="channels_first"), (2, 64))
one("mel", lambda: L.MelSpectrogram(fft_length=64, sequence_stride=20, num_mel_bins=12,
                                    sampling_rate=4000), (333,))
one("mel_window", lambda: L.MelSpectrogram(
    fft_length=48, sequence_length=41, sequence_stride=16, num_mel_bins=7, sampling_rate=8000,
    window="hamming", mag_exp=1.0, power_to_db=False, max_freq=3000), (2, 100))
one("mel_plain", lambda: L.MelSpectrogram(
    fft_length=32, sequence_length=20, sequence_stride=16, num_mel_bins=5, window=None, top_db=20.0,
    min_power=1e-3, ref_power=2.0, mag_exp=3.0, sampling_rate=16000), (100,))
one("clahe", lambda: L.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(2, 2)), IMAGE,
    high=255)
one("clahe_even", lambda: L.ContrastLimitedAdaptiveHistogramEqualization(
    value_range=(0, 1), clip_limit=1.5, tile_grid_size=(3, 4)), (9, 8, 2))
one("clahe_first", lambda: L.ContrastLimitedAdaptiveHistogramEqualization(
    clip_limit=-1.0, tile_grid_size=(1, 3), data_format="channels_first"), (2, 9, 8), high=255)
one("auto_contrast", lambda: L.AutoContrast(), IMAGE, high=255)
one("auto_contrast_range", lambda: L.AutoContrast(value_range=(-1, 1)), IMAGE, low=-1)
# regularization
one("dropouts", lambda: keras.Sequential([L.Dropout(0.3), L.GaussianNoise(0.2), L.AlphaDropout(0.1),
                                          L.GaussianDropout(0.2), L.ActivityRegularization(0.1)]),
    (6,))
one("spatial_dropout", lambda: L.SpatialDropout2D(0.3), IMAGE)


# operations of keras.ops and of tensors
@case("ops_arithmetic", (3, 4), (3, 4))
def _(a, b):
    c = (a + b) * 2.0 - b / (1.0 + ops.abs(a))
    d = ops.maximum(a, 0.25) ** 2 + ops.minimum(b, a) - (-b) + (3.0 - a) + 1.0 / (2.0 + b)
    return [c, d, ops.sqrt(ops.square(a) + 1.0), ops.rsqrt(ops.exp(a)), ops.log(ops.abs(b) + 1.0),
            ops.sin(a) + ops.cos(b), ops.floor(a * 3.0), ops.ceil(b * 3.0), ops.sign(a - b),
            a // 0.3, ops.mod(b, 0.3), ops.power(ops.abs(a), b), ops.reciprocal(a + 3.0)]


@case("ops_compare", (3, 4), (3, 4))
def _(a, b):
    both = ops.logical_and(a < b, ops.logical_not(a <= 0.5))
    return [ops.where(a > b, a, b), ops.cast(both, "float32"),
            ops.where(ops.equal(a, b), 1.0, a), ops.cast(ops.greater_equal(a, 0.5), "int32"),
            ops.cast(ops.logical_or(a != b, a > 0.1), "float32"), ops.clip(a, 0.2, 0.7)]


@case("ops_reduce", (3, 4, 5))
def _(x):
    return [ops.mean(x, axis=1), ops.sum(x, axis=(1, 2)), ops.max(x, axis=-1, keepdims=True),
            ops.min(x, axis=2), ops.prod(x, axis=3), ops.argmax(x, axis=-1), ops.argmin(x, axis=1),
            ops.var(x, axis=-1), ops.std(x, axis=1), ops.cumsum(x, axis=1),
            ops.logsumexp(x, axis=-1),
            ops.any(x > 0.9, axis=-1), ops.all(x > 0.1, axis=1)]


@case("ops_shape", (4, 6))
def _(x):
    a, b = ops.split(x, 2, axis=-1)
    return [x[:, 1:3], x[:, 0], x[:, -1, ::2], x[..., None], ops.reshape(x, (-1, 24)),
            ops.transpose(x, (0, 2, 1)), ops.expand_dims(x, 1),
            ops.squeeze(ops.expand_dims(x, 2), 2),
            ops.concatenate([a, b, a], axis=1), ops.stack([a, b], axis=1), ops.flip(x, axis=1),
            ops.pad(x, ((0, 0), (1, 2), (0, 1))), ops.tile(x, (1, 2, 1)), ops.repeat(x, 2, axis=1),
            ops.swapaxes(x, 1, 2), ops.moveaxis(x, 1, 2), ops.take(x, [2, 0], axis=1),
            ops.zeros_like(x), ops.ones_like(x)]


@case("ops_matmul", (3, 4), (4, 5))
def _(a, b):
    return [ops.matmul(a, b), ops.einsum("abc,acd->abd", a, b), ops.normalize(a, axis=-1)]


@case("ops_products", (3, 4), (3, 4))
def _(a, b):
    return [ops.einsum("abc,abd->acd", a, b), ops.einsum("abc,adc->abd", a, b),
            ops.einsum("abc->acb", a), ops.einsum("abc->ab", a),
            ops.tensordot(a, ops.transpose(b, (2, 1, 0)), axes=1), ops.inner(a, b),
            ops.tensordot(a, b, axes=[[1, 2], [1, 2]]),
            ops.outer(a, b), ops.vdot(a, b), ops.dot(a, ops.transpose(b[0]))]


@case("ops_formulas", (3, 4), (3, 4), low=-1)
def _(a, b):
    c = ops.abs(a) + 1.5
    return [ops.arccos(a), ops.arcsin(a), ops.arctan(a), ops.arctan2(a, b), ops.arccosh(c),
            ops.arcsinh(a), ops.arctanh(a * 0.9), ops.sinh(a), ops.cosh(a), ops.tan(a),
            ops.exp2(a), ops.expm1(a), ops.log1p(c), ops.log2(c), ops.log10(c), ops.hypot(a, b),
            ops.logaddexp(a, b), ops.trunc(a * 3), ops.divide_no_nan(a, ops.relu(b)), ops.erf(a),
            ops.erfc(a), ops.deg2rad(a), ops.rad2deg(a), ops.isnan(a), ops.isinf(a),
            ops.isfinite(a), ops.heaviside(a, b), ops.threshold(a, 0.1, 0.5),
            ops.logical_xor(a > 0, b > 0), ops.full_like(a, 2.0), ops.stop_gradient(a)]


@case("ops_more", (4, 6))
def _(x):
    mean, variance = ops.moments(x, axes=[1])
    values, indices = ops.top_k(x, 2)
    parts = ops.unstack(x, axis=1)
    return [mean, variance, values, indices, parts[1], ops.broadcast_to(x, (1, 4, 6)), ops.ravel(x),
            ops.roll(x, 1, axis=1), ops.roll(x, -2, axis=2), ops.hstack([x, x]),
            ops.vstack([x, x]), ops.dstack([x, x]), ops.diff(x, axis=1), ops.tril(x),
            ops.triu(x, k=1), ops.sort(x, axis=-1), ops.sort(x, axis=1), ops.argsort(x, axis=-1),
            ops.one_hot(ops.argmax(x, axis=-1), 6), ops.amax(x, axis=1), ops.amin(x, axis=1),
            ops.ptp(x, axis=1), ops.count_nonzero(x > 0.5, axis=1), ops.norm(x, axis=-1),
            ops.norm(x, ord=2, axis=1, keepdims=True), ops.argmax(x), ops.expand_dims(x, (1, 2)),
            ops.segment_sum(x[0], ops.cast([0, 2, 1, 2], "int32"), num_segments=3)]


@case("ops_images", (8, 6, 4))
def _(x):
    return [ops.image.resize(x, (5, 9)), ops.image.resize(x, (4, 3), interpolation="nearest"),
            ops.image.rgb_to_grayscale(x[..., :3]), ops.max_pool(x, 2),
            ops.average_pool(x, (2, 3), strides=1, padding="same"), ops.depth_to_space(x, 2),
            ops.space_to_depth(x, 2)]


@case("ops_activations", (3, 4), low=-4, high=4)
def _(x):
    return [ops.relu(x), ops.softmax(x, axis=1), ops.gelu(x, approximate=False), ops.silu(x),
            ops.leaky_relu(x, negative_slope=0.1), ops.elu(x, alpha=0.5), ops.sigmoid(x),
            ops.tanh(x),
            ops.softplus(x), ops.log_softmax(x), ops.hard_sigmoid(x), ops.relu6(x)]


@case("ops_slices", (8, 6))
def _(x):
    return [x[:, ::2], x[:, ::-1], x[..., 1::2], x[:, 5:1:-2, None, 1:-1], x[:, -3:], x[:, 2],
            ops.slice(x, (0, 2, 1), (1, 3, 4)), ops.slice_update(x, (0, 2, 1), x[:, :2, :3] * 2),
            *ops.array_split(x, 3, axis=1), *ops.hsplit(x, 2), *ops.dsplit(x, [2, 3])]


@case("ops_numbers", (5, 4), (5, 4), low=-3, high=3)
def _(a, b):
    nan = a / ops.cast(a > 0, "float32") * ops.cast(a > 0, "float32")
    return [ops.nansum(nan, axis=1), ops.nanmean(nan, axis=2, keepdims=True), ops.nanmax(nan),
            ops.nanmin(nan, axis=-1), ops.nanprod(nan, axis=1), ops.nanvar(nan, axis=(1, 2)),
            ops.nanstd(nan, axis=1), ops.cumprod(a, axis=1), ops.cumprod(b, axis=-1),
            ops.cumsum(a), ops.median(a, axis=1), ops.median(a, axis=2, keepdims=True),
            ops.quantile(a, 0.3, axis=1), ops.quantile(b, [0.1, 0.5, 1.0], axis=-1),
            ops.median(nan, axis=2), ops.quantile(a, 0.4, axis=2, keepdims=True),
            ops.percentile(a, 40, axis=1),
            ops.angle(a), ops.isreal(a), ops.imag(b),
            ops.searchsorted(np.array([-1.0, 0.0, 2.0], "float32"), ops.ravel(a)),
            ops.searchsorted(np.array([-1.0, 0.0, 2.0], "float32"), ops.ravel(ops.floor(b)),
                             side="right"),
            ops.isin(ops.floor(a), np.array([0.0, 2.0], "float32")),
            ops.isin(ops.floor(a), np.array([0.0, 2.0], "float32"), invert=True),
            ops.size(a), ops.ndim(a)]


@case("ops_integers", (3, 4), (3, 4), dtype="int32", low=-3, high=9)
def _(a, b):
    small = ops.cast(a, "int8")
    return [ops.bitwise_and(a, b), ops.bitwise_or(a, b), ops.bitwise_not(a),
            ops.bitwise_and(small, small[:, :1]), ops.right_shift(a, 1), ops.relu(a),
            ops.relu(small), ops.relu6(ops.cast(a, "uint8")), ops.sum(small, axis=1),
            ops.sum(a > 2, axis=-1), ops.prod(ops.cast(a > 0, "uint8"), axis=1),
            ops.var(a, axis=1), ops.std(a, axis=1), ops.square(a),
            ops.square(small), ops.round(a), ops.trunc(a), ops.nan_to_num(a), ops.tanh(a),
            ops.norm(a, axis=1), ops.sort(ops.cast(a, "uint8"), axis=1),
            ops.argsort(a > 1, axis=-1), ops.leaky_relu(a)]


@case("ops_losses", (3, 4), (3, 4), low=0.1, high=0.9)
def _(a, b):
    kinds = ops.argmax(a, axis=-1)
    one = ops.one_hot(kinds, 4)
    return [ops.binary_crossentropy(a, b), ops.binary_crossentropy(a, b * 4 - 2, from_logits=True),
            ops.categorical_crossentropy(one, b),
            ops.categorical_crossentropy(a, b, axis=1),
            ops.categorical_crossentropy(one, b * 4, from_logits=True),
            ops.sparse_categorical_crossentropy(kinds, b * 3, from_logits=True),
            ops.sparse_categorical_crossentropy(kinds, b), ops.psnr(a, b, 1.0)]


@case("ops_scatter", (4, 3))
def _(x):
    at = np.array([[0, 1], [1, 3], [0, 2]], "int32")
    y = ops.take(ops.reshape(x, (-1, 3)), [0, 1, 2, 3], axis=0)
    z = ops.take(y, [0, 2, 3], axis=0)
    return [ops.scatter(at[:, :1] * 2 % 3, z, (5, 3)), ops.scatter(at[:, 1:], z, (4, 3)),
            ops.scatter_update(y, at[:, 1:], z * 5), ops.scatter_update(y, at % 3, z[0] * 2),
            ops.scatter_update(y, at[:, 1:], z * 5, reduction="add"),
            ops.scatter_update(y, at[:, :1], z), ops.scatter_update(y, at[:, :1], z * 2, "max"),
            ops.scatter_update(y, at[:, :1], z * 3, reduction="mul")]


@case("ops_matrices", (3, 3), (3, 2))
def _(a, b):
    square = ops.matmul(a, ops.transpose(a, (0, 2, 1))) + 2 * np.eye(3, dtype="float32")
    values, _ = ops.eigh(square)
    q, r = ops.qr(b)
    u, s, v = ops.svd(b, full_matrices=False)
    return [ops.inv(square), ops.det(square), ops.solve(square, b), ops.cholesky(square),
            ops.cholesky(square, upper=True), ops.solve(square, b[..., 0]), values,
            ops.solve_triangular(ops.cholesky(square), b, lower=True), ops.matmul(q, r), s,
            ops.matmul(u * s[:, None], v), ops.svd(b, compute_uv=False), *ops.slogdet(square),
            ops.erfinv(a * 0.9)]


@case("ops_fourier", (8,), (8,))
def _(x, y):
    z = ops.stack([x, y, x], axis=1), ops.stack([y, x, x], axis=1)
    return [*ops.fft((x, y)), *ops.fft2(z), *ops.ifft2(z), ops.irfft((x, y)),
            ops.irfft((x, y), fft_length=10)]


@case("ops_axes", (4, 6))
def _(x):
    at = ops.cast(ops.argsort(x, axis=-1), "int32")
    return [ops.rearrange(x, "b h c -> b c h"), ops.rearrange(x, "b (h p) c -> b h (p c)", p=2),
            ops.rearrange(x, "b h c -> b (c h)"), ops.rearrange(x, "b h (n d) -> b n h d", n=3),
            ops.fliplr(x), ops.flipud(x), ops.rot90(x, axes=(1, 2)),
            ops.rot90(x, -3, axes=(2, 1)), ops.diagonal(x, axis1=1, axis2=2),
            ops.diagonal(x, offset=2, axis1=1, axis2=2),
            ops.diagonal(x, offset=-1, axis1=2, axis2=1), ops.trace(x, axis1=1, axis2=2),
            ops.take_along_axis(x, at, axis=-1), ops.take_along_axis(x, at[:, :, :2], axis=2),
            ops.append(x, x * 2, axis=1), ops.append(x, x), ops.cross(x[..., :3], x[..., 3:])]


@case("ops_items", (3, 4), (3, 4), low=-3, high=3)
def _(a, b):
    nan = a / ops.relu(a)
    return [ops.cbrt(a), ops.fmax(a, nan), ops.fmin(nan, b), ops.fmod(a, b), ops.isneginf(nan),
            ops.isposinf(ops.abs(nan)), ops.ldexp(a, ops.cast(b, "int32")),
            ops.logaddexp2(a, b), ops.signbit(a),
            ops.sinc(a), ops.nan_to_num(nan), ops.nan_to_num(nan, nan=2.0, posinf=3.0),
            ops.isclose(a, b, rtol=0.5, atol=0.1), ops.select([a > 1, b > 0], [a, b], 2.0),
            ops.digitize(a, np.array([-1.0, 0.0, 2.0], "float32")), ops.real(a), ops.conj(b),
            ops.average(a), ops.average(a, axis=1), ops.average(a, axis=1, weights=ops.exp(b)),
            ops.average(a, axis=2, weights=np.array([1, 2, 3, 4], "float32"))]


@case("ops_nn", (9, 8, 3))
def _(x):
    rng = np.random.default_rng(3)
    k = rng.normal(size=(3, 2, 3, 4)).astype("float32")
    d = rng.normal(size=(2, 3, 3, 2)).astype("float32")
    p = rng.normal(size=(1, 1, 6, 5)).astype("float32")
    v = np.abs(rng.normal(size=(4, 3))).astype("float32")
    return [ops.conv(x, k, strides=2), ops.conv(x, k, padding="same", dilation_rate=2),
            ops.conv(x[:, 0], k[0]), ops.conv(x[:, None], k[:1, :, None], padding="same"),
            ops.depthwise_conv(x, d, padding="same"), ops.depthwise_conv(x[:, 1], d[0]),
            ops.separable_conv(x, d, p, strides=2, padding="same"),
            ops.batch_normalization(x, v[0], v[1], -1, v[2], v[3]),
            ops.batch_normalization(x, v[0], v[1], 3), ops.layer_normalization(x, v[0], v[1]),
            ops.rms_normalization(x, v[0]), ops.adaptive_average_pool(x, (2, 3)),
            ops.adaptive_max_pool(x, (4, 4)), ops.multi_hot(ops.argmax(x[:, :, 0], axis=-1), 3)]


@case("ops_attention", (5, 2, 4), (6, 2, 4), (6, 2, 3))
def _(q, k, v):
    seen = ops.einsum("btnh,bsnh->bnts", q, k) > 0.6
    return [ops.dot_product_attention(q, k, v), ops.dot_product_attention(q, k, v, scale=0.3),
            ops.dot_product_attention(q, k, v, mask=seen),
            ops.dot_product_attention(k, k, v, is_causal=True),
            ops.dot_product_attention(q, k, v, bias=ops.cast(seen, "float32"))]


@case("ops_spectrum", (64,), (48,))
def _(x, y):
    return [*ops.rfft(x), *ops.rfft(y), *ops.stft(x, 16, 6, 16), *ops.stft(y, 10, 5, 12),
            *ops.stft(x, 16, 8, 16, window="hamming", center=False),
            *ops.stft(x, 16, 8, 16, window=None)]


@case("ops_colors", (5, 6, 3))
def _(x):
    return [ops.image.rgb_to_hsv(x), ops.image.hsv_to_rgb(x), ops.image.rgb_to_hsv(x * 0),
            ops.unfold(x, 2), ops.unfold(x, (2, 3), dilation=1, padding=(1, 0), stride=2)]


@case("ops_image_filters", (9, 8, 3))
def _(x):
    return [ops.image.extract_patches(x, 2), ops.image.extract_patches(x, (3, 2), strides=(2, 1)),
            ops.image.extract_patches(x, 3, strides=2, padding="same"),
            ops.image.extract_patches(x, 3, strides=1, dilation_rate=2),
            ops.image.gaussian_blur(x), ops.image.gaussian_blur(x, (5, 5), (0.8, 1.7)),
            ops.image.sobel_edges(x), ops.image.pad_images(x, 1, 2, 3, 0),
            ops.image.pad_images(x, top_padding=2, left_padding=1, target_height=12,
                                 target_width=14),
            ops.image.crop_images(x, 1, 2, 3, 0),
            ops.image.crop_images(x, top_cropping=2, right_cropping=1, target_height=4,
                                  target_width=5)]


@case("ops_rare", (6, 5), (6, 5), low=-2, high=2)
def _(x, y):
    holes = ops.where(x > 1, float("nan"), x)
    return [ops.nancumsum(holes, axis=1), ops.nancumprod(holes, axis=1), ops.nancumsum(y, axis=-2),
            ops.trapezoid(x), ops.trapezoid(x, dx=0.5, axis=1), ops.empty_like(x),
            ops.allclose(x, x * 1.0), ops.allclose(x, y),
            ops.in_top_k(ops.argmax(y[0], axis=-1), x[0], 2),
            ops.in_top_k(ops.argmax(y[0], axis=-1), holes[0], 3), KerasCDist(x, y),
            KerasCDist(x[:, 1:], y), ops.kron(x[0], y[0]), ops.extract_sequences(x, 3, 2),
            ops.diag(x[0, 0]), ops.diag(x[0, 1], k=2), ops.diagflat(x[0, :2], k=-1),
            *ops.meshgrid(x[0, 0], y[0, :3, 0]), *ops.meshgrid(x[0, 0], y[0, 1, :2], indexing="ij"),
            *ops.meshgrid(x[0, 0], y[0, 1], x[0, 2]), ops.vander(x[0, 0]),
            ops.vander(x[0, 0], 3, increasing=True),
            *ops.unravel_index(ops.argmax(ops.reshape(x, (-1, 30)), axis=1), (6, 5)),
            ops.linspace(x, y, 4), ops.linspace(x, 3.0, 5, endpoint=False, axis=-1)]


@case("ops_fold", (12, 30))
def _(x):
    return [ops.fold(x, (6, 7), 2), ops.fold(x[:, :, :6], 5, (2, 3), stride=2, padding=(1, 0)),
            ops.fold(x[:, :, :9], (5, 8), (3, 2), dilation=(1, 2), stride=(1, 2))]


@case("ops_affine", (7, 6, 2), (8,), low=-0.5, high=0.5)
def _(x, t):
    turn = np.array([0.8, -0.6, 2.1, 0.6, 0.8, -1.3, 0.01, -0.02], "float32")
    half = np.array([1, 0, -0.5, 0, 1, -0.5, 0, 0], "float32")
    a = ops.image.affine_transform
    return [a(x, turn), a(x, turn, interpolation="nearest", fill_value=0.3), a(x, half, "nearest"),
            a(x, turn, fill_mode="nearest"), a(x, t * 0.3 + turn), a(x, t + half, "nearest"),
            a(ops.transpose(x, (0, 3, 1, 2)), turn, data_format="channels_first")]


# models
@case("nested_outputs", (6,))
def _(x):
    i = keras.Input((6,))
    inner = keras.Model(i, [L.Dense(3)(i), L.Dense(2)(i)])
    first = inner(L.Dense(6)(x))
    second = inner(x)
    return [*second, *first]


@case("shared_nested", (5,), (5,))
def _(a, b):
    inner = keras.Sequential([L.Dense(4, activation="relu"), L.BatchNormalization(), L.Dense(3)])
    x = keras.Input((5,))
    outer = keras.Model(x, [inner(x), L.Dense(2)(x)])
    p, q = outer(a)
    r, s = outer(b)
    return {"first": L.Concatenate()([p, r]), "second": L.Add()([q, s])}


@case("stacked", (8, 8, 3))
def _(x):
    for _ in range(3):
        y = L.Conv2D(6, 3, padding="same", use_bias=False)(x)
        y = L.Activation("relu")(L.BatchNormalization()(y))
        x = L.Concatenate()([x, y])
    return L.Dense(5, activation="softmax")(L.GlobalAveragePooling2D()(x))


def example(rng, shape, dtype, low, high):
    shape = (1, *[7 if n is None else n for n in shape])
    if dtype == "text":
        return rng.choice(np.array(["A b!  c, a", " c", "", "a b", "d e-a c B b b", "B! a"],
                                   dtype=object), size=shape)
    if dtype == "string":
        return rng.choice(np.array(["a", "b", "c", "z", ""], dtype=object), size=shape)
    if dtype.startswith("int"):
        return rng.integers(low, high, size=shape).astype(dtype)
    return rng.uniform(low, 1 if high is None else high, size=shape).astype(dtype)


def randomize(model, rng):
    for w in model.weights:
        if w.dtype == "float32":
            value = rng.normal(size=w.shape) * 0.4
            w.assign(np.abs(value) + 0.2 if "variance" in w.path else value)


def names(outputs):
    if isinstance(outputs, dict):
        return list(outputs)
    return [f"output_{i}" for i in range(len(outputs))]


def make(folder, name):
    build, shapes, dtype, low, high = CASES[name]
    keras.backend.clear_session()
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    batch = 1 if name.endswith(("stateful", "axes")) else None
    inputs = [keras.Input(s, batch_size=batch, name=f"in_{i}",
                          dtype="string" if dtype == "text" else dtype)
              for i, s in enumerate(shapes)]
    outputs = build(*inputs)
    if not isinstance(outputs, dict):
        outputs = keras.tree.flatten(outputs)
    model = keras.Model(inputs, outputs)
    randomize(model, rng)
    recorded = {}
    for i in range(2):
        given = [example(rng, s, dtype, low, high) for s in shapes]
        made = model(string_tensors(given) if dtype in ("string", "text") else
                     [keras.ops.convert_to_tensor(g) for g in given], training=False)
        made = made if isinstance(made, (list, tuple, dict)) else [made]
        values = made.values() if isinstance(made, dict) else made
        for k, g in enumerate(given):
            recorded[f"serving_default__{i}__in__in_{k}"] = g
        for key, value in zip(names(made), values):
            recorded[f"serving_default__{i}__out__{key}"] = np.asarray(value)
    target = folder / f"k_{name}"
    target.mkdir(parents=True, exist_ok=True)
    model.save(target / "model.keras")
    formats = ["keras"]
    if not name.endswith("adapted"):  # .h5 loses what was learned
        model.save(target / "model.h5")
        formats.append("h5")
    np.savez(target / "io.npz", **recorded)
    (target / "meta.json").write_text(json.dumps({
        "name": name, "formats": formats,
        "tf_convert": {"options": ["select"] if name.startswith(SELECT) else []}}))


def string_tensors(given):
    import tensorflow as tf
    return [tf.constant(g.tolist()) for g in given]


def main():
    folder = pathlib.Path(sys.argv[1])
    failed = 0
    for name in CASES:
        if sys.argv[2:] and not name.startswith(tuple(sys.argv[2:])):
            continue
        try:
            make(folder, name)
        except Exception as error:  # what Keras itself cannot do is no fixture
            failed += 1
            print(f"{name}: {type(error).__name__} {str(error)[:200]}", file=sys.stderr)
    print(f"{len(CASES)} layers, {failed} not made")


if __name__ == "__main__":
    main()
