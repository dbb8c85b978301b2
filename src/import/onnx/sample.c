/* SPDX-License-Identifier: Apache-2.0 */
/* sample.c: GridSample: for each point the pixels around it are looked up, weighed and added.
 * AffineGrid makes such points. */
#include <string.h>

#include "import/onnx/sample.h"

static ln_id number(const ln_ox_sampler *s, double v)
{
    return ln_emit_float(&s->o->e, (float)v);
}

static ln_id clipped(const ln_ox_sampler *s, ln_id x, int axis)
{
    x = ln_ox_op2(s->o, &ln_op_maximum, x, number(s, 0));
    return ln_ox_op2(s->o, &ln_op_minimum, x, number(s, s->size[axis] - 1));
}

/* Thrown back at the borders as often as needed: span - |(|x - low| mod 2 span) - span| + low */
static ln_id reflected(const ln_ox_sampler *s, ln_id x, int axis)
{
    const double low = s->aligned ? 0 : -0.5, span = s->size[axis] - (s->aligned ? 1 : 0);
    if (span <= 0)
        return ln_ox_op1(s->o, &ln_op_zeros_like, x);
    ln_id y = ln_ox_op1(s->o, &ln_op_abs, ln_ox_sub(s->o, x, number(s, low)));
    y = ln_ox_op2(s->o, &ln_op_floor_mod, y, number(s, 2 * span));
    y = ln_ox_op1(s->o, &ln_op_abs, ln_ox_sub(s->o, y, number(s, span)));
    return ln_ox_sub(s->o, number(s, span + low), y);
}

/* Where points beyond the border look. */
static ln_id bounded(const ln_ox_sampler *s, ln_id x, int axis)
{
    if (s->reflects)
        x = reflected(s, x, axis);
    return s->zeros ? x : clipped(s, x, axis);
}

/* 1 inside of the image, 0 outside. */
static ln_id inside(const ln_ox_sampler *s, ln_id x, int axis)
{
    const ln_id low = ln_ox_op2(s->o, &ln_op_greater_equal, x, number(s, 0));
    const ln_id high = ln_ox_op2(s->o, &ln_op_less_equal, x, number(s, s->size[axis] - 1));
    return ln_emit_cast(&s->o->e, ln_ox_op2(s->o, &ln_op_logical_and, low, high), kTfLiteFloat32);
}

/* a times b; -1 is 1. */
static ln_id weighed(const ln_ox_sampler *s, ln_id a, ln_id b)
{
    return a < 0 ? b : b < 0 ? a : ln_ox_mul(s->o, a, b);
}

/* The pixels at whole positions, times their weight (-1: 1). */
static ln_id tap(const ln_ox_sampler *s, const ln_id *at, ln_id weight)
{
    const TfLiteGatherParams p = {.axis = s->batches, .batch_dims = s->batches};
    ln_ox *o = s->o;
    ln_id place = -1;
    for (int axis = s->nd - 1; axis >= 0; axis--) {
        const ln_id here = clipped(s, at[axis], axis);
        place =
            place < 0 ? here : ln_ox_add(o, ln_ox_mul(o, place, number(s, s->size[axis])), here);
        if (s->zeros)
            weight = weighed(s, weight, inside(s, at[axis], axis));
    }
    place = ln_emit_squeeze(&o->e, ln_ox_int32(o, place), 1u << (s->batches + 1));
    return weighed(s, ln_emit_binary(&o->e, &ln_op_gather, &p, s->pixels, place), weight);
}

/* What `n` taps along each axis give, whose positions and weights are known. */
static ln_id sum_of_taps(const ln_ox_sampler *s, int n, ln_id at[][4], ln_id weight[][4])
{
    int taps = 1;
    ln_id sum = -1;
    for (int axis = 0; axis < s->nd; axis++)
        taps *= n;
    for (int i = 0; i < taps; i++) {
        ln_id here[LN_OX_MAX_ND], w = -1;
        for (int axis = 0, rest = i; axis < s->nd; axis++, rest /= n) {
            here[axis] = at[axis][rest % n];
            w = weighed(s, w, weight[axis][rest % n]);
        }
        const ln_id part = tap(s, here, w);
        sum = i ? ln_ox_add(s->o, sum, part) : part;
    }
    return sum;
}

ln_id ln_ox_sample_linear(const ln_ox_sampler *s, const ln_id *x)
{
    ln_id at[LN_OX_MAX_ND][4], weight[LN_OX_MAX_ND][4];
    ln_ox *o = s->o;
    for (int axis = 0; axis < s->nd; axis++) {
        at[axis][0] = ln_ox_op1(o, &ln_op_floor, x[axis]);
        at[axis][1] = ln_ox_add(o, at[axis][0], number(s, 1));
        weight[axis][1] = ln_ox_sub(o, x[axis], at[axis][0]);
        weight[axis][0] = ln_ox_sub(o, number(s, 1), weight[axis][1]);
    }
    return sum_of_taps(s, 2, at, weight);
}

/* ((a t + b) t + c) t + d */
static ln_id cubic(const ln_ox_sampler *s, ln_id t, const double *k)
{
    ln_id y = ln_ox_add(s->o, ln_ox_mul(s->o, t, number(s, k[0])), number(s, k[1]));
    for (int i = 2; i < 4; i++)
        y = ln_ox_add(s->o, ln_ox_mul(s->o, y, t), number(s, k[i]));
    return y;
}

/* Cubic convolution with a = -0.75; beyond the border each of the 16 pixels looks elsewhere. */
static ln_id bicubic(const ln_ox_sampler *s, const ln_id *x)
{
    static const double k[4][4] = {
        {-0.75, 1.5, -0.75, 0}, {1.25, -2.25, 0, 1}, {-1.25, 1.5, 0.75, 0}, {0.75, -0.75, 0, 0}};
    ln_id at[LN_OX_MAX_ND][4], weight[LN_OX_MAX_ND][4];
    ln_ox *o = s->o;
    for (int axis = 0; axis < s->nd; axis++) {
        const ln_id whole = ln_ox_op1(o, &ln_op_floor, x[axis]);
        const ln_id t = ln_ox_sub(o, x[axis], whole);
        for (int i = 0; i < 4; i++) {
            at[axis][i] = bounded(s, ln_ox_add(o, whole, number(s, i - 1)), axis);
            weight[axis][i] = cubic(s, t, k[i]);
        }
    }
    return sum_of_taps(s, 4, at, weight);
}

static ln_id nearest(const ln_ox_sampler *s, const ln_id *x)
{
    ln_id at[LN_OX_MAX_ND];
    for (int axis = 0; axis < s->nd; axis++)
        at[axis] = ln_ox_op1(s->o, &ln_op_round, x[axis]);
    return tap(s, at, -1);
}

/* From [-1, 1] to pixels. */
static ln_id position(const ln_ox_sampler *s, ln_id grid, int axis)
{
    const int begin[] = {0, 0, axis}, size[] = {-1, -1, 1};
    const double all = s->size[axis], factor = s->aligned ? (all - 1) / 2 : all / 2;
    const ln_id x =
        ln_ox_mul(s->o, ln_emit_slice(&s->o->e, grid, 3, begin, size), number(s, factor));
    return ln_ox_add(s->o, x, number(s, (all - 1) / 2));
}

bool ln_ox_sample_pixels(ln_ox *o, ln_ox_value *v, ln_ox_sampler *s)
{
    const ln_shape x = ln_ox_shape(o, v);
    const int count = x.rank > 2 ? ln_shape_count(&x, 2, x.rank) : -1;
    if (x.rank < 4 || x.rank > 2 + LN_OX_MAX_ND || count < 1 || count > 1 << 24 || x.dim[1] < 1) {
        LN_OX_FAIL(o, "over images of known size, of two or three dimensions");
        return false;
    }
    s->o = o;
    s->nd = x.rank - 2;
    for (int axis = 0; axis < s->nd; axis++)
        s->size[axis] = x.dim[x.rank - 1 - axis];
    s->batches = 1;
    s->pixels = ln_ox_reshape(o, ln_ox_image(o, v), 3, (const int[]){-1, count, x.dim[1]});
    return ln_ox_ok(o);
}

void ln_ox_grid_sample(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    const ln_id grid = ln_ox_in_id(o, n, 1);
    const ln_shape gs = ln_emit_shape(&o->e, grid);
    const bool whole = ln_ox_is(n, "mode", "nearest", "linear");
    const bool is_cubic =
        ln_ox_is(n, "mode", "cubic", "linear") || ln_ox_is(n, "mode", "bicubic", "linear");
    ln_ox_sampler s = {.zeros = ln_ox_is(n, "padding_mode", "zeros", "zeros"),
                       .reflects = ln_ox_is(n, "padding_mode", "reflection", "zeros"),
                       .aligned = ln_ox_int(n, "align_corners", 0)};
    if (!v || !ln_ox_sample_pixels(o, v, &s))
        return;
    const int points = gs.rank == s.nd + 2 ? ln_shape_count(&gs, 1, gs.rank - 1) : -1;
    if (points < 1 || gs.dim[gs.rank - 1] != s.nd || (is_cubic && s.nd > 2)) {
        LN_OX_FAIL(o, "points of rank %d, which have to be known, in %d dimensions", gs.rank, s.nd);
        return;
    }
    const ln_id flat = ln_ox_reshape(o, grid, 3, (const int[]){-1, points, s.nd});
    ln_id at[LN_OX_MAX_ND];
    for (int axis = 0; axis < s.nd; axis++) {
        at[axis] = position(&s, flat, axis);
        at[axis] = is_cubic ? at[axis] : bounded(&s, at[axis], axis);
    }
    const ln_id y = whole      ? nearest(&s, at)
                    : is_cubic ? bicubic(&s, at)
                               : ln_ox_sample_linear(&s, at);
    ln_shape ys = gs;
    ys.dim[0] = -1;
    ys.dim[ys.rank - 1] = ln_ox_shape(o, v).dim[1];
    ln_ox_out_image(o, n, ln_emit_reshape(&o->e, y, &ys), s.nd);
}

/* ---- AffineGrid ---- */

/* [points, nd + 1]: the middle of each pixel from -1 to 1, and a 1 behind. */
static ln_id base_points(ln_ox *o, int nd, const int *size, bool aligned)
{
    int64_t points = 1;
    for (int i = 0; i < nd; i++)
        points = size[i] < 1 || points > 1 << 22 ? INT32_MAX : points * size[i];
    const ln_shape s = {.rank = 2, .dim = {(int)points, nd + 1}};
    const size_t bytes = (size_t)points * (size_t)(nd + 1) * sizeof(float);
    float *y = points > 1 << 22 ? NULL : ln_arena_new(&o->m->arena, bytes, 1);
    if (!y) {
        LN_OX_FAIL(o, "the size of the grid");
        return -1;
    }
    for (int64_t k = 0, rest; k < points; k++) {
        float *at = y + k * (nd + 1);
        rest = k;
        for (int i = nd - 1; i >= 0; i--) { /* the last dimension is x, which comes first */
            const double p = (double)(rest % size[i]), all = size[i];
            at[nd - 1 - i] = (float)(!aligned  ? (2 * p + 1) / all - 1
                                     : all > 1 ? 2 * p / (all - 1) - 1
                                               : 0);
            rest /= size[i];
        }
        at[nd] = 1;
    }
    return ln_emit_constant(&o->e, kTfLiteFloat32, &s, y, bytes, false);
}

void ln_ox_affine_grid(ln_ox *o, const ln_ox_node *n)
{
    const ln_id theta = ln_ox_in_id(o, n, 0);
    const ln_shape ts = ln_emit_shape(&o->e, theta);
    int size[LN_OX_MAX_ND + 2], count;
    if (!ln_ox_const_ints(o, n, 1, LN_OX_MAX_ND + 2, size, &count))
        return;
    if (count < 4 || ts.rank != 3 || ts.dim[2] != count - 1) {
        LN_OX_FAIL(o, "a size of %d dimensions", count);
        return;
    }
    const int nd = count - 2;
    ln_id base = base_points(o, nd, size + 2, ln_ox_int(n, "align_corners", 0));
    base = ln_emit_expand_dims(&o->e, base, 0);
    const ln_id y = ln_ox_product(o, base, theta, false, true);
    ln_shape ys = {.rank = nd + 2, .dim = {-1}};
    memcpy(ys.dim + 1, size + 2, (size_t)nd * sizeof *size);
    ys.dim[nd + 1] = nd;
    ln_ox_out(o, n, 0, ln_emit_reshape(&o->e, y, &ys));
}
