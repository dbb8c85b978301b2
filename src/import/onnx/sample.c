/* SPDX-License-Identifier: Apache-2.0 */
/* sample.c: GridSample over images: for each point the pixels around it are looked up, weighed and
 * added.  Points and weights are [n, points, 1], pixels [n, points, c]. */
#include <string.h>

#include "import/onnx/families.h"

typedef struct sampler {
    ln_ox *o;
    ln_id pixels; /* [n, h * w, c] */
    int size[2];  /* width, height */
    bool zeros, reflects, aligned;
} sampler;

static ln_id number(const sampler *s, double v)
{
    return ln_emit_float(&s->o->e, (float)v);
}

static ln_id clipped(const sampler *s, ln_id x, int axis)
{
    x = ln_ox_op2(s->o, &ln_op_maximum, x, number(s, 0));
    return ln_ox_op2(s->o, &ln_op_minimum, x, number(s, s->size[axis] - 1));
}

/* Thrown back at the borders as often as needed: span - |(|x - low| mod 2 span) - span| + low */
static ln_id reflected(const sampler *s, ln_id x, int axis)
{
    const double low = s->aligned ? 0 : -0.5, span = s->size[axis] - (s->aligned ? 1 : 0);
    if (span <= 0)
        return ln_ox_op1(s->o, &ln_op_zeros_like, x);
    ln_id y = ln_ox_op1(s->o, &ln_op_abs, ln_ox_sub(s->o, x, number(s, low)));
    y = ln_ox_op2(s->o, &ln_op_floor_mod, y, number(s, 2 * span));
    y = ln_ox_op1(s->o, &ln_op_abs, ln_ox_sub(s->o, y, number(s, span)));
    return ln_ox_sub(s->o, number(s, span + low), y);
}

/* From [-1, 1] to pixels. */
static ln_id position(const sampler *s, ln_id grid, int axis)
{
    const int begin[] = {0, 0, axis}, size[] = {-1, -1, 1};
    const double all = s->size[axis], factor = s->aligned ? (all - 1) / 2 : all / 2;
    ln_id x = ln_ox_mul(s->o, ln_emit_slice(&s->o->e, grid, 3, begin, size), number(s, factor));
    x = ln_ox_add(s->o, x, number(s, (all - 1) / 2));
    if (s->reflects)
        x = reflected(s, x, axis);
    return s->zeros ? x : clipped(s, x, axis);
}

/* 1 inside of the image, 0 outside. */
static ln_id inside(const sampler *s, ln_id x, int axis)
{
    const ln_id low = ln_ox_op2(s->o, &ln_op_greater_equal, x, number(s, 0));
    const ln_id high = ln_ox_op2(s->o, &ln_op_less_equal, x, number(s, s->size[axis] - 1));
    return ln_emit_cast(&s->o->e, ln_ox_op2(s->o, &ln_op_logical_and, low, high), kTfLiteFloat32);
}

/* The pixels at whole positions, times their weight (-1: 1). */
static ln_id tap(const sampler *s, ln_id x, ln_id y, ln_id weight)
{
    const TfLiteGatherParams p = {.axis = 1, .batch_dims = 1};
    ln_ox *o = s->o;
    if (s->zeros) {
        const ln_id in = ln_ox_mul(o, inside(s, x, 0), inside(s, y, 1));
        weight = weight < 0 ? in : ln_ox_mul(o, weight, in);
    }
    const ln_id row = ln_ox_mul(o, clipped(s, y, 1), number(s, s->size[0]));
    const ln_id at = ln_ox_int32(o, ln_ox_add(o, row, clipped(s, x, 0)));
    const ln_id found =
        ln_emit_binary(&o->e, &ln_op_gather, &p, s->pixels, ln_emit_squeeze(&o->e, at, 1u << 2));
    return weight < 0 ? found : ln_ox_mul(o, found, weight);
}

static ln_id bilinear(const sampler *s, ln_id x, ln_id y)
{
    ln_ox *o = s->o;
    ln_id at[2][2], weight[2][2], sum = -1;
    for (int axis = 0; axis < 2; axis++) {
        const ln_id v = axis ? y : x;
        at[axis][0] = ln_ox_op1(o, &ln_op_floor, v);
        at[axis][1] = ln_ox_add(o, at[axis][0], number(s, 1));
        weight[axis][1] = ln_ox_sub(o, v, at[axis][0]);
        weight[axis][0] = ln_ox_sub(o, number(s, 1), weight[axis][1]);
    }
    for (int i = 0; i < 4; i++) {
        const int h = i / 2, v = i % 2;
        const ln_id part = tap(s, at[0][h], at[1][v], ln_ox_mul(o, weight[0][h], weight[1][v]));
        sum = i ? ln_ox_add(o, sum, part) : part;
    }
    return sum;
}

void ln_ox_grid_sample(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    const ln_id grid = ln_ox_in_id(o, n, 1);
    const ln_shape gs = ln_emit_shape(&o->e, grid);
    const bool nearest = ln_ox_is(n, "mode", "nearest", "linear");
    if (!v)
        return;
    const ln_shape x = ln_ox_shape(o, v);
    if (x.rank != 4 || gs.rank != 4 || ln_shape_count(&x, 1, 4) < 1 ||
        ln_shape_count(&gs, 1, 4) < 1 || x.dim[2] > (1 << 24) / x.dim[3] ||
        (!nearest && !ln_ox_is(n, "mode", "linear", "linear") &&
         !ln_ox_is(n, "mode", "bilinear", "linear"))) {
        LN_OX_FAIL(o, "over images of known size only, nearest or linear");
        return;
    }
    const sampler s = {
        .o = o,
        .pixels = ln_ox_reshape(o, ln_ox_image(o, v), 3,
                                (const int[]){-1, x.dim[2] * x.dim[3], x.dim[1]}),
        .size = {x.dim[3], x.dim[2]},
        .zeros = ln_ox_is(n, "padding_mode", "zeros", "zeros"),
        .reflects = ln_ox_is(n, "padding_mode", "reflection", "zeros"),
        .aligned = ln_ox_int(n, "align_corners", 0),
    };
    const ln_id points = ln_ox_reshape(o, grid, 3, (const int[]){-1, gs.dim[1] * gs.dim[2], 2});
    const ln_id px = position(&s, points, 0), py = position(&s, points, 1);
    const ln_id y =
        nearest ? tap(&s, ln_ox_op1(o, &ln_op_round, px), ln_ox_op1(o, &ln_op_round, py), -1)
                : bilinear(&s, px, py);
    ln_ox_out_image(o, n, ln_ox_reshape(o, y, 4, (const int[]){-1, gs.dim[1], gs.dim[2], x.dim[1]}),
                    2);
}
