/* SPDX-License-Identifier: Apache-2.0 */
/* windows_q8.c: see windows_q8.h.  A frame has only the lines and columns that windows see: where
 * they are one pixel high, or wide, those between two windows are left out. */
#include "cpu/windows_q8.h"

#include <string.h>

#include "base/checked.h"

/* Bytes of a frame, which shares the first-level cache with a panel, as long as a block has
 * MIN_ROWS windows; rows of a block; values past the end of a frame that are read or written. */
enum { FRAME_BYTES = 16 * 1024, MIN_ROWS = 24, MAX_ROWS = 96, SLACK = 64 };
/* The same where tiles wait for their weights more than for rows; what of the first-level cache
 * rows have, with their sums and a panel. */
enum { TILES_BYTES = 48 * 1024, TILES_MIN = 64, TILES_MAX = 128, TILES_CACHE = 40 * 1024 };
/* A frame is not to be much larger than the image. */
enum { FRAME_IMAGES = 16 };

size_t ln_q8_rows_of_tiles(const ln_gemm_q8 *g, size_t row)
{
    const size_t nr = (size_t)g->nr, panel = LN_MIN(nr * row, (size_t)TILES_CACHE);
    const size_t fit = (TILES_CACHE - panel) / (row + nr * sizeof(int32_t));
    return fit < TILES_MIN ? TILES_MAX : LN_MIN(fit, (size_t)TILES_MAX);
}

/* Image positions from one of the frame to the next; frame positions from window to window. */
static size_t step_of(const ln_window *w)
{
    return w->filter == 1 ? (size_t)w->stride : 1;
}

static size_t advance_of(const ln_window *w)
{
    return w->filter == 1 ? 1 : (size_t)w->stride;
}

/* Frame positions that `outputs` windows see. */
static size_t span(const ln_window *w, size_t outputs)
{
    return (outputs - 1) * advance_of(w) + (size_t)(w->filter - 1) * (size_t)w->dilation + 1;
}

static bool reaches_outside(const ln_window *w)
{
    return w->pad > 0 || (span(w, (size_t)w->out) - 1) * step_of(w) >= (size_t)w->in;
}

static size_t used(const ln_q8_windows *w)
{
    return w->channels / w->groups;
}

void ln_q8_windows_pieces(ln_q8_windows *w)
{
    const bool dense = w->w.dilation == 1; /* lines as they lie, else tap by tap */
    w->pieces = (size_t)w->h.filter * (dense ? 1 : (size_t)w->w.filter);
    w->length = (dense ? (size_t)w->w.filter : 1) * used(w);
}

static bool frame_bytes(const ln_q8_windows *w, size_t lines, size_t columns, size_t *bytes)
{
    const size_t pixel = used(w) * w->size;
    return ln_mul_size(span(&w->h, lines), span(&w->w, columns), bytes) &&
           ln_mul_size(*bytes, pixel, bytes) && ln_add_size(*bytes, SLACK * w->size, bytes);
}

bool ln_q8_windows_runs(const ln_q8_windows *w)
{
    return advance_of(&w->h) == 1 && advance_of(&w->w) == 1;
}

size_t ln_q8_windows_apart(const ln_q8_windows *w)
{
    return LN_Q8_EVEN(w) ? span(&w->w, w->blocks.columns) : w->blocks.columns;
}

/* What a block of `lines` lines costs, in halves of a tile: one alone takes as long as one and a
 * half of two, and each block some more. */
static size_t cost_of_block(const ln_q8_windows *w, size_t lines)
{
    enum { TILE_ROWS = 16 };
    const size_t rows = lines > 0 ? ln_q8_windows_count(w, lines, w->blocks.width) : 0;
    const size_t tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
    return 2 * tiles + tiles % 2 + (lines > 0);
}

/* At most `most` lines of a block, so that tiles have little to do. */
static size_t lines_for_tiles(const ln_q8_windows *w, size_t most)
{
    const size_t height = w->blocks.height;
    size_t best = most, least = SIZE_MAX;
    for (size_t lines = most; lines > most / 2; lines--) {
        const size_t cost =
            height / lines * cost_of_block(w, lines) + cost_of_block(w, height % lines);
        if (cost < least) {
            least = cost;
            best = lines;
        }
    }
    return best;
}

/* Lines of a block, as many as its rows and its frame may have. */
static bool choose_lines(ln_q8_windows *w, size_t least)
{
    ln_cpu_blocks *b = &w->blocks;
    const size_t max_rows = w->tiles ? w->tiles : MAX_ROWS,
                 min_rows = w->tiles ? TILES_MIN : MIN_ROWS;
    const size_t max_bytes = w->tiles ? TILES_BYTES : FRAME_BYTES;
    size_t bytes;
    while (b->columns == b->width && b->lines < b->height &&
           (!LN_Q8_EVEN(w) || ln_q8_windows_runs(w)) &&
           ln_q8_windows_count(w, b->lines + 1, b->width) <= max_rows &&
           w->images * (b->height / (b->lines + 1)) >= least) {
        if (!frame_bytes(w, b->lines + 1, b->columns, &bytes))
            return false;
        if (bytes > max_bytes && ln_q8_windows_count(w, b->lines, b->width) >= min_rows)
            break;
        b->lines++;
    }
    const size_t down = ln_cpu_blocks_down(b);
    b->lines = w->tiles > 0 ? lines_for_tiles(w, b->lines) : (b->height + down - 1) / down;
    return true;
}

bool ln_q8_windows_plan(ln_q8_windows *w, const ln_q8_source *s, size_t least, size_t *bytes)
{
    const size_t height = (size_t)w->h.out, width = (size_t)w->w.out;
    const size_t row = ln_gemm_q8_apart(s->g, ln_gemm_q8_depth(s->g, w->length, w->pieces));
    const size_t rows = LN_Q8_EVEN(w) ? TILES_MAX : ln_q8_rows_of_tiles(s->g, row);
    w->tiles = s->g->line > 0 ? rows : 0;
    const size_t max_rows = w->tiles ? w->tiles : MAX_ROWS;
    const size_t parts = (width + max_rows - 1) / max_rows;
    w->size = s->g->form == LN_Q8_CENTERED ? sizeof(int16_t) : 1;
    w->framed = s->g->form == LN_Q8_CENTERED || s->flip || w->groups > 1 || LN_Q8_EVEN(w) ||
                w->length % (size_t)s->g->kr != 0 || reaches_outside(&w->h) ||
                reaches_outside(&w->w);
    w->blocks = (ln_cpu_blocks){w->images, height, width, 1, (width + parts - 1) / parts};
    if (!choose_lines(w, least))
        return false;
    w->frame_lines = span(&w->h, w->blocks.lines);
    w->width = span(&w->w, w->blocks.columns);
    *bytes = 0;
    if (!w->framed)
        return true;
    /* windows with strange dilations, mostly outside, do not deserve a frame */
    const size_t image = (size_t)w->h.in * (size_t)w->w.in * w->channels * w->size;
    return frame_bytes(w, w->blocks.lines, w->blocks.columns, bytes) &&
           *bytes / FRAME_IMAGES <= LN_MAX(image, (size_t)FRAME_BYTES);
}

/* Bytes from pixel to pixel, and from line to line, of what rows point into. */
static size_t pixel_pitch(const ln_q8_windows *w)
{
    return w->framed ? used(w) * w->size : w->channels;
}

static size_t line_pitch(const ln_q8_windows *w)
{
    return pixel_pitch(w) * (w->framed ? w->width : (size_t)w->w.in);
}

void ln_q8_windows_offsets(const ln_q8_windows *w, size_t *offset)
{
    const size_t across = w->pieces / (size_t)w->h.filter;
    for (size_t i = 0; i < w->pieces; i++)
        offset[i] = i / across * (size_t)w->h.dilation * line_pitch(w) +
                    i % across * (size_t)w->w.dilation * pixel_pitch(w);
}

/* One line of a frame: `n` pixels, the first at `x`, which may lie outside, of image line `line`;
 * NULL: all lie outside. */
static void copy_line(const ln_q8_windows *w, const ln_q8_source *s, const uint8_t *line,
                      ptrdiff_t x, size_t n, uint8_t *to)
{
    const ptrdiff_t step = (ptrdiff_t)step_of(&w->w), in = w->w.in;
    const size_t pixel = used(w) * w->size;
    const int outside = s->g->form == LN_Q8_CENTERED ? 0 : s->outside ^ s->flip;
    /* pixels [begin, end) lie inside */
    const size_t begin = x < 0 ? LN_MIN((size_t)((-x + step - 1) / step), n) : 0;
    const size_t rest = x < in ? (size_t)((in - x + step - 1) / step) : 0;
    const size_t end = line ? LN_MAX(LN_MIN(rest, n), begin) : begin;
    if (begin > 0)
        memset(to, outside, begin * pixel);
    if (end > begin) {
        const uint8_t *from = line + (size_t)(x + (ptrdiff_t)begin * step) * w->channels;
        if (step == 1 && w->groups == 1)
            s->g->take(to + begin * pixel, 0, from, 0, 1, (end - begin) * w->channels, s->flip,
                       s->zero);
        else /* each one's filling up goes where the next one comes */
            s->g->take(to + begin * pixel, pixel, from, (size_t)step * w->channels, end - begin,
                       used(w), s->flip, s->zero);
    }
    if (n > end)
        memset(to + end * pixel, outside, (n - end) * pixel);
}

void ln_q8_windows_rows(const ln_q8_windows *w, const ln_q8_source *s, const ln_cpu_place *p,
                        size_t group, uint8_t *frame, const uint8_t **at)
{
    const size_t line = (size_t)w->w.in * w->channels;
    const size_t down = line_pitch(w) * (w->framed ? advance_of(&w->h) : (size_t)w->h.stride);
    const size_t right = pixel_pitch(w) * (w->framed ? advance_of(&w->w) : (size_t)w->w.stride);
    const uint8_t *image = s->x + p->image * (size_t)w->h.in * line, *first = frame;
    const ptrdiff_t y = (ptrdiff_t)p->line * w->h.stride - w->h.pad;
    const ptrdiff_t x = (ptrdiff_t)p->column * w->w.stride - w->w.pad;
    if (w->framed) {
        const size_t lines = span(&w->h, p->lines), columns = span(&w->w, p->columns);
        for (size_t i = 0; i < lines; i++) {
            const ptrdiff_t from = y + (ptrdiff_t)(i * step_of(&w->h));
            const bool inside = from >= 0 && from < w->h.in;
            copy_line(w, s, inside ? image + (size_t)from * line + group * used(w) : NULL, x,
                      columns, frame + i * line_pitch(w));
        }
    } else {
        first = image + (size_t)y * line + (size_t)x * w->channels;
    }
    const size_t lines = LN_Q8_EVEN(w) ? 1 : p->lines;
    const size_t columns =
        LN_Q8_EVEN(w) ? ln_q8_windows_count(w, p->lines, p->columns) : p->columns;
    for (size_t i = 0; i < lines; i++)
        for (size_t j = 0; j < columns; j++)
            *at++ = first + i * down + j * right;
}
