/* SPDX-License-Identifier: Apache-2.0 */
/* window.h: sliding windows, one axis at a time, for convolutions and pools.
 *
 * Output position o reads the inputs o * stride - pad + tap * dilation, tap in [0, filter); those
 * outside of [0, in) are left out.  Padding rules: TFLite's kernels/padding.h. */
#ifndef LN_OPS_WINDOW_H
#define LN_OPS_WINDOW_H

#include "ops/op.h"

typedef struct ln_window {
    int in, filter, stride, dilation; /* set before ln_window_plan; in or filter -1: not known */
    int out, pad;
    bool may_be_none; /* set before: no window fits into a smaller image, which else is an error */
} ln_window;

/* Computes out and pad; refuses what is not positive or too large for int positions. */
ln_status ln_window_plan(ln_call *c, const char *axis, TfLitePadding padding,
                         ln_window *w) LN_MUST_USE;

/* Both axes of a pool, whose result is empty where the window is larger than the image. */
ln_status ln_pool_windows(ln_call *c, ln_window *h, ln_window *w) LN_MUST_USE;

/* The taps [*begin, *end) that lie inside for output o, which may be none; returns the position
 * of tap 0, inside or not. */
static inline int ln_window_taps(const ln_window *w, int o, int *begin, int *end)
{
    const int first = o * w->stride - w->pad, left = w->in - first;
    *begin = first < 0 ? (-first + w->dilation - 1) / w->dilation : 0;
    *end = left <= 0 ? 0 : LN_MIN(w->filter, (left - 1) / w->dilation + 1);
    if (*end < *begin)
        *end = *begin;
    return first;
}

/* The outputs [inner[0], inner[1]) all of whose taps lie inside; none: 0, 0. */
void ln_window_inner(const ln_window *w, int inner[2]);

#endif
