/* SPDX-License-Identifier: Apache-2.0 */
/* conv_transpose.c: ConvTranspose as TRANSPOSE_CONV without padding, of which the wanted part is
 * cut; SAME where that is what is wanted.
 *
 *   W [c, k / groups, fh, fw]  ->  TRANSPOSE_CONV [k, fh, fw, c]
 * Dilated windows become larger ones with zeros in between.  For groups, which TRANSPOSE_CONV
 * lacks, and for three dimensions the image is spread by zeros and convolved with the turned
 * filter. */
#include <string.h>

#include "import/onnx/families.h"

typedef struct plan {
    ln_ox_window w;
    int in[LN_OX_MAX_ND];    /* spatial dimensions; -1: open */
    int extra[LN_OX_MAX_ND]; /* the output has in * stride + extra items */
    int groups, c, k;        /* k: of all groups */
} plan;

static int reach(const plan *p, int i)
{
    return (p->w.size[i] - 1) * p->w.dilation[i] + 1;
}

/* What the output has of dimension i besides in * stride: all of it, or with this padding. */
static bool plan_dimension(ln_ox *o, const ln_ox_node *n, plan *p, int i, int more, int wanted)
{
    const bool upper = ln_ox_is(n, "auto_pad", "SAME_UPPER", "NOTSET");
    const bool same = upper || ln_ox_is(n, "auto_pad", "SAME_LOWER", "NOTSET");
    const int all = reach(p, i) - p->w.stride[i] + more;
    if (wanted >= 0 && p->in[i] < 0) {
        LN_OX_FAIL(o, "output_shape needs to know the image's size");
        return false;
    }
    if (wanted >= 0 || same) { /* the odd item of padding is in front but for SAME_UPPER */
        const int extra = wanted >= 0 ? wanted - p->in[i] * p->w.stride[i] : 0;
        const int total = LN_MAX(all - extra, 0);
        p->w.before[i] = upper ? total / 2 : total - total / 2;
        p->extra[i] = extra;
    } else {
        p->extra[i] = all - p->w.before[i] - p->w.after[i];
    }
    if (p->in[i] >= 0 && p->in[i] * p->w.stride[i] + p->extra[i] < 1) {
        LN_OX_FAIL(o, "nothing is left of dimension %d", i);
        return false;
    }
    return true;
}

static bool read_plan(ln_ox *o, const ln_ox_node *n, const ln_shape *x, const ln_shape *w, plan *p)
{
    int out[LN_MAX_RANK], more[LN_OX_MAX_ND] = {0};
    const int nd = x->rank - 2;
    if (x->rank != w->rank || nd < 1 || w->dim[1] < 1 || w->dim[0] < 1) {
        LN_OX_FAIL(o, "an image of rank %d and weights of rank %d", x->rank, w->rank);
        return false;
    }
    *p = (plan){.groups = ln_ox_int(n, "group", 1), .c = w->dim[0]};
    if (p->groups < 1 || p->c % p->groups ||
        !ln_ox_window_read(o, n, nd, x->dim + 2, w->dim + 2, &p->w)) {
        LN_OX_FAIL(o, "%d groups of %d channels", p->groups, p->c);
        return false;
    }
    p->k = w->dim[1] * p->groups;
    (void)ln_ox_ints(n, "output_padding", nd, more);
    const int wanted = ln_ox_ints(n, "output_shape", LN_MAX_RANK, out);
    for (int i = 0; i < nd; i++) {
        p->in[i] = x->dim[2 + i];
        if (p->in[i] == 0 || p->in[i] > (1 << 28) / p->w.stride[i] || more[i] < 0 ||
            more[i] > 1 << 16 || p->w.size[i] != w->dim[2 + i]) {
            LN_OX_FAIL(o, "windows of %d over %d items", p->w.size[i], p->in[i]);
            return false;
        }
        if (!plan_dimension(o, n, p, i, more[i], wanted >= nd ? out[wanted - nd + i] : -1))
            return false;
    }
    return true;
}

/* Drops so many items in front and at the end of each spatial dimension. */
static ln_id crop(ln_ox *o, ln_id x, const plan *p, const int *before, const int *after)
{
    const ln_shape s = ln_emit_shape(&o->e, x);
    const int first = p->w.nd == 1 ? 2 : 1;
    int begin[LN_MAX_RANK] = {0}, size[LN_MAX_RANK], end[LN_MAX_RANK] = {0}, step[LN_MAX_RANK];
    bool open = false;
    if (!ln_ox_ok(o))
        return -1;
    int to_end = (1 << s.rank) - 1;
    for (int i = 0; i < s.rank; i++) {
        size[i] = -1;
        step[i] = 1;
    }
    for (int i = 0; i < p->w.nd; i++) {
        const int d = first + i;
        begin[d] = before[i];
        end[d] = -after[i];
        open = open || (after[i] && s.dim[d] < 0);
        to_end &= after[i] ? ~(1 << d) : to_end;
        size[d] = s.dim[d] < 0 ? -1 : s.dim[d] - before[i] - after[i];
    }
    return open ? ln_ox_strided_slice(o, x, s.rank, begin, end, step, to_end)
                : ln_emit_slice(&o->e, x, s.rank, begin, size);
}

/* Zeros between the items of dimension `axis`: `factor` - 1 behind each, also behind the last. */
static ln_id spread(ln_ox *o, ln_id x, int axis, int factor)
{
    const ln_shape s = ln_emit_shape(&o->e, x);
    int before[LN_MAX_RANK] = {0}, after[LN_MAX_RANK] = {0};
    ln_ox_dim y[LN_MAX_RANK];
    if (factor == 1 || !ln_ox_ok(o))
        return x;
    for (int i = 0; i < s.rank; i++)
        y[i] = LN_OX_DIM_OF(x, i);
    y[axis] = LN_OX_NUMBER(s.dim[axis] < 0 ? -1 : s.dim[axis] * factor);
    ln_id z = ln_emit_expand_dims(&o->e, x, axis + 1);
    after[axis + 1] = factor - 1;
    z = ln_emit_pad(&o->e, z, s.rank + 1, before, after);
    return ln_ox_reshape_by(o, z, s.rank, y);
}

/* Weights of dilated windows with zeros in between; `first` is their first spatial dimension. */
static ln_id dilate(ln_ox *o, ln_id weights, const plan *p, int first)
{
    int begin[LN_MAX_RANK] = {0}, size[LN_MAX_RANK];
    const ln_shape s = ln_emit_shape(&o->e, weights);
    for (int i = 0; i < s.rank; i++)
        size[i] = -1;
    for (int i = 0; i < p->w.nd; i++) {
        weights = spread(o, weights, first + i, p->w.dilation[i]);
        size[first + i] = reach(p, i);
    }
    return ln_emit_slice(&o->e, weights, s.rank, begin, size);
}

/* ---- by TRANSPOSE_CONV ---- */

/* The output's shape as an operand: dimension i has in * stride + more[i] items. */
static ln_id shape_operand(ln_ox *o, ln_id x, const plan *p, const int *more)
{
    const int first = p->w.nd == 1 ? 2 : 1;
    const ln_shape xs = ln_emit_shape(&o->e, x);
    ln_shape y = {.rank = 4, .dim = {xs.dim[0], 1, 1, p->k}};
    ln_id parts[4];
    for (int i = 0; i < p->w.nd; i++)
        y.dim[first + i] = p->in[i] < 0 ? -1 : p->in[i] * p->w.stride[i] + more[i];
    if (ln_shape_known(&y))
        return ln_emit_ints(&o->e, 4, y.dim);
    for (int d = 0; d < 4; d++) {
        parts[d] = ln_emit_ints(&o->e, 1, &y.dim[d]);
        if (y.dim[d] >= 0)
            continue;
        parts[d] = ln_ox_reshape(o, ln_ox_dim_of(o, x, d), 1, (const int[]){1});
        if (d >= first && d < first + p->w.nd)
            parts[d] = ln_ox_add(
                o, ln_ox_mul(o, parts[d], ln_emit_ints(&o->e, 1, &p->w.stride[d - first])),
                ln_emit_ints(&o->e, 1, &more[d - first]));
    }
    return ln_emit_concat(&o->e, 4, parts, 0);
}

static bool is_same(const plan *p)
{
    for (int i = 0; i < p->w.nd; i++) {
        const int total = LN_MAX(reach(p, i) - p->w.stride[i], 0);
        if (p->extra[i] || p->w.before[i] != total / 2)
            return false;
    }
    return true;
}

static ln_id transposed(ln_ox *o, ln_id x, ln_id weights, ln_id bias, const plan *p)
{
    const int nd = p->w.nd;
    const bool same = is_same(p);
    int more[LN_OX_MAX_ND] = {0}, before[LN_OX_MAX_ND] = {0}, after[LN_OX_MAX_ND] = {0};
    for (int i = 0; i < nd && !same; i++) {
        before[i] = p->w.before[i];
        more[i] = LN_MAX(reach(p, i) - p->w.stride[i], before[i] + p->extra[i]);
        after[i] = more[i] - before[i] - p->extra[i];
    }
    const TfLiteTransposeConvParams params = {.padding =
                                                  same ? kTfLitePaddingSame : kTfLitePaddingValid,
                                              .stride_height = nd == 1 ? 1 : p->w.stride[0],
                                              .stride_width = p->w.stride[nd - 1]};
    const ln_id in[] = {shape_operand(o, x, p, more), weights, x, bias};
    const ln_id y = ln_emit_nary(&o->e, &ln_op_transpose_conv, &params, bias < 0 ? 3 : 4, in);
    return ln_ox_ok(o) ? crop(o, y, p, before, after) : -1;
}

/* ---- by a convolution ---- */

/* W [c, k / g, ...] as the turned filter of a convolution from c to k channels. */
static ln_id turned(ln_ox *o, ln_ox_value *v, const plan *p)
{
    const ln_shape s = ln_ox_shape(o, v);
    int axes[LN_OX_MAX_ND];
    for (int i = 0; i < p->w.nd; i++)
        axes[i] = 2 + i;
    ln_id w =
        ln_ox_op2(o, &ln_op_reverse_v2, ln_ox_plain(o, v), ln_emit_ints(&o->e, p->w.nd, axes));
    if (p->w.nd == 1)
        w = ln_emit_expand_dims(&o->e, w, 2);
    const int m = s.dim[1], c = p->c / p->groups, g = p->groups;
    const bool depthwise = g == p->c && g > 1;
    if (p->w.nd == 3 && g == 1) /* [c, k, d, h, w] -> [d, h, w, c, k] */
        return ln_emit_transpose(&o->e, w, 5, (const int[]){2, 3, 4, 0, 1});
    if (p->w.nd == 3) {
        w = ln_ox_reshape(o, w, 6, (const int[]){g, c, m, s.dim[2], s.dim[3], s.dim[4]});
        if (depthwise) /* [g, 1, m, d, h, w] -> [d, 1, h, w, g m] */
            w = ln_emit_transpose(&o->e, w, 6, (const int[]){3, 1, 4, 5, 0, 2});
        else /* -> [d, g m, h, w, c] */
            w = ln_emit_transpose(&o->e, w, 6, (const int[]){3, 0, 2, 4, 5, 1});
        return depthwise
                   ? ln_ox_reshape(o, w, 5, (const int[]){s.dim[2], 1, s.dim[3], s.dim[4], p->k})
                   : ln_ox_reshape(o, w, 5, (const int[]){s.dim[2], p->k, s.dim[3], s.dim[4], c});
    }
    const int h = p->w.nd == 1 ? 1 : s.dim[2], v2 = s.dim[p->w.nd == 1 ? 2 : 3];
    w = ln_ox_reshape(o, w, 5, (const int[]){g, c, m, h, v2});
    if (depthwise) { /* [g, 1, m, h, w] -> [1, h, w, g m] */
        w = ln_emit_transpose(&o->e, w, 5, (const int[]){1, 3, 4, 0, 2});
        return ln_ox_reshape(o, w, 4, (const int[]){1, h, v2, p->k});
    }
    w = ln_emit_transpose(&o->e, w, 5, (const int[]){0, 2, 3, 4, 1});
    return ln_ox_reshape(o, w, 4, (const int[]){p->k, h, v2, c});
}

static ln_id convolved(ln_ox *o, ln_id x, ln_ox_value *weights, ln_id bias, const plan *p)
{
    const int first = p->w.nd == 1 ? 2 : 1;
    int before[LN_OX_MAX_ND], after[LN_OX_MAX_ND];
    ln_ox_window w = {.nd = p->w.nd, .valid = true};
    for (int i = 0; i < p->w.nd; i++) {
        /* a window ends in the first item, and what lies behind the last is there already */
        const int front = reach(p, i) - 1 - p->w.before[i], behind = p->extra[i] + p->w.before[i];
        x = spread(o, x, first + i, p->w.stride[i]);
        w.size[i] = p->w.size[i];
        w.stride[i] = 1;
        w.dilation[i] = p->w.dilation[i];
        w.before[i] = LN_MAX(front, 0);
        w.after[i] = LN_MAX(behind, 0);
        before[i] = LN_MAX(-front, 0);
        after[i] = LN_MAX(-behind, 0);
    }
    const ln_ox_filter f = {.weights = turned(o, weights, p),
                            .bias = bias,
                            .groups = p->groups,
                            .in = p->c,
                            .out = p->k};
    x = crop(o, ln_ox_pad_image(o, x, &w, NULL), p, before, after);
    return ln_ox_convolve(o, x, &f, &w);
}

static ln_id bias_of(ln_ox *o, const ln_ox_node *n, const plan *p)
{
    const ln_shape s = {.rank = 1, .dim = {p->k}};
    if (ln_ox_has_in(n, 2))
        return ln_ox_in_id(o, n, 2);
    float *y = ln_arena_new(&o->m->arena, (size_t)p->k, sizeof *y);
    return y ? ln_emit_constant(&o->e, kTfLiteFloat32, &s, y, (size_t)p->k * sizeof *y, false)
             : ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
}

void ln_ox_conv_transpose(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *x = ln_ox_in(o, n, 0), *weights = ln_ox_in(o, n, 1);
    plan p;
    if (!x || !weights)
        return;
    const ln_shape xs = ln_ox_shape(o, x), ws = ln_ox_shape(o, weights);
    if (!read_plan(o, n, &xs, &ws, &p))
        return;
    const ln_id image = ln_ox_image(o, x), bias = bias_of(o, n, &p);
    ln_id y;
    if (p.groups > 1 || p.w.nd == 3) {
        y = convolved(o, image, weights, bias, &p);
    } else {
        const ln_ox_layout to = p.w.nd == 1 ? (ln_ox_layout){.rank = 3, .dim = {1, 2, 0}}
                                            : (ln_ox_layout){.rank = 4, .dim = {1, 2, 3, 0}};
        ln_id w = dilate(o, ln_ox_as(o, weights, &to), &p, 1);
        if (p.w.nd == 1)
            w = ln_ox_with_height(o, w);
        y = transposed(o, image, w, bias, &p);
    }
    ln_ox_out_image(o, n, y, p.w.nd);
}
