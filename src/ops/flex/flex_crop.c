/* SPDX-License-Identifier: Apache-2.0 */
/* flex_crop.c: images seen at other positions than their pixels, float32 out.
 *
 *   CropAndResize   x [b, h, w, c], boxes [n, 4] (y1, x1, y2, x2 in units of the image), image of
 *                   each box [n], size [2] -> y [n, ch, cw, c]
 *   ResizeBicubic   x [b, h, w, c], size [2] -> y [b, oh, ow, c]; without half_pixel_centers the
 *                   cubic has A = -0.75, with them -0.5, and taps outside weigh nothing
 *   ResizeBicubicGrad   dy [b, oh, ow, c], x [b, h, w, c] -> of x's shape and type */
#include <float.h>
#include <math.h>
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"

enum { X, BOXES, IMAGE, CROP_SIZE, RESIZE_SIZE = 1 };
enum {
    PIXELS = LN_BIT(UInt8) | LN_BIT(Int8) | LN_BIT(UInt16) | LN_BIT(Int16) | LN_BIT(Int32) |
             LN_FLOATS | LN_BIT(Float64)
};

/* Checks the image and reads the size from input i: [n, size, c]. */
static ln_status infer_size(ln_call *c, int i, int images)
{
    const ln_shape x = ln_shape_of(c->in[X]), s = ln_shape_of(c->in[i]);
    ln_shape y = ln_shape_unknown(4);
    LN_TRY(ln_check_type(c, X, PIXELS));
    LN_CHECK(c, x.rank == 4, "the images have rank %d, not 4", x.rank);
    LN_CHECK(c, s.rank == 1 && (s.dim[0] == 2 || s.dim[0] < 0), "the size is no pair of numbers");
    LN_TRY(ln_check_type(c, i, LN_BIT(Int32)));
    y.dim[0] = images;
    y.dim[3] = x.dim[3];
    if (ln_known(c, i))
        for (int k = 0; k < 2; k++) {
            y.dim[k + 1] = c->in[i]->data.i32[k];
            LN_CHECK(c, y.dim[k + 1] > 0, "the size is %d, not positive", y.dim[k + 1]);
        }
    LN_CHECK(c, x.dim[1] != 0 && x.dim[2] != 0, "the images are empty");
    return ln_set_out(c, 0, kTfLiteFloat32, &y);
}

/* Channel k of a pixel of image b. */
static float pixel(const TfLiteTensor *x, const ln_shape *s, int b, int row, int column, int k)
{
    const int64_t at = (((int64_t)b * s->dim[1] + row) * s->dim[2] + column) * s->dim[3] + k;
    double one;
    return (float)*(const double *)ln_lane_load(LN_F64, x->type, x->data.data, at, 1, &one);
}

/* ---- CropAndResize ---- */

static ln_status crop_infer(ln_call *c)
{
    const ln_shape b = ln_shape_of(c->in[BOXES]), n = ln_shape_of(c->in[IMAGE]);
    LN_TRY(ln_check_type(c, BOXES, LN_BIT(Float32)));
    LN_TRY(ln_check_type(c, IMAGE, LN_BIT(Int32)));
    LN_CHECK(c, b.rank == 2 && (b.dim[1] == 4 || b.dim[1] < 0), "the boxes are no [n, 4] matrix");
    LN_CHECK(c, n.rank == 1 && (n.dim[0] == b.dim[0] || n.dim[0] < 0 || b.dim[0] < 0),
             "there are %d boxes, but %d numbers of images", b.dim[0], n.rank == 1 ? n.dim[0] : -1);
    LN_CHECK(c,
             ln_flex_str_is(c, "method", "bilinear", "bilinear") ||
                 ln_flex_str_is(c, "method", "nearest", "bilinear"),
             "the method is neither bilinear nor nearest");
    return infer_size(c, CROP_SIZE, b.dim[0]);
}

/* Where row or column `i` of `n` lies in an image of `size`, for a box from `low` to `high`. */
static float place(float low, float high, int size, int i, int n)
{
    if (n == 1)
        return 0.5f * (low + high) * (float)(size - 1);
    return low * (float)(size - 1) + (float)i * ((high - low) * (float)(size - 1) / (float)(n - 1));
}

/* Both neighbors of `at` in a row of `size`, and how far it is from the first; false: outside. */
static bool neighbors(float at, int size, bool nearest, int side[2], float *part)
{
    if (!(at >= 0 && at <= (float)(size - 1)))
        return false;
    side[0] = (int)(nearest ? roundf(at) : floorf(at));
    side[1] = (int)(nearest ? roundf(at) : ceilf(at));
    *part = nearest ? 0 : at - floorf(at);
    return true;
}

typedef struct crop {
    const TfLiteTensor *x;
    ln_shape image;
    bool nearest;
    float outside;
} crop;

static void crop_pixel(const crop *p, int b, const float at[2], float *y)
{
    const ln_shape *s = &p->image;
    int row[2], column[2];
    float down, right;
    const bool inside = neighbors(at[0], s->dim[1], p->nearest, row, &down) &&
                        neighbors(at[1], s->dim[2], p->nearest, column, &right);
    for (int k = 0; k < s->dim[3]; k++) {
        float line[2];
        for (int i = 0; inside && i < 2; i++) {
            const float left = pixel(p->x, s, b, row[i], column[0], k);
            line[i] = left + (pixel(p->x, s, b, row[i], column[1], k) - left) * right;
        }
        y[k] = inside ? line[0] + (line[1] - line[0]) * down : p->outside;
    }
}

static ln_status crop_eval(ln_call *c)
{
    const ln_shape y = ln_shape_of(c->out[0]);
    const crop p = {.x = c->in[X],
                    .image = ln_shape_of(c->in[X]),
                    .nearest = ln_flex_str_is(c, "method", "nearest", "bilinear"),
                    .outside = (float)ln_flex_float(c, "extrapolation_value", 0)};
    float *to = c->out[0]->data.f;
    for (int n = 0; n < y.dim[0]; n++) {
        const float *box = c->in[BOXES]->data.f + 4 * (int64_t)n;
        const int b = c->in[IMAGE]->data.i32[n], images = p.image.dim[0];
        LN_CHECK(c, b >= 0 && b < images, "box %d is of image %d, there are %d", n, b, images);
        for (int i = 0; i < y.dim[1]; i++)
            for (int j = 0; j < y.dim[2]; j++, to += y.dim[3]) {
                const float at[2] = {place(box[0], box[2], p.image.dim[1], i, y.dim[1]),
                                     place(box[1], box[3], p.image.dim[2], j, y.dim[2])};
                crop_pixel(&p, b, at, to);
            }
    }
    return LN_OK;
}

LN_FLEX_OP(crop_and_resize, "CropAndResize", 4, 4, 1, crop_infer, crop_eval);

/* ---- ResizeBicubic ---- */

static ln_status cubic_infer(ln_call *c)
{
    return infer_size(c, RESIZE_SIZE, ln_shape_of(c->in[X]).dim[0]);
}

enum { TAPS = 4, STEPS = 1024 }; /* TensorFlow rounds the offset to a table of so many steps */

/* The cubic of one or two pixels' distance. */
static float near_weight(double x, double a)
{
    return (float)(((a + 2) * x - (a + 3)) * x * x + 1);
}

static float far_weight(double x, double a)
{
    return (float)(((a * x - 5 * a) * x + 8 * a) * x - 4 * a);
}

typedef struct taps {
    int at[TAPS];
    float weight[TAPS];
} taps;

/* Pixels and weights for position i of the output in a line of `size`. */
static taps cubic_taps(int i, int size, float scale, bool half)
{
    const double a = half ? -0.5 : -0.75;
    const float where = half ? ((float)i + 0.5f) * scale - 0.5f : (float)i * scale;
    const float first = floorf(where);
    const double x = (double)lrintf((where - first) * STEPS) / STEPS;
    const float w[TAPS] = {far_weight(x + 1, a), near_weight(x, a), near_weight(1 - x, a),
                           far_weight(2 - x, a)};
    taps t;
    float sum = 0;
    for (int k = 0; k < TAPS; k++) {
        const int64_t p = (int64_t)first - 1 + k, inside = LN_MIN(LN_MAX(p, 0), size - 1);
        t.at[k] = (int)inside;
        t.weight[k] = half && p != inside ? 0 : w[k];
        sum += t.weight[k];
    }
    for (int k = 0; half && k < TAPS && fabsf(sum) >= 1000 * FLT_MIN; k++)
        t.weight[k] /= sum;
    return t;
}

static float cubic_scale(const ln_call *c, int in, int out)
{
    const bool corners = ln_flex_flag(c, "align_corners", false) && out > 1;
    return corners ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
}

static ln_status cubic_eval(ln_call *c)
{
    const ln_shape o = ln_shape_of(c->out[0]), s = ln_shape_of(c->in[X]);
    const bool half = ln_flex_flag(c, "half_pixel_centers", false);
    const float down = cubic_scale(c, s.dim[1], o.dim[1]),
                right = cubic_scale(c, s.dim[2], o.dim[2]);
    float *y = c->out[0]->data.f;
    for (int n = 0, pixels = ln_shape_count(&o, 0, 3); n < pixels; n++, y += o.dim[3]) {
        const int b = n / o.dim[2] / o.dim[1];
        const taps rows = cubic_taps(n / o.dim[2] % o.dim[1], s.dim[1], down, half);
        const taps columns = cubic_taps(n % o.dim[2], s.dim[2], right, half);
        for (int k = 0; k < o.dim[3]; k++) {
            y[k] = 0;
            for (int u = 0; u < TAPS; u++) {
                float line = 0;
                for (int v = 0; v < TAPS; v++)
                    line += pixel(c->in[X], &s, b, rows.at[v], columns.at[u], k) * rows.weight[v];
                y[k] += line * columns.weight[u];
            }
        }
    }
    return LN_OK;
}

LN_FLEX_OP(resize_bicubic, "ResizeBicubic", 2, 2, 1, cubic_infer, cubic_eval);

/* ---- ResizeBicubicGrad ---- */

static ln_status cubic_grad_infer(ln_call *c)
{
    const ln_shape dy = ln_shape_of(c->in[0]), x = ln_shape_of(c->in[1]);
    LN_TRY(ln_check_type(c, 0, LN_BIT(Float32)));
    LN_TRY(ln_check_type(c, 1, LN_BIT(Float32) | LN_BIT(Float64)));
    LN_CHECK(c, dy.rank == 4 && x.rank == 4, "the ranks are %d and %d, not 4", dy.rank, x.rank);
    LN_CHECK(c, x.dim[1] != 0 && x.dim[2] != 0, "the images are empty");
    for (int k = 0; k < 4; k += 3)
        LN_CHECK(c, dy.dim[k] == x.dim[k] || dy.dim[k] < 0 || x.dim[k] < 0,
                 "dimension %d is %d in the gradient, %d in the images", k, dy.dim[k], x.dim[k]);
    return ln_set_out(c, 0, c->in[1]->type, &x);
}

static ln_status cubic_grad_eval(ln_call *c)
{
    const ln_shape o = ln_shape_of(c->in[0]), s = ln_shape_of(c->out[0]);
    const bool half = ln_flex_flag(c, "half_pixel_centers", false);
    const bool dual = c->out[0]->type == kTfLiteFloat64;
    const float down = cubic_scale(c, s.dim[1], o.dim[1]),
                right = cubic_scale(c, s.dim[2], o.dim[2]);
    const float *dy = c->in[0]->data.f;
    memset(c->out[0]->data.data, 0, (size_t)ln_count(c->out[0]) * ln_type_size(c->out[0]->type));
    for (int n = 0, pixels = ln_shape_count(&o, 0, 3); n < pixels; n++, dy += o.dim[3]) {
        const int64_t b = n / o.dim[2] / o.dim[1];
        const taps rows = cubic_taps(n / o.dim[2] % o.dim[1], s.dim[1], down, half);
        const taps columns = cubic_taps(n % o.dim[2], s.dim[2], right, half);
        for (int k = 0; k < o.dim[3]; k++)
            for (int q = 0; q < TAPS * TAPS; q++) {
                const int v = q / TAPS, u = q % TAPS;
                const int64_t at = (b * s.dim[1] + rows.at[v]) * s.dim[2] + columns.at[u];
                const float share = dy[k] * rows.weight[v] * columns.weight[u];
                if (dual)
                    c->out[0]->data.f64[at * s.dim[3] + k] += (double)share;
                else
                    c->out[0]->data.f[at * s.dim[3] + k] += share;
            }
    }
    return LN_OK;
}

LN_FLEX_OP(resize_bicubic_grad, "ResizeBicubicGrad", 2, 2, 1, cubic_grad_infer, cubic_grad_eval);
