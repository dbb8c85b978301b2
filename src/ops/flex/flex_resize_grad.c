/* SPDX-License-Identifier: Apache-2.0 */
/* flex_resize_grad.c: gradients of resized images, and areas.
 *
 *   ResizeBilinearGrad          dy [b, oh, ow, c], x [b, h, w, c] -> of x's shape and type
 *   ResizeNearestNeighborGrad   dy, size [2] (h, w) -> [b, h, w, c]
 *   ResizeArea                  x [b, h, w, c], size [2] -> [b, oh, ow, c]: means, in float32 */
#include <math.h>
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"

enum { PIXELS = LN_INTEGERS | LN_FLOATS | LN_BIT(Float64) };

static float scale_of(const ln_call *c, int in, int out)
{
    const bool corners = ln_flex_flag(c, "align_corners", false) && out > 1;
    return corners ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
}

static float load(const TfLiteTensor *t, int64_t at)
{
    double one;
    return (float)*(const double *)ln_lane_load(LN_F64, t->type, t->data.data, at, 1, &one);
}

/* y[at] += v */
static void add(TfLiteTensor *y, int64_t at, float v)
{
    if (y->type == kTfLiteFloat64)
        y->data.f64[at] += (double)v;
    else
        y->data.f[at] += v;
}

static ln_status check_images(ln_call *c, int i)
{
    const ln_shape s = ln_shape_of(c->in[i]);
    LN_CHECK(c, s.rank == 4, "input %d has rank %d, not 4", i, s.rank);
    LN_CHECK(c, s.dim[1] != 0 && s.dim[2] != 0, "the images of input %d are empty", i);
    return LN_OK;
}

/* [batch, size, channels] by the images of input 0. */
static ln_status infer_size(ln_call *c, TfLiteType type)
{
    const ln_shape x = ln_shape_of(c->in[0]), s = ln_shape_of(c->in[1]);
    ln_shape y = {.rank = 4, .dim = {x.dim[0], -1, -1, x.dim[3]}};
    int size[2], n;
    LN_TRY(ln_check_type(c, 1, LN_BIT(Int32)));
    LN_CHECK(c, s.rank == 1 && (s.dim[0] == 2 || s.dim[0] < 0), "the size is no pair of numbers");
    if (ln_known(c, 1)) {
        LN_TRY(ln_read_ints(c, 1, 2, size, &n));
        for (int k = 0; k < n; k++) {
            LN_CHECK(c, size[k] > 0, "the size is %d, not positive", size[k]);
            y.dim[k + 1] = size[k];
        }
    }
    return ln_set_out(c, 0, type, &y);
}

/* ---- ResizeBilinearGrad ---- */

static ln_status bilinear_infer(ln_call *c)
{
    const ln_shape dy = ln_shape_of(c->in[0]), x = ln_shape_of(c->in[1]);
    LN_TRY(ln_check_type(c, 0, LN_BIT(Float32)));
    LN_TRY(ln_check_type(c, 1, LN_BIT(Float32) | LN_BIT(Float64)));
    LN_TRY(check_images(c, 0));
    LN_TRY(check_images(c, 1));
    for (int k = 0; k < 4; k += 3)
        LN_CHECK(c, dy.dim[k] == x.dim[k] || dy.dim[k] < 0 || x.dim[k] < 0,
                 "dimension %d is %d in the gradient, %d in the images", k, dy.dim[k], x.dim[k]);
    return ln_set_out(c, 0, c->in[1]->type, &x);
}

/* Both pixels of a line of `n` that item i was made of, and the share of the second. */
static float neighbors(int i, float scale, bool half, int n, int side[2])
{
    const float at = half ? ((float)i + 0.5f) * scale - 0.5f : (float)i * scale;
    side[0] = LN_MAX((int)floorf(at), 0);
    side[1] = LN_MIN((int)ceilf(at), n - 1);
    side[0] = LN_MIN(side[0], n - 1);
    return at - floorf(at);
}

static ln_status bilinear_eval(ln_call *c)
{
    const ln_shape o = ln_shape_of(c->in[0]), s = ln_shape_of(c->out[0]);
    const bool half = ln_flex_flag(c, "half_pixel_centers", false);
    const float down = scale_of(c, s.dim[1], o.dim[1]), right = scale_of(c, s.dim[2], o.dim[2]);
    const float *dy = c->in[0]->data.f;
    memset(c->out[0]->data.data, 0, (size_t)ln_count(c->out[0]) * ln_type_size(c->out[0]->type));
    for (int n = 0, all = ln_shape_count(&o, 0, 3); n < all; n++, dy += o.dim[3]) {
        const int64_t b = n / o.dim[2] / o.dim[1];
        int row[2], column[2];
        const float low = neighbors(n / o.dim[2] % o.dim[1], down, half, s.dim[1], row);
        const float side = neighbors(n % o.dim[2], right, half, s.dim[2], column);
        for (int k = 0; k < o.dim[3]; k++)
            for (int q = 0; q < 4; q++) {
                const int64_t at = (b * s.dim[1] + row[q / 2]) * s.dim[2] + column[q % 2];
                const float share = (q / 2 ? low : 1 - low) * dy[k] * (q % 2 ? side : 1 - side);
                add(c->out[0], at * s.dim[3] + k, share);
            }
    }
    return LN_OK;
}

LN_FLEX_OP(resize_bilinear_grad, "ResizeBilinearGrad", 2, 2, 1, bilinear_infer, bilinear_eval);

/* ---- ResizeNearestNeighborGrad ---- */

static ln_status nearest_infer(ln_call *c)
{
    LN_TRY(ln_check_type(c, 0, LN_BIT(Float32) | LN_BIT(Float64)));
    LN_TRY(check_images(c, 0));
    return infer_size(c, c->in[0]->type);
}

static int nearest(const ln_call *c, int i, float scale, int n)
{
    const bool half = ln_flex_flag(c, "half_pixel_centers", false);
    const float at = half ? ((float)i + 0.5f) * scale : (float)i * scale;
    const float place = ln_flex_flag(c, "align_corners", false) ? roundf(at) : floorf(at);
    return LN_MAX(LN_MIN((int)place, n - 1), 0);
}

static ln_status nearest_eval(ln_call *c)
{
    const ln_shape o = ln_shape_of(c->in[0]), s = ln_shape_of(c->out[0]);
    const float down = scale_of(c, s.dim[1], o.dim[1]), right = scale_of(c, s.dim[2], o.dim[2]);
    memset(c->out[0]->data.data, 0, (size_t)ln_count(c->out[0]) * ln_type_size(c->out[0]->type));
    for (int64_t n = 0, all = ln_shape_count(&o, 0, 3); n < all; n++) {
        const int64_t b = n / o.dim[2] / o.dim[1];
        const int row = nearest(c, (int)(n / o.dim[2] % o.dim[1]), down, s.dim[1]);
        const int column = nearest(c, (int)(n % o.dim[2]), right, s.dim[2]);
        const int64_t at = ((b * s.dim[1] + row) * s.dim[2] + column) * s.dim[3];
        for (int k = 0; k < o.dim[3]; k++)
            if (c->in[0]->type == kTfLiteFloat64)
                c->out[0]->data.f64[at + k] += c->in[0]->data.f64[n * o.dim[3] + k];
            else
                c->out[0]->data.f[at + k] += c->in[0]->data.f[n * o.dim[3] + k];
    }
    return LN_OK;
}

LN_FLEX_OP(resize_nearest_grad, "ResizeNearestNeighborGrad", 2, 2, 1, nearest_infer, nearest_eval);

/* ---- ResizeArea ---- */

static ln_status area_infer(ln_call *c)
{
    LN_TRY(ln_check_type(c, 0, PIXELS));
    LN_TRY(check_images(c, 0));
    return infer_size(c, kTfLiteFloat32);
}

/* How much of pixel i lies in [from, to), in units of pixels; `scale` where it holds all of it. */
static float covered(int i, float from, float to, float scale)
{
    const float next = (float)i + 1;
    if ((float)i < from)
        return next > to ? scale : next - from;
    return next > to ? to - (float)i : 1;
}

static ln_status area_eval(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]), o = ln_shape_of(c->out[0]);
    const float down = scale_of(c, s.dim[1], o.dim[1]), right = scale_of(c, s.dim[2], o.dim[2]);
    const float norm = 1 / (down * right);
    float *y = c->out[0]->data.f;
    for (int n = 0, all = ln_shape_count(&o, 0, 4); n < all; n++) {
        const int k = n % o.dim[3], pixel = n / o.dim[3];
        const int b = pixel / o.dim[2] / o.dim[1];
        const float top = (float)(pixel / o.dim[2] % o.dim[1]) * down;
        const float bottom = (float)(pixel / o.dim[2] % o.dim[1] + 1) * down;
        const float left = (float)(pixel % o.dim[2]) * right;
        const float end = (float)(pixel % o.dim[2] + 1) * right;
        float sum = 0;
        for (int i = (int)floorf(top); i < (int)ceilf(bottom); i++) {
            const int64_t row = (int64_t)b * s.dim[1] + LN_MIN(i, s.dim[1] - 1);
            const float high = covered(i, top, bottom, down);
            for (int j = (int)floorf(left); j < (int)ceilf(end); j++) {
                const int64_t at = row * s.dim[2] + LN_MIN(j, s.dim[2] - 1);
                sum += load(c->in[0], at * s.dim[3] + k) * high * covered(j, left, end, right);
            }
        }
        y[n] = sum * norm;
    }
    return LN_OK;
}

LN_FLEX_OP(resize_area, "ResizeArea", 2, 2, 1, area_infer, area_eval);
