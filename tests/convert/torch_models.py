#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exports PyTorch modules with torch.onnx.export(dynamo=True), converts them, and compares what
Linnet's interpreter gives with what PyTorch gives.

    torch_models.py --linnet build/linnet --package build/python [--litert] [NAME...]

--keep FOLDER leaves the exports there and takes those that are there already: exporting is the slow
part.  --litert also runs what was converted in ai_edge_litert."""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

TOLERANCE = 1e-4


class Of(nn.Module):
    """A function as a module, with the modules it calls."""

    def __init__(self, function, *modules):
        super().__init__()
        self.function = function
        self.parts = nn.ModuleList(modules)

    def forward(self, *inputs):
        return self.function(*self.parts, *inputs)


class Recurrent(nn.Module):
    """Embedded words through a recurrent layer; the last step's output is scored."""

    def __init__(self, layer, **options):
        super().__init__()
        self.words = nn.Embedding(50, 12)
        self.cells = layer(12, 16, batch_first=True, **options)
        self.head = nn.Linear(16 * (2 if options.get("bidirectional") else 1), 5)

    def forward(self, words):
        return self.head(self.cells(self.words(words))[0][:, -1])


class Patches(nn.Module):
    """A small vision transformer."""

    def __init__(self):
        super().__init__()
        self.cut = nn.Conv2d(3, 32, 4, 4)
        self.token = nn.Parameter(torch.randn(1, 1, 32))
        self.place = nn.Parameter(torch.randn(1, 17, 32))
        layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True, norm_first=True,
                                           activation="gelu")
        self.blocks = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(32)
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        x = self.cut(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.place
        return self.head(self.norm(self.blocks(x))[:, 0])


class UNet(nn.Module):
    """Down twice and up again, with skips."""

    def __init__(self):
        super().__init__()
        def block(n, m):
            return nn.Sequential(nn.Conv2d(n, m, 3, padding=1), nn.BatchNorm2d(m), nn.ReLU(),
                                 nn.Conv2d(m, m, 3, padding=1), nn.BatchNorm2d(m), nn.ReLU())
        self.a, self.b, self.c = block(3, 8), block(8, 16), block(16, 32)
        self.up_b, self.up_a = nn.ConvTranspose2d(32, 16, 2, 2), nn.ConvTranspose2d(16, 8, 2, 2)
        self.join_b, self.join_a = block(32, 16), block(16, 8)
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(F.max_pool2d(a, 2))
        y = self.c(F.max_pool2d(b, 2))
        y = self.join_b(torch.cat([self.up_b(y), b], 1))
        return self.head(self.join_a(torch.cat([self.up_a(y), a], 1)))


class Residual(nn.Module):
    """Convolutions around which the input goes, separable ones behind, a pyramid's pooling."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16),
                                  nn.ReLU6())
        self.body = nn.Sequential(nn.Conv2d(16, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16),
                                  nn.ReLU(), nn.Conv2d(16, 16, 3, 1, 1), nn.BatchNorm2d(16))
        self.depth = nn.Sequential(nn.Conv2d(16, 16, 3, 2, 1, groups=16), nn.BatchNorm2d(16),
                                   nn.Hardswish(), nn.Conv2d(16, 24, 1))
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(24, 6, 1), nn.SiLU(),
                                  nn.Conv2d(6, 24, 1), nn.Hardsigmoid())
        self.head = nn.Linear(24, 10)

    def forward(self, x):
        x = self.stem(x)
        x = self.depth(torch.relu(self.body(x) + x))
        return self.head((x * self.gate(x)).mean((2, 3)))


class Decoder(nn.Module):
    """A language model's block: causal attention, RMS norm, gated units, rotated positions."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(40, 32)
        self.norm, self.norm2 = nn.RMSNorm(32), nn.RMSNorm(32)
        self.qkv, self.out = nn.Linear(32, 96, bias=False), nn.Linear(32, 32, bias=False)
        self.gate, self.up, self.down = nn.Linear(32, 48), nn.Linear(32, 48), nn.Linear(48, 32)

    def forward(self, words):
        x = self.words(words)
        n, t, c = x.shape
        q, k, v = (y.view(n, t, 4, 8).transpose(1, 2)
                   for y in self.qkv(self.norm(x)).chunk(3, -1))
        angle = torch.arange(t).float()[:, None] * 10000 ** (-torch.arange(4).float() / 4)
        angle = torch.cat([angle, angle], -1)

        def turn(y):
            return y * angle.cos() + torch.cat([-y[..., 4:], y[..., :4]], -1) * angle.sin()

        y = F.scaled_dot_product_attention(turn(q), turn(k), v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(n, t, c))
        y = self.norm2(x)
        return (x + self.down(F.silu(self.gate(y)) * self.up(y))) @ self.words.weight.T


def image(*shape):
    return torch.randn(*(shape or (1, 3, 16, 16)))


def words(*shape):
    return torch.randint(0, 40, shape or (2, 9))


def seq(*modules):
    return nn.Sequential(*modules)


def attention_layer():
    return Of(lambda m, x: m(x, x, x)[0], nn.MultiheadAttention(16, 4, batch_first=True))


def grid(x):
    theta = torch.tensor([[[0.8, 0.2, 0.1], [-0.1, 0.9, 0.0]]])
    return F.grid_sample(x, F.affine_grid(theta, list(x.shape), align_corners=False),
                         align_corners=False)


def bag(mode):
    return Of(lambda m, x: m(x), nn.EmbeddingBag(50, 8, mode=mode))


# name: a module, its inputs, and what is left open
MODELS = {
    "mlp": lambda: (seq(nn.Linear(20, 32), nn.ReLU(), nn.Dropout(), nn.Linear(32, 8),
                        nn.Softmax(-1)), [image(4, 20)]),
    "mlp_open": lambda: (seq(nn.Linear(20, 32), nn.GELU(), nn.Linear(32, 8)), [image(4, 20)],
                         ({0: torch.export.Dim("batch")},)),
    "cnn": lambda: (seq(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(),
                        nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(),
                        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)), [image()]),
    "cnn_open": lambda: (Residual(), [image(2, 3, 32, 32)], ({0: torch.export.Dim("batch")},)),
    "residual": lambda: (Residual(), [image(1, 3, 32, 32)]),
    "unet": lambda: (UNet(), [image()]),
    "vit": lambda: (Patches(), [image()]),
    "vit_open": lambda: (Patches(), [image(2, 3, 16, 16)], ({0: torch.export.Dim("batch")},)),
    "decoder": lambda: (Decoder(), [words(1, 9)]),
    "decoder_open": lambda: (Decoder(), [words()], ({0: torch.export.Dim("batch")},)),
    "lstm": lambda: (Recurrent(nn.LSTM), [words()]),
    "lstm_two": lambda: (Recurrent(nn.LSTM, bidirectional=True, num_layers=2), [words()]),
    "lstm_open": lambda: (Recurrent(nn.LSTM), [words()], ({0: torch.export.Dim("batch")},)),
    "gru": lambda: (Recurrent(nn.GRU), [words()]),
    "gru_two": lambda: (Recurrent(nn.GRU, bidirectional=True, num_layers=2), [words()]),
    "rnn": lambda: (Recurrent(nn.RNN), [words()]),
    "rnn_relu": lambda: (Recurrent(nn.RNN, nonlinearity="relu"), [words()]),
    "lstm_cell": lambda: (Of(lambda m, x, h, c: m(x, (h, c)), nn.LSTMCell(6, 8)),
                          [image(2, 6), image(2, 8), image(2, 8)]),
    "gru_cell": lambda: (Of(lambda m, x, h: m(x, h), nn.GRUCell(6, 8)),
                         [image(2, 6), image(2, 8)]),
    "lstm_state": lambda: (Of(lambda m, x, h, c: m(x, (h, c)), nn.LSTM(6, 8)),
                           [image(5, 2, 6), image(1, 2, 8), image(1, 2, 8)]),
    "encoder": lambda: (nn.TransformerEncoder(
        nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), 2, enable_nested_tensor=False),
                        [image(2, 7, 16)]),
    "encoder_masked": lambda: (Of(lambda m, x: m(x, src_mask=nn.Transformer.
                                                 generate_square_subsequent_mask(7)),
                                  nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)),
                               [image(2, 7, 16)]),
    "encoder_decoder": lambda: (nn.Transformer(16, 4, 1, 1, 32, batch_first=True),
                                [image(2, 7, 16), image(2, 5, 16)]),
    "attention": lambda: (attention_layer(), [image(2, 7, 16)]),
    "sdpa": lambda: (Of(F.scaled_dot_product_attention), [image(2, 4, 7, 8) for _ in range(3)]),
    "sdpa_causal": lambda: (Of(lambda q, k, v: F.scaled_dot_product_attention(
        q, k, v, is_causal=True)), [image(2, 4, 7, 8) for _ in range(3)]),
    "sdpa_mask": lambda: (Of(F.scaled_dot_product_attention),
                          [image(2, 4, 7, 8) for _ in range(3)] +
                          [(image(2, 1, 7, 7) > 0.3) | torch.eye(7, dtype=torch.bool)]),
    "sdpa_scale": lambda: (Of(lambda q, k, v: F.scaled_dot_product_attention(
        q, k, v, scale=0.5)), [image(2, 4, 7, 8) for _ in range(3)]),
    "layer_norm": lambda: (nn.LayerNorm([3, 16]), [image(2, 5, 3, 16)]),
    "group_norm": lambda: (nn.GroupNorm(4, 16), [image(2, 16, 6, 6)]),
    "instance_norm": lambda: (nn.InstanceNorm2d(8, affine=True), [image(2, 8, 6, 6)]),
    "instance_norm_tracked": lambda: (nn.InstanceNorm2d(8, track_running_stats=True),
                                      [image(2, 8, 6, 6)]),
    "batch_norm_1d": lambda: (seq(nn.Linear(8, 12), nn.BatchNorm1d(12)), [image(4, 8)]),
    "batch_norm_3d": lambda: (seq(nn.Conv3d(2, 4, 3), nn.BatchNorm3d(4)), [image(1, 2, 5, 6, 7)]),
    "rms_norm": lambda: (nn.RMSNorm(16), [image(2, 5, 16)]),
    "local_response": lambda: (nn.LocalResponseNorm(3), [image(2, 8, 6, 6)]),
    "bag_sum": lambda: (bag("sum"), [words(3, 6)]),
    "bag_mean": lambda: (bag("mean"), [words(3, 6)]),
    "bag_max": lambda: (bag("max"), [words(3, 6)]),
    "bag_offsets": lambda: (Of(lambda m, x, o: m(x, o), nn.EmbeddingBag(50, 8, mode="sum")),
                            [words(7), torch.tensor([0, 3, 4])]),
    "nearest": lambda: (nn.Upsample(scale_factor=2), [image(1, 3, 5, 6)]),
    "nearest_size": lambda: (nn.Upsample(size=(7, 13)), [image(1, 3, 5, 6)]),
    "nearest_exact": lambda: (nn.Upsample(size=(7, 13), mode="nearest-exact"),
                              [image(1, 3, 5, 6)]),
    "bilinear": lambda: (nn.Upsample(scale_factor=2, mode="bilinear"), [image(1, 3, 5, 6)]),
    "bilinear_corners": lambda: (nn.Upsample(size=(9, 8), mode="bilinear", align_corners=True),
                                 [image(1, 3, 5, 6)]),
    "bilinear_smaller": lambda: (Of(lambda x: F.interpolate(
        x, size=(3, 4), mode="bilinear", antialias=True)), [image(1, 3, 9, 8)]),
    "bicubic": lambda: (nn.Upsample(scale_factor=2, mode="bicubic"), [image(1, 3, 5, 6)]),
    "bicubic_smaller": lambda: (Of(lambda x: F.interpolate(
        x, size=(3, 4), mode="bicubic", antialias=True)), [image(1, 3, 9, 8)]),
    "trilinear": lambda: (nn.Upsample(scale_factor=2, mode="trilinear"), [image(1, 2, 3, 4, 5)]),
    "linear_1d": lambda: (nn.Upsample(scale_factor=2, mode="linear"), [image(1, 3, 8)]),
    "interpolate_odd": lambda: (Of(lambda x: F.interpolate(
        x, scale_factor=1.7, mode="bilinear", recompute_scale_factor=False)),
                                [image(1, 3, 5, 6)]),
    "grid_sample": lambda: (Of(grid), [image(1, 3, 6, 7)]),
    "grid_bicubic": lambda: (Of(lambda x, g: F.grid_sample(
        x, g, mode="bicubic", padding_mode="border", align_corners=True)),
                             [image(1, 3, 6, 7), torch.rand(1, 5, 4, 2) * 2.4 - 1.2]),
    "grid_3d": lambda: (Of(lambda x, g: F.grid_sample(x, g, align_corners=False)),
                        [image(1, 2, 4, 6, 7), torch.rand(1, 3, 5, 4, 3) * 2.4 - 1.2]),
    "fold": lambda: (nn.Fold((6, 7), 3, padding=1), [image(2, 27, 42)]),
    "unfold": lambda: (nn.Unfold(3, padding=1, stride=2), [image(2, 3, 6, 7)]),
    "pixel_shuffle": lambda: (seq(nn.Conv2d(3, 12, 3, padding=1), nn.PixelShuffle(2)), [image()]),
    "pixel_unshuffle": lambda: (nn.PixelUnshuffle(2), [image()]),
    "channel_shuffle": lambda: (nn.ChannelShuffle(2), [image(1, 8, 4, 4)]),
    "conv_1d": lambda: (seq(nn.Conv1d(4, 8, 5, stride=2, padding=2), nn.ELU(),
                            nn.MaxPool1d(2)), [image(2, 4, 32)]),
    "conv_3d": lambda: (seq(nn.Conv3d(2, 4, 3, padding=1), nn.ReLU(), nn.MaxPool3d(2)),
                        [image(1, 2, 6, 6, 6)]),
    "conv_dilated": lambda: (nn.Conv2d(3, 8, 3, padding=2, dilation=2), [image()]),
    "conv_grouped": lambda: (nn.Conv2d(8, 12, 3, groups=4), [image(1, 8, 6, 6)]),
    "conv_same": lambda: (nn.Conv2d(3, 8, 4, padding="same"), [image()]),
    "conv_reflect": lambda: (nn.Conv2d(3, 8, 3, padding=1, padding_mode="reflect"), [image()]),
    "conv_circular": lambda: (nn.Conv2d(3, 8, 3, padding=1, padding_mode="circular"), [image()]),
    "transposed": lambda: (nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1),
                           [image(1, 4, 5, 6)]),
    "transposed_1d": lambda: (nn.ConvTranspose1d(4, 6, 4, stride=2, padding=1), [image(1, 4, 9)]),
    "transposed_3d": lambda: (nn.ConvTranspose3d(2, 3, 3, stride=2, padding=1),
                              [image(1, 2, 3, 4, 5)]),
    "transposed_grouped": lambda: (nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2),
                                   [image(1, 4, 5, 6)]),
    "pools": lambda: (Of(lambda x: torch.cat([
        F.avg_pool2d(x, 3, 2, 1).flatten(1), F.avg_pool2d(x, 3, 2, 1, ceil_mode=True,
                                                          count_include_pad=False).flatten(1),
        F.max_pool2d(x, 3, 2, 1).flatten(1), F.adaptive_avg_pool2d(x, (4, 2)).flatten(1),
        F.adaptive_max_pool2d(x, (4, 2)).flatten(1), F.lp_pool2d(x, 2, 3, 2).flatten(1)], 1)),
                      [image()]),
    "adaptive_odd": lambda: (Of(lambda x: F.adaptive_avg_pool2d(x, (3, 5))), [image()]),
    "pool_indices": lambda: (Of(lambda x: F.max_pool2d(x, 2, return_indices=True)), [image()]),
    "unpool": lambda: (Of(lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2)),
                       [image()]),
    "activations": lambda: (Of(lambda x: torch.stack([
        F.relu(x), F.relu6(x), F.elu(x), F.selu(x), F.celu(x, 0.7), F.gelu(x),
        F.gelu(x, approximate="tanh"), F.silu(x), F.mish(x), F.hardswish(x), F.hardsigmoid(x),
        F.hardtanh(x), F.leaky_relu(x, 0.2), F.softplus(x, 2, 5), F.softsign(x),
        F.logsigmoid(x), F.tanhshrink(x), F.softshrink(x), F.hardshrink(x), torch.sigmoid(x),
        torch.tanh(x), F.threshold(x, 0.1, -2)])), [image(4, 9)]),
    "prelu": lambda: (nn.PReLU(6), [image(2, 6, 4, 4)]),
    "glu": lambda: (nn.GLU(1), [image(2, 6, 4)]),
    "softmaxes": lambda: (Of(lambda x: (F.softmax(x, 1), F.log_softmax(x, 2), F.softmin(x, 0))),
                          [image(2, 5, 4)]),
    "math": lambda: (Of(lambda x: torch.stack([
        x.abs().sqrt(), x.exp(), (x.abs() + 1).log(), x.sin(), x.cos(), x.tan(), x.atan(),
        x.sinh(), x.asinh(), torch.erf(x), x.floor(), x.ceil(), x.round(), x.trunc(), x.frac(),
        x.sign(), x.reciprocal(), x.square(), x ** 3, torch.log1p(x.abs()), torch.expm1(x),
        torch.rsqrt(x.abs() + 1), torch.fmod(x, 0.7), torch.remainder(x, 0.7),
        torch.atan2(x, x.flip(1)), torch.log2(x.abs() + 1), torch.exp2(x),
        torch.maximum(x, x.flip(0)), torch.clamp(x, -0.5, 0.5), torch.lerp(x, x.flip(1), 0.3)])),
                     [image(4, 9)]),
    "reductions": lambda: (Of(lambda x: (
        x.sum(1), x.mean((0, 2)), x.amax(1), x.amin(2), x.prod(1), x.var(1), x.std(2),
        x.norm(dim=1), x.logsumexp(2), x.argmax(1), x.argmin(2), x.cumsum(1), x.max(1).values,
        (x > 0).any(1), (x > -3).all(1))), [image(3, 5, 4)]),
    "cumprod": lambda: (Of(lambda x: x.cumprod(1)), [image(3, 5, 4)]),
    "logcumsumexp": lambda: (Of(lambda x: torch.logcumsumexp(x, 1)), [image(3, 5, 4)]),
    "median": lambda: (Of(lambda x: x.median(1).values), [image(3, 5, 4)]),
    "cdist": lambda: (Of(lambda a: torch.cdist(a, a)), [image(2, 4, 6)]),
    "cross": lambda: (Of(lambda a: torch.cross(a[:, :3, :3], a[:, 1:4, :3], -1)),
                      [image(2, 4, 6)]),
    "sorting": lambda: (Of(lambda x: (torch.topk(x, 3, 1), torch.sort(x, 1, descending=True),
                                      torch.argsort(x, 1))), [image(3, 7)]),
    "indexing": lambda: (Of(lambda x, i: (
        x[:, i], x[..., 1::2], x[:, None, 2], torch.gather(x, 1, i[None].expand(3, -1)),
        torch.index_select(x, 1, i), x.roll(1, 1), x.flip(1), x.tril(), x.triu(1),
        torch.take_along_dim(x, i[None].expand(3, -1), 1))),
                         [image(3, 7), torch.tensor([4, 0, 2])]),
    "scattering": lambda: (Of(lambda x, i, y: (
        x.scatter(1, i, y), x.scatter_add(1, i, y), x.scatter_reduce(1, i, y, "amax"),
        x.scatter_reduce(1, i, y, "prod"), x.index_add(1, i[0], y),
        x.index_copy(1, i[0, :2], y[:, :2]), x.index_put((i[:, 1] % 3, i[:, 2]), y[:, 0]),
        x.masked_fill(x > 0, 7), torch.where(x > 0, x, y.sum()))),
                           [image(3, 7), torch.tensor([[4, 0, 2], [1, 1, 3], [6, 6, 6]]),
                            image(3, 3)]),
    "scattering_distinct": lambda: (Of(lambda x, i, y: (
        x.scatter(1, i, y), x.index_put((i[:, 1] % 3, i[:, 2]), y[:, 0]))),
                                    [image(3, 7), torch.tensor([[4, 0, 2], [1, 0, 3], [6, 5, 4]]),
                                     image(3, 3)]),
    "shapes": lambda: (Of(lambda x: (
        x.permute(2, 0, 1).reshape(4, -1), x.transpose(1, 2).flatten(1), x.unsqueeze(1).expand(
            -1, 2, -1, -1), x.repeat(1, 2, 1), x.repeat_interleave(2, 1), *x.chunk(2, 1),
        *x.split([1, 4], 1), *x.unbind(2), torch.stack([x, x], 1), x.movedim(0, 2),
        F.pad(x, (1, 2, 0, 1), value=3.0), F.pad(x, (1, 2), mode="reflect"),
        F.pad(x, (1, 2), mode="replicate"), x.unfold(1, 3, 2))), [image(3, 5, 4)]),
    "products": lambda: (Of(lambda a, b: (
        a @ b, torch.einsum("bij,bjk->bik", a, b), torch.einsum("bij,bjk->ki", a, b),
        torch.bmm(a, b), torch.baddbmm(a @ b, a, b, alpha=0.5), torch.matmul(a, b[0]),
        torch.outer(a[0, 0], b[0, 0]), torch.tensordot(a, b, ([2], [1])),
        F.cosine_similarity(a, a.flip(1), -1), F.normalize(a, dim=1),
        torch.addmm(a[0, :, :5], a[0], b[0]))),
                         [image(2, 4, 6), image(2, 6, 5)]),
    "bilinear_layer": lambda: (nn.Bilinear(5, 6, 4), [image(3, 5), image(3, 6)]),
    "integers": lambda: (Of(lambda x, y: (
        x // y, x % y, x & y, x | y, x ^ y, ~x, x << 1, x >> 1, x.float() / y,
        torch.div(x, y, rounding_mode="trunc"))),
                         [torch.tensor([3, -7, 0, 11], dtype=torch.int32),
                          torch.tensor([2, 3, 4, -5], dtype=torch.int32)]),
    "wide_integers": lambda: (Of(lambda x, y: (
        x % y, x & y, x | y, x ^ y, ~x, x << 1, x >> 1, torch.bincount(y, minlength=12),
        F.one_hot(y, 12))),
                              [torch.tensor([3, -7, 0, 2 ** 40 + 11]), torch.tensor([2, 3, 4, 5])]),
    "losses": lambda: (Of(lambda x, t: (
        F.cross_entropy(x, t), F.nll_loss(x, t, reduction="sum"), F.mse_loss(x, x.flip(0)),
        F.smooth_l1_loss(x, x.flip(0)), F.kl_div(x, x.flip(0).softmax(-1)),
        F.binary_cross_entropy_with_logits(x, (x > 0).float()))),
               [image(4, 6), torch.tensor([1, 0, 5, 2])]),
    "fft": lambda: (Of(lambda x: (torch.fft.rfft(x).abs(), torch.fft.fft(x).real,
                                  torch.fft.irfft(torch.fft.rfft(x)))), [image(3, 16)]),
    "stft": lambda: (Of(lambda x: torch.view_as_real(torch.stft(
        x, 16, 4, window=torch.hann_window(16), return_complex=True))), [image(2, 64)]),
    "spectrogram": lambda: (Of(lambda x: torch.stft(
        x, 16, 4, window=torch.hann_window(16), center=False, return_complex=True).abs()),
                            [image(2, 64)]),
    "cond": lambda: (Of(lambda x: torch.cond(x.sum() > 0, lambda x: x * 2, lambda x: x - 1, (x,))),
                     [image(3, 4)]),
    "mask_rows": lambda: (Of(lambda x: x[x[:, 0] > 0]), [image(6, 4)]),
    "nonzero": lambda: (Of(lambda x: (x > 0).nonzero()), [image(6, 4)]),
    "unique": lambda: (Of(lambda x: torch.unique(x)), [words(9)]),
    "half": lambda: (seq(nn.Linear(20, 8), nn.ReLU()).half(), [image(4, 20).half()]),
    "double": lambda: (seq(nn.Linear(20, 8), nn.Tanh()).double(), [image(4, 20).double()]),
    "weight_norm": lambda: (nn.utils.parametrizations.weight_norm(nn.Linear(8, 6)),
                            [image(3, 8)]),
    "squeeze_excite": lambda: (Residual(), [image(2, 3, 24, 40)]),
}


# How many TRANSPOSE a network of convolutions may have: one at its input, one more where an image,
# or a flattened one, comes out.
MOST_TRANSPOSES = {
    "cnn": 1, "cnn_open": 1, "residual": 1, "squeeze_excite": 1, "unet": 2, "mobilenet_v2": 1,
    "mobilenet_v3_small": 1, "resnet18": 1, "squeezenet1_1": 1, "efficientnet_b0": 1,
    "regnet_y_400mf": 1, "mnasnet0_5": 1, "googlenet": 1, "densenet121": 1, "convnext_tiny": 1,
    "inception_v3": 1, "vgg11": 2,
}


def torchvision_models():
    """Networks of torchvision without trained weights, when it is installed."""
    try:
        import torchvision
    except ImportError:
        return {}
    names = ("mobilenet_v2", "mobilenet_v3_small", "resnet18", "shufflenet_v2_x0_5",
             "squeezenet1_1", "efficientnet_b0", "regnet_y_400mf", "mnasnet0_5", "googlenet",
             "densenet121", "convnext_tiny", "swin_t", "inception_v3", "vgg11")
    sizes = {"swin_t": 224, "inception_v3": 299}

    def make(name):
        size = sizes.get(name, 96)
        options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        return lambda: (getattr(torchvision.models, name)(weights=None, **options),
                        [image(1, 3, size, size)])
    return {name: make(name) for name in names}


def flat(value):
    if isinstance(value, torch.Tensor):
        return [value]
    return [x for item in value for x in flat(item)]


def export(name, make, folder):
    path, values = folder / f"{name}.onnx", folder / f"{name}.npz"
    if path.exists() and values.exists():
        return path, values
    torch.manual_seed(7)
    model, inputs, *open_dims = make()
    model.eval()
    for part in model.modules(): # norms that would change nothing test nothing
        if getattr(part, "running_mean", None) is not None:
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2)
    with torch.no_grad():
        wanted = flat(model(*inputs))
    program = torch.onnx.export(model, tuple(inputs), dynamo=True, verbose=False,
                                dynamic_shapes=(open_dims[0] if not isinstance(model, Of) else
                                                (open_dims[0],)) if open_dims else None)
    program.save(str(path))
    np.savez(values, **{f"in{i}": x.numpy() for i, x in enumerate(inputs)},
             **{f"out{i}": x.numpy() for i, x in enumerate(wanted)})
    return path, values


def run(interpreter, data):
    details = interpreter.get_input_details()
    inputs = [data[f"in{i}"] for i in range(sum(k.startswith("in") for k in data))]
    for detail, value in zip(details, inputs):
        if tuple(detail["shape"]) != value.shape:
            interpreter.resize_tensor_input(detail["index"], value.shape)
    interpreter.allocate_tensors()
    for detail, value in zip(interpreter.get_input_details(), inputs):
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]


def compare(got, data):
    worst = 0.0
    for i, y in enumerate(got):
        want = data[f"out{i}"]
        if y.shape != want.shape or y.dtype != want.dtype:
            return f"output {i} is {y.dtype} {y.shape}, not {want.dtype} {want.shape}"
        exact = want.dtype.kind in "iub"
        gap = np.abs(y.astype(np.float64) - want.astype(np.float64))
        scale = 0 if exact else max(1.0, np.abs(want.astype(np.float64)).max(initial=0))
        limit = 0 if exact else scale * (1e-2 if want.dtype.itemsize == 2 else TOLERANCE)
        worst = max(worst, gap.max(initial=0) / (scale or 1))
        if not (gap <= limit).all():
            return f"output {i} differs by {gap.max():.3g}"
    return worst


def try_model(name, make, options, runtimes, folder):
    try:
        path, values = export(name, make, folder)
    except Exception as error: # whatever the exporter does not take
        return "unexported", " ".join(str(error).split())[:300]
    target = folder / f"{name}.tflite"
    made = subprocess.run([options.linnet, "convert", str(path), "--output", str(target)],
                          capture_output=True, text=True, check=False)
    if made.returncode:
        return "refused", " ".join(made.stderr.split())[:400]
    text = subprocess.run([options.linnet, "inspect", "--graph", str(target)],
                          capture_output=True, text=True, check=True).stdout
    transposes = text.count("= TRANSPOSE v")
    if transposes > MOST_TRANSPOSES.get(name, transposes):
        return "wrong", f"{transposes} TRANSPOSE"
    data = dict(np.load(values))
    notes = []
    for label, runtime in runtimes:
        try:
            found = compare(run(runtime(model_path=str(target)), data), data)
        except (ValueError, RuntimeError) as error:
            found = " ".join(str(error).split())[:200]
        if isinstance(found, str):
            return "wrong", f"{label}: {found}"
        notes.append(f"{label} {found:.1e}")
    return "ok", ", ".join(notes)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--linnet", required=True, help="the command")
    parser.add_argument("--package", required=True, help="folder with the package linnet")
    parser.add_argument("--litert", action="store_true", help="run in ai_edge_litert, too")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the exports")
    parser.add_argument("names", nargs="*", help="only these")
    options = parser.parse_args()
    sys.path.insert(0, options.package)
    import linnet
    runtimes = [("linnet", linnet.Interpreter)]
    if options.litert:
        from ai_edge_litert.interpreter import Interpreter
        runtimes.append(("litert", Interpreter))
    warnings.simplefilter("ignore")
    counts = {"ok": 0, "unexported": 0, "refused": 0, "wrong": 0}
    with tempfile.TemporaryDirectory() as scratch:
        for name, make in (MODELS | torchvision_models()).items():
            if options.names and name not in options.names:
                continue
            how, why = try_model(name, make, options, runtimes,
                                 options.keep or pathlib.Path(scratch))
            counts[how] += 1
            print(f"{how} {name}: {why}", flush=True)
    print(", ".join(f"{n} {how}" for how, n in counts.items()))
    return 1 if counts["refused"] or counts["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
