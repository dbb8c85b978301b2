/* SPDX-License-Identifier: Apache-2.0 */
/* gather.c: see gather.h. */
#include "cpu/gather.h"

#include <string.h>

#include "cpu/pad.h"

ln_status ln_cpu_gather_plan(const ln_cpu_kernel *k, const ln_call *c, size_t size,
                             ln_cpu_gather *g)
{
    ln_window windows[2];
    LN_TRY(ln_cpu_conv_windows(k, c, windows));
    g->h = windows[0];
    g->w = windows[1];
    g->pixel = (size_t)ln_shape_of(c->in[0]).dim[3] * size;
    g->part = (size_t)ln_shape_of(c->in[1]).dim[3] * size;
    return LN_OK;
}

bool ln_cpu_gather_direct(const ln_cpu_gather *g)
{
    return g->h.filter == 1 && g->w.filter == 1 && g->h.stride == 1 && g->w.stride == 1;
}

/* Short runs are too short for memcpy to be worth its call. */
static void copy(uint8_t *to, const uint8_t *from, size_t n)
{
    if (n >= 32 || n < 8) {
        memcpy(to, from, n);
        return;
    }
    for (size_t i = 0; i + 8 <= n; i += 8)
        memcpy(to + i, from + i, 8);
    memcpy(to + n - 8, from + n - 8, 8);
}

/* The taps [taps[0], taps[1]) of a window that lie in one row of x, tap 0 at `from`. */
static void gather_taps(const ln_cpu_gather *g, const uint8_t *from, const int taps[2], uint8_t *to)
{
    const size_t step = (size_t)g->w.dilation * g->pixel, row = (size_t)g->w.filter * g->part;
    const size_t before = (size_t)taps[0] * g->part, end = (size_t)taps[1] * g->part;
    memset(to, g->fill, before);
    memset(to + end, g->fill, row - end);
    if (step == g->part) {
        copy(to + before, from, end - before);
        return;
    }
    for (int t = taps[0]; t < taps[1]; t++, from += step)
        copy(to + (size_t)t * g->part, from, g->part);
}

void ln_cpu_gather_run(const ln_cpu_gather *g, const void *x, size_t from, size_t count, void *to)
{
    const size_t width = (size_t)g->w.out, height = (size_t)g->h.out;
    const size_t row = (size_t)g->w.filter * g->part, line = (size_t)g->w.in * g->pixel;
    uint8_t *out = to;
    for (size_t i = from; i < from + count; i++) {
        const int oy = (int)(i / width % height), first_y = oy * g->h.stride - g->h.pad;
        const uint8_t *image = (const uint8_t *)x + i / width / height * (size_t)g->h.in * line;
        int taps[2];
        const int first_x = ln_window_taps(&g->w, (int)(i % width), &taps[0], &taps[1]);
        for (int fy = 0; fy < g->h.filter; fy++, out += row) {
            const int y = first_y + fy * g->h.dilation;
            if (y < 0 || y >= g->h.in || taps[0] == taps[1])
                memset(out, g->fill, row);
            else
                gather_taps(g,
                            image + (size_t)y * line +
                                (size_t)(first_x + taps[0] * g->w.dilation) * g->pixel,
                            taps, out);
        }
    }
}
