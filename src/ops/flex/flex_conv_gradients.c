/* SPDX-License-Identifier: Apache-2.0 */
/* flex_conv_gradients.c: gradients of convolutions and pools, float32, NHWC.
 *
 *   Conv2DBackpropInput    sizes [4], w [kh, kw, c, oc], dy -> dx [n, h, w, c]
 *   Conv2DBackpropFilter   x [n, h, w, c], sizes [4], dy -> dw [kh, kw, c, oc]
 *   DepthwiseConv2dNativeBackpropInput, ...Filter    the same with w [kh, kw, c, multiplier]
 *   MaxPoolGrad            x, y, dy -> dx; of equal largest values the first takes all
 *   AvgPoolGrad            sizes [4], dy -> dx
 *
 * One walk over windows serves all: for each output pixel and each tap inside of the image, a step
 * over the channels. */
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/window.h"

typedef struct geometry {
    ln_shape x, w, dy; /* image, filter, gradient of the output */
    ln_window row, column;
} geometry;

/* Sizes of an image or filter, which an input holds. */
static ln_status read_sizes(ln_call *c, int i, ln_shape *s)
{
    *s = ln_shape_unknown(4);
    LN_TRY(ln_check_type(c, i, LN_BIT(Int32)));
    if (!ln_known(c, i))
        return LN_OK;
    LN_TRY(ln_read_ints(c, i, 4, s->dim, &s->rank));
    LN_CHECK(c, s->rank == 4, "input %d has %d sizes, not 4", i, s->rank);
    for (int k = 0; k < 4; k++)
        LN_CHECK(c, s->dim[k] >= 0, "size %d is %d", k, s->dim[k]);
    LN_CHECK(c, ln_shape_known(s), "the sizes are too large");
    return LN_OK;
}

static ln_status image(ln_call *c, int i, ln_shape *s)
{
    *s = ln_shape_of(c->in[i]);
    LN_TRY(ln_check_type(c, i, LN_BIT(Float32)));
    LN_CHECK(c, s->rank == 4, "input %d has rank %d, not 4", i, s->rank);
    return LN_OK;
}

/* Strides, dilations and padding of the attributes. */
static ln_status windows(ln_call *c, geometry *g)
{
    int strides[4], dilations[4] = {1, 1, 1, 1};
    LN_CHECK(c, ln_flex_str_is(c, "data_format", "NHWC", "NHWC"), "only NHWC is supported");
    LN_CHECK(c, ln_flex_ints(c, "strides", 4, strides) == 4 && strides[0] == 1 && strides[3] == 1,
             "the strides are not of height and width");
    const int n = ln_flex_ints(c, "dilations", 4, dilations);
    LN_CHECK(c, n <= 0 || n == 4, "there are %d dilations, not 4", n);
    const bool same = ln_flex_str_is(c, "padding", "SAME", "");
    LN_CHECK(c, same || ln_flex_str_is(c, "padding", "VALID", ""),
             "only the paddings SAME and VALID are supported");
    const TfLitePadding padding = same ? kTfLitePaddingSame : kTfLitePaddingValid;
    g->row = (ln_window){
        .in = g->x.dim[1], .filter = g->w.dim[0], .stride = strides[1], .dilation = dilations[1]};
    g->column = (ln_window){
        .in = g->x.dim[2], .filter = g->w.dim[1], .stride = strides[2], .dilation = dilations[2]};
    LN_TRY(ln_window_plan(c, "height", padding, &g->row));
    return ln_window_plan(c, "width", padding, &g->column);
}

static bool differ(int a, int b)
{
    return a >= 0 && b >= 0 && a != b;
}

/* The gradient has the shape that the operation gives. */
static ln_status check_gradient(ln_call *c, const geometry *g, int channels)
{
    LN_CHECK(c,
             !differ(g->dy.dim[0], g->x.dim[0]) && !differ(g->dy.dim[1], g->row.out) &&
                 !differ(g->dy.dim[2], g->column.out) && !differ(g->dy.dim[3], channels),
             "the gradient is [%d, %d, %d, %d], not [%d, %d, %d, %d]", g->dy.dim[0], g->dy.dim[1],
             g->dy.dim[2], g->dy.dim[3], g->x.dim[0], g->row.out, g->column.out, channels);
    return LN_OK;
}

/* ---- the walk ---- */

/* One tap: x and dy point at pixels, w at the tap's weights. */
typedef void tap_fn(const geometry *g, float *x, float *w, float *dy);

static void walk(const geometry *g, float *x, float *w, float *dy, tap_fn *tap)
{
    const size_t c = (size_t)g->x.dim[3], weights = (size_t)g->w.dim[2] * (size_t)g->w.dim[3];
    const int height = g->x.dim[1], width = g->x.dim[2];
    for (int n = 0; n < g->dy.dim[0]; n++) {
        for (int oy = 0; oy < g->dy.dim[1]; oy++) {
            int y0, y1;
            const int top = ln_window_taps(&g->row, oy, &y0, &y1);
            for (int ox = 0; ox < g->dy.dim[2]; ox++, dy += g->dy.dim[3]) {
                int x0, x1;
                const int left = ln_window_taps(&g->column, ox, &x0, &x1);
                for (int k = y0 * g->w.dim[1]; k < y1 * g->w.dim[1]; k++) {
                    const int ky = k / g->w.dim[1], kx = k % g->w.dim[1];
                    if (kx < x0 || kx >= x1)
                        continue;
                    const size_t row =
                        (size_t)n * (size_t)height + (size_t)(top + ky * g->row.dilation);
                    const size_t at =
                        row * (size_t)width + (size_t)(left + kx * g->column.dilation);
                    tap(g, x + at * c, w ? w + (size_t)k * weights : NULL, dy);
                }
            }
        }
    }
}

static void dense_input(const geometry *g, float *x, float *w, float *dy)
{
    for (int i = 0; i < g->w.dim[2]; i++)
        for (int o = 0; o < g->w.dim[3]; o++)
            x[i] += w[(size_t)i * (size_t)g->w.dim[3] + (size_t)o] * dy[o];
}

static void dense_filter(const geometry *g, float *x, float *w, float *dy)
{
    for (int i = 0; i < g->w.dim[2]; i++)
        for (int o = 0; o < g->w.dim[3]; o++)
            w[(size_t)i * (size_t)g->w.dim[3] + (size_t)o] += x[i] * dy[o];
}

static void depthwise_input(const geometry *g, float *x, float *w, float *dy)
{
    for (int i = 0; i < g->w.dim[2] * g->w.dim[3]; i++)
        x[i / g->w.dim[3]] += w[i] * dy[i];
}

static void depthwise_filter(const geometry *g, float *x, float *w, float *dy)
{
    for (int i = 0; i < g->w.dim[2] * g->w.dim[3]; i++)
        w[i] += x[i / g->w.dim[3]] * dy[i];
}

/* ---- convolutions ---- */

enum { GRADIENT = 2 };

/* `sizes` is the input that holds sizes: 0 those of the image, 1 those of the filter. */
static ln_status conv_geometry(ln_call *c, int sizes, bool depthwise, geometry *g)
{
    LN_TRY(sizes == 0 ? read_sizes(c, 0, &g->x) : image(c, 0, &g->x));
    LN_TRY(sizes == 1 ? read_sizes(c, 1, &g->w) : image(c, 1, &g->w));
    LN_TRY(image(c, GRADIENT, &g->dy));
    LN_CHECK(c, !differ(g->x.dim[3], g->w.dim[2]), "the image has %d channels, the filter %d",
             g->x.dim[3], g->w.dim[2]);
    LN_TRY(windows(c, g));
    const int64_t both = (int64_t)g->w.dim[2] * g->w.dim[3];
    const bool open = g->w.dim[2] < 0 || g->w.dim[3] < 0;
    LN_CHECK(c, !depthwise || open || both <= INT32_MAX, "the filter has too many channels");
    return check_gradient(c, g, !depthwise ? g->w.dim[3] : open ? -1 : (int)both);
}

static ln_status conv_infer(ln_call *c, int sizes, bool depthwise)
{
    geometry g;
    LN_TRY(conv_geometry(c, sizes, depthwise, &g));
    return ln_set_out(c, 0, kTfLiteFloat32, sizes == 0 ? &g.x : &g.w);
}

static ln_status conv_eval(ln_call *c, int sizes, bool depthwise, tap_fn *tap)
{
    geometry g;
    float *y = c->out[0]->data.f;
    LN_TRY(conv_geometry(c, sizes, depthwise, &g));
    memset(y, 0, c->out[0]->bytes);
    walk(&g, sizes == 0 ? y : c->in[0]->data.f, sizes == 1 ? y : c->in[1]->data.f,
         c->in[GRADIENT]->data.f, tap);
    return LN_OK;
}

#define CONV(id, text, sizes, depthwise, tap)       \
    static ln_status id##_infer(ln_call *c)         \
    {                                               \
        return conv_infer(c, sizes, depthwise);     \
    }                                               \
    static ln_status id##_eval(ln_call *c)          \
    {                                               \
        return conv_eval(c, sizes, depthwise, tap); \
    }                                               \
    LN_FLEX_OP(id, text, 3, 3, 1, id##_infer, id##_eval)

CONV(conv_2d_backprop_input, "Conv2DBackpropInput", 0, false, dense_input);
CONV(conv_2d_backprop_filter, "Conv2DBackpropFilter", 1, false, dense_filter);
CONV(depthwise_backprop_input, "DepthwiseConv2dNativeBackpropInput", 0, true, depthwise_input);
CONV(depthwise_backprop_filter, "DepthwiseConv2dNativeBackpropFilter", 1, true, depthwise_filter);

/* ---- pools ---- */

/* A pool's window is a filter without channels. */
static ln_status pool_geometry(ln_call *c, const ln_shape *x, int gradient, geometry *g)
{
    int size[4];
    LN_CHECK(c, ln_flex_ints(c, "ksize", 4, size) == 4 && size[0] == 1 && size[3] == 1,
             "the window is not of height and width");
    *g = (geometry){.x = *x, .w = {.rank = 4, .dim = {size[1], size[2], 0, 0}}};
    LN_TRY(image(c, gradient, &g->dy));
    LN_TRY(windows(c, g));
    return check_gradient(c, g, x->dim[3]);
}

static ln_status max_infer(ln_call *c)
{
    ln_shape x, y;
    geometry g;
    LN_TRY(image(c, 0, &x));
    LN_TRY(image(c, 1, &y));
    LN_TRY(pool_geometry(c, &x, 2, &g));
    LN_CHECK(c, ln_shape_equal(&y, &g.dy) || !ln_shape_known(&y) || !ln_shape_known(&g.dy),
             "output and gradient differ in shape");
    return ln_set_out(c, 0, kTfLiteFloat32, &x);
}

/* The place of the largest value of a window. */
static size_t largest(const geometry *g, const float *x, int n, int oy, int ox, int channel)
{
    int y0, y1, x0, x1;
    const int top = ln_window_taps(&g->row, oy, &y0, &y1);
    const int left = ln_window_taps(&g->column, ox, &x0, &x1);
    const size_t channels = (size_t)g->x.dim[3];
    size_t best = SIZE_MAX;
    for (int ky = y0; ky < y1; ky++)
        for (int kx = x0; kx < x1; kx++) {
            const size_t row = (size_t)n * (size_t)g->x.dim[1] + (size_t)(top + ky);
            const size_t at =
                (row * (size_t)g->x.dim[2] + (size_t)(left + kx)) * channels + (size_t)channel;
            if (best == SIZE_MAX || x[at] > x[best])
                best = at;
        }
    return best;
}

static ln_status max_eval(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]);
    const float *dy = c->in[2]->data.f;
    float *dx = c->out[0]->data.f;
    geometry g;
    LN_TRY(pool_geometry(c, &x, 2, &g));
    memset(dx, 0, c->out[0]->bytes);
    for (int i = 0, count = ln_count(c->in[2]); i < count; i++) {
        const int channel = i % g.dy.dim[3], pixel = i / g.dy.dim[3];
        const int ox = pixel % g.dy.dim[2], line = pixel / g.dy.dim[2];
        const size_t at =
            largest(&g, c->in[0]->data.f, line / g.dy.dim[1], line % g.dy.dim[1], ox, channel);
        if (at != SIZE_MAX)
            dx[at] += dy[i];
    }
    return LN_OK;
}

LN_FLEX_OP(max_pool_grad, "MaxPoolGrad", 3, 3, 1, max_infer, max_eval);

static ln_status average_infer(ln_call *c)
{
    ln_shape x;
    geometry g;
    LN_TRY(read_sizes(c, 0, &x));
    LN_TRY(pool_geometry(c, &x, 1, &g));
    return ln_set_out(c, 0, kTfLiteFloat32, &x);
}

static ln_status average_eval(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->out[0]);
    const float *dy = c->in[1]->data.f;
    float *dx = c->out[0]->data.f;
    geometry g;
    LN_TRY(pool_geometry(c, &x, 1, &g));
    memset(dx, 0, c->out[0]->bytes);
    for (int i = 0, count = ln_count(c->in[1]); i < count; i++) {
        const int channel = i % g.dy.dim[3], pixel = i / g.dy.dim[3];
        const int line = pixel / g.dy.dim[2], n = line / g.dy.dim[1];
        int y0, y1, x0, x1;
        const int top = ln_window_taps(&g.row, line % g.dy.dim[1], &y0, &y1);
        const int left = ln_window_taps(&g.column, pixel % g.dy.dim[2], &x0, &x1);
        const int taps = (y1 - y0) * (x1 - x0);
        for (int k = 0; k < taps; k++) {
            const size_t row = (size_t)n * (size_t)x.dim[1] + (size_t)(top + y0 + k / (x1 - x0));
            const size_t at = row * (size_t)x.dim[2] + (size_t)(left + x0 + k % (x1 - x0));
            dx[at * (size_t)x.dim[3] + (size_t)channel] += dy[i] / (float)taps;
        }
    }
    return LN_OK;
}

LN_FLEX_OP(avg_pool_grad, "AvgPoolGrad", 2, 2, 1, average_infer, average_eval);
