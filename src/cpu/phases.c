/* SPDX-License-Identifier: Apache-2.0 */
/* phases.c: see phases.h. */
#include "cpu/phases.h"

#include <string.h>

#include "base/checked.h"

enum { W = 1, X };

size_t ln_cpu_phases_taps(const ln_cpu_axis *a, size_t first)
{
    return (a->filter - first + a->stride - 1) / a->stride;
}

bool ln_cpu_axis_plan(ln_cpu_axis *a, int in, const ln_window *w)
{
    if (w->pad < 0)
        return false;
    *a = (ln_cpu_axis){.in = (size_t)in,
                       .out = (size_t)w->in,
                       .filter = (size_t)w->filter,
                       .stride = (size_t)w->stride,
                       .pad = (size_t)w->pad};
    if (a->filter < a->stride || a->in == 0 || a->out == 0 ||
        a->filter > LN_PHASES_MOST_TAPS * a->stride)
        return false;
    const size_t last = (a->out - 1 + a->pad) / a->stride;
    a->before = a->filter - 1 > a->pad ? (a->filter - 1 - a->pad) / a->stride : 0;
    a->after = last >= a->in ? last - (a->in - 1) : 0;
    return a->after <= a->filter;
}

ln_status ln_cpu_phases_plan(ln_cpu_phases *p, const ln_call *c)
{
    const TfLiteTransposeConvParams *params = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]), y = ln_shape_of(c->out[0]);
    ln_call call = *c; /* infer has checked all this already */
    ln_window h = {
        .in = y.dim[1], .filter = w.dim[1], .stride = params->stride_height, .dilation = 1};
    ln_window v = {
        .in = y.dim[2], .filter = w.dim[2], .stride = params->stride_width, .dilation = 1};
    LN_TRY(ln_window_plan(&call, "height", params->padding, &h));
    LN_TRY(ln_window_plan(&call, "width", params->padding, &v));
    p->batches = (size_t)x.dim[0];
    p->cin = (size_t)x.dim[3];
    p->cout = (size_t)w.dim[0];
    if (p->cin == 0 || p->cout == 0 || !ln_cpu_axis_plan(&p->h, x.dim[1], &h) ||
        !ln_cpu_axis_plan(&p->w, x.dim[2], &v))
        return LN_ERR_UNSUPPORTED;
    p->lines = p->h.before + p->h.in + p->h.after;
    const size_t columns = p->w.before + p->w.in + p->w.after;
    p->framed = p->lines > p->h.in || columns > p->w.in;
    return ln_mul_size(columns, p->cin, &p->width) ? LN_OK : LN_ERR_UNSUPPORTED;
}

void ln_cpu_phases_weights(const ln_cpu_phases *p, size_t fy, size_t fx, const void *w, size_t size,
                           void *to)
{
    const size_t lines = ln_cpu_phases_taps(&p->h, fy), columns = ln_cpu_phases_taps(&p->w, fx);
    const size_t tap = p->cin * size;
    char *at = to;
    for (size_t k = 0; k < p->cout; k++)
        for (size_t a = lines; a-- > 0;)
            for (size_t b = columns; b-- > 0; at += tap) {
                const size_t y = fy + a * p->h.stride, x = fx + b * p->w.stride;
                memcpy(at, (const char *)w + ((k * p->h.filter + y) * p->w.filter + x) * tap, tap);
            }
}

ln_cpu_phase ln_cpu_phase_of(const ln_cpu_phases *p, size_t oy, size_t px)
{
    ln_cpu_phase s = {.fy = (oy + p->h.pad) % p->h.stride, .fx = (px + p->w.pad) % p->w.stride};
    s.lines = ln_cpu_phases_taps(&p->h, s.fy);
    s.columns = ln_cpu_phases_taps(&p->w, s.fx);
    s.pixels = (p->w.out - px + p->w.stride - 1) / p->w.stride;
    /* `before` is as far as the first tap can be away from the last */
    s.line = (oy + p->h.pad - s.fy) / p->h.stride + p->h.before - (s.lines - 1);
    s.item = ((px + p->w.pad - s.fx) / p->w.stride + p->w.before - (s.columns - 1)) * p->cin;
    return s;
}
