/* SPDX-License-Identifier: Apache-2.0 */
/* pad.c: see pad.h.  Windows take what is outside of an image for zero, or its zero point, which
 * is what PAD puts there. */
#include "cpu/pad.h"

#include <limits.h>
#include <string.h>

extern const ln_op ln_op_pad;

enum { RANK = 4, MOST = 1 << 16 };

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

ln_status ln_cpu_window_plan(const ln_cpu_kernel *k, const ln_call *c, int axis,
                             TfLitePadding padding, ln_window *w)
{
    const int before = k->pad[axis][0], after = k->pad[axis][1];
    ln_call call = *c;
    if (w->in > INT_MAX - before - after)
        return LN_ERR_UNSUPPORTED;
    w->in += before + after;
    LN_TRY(ln_window_plan(&call, axis == 0 ? "height" : "width", padding, w));
    w->in -= before + after;
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
