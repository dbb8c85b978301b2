/* SPDX-License-Identifier: Apache-2.0 */
/* pad.c: see pad.h.  Windows take what is outside of an image for zero, or its zero point, which
 * is what PAD puts there. */
#include "cpu/pad.h"

#include <limits.h>
#include <string.h>

extern const ln_op ln_op_pad, ln_op_space_to_batch_nd, ln_op_batch_to_space_nd;
extern const ln_op ln_op_conv_2d, ln_op_depthwise_conv_2d;

enum { RANK = 4, AXES = 2, MOST = 1 << 16, X = 0, BLOCK = 1, MARGINS = 2 };

/* The paddings of an image's height and width; false where they are not that, or not known. */
static bool read_pads(const ln_call *c, int pad[2][2])
{
    ln_call call = *c;
    int values[2 * RANK], count;
    ln_diag quiet = {.sink = NULL};
    call.diag = &quiet;
    if (!ln_known(c, 1) || ln_read_ints(&call, 1, 2 * RANK, values, &count) != LN_OK ||
        count != 2 * RANK || values[0] || values[1] || values[6] || values[7])
        return false;
    memcpy(pad, values + 2, 4 * sizeof values[0]);
    for (int i = 2; i < 6; i++)
        if (values[i] < 0 || values[i] > MOST)
            return false;
    return true;
}

static bool same_numbers(const TfLiteTensor *x, const TfLiteTensor *y)
{
    return x->type == y->type && x->params.scale == y->params.scale &&
           x->params.zero_point == y->params.zero_point;
}

int ln_cpu_pad_match(const ln_cpu_graph *g, int at)
{
    const int t = ln_cpu_graph_in(g, at, 0), pad = t < 0 ? -1 : g->maker[t];
    ln_cpu_view v;
    int pads[2][2];
    if (pad < 0 || g->items[pad].op != &ln_op_pad || g->items[pad].taken ||
        ln_cpu_graph_next(g, pad) != at || !ln_cpu_view_plain(&v, g, pad, false))
        return -1;
    return v.call.n_in == 2 && same_numbers(v.call.in[0], v.call.out[0]) && read_pads(&v.call, pads)
               ? pad
               : -1;
}

ln_status ln_cpu_pad_read(ln_cpu_kernel *k, const ln_call *pad)
{
    return read_pads(pad, k->pad) ? LN_OK : LN_ERR_UNSUPPORTED;
}

/* ---- blocks ---- */

/* `count` numbers of input `in`; false where they are not known, or strange. */
static bool read_numbers(const ln_call *c, int in, int count, int *to)
{
    ln_call call = *c;
    int n;
    ln_diag quiet = {.sink = NULL};
    call.diag = &quiet;
    if (!ln_known(c, in) || ln_read_ints(&call, in, count, to, &n) != LN_OK || n != count)
        return false;
    for (int i = 0; i < count; i++)
        if (to[i] < (in == BLOCK) || to[i] > MOST)
            return false;
    return true;
}

/* False where the blocks differ, or more is cut off in front of an image than was put there. */
static bool read_blocks(const ln_call *before, const ln_call *behind, ln_cpu_kernel *k)
{
    int block[AXES];
    return read_numbers(before, BLOCK, AXES, k->block) &&
           read_numbers(behind, BLOCK, AXES, block) && memcmp(block, k->block, sizeof block) == 0 &&
           read_numbers(before, MARGINS, 2 * AXES, k->pad[0]) &&
           read_numbers(behind, MARGINS, 2 * AXES, k->crop[0]) && k->crop[0][0] <= k->pad[0][0] &&
           k->crop[1][0] <= k->pad[1][0];
}

/* SPACE_TO_BATCH_ND or BATCH_TO_SPACE_ND of images, by blocks and margins that are known before the
 * first run; *now: they are already. */
static bool is_blocks(const ln_cpu_graph *g, int at, const ln_op *op, ln_cpu_view *v, bool *now)
{
    if (at < 0 || g->items[at].op != op || g->items[at].taken || g->items[at].constant ||
        !ln_cpu_view_plain(v, g, at, false) || v->call.n_in <= MARGINS ||
        !same_numbers(v->call.in[X], v->call.out[0]) || ln_shape_of(v->call.in[X]).rank != RANK)
        return false;
    for (int i = BLOCK; i <= MARGINS; i++) {
        const int t = ln_cpu_graph_in(g, at, i);
        if (t < 0 ||
            !(ln_known(&v->call, i) || (g->maker[t] >= 0 && g->items[g->maker[t]].constant)))
            return false;
        *now = *now && ln_known(&v->call, i);
    }
    return true;
}

static bool moves_by_pixels(const ln_cpu_item *item)
{
    const TfLiteConvParams *conv = item->node->builtin_data;
    const TfLiteDepthwiseConvParams *depthwise = item->node->builtin_data;
    if (item->op == &ln_op_conv_2d)
        return conv->stride_height == 1 && conv->stride_width == 1;
    return item->op == &ln_op_depthwise_conv_2d && depthwise->stride_height == 1 &&
           depthwise->stride_width == 1;
}

static ln_cpu_around match_blocks(const ln_cpu_graph *g, int at)
{
    const ln_cpu_around none = {-1, -1};
    ln_cpu_view before, behind;
    ln_cpu_kernel read;
    bool now = true;
    const int t = ln_cpu_graph_in(g, at, X);
    const ln_cpu_around a = {t < 0 ? -1 : g->maker[t], ln_cpu_graph_next(g, at)};
    if (!moves_by_pixels(&g->items[at]) ||
        !is_blocks(g, a.before, &ln_op_space_to_batch_nd, &before, &now) ||
        !is_blocks(g, a.behind, &ln_op_batch_to_space_nd, &behind, &now) ||
        ln_cpu_graph_next(g, a.before) != at ||
        ln_cpu_graph_in(g, a.behind, X) != g->items[at].node->outputs->data[0])
        return none;
    return now && !read_blocks(&before.call, &behind.call, &read) ? none : a;
}

ln_cpu_around ln_cpu_around_match(const ln_cpu_graph *g, int at, unsigned traits)
{
    ln_cpu_around a = {-1, -1};
    if (traits & LN_CPU_PAD)
        a.before = ln_cpu_pad_match(g, at);
    return a.before < 0 && traits & LN_CPU_BLOCKS ? match_blocks(g, at) : a;
}

ln_status ln_cpu_around_read(ln_cpu_kernel *k, const ln_call *before, const ln_call *behind)
{
    if (LN_CPU_BLOCKS != 0 && behind)
        return read_blocks(before, behind, k) ? LN_OK : LN_ERR_UNSUPPORTED;
    return ln_cpu_pad_read(k, before);
}

/* ---- windows ---- */

/* Makes windows over every block'th pixel such over all. */
static ln_status spread(const ln_cpu_kernel *k, int axis, ln_window *w)
{
    const int block = k->block[axis];
    const int64_t out = (int64_t)w->out * block - k->crop[axis][0] - k->crop[axis][1];
    const int64_t pad = (int64_t)w->pad * block - k->crop[axis][0];
    const int64_t dilation = (int64_t)w->dilation * block;
    const int64_t reach = out + pad + (w->filter - 1) * dilation;
    if (out < 0 || dilation > INT_MAX || reach > INT_MAX)
        return LN_ERR_UNSUPPORTED;
    w->out = (int)out;
    w->pad = (int)pad;
    w->dilation = (int)dilation;
    return LN_OK;
}

ln_status ln_cpu_window_plan(const ln_cpu_kernel *k, const ln_call *c, int axis,
                             TfLitePadding padding, ln_window *w)
{
    const int before = k->pad[axis][0], after = k->pad[axis][1], block = k->block[axis];
    const int in = w->in;
    ln_call call = *c;
    if (in > INT_MAX - before - after)
        return LN_ERR_UNSUPPORTED;
    w->in += before + after;
    if (LN_CPU_BLOCKS != 0 && block > 0)
        w->in /= block;
    LN_TRY(ln_window_plan(&call, axis == 0 ? "height" : "width", padding, w));
    w->in = in;
    if (LN_CPU_BLOCKS != 0 && block > 0)
        LN_TRY(spread(k, axis, w));
    w->pad += before;
    return LN_OK;
}

/* w with strides and dilations set. */
static ln_status plan_windows(const ln_cpu_kernel *k, const ln_call *c, TfLitePadding padding,
                              ln_window *w)
{
    const ln_shape x = ln_shape_of(c->in[0]), filter = ln_shape_of(c->in[1]);
    for (int i = 0; i < 2; i++) {
        w[i].in = x.dim[1 + i];
        w[i].filter = filter.dim[1 + i];
        LN_TRY(ln_cpu_window_plan(k, c, i, padding, &w[i]));
    }
    return LN_OK;
}

ln_status ln_cpu_conv_windows(const ln_cpu_kernel *k, const ln_call *c, ln_window *w)
{
    const TfLiteConvParams *p = c->params;
    w[0] = (ln_window){.stride = p->stride_height, .dilation = p->dilation_height_factor};
    w[1] = (ln_window){.stride = p->stride_width, .dilation = p->dilation_width_factor};
    return plan_windows(k, c, p->padding, w);
}

ln_status ln_cpu_depthwise_windows(const ln_cpu_kernel *k, const ln_call *c, ln_window *w)
{
    const TfLiteDepthwiseConvParams *p = c->params;
    w[0] = (ln_window){.stride = p->stride_height, .dilation = p->dilation_height_factor};
    w[1] = (ln_window){.stride = p->stride_width, .dilation = p->dilation_width_factor};
    return plan_windows(k, c, p->padding, w);
}
