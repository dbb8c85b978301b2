/* SPDX-License-Identifier: Apache-2.0 */
/* deform.c: DeformConv: every weight of every window looks at a point of its own, between pixels.
 * The points' values are gathered in the order of the weights, [n, windows, weights, c], and
 * multiplied with them as a FULLY_CONNECTED would.  Groups of points have channels of their own. */
#include <string.h>

#include "import/onnx/sample.h"

typedef struct deform {
    ln_ox_window w;
    int n, in, out, groups, point_groups; /* channels; groups of channels, of points */
    int size[2], taps, windows;           /* of the result: rows, columns; their product */
} deform;

static bool read_deform(ln_ox *o, const ln_ox_node *n, const ln_shape *x, const ln_shape *w,
                        deform *d)
{
    d->groups = ln_ox_int(n, "group", 1);
    d->point_groups = ln_ox_int(n, "offset_group", 1);
    if (x->rank != 4 || w->rank != 4 || ln_shape_count(x, 0, 4) < 1 ||
        ln_shape_count(w, 0, 4) < 1 || d->groups < 1 || d->point_groups < 1 ||
        x->dim[1] % d->point_groups || w->dim[0] % d->groups ||
        w->dim[1] != x->dim[1] / d->groups) {
        LN_OX_FAIL(o, "images and weights of rank 4 and known size");
        return false;
    }
    if (!ln_ox_window_read(o, n, 2, x->dim + 2, w->dim + 2, &d->w))
        return false;
    d->n = x->dim[0];
    d->in = x->dim[1];
    d->out = w->dim[0];
    d->taps = d->w.size[0] * d->w.size[1];
    for (int i = 0; i < 2; i++)
        d->size[i] = ln_ox_window_count(&d->w, i, x->dim[2 + i]);
    d->windows = (int64_t)d->size[0] * d->size[1] > 1 << 24 ? 0 : d->size[0] * d->size[1];
    if (d->windows < 1 || d->windows > (1 << 24) / d->taps ||
        (int64_t)d->n * d->windows > (1 << 28) / ((int64_t)d->taps * d->in))
        LN_OX_FAIL(o, "%d windows of %d weights", d->windows, d->taps);
    return ln_ox_ok(o);
}

/* Where the taps are without offsets: [1, 1, taps, windows], along rows (0) or columns (1). */
static ln_id regular(ln_ox *o, const deform *d, int axis)
{
    const ln_shape s = {.rank = 4, .dim = {1, 1, d->taps, d->windows}};
    const size_t n = (size_t)d->taps * (size_t)d->windows;
    float *y = ln_arena_new(&o->m->arena, n, sizeof *y);
    if (!y)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (int t = 0; t < d->taps; t++)
        for (int k = 0; k < d->windows; k++) {
            const int tap = axis ? t % d->w.size[1] : t / d->w.size[1];
            const int window = axis ? k % d->size[1] : k / d->size[1];
            y[(size_t)t * (size_t)d->windows + (size_t)k] =
                (float)(window * d->w.stride[axis] - d->w.before[axis] + tap * d->w.dilation[axis]);
        }
    return ln_emit_constant(&o->e, kTfLiteFloat32, &s, y, n * sizeof *y, false);
}

/* The points along an axis: [n, groups, taps * windows, 1]. */
static ln_id points(ln_ox *o, const deform *d, ln_id offsets, int axis)
{
    const int all[] = {d->n, d->point_groups, d->taps, 2, d->windows};
    const int begin[] = {0, 0, 0, axis, 0}, size[] = {-1, -1, -1, 1, -1};
    ln_id x = ln_ox_reshape(o, offsets, 5, all);
    x = ln_emit_squeeze(&o->e, ln_emit_slice(&o->e, x, 5, begin, size), 1u << 3);
    x = ln_ox_add(o, x, regular(o, d, axis));
    return ln_ox_reshape(o, x, 4, (const int[]){d->n, d->point_groups, d->taps * d->windows, 1});
}

/* The image's values at the points, [n, groups, taps * windows, c / groups]. */
static ln_id looked_up(ln_ox *o, const ln_ox_node *n, const deform *d, ln_ox_value *v)
{
    ln_ox_sampler s = {.zeros = true};
    const ln_id offsets = ln_ox_in_id(o, n, 2), mask = ln_ox_in_id(o, n, 4);
    if (!ln_ox_ok(o) || !ln_ox_sample_pixels(o, v, &s))
        return -1;
    const int area = s.size[0] * s.size[1], each = d->in / d->point_groups;
    s.pixels = ln_ox_reshape(o, s.pixels, 4, (const int[]){d->n, area, d->point_groups, each});
    s.pixels = ln_emit_transpose(&o->e, s.pixels, 4, (const int[]){0, 2, 1, 3});
    s.batches = 2;
    const ln_id y = ln_ox_sample_linear(
        &s, (const ln_id[]){points(o, d, offsets, 1), points(o, d, offsets, 0)});
    if (mask < 0)
        return y;
    const int all[] = {d->n, d->point_groups, d->taps * d->windows, 1};
    return ln_ox_mul(o, y, ln_ox_reshape(o, mask, 4, all));
}

/* Weights [out, c / groups, taps] as [out, taps * c], zeros where a group has no channel. */
static ln_id dense_weights(ln_ox *o, const deform *d, ln_id w)
{
    const int each = d->in / d->groups, swap[] = {0, 2, 1};
    const int rows = d->out / d->groups;
    w = ln_ox_reshape(o, w, 3, (const int[]){d->out, each, d->taps});
    w = ln_emit_transpose(&o->e, w, 3, swap);
    ln_id parts[64];
    if (d->groups > (int)LN_COUNTOF(parts)) {
        LN_OX_FAIL(o, "%d groups", d->groups);
        return -1;
    }
    for (int g = 0; g < d->groups && d->groups > 1; g++) {
        const int begin[] = {g * rows, 0, 0}, size[] = {rows, -1, -1};
        parts[g] =
            ln_emit_pad(&o->e, ln_emit_slice(&o->e, w, 3, begin, size), 3,
                        (const int[]){0, 0, g * each}, (const int[]){0, 0, d->in - (g + 1) * each});
    }
    if (d->groups > 1)
        w = ln_emit_concat(&o->e, d->groups, parts, 0);
    return ln_ox_reshape(o, w, 2, (const int[]){d->out, d->taps * d->in});
}

void ln_ox_deform_conv(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0), *w = ln_ox_in(o, n, 1);
    deform d;
    if (!v || !w)
        return;
    const ln_shape xs = ln_ox_shape(o, v), ws = ln_ox_shape(o, w);
    if (!read_deform(o, n, &xs, &ws, &d))
        return;
    const int each = d.in / d.point_groups;
    const int all[] = {d.n, d.point_groups, d.taps, d.windows, each}, turned[] = {0, 3, 2, 1, 4};
    ln_id y = ln_ox_reshape(o, looked_up(o, n, &d, v), 5, all);
    y = ln_emit_transpose(&o->e, y, 5, turned);
    const int rows[] = {d.n * d.windows, d.taps * d.in};
    const ln_id in[] = {ln_ox_reshape(o, y, 2, rows), dense_weights(o, &d, ln_ox_plain(o, w)),
                        ln_ox_in_id(o, n, 3)};
    y = ln_emit_nary(&o->e, &ln_op_fully_connected, NULL, 3, in);
    y = ln_ox_reshape(o, y, 4, (const int[]){d.n, d.size[0], d.size[1], d.out});
    ln_ox_out_image(o, n, y, 2);
}
