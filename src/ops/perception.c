/* SPDX-License-Identifier: Apache-2.0 */
/* perception.c: the custom ops MaxPoolingWithArgmax2D, MaxPoolWithArgmax and MaxUnpooling2D.
 *
 *   pooling      x [n, h, w, c]    y [n, oh, ow, c], indices of the same shape
 *   unpooling    x [n, h, w, c], indices of the same shape    y [n, oh, ow, c], zero elsewhere
 *
 * float32.  MediaPipe's ops (options: the bytes of TfLitePoolParams) count in their window, as
 * floats: row * width + column + 0.1.  TensorFlow Lite's (options: FlexBuffers) count in the whole
 * image, channels included, as int32.  MaxUnpooling2D tells the two apart by the type. */
#include <float.h>
#include <string.h>

#include "fb/flexbuffers.h"
#include "ops/window.h"

enum { X, INDICES };

typedef struct params {
    TfLitePadding padding;
    int stride_h, stride_w, filter_h, filter_w;
    bool in_image; /* indices count in the image, not in the window */
} params;

typedef struct geometry {
    int batches, channels;
    ln_window h, w; /* from the large image to the small one */
} geometry;

/* ---- options ---- */

static ln_status parse_bytes(const uint8_t *data, size_t n, void *to, ln_diag *diag)
{
    int32_t v[5]; /* padding, strides (w, h), filter (w, h) */
    if (n < sizeof v)
        return ln_fail(diag, LN_ERR_FORMAT, "options have %zu bytes, not %zu", n, sizeof v);
    memcpy(v, data, sizeof v);
    *(params *)to = (params){.padding = (TfLitePadding)v[0],
                             .stride_h = v[2],
                             .stride_w = v[1],
                             .filter_h = v[4],
                             .filter_w = v[3]};
    return LN_OK;
}

/* The middle two of four numbers, the outer two of which are 1. */
static bool read_pair(const ln_flex *map, const char *key, int *first, int *second)
{
    const ln_flex v = ln_flex_get(map, key);
    int32_t k[4] = {0, 0, 0, 0};
    for (size_t i = 0; i < 4 && i < ln_flex_count(&v); i++) {
        const ln_flex item = ln_flex_item(&v, i);
        k[i] = ln_flex_i32(&item, 0);
    }
    *first = k[1];
    *second = k[2];
    return k[0] == 1 && k[3] == 1;
}

static ln_status parse_flex(const uint8_t *data, size_t n, void *to, ln_diag *diag)
{
    const ln_flex root = ln_flex_root(data, n);
    const ln_flex padding = ln_flex_get(&root, "padding");
    const ln_flex batch = ln_flex_get(&root, "include_batch_in_index");
    size_t length = 0;
    const char *text = ln_flex_text(&padding, &length);
    params *p = to;
    *p = (params){.in_image = true};
    p->padding = kTfLitePaddingUnknown;
    if (text && length == 4 && memcmp(text, "SAME", 4) == 0)
        p->padding = kTfLitePaddingSame;
    if (text && length == 5 && memcmp(text, "VALID", 5) == 0)
        p->padding = kTfLitePaddingValid;
    if (ln_flex_bool(&batch, false))
        return ln_fail(diag, LN_ERR_UNSUPPORTED, "include_batch_in_index is not supported");
    if (!read_pair(&root, "ksize", &p->filter_h, &p->filter_w) ||
        !read_pair(&root, "strides", &p->stride_h, &p->stride_w))
        return ln_fail(diag, LN_ERR_FORMAT, "ksize and strides are not of the form [1, h, w, 1]");
    return LN_OK;
}

static ln_status plan(ln_call *c, int batches, int h, int w, int channels, geometry *g)
{
    const params *p = c->params;
    LN_CHECK(c, p->filter_h > 0 && p->filter_w > 0, "filter is %d x %d, not positive", p->filter_h,
             p->filter_w);
    g->batches = batches;
    g->channels = channels;
    g->h = (ln_window){.in = h, .filter = p->filter_h, .stride = p->stride_h, .dilation = 1};
    g->w = (ln_window){.in = w, .filter = p->filter_w, .stride = p->stride_w, .dilation = 1};
    LN_TRY(ln_window_plan(c, "height", p->padding, &g->h));
    return ln_window_plan(c, "width", p->padding, &g->w);
}

/* ---- pooling ---- */

static ln_status infer_pool(ln_call *c)
{
    const params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]);
    geometry g;
    LN_CHECK(c, x.rank == 4, "input has rank %d, not 4", x.rank);
    if (c->in[X]->type != kTfLiteFloat32)
        return ln_fail_type(c, X);
    LN_TRY(plan(c, x.dim[0], x.dim[1], x.dim[2], x.dim[3], &g));
    const ln_shape y = {4, {g.batches, g.h.out, g.w.out, g.channels}};
    LN_TRY(ln_set_out(c, 0, kTfLiteFloat32, &y));
    return ln_set_out(c, 1, p->in_image ? kTfLiteInt32 : kTfLiteFloat32, &y);
}

/* The largest value of one channel of a window; *row and *column say which tap. */
static float find_max(const geometry *g, const float *x, const int ys[3], const int xs[3], int *row,
                      int *column)
{
    float max = -FLT_MAX;
    *row = *column = 0;
    for (int fy = ys[1]; fy < ys[2]; fy++) {
        for (int fx = xs[1]; fx < xs[2]; fx++) {
            const size_t at = (size_t)(ys[0] + fy) * (size_t)g->w.in + (size_t)(xs[0] + fx);
            const float v = x[at * (size_t)g->channels];
            if (v > max) {
                max = v;
                *row = fy;
                *column = fx;
            }
        }
    }
    return max;
}

static void pool_pixel(ln_call *c, const geometry *g, const float *x, const int ys[3],
                       const int xs[3], size_t at)
{
    const params *p = c->params;
    for (int k = 0; k < g->channels; k++, at++) {
        int row, column;
        c->out[0]->data.f[at] = find_max(g, x + k, ys, xs, &row, &column);
        if (p->in_image)
            c->out[1]->data.i32[at] = ((ys[0] + row) * g->w.in + xs[0] + column) * g->channels + k;
        else
            c->out[1]->data.f[at] = (float)row * (float)g->w.filter + (float)column + 0.1f;
    }
}

static ln_status eval_pool(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    geometry g;
    size_t at = 0;
    LN_TRY(plan(c, x.dim[0], x.dim[1], x.dim[2], x.dim[3], &g));
    const size_t image = (size_t)g.h.in * (size_t)g.w.in * (size_t)g.channels;
    for (size_t n = 0; n < (size_t)g.batches; n++) {
        for (int oy = 0; oy < g.h.out; oy++) {
            int ys[3], xs[3];
            ys[0] = ln_window_taps(&g.h, oy, &ys[1], &ys[2]);
            for (int ox = 0; ox < g.w.out; ox++, at += (size_t)g.channels) {
                xs[0] = ln_window_taps(&g.w, ox, &xs[1], &xs[2]);
                pool_pixel(c, &g, c->in[X]->data.f + n * image, ys, xs, at);
            }
        }
    }
    return LN_OK;
}

/* ---- unpooling ---- */

static int unpooled(TfLitePadding padding, int in, int stride, int filter)
{
    const int64_t out =
        padding == kTfLitePaddingSame ? (int64_t)in * stride : ((int64_t)in - 1) * stride + filter;
    return in < 0 ? -1 : out < 0 ? 0 : out > INT32_MAX ? INT32_MAX : (int)out;
}

static ln_status infer_unpool(ln_call *c)
{
    const params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), i = ln_shape_of(c->in[INDICES]);
    geometry g;
    LN_CHECK(c, x.rank == 4, "input has rank %d, not 4", x.rank);
    if (c->in[X]->type != kTfLiteFloat32)
        return ln_fail_type(c, X);
    if (c->in[INDICES]->type != kTfLiteInt32 && c->in[INDICES]->type != kTfLiteFloat32)
        return ln_fail_type(c, INDICES);
    LN_CHECK(c, !ln_shape_known(&x) || !ln_shape_known(&i) || ln_shape_equal(&x, &i),
             "indices are not of the input's shape");
    LN_CHECK(c, p->stride_h > 0 && p->stride_w > 0 && p->filter_h > 0 && p->filter_w > 0,
             "strides %d x %d, filter %d x %d: not all positive", p->stride_h, p->stride_w,
             p->filter_h, p->filter_w);
    ln_shape y = {4,
                  {x.dim[0], unpooled(p->padding, x.dim[1], p->stride_h, p->filter_h),
                   unpooled(p->padding, x.dim[2], p->stride_w, p->filter_w), x.dim[3]}};
    if (!ln_shape_known(&x) || !ln_shape_known(&i))
        y = ln_shape_unknown(4);
    LN_TRY(plan(c, y.dim[0], y.dim[1], y.dim[2], y.dim[3], &g));
    return ln_set_out(c, 0, kTfLiteFloat32, &y);
}

/* Where in its image of y the value at pixel (iy, ix), channel k of x goes; -1: nowhere. */
static int64_t target(const ln_call *c, const geometry *g, int iy, int ix, int k, size_t at)
{
    const int64_t image = (int64_t)g->h.in * g->w.in * g->channels;
    if (c->in[INDICES]->type == kTfLiteInt32) {
        const int32_t i = c->in[INDICES]->data.i32[at];
        return i >= 0 && i < image ? i : -1;
    }
    const float i = c->in[INDICES]->data.f[at];
    if (!(i >= 0 && i < 16777216))
        return -1;
    const int64_t oy = (int64_t)iy * g->h.stride - g->h.pad + (int)i / g->w.filter;
    const int64_t ox = (int64_t)ix * g->w.stride - g->w.pad + (int)i % g->w.filter;
    const bool inside = oy >= 0 && oy < g->h.in && ox >= 0 && ox < g->w.in;
    return inside ? (oy * g->w.in + ox) * g->channels + k : -1;
}

static ln_status eval_unpool(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->out[0]);
    geometry g;
    size_t at = 0;
    LN_TRY(plan(c, y.dim[0], y.dim[1], y.dim[2], y.dim[3], &g));
    const size_t image = (size_t)g.h.in * (size_t)g.w.in * (size_t)g.channels;
    memset(c->out[0]->data.f, 0, (size_t)g.batches * image * sizeof(float));
    for (size_t n = 0; n < (size_t)g.batches; n++) {
        for (int iy = 0; iy < x.dim[1]; iy++) {
            for (int j = 0; j < x.dim[2] * g.channels; j++, at++) {
                const int64_t to = target(c, &g, iy, j / g.channels, j % g.channels, at);
                LN_CHECK(c, to >= 0, "index number %zu points outside of the output", at);
                c->out[0]->data.f[n * image + (size_t)to] = c->in[X]->data.f[at];
            }
        }
    }
    return LN_OK;
}

const ln_op ln_op_max_pooling_with_argmax_2d = {
    .name = "MaxPoolingWithArgmax2D",
    .builtin = kTfLiteBuiltinCustom,
    .version = 1,
    .min_in = 1,
    .max_in = 1,
    .n_out = 2,
    .traits = LN_PURE,
    .params_size = sizeof(params),
    .infer = infer_pool,
    .eval = eval_pool,
    .parse = parse_bytes,
};

const ln_op ln_op_max_pool_with_argmax = {
    .name = "MaxPoolWithArgmax",
    .builtin = kTfLiteBuiltinCustom,
    .version = 1,
    .min_in = 1,
    .max_in = 1,
    .n_out = 2,
    .traits = LN_PURE,
    .params_size = sizeof(params),
    .infer = infer_pool,
    .eval = eval_pool,
    .parse = parse_flex,
};

const ln_op ln_op_max_unpooling_2d = {
    .name = "MaxUnpooling2D",
    .builtin = kTfLiteBuiltinCustom,
    .version = 1,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .params_size = sizeof(params),
    .infer = infer_unpool,
    .eval = eval_unpool,
    .parse = parse_bytes,
};
