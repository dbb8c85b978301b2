/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c: see frame.h. */
#include "cpu/frame.h"

#include <string.h>

#include "base/checked.h"
#include "cpu/pad.h"

/* A frame may be as large, or so many times as large as its image. */
enum { LARGE = 4 * 1024 * 1024, TIMES = 8 };

/* Positions that the windows see in front of the image and in all. */
static void find_extent(const ln_window *w, size_t *before, size_t *all)
{
    const int64_t last = (int64_t)(w->out - 1) * w->stride + (int64_t)(w->filter - 1) * w->dilation;
    *before = (size_t)LN_MAX(w->pad, 0);
    *all = (size_t)LN_MAX(last + 1, (int64_t)w->in + w->pad);
}

ln_status ln_cpu_frame_plan(const ln_cpu_kernel *k, const ln_call *c, size_t size, ln_cpu_frame *f)
{
    ln_window windows[2];
    size_t across, bytes;
    LN_TRY(ln_cpu_conv_windows(k, c, windows));
    f->h = windows[0];
    f->w = windows[1];
    f->pixel = (size_t)ln_shape_of(c->in[0]).dim[3] * size;
    f->part = (size_t)ln_shape_of(c->in[1]).dim[3] * size;
    find_extent(&f->h, &f->top, &f->lines);
    find_extent(&f->w, &f->left, &across);
    f->left *= f->pixel;
    const size_t image = (size_t)f->h.in * (size_t)f->w.in * f->pixel;
    if (!ln_mul_size(across, f->pixel, &f->line) || !ln_mul_size(f->lines, f->line, &bytes) ||
        (bytes > LARGE && bytes / TIMES > image))
        return LN_ERR_UNSUPPORTED;
    return LN_OK;
}

bool ln_cpu_frame_direct(const ln_cpu_frame *f)
{
    return f->h.filter == 1 && f->w.filter == 1 && f->h.stride == 1 && f->w.stride == 1 &&
           f->lines == (size_t)f->h.in && f->line == (size_t)f->w.in * f->pixel;
}

void ln_cpu_frame_surround(const ln_cpu_frame *f, uint8_t *frame, size_t from, size_t to,
                           uint8_t fill)
{
    const size_t end = f->left + (size_t)f->w.in * f->pixel;
    for (size_t i = from; i < to; i++) {
        uint8_t *line = frame + i * f->line;
        if (i < f->top || i >= f->top + (size_t)f->h.in) {
            memset(line, fill, f->line);
            continue;
        }
        memset(line, fill, f->left);
        memset(line + end, fill, f->line - end);
    }
}

/* ---- rows ---- */

/* `count` pieces of n bytes, which are `ldt` and `ldf` bytes apart. */
typedef struct pieces {
    uint8_t *to;
    const uint8_t *from;
    size_t ldt, ldf, count;
} pieces;

/* n from `word` to twice that: its beginning and its end. */
LN_INLINE void copy_ends(const pieces *p, size_t n, const size_t word)
{
    uint8_t *to = p->to;
    const uint8_t *from = p->from;
    for (size_t i = 0; i < p->count; i++, to += p->ldt, from += p->ldf) {
        memcpy(to, from, word);
        memcpy(to + n - word, from + n - word, word);
    }
}

static void copy_pieces(const pieces *p, size_t n)
{
    if (n > 128)
        for (size_t i = 0; i < p->count; i++)
            memcpy(p->to + i * p->ldt, p->from + i * p->ldf, n);
    else if (n >= 64)
        copy_ends(p, n, 64);
    else if (n >= 32)
        copy_ends(p, n, 32);
    else if (n >= 16)
        copy_ends(p, n, 16);
    else if (n >= 8)
        copy_ends(p, n, 8);
    else if (n >= 4)
        copy_ends(p, n, 4);
    else if (n >= 2)
        copy_ends(p, n, 2);
    else
        copy_ends(p, n, 1);
}

/* Windows of one line of outputs. */
static void copy_windows(const ln_cpu_frame *f, pieces p)
{
    const size_t step = (size_t)f->w.dilation * f->pixel;
    const bool together = step == f->part || f->w.filter == 1;
    const size_t n = together ? (size_t)f->w.filter * f->part : f->part;
    const int taps = together ? 1 : f->w.filter;
    const uint8_t *line = p.from;
    for (int y = 0; y < f->h.filter; y++, line += (size_t)f->h.dilation * f->line) {
        p.from = line;
        for (int x = 0; x < taps; x++, p.from += step, p.to += n)
            copy_pieces(&p, n);
    }
}

void ln_cpu_frame_rows(const ln_cpu_frame *f, const uint8_t *frame, size_t from, size_t count,
                       uint8_t *to, size_t ld)
{
    const size_t width = (size_t)f->w.out, step = (size_t)f->w.stride * f->pixel;
    size_t y = from / width, x = from % width;
    for (size_t n; count > 0; count -= n, to += n * ld, y++, x = 0) {
        n = LN_MIN(count, width - x);
        copy_windows(f, (pieces){.to = to,
                                 .from = frame + y * (size_t)f->h.stride * f->line + x * step,
                                 .ldt = ld,
                                 .ldf = step,
                                 .count = n});
    }
}
