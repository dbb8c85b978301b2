/* SPDX-License-Identifier: Apache-2.0 */
/* window.c: see window.h. */
#include "ops/window.h"

#include <limits.h>

ln_status ln_window_plan(ln_call *c, const char *axis, TfLitePadding padding, ln_window *w)
{
    LN_CHECK(c, w->stride > 0, "stride of %s is %d, not positive", axis, w->stride);
    LN_CHECK(c, w->dilation > 0, "dilation of %s is %d, not positive", axis, w->dilation);
    LN_CHECK(c, padding == kTfLitePaddingSame || padding == kTfLitePaddingValid,
             "padding is %d, neither SAME nor VALID", (int)padding);
    w->out = w->filter < 0 || w->in < 0 ? -1 : 0;
    w->pad = 0;
    if (w->out < 0)
        return LN_OK;
    LN_CHECK(c, w->filter > 0, "filter of %s is %d, not positive", axis, w->filter);

    const int64_t reach = (int64_t)(w->filter - 1) * w->dilation + 1;
    LN_CHECK(c, reach + w->in + w->stride < INT_MAX, "the window of %s reaches over %lld", axis,
             (long long)reach);
    const int64_t last = padding == kTfLitePaddingSame ? (int64_t)w->in - 1 : w->in - reach;
    w->out = last < 0 ? 0 : (int)(last / w->stride) + 1;
    LN_CHECK(c, last + w->stride >= 0 || w->in == 0 || w->may_be_none,
             "%s of %d is smaller than the window of %lld", axis, w->in, (long long)reach);
    const int64_t total = (int64_t)(w->out - 1) * w->stride + reach - w->in;
    w->pad = w->out > 0 && total > 0 ? (int)(total / 2) : 0;
    return LN_OK;
}

ln_status ln_pool_windows(ln_call *c, ln_window *h, ln_window *w)
{
    const TfLitePoolParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[0]);
    LN_CHECK(c, p->filter_height > 0 && p->filter_width > 0, "filter is %d x %d, not positive",
             p->filter_height, p->filter_width);
    *h = (ln_window){.in = x.dim[1],
                     .filter = p->filter_height,
                     .stride = p->stride_height,
                     .dilation = 1,
                     .may_be_none = true};
    *w = (ln_window){.in = x.dim[2],
                     .filter = p->filter_width,
                     .stride = p->stride_width,
                     .dilation = 1,
                     .may_be_none = true};
    LN_TRY(ln_window_plan(c, "height", p->padding, h));
    return ln_window_plan(c, "width", p->padding, w);
}

void ln_window_inner(const ln_window *w, int inner[2])
{
    int begin, end;
    inner[0] = inner[1] = 0;
    for (int o = 0; o < w->out; o++) {
        ln_window_taps(w, o, &begin, &end);
        if (begin > 0 || end < w->filter)
            continue;
        if (inner[1] == 0)
            inner[0] = o;
        inner[1] = o + 1;
    }
}
