/* SPDX-License-Identifier: Apache-2.0 */
/* pad.c: PAD in front of a convolution that pads nothing itself is the convolution's SAME where
 * that adds the same zeros.  Others may read the padded tensor too: PAD goes with the last. */
#include "opt/opt.h"

/* One axis: size before the padding (-1: open), what is added, and the window. */
typedef struct axis {
    int size, before, after, filter, stride, dilation;
} axis;

/* True when SAME gives the same windows: as many, and beginning at the same place. */
static bool is_same(const axis *a)
{
    const int64_t reach = ((int64_t)a->filter - 1) * a->dilation + 1;
    int64_t total = reach - 1;
    if (a->stride < 1 || a->filter < 1 || a->dilation < 1)
        return false;
    if (a->size < 0)
        return a->stride == 1 && a->before == total / 2 && a->before + a->after == total;
    const int64_t out = ((int64_t)a->size + a->stride - 1) / a->stride;
    total = LN_MAX((out - 1) * a->stride + reach - a->size, 0);
    const int64_t padded = (int64_t)a->size + a->before + a->after;
    return a->before == total / 2 && padded >= reach && (padded - reach) / a->stride + 1 == out;
}

static bool read_window(const ln_node *n, axis *h, axis *w)
{
    if (n->op == &ln_op_conv_2d) {
        const TfLiteConvParams *p = n->params;
        h->stride = p->stride_height;
        w->stride = p->stride_width;
        h->dilation = p->dilation_height_factor;
        w->dilation = p->dilation_width_factor;
        return p->padding == kTfLitePaddingValid;
    }
    const TfLiteDepthwiseConvParams *p = n->params;
    h->stride = p->stride_height;
    w->stride = p->stride_width;
    h->dilation = p->dilation_height_factor;
    w->dilation = p->dilation_width_factor;
    return p->padding == kTfLitePaddingValid;
}

static bool read_pads(const ln_opt *o, int pad, axis *h, axis *w)
{
    int v[8], n;
    const ln_shape s = ln_emit_shape(&o->e, ln_opt_in(o, pad, 0));
    double zero = 0;
    const ln_id value = ln_opt_in(o, pad, 2);
    if (s.rank != 4 || !ln_emit_read_ints(&o->e, ln_opt_in(o, pad, 1), 8, v, &n) || n != 8 ||
        v[0] || v[1] || v[6] || v[7] || (value >= 0 && !ln_opt_splat(o, value, &zero)) || zero != 0)
        return false;
    *h = (axis){.size = s.dim[1], .before = v[2], .after = v[3]};
    *w = (axis){.size = s.dim[2], .before = v[4], .after = v[5]};
    return v[2] >= 0 && v[3] >= 0 && v[4] >= 0 && v[5] >= 0;
}

static ln_id with_same(ln_opt *o, int node, ln_id x)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const ln_id in[] = {x, ln_opt_in(o, node, 1), ln_opt_in(o, node, 2)};
    TfLiteConvParams conv;
    TfLiteDepthwiseConvParams depthwise;
    if (n->op == &ln_op_conv_2d) {
        conv = *(const TfLiteConvParams *)n->params;
        conv.padding = kTfLitePaddingSame;
        return ln_emit_nary(&o->e, n->op, &conv, 3, in);
    }
    depthwise = *(const TfLiteDepthwiseConvParams *)n->params;
    depthwise.padding = kTfLitePaddingSame;
    return ln_emit_nary(&o->e, n->op, &depthwise, 3, in);
}

bool ln_pass_pad(ln_opt *o, int node)
{
    const ln_id x = ln_opt_in(o, node, 0), y = ln_opt_out(o, node);
    axis h, w;
    if ((!ln_opt_is(o, node, &ln_op_conv_2d) && !ln_opt_is(o, node, &ln_op_depthwise_conv_2d)) ||
        !ln_opt_is_float(o, x) || ln_opt_node_at(o, node)->inputs->size > 3)
        return false;
    const int pad = ln_opt_maker(o, x);
    const ln_shape filter = ln_emit_shape(&o->e, ln_opt_in(o, node, 1));
    if ((!ln_opt_is(o, pad, &ln_op_pad) && !ln_opt_is(o, pad, &ln_op_padv2)) || filter.rank != 4 ||
        !read_pads(o, pad, &h, &w) || !read_window(ln_opt_node_at(o, node), &h, &w))
        return false;
    h.filter = filter.dim[1];
    w.filter = filter.dim[2];
    return is_same(&h) && is_same(&w) &&
           ln_opt_replace(o, y, with_same(o, node, ln_opt_in(o, pad, 0)));
}
