/* SPDX-License-Identifier: Apache-2.0 */
/* dilation.c: SPACE_TO_BATCH_ND, a convolution, BATCH_TO_SPACE_ND: how TensorFlow writes a dilated
 * convolution. */
#include "opt/opt.h"

typedef struct span {
    int block[2], pads[4], crops[4];
} span;

static bool read_span(const ln_opt *o, int first, int last, span *s)
{
    int blocks[2], n, k, p, c;
    return ln_emit_read_ints(&o->e, ln_opt_in(o, first, 1), 2, s->block, &n) &&
           ln_emit_read_ints(&o->e, ln_opt_in(o, last, 1), 2, blocks, &k) &&
           ln_emit_read_ints(&o->e, ln_opt_in(o, first, 2), 4, s->pads, &p) &&
           ln_emit_read_ints(&o->e, ln_opt_in(o, last, 2), 4, s->crops, &c) && n == 2 && k == 2 &&
           p == 4 && c == 4 && s->block[0] == blocks[0] && s->block[1] == blocks[1] &&
           s->block[0] > 0 && s->block[1] > 0;
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

static TfLitePadding find_padding(const ln_opt *o, int first, int conv, int last)
{
    const ln_shape x = ln_emit_shape(&o->e, ln_opt_in(o, first, 0));
    const ln_shape y = ln_emit_shape(&o->e, ln_opt_out(o, last));
    const ln_shape w = ln_emit_shape(&o->e, ln_opt_in(o, conv, 1));
    span s;
    if (x.rank != 4 || y.rank != 4 || w.rank != 4 || !read_span(o, first, last, &s))
        return kTfLitePaddingUnknown;
    const TfLitePadding h = padding_of(w.dim[1], s.block[0], s.pads, s.crops, x.dim[1], y.dim[1]);
    const TfLitePadding v =
        padding_of(w.dim[2], s.block[1], s.pads + 2, s.crops + 2, x.dim[2], y.dim[2]);
    return h == v ? h : kTfLitePaddingUnknown;
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

bool ln_pass_dilation(ln_opt *o, int node)
{
    if (!ln_opt_is(o, node, &ln_op_batch_to_space_nd))
        return false;
    const ln_id inner = ln_opt_in(o, node, 0);
    int conv = ln_opt_only(o, inner, &ln_op_conv_2d);
    conv = conv < 0 ? ln_opt_only(o, inner, &ln_op_depthwise_conv_2d) : conv;
    const int first =
        conv < 0 ? -1 : ln_opt_only(o, ln_opt_in(o, conv, 0), &ln_op_space_to_batch_nd);
    int block[2], n;
    if (first < 0 || !is_plain_conv(ln_opt_node_at(o, conv)) ||
        !ln_opt_is_float(o, ln_opt_in(o, first, 0)) ||
        !ln_emit_read_ints(&o->e, ln_opt_in(o, first, 1), 2, block, &n))
        return false;
    const TfLitePadding padding = find_padding(o, first, conv, node);
    return padding != kTfLitePaddingUnknown &&
           ln_opt_replace(o, ln_opt_out(o, node),
                          dilated(o, conv, ln_opt_in(o, first, 0), padding, block));
}
