/* SPDX-License-Identifier: Apache-2.0 */
/* flex_projective.c: ImageProjectiveTransformV2 and V3: images turned, moved, sheared.
 *
 *   x [b, h, w, c], transforms [b or 1, 8], size [2], V3: fill value -> y [b, oh, ow, c]
 *
 * Pixel (column, row) of y is that of x at ((t0 column + t1 row + t2) / p, (t3 column + t4 row +
 * t5) / p), p = t6 column + t7 row + 1; places outside of x are mapped inside by fill_mode, or get
 * the fill value, V2: 0. */
#include <math.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"

enum { X, TRANSFORMS, SIZE, FILL };
enum { PIXELS = LN_BIT(UInt8) | LN_BIT(Int32) | LN_BIT(Int64) | LN_FLOATS | LN_BIT(Float64) };
typedef enum mode { CONSTANT, NEAREST, REFLECT, WRAP, N_MODES } mode;

static mode mode_of(const ln_call *c)
{
    static const char *const names[] = {"CONSTANT", "NEAREST", "REFLECT", "WRAP"};
    int i = 0;
    while (i < N_MODES && !ln_flex_str_is(c, "fill_mode", names[i], "CONSTANT"))
        i++;
    return (mode)i;
}

static ln_status infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), t = ln_shape_of(c->in[TRANSFORMS]);
    ln_shape y = x;
    LN_TRY(ln_check_type(c, X, PIXELS));
    LN_TRY(ln_check_type(c, TRANSFORMS, LN_BIT(Float32)));
    LN_TRY(ln_check_type(c, SIZE, LN_BIT(Int32)));
    LN_CHECK(c, x.rank == 4, "the images have rank %d, not 4", x.rank);
    LN_CHECK(c,
             t.rank == 2 && (t.dim[1] == 8 || t.dim[1] < 0) &&
                 (t.dim[0] == x.dim[0] || t.dim[0] == 1 || t.dim[0] < 0 || x.dim[0] < 0),
             "the transforms are no matrix of 8 numbers per image");
    LN_CHECK(c, ln_shape_of(c->in[SIZE]).rank == 1 && ln_count(c->in[SIZE]) == 2,
             "the size is no pair of numbers");
    LN_CHECK(c, mode_of(c) != N_MODES, "the fill_mode is none of CONSTANT, NEAREST, REFLECT, WRAP");
    LN_CHECK(c,
             ln_flex_str_is(c, "interpolation", "NEAREST", "") ||
                 ln_flex_str_is(c, "interpolation", "BILINEAR", ""),
             "the interpolation is neither NEAREST nor BILINEAR");
    if (c->n_in > FILL) {
        LN_TRY(ln_check_type(c, FILL, LN_BIT(Float32)));
        LN_CHECK(c, ln_count(c->in[FILL]) == 1, "the fill value is no number");
    }
    for (int i = 0; i < 2; i++) {
        y.dim[1 + i] = ln_known(c, SIZE) ? c->in[SIZE]->data.i32[i] : -1;
        LN_CHECK(c, !ln_known(c, SIZE) || y.dim[1 + i] > 0, "the size is %d, not positive",
                 y.dim[1 + i]);
    }
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

/* How often `length` goes into a distance; what is no number goes nowhere. */
static float times(float distance, float length)
{
    const float n = truncf(distance / length);
    return n < 0x1p62f ? n : 0;
}

/* A place in a line of n pixels, as close as the mode brings it.  Single steps are TensorFlow's. */
static float mapped(float at, int n, mode how)
{
    const float length = (float)n, twice = 2 * length, last = (float)(n - 1);
    const bool below = at<0, above = at> last;
    if (how == CONSTANT)
        return at;
    if (how != NEAREST && n <= 1 && (below || above))
        return 0;
    if (how == REFLECT && below) {
        at += twice * times(-at, twice);
        at = at < -length ? at + twice : -at - 1;
    } else if (how == REFLECT && above) {
        at -= twice * times(at, twice);
        at = at >= length ? twice - at - 1 : at;
    } else if (how == WRAP && below) {
        at += length * (times(-at, last) + 1);
    } else if (how == WRAP && above) {
        at -= length * times(at, last);
    }
    return at < 0 ? 0 : at > last ? last : at;
}

typedef struct view {
    const TfLiteTensor *x;
    ln_shape s;
    mode how;
    bool nearest;
    float fill;
} view;

/* Where a pixel lies in x; false: nowhere, as what is no number is. */
static bool source(const view *v, const float *t, int row, int column, float at[2])
{
    const float most = 1 << 24; /* floats tell pixels apart, and more are not needed */
    const float r = (float)row, k = (float)column, p = t[6] * k + t[7] * r + 1.0f;
    if (p == 0)
        return false;
    at[1] = mapped((t[0] * k + t[1] * r + t[2]) / p, v->s.dim[2], v->how);
    at[0] = mapped((t[3] * k + t[4] * r + t[5]) / p, v->s.dim[1], v->how);
    return fabsf(at[0]) < most && fabsf(at[1]) < most;
}

static bool is_inside(const view *v, int row, int column)
{
    return row >= 0 && row < v->s.dim[1] && column >= 0 && column < v->s.dim[2];
}

static int64_t place(const view *v, int b, int row, int column)
{
    return (((int64_t)b * v->s.dim[1] + row) * v->s.dim[2] + column) * v->s.dim[3];
}

static float read(const view *v, int b, int row, int column, int k)
{
    double one;
    if (!is_inside(v, row, column))
        return v->fill;
    return (float)*(const double *)ln_lane_load(LN_F64, v->x->type, v->x->data.data,
                                                place(v, b, row, column) + k, 1, &one);
}

static double between(const view *v, int b, const float at[2], int k)
{
    const float top = floorf(at[0]), start = floorf(at[1]);
    const int row = (int)top, column = (int)start;
    const float down = at[0] - top, right = at[1] - start;
    const float up = top + 1 - at[0], left = start + 1 - at[1];
    const float upper = left * read(v, b, row, column, k) + right * read(v, b, row, column + 1, k);
    const float lower =
        left * read(v, b, row + 1, column, k) + right * read(v, b, row + 1, column + 1, k);
    return (double)(up * upper + down * lower);
}

/* A whole type cuts off what is behind the point. */
static void store(TfLiteType type, void *data, int64_t at, double value)
{
    if (!ln_type_in(type, LN_FLOATS | LN_BIT(Float64)))
        value = trunc(value);
    ln_lane_store(LN_F64, type, data, at, 1, &value);
}

/* As an item of the images' type. */
static float fill_value(const ln_call *c)
{
    const TfLiteType type = c->in[X]->type;
    double item = 0, value;
    store(type, &item, 0, c->n_in > FILL ? (double)c->in[FILL]->data.f[0] : 0);
    return (float)*(const double *)ln_lane_load(LN_F64, type, &item, 0, 1, &value);
}

/* All channels of one pixel of image b. */
static void pixel(const view *v, int b, const float from[2], TfLiteTensor *y, int64_t at)
{
    const int row = v->nearest ? (int)roundf(from[0]) : 0;
    const int column = v->nearest ? (int)roundf(from[1]) : 0;
    if (v->nearest && is_inside(v, row, column)) {
        ln_copy_run(y, at, v->x, place(v, b, row, column), v->s.dim[3]);
        return;
    }
    for (int k = 0; k < v->s.dim[3]; k++)
        store(y->type, y->data.data, at + k, v->nearest ? (double)v->fill : between(v, b, from, k));
}

static ln_status eval(ln_call *c)
{
    const ln_shape y = ln_shape_of(c->out[0]);
    const bool one = ln_shape_of(c->in[TRANSFORMS]).dim[0] == 1;
    const view v = {c->in[X], ln_shape_of(c->in[X]), mode_of(c),
                    ln_flex_str_is(c, "interpolation", "NEAREST", ""), fill_value(c)};
    int64_t at = 0;
    for (int b = 0; b < y.dim[0]; b++)
        for (int row = 0; row < y.dim[1]; row++)
            for (int column = 0; column < y.dim[2]; column++, at += y.dim[3]) {
                const float *t = c->in[TRANSFORMS]->data.f + (one ? 0 : 8 * (size_t)b);
                float from[2];
                const bool found = source(&v, t, row, column, from);
                if (found)
                    pixel(&v, b, from, c->out[0], at);
                for (int k = 0; k < y.dim[3] && !found; k++)
                    store(c->out[0]->type, c->out[0]->data.data, at + k, (double)v.fill);
            }
    return LN_OK;
}

LN_FLEX_OP(image_projective_transform_v2, "ImageProjectiveTransformV2", 3, 3, 1, infer, eval);
LN_FLEX_OP(image_projective_transform_v3, "ImageProjectiveTransformV3", 4, 4, 1, infer, eval);
