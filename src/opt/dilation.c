/* SPDX-License-Identifier: Apache-2.0 */
/* dilation.c: SPACE_TO_BATCH_ND, a convolution, BATCH_TO_SPACE_ND: how TensorFlow writes a dilated
 * convolution.  One along a single axis has RESHAPEs around the convolution, to a height of 1 and
 * back. */
#include "opt/opt.h"

typedef struct span {
    int block[2], pads[4], crops[4];
} span;

/* The nodes, in order; `flat` says that the RESHAPEs are there. */
typedef struct parts {
    int first, conv, last;
    bool flat;
} parts;

/* Of one axis, as the second of two. */
static void widen(int *list, int n)
{
    for (int i = 0; i < n; i++)
        list[n + i] = list[i];
    for (int i = 0; i < n; i++)
        list[i] = n == 1;
}

static bool read_span(const ln_opt *o, const parts *at, span *s)
{
    const int axes = at->flat ? 1 : 2;
    int blocks[2], n, k, p, c;
    if (!ln_emit_read_ints(&o->e, ln_opt_in(o, at->first, 1), axes, s->block, &n) ||
        !ln_emit_read_ints(&o->e, ln_opt_in(o, at->last, 1), axes, blocks, &k) ||
        !ln_emit_read_ints(&o->e, ln_opt_in(o, at->first, 2), 2 * axes, s->pads, &p) ||
        !ln_emit_read_ints(&o->e, ln_opt_in(o, at->last, 2), 2 * axes, s->crops, &c) || n != axes ||
        k != axes || p != 2 * axes || c != 2 * axes)
        return false;
    if (at->flat) {
        widen(s->block, 1);
        widen(blocks, 1);
        widen(s->pads, 2);
        widen(s->crops, 2);
    }
    return s->block[0] == blocks[0] && s->block[1] == blocks[1] && s->block[0] > 0 &&
           s->block[1] > 0;
}

/* The padding that gives the same result along one axis: what is cut off at the end was added there
 * to make whole blocks. */
static TfLitePadding padding_of(int filter, int block, const int *pads, const int *crops, int in,
                                int out)
{
    const int64_t grown = ((int64_t)filter - 1) * block;
    if (crops[0] != 0 || in < 0 || out < 0)
        return kTfLitePaddingUnknown;
    if (pads[0] == 0 && out == in - grown)
        return kTfLitePaddingValid;
    return pads[0] == grown / 2 && out == in ? kTfLitePaddingSame : kTfLitePaddingUnknown;
}

static TfLitePadding find_padding(const ln_opt *o, const parts *at, const span *s)
{
    const ln_shape x = ln_emit_shape(&o->e, ln_opt_in(o, at->first, 0));
    const ln_shape y = ln_emit_shape(&o->e, ln_opt_out(o, at->last));
    const ln_shape w = ln_emit_shape(&o->e, ln_opt_in(o, at->conv, 1));
    const int rank = at->flat ? 3 : 4;
    if (x.rank != rank || y.rank != rank || w.rank != 4 || (at->flat && w.dim[1] != 1))
        return kTfLitePaddingUnknown;
    const TfLitePadding wide = padding_of(w.dim[2], s->block[1], s->pads + 2, s->crops + 2,
                                          x.dim[rank - 2], y.dim[rank - 2]);
    if (at->flat)
        return wide;
    return padding_of(w.dim[1], s->block[0], s->pads, s->crops, x.dim[1], y.dim[1]) == wide
               ? wide
               : kTfLitePaddingUnknown;
}

static ln_id dilated(ln_opt *o, int conv, ln_id x, TfLitePadding padding, const int *block)
{
    const ln_node *n = ln_opt_node_at(o, conv);
    const ln_id in[] = {x, ln_opt_in(o, conv, 1), ln_opt_in(o, conv, 2)};
    if (n->op == &ln_op_conv_2d) {
        TfLiteConvParams p = *(const TfLiteConvParams *)n->params;
        p.padding = padding;
        p.dilation_height_factor = block[0];
        p.dilation_width_factor = block[1];
        return ln_emit_nary(&o->e, n->op, &p, 3, in);
    }
    TfLiteDepthwiseConvParams p = *(const TfLiteDepthwiseConvParams *)n->params;
    p.padding = padding;
    p.dilation_height_factor = block[0];
    p.dilation_width_factor = block[1];
    return ln_emit_nary(&o->e, n->op, &p, 3, in);
}

static bool is_plain_conv(const ln_node *n)
{
    if (n->op == &ln_op_conv_2d) {
        const TfLiteConvParams *p = n->params;
        return p->padding == kTfLitePaddingValid && p->stride_height == 1 && p->stride_width == 1 &&
               p->dilation_height_factor == 1 && p->dilation_width_factor == 1;
    }
    const TfLiteDepthwiseConvParams *p = n->params;
    return p->padding == kTfLitePaddingValid && p->stride_height == 1 && p->stride_width == 1 &&
           p->dilation_height_factor == 1 && p->dilation_width_factor == 1;
}

/* The RESHAPE that makes `t`, between [n, w, c] and [n, 1, w, c]; -1: there is none. */
static int flat_reshape(ln_opt *o, ln_id t, bool up)
{
    const int node = ln_opt_only(o, t, &ln_op_reshape);
    if (node < 0)
        return -1;
    const ln_shape a = ln_emit_shape(&o->e, up ? t : ln_opt_in(o, node, 0));
    const ln_shape b = ln_emit_shape(&o->e, up ? ln_opt_in(o, node, 0) : t);
    const bool same = a.rank == 4 && b.rank == 3 && a.dim[1] == 1 && a.dim[2] == b.dim[1] &&
                      a.dim[3] == b.dim[2] && b.dim[2] > 0 && (b.dim[1] > 0 || b.dim[0] > 0);
    return same ? node : -1;
}

/* The nodes in front of BATCH_TO_SPACE_ND. */
static bool find_parts(ln_opt *o, int last, parts *at)
{
    ln_id t = ln_opt_in(o, last, 0);
    const int down = flat_reshape(o, t, false);
    *at = (parts){.first = -1, .last = last, .flat = down >= 0};
    t = at->flat ? ln_opt_in(o, down, 0) : t;
    at->conv = ln_opt_only(o, t, &ln_op_conv_2d);
    at->conv = at->conv < 0 ? ln_opt_only(o, t, &ln_op_depthwise_conv_2d) : at->conv;
    if (at->conv < 0 || !is_plain_conv(ln_opt_node_at(o, at->conv)))
        return false;
    t = ln_opt_in(o, at->conv, 0);
    const int up = at->flat ? flat_reshape(o, t, true) : -1;
    if (at->flat && up < 0)
        return false;
    at->first = ln_opt_only(o, at->flat ? ln_opt_in(o, up, 0) : t, &ln_op_space_to_batch_nd);
    return at->first >= 0 && ln_opt_is_float(o, ln_opt_in(o, at->first, 0));
}

bool ln_pass_dilation(ln_opt *o, int node)
{
    parts at;
    span s;
    if (!ln_opt_is(o, node, &ln_op_batch_to_space_nd) || !find_parts(o, node, &at) ||
        !read_span(o, &at, &s))
        return false;
    const TfLitePadding padding = find_padding(o, &at, &s);
    if (padding == kTfLitePaddingUnknown)
        return false;
    const ln_id x = ln_opt_in(o, at.first, 0);
    ln_id y = dilated(o, at.conv, at.flat ? ln_emit_expand_dims(&o->e, x, 1) : x, padding, s.block);
    if (at.flat)
        y = ln_emit_squeeze(&o->e, y, 1u << 1);
    return ln_opt_replace(o, ln_opt_out(o, node), y);
}
