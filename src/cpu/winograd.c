/* SPDX-License-Identifier: Apache-2.0 */
/* winograd.c: convolutions by Winograd's transforms; the idea is in winograd.h.  Tiles go in blocks
 * whose transformed inputs V [position][tile][cin] and products M [position][tile][cout] stay in
 * the second-level cache.  Where there are few tiles, and so many weights for each, the threads
 * share a block: first they transform inputs, then multiply, each with its own columns of the
 * weights, then transform back. */
#include "cpu/winograd.h"

#include <math.h>
#include <string.h>

#include "base/checked.h"

enum {
    SIDE = 6,       /* inputs of a tile along an axis, at most */
    MIN_TILES = 24, /* of a block: weights are read once for so many */
    APART = 16,     /* floats between positions, lest they share sets of the cache */
    PARTS = 4,      /* pieces of shared work per thread */
    /* costs in multiplications, as measured: to transform a value there and back, and to read a
     * weight from memory where weights do not fit the cache */
    TRANSFORM_COST = 8,
    WEIGHT_COST = 12,
    WEIGHTS_CACHED = 1024 * 1024, /* floats */
    SMALL = 1536 * 1024,          /* cost below which threads only take time */
};

static size_t divide_up(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

static size_t side(const ln_cpu_winograd *w)
{
    return w->m + 2;
}

/* Tiles along an axis: those that take every pixel d * i + p are equally many for each p < d. */
static size_t tiles_along(const ln_window *w, size_t m)
{
    const size_t d = (size_t)w->dilation;
    return d * divide_up(divide_up((size_t)w->out, d), m);
}

/* Of one slice of each image. */
static size_t tiles_of(const ln_cpu_winograd *w, size_t m)
{
    return w->images * tiles_along(&w->h, m) * tiles_along(&w->w, m);
}

/* The first output of tile i along an axis, and how many it has: at most m, and none where others
 * have begun to have fewer. */
static size_t first_of(const ln_window *w, size_t m, size_t i)
{
    const size_t d = (size_t)w->dilation;
    return i / d * d * m + i % d;
}

static size_t outputs_of(const ln_window *w, size_t m, size_t first)
{
    const size_t out = (size_t)w->out;
    return first >= out ? 0 : LN_MIN(m, divide_up(out - first, (size_t)w->dilation));
}

/* ---- slices ---- */

/* Slices that a window sees. */
static size_t taps_of(const ln_cpu_winograd *w)
{
    return (size_t)LN_MAX(w->d.filter, 1);
}

static size_t slices_out(const ln_cpu_winograd *w)
{
    return (size_t)LN_MAX(w->d.out, 1);
}

static size_t slices_in(const ln_cpu_winograd *w)
{
    return slices_out(w) + (taps_of(w) - 1) * (size_t)w->d.dilation;
}

/* Steps of a product. */
static size_t steps_of(const ln_cpu_winograd *w)
{
    return taps_of(w) * w->cin;
}

/* Floats that are packed for one position. */
static size_t position_floats(const ln_cpu_kernel *k, const ln_cpu_winograd *w)
{
    return ln_gemm_width(&k->fn->gemm, w->cout) * steps_of(w);
}

/* ---- the choice ---- */

static double cost(const ln_cpu_winograd *w, size_t m)
{
    const double in = (double)(slices_in(w) * w->cin), out = (double)(slices_out(w) * w->cout);
    const double positions = (double)((m + 2) * (m + 2)), tiles = (double)tiles_of(w, m);
    const double weights = positions * (double)steps_of(w) * (double)w->cout;
    return tiles * (weights * (double)slices_out(w) + positions * (in + out) * TRANSFORM_COST) +
           (weights > WEIGHTS_CACHED ? weights * WEIGHT_COST : 0);
}

size_t ln_cpu_winograd_choose(const ln_cpu_winograd *w, size_t speed)
{
    const double weights = 9 * (double)steps_of(w) * (double)w->cout;
    const double pixels = (double)(w->images * slices_out(w)) * w->h.out * w->w.out;
    const double plain =
        (pixels * weights + (weights > WEIGHTS_CACHED ? weights * WEIGHT_COST : 0)) / (double)speed;
    const double two = cost(w, 2), four = cost(w, 4);
    if (plain <= LN_MIN(two, four))
        return 0;
    return two < four ? 2 : 4;
}

/* ---- planning ---- */

/* As many tiles as fit the cache, in whole lines of tiles where a line fits. */
static size_t block_tiles(const ln_cpu_winograd *w, size_t mr, size_t threads)
{
    const size_t positions = side(w) * side(w), all = tiles_of(w, w->m);
    const size_t each = positions * (w->in * w->cin + w->out * w->cout) * sizeof(float);
    size_t tiles =
        LN_MAX(ln_cpu_cache_bytes(2) / 4 * 3 / each, divide_up((size_t)MIN_TILES, w->out));
    if (threads > 1)
        tiles = LN_MIN(tiles, LN_MAX(divide_up(all, threads), divide_up(mr, w->out)));
    if (tiles > w->across)
        tiles -= tiles % w->across;
    return LN_MIN(tiles, all);
}

bool ln_cpu_winograd_plan(ln_cpu_kernel *k, ln_cpu_winograd *w)
{
    k->work = cost(w, w->m);
    w->alone = k->work < (double)ln_cpu_small(k, SMALL);
    const size_t positions = side(w) * side(w);
    const size_t threads = w->alone ? 1 : (size_t)LN_MAX(k->threads, 1);
    size_t v, m, patch, bytes;
    w->down = tiles_along(&w->h, w->m);
    w->across = tiles_along(&w->w, w->m);
    w->in = slices_in(w);
    w->out = slices_out(w);
    const size_t all = tiles_of(w, w->m);
    w->tiles = block_tiles(w, k->fn->gemm.mr, threads);
    /* a thread's blocks are even, or else the work is shared */
    w->together = threads > 1 && divide_up(all, w->tiles) % threads != 0 &&
                  divide_up(all, w->tiles) < 4 * threads;
    if (w->together)
        w->tiles = LN_MIN(all, w->tiles * threads);
    if (!ln_mul_size(w->tiles, w->cin, &v) || !ln_mul_size(v, w->in, &w->v_step) ||
        !ln_mul_size(w->tiles, w->cout, &m) || !ln_mul_size(m, w->out, &w->m_step))
        return false;
    w->v_step += APART;
    w->m_step += APART;
    const size_t copies = w->together ? 1 : threads;
    if (!ln_mul_size(w->v_step, positions * sizeof(float), &v) ||
        !ln_mul_size(w->m_step, positions * sizeof(float), &m) ||
        !ln_mul_size(w->cin, positions * sizeof(float), &patch) || !ln_align_size(v, 64, &v) ||
        !ln_align_size(m, 64, &m) || !ln_align_size(patch, 64, &w->patch_bytes) ||
        !ln_add_size(v, m, &w->block_bytes) || !ln_mul_size(w->block_bytes, copies, &bytes))
        return false;
    w->m_at = v;
    w->blocks_at = k->scratch_bytes;
    return ln_add_size(k->scratch_bytes, bytes, &w->patches_at) &&
           ln_mul_size(w->patch_bytes, threads, &bytes) &&
           ln_add_size(w->patches_at, bytes, &k->scratch_bytes);
}

/* ---- weights ---- */

bool ln_cpu_winograd_floats(const ln_cpu_kernel *k, const ln_cpu_winograd *w, size_t *floats)
{
    return ln_cpu_packed_floats(&k->fn->gemm, w->cout, steps_of(w), floats) &&
           ln_mul_size(*floats, side(w) * side(w), floats);
}

/* Columns and steps of k that are transformed together before they are packed. */
enum { FEW = 4, STEPS = 32 };

/* `n` columns and `steps` steps of k; g at the first of both, `to` at its place in position 0. */
static void pack_part(const ln_cpu_kernel *k, const ln_cpu_winograd *w, const float *g, size_t n,
                      size_t steps, float *to, size_t width)
{
    const ln_winograd_kernels *fn = &k->fn->winograd;
    const size_t positions = side(w) * side(w), position = position_floats(k, w);
    float u[SIDE * SIDE * FEW * STEPS];
    for (size_t j = 0; j < n; j++)
        (w->m == 2 ? fn->weights2 : fn->weights4)(u + j * STEPS, FEW * STEPS, g + j * 9 * w->cin,
                                                  w->cin, steps);
    for (size_t p = 0; p < positions; p++)
        ln_cpu_pack_few(to + p * position, width, u + p * FEW * STEPS, steps, STEPS, n);
}

/* Columns that fill panels up. */
static void clear(const ln_cpu_kernel *k, const ln_cpu_winograd *w, float *to)
{
    if (w->cout % k->fn->gemm.unit != 0)
        memset(to, 0, position_floats(k, w) * side(w) * side(w) * sizeof *to);
}

void ln_cpu_winograd_pack(const ln_cpu_kernel *k, const ln_cpu_winograd *w, const float *weights,
                          float *to)
{
    const ln_gemm_kernels *g = &k->fn->gemm;
    clear(k, w, to);
    for (size_t first = 0, columns; first < w->cout; first += columns) {
        columns = ln_gemm_columns(g, w->cout - first);
        const size_t width = ln_gemm_width(g, columns);
        for (size_t j = 0; j < columns; j += FEW)
            for (size_t s = 0; s < w->cin; s += STEPS)
                pack_part(k, w, weights + (first + j) * 9 * w->cin + s,
                          LN_MIN(columns - j, (size_t)FEW), LN_MIN(w->cin - s, (size_t)STEPS),
                          to + s * width + j, width);
        to += width * w->cin;
    }
}

void ln_cpu_winograd_pack_volume(const ln_cpu_kernel *k, const ln_cpu_winograd *w,
                                 const float *weights, float *to)
{
    const ln_gemm_kernels *g = &k->fn->gemm;
    const ln_winograd_weights transform =
        w->m == 2 ? k->fn->winograd.weights2 : k->fn->winograd.weights4;
    const size_t tap = w->cin * w->cout, position = position_floats(k, w);
    clear(k, w, to);
    for (size_t first = 0, columns; first < w->cout; first += columns) {
        columns = ln_gemm_columns(g, w->cout - first);
        for (size_t s = 0; s < steps_of(w); s++, to += ln_gemm_width(g, columns))
            transform(to, position, weights + s / w->cin * 9 * tap + s % w->cin * w->cout + first,
                      tap, columns);
    }
}

/* ---- running ---- */

/* A block: tiles [first, first + count) of all, of each slice, and where its values are: those of
 * one slice after the other. */
typedef struct block {
    const ln_cpu_kernel *k;
    const ln_cpu_winograd_run *r;
    size_t first, count;
    float *v, *m;
} block;

static block block_at(const ln_cpu_kernel *k, const ln_cpu_winograd_run *r, size_t i, int buffer)
{
    const ln_cpu_winograd *w = r->w;
    char *at = (char *)k->scratch + w->blocks_at + (size_t)buffer * w->block_bytes;
    return (block){k,
                   r,
                   i * w->tiles,
                   LN_MIN(w->tiles, tiles_of(w, w->m) - i * w->tiles),
                   (float *)(void *)at,
                   (float *)(void *)(at + w->m_at)};
}

/* Where item i of a block, a tile of a slice, is: its image, its slice, and its first pixel of
 * output. */
typedef struct place {
    size_t image, slice, y, x;
} place;

static place place_of(const block *b, size_t i)
{
    const ln_cpu_winograd *w = b->r->w;
    const size_t tile = b->first + i % b->count;
    return (place){tile / w->across / w->down, i / b->count,
                   first_of(&w->h, w->m, tile / w->across % w->down),
                   first_of(&w->w, w->m, tile % w->across)};
}

/* True where all positions of a tile from `at` on lie inside. */
static bool is_inside(const ln_window *w, ptrdiff_t at, size_t size)
{
    return at >= 0 && at + (ptrdiff_t)(size - 1) * w->dilation < w->in;
}

/* The inputs of a tile that reaches outside, with zeros there. */
static void fill_patch(const ln_cpu_winograd *w, const float *image, ptrdiff_t y, ptrdiff_t x,
                       float *patch)
{
    const size_t size = side(w), bytes = w->cin * sizeof *patch;
    for (size_t i = 0; i < size; i++, y += w->h.dilation)
        for (size_t j = 0; j < size; j++, patch += w->cin) {
            const ptrdiff_t at = x + (ptrdiff_t)j * w->w.dilation;
            if (y >= 0 && y < w->h.in && at >= 0 && at < w->w.in)
                memcpy(patch, image + (size_t)(y * w->w.in + at) * w->cin, bytes);
            else
                memset(patch, 0, bytes);
        }
}

/* The slice that is slice z of those that windows see; false where it lies outside of the volume.
 */
static bool find_slice(const ln_cpu_winograd *w, const place *p, size_t *slice)
{
    const size_t in = (size_t)LN_MAX(w->d.in, 1), z = p->slice - (size_t)w->d.pad;
    *slice = p->image * in + z;
    return z < in; /* those in front wrap around */
}

static void clear_tile(const ln_cpu_winograd *w, float *v)
{
    for (size_t p = 0; p < side(w) * side(w); p++, v += w->v_step)
        memset(v, 0, w->cin * sizeof *v);
}

/* Transforms the inputs of items [begin, end) of the block. */
static void transform_inputs(void *arg, size_t begin, size_t end, int thread)
{
    const block *b = arg;
    const ln_cpu_winograd *w = b->r->w;
    const ln_winograd_kernels *fn = &b->k->fn->winograd;
    const ln_winograd_input transform = w->m == 2 ? fn->input2 : fn->input4;
    char *patches = (char *)b->k->scratch + w->patches_at;
    float *patch = (float *)(void *)(patches + (size_t)thread * w->patch_bytes);
    const size_t size = side(w), line = (size_t)w->w.in * w->cin;
    for (size_t t = begin; t < end; t++) {
        const place p = place_of(b, t);
        const ptrdiff_t y = (ptrdiff_t)p.y - w->h.pad, x = (ptrdiff_t)p.x - w->w.pad;
        size_t slice;
        if (!find_slice(w, &p, &slice)) {
            clear_tile(w, b->v + t * w->cin);
            continue;
        }
        const float *image = b->r->x + slice * (size_t)w->h.in * line;
        ln_winograd_in in = {patch, size * w->cin, w->cin, w->cin};
        if (is_inside(&w->h, y, size) && is_inside(&w->w, x, size))
            in = (ln_winograd_in){image + (size_t)y * line + (size_t)x * w->cin,
                                  (size_t)w->h.dilation * line, (size_t)w->w.dilation * w->cin,
                                  w->cin};
        else
            fill_patch(w, image, y, x, patch);
        transform(b->v + t * w->cin, w->v_step, &in);
    }
}

/* Multiplies panels [begin, end), counting those of one position after the other. */
static void multiply(void *arg, size_t begin, size_t end, int thread)
{
    const block *b = arg;
    const ln_cpu_winograd *w = b->r->w;
    const ln_gemm_kernels *g = &b->k->fn->gemm;
    const size_t panels = ln_gemm_panels(g, w->cout), steps = steps_of(w);
    ptrdiff_t slices[LN_WINOGRAD_SLICES];
    for (size_t s = 0; s < taps_of(w); s++)
        slices[s] = (ptrdiff_t)(s * (size_t)w->d.dilation * b->count * w->cin);
    (void)thread;
    for (size_t i = begin; i < end; i++) {
        const size_t p = i / panels, first = i % panels * g->nr;
        const ln_gemm_a a = {.at = b->v + p * w->v_step,
                             .ld = w->cin,
                             .offsets = slices,
                             .pieces = taps_of(w),
                             .length = w->cin};
        const ln_gemm_c c = {
            .at = b->m + p * w->m_step + first, .ld = w->cout, .min = -INFINITY, .max = INFINITY};
        g->panel(&c, &a, b->r->packed + p * position_floats(b->k, w) + first * steps,
                 b->count * w->out, i % panels + 1 == panels ? w->cout - first : g->nr);
    }
}

static void finish_run(const block *b, size_t first, size_t pixels, int thread)
{
    const size_t n = b->r->w->cout;
    ln_cpu_tail_run(b->k, &(ln_cpu_block){.row = first, .rows = pixels, .cols = n, .ld = n},
                    thread);
}

/* Pixels of line `first` of output that items [from, to) made, which are not a whole line of them.
 */
static void finish_part(const block *b, size_t first, size_t from, size_t to, int thread)
{
    const ln_cpu_winograd *w = b->r->w;
    const size_t apart = (size_t)w->w.dilation;
    for (size_t t = from; t < to; t++) {
        const size_t x = place_of(b, t).x, n = outputs_of(&w->w, w->m, x);
        if (apart == 1)
            finish_run(b, first + x, n, thread);
        for (size_t i = 0; i < n && apart > 1; i++)
            finish_run(b, first + x + i * apart, 1, thread);
    }
}

/* Lines of output that items [from, to) made, all of them of one line of tiles. */
static void finish(const block *b, size_t from, size_t to, int thread)
{
    const ln_cpu_winograd *w = b->r->w;
    const place p = place_of(b, from);
    const size_t width = (size_t)w->w.out, down = (size_t)w->h.dilation * width;
    const size_t lines = outputs_of(&w->h, w->m, p.y);
    const bool whole = to - from == w->across;
    size_t first = ((p.image * w->out + p.slice) * (size_t)w->h.out + p.y) * width;
    if (whole && w->h.dilation == 1) {
        finish_run(b, first, lines * width, thread);
        return;
    }
    for (size_t i = 0; i < lines; i++, first += down)
        if (whole)
            finish_run(b, first, width, thread);
        else
            finish_part(b, first, from, to, thread);
}

/* Transforms the products of items [begin, end) of the block back. */
static void transform_outputs(void *arg, size_t begin, size_t end, int thread)
{
    const block *b = arg;
    const ln_cpu_winograd *w = b->r->w;
    const ln_gemm_c *c = &b->r->y;
    const ln_winograd_kernels *fn = &b->k->fn->winograd;
    const ln_winograd_output transform = w->m == 2 ? fn->output2 : fn->output4;
    const size_t line = (size_t)w->w.out * w->cout;
    ln_winograd_out y = {.line = (size_t)w->h.dilation * line,
                         .pixel = (size_t)w->w.dilation * w->cout,
                         .bias = c->bias,
                         .min = c->min,
                         .max = c->max};
    for (size_t t = begin, from = begin; t < end; t++) {
        const place p = place_of(b, t);
        y.at =
            c->at + ((p.image * w->out + p.slice) * (size_t)w->h.out + p.y) * line + p.x * w->cout;
        y.lines = outputs_of(&w->h, w->m, p.y);
        y.columns = outputs_of(&w->w, w->m, p.x);
        if (y.lines > 0 && y.columns > 0)
            transform(&y, b->m + t * w->cout, w->m_step, w->cout);
        const size_t next = t % b->count + 1;
        if (t + 1 == end || next == b->count || (b->first + next) % w->across == 0) {
            finish(b, from, t + 1, thread);
            from = t + 1;
        }
    }
}

/* Panels of all positions. */
static size_t panels_of(const block *b)
{
    const ln_cpu_winograd *w = b->r->w;
    return side(w) * side(w) * ln_gemm_panels(&b->k->fn->gemm, w->cout);
}

typedef struct job {
    const ln_cpu_kernel *k;
    const ln_cpu_winograd_run *r;
} job;

static void run_blocks(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    for (size_t i = begin; i < end; i++) {
        block b = block_at(j->k, j->r, i, thread);
        transform_inputs(&b, 0, b.count * j->r->w->in, thread);
        multiply(&b, 0, panels_of(&b), thread);
        transform_outputs(&b, 0, b.count * j->r->w->out, thread);
    }
}

void ln_cpu_winograd_run_all(const ln_cpu_kernel *k, const ln_cpu_winograd_run *r)
{
    const ln_cpu_winograd *w = r->w;
    const size_t blocks = divide_up(tiles_of(w, w->m), w->tiles);
    job j = {k, r};
    if (!w->together) {
        ln_parallel_for(w->alone ? NULL : k->pool, blocks, 1, run_blocks, &j);
        return;
    }
    for (size_t i = 0; i < blocks; i++) {
        block b = block_at(k, r, i, 0);
        const size_t parts = (size_t)k->threads * PARTS;
        const size_t in = b.count * w->in, out = b.count * w->out;
        ln_parallel_for(k->pool, in, divide_up(in, parts), transform_inputs, &b);
        ln_parallel_for(k->pool, panels_of(&b), divide_up(panels_of(&b), parts), multiply, &b);
        ln_parallel_for(k->pool, out, divide_up(out, parts), transform_outputs, &b);
    }
}
