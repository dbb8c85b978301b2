/* SPDX-License-Identifier: Apache-2.0 */
/* windows.c: windows as rows; the idea is in windows.h.  A block is some lines of one image's
 * output, or a part of one line where lines are too long for the cache. */
#include "cpu/windows.h"

#include <string.h>

#include "base/checked.h"

/* A frame is not to be much larger than the image: windows that are, by strange dilations, mostly
 * padding do not deserve it. */
enum { FRAME_IMAGES = 16, FRAME_FLOATS = 64 * 1024 };

/* ---- planning ---- */

/* Input positions that `outputs` neighboring windows span. */
static size_t span(const ln_window *w, size_t outputs)
{
    return (outputs - 1) * (size_t)w->stride + (size_t)(w->filter - 1) * (size_t)w->dilation + 1;
}

static bool reaches_outside(const ln_window *w)
{
    return w->pad > 0 || span(w, (size_t)w->out) > (size_t)w->in;
}

/* A window's pieces: its lines as they lie, else its taps one by one. */
static void plan_pieces(ln_cpu_windows *w)
{
    const bool dense = (w->groups == 1 || w->gather) && w->w.dilation == 1;
    w->taps[0] = (size_t)w->h.filter;
    w->taps[1] = dense ? 1 : (size_t)w->w.filter;
    w->length = (dense ? (size_t)w->w.filter : 1) * (w->cin / w->groups);
}

/* Bytes of a value in a frame. */
static size_t item_size(const ln_cpu_windows *w)
{
    return w->narrow ? sizeof(uint16_t) : sizeof(float);
}

/* Takes `count` items of `size` bytes per thread from the scratch memory. */
static bool take(ln_cpu_kernel *k, size_t count, size_t size, size_t threads, size_t *at,
                 size_t *each)
{
    size_t bytes;
    *at = k->scratch_bytes;
    return ln_mul_size(count, size, each) && ln_align_size(*each, 64, each) &&
           ln_mul_size(*each, threads, &bytes) &&
           ln_add_size(k->scratch_bytes, bytes, &k->scratch_bytes);
}

static bool plan_memory(ln_cpu_kernel *k, ln_cpu_windows *w)
{
    const size_t threads = (size_t)LN_MAX(k->threads, 1);
    size_t floats, unused;
    w->frame_lines = span(&w->h, w->lines);
    w->width = w->framed ? span(&w->w, w->columns) : (size_t)w->w.in;
    if (!take(k, w->sets * w->taps[0] * w->taps[1], sizeof(ptrdiff_t), 1, &w->offsets_at,
              &unused) ||
        !take(k, w->lines * w->columns, sizeof(float *), threads, &w->lists_at, &w->list_bytes))
        return false;
    w->set = w->cin / w->groups;
    if (!w->framed)
        return true;
    const size_t image = (size_t)w->h.in * (size_t)w->w.in * w->cin;
    if (!ln_mul_size(w->frame_lines, w->width, &floats) || !ln_mul_size(floats, w->cin, &floats))
        return false;
    if (w->gather)
        w->set = floats / w->sets;
    return floats / FRAME_IMAGES <= LN_MAX(image, (size_t)FRAME_FLOATS) &&
           take(k, floats, item_size(w), threads, &w->frames_at, &w->frame_bytes);
}

bool ln_cpu_windows_plan(ln_cpu_kernel *k, ln_cpu_windows *w, const ln_gemm_kernels *g, size_t n,
                         ln_cpu_cut *cut)
{
    const size_t lines = (size_t)w->h.out, columns = (size_t)w->w.out;
    /* windows of one pixel lie well as they are, and only they are rounded */
    const bool single = w->h.filter == 1 && w->w.filter == 1;
    w->narrow = single ? NULL : g->narrow;
    w->gather = w->groups > 1 && (!single || g->together > 1) ? g->gather : NULL;
    w->sets = w->groups / LN_MAX(g->together, (size_t)1);
    w->pixel = w->gather ? w->cin / w->sets : w->cin;
    plan_pieces(w);
    w->framed = w->narrow || w->gather || reaches_outside(&w->h) || reaches_outside(&w->w);
    ln_cpu_extent e = {
        .g = g,
        .m = lines * columns * w->images,
        .n = n,
        .k = w->taps[0] * w->taps[1] * w->length * w->groups,
        .unit = columns,
        .row_bytes =
            ((size_t)w->h.stride * (size_t)w->w.stride * w->cin + n * w->groups) * sizeof(float),
    };
    *cut = ln_cpu_cut_product(k, &e);
    if (cut->rows == columns && e.row_bytes > ln_cpu_cache_bytes(2) / columns) {
        e.unit = 1; /* even one line is too long */
        *cut = ln_cpu_cut_product(k, &e);
    }
    w->lines = LN_MIN(LN_MAX(cut->rows / columns, (size_t)1), lines);
    w->columns = LN_MIN(cut->rows, columns);
    return plan_memory(k, w);
}

static size_t blocks_of(size_t n, size_t size)
{
    return (n + size - 1) / size;
}

size_t ln_cpu_windows_blocks(const ln_cpu_windows *w)
{
    return w->images * blocks_of((size_t)w->h.out, w->lines) *
           blocks_of((size_t)w->w.out, w->columns);
}

/* ---- running ---- */

void ln_cpu_windows_begin(const ln_cpu_windows *w, void *scratch)
{
    ptrdiff_t *to = (ptrdiff_t *)(void *)((char *)scratch + w->offsets_at);
    const size_t down = (size_t)w->h.dilation * w->width, right = (size_t)w->w.dilation;
    for (size_t g = 0; g < w->sets; g++)
        for (size_t y = 0; y < w->taps[0]; y++)
            for (size_t x = 0; x < w->taps[1]; x++)
                *to++ = (ptrdiff_t)((y * down + x * right) * w->pixel + g * w->set);
}

/* Where a block lies: output pixels from (image, line, column) on. */
typedef struct place {
    size_t image, line, column, lines, columns;
} place;

static place place_of(const ln_cpu_windows *w, size_t block)
{
    const size_t across = blocks_of((size_t)w->w.out, w->columns);
    const size_t down = blocks_of((size_t)w->h.out, w->lines);
    place p = {.image = block / across / down,
               .line = block / across % down * w->lines,
               .column = block % across * w->columns};
    p.lines = LN_MIN(w->lines, (size_t)w->h.out - p.line);
    p.columns = LN_MIN(w->columns, (size_t)w->w.out - p.column);
    return p;
}

/* Writes zeros into `n` pixels of a frame, in each set of groups where these are gathered. */
static void clear(const ln_cpu_windows *w, char *to, size_t n)
{
    for (size_t s = 0; s < (w->gather ? w->sets : 1); s++, to += w->set * item_size(w))
        memset(to, 0, n * w->pixel * item_size(w));
}

/* Copies line `y` of the image, pixels [x, x + width), of which some may lie outside. */
static void copy_line(const ln_cpu_windows *w, const float *image, ptrdiff_t y, ptrdiff_t x,
                      size_t width, char *to)
{
    const ptrdiff_t begin = LN_MIN(LN_MAX(-x, (ptrdiff_t)0), (ptrdiff_t)width);
    const ptrdiff_t end = LN_MAX(LN_MIN(w->w.in - x, (ptrdiff_t)width), begin);
    const size_t pixel = w->pixel * item_size(w), n = (size_t)(end - begin);
    if (y < 0 || y >= w->h.in) {
        clear(w, to, width);
        return;
    }
    const float *from = image + ((size_t)y * (size_t)w->w.in + (size_t)(x + begin)) * w->cin;
    char *first = to + (size_t)begin * pixel;
    clear(w, to, (size_t)begin);
    if (w->narrow)
        w->narrow((uint16_t *)(void *)first, from, n * w->cin);
    else if (w->gather)
        w->gather((float *)(void *)first, w->set, from, n, w->sets, w->pixel);
    else
        memcpy(first, from, n * pixel);
    clear(w, to + (size_t)end * pixel, width - (size_t)end);
}

/* The pixels that a block's windows span; returns where they are. */
static const void *make_frame(const ln_cpu_windows *w, const place *p, const float *x, char *to)
{
    const ptrdiff_t y = (ptrdiff_t)p->line * w->h.stride - w->h.pad;
    const ptrdiff_t left = (ptrdiff_t)p->column * w->w.stride - w->w.pad;
    const size_t pixels = (size_t)w->h.in * (size_t)w->w.in;
    const float *image = x + p->image * pixels * w->cin;
    if (!w->framed)
        return image + ((size_t)y * w->width + (size_t)left) * w->cin;
    const size_t lines = span(&w->h, p->lines), width = span(&w->w, p->columns);
    for (size_t i = 0; i < lines; i++)
        copy_line(w, image, y + (ptrdiff_t)i, left, width,
                  to + i * w->width * w->pixel * item_size(w));
    return to;
}

/* Where the windows of a block begin; `first` is the first of them. */
#define LIST_WINDOWS(type, list, first, w, p)                                \
    do {                                                                     \
        const size_t step = (size_t)(w)->w.stride * (w)->pixel;              \
        const size_t line = (size_t)(w)->h.stride * (w)->width * (w)->pixel; \
        const type **to_list = (list), *line_begin = (first);                \
        for (size_t y = 0; y < (p)->lines; y++, line_begin += line)          \
            for (size_t x = 0; x < (p)->columns; x++)                        \
                *to_list++ = line_begin + x * step;                          \
    } while (0)

void ln_cpu_windows_rows(const void *user, size_t block, int thread, ln_cpu_rows *to)
{
    const ln_cpu_image *image = user;
    const ln_cpu_windows *w = image->w;
    const place p = place_of(w, block);
    char *scratch = image->scratch;
    void *list = scratch + w->lists_at + (size_t)thread * w->list_bytes;
    const void *first =
        make_frame(w, &p, image->x, scratch + w->frames_at + (size_t)thread * w->frame_bytes);
    const ptrdiff_t *offsets = (const ptrdiff_t *)(void *)(scratch + w->offsets_at);
    const size_t pieces = w->taps[0] * w->taps[1];
    *to = (ln_cpu_rows){
        .first = (p.image * (size_t)w->h.out + p.line) * (size_t)w->w.out + p.column,
        .count = p.lines * p.columns,
    };
    if (w->narrow) {
        to->windows = (ln_gemm_windows){list, offsets, pieces, w->length};
        LIST_WINDOWS(uint16_t, list, first, w, &p);
    } else {
        to->a =
            (ln_gemm_a){.list = list, .offsets = offsets, .pieces = pieces, .length = w->length};
        LIST_WINDOWS(float, list, first, w, &p);
    }
}
