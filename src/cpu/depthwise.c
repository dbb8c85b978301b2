/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise.c: see depthwise.h.
 *
 * Windows 3 or 5 columns wide run through `narrow` tiles: up to 7 neighboring output pixels share
 * the inputs under their windows, which tables of pointers name, one for each row of the image, so
 * that a pixel outside of the image is one of zeros.  With a dilation of d, neighbors are d columns
 * apart, so that their windows overlap as they do without.  Where pixels lie a multiple of 2 kB
 * apart, too many of them fall on the same lines of a cache; then the rows at hand are copied, some
 * channels at a time, to where they lie closer; likewise rows that are quantized.  Other windows,
 * and depth multipliers, take the tiles for `any` window. */
#include "cpu/depthwise.h"

#include <string.h>

#include "base/checked.h"
#include "base/hash.h"
#include "cpu/pad.h"

enum { X, W };
enum {
    COLUMNS = LN_DEPTHWISE_COLUMNS,
    MAX_ROWS = LN_DEPTHWISE_ROWS,
    MAX_TABLE = MAX_ROWS * (2 * (COLUMNS - 1) + 5),
    CROWDED = 512, /* floats from pixel to pixel that share the lines of a cache */
    DENSE = 128,   /* channels that are copied at a time */
    MAX_DENSE_BYTES = 256 * 1024,
    WHOLE_BYTES = 128 * 1024,   /* of whole rows, which are quantized without gaps */
    PART_FLOATS = 32,           /* channels that a thread takes at least */
    SMALL = 200 * 1000,         /* products below which no other thread is worth waking */
    ITEM_PRODUCTS = 200 * 1000, /* that are enough for an item, where there is one a thread */
    ITEMS_PER_THREAD = 4,
    ROWS_PER_THREAD = 3, /* below, threads take channels */
    GRAIN = 16 * 1024,   /* floats that a thread quantizes at a time */
};

typedef ln_cpu_depthwise plan;

/* ---- planning ---- */

static int kind_of(const plan *p, size_t lanes)
{
    static const int kinds[2][2] = {{LN_DEPTHWISE_3, LN_DEPTHWISE_3_BY_2},
                                    {LN_DEPTHWISE_5, LN_DEPTHWISE_5_BY_2}};
    if (p->runs > 1 || p->n != p->channels || p->n < lanes || p->h.filter > MAX_ROWS)
        return -1;
    if ((p->w.filter != 3 && p->w.filter != 5) || p->w.stride > 2 ||
        (p->w.stride > 1 && p->w.dilation > 1))
        return -1;
    return kinds[p->w.filter == 5][p->w.stride == 2];
}

static ln_status plan_shapes(ln_cpu_kernel *k, const ln_call *c, plan *p)
{
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    const size_t lanes = k->fn->depthwise.lanes;
    ln_window windows[2];
    LN_TRY(ln_cpu_depthwise_windows(k, c, windows));
    p->h = windows[0];
    p->w = windows[1];
    const int multiplier = w.dim[3] / x.dim[3];
    p->batches = x.dim[0];
    p->channels = (size_t)x.dim[3];
    p->runs = multiplier > 1 ? p->channels : 1;
    p->n = multiplier > 1 ? (size_t)multiplier : p->channels;
    p->groups = (p->n + lanes - 1) / lanes;
    p->w_group = ((size_t)ln_shape_count(&w, 1, 3) + 1) * lanes;
    p->kind = kind_of(p, lanes);
    p->side = 1;
    if (p->runs == 1 && p->n == p->channels && p->n < lanes && lanes % p->n == 0 &&
        p->w.stride == 1 && !p->quantizes)
        p->side = lanes / p->n;
    return LN_OK;
}

/* How the work is cut.  Rows by preference: most operators cut their work like that, so that a
 * thread finds in its cache what it has written before.  A few rows cannot be shared out evenly;
 * and where rows are copied, neighboring bands both copy what lies between them. */
static void plan_work(ln_cpu_kernel *k, plan *p)
{
    const size_t lanes = k->fn->depthwise.lanes, rows = (size_t)p->h.out;
    const size_t threads = (size_t)k->threads;
    const double products = (double)p->batches * (double)rows * (double)p->w.out *
                            (double)(p->runs * p->groups) * (double)p->w_group / (double)p->side;
    const double each = LN_MIN(products / ITEM_PRODUCTS / (double)threads, ITEMS_PER_THREAD);
    const bool alone = threads <= 1 || products < (double)ln_cpu_small(k, SMALL);
    const size_t items = alone ? 1 : threads * LN_MAX((size_t)each, (size_t)1);
    k->work = products;
    const size_t part = p->dense_rows > 0 ? DENSE : PART_FLOATS;
    const bool parts = p->n % lanes == 0 || !p->quantizes;
    size_t wanted = rows < threads * ROWS_PER_THREAD ? items : 1;
    if (p->dense_rows > 0)
        wanted = LN_MAX(wanted, (items + threads - 1) / threads);
    p->parts = 1;
    if (parts && wanted > 1)
        p->parts = LN_MAX(LN_MIN(wanted, p->n / LN_MAX(part, 2 * lanes)), (size_t)1);
    p->bands = LN_MAX(LN_MIN((items + p->parts - 1) / p->parts, rows), (size_t)1);
}

/* A group that is filled up with itself where pixels lie side by side. */
static void pack_run(const plan *p, size_t lanes, size_t run, const float *w, const float *bias,
                     float *to)
{
    const size_t cout = p->runs * p->n, taps = p->w_group / lanes - 1;
    for (size_t g = 0; g < p->groups; g++) {
        const size_t last = p->n < lanes ? 0 : p->n - lanes;
        const size_t from = run * p->n + LN_MIN(g * lanes, last), count = LN_MIN(lanes, p->n);
        for (size_t tap = 0; tap <= taps; tap++, to += lanes) {
            const float *values = tap > 0 ? w + (tap - 1) * cout : bias;
            memset(to, 0, lanes * sizeof *to);
            for (size_t i = 0; values && i < p->side; i++)
                memcpy(to + i * count, values + from, count * sizeof *to);
        }
    }
}

void ln_cpu_depthwise_pack(const ln_cpu_kernel *k, const ln_cpu_depthwise *p, const float *w,
                           const float *bias, float *to)
{
    for (size_t run = 0; run < p->runs; run++)
        pack_run(p, k->fn->depthwise.lanes, run, w, bias, to + run * p->groups * p->w_group);
    memset(to + p->zeros_at, 0, p->channels * sizeof *to);
}

uint64_t ln_cpu_depthwise_form(const ln_cpu_depthwise *p)
{
    const uint64_t form[] = {p->runs, p->n, p->side};
    return ln_hash(form, sizeof form, 0);
}

/* Takes `count` times `floats` floats of the scratch memory for copies of x. */
static ln_status take_copies(ln_cpu_kernel *k, plan *p, size_t floats, size_t count)
{
    size_t bytes;
    if (!ln_align_size(k->scratch_bytes, 64, &k->scratch_bytes))
        return LN_ERR_MEMORY;
    p->copy_at = k->scratch_bytes / sizeof(float);
    return ln_mul_size(floats, sizeof(float), &bytes) && ln_mul_size(bytes, count, &bytes) &&
                   ln_add_size(k->scratch_bytes, bytes, &k->scratch_bytes)
               ? LN_OK
               : LN_ERR_MEMORY;
}

/* Rows to be quantized are copied whole where only whole rows have whole groups, or as long as a
 * few of them are small, else part by part. */
static size_t dense_channels(const plan *p, size_t lanes, size_t rows)
{
    const bool few = rows * (size_t)p->w.in <= WHOLE_BYTES / sizeof(float) / p->n;
    return p->quantizes && (p->n % lanes != 0 || p->n < DENSE || few) ? p->n : DENSE;
}

/* Whether there is code for two lines at once. */
static bool has_pairs(const ln_cpu_kernel *k, const plan *p)
{
    return p->kind >= 0 && k->fn->depthwise.pair[p->kind] && p->w.out % COLUMNS == 0 &&
           p->h.stride == 1 && p->h.dilation == 1 && p->w.dilation == 1 && p->h.filter < MAX_ROWS;
}

static ln_status plan_copies(ln_cpu_kernel *k, plan *p)
{
    const int rows = (p->h.filter - 1) * p->h.dilation + 1;
    size_t floats;
    p->dense_rows = 0;
    p->dense = dense_channels(p, k->fn->depthwise.lanes, (size_t)rows);
    if (p->kind >= 0 && (p->quantizes || p->n % CROWDED == 0) &&
        ln_mul_size((size_t)rows * p->dense, (size_t)p->w.in, &floats) &&
        floats <= MAX_DENSE_BYTES / sizeof(float)) {
        p->dense_rows = rows + p->pairs;
        return take_copies(k, p, floats / (size_t)rows * (size_t)p->dense_rows, (size_t)k->threads);
    }
    if (!p->quantizes)
        return LN_OK;
    return ln_mul_size((size_t)p->h.in * (size_t)p->w.in, p->channels, &floats)
               ? take_copies(k, p, floats, 1)
               : LN_ERR_MEMORY;
}

static ln_status plan_tables(ln_cpu_kernel *k, plan *p)
{
    size_t bytes;
    p->table = p->table_bytes = 0;
    if (p->kind < 0 || p->w.dilation > 1 || p->h.dilation > 1)
        return LN_OK;
    p->table = (size_t)(p->w.out - 1) * (size_t)p->w.stride + (size_t)p->w.filter;
    return ln_align_size(k->scratch_bytes, 64, &p->table_at) &&
                   ln_mul_size(p->table, ((size_t)p->h.filter + 1) * sizeof(float *),
                               &p->table_bytes) &&
                   ln_align_size(p->table_bytes, 64, &p->table_bytes) &&
                   ln_mul_size(p->table_bytes, (size_t)k->threads, &bytes) &&
                   ln_add_size(p->table_at, bytes, &k->scratch_bytes)
               ? LN_OK
               : LN_ERR_MEMORY;
}

ln_status ln_cpu_depthwise_plan(ln_cpu_kernel *k, const ln_call *c, ln_cpu_depthwise *p)
{
    LN_TRY(plan_shapes(k, c, p));
    ln_window_inner(&p->w, p->inner);
    p->below =
        ln_cpu_cache_bytes(2) / 2 / sizeof(float) < (size_t)p->h.in * (size_t)p->w.in * p->channels;
    if (!ln_mul_size(p->groups * p->runs, p->w_group, &p->zeros_at) ||
        !ln_add_size(p->zeros_at, p->channels, &p->floats) || p->floats > SIZE_MAX / sizeof(float))
        LN_FAIL(c, LN_ERR_MEMORY, "the packed weights are too large");
    p->pairs = has_pairs(k, p);
    LN_TRY(plan_copies(k, p));
    LN_TRY(plan_tables(k, p));
    plan_work(k, p);
    return LN_OK;
}

/* ---- running ---- */

typedef struct job {
    const plan *p;
    const ln_kernels *all;
    const ln_depthwise_kernels *fn;
    const float *x, *zeros;
    float *y;
    float *copies;            /* for each thread, or one of an image */
    char *tables;             /* of each thread */
    const ln_hybrid_row *row; /* NULL: x is taken as it is */
    ln_depthwise_tile tile;   /* what all tiles share */
} job;

/* Rows [begin, end) of one image, channels of groups [first, last) of a run. */
typedef struct piece {
    const float *x;
    float *y; /* of row `begin` */
    int begin, end;
    size_t first, last;
    int thread;
} piece;

/* Where pixels of an image lie: row iy at (iy modulo `rows`). */
typedef struct image {
    const float *x;
    int rows;
    size_t step; /* floats from pixel to pixel */
} image;

/* Tables of a thread, for each of the rows that a window has; w.dilation is 1. */
typedef struct tables {
    const float **at;
    int row[MAX_ROWS + 1]; /* of which row they are */
} tables;

/* Output row `oy`: says which rows of the window lie inside; returns the first of them. */
static int enter_row(const job *j, int oy, ln_depthwise_tile *t)
{
    const plan *p = j->p;
    int begin, end;
    const int iy = ln_window_taps(&p->h, oy, &begin, &end);
    t->rows = (size_t)(end - begin);
    t->w_first = (size_t)(begin * p->w.filter + 1) * j->fn->lanes;
    return iy + begin * p->h.dilation;
}

/* Points at `count` pixels of row `iy`, w.dilation apart, from column `ix` on. */
static void point(const job *j, const image *from, int iy, int ix, int count, const float **table)
{
    const plan *p = j->p;
    const float *row = from->x + (size_t)(iy % from->rows) * (size_t)p->w.in * from->step;
    for (int i = 0; i < count; i++, ix += p->w.dilation)
        table[i] = ix >= 0 && ix < p->w.in ? row + (size_t)ix * from->step : j->zeros;
}

/* The table of row `iy` for all columns of the output, which may have been made for the row of the
 * output before. */
static const float *const *table_of(const job *j, const image *from, int iy, tables *t)
{
    const int slot = iy % (j->p->h.filter + 1);
    const float **table = t->at + (size_t)slot * j->p->table;
    if (t->row[slot] != iy) {
        point(j, from, iy, -j->p->w.pad, (int)j->p->table, table);
        t->row[slot] = iy;
    }
    return table;
}

static tables no_tables(const job *j, int thread)
{
    tables t = {.at = (const float **)(void *)(j->tables + (size_t)thread * j->p->table_bytes)};
    for (int i = 0; i <= MAX_ROWS; i++)
        t.row[i] = -1;
    return t;
}

/* Columns that are w.dilation apart, from the `phase`th on: a table for each tile. */
static void run_phase(const job *j, const image *from, int iy, int phase, ln_depthwise_tile *t,
                      float *y)
{
    const plan *p = j->p;
    const int step = p->w.dilation, count = (p->w.out - phase - 1) / step + 1;
    const int tiles = (count + COLUMNS - 1) / COLUMNS;
    const float *table[MAX_TABLE];
    for (int i = 0; i < tiles; i++) {
        const int begin = count * i / tiles, columns = count * (i + 1) / tiles - begin;
        const int ox = phase + begin * step, span = (columns - 1) * p->w.stride + p->w.filter;
        for (size_t r = 0; r < t->rows; r++) {
            point(j, from, iy + (int)r * p->h.dilation, ox * p->w.stride - p->w.pad, span,
                  table + r * (size_t)span);
            t->pixels[r] = table + r * (size_t)span;
        }
        t->y = y + (size_t)ox * p->channels;
        j->fn->narrow[p->kind][columns - 1](t);
    }
}

/* Output row `oy` to `y`, the groups that the tile names. */
static void run_row(const job *j, const image *from, int oy, tables *of, ln_depthwise_tile *t,
                    float *y)
{
    const plan *p = j->p;
    const int iy = enter_row(j, oy, t), tiles = (p->w.out + COLUMNS - 1) / COLUMNS;
    const float *const *table[MAX_ROWS];
    for (int phase = 0; p->table == 0 && phase < LN_MIN(p->w.dilation, p->w.out); phase++)
        run_phase(j, from, iy, phase, t, y);
    if (p->table == 0)
        return;
    for (size_t r = 0; r < t->rows; r++)
        table[r] = table_of(j, from, iy + (int)r, of);
    for (int i = 0; i < tiles; i++) {
        const int ox = p->w.out * i / tiles, columns = p->w.out * (i + 1) / tiles - ox;
        for (size_t r = 0; r < t->rows; r++)
            t->pixels[r] = table[r] + ox * p->w.stride;
        t->y = y + (size_t)ox * p->channels;
        j->fn->narrow[p->kind][columns - 1](t);
    }
}

/* Whether output rows oy and oy + 1 may go together: windows that lie inside, of tiles that have
 * code for that. */
static bool is_pair(const job *j, const image *from, int oy, int end)
{
    const plan *p = j->p;
    const int iy = oy - p->h.pad;
    return p->pairs && from->rows > p->h.filter && oy + 1 < end && iy >= 0 &&
           iy + p->h.filter < p->h.in;
}

static void run_two_rows(const job *j, const image *from, int oy, tables *of, ln_depthwise_tile *t,
                         float *y)
{
    const plan *p = j->p;
    const float *const *table[MAX_ROWS];
    t->rows = (size_t)p->h.filter + 1;
    t->w_first = j->fn->lanes;
    t->y_row = (size_t)p->w.out * p->channels;
    for (size_t r = 0; r < t->rows; r++)
        table[r] = table_of(j, from, oy - p->h.pad + (int)r, of);
    for (int ox = 0; ox < p->w.out; ox += COLUMNS) {
        for (size_t r = 0; r < t->rows; r++)
            t->pixels[r] = table[r] + ox * p->w.stride;
        t->y = y + (size_t)ox * p->channels;
        j->fn->pair[p->kind](t);
    }
}

/* Output row `oy`, of those up to `end`, or it and the next one; returns how many. */
static int run_rows(const job *j, const image *from, int oy, int end, tables *of,
                    ln_depthwise_tile *t, float *y)
{
    if (t->below == 0 && is_pair(j, from, oy, end)) {
        run_two_rows(j, from, oy, of, t, y);
        return 2;
    }
    run_row(j, from, oy, of, t, y);
    return 1;
}

static void run_narrow(const job *j, const image *from, const piece *at)
{
    const plan *p = j->p;
    tables of = no_tables(j, at->thread);
    ln_depthwise_tile t = j->tile;
    t.begin = at->first;
    t.end = at->last;
    t.y_step = (size_t)p->w.dilation * p->channels;
    if (p->h.dilation == 1 && p->below && from->rows == p->h.in)
        t.below = (size_t)p->w.in * p->channels * sizeof(float);
    for (int oy = at->begin; oy < at->end;) {
        float *y = at->y + (size_t)(oy - at->begin) * (size_t)p->w.out * p->channels;
        oy += run_rows(j, from, oy, at->end, &of, &t, y);
    }
}

/* Copies `n` channels of row `iy`. */
static void copy_row(const job *j, const float *x, int iy, size_t n, float *to)
{
    const plan *p = j->p;
    const float *from = x + (size_t)iy * (size_t)p->w.in * p->channels;
    if (j->row && n == p->channels) {
        j->all->hybrid.to_f32(to, from, (size_t)p->w.in * n, j->row);
        return;
    }
    for (int ix = 0; ix < p->w.in; ix++, from += p->channels, to += n) {
        if (j->row)
            j->all->hybrid.to_f32(to, from, n, j->row);
        else
            memcpy(to, from, n * sizeof *to);
    }
}

/* The same as run_narrow on copied rows. */
static void run_dense(const job *j, const piece *at)
{
    const plan *p = j->p;
    const size_t lanes = j->fn->lanes, row = (size_t)p->w.in * p->dense;
    const size_t end = LN_MIN(at->last * lanes, p->n);
    float *dense = j->copies + (size_t)at->thread * (size_t)p->dense_rows * row;
    ln_depthwise_tile t = j->tile;
    t.y_step = (size_t)p->w.dilation * p->channels;
    for (size_t c = at->first * lanes; c < end; c += t.n) {
        int copied = 0;
        t.n = LN_MIN(p->dense, end - c);
        t.begin = 0;
        t.end = (t.n + lanes - 1) / lanes;
        t.w = j->tile.w + c / lanes * p->w_group;
        if (j->row) {
            t.scale = j->tile.scale + c;
            t.bias = j->tile.bias + c;
        }
        const image from = {dense, p->dense_rows, t.n};
        tables of = no_tables(j, at->thread);
        for (int oy = at->begin; oy < at->end;) {
            const int iy = LN_MAX(oy * p->h.stride - p->h.pad, 0);
            for (copied = LN_MAX(copied, iy); copied < LN_MIN(iy + p->dense_rows, p->h.in);
                 copied++)
                copy_row(j, at->x + c, copied, t.n,
                         dense + (size_t)(copied % p->dense_rows) * (size_t)p->w.in * t.n);
            float *y = at->y + (size_t)(oy - at->begin) * (size_t)p->w.out * p->channels + c;
            oy += run_rows(j, &from, oy, at->end, &of, &t, y);
        }
    }
}

/* One row, `columns` pixels from `ox` on, which have the same taps inside of the image. */
static void run_any_tile(const job *j, const ln_depthwise_tile *tile, const float *row, float *y,
                         int ox, int columns)
{
    const plan *p = j->p;
    ln_depthwise_tile t = *tile;
    int begin, end;
    const int ix = ln_window_taps(&p->w, ox, &begin, &end) + begin * p->w.dilation;
    const size_t lanes = j->fn->lanes, channels = p->runs * p->n;
    const ln_depthwise_f32 fn =
        p->runs > 1 || p->n > p->channels ? j->fn->spread[columns - 1] : j->fn->any[columns - 1];
    t.taps = (size_t)(end - begin);
    if (begin == end)
        t.rows = 0;
    else
        t.x = row + (size_t)ix * p->channels;
    t.w_first += (size_t)begin * lanes;
    t.y = y + (size_t)ox * channels;
    for (size_t run = 0; run < p->runs; run++) {
        fn(&t);
        t.x++;
        t.y += p->n;
        if (j->row) {
            t.scale += p->n;
            t.bias += p->n;
        }
        t.w += p->groups * p->w_group;
    }
}

static void run_any(const job *j, const piece *at)
{
    const plan *p = j->p;
    const size_t channels = p->runs * p->n;
    ln_depthwise_tile t = j->tile;
    t.begin = at->first;
    t.end = at->last;
    t.y_step = channels;
    t.x_row = (size_t)p->h.dilation * (size_t)p->w.in * p->channels;
    t.x_tap = (size_t)p->w.dilation * p->channels;
    t.x_column = (size_t)p->w.stride * p->channels;
    t.w_row = (size_t)p->w.filter * j->fn->lanes;
    for (int oy = at->begin; oy < at->end; oy++) {
        const int iy = enter_row(j, oy, &t);
        const float *row = at->x;
        float *y = at->y + (size_t)(oy - at->begin) * (size_t)p->w.out * channels;
        if (t.rows > 0)
            row += (size_t)iy * (size_t)p->w.in * p->channels;
        ln_depthwise_tile several = t; /* p->side pixels as if they were one */
        several.n *= p->side;
        several.x_column *= p->side;
        several.y_step *= p->side;
        for (int ox = 0; ox < p->w.out;) {
            const int left = ox >= p->inner[0] ? p->inner[1] - ox : 0, side = (int)p->side;
            const bool wide = side > 1 && left >= side;
            const int columns = LN_MAX(LN_MIN(COLUMNS, wide ? left / side : left), 1);
            run_any_tile(j, wide ? &several : &t, row, y, ox, columns);
            ox += wide ? columns * side : columns;
        }
    }
}

static void run_items(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const plan *p = j->p;
    const size_t rows = (size_t)p->h.out;
    for (size_t i = begin; i < end; i++) {
        const size_t part = i % p->parts, band = i / p->parts % p->bands;
        const size_t n = i / p->parts / p->bands, first = rows * band / p->bands;
        const piece at = {
            .x = j->x + n * (size_t)p->h.in * (size_t)p->w.in * p->channels,
            .y = j->y + (n * rows + first) * (size_t)p->w.out * p->runs * p->n,
            .begin = (int)first,
            .end = (int)(rows * (band + 1) / p->bands),
            .first = p->groups * part / p->parts,
            .last = p->groups * (part + 1) / p->parts,
            .thread = thread,
        };
        const image from = {at.x, p->h.in, p->channels};
        if (p->dense_rows > 0)
            run_dense(j, &at);
        else if (p->kind >= 0)
            run_narrow(j, &from, &at);
        else
            run_any(j, &at);
    }
}

static void quantize_part(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    (void)thread;
    j->all->hybrid.to_f32(j->copies + begin, j->x + begin, end - begin, j->row);
}

static job begin(const ln_cpu_kernel *k, const ln_cpu_depthwise *p, const ln_cpu_depthwise_run *r)
{
    return (job){
        .p = p,
        .all = k->fn,
        .fn = &k->fn->depthwise,
        .x = r->x,
        .zeros = r->packed + p->zeros_at,
        .y = r->y,
        .row = r->row,
        .tile = {.n = p->n,
                 .w = r->packed,
                 .w_group = p->w_group,
                 .min = r->min,
                 .max = r->max,
                 .scale = r->scale,
                 .bias = r->bias},
        .tables = (char *)k->scratch + p->table_at,
    };
}

void ln_cpu_depthwise_run_lines(const ln_cpu_kernel *k, const ln_cpu_depthwise *p,
                                const ln_cpu_depthwise_run *r, const ln_cpu_depthwise_lines *lines,
                                int thread)
{
    const job j = begin(k, p, r);
    run_narrow(&j, &(image){r->x, lines->ring, p->channels},
               &(piece){.y = r->y,
                        .begin = lines->begin,
                        .end = lines->end,
                        .last = p->groups,
                        .thread = thread});
}

void ln_cpu_depthwise_run_images(const ln_cpu_kernel *k, const ln_cpu_depthwise *p,
                                 const ln_cpu_depthwise_run *r)
{
    job j = begin(k, p, r);
    if (p->dense_rows > 0 || p->quantizes)
        j.copies = (float *)k->scratch + p->copy_at;
    if (p->quantizes && p->dense_rows == 0) {
        ln_parallel_for(k->pool, (size_t)p->h.in * (size_t)p->w.in * p->channels, GRAIN,
                        quantize_part, &j);
        j.x = j.copies;
    }
    ln_parallel_for(k->pool, (size_t)r->images * p->bands * p->parts, 1, run_items, &j);
}
