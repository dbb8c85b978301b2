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
    int in[LN_OX_MAX_ND], out[LN_OX_MAX_ND]; /* spatial dimensions */
    int more[LN_OX_MAX_ND];                  /* output_padding */
    int groups, c, k;                        /* k: of all groups */
} plan;

static int reach(const plan *p, int i)
{
    return (p->w.size[i] - 1) * p->w.dilation[i] + 1;
}

/* Padding of one side from the output's size: the odd one in front but for SAME_UPPER. */
static void pads_for(const ln_ox_node *n, plan *p, int i, int out)
{
    const int total = LN_MAX((p->in[i] - 1) * p->w.stride[i] + p->more[i] + reach(p, i) - out, 0);
    const bool upper = ln_ox_is(n, "auto_pad", "SAME_UPPER", "NOTSET");
    p->w.before[i] = upper ? total / 2 : total - total / 2;
    p->w.after[i] = total - p->w.before[i];
    p->out[i] = out;
}

static bool read_plan(ln_ox *o, const ln_ox_node *n, const ln_shape *x, const ln_shape *w, plan *p)
{
    int out[LN_MAX_RANK], wanted;
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
    (void)ln_ox_ints(n, "output_padding", nd, p->more);
    wanted = ln_ox_ints(n, "output_shape", LN_MAX_RANK, out);
    const bool same = ln_ox_is(n, "auto_pad", "SAME_UPPER", "NOTSET") ||
                      ln_ox_is(n, "auto_pad", "SAME_LOWER", "NOTSET");
    for (int i = 0; i < nd; i++) {
        p->in[i] = x->dim[2 + i];
        if (p->in[i] < 1 || p->more[i] < 0 || p->w.size[i] != w->dim[2 + i]) {
            LN_OX_FAIL(o, "the image's size has to be known; it has %d", p->in[i]);
            return false;
        }
        p->out[i] = (p->in[i] - 1) * p->w.stride[i] + p->more[i] + reach(p, i) - p->w.before[i] -
                    p->w.after[i];
        if (wanted >= nd || same)
            pads_for(n, p, i, wanted >= nd ? out[wanted - nd + i] : p->in[i] * p->w.stride[i]);
        if (p->out[i] < 1) {
            LN_OX_FAIL(o, "nothing is left of dimension %d", i);
            return false;
        }
    }
    return true;
}

/* Zeros between the items of dimension `axis`: `factor` - 1 behind each, also behind the last. */
static ln_id spread(ln_ox *o, ln_id x, int axis, int factor)
{
    ln_shape s = ln_emit_shape(&o->e, x), y;
    int before[LN_MAX_RANK] = {0}, after[LN_MAX_RANK] = {0};
    if (factor == 1 || !ln_ox_ok(o))
        return x;
    y = s;
    y.dim[axis] *= factor;
    ln_id z = ln_emit_expand_dims(&o->e, x, axis + 1);
    after[axis + 1] = factor - 1;
    z = ln_emit_pad(&o->e, z, s.rank + 1, before, after);
    return ln_emit_reshape(&o->e, z, &y);
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

/* The output's shape as an operand; the batch may be open. */
static ln_id shape_operand(ln_ox *o, ln_id x, const ln_shape *y)
{
    if (y->dim[0] >= 0)
        return ln_emit_ints(&o->e, 4, y->dim);
    const ln_id batch =
        ln_emit_slice(&o->e, ln_emit_shape_of(&o->e, x), 1, (const int[]){0}, (const int[]){1});
    const ln_id parts[] = {batch, ln_emit_ints(&o->e, 3, y->dim + 1)};
    return ln_emit_concat(&o->e, 2, parts, 0);
}

static bool is_same(const plan *p)
{
    for (int i = 0; i < p->w.nd; i++) {
        const int out = p->in[i] * p->w.stride[i];
        const int total = LN_MAX((p->in[i] - 1) * p->w.stride[i] + reach(p, i) - out, 0);
        if (p->out[i] != out || p->w.before[i] != total / 2)
            return false;
    }
    return true;
}

static ln_id transposed(ln_ox *o, ln_id x, ln_id weights, ln_id bias, const plan *p)
{
    const int nd = p->w.nd, first = nd == 1 ? 2 : 1;
    const bool same = is_same(p);
    ln_shape y = {.rank = 4, .dim = {ln_emit_shape(&o->e, x).dim[0], 1, 1, p->k}};
    int begin[4] = {0}, size[4] = {-1, -1, -1, -1};
    for (int i = 0; i < nd; i++) {
        const int full =
            LN_MAX((p->in[i] - 1) * p->w.stride[i] + reach(p, i), p->w.before[i] + p->out[i]);
        y.dim[first + i] = same ? p->out[i] : full;
        begin[first + i] = same ? 0 : p->w.before[i];
        size[first + i] = p->out[i];
    }
    const TfLiteTransposeConvParams params = {.padding =
                                                  same ? kTfLitePaddingSame : kTfLitePaddingValid,
                                              .stride_height = nd == 1 ? 1 : p->w.stride[0],
                                              .stride_width = p->w.stride[nd - 1]};
    const ln_id in[] = {shape_operand(o, x, &y), weights, x, bias};
    const ln_made hint = {.type = kTfLiteFloat32, .shape = y};
    const ln_emit_call call = {.op = &ln_op_transpose_conv,
                               .params = &params,
                               .in = in,
                               .n_in = bias < 0 ? 3 : 4,
                               .n_out = 1,
                               .hints = &hint};
    ln_id out;
    return ln_emit_node(&o->e, &call, &out) ? ln_emit_slice(&o->e, out, 4, begin, size) : -1;
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
    const int h = p->w.nd == 1 ? 1 : s.dim[2], v2 = s.dim[p->w.nd == 1 ? 2 : 3];
    if (p->w.nd == 3) /* [c, k, d, h, w] -> [d, h, w, c, k] */
        return ln_emit_transpose(&o->e, w, 5, (const int[]){2, 3, 4, 0, 1});
    w = ln_ox_reshape(o, w, 5, (const int[]){p->groups, p->c / p->groups, s.dim[1], h, v2});
    if (p->groups == p->c && p->c > 1) { /* [g, 1, m, h, w] -> [1, h, w, g m] */
        w = ln_emit_transpose(&o->e, w, 5, (const int[]){1, 3, 4, 0, 2});
        return ln_ox_reshape(o, w, 4, (const int[]){1, h, v2, p->k});
    }
    w = ln_emit_transpose(&o->e, w, 5, (const int[]){0, 2, 3, 4, 1});
    return ln_ox_reshape(o, w, 4, (const int[]){p->k, h, v2, p->c / p->groups});
}

static ln_id convolved(ln_ox *o, ln_id x, ln_ox_value *weights, ln_id bias, const plan *p)
{
    const int first = p->w.nd == 1 ? 2 : 1, rank = LN_MAX(p->w.nd, 2) + 2;
    int begin[LN_MAX_RANK] = {0}, size[LN_MAX_RANK];
    ln_ox_window w = {.nd = p->w.nd, .valid = true};
    for (int i = 0; i < rank; i++)
        size[i] = -1;
    for (int i = 0; i < p->w.nd; i++) {
        const int edge = reach(p, i) - 1 - p->w.before[i];
        const int length = p->out[i] + reach(p, i) - 1, spread_to = p->in[i] * p->w.stride[i];
        x = spread(o, x, first + i, p->w.stride[i]);
        w.size[i] = p->w.size[i];
        w.stride[i] = 1;
        w.dilation[i] = p->w.dilation[i];
        w.before[i] = LN_MAX(edge, 0);
        begin[first + i] = LN_MAX(-edge, 0);
        w.after[i] = LN_MAX(length - edge - spread_to, 0);
        size[first + i] = length;
    }
    const ln_ox_filter f = {.weights = turned(o, weights, p),
                            .bias = bias,
                            .groups = p->groups,
                            .in = p->c,
                            .out = p->k};
    x = ln_emit_slice(&o->e, ln_ox_pad_image(o, x, &w, NULL), rank, begin, size);
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
