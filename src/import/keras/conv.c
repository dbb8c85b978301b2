/* SPDX-License-Identifier: Apache-2.0 */
/* conv.c: convolutions.  Those of one dimension are of two, with a height of 1; the activation is
 * part of the node where it can be. */
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

typedef struct window {
    int n;                               /* spatial axes of the layer */
    int size[3], stride[3], dilation[3]; /* of the three last: depth, height, width */
    TfLitePadding padding;
    bool causal;
    const cJSON *activation;
    TfLiteFusedActivation fused;
    bool bias;
    const int *rest; /* per axis: an output's length beyond stride times the input's */
} window;

/* A list of n numbers, or one for all; absent: 1. */
static bool read_axes(ln_keras_call *c, const char *key, int n, int *to)
{
    int v[3] = {1, 1, 1};
    const int got = ln_json_get(c->config, key) ? ln_json_ints(c->config, key, 3, v) : 1;
    to[0] = to[1] = to[2] = 1;
    for (int i = 0; i < n; i++)
        to[3 - n + i] = got == 1 ? v[0] : v[i];
    for (int i = 0; i < 3; i++)
        if ((got != 1 && got != n) || to[i] < 1 || to[i] > 1 << 20) {
            ln_emit_fail(c->e, LN_ERR_FORMAT, "%s is not %d positive numbers", key, n);
            return false;
        }
    return true;
}

static bool read_window(ln_keras_call *c, int n, window *w)
{
    const char *padding = ln_json_text(c->config, "padding", "valid");
    *w = (window){.n = n};
    w->causal = strcmp(padding, "causal") == 0;
    w->padding = strcmp(padding, "same") == 0 ? kTfLitePaddingSame : kTfLitePaddingValid;
    w->activation = ln_json_get(c->config, "activation");
    w->fused = ln_keras_fused(w->activation);
    w->bias = ln_json_bool(c->config, "use_bias", true);
    if (w->padding == kTfLitePaddingValid && !w->causal && strcmp(padding, "valid") != 0)
        ln_emit_fail(c->e, LN_ERR_FORMAT, "padding \"%s\"", padding);
    return read_axes(c, "kernel_size", n, w->size) && read_axes(c, "strides", n, w->stride) &&
           read_axes(c, "dilation_rate", n, w->dilation);
}

/* The input as [b, h, w, c]; a causal one sees the past only. */
static ln_id begin(ln_keras_call *c, const window *w)
{
    ln_id x = ln_keras_to_last(c, ln_emit_cast(c->e, ln_keras_x(c), kTfLiteFloat32));
    const int rank = ln_emit_shape(c->e, x).rank;
    if (rank != w->n + 2)
        return ln_emit_fail(c->e, LN_ERR_FORMAT, "an input of rank %d, not %d", rank, w->n + 2);
    if (w->n == 1)
        x = ln_keras_lift(c->e, x);
    if (w->causal) {
        const int before[] = {0, 0, w->dilation[2] * (w->size[2] - 1), 0}, after[4] = {0};
        if (w->n != 1 || w->dilation[2] > INT32_MAX / w->size[2])
            return ln_emit_fail(c->e, LN_ERR_FORMAT, "causal padding is for one dimension");
        x = ln_emit_pad(c->e, x, 4, before, after);
    }
    return x;
}

/* Some activations go along the last axis, whichever that is. */
static ln_id end(ln_keras_call *c, const window *w, ln_id y)
{
    const bool first = strcmp(ln_json_text(c->config, "data_format", ""), "channels_first") == 0;
    y = first ? y : ln_keras_activate(c, w->activation, y);
    y = ln_keras_from_last(c, w->n == 1 ? ln_keras_drop(c->e, y) : y);
    if (w->bias && first) {
        const ln_shape s = ln_emit_shape(c->e, y);
        const ln_shape bias = {.rank = s.rank, .dim = {1, s.dim[1], 1, 1, 1}};
        ln_keras_check_sum(c, y, &bias);
    }
    return first ? ln_keras_activate(c, w->activation, y) : y;
}

static ln_id convolve(ln_keras_call *c, const window *w, ln_id x, ln_id filter, ln_id bias)
{
    const TfLiteConvParams p = {.padding = w->padding,
                                .stride_width = w->stride[2],
                                .stride_height = w->stride[1],
                                .activation = w->fused,
                                .dilation_width_factor = w->dilation[2],
                                .dilation_height_factor = w->dilation[1]};
    const ln_id in[] = {x, filter, bias};
    return ln_emit_nary(c->e, &ln_op_conv_2d, &p, 3, in);
}

/* Ops of convolutions want a bias. */
static ln_id bias_or_zeros(ln_keras_call *c, const window *w, int index, int channels)
{
    const ln_shape s = {.rank = 1, .dim = {channels}};
    if (w->bias)
        return ln_keras_param(c, "bias", index, NULL, NULL);
    return ln_keras_constant(c, &s, ln_keras_floats(c, (size_t)LN_MAX(channels, 0)));
}

static int channels_of(ln_keras_call *c, ln_id constant, int axis)
{
    const ln_shape s = ln_emit_shape(c->e, constant);
    return axis < s.rank ? s.dim[axis] : 0;
}

/* kernel [h, w, i, o] -> [o, h, w, i] */
static ln_id filter_of(ln_keras_call *c, const window *w, const char *name, int index)
{
    static const int two[] = {3, 0, 1, 2, -1}, one[] = {2, 0, 1, -1};
    ln_keras_array k;
    if (w->n == 2)
        return ln_keras_param(c, name, index, two, NULL);
    if (!ln_keras_weight(c, name, index, &k))
        return -1;
    if (k.shape.rank != 3)
        return ln_emit_fail(c->e, LN_ERR_FORMAT, "weight \"%s\" has rank %d", name, k.shape.rank);
    const ln_shape s = {.rank = 4, .dim = {k.shape.dim[2], 1, k.shape.dim[0], k.shape.dim[1]}};
    return ln_keras_param(c, name, index, one, &s);
}

static void conv(ln_keras_call *c, int n)
{
    window w;
    if (!read_window(c, n, &w))
        return;
    const ln_id x = begin(c, &w), filter = filter_of(c, &w, "kernel", 0);
    const ln_id bias = bias_or_zeros(c, &w, 1, channels_of(c, filter, 0));
    ln_keras_out(c, end(c, &w, convolve(c, &w, x, filter, bias)));
}

void ln_keras_conv_1d(ln_keras_call *c)
{
    conv(c, 1);
}

void ln_keras_conv_2d(ln_keras_call *c)
{
    conv(c, 2);
}

static ln_id convolve_3d(ln_keras_call *c, const window *w, ln_id x, ln_id filter, ln_id bias)
{
    const TfLiteConv3DParams p = {.padding = w->padding,
                                  .stride_width = w->stride[2],
                                  .stride_height = w->stride[1],
                                  .stride_depth = w->stride[0],
                                  .dilation_width_factor = w->dilation[2],
                                  .dilation_height_factor = w->dilation[1],
                                  .dilation_depth_factor = w->dilation[0],
                                  .activation = w->fused};
    const ln_id in[] = {x, filter, bias};
    return ln_emit_nary(c->e, &ln_op_conv_3d, &p, bias >= 0 ? 3 : 2, in);
}

void ln_keras_conv_3d(ln_keras_call *c)
{
    window w;
    if (!read_window(c, 3, &w))
        return;
    if (ln_json_int(c->config, "groups", 1) != 1) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "CONV_3D has no groups");
        return;
    }
    const ln_id x = begin(c, &w), filter = ln_keras_param(c, "kernel", 0, NULL, NULL);
    const ln_id bias = w.bias ? ln_keras_param(c, "bias", 1, NULL, NULL) : -1;
    ln_keras_out(c, end(c, &w, convolve_3d(c, &w, x, filter, bias)));
}

/* ---- inside of recurrent cells ---- */

/* Images, series or volumes by the weight of that number and name; `bias` is that of the layer. */
static ln_id convolve_any(ln_keras_call *c, const window *w, ln_id x, const char *name, int index)
{
    ln_id bias = -1, y;
    if (w->n == 3) {
        const ln_id filter = ln_keras_param(c, name, index, NULL, NULL);
        bias = w->bias ? ln_keras_param(c, "bias", 2, NULL, NULL) : -1;
        return convolve_3d(c, w, x, filter, bias);
    }
    const ln_id filter = filter_of(c, w, name, index);
    bias = bias_or_zeros(c, w, 2, channels_of(c, filter, 0));
    y = convolve(c, w, w->n == 1 ? ln_keras_lift(c->e, x) : x, filter, bias);
    return w->n == 1 ? ln_keras_drop(c->e, y) : y;
}

ln_id ln_keras_conv_steps(ln_keras_call *c, int n, ln_id x)
{
    window w;
    const ln_shape s = ln_emit_shape(c->e, x);
    ln_shape flat = {.rank = n + 2, .dim = {-1}},
             back = {.rank = n + 3, .dim = {s.dim[0], s.dim[1]}};
    if (!read_window(c, n, &w))
        return -1;
    if (s.dim[0] < 0 && s.dim[1] < 0)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                            "an open number of steps and an open batch: give --input-shape");
    w.fused = kTfLiteActNone;
    for (int i = 1; i < flat.rank; i++) {
        flat.dim[i] = LN_KERAS_AS - (i + 1);
        back.dim[i + 1] = LN_KERAS_AS - i;
    }
    const ln_id y = convolve_any(c, &w, ln_keras_reshape(c->e, x, &flat), "kernel", 0);
    return ln_keras_reshape(c->e, y, &back);
}

ln_id ln_keras_conv_state(ln_keras_call *c, int n, ln_id state)
{
    window w;
    if (!read_window(c, n, &w))
        return -1;
    w.fused = kTfLiteActNone;
    w.padding = kTfLitePaddingSame;
    w.bias = false;
    for (int i = 0; i < 3; i++)
        w.stride[i] = w.dilation[i] = 1;
    return convolve_any(c, &w, state, "recurrent_kernel", 1);
}

/* ---- per channel ---- */

/* kernel [h, w, c, m] -> [1, h, w, c * m] */
static ln_id depthwise_filter(ln_keras_call *c, const window *w, const char *name)
{
    ln_keras_array k;
    if (!ln_keras_weight(c, name, 0, &k))
        return -1;
    if (k.shape.rank != w->n + 2 || k.shape.dim[w->n] < 1)
        return ln_emit_fail(c->e, LN_ERR_FORMAT, "weight \"%s\" has rank %d", name, k.shape.rank);
    const int height = w->n == 2 ? k.shape.dim[0] : 1, width = k.shape.dim[w->n - 1];
    const ln_shape s = {.rank = 4, .dim = {1, height, width, -1}};
    return ln_keras_param(c, name, 0, NULL, &s);
}

static ln_id depthwise(ln_keras_call *c, const window *w, ln_id x, ln_id filter, ln_id bias)
{
    const int in_channels = channels_of(c, x, 3), out_channels = channels_of(c, filter, 3);
    if (!ln_emit_ok(c->e))
        return -1;
    if (in_channels < 1 || out_channels % in_channels != 0)
        return ln_emit_fail(c->e, LN_ERR_FORMAT, "%d channels for %d", out_channels, in_channels);
    const TfLiteDepthwiseConvParams p = {.padding = w->padding,
                                         .stride_width = w->stride[2],
                                         .stride_height = w->stride[1],
                                         .depth_multiplier = out_channels / in_channels,
                                         .activation = w->fused,
                                         .dilation_width_factor = w->dilation[2],
                                         .dilation_height_factor = w->dilation[1]};
    const ln_id in[] = {x, filter, bias};
    return ln_emit_nary(c->e, &ln_op_depthwise_conv_2d, &p, 3, in);
}

static void depthwise_layer(ln_keras_call *c, int n)
{
    window w;
    if (!read_window(c, n, &w))
        return;
    const ln_id x = begin(c, &w);
    const ln_id filter = depthwise_filter(c, &w, "kernel|depthwise_kernel");
    const ln_id bias = bias_or_zeros(c, &w, 1, channels_of(c, filter, 3));
    ln_keras_out(c, end(c, &w, depthwise(c, &w, x, filter, bias)));
}

void ln_keras_depthwise_conv_1d(ln_keras_call *c)
{
    depthwise_layer(c, 1);
}

void ln_keras_depthwise_conv_2d(ln_keras_call *c)
{
    depthwise_layer(c, 2);
}

static void separable(ln_keras_call *c, int n)
{
    window w;
    if (!read_window(c, n, &w))
        return;
    const ln_id x = begin(c, &w), filter = depthwise_filter(c, &w, "depthwise_kernel");
    const ln_shape zeros = {.rank = 1, .dim = {LN_MAX(channels_of(c, filter, 3), 0)}};
    const ln_id none = ln_keras_constant(c, &zeros, ln_keras_floats(c, (size_t)zeros.dim[0]));
    window first = w, second = w;
    first.fused = kTfLiteActNone;
    second.padding = kTfLitePaddingValid;
    for (int i = 0; i < 3; i++)
        second.stride[i] = second.dilation[i] = 1;
    const ln_id between = depthwise(c, &first, x, filter, none);
    const ln_id point = filter_of(c, &w, "pointwise_kernel", 1);
    const ln_id bias = bias_or_zeros(c, &w, 2, channels_of(c, point, 0));
    ln_keras_out(c, end(c, &w, convolve(c, &second, between, point, bias)));
}

void ln_keras_separable_conv_1d(ln_keras_call *c)
{
    separable(c, 1);
}

void ln_keras_separable_conv_2d(ln_keras_call *c)
{
    separable(c, 2);
}

/* ---- transposed ---- */

/* What Keras gives the output of a transposed convolution beyond stride times its length;
 * output_padding -1: none. */
static int64_t transposed_rest(const window *w, int axis, int output_padding)
{
    const int64_t k = w->dilation[axis] * (int64_t)(w->size[axis] - 1) + 1;
    const int64_t stride = w->stride[axis];
    const bool same = w->padding == kTfLitePaddingSame;
    if (output_padding < 0)
        return same ? 0 : LN_MAX(k - stride, (int64_t)0);
    return k - stride - (same ? 2 * (k / 2) : 0) + output_padding;
}

static int transposed_length(const window *w, int axis, int n)
{
    const int64_t y = n * (int64_t)w->stride[axis] + w->rest[axis];
    return n >= 0 && y > 0 && y <= INT32_MAX ? (int)y : -1;
}

/* kernel [..., o, i] with zeros between its items where it is dilated. */
static bool dilate(ln_keras_call *c, const window *w, ln_keras_array *k)
{
    const int n = w->n, rest = k->shape.dim[n] * k->shape.dim[n + 1];
    int size[3] = {1, 1, 1}, wide[3] = {1, 1, 1};
    size_t count = (size_t)rest;
    for (int i = 0; i < n; i++) {
        size[3 - n + i] = k->shape.dim[i];
        const int64_t v = w->dilation[3 - n + i] * (int64_t)(k->shape.dim[i] - 1) + 1;
        if (v < 1 || v > 4096)
            return false;
        wide[3 - n + i] = (int)v;
        k->shape.dim[i] = (int)v;
        count *= (size_t)v;
        if (count > 1U << 28)
            return false;
    }
    float *y = ln_keras_floats(c, count);
    for (int i = 0; y && i < size[0] * size[1] * size[2]; i++) {
        const int x2 = i % size[2], x1 = i / size[2] % size[1], x0 = i / size[2] / size[1];
        const size_t at =
            ((size_t)(x0 * w->dilation[0]) * (size_t)wide[1] + (size_t)(x1 * w->dilation[1])) *
                (size_t)wide[2] +
            (size_t)(x2 * w->dilation[2]);
        memcpy(y + at * (size_t)rest, k->f + (size_t)i * (size_t)rest, (size_t)rest * sizeof *y);
    }
    k->f = y;
    k->count = (int)count;
    return y != NULL;
}

/* [h, w, o, i] -> [o, h, w, i]; for three dimensions it stays. */
static ln_id transposed_filter(ln_keras_call *c, const window *w)
{
    ln_keras_array k;
    if (!ln_keras_weight(c, "kernel", 0, &k))
        return -1;
    if (k.shape.rank != w->n + 2 || k.count < 1)
        return ln_emit_fail(c->e, LN_ERR_FORMAT, "the kernel has rank %d", k.shape.rank);
    if (w->dilation[0] * (int64_t)w->dilation[1] * w->dilation[2] > 1 && !dilate(c, w, &k))
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a kernel that becomes so large");
    if (w->n == 3)
        return ln_keras_constant(c, &k.shape, k.f);
    const int o = k.shape.dim[w->n], i = k.shape.dim[w->n + 1];
    const int width = k.shape.dim[w->n - 1], height = w->n == 2 ? k.shape.dim[0] : 1;
    const ln_shape s = {.rank = 4, .dim = {o, height, width, i}};
    float *y = ln_keras_floats(c, (size_t)k.count);
    for (int p = 0; y && p < height * width; p++)
        for (int q = 0; q < o; q++)
            memcpy(y + ((size_t)q * (size_t)(height * width) + (size_t)p) * (size_t)i,
                   k.f + ((size_t)p * (size_t)o + (size_t)q) * (size_t)i, (size_t)i * sizeof *y);
    return ln_keras_constant(c, &s, y);
}

/* The output's shape as a tensor: constant, or made of the shape of x. */
static ln_id shape_tensor(ln_emit *e, const window *w, ln_id x, const ln_shape *to)
{
    const ln_shape from = ln_emit_shape(e, x);
    int more[LN_MAX_RANK] = {0}, times[LN_MAX_RANK] = {1, 1, 1, 1, 1};
    bool grows = false;
    if (ln_shape_known(to))
        return ln_emit_ints(e, to->rank, to->dim);
    for (int i = 1; i < to->rank; i++) {
        const int axis = i - 1 + 5 - to->rank;
        if (to->dim[i] >= 0 && from.dim[i] >= 0) {
            more[i] = to->dim[i] - from.dim[i];
        } else if (w->rest && from.dim[i] < 0 && axis < 3) {
            times[i] = w->stride[axis];
            more[i] = w->rest[axis];
            grows = true;
        } else {
            return ln_emit_fail(e, LN_ERR_UNSUPPORTED,
                                "a transposed convolution of an open size: give --input-shape");
        }
    }
    ln_id shape = ln_emit_shape_of(e, x);
    if (grows)
        shape = ln_keras_binary(e, &ln_op_mul, shape, ln_emit_ints(e, to->rank, times));
    return ln_keras_binary(e, &ln_op_add, shape, ln_emit_ints(e, to->rank, more));
}

static ln_id transposed_node(ln_keras_call *c, const window *w, ln_id x, ln_id filter,
                             const ln_made *made)
{
    const TfLiteTransposeConvParams two = {.padding = w->padding,
                                           .stride_width = w->stride[2],
                                           .stride_height = w->stride[1],
                                           .activation = w->fused};
    const TfLiteConv3DParams three = {.padding = w->padding,
                                      .stride_width = w->stride[2],
                                      .stride_height = w->stride[1],
                                      .stride_depth = w->stride[0],
                                      .dilation_width_factor = 1,
                                      .dilation_height_factor = 1,
                                      .dilation_depth_factor = 1,
                                      .activation = w->fused};
    const ln_id bias = w->bias ? ln_keras_param(c, "bias", 1, NULL, NULL) : -1;
    const ln_id in[] = {shape_tensor(c->e, w, x, &made->shape), filter, x, bias};
    const ln_emit_call call = {.op = w->n == 3 ? &ln_op_conv_3d_transpose : &ln_op_transpose_conv,
                               .params = w->n == 3 ? (const void *)&three : &two,
                               .in = in,
                               .n_in = w->bias ? 4 : 3,
                               .n_out = 1,
                               .hints = made};
    ln_id y;
    return ln_emit_node(c->e, &call, &y) ? y : -1;
}

static void transposed(ln_keras_call *c, int n)
{
    window w;
    int extra[3] = {-1, -1, -1}, rest[3], v[3];
    if (!read_window(c, n, &w))
        return;
    const int got = ln_json_get(c->config, "output_padding")
                        ? ln_json_ints(c->config, "output_padding", 3, v)
                        : 0;
    for (int i = 0; i < n && got > 0; i++)
        extra[3 - n + i] = got == 1 ? v[0] : v[LN_MIN(i, got - 1)];
    for (int i = 0; i < 3; i++)
        rest[i] = (int)LN_MIN(transposed_rest(&w, i, extra[i]), (int64_t)INT32_MAX);
    w.rest = rest;
    const ln_id x = begin(c, &w), filter = transposed_filter(c, &w);
    if (!ln_emit_ok(c->e))
        return;
    ln_made made = {.type = kTfLiteFloat32, .shape = ln_emit_shape(c->e, x)};
    const int axes = made.shape.rank - 2;
    for (int i = 0; i < axes; i++) {
        const int axis = 3 - axes + i;
        made.shape.dim[i + 1] =
            n == 1 && i == 0 ? 1 : transposed_length(&w, axis, made.shape.dim[i + 1]);
    }
    made.shape.dim[axes + 1] = channels_of(c, filter, n == 3 ? 3 : 0);
    ln_keras_out(c, end(c, &w, transposed_node(c, &w, x, filter, &made)));
}

ln_id ln_keras_spread(ln_keras_call *c, ln_id x, ln_id filter, const int *stride,
                      const ln_shape *to)
{
    const window w = {.n = 2, .stride = {1, stride[0], stride[1]}, .padding = kTfLitePaddingValid};
    const ln_made made = {.type = kTfLiteFloat32, .shape = *to};
    return ln_emit_ok(c->e) ? transposed_node(c, &w, x, filter, &made) : -1;
}

void ln_keras_conv_1d_transpose(ln_keras_call *c)
{
    transposed(c, 1);
}

void ln_keras_conv_2d_transpose(ln_keras_call *c)
{
    transposed(c, 2);
}

void ln_keras_conv_3d_transpose(ln_keras_call *c)
{
    transposed(c, 3);
}

/* ---- Conv, DepthwiseConv, SeparableConv of keras.ops: the kernel is an operand ---- */

static ln_id kernel_operand(ln_keras_call *c, const window *w, int position, const char *name)
{
    const ln_id k = ln_keras_operand(c, ln_keras_arg_find(c, position, name), kTfLiteFloat32);
    const ln_shape s = ln_emit_shape(c->e, k);
    return s.rank == w->n + 2 && ln_shape_known(&s)
               ? k
               : ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a kernel of rank %d or open size", s.rank);
}

/* [h, w, i, o] -> [o, h, w, i]; for three dimensions it stays. */
static ln_id as_filter(ln_keras_call *c, const window *w, ln_id kernel)
{
    static const int two[] = {3, 0, 1, 2}, one[] = {2, 0, 1};
    if (w->n == 1)
        return ln_emit_expand_dims(c->e, ln_emit_transpose(c->e, kernel, 3, one), 1);
    return w->n == 2 ? ln_emit_transpose(c->e, kernel, 4, two) : kernel;
}

/* [h, w, c, m] -> [1, h, w, c * m] */
static ln_id as_depthwise_filter(ln_keras_call *c, const window *w, ln_id kernel)
{
    const ln_shape s = ln_emit_shape(c->e, kernel);
    if (!ln_emit_ok(c->e) || w->n > 2)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a volume");
    const ln_shape to = {
        .rank = 4,
        .dim = {1, w->n == 2 ? s.dim[0] : 1, s.dim[w->n - 1], ln_shape_count(&s, w->n, w->n + 2)}};
    return ln_emit_reshape(c->e, kernel, &to);
}

static bool operand_window(ln_keras_call *c, window *w)
{
    const int n = ln_emit_shape(c->e, ln_keras_x(c)).rank - 2;
    if (n < 1 || n > 3) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a convolution of rank %d", n + 2);
        return false;
    }
    if (!read_window(c, n, w))
        return false;
    w->bias = false;
    if (w->causal)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "causal padding");
    return ln_emit_ok(c->e);
}

static ln_id zeros_for(ln_keras_call *c, const window *w, ln_id filter)
{
    return w->n == 3 ? -1 : bias_or_zeros(c, w, 0, channels_of(c, filter, 0));
}

void ln_keras_conv_op(ln_keras_call *c)
{
    window w;
    if (!operand_window(c, &w))
        return;
    const ln_id filter = as_filter(c, &w, kernel_operand(c, &w, 1, "kernel"));
    const ln_id x = begin(c, &w), bias = zeros_for(c, &w, filter);
    ln_keras_out(
        c, end(c, &w,
               w.n == 3 ? convolve_3d(c, &w, x, filter, bias) : convolve(c, &w, x, filter, bias)));
}

static ln_id depthwise_by_operand(ln_keras_call *c, const window *w, const char *name)
{
    const ln_id filter = as_depthwise_filter(c, w, kernel_operand(c, w, 1, name));
    const ln_id x = begin(c, w), bias = bias_or_zeros(c, w, 0, channels_of(c, filter, 3));
    return depthwise(c, w, x, filter, bias);
}

void ln_keras_depthwise_conv_op(ln_keras_call *c)
{
    window w;
    if (operand_window(c, &w))
        ln_keras_out(c, end(c, &w, depthwise_by_operand(c, &w, "kernel")));
}

void ln_keras_separable_conv_op(ln_keras_call *c)
{
    window w;
    if (!operand_window(c, &w))
        return;
    const ln_id x = depthwise_by_operand(c, &w, "depthwise_kernel");
    const ln_id filter = as_filter(c, &w, kernel_operand(c, &w, 2, "pointwise_kernel"));
    window second = w;
    second.padding = kTfLitePaddingValid;
    for (int i = 0; i < 3; i++)
        second.stride[i] = second.dilation[i] = 1;
    ln_keras_out(c, end(c, &w, convolve(c, &second, x, filter, zeros_for(c, &second, filter))));
}
