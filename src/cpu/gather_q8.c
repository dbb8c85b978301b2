/* SPDX-License-Identifier: Apache-2.0 */
/* gather_q8.c: see gather_q8.h. */
#include "cpu/gather_q8.h"

#include <string.h>

/* Short pieces are copied as 16 bytes; what is too much is overwritten by the next piece. */
static void copy(uint8_t *to, const uint8_t *from, size_t n, const uint8_t *end)
{
    if (n <= LN_GATHER_SLACK && (size_t)(end - from) >= LN_GATHER_SLACK)
        memcpy(to, from, LN_GATHER_SLACK);
    else
        memcpy(to, from, n);
}

typedef struct taps {
    int first, begin, end; /* position of tap 0; the taps that lie inside */
} taps;

static taps taps_of(const ln_window *w, int o)
{
    taps t;
    t.first = ln_window_taps(w, o, &t.begin, &t.end);
    return t;
}

/* The part of a window that lies in one line of the image. */
static void gather_line(const ln_q8_windows *g, const uint8_t *line, const uint8_t *end,
                        const taps *t, uint8_t *to)
{
    const size_t n = (size_t)(t->end - t->begin), before = (size_t)t->begin * g->used;
    const size_t after = (size_t)(g->w.filter - t->end) * g->used;
    const uint8_t *from = line + (size_t)(t->first + t->begin * g->w.dilation) * g->pixel;
    if (before > 0)
        memset(to, g->pad, before);
    to += before;
    if (g->w.dilation == 1 && g->used == g->pixel) {
        copy(to, from, n * g->used, end);
        to += n * g->used;
    } else {
        const size_t step = (size_t)g->w.dilation * g->pixel;
        for (size_t i = 0; i < n; i++, from += step, to += g->used)
            copy(to, from, g->used, end);
    }
    if (after > 0)
        memset(to, g->pad, after);
}

static void gather_window(const ln_q8_windows *g, const uint8_t *image, const uint8_t *end,
                          const taps *y, const taps *x, uint8_t *to)
{
    const size_t row = (size_t)g->w.filter * g->used, line = (size_t)g->w.in * g->pixel;
    for (int fy = 0; fy < g->h.filter; fy++, to += row) {
        if (fy < y->begin || fy >= y->end || x->begin == x->end)
            memset(to, g->pad, row);
        else
            gather_line(g, image + (size_t)(y->first + fy * g->h.dilation) * line, end, x, to);
    }
}

void ln_q8_gather(const ln_q8_windows *g, const uint8_t *x, const uint8_t *end, size_t from,
                  size_t count, uint8_t *to, size_t ld)
{
    const size_t width = (size_t)g->w.out, height = (size_t)g->h.out;
    const size_t image = (size_t)g->h.in * (size_t)g->w.in * g->pixel;
    size_t ox = from % width, oy = from / width % height, n = from / width / height;
    taps ty = taps_of(&g->h, (int)oy);
    for (size_t i = 0; i < count; i++, to += ld) {
        const taps tx = taps_of(&g->w, (int)ox);
        gather_window(g, x + n * image, end, &ty, &tx, to);
        if (++ox < width)
            continue;
        ox = 0;
        if (++oy == height) {
            oy = 0;
            n++;
        }
        ty = taps_of(&g->h, (int)oy);
    }
}
