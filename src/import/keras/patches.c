/* SPDX-License-Identifier: Apache-2.0 */
/* patches.c: windows of images, each as one long pixel; layers and functions that have weights of
 * their own in each window, or the same that are no weights; borders of images. */
#include <math.h>
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

/* ---- windows ---- */

bool ln_keras_is_image(ln_keras_call *c, const ln_shape *s)
{
    if (s->rank != 4 || s->dim[1] < 1 || s->dim[2] < 1 || s->dim[3] < 1)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                     "%s of other than images of a known size: give --input-shape", c->row->name);
    return ln_emit_ok(c->e);
}

/* A convolution by the filters that take one item each. */
ln_id ln_keras_patches(ln_keras_call *c, ln_id x, const int *size, const int *stride,
                       const int *dilation, TfLitePadding padding)
{
    enum { MAX_ITEMS = 1 << 24 };
    const ln_shape s = ln_emit_shape(c->e, x);
    const double n = (double)size[0] * size[1] * (s.rank == 4 ? s.dim[3] : -1);
    const TfLiteConvParams p = {.padding = padding,
                                .stride_height = stride[0],
                                .stride_width = stride[1],
                                .dilation_height_factor = dilation[0],
                                .dilation_width_factor = dilation[1]};
    for (int i = 0; i < 2; i++)
        if (n < 1 || n * n > MAX_ITEMS || size[i] < 1 || stride[i] < 1 || dilation[i] < 1)
            return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "windows of %d x %d", size[0], size[1]);
    const ln_shape filter = {.rank = 4, .dim = {(int)n, size[0], size[1], s.dim[3]}},
                   none = {.rank = 1, .dim = {(int)n}};
    float *one = ln_keras_floats(c, (size_t)(n * n)), *zero = ln_keras_floats(c, (size_t)n);
    for (int i = 0; one && i < (int)n; i++)
        one[(size_t)i * (size_t)n + (size_t)i] = 1;
    const ln_id in[] = {x, ln_keras_constant(c, &filter, one), ln_keras_constant(c, &none, zero)};
    return ln_emit_nary(c->e, &ln_op_conv_2d, &p, 3, in);
}

/* One number or two; absent: `fallback`. */
static bool read_two(ln_keras_call *c, const char *key, const int *fallback, int *to)
{
    const cJSON *json = ln_json_get(c->config, key);
    const int n = json && !cJSON_IsNull(json) ? ln_json_ints(c->config, key, 2, to) : 0;
    if (n == 0)
        memcpy(to, fallback, 2 * sizeof *to);
    if (n == 1)
        to[1] = to[0];
    if (n < 0)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "%s is not one or two numbers", key);
    return n >= 0;
}

void ln_keras_extract_patches_op(ln_keras_call *c)
{
    static const int one[] = {1, 1};
    int size[2], stride[2], dilation[2];
    const ln_id x = ln_keras_to_last(c, ln_keras_x(c));
    const ln_shape s = ln_emit_shape(c->e, x);
    const bool same = strcmp(ln_json_text(c->config, "padding", "valid"), "same") == 0;
    if (ln_keras_is_image(c, &s) && read_two(c, "size", one, size) &&
        read_two(c, "strides", size, stride) && read_two(c, "dilation_rate", one, dilation))
        ln_keras_out(c, ln_keras_from_last(
                            c, ln_keras_patches(c, x, size, stride, dilation,
                                                same ? kTfLitePaddingSame : kTfLitePaddingValid)));
}

/* ---- LocallyConnected1D, 2D of Keras 2: x [b, h, w, c], weights [windows, items, made] ---- */

static ln_id windows_by_weights(ln_keras_call *c, ln_id patches)
{
    static const int swapped[] = {1, 0, 2};
    const TfLiteBatchMatMulParams p = {.adj_x = false};
    const ln_shape s = ln_emit_shape(c->e, patches);
    ln_keras_array k;
    if (!ln_emit_ok(c->e) || !ln_keras_weight(c, "kernel", 0, &k))
        return -1;
    if (k.shape.rank != 3 || k.shape.dim[0] != s.dim[1] * s.dim[2] || k.shape.dim[1] != s.dim[3])
        return ln_emit_fail(c->e, LN_ERR_FORMAT, "the kernel is for other windows");
    const ln_shape rows = {.rank = 3, .dim = {-1, k.shape.dim[0], s.dim[3]}},
                   back = {.rank = 4, .dim = {-1, s.dim[1], s.dim[2], k.shape.dim[2]}};
    const ln_id x = ln_emit_transpose(c->e, ln_emit_reshape(c->e, patches, &rows), 3, swapped);
    const ln_id y = ln_emit_binary(c->e, &ln_op_batch_matmul, &p, x,
                                   ln_keras_param(c, "kernel", 0, NULL, NULL));
    return ln_emit_reshape(c->e, ln_emit_transpose(c->e, y, 3, swapped), &back);
}

static void locally_connected(ln_keras_call *c, int n)
{
    static const int one[] = {1, 1};
    int size[2] = {1, 1}, stride[2] = {1, 1};
    const cJSON *activation = ln_json_get(c->config, "activation");
    ln_id x = ln_emit_cast(c->e, ln_keras_x(c), kTfLiteFloat32);
    if (ln_json_int(c->config, "implementation", 1) != 1 ||
        strcmp(ln_json_text(c->config, "data_format", ""), "channels_first") == 0 ||
        strcmp(ln_json_text(c->config, "padding", "valid"), "valid") != 0) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                     "other than implementation 1 with channels_last: convert a SavedModel");
        return;
    }
    if (ln_json_ints(c->config, "kernel_size", n, size + 2 - n) != n ||
        ln_json_ints(c->config, "strides", n, stride + 2 - n) != n) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "kernel_size and strides are not %d numbers", n);
        return;
    }
    x = n == 1 ? ln_keras_lift(c->e, x) : x;
    const ln_shape s = ln_emit_shape(c->e, x);
    if (!ln_keras_is_image(c, &s))
        return;
    ln_id y = windows_by_weights(c, ln_keras_patches(c, x, size, stride, one, kTfLitePaddingValid));
    y = n == 1 ? ln_keras_drop(c->e, y) : y;
    if (ln_json_bool(c->config, "use_bias", true))
        y = ln_keras_binary(c->e, &ln_op_add, y, ln_keras_param(c, "bias", 1, NULL, NULL));
    ln_keras_out(c, ln_keras_activation(c, activation, y));
}

void ln_keras_locally_connected_1d(ln_keras_call *c)
{
    locally_connected(c, 1);
}

void ln_keras_locally_connected_2d(ln_keras_call *c)
{
    locally_connected(c, 2);
}

/* [b, c, h, w] -> [b, c * size, windows] */
void ln_keras_unfold_op(ln_keras_call *c)
{
    static const int ones[] = {1, 1}, zeros[] = {0, 0}, last[] = {0, 2, 3, 1},
                     apart[] = {0, 5, 3, 4, 1, 2};
    int size[2], stride[2], dilation[2], padding[2];
    ln_id x = ln_emit_transpose(c->e, ln_keras_x(c), 4, last);
    if (!read_two(c, "kernel_size", ones, size) || !read_two(c, "stride", ones, stride) ||
        !read_two(c, "dilation", ones, dilation) || !read_two(c, "padding", zeros, padding))
        return;
    const int pads[] = {0, padding[0], padding[1], 0};
    if (padding[0] < 0 || padding[1] < 0) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "negative padding");
        return;
    }
    x = ln_emit_pad(c->e, x, 4, pads, pads);
    const ln_shape s = ln_emit_shape(c->e, x);
    if (!ln_keras_is_image(c, &s))
        return;
    const ln_id y = ln_keras_patches(c, x, size, stride, dilation, kTfLitePaddingValid);
    const ln_shape t = ln_emit_shape(c->e, y);
    if (!ln_emit_ok(c->e))
        return;
    const ln_shape six = {.rank = 6, .dim = {-1, t.dim[1], t.dim[2], size[0], size[1], s.dim[3]}},
                   to = {.rank = 3, .dim = {-1, t.dim[3], t.dim[1] * t.dim[2]}};
    ln_keras_out(
        c, ln_emit_reshape(c->e, ln_emit_transpose(c->e, ln_emit_reshape(c->e, y, &six), 6, apart),
                           &to));
}

/* [c, size, size, c * size[0] * size[1]]: what puts each item of a window in its place */
static ln_id placing(ln_keras_call *c, int channels, const int *size, const int *dilation)
{
    enum { MAX_ITEMS = 1 << 24 };
    const double h = (double)dilation[0] * (size[0] - 1) + 1,
                 w = (double)dilation[1] * (size[1] - 1) + 1,
                 all = (double)channels * size[0] * size[1];
    if (h * w * all * channels > MAX_ITEMS)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "windows of %d x %d", size[0], size[1]);
    const ln_shape s = {.rank = 4, .dim = {channels, (int)h, (int)w, (int)all}};
    float *f = ln_keras_floats(c, (size_t)(h * w * all * channels));
    for (int i = 0; f && i < (int)all; i++) {
        const int channel = i / (size[0] * size[1]), y = i / size[1] % size[0] * dilation[0],
                  x = i % size[1] * dilation[1];
        f[(((size_t)channel * (size_t)h + (size_t)y) * (size_t)w + (size_t)x) * (size_t)all +
          (size_t)i] = 1;
    }
    return ln_keras_constant(c, &s, f);
}

/* [b, c * size, windows] -> [b, c, h, w]: the sum of all windows in their places */
void ln_keras_fold_op(ln_keras_call *c)
{
    static const int ones[] = {1, 1}, zeros[] = {0, 0}, last[] = {0, 2, 3, 1},
                     first[] = {0, 3, 1, 2};
    int size[2], stride[2], dilation[2], padding[2], to[2], n[2], whole[2];
    const ln_shape s = ln_emit_shape(c->e, ln_keras_x(c));
    if (!read_two(c, "kernel_size", ones, size) || !read_two(c, "stride", ones, stride) ||
        !read_two(c, "dilation", ones, dilation) || !read_two(c, "padding", zeros, padding) ||
        !read_two(c, "output_size", ones, to))
        return;
    for (int i = 0; i < 2; i++) {
        enum { LONGEST = 1 << 15 };
        const bool good =
            LN_MIN(LN_MIN(size[i], stride[i]), LN_MIN(dilation[i], to[i])) > 0 &&
            LN_MAX(LN_MAX(size[i], stride[i]), LN_MAX(dilation[i], to[i])) < LONGEST &&
            padding[i] >= 0 && padding[i] < LONGEST;
        whole[i] = good ? to[i] + 2 * padding[i] : 0;
        n[i] = good ? (whole[i] - dilation[i] * (size[i] - 1) - 1) / stride[i] + 1 : 0;
    }
    const int64_t window = (int64_t)size[0] * size[1];
    if (s.rank != 3 || n[0] < 1 || n[1] < 1 || s.dim[2] != (int64_t)n[0] * n[1] || s.dim[1] < 1 ||
        s.dim[1] % window) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "windows that do not make the output");
        return;
    }
    const ln_shape apart = {.rank = 4, .dim = {-1, s.dim[1], n[0], n[1]}};
    const int channels = (int)(s.dim[1] / window);
    const ln_shape made = {.rank = 4, .dim = {s.dim[0], whole[0], whole[1], channels}};
    const ln_id x = ln_emit_transpose(c->e, ln_emit_reshape(c->e, ln_keras_x(c), &apart), 4, last);
    const ln_id y = ln_keras_spread(c, x, placing(c, channels, size, dilation), stride, &made);
    const int begin[] = {0, padding[0], padding[1], 0}, count[] = {-1, to[0], to[1], -1};
    ln_keras_out(c, ln_emit_transpose(c->e, ln_emit_slice(c->e, y, 4, begin, count), 4, first));
}

/* ---- filters that are no weights: the same for each channel, `made` of them ---- */

static ln_id filtered(ln_keras_call *c, ln_id x, const int *size, int made, const float *values,
                      TfLitePadding padding)
{
    enum { MAX_ITEMS = 1 << 24 };
    const ln_shape s = ln_emit_shape(c->e, x);
    if ((double)s.dim[3] * made * size[0] * size[1] > MAX_ITEMS)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a filter of %d x %d for %d channels",
                            size[0], size[1], s.dim[3]);
    const int n = s.dim[3] * made;
    const TfLiteDepthwiseConvParams p = {.padding = padding,
                                         .stride_width = 1,
                                         .stride_height = 1,
                                         .depth_multiplier = made,
                                         .dilation_width_factor = 1,
                                         .dilation_height_factor = 1};
    const ln_shape filter = {.rank = 4, .dim = {1, size[0], size[1], n}},
                   none = {.rank = 1, .dim = {n}};
    float *f = ln_keras_floats(c, (size_t)size[0] * (size_t)size[1] * (size_t)n);
    for (int i = 0; f && i < size[0] * size[1]; i++)
        for (int k = 0; k < n; k++)
            f[(size_t)i * (size_t)n + (size_t)k] = values[i * made + k % made];
    const ln_id in[] = {x, ln_keras_constant(c, &filter, f),
                        ln_keras_constant(c, &none, ln_keras_floats(c, (size_t)n))};
    return ln_emit_nary(c->e, &ln_op_depthwise_conv_2d, &p, 3, in);
}

/* The first of kernel_size and sigma is of what lies along the second axis of the kernel. */
void ln_keras_gaussian_blur_op(ln_keras_call *c)
{
    enum { LONGEST = 255 };
    static const int three[] = {3, 3};
    int size[2], n = 0;
    const ln_id x = ln_keras_to_last(c, ln_keras_x(c));
    const ln_shape s = ln_emit_shape(c->e, x);
    const cJSON *json = ln_json_get(c->config, "sigma");
    const float *given = json ? ln_json_floats(json, &c->k->scratch, &n) : NULL;
    if (!ln_keras_is_image(c, &s) || !read_two(c, "kernel_size", three, size))
        return;
    if (size[0] < 1 || size[0] != size[1] || size[0] > LONGEST || (given && n != 2)) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a kernel of %d x %d", size[0], size[1]);
        return;
    }
    float *values = ln_keras_floats(c, (size_t)size[0] * (size_t)size[1]);
    double sum = 0;
    for (int i = 0; values && i < size[0] * size[1]; i++) {
        const double y = i / size[1] - (size[0] - 1) / 2.0, v = i % size[1] - (size[1] - 1) / 2.0,
                     by_y = given ? (double)given[1] : 1, by_x = given ? (double)given[0] : 1;
        values[i] = (float)exp(-0.5 * (y * y / (by_y * by_y) + v * v / (by_x * by_x)));
        sum += (double)values[i];
    }
    for (int i = 0; values && i < size[0] * size[1]; i++)
        values[i] = (float)((double)values[i] / sum);
    if (values)
        ln_keras_out(c, ln_keras_from_last(c, filtered(c, x, size, 1, values, kTfLitePaddingSame)));
}

/* [b, h, w, c, 2]: along the height, along the width; the border is mirrored. */
void ln_keras_sobel_edges_op(ln_keras_call *c)
{
    static const int pads[] = {0, 0, 1, 1, 1, 1, 0, 0}, size[] = {3, 3}, first[] = {0, 3, 1, 2, 4};
    static const float both[] = {-1, -1, -2, 0, -1, 1, 0, -2, 0, 0, 0, 2, 1, -1, 2, 0, 1, 1};
    const TfLiteMirrorPaddingParams p = {.mode = kTfLiteMirrorPaddingReflect};
    const ln_id x = ln_keras_to_last(c, ln_keras_x(c));
    const ln_shape s = ln_emit_shape(c->e, x), four = {.rank = 2, .dim = {4, 2}};
    if (!ln_keras_is_image(c, &s))
        return;
    const ln_shape to = {.rank = 5, .dim = {-1, s.dim[1], s.dim[2], s.dim[3], 2}};
    const ln_id in[] = {x, ln_emit_constant(c->e, kTfLiteInt32, &four, pads, sizeof pads, true)};
    const ln_id wide = ln_emit_nary(c->e, &ln_op_mirror_pad, &p, 2, in);
    if (!ln_emit_ok(c->e))
        return;
    const ln_id y =
        ln_emit_reshape(c->e, filtered(c, wide, size, 2, both, kTfLitePaddingValid), &to);
    const bool last = strcmp(ln_json_text(c->config, "data_format", ""), "channels_first") != 0;
    ln_keras_out(c, last ? y : ln_emit_transpose(c->e, y, 5, first));
}

/* ---- borders: two of what lies in front, what lies behind and the length give the third ---- */

/* Of one axis of n pixels; `sign`: 1 to pad, -1 to crop. */
static bool border(ln_keras_call *c, const char *const *keys, int n, int sign, int *before,
                   int *after)
{
    int v[3] = {0};
    bool given[3];
    for (int i = 0; i < 3; i++) {
        const cJSON *json = ln_json_get(c->config, keys[i]);
        given[i] = ln_json_is_int(json, &v[i]) && v[i] >= 0;
        if (json && !cJSON_IsNull(json) && !given[i])
            ln_emit_fail(c->e, LN_ERR_FORMAT, "%s is no number", keys[i]);
    }
    const int64_t gap = sign * ((int64_t)v[2] - n);
    *before = v[0];
    *after = v[1];
    if (given[2] && given[0] + given[1] == 1) {
        if (gap - v[0] - v[1] < 0 || gap > 1 << 24)
            ln_emit_fail(c->e, LN_ERR_FORMAT, "%d pixels to %d", n, v[2]);
        *before = given[0] ? v[0] : (int)(gap - v[1]);
        *after = given[1] ? v[1] : (int)(gap - v[0]);
    } else if (given[2] || !given[0] || !given[1]) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "two of %s, %s and %s are wanted", keys[0], keys[1],
                     keys[2]);
    }
    if (sign < 0 && (int64_t)*before + *after >= n)
        ln_emit_fail(c->e, LN_ERR_FORMAT, "cropping leaves nothing of %d pixels", n);
    return ln_emit_ok(c->e);
}

/* PadImages, CropImages */
void ln_keras_borders_op(ln_keras_call *c)
{
    static const char *const keys[2][2][3] = {
        {{"top_padding", "bottom_padding", "target_height"},
         {"left_padding", "right_padding", "target_width"}},
        {{"top_cropping", "bottom_cropping", "target_height"},
         {"left_cropping", "right_cropping", "target_width"}}};
    const bool crop = c->row->name[0] == 'C';
    const ln_id x = ln_keras_to_last(c, ln_keras_x(c));
    const ln_shape s = ln_emit_shape(c->e, x);
    int before[4] = {0}, after[4] = {0}, size[4] = {-1, 0, 0, -1};
    if (!ln_keras_is_image(c, &s))
        return;
    for (int i = 0; i < 2; i++) {
        if (!border(c, keys[crop][i], s.dim[i + 1], crop ? -1 : 1, &before[i + 1], &after[i + 1]))
            return;
        size[i + 1] = crop ? s.dim[i + 1] - before[i + 1] - after[i + 1] : 0;
    }
    ln_keras_out(c, ln_keras_from_last(c, crop ? ln_emit_slice(c->e, x, 4, before, size)
                                               : ln_emit_pad(c->e, x, 4, before, after)));
}
