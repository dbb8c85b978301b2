/* SPDX-License-Identifier: Apache-2.0 */
/* product.c: float32 matrix products over several threads.  A block of rows of A and C stays in the
 * second-level cache while the panels of B, one of which fits the first level, pass by. */
#include "cpu/product.h"

#include <string.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include "base/checked.h"
#include "cpu/blocks.h"

enum {
    ITEMS_PER_THREAD = 4, /* so that threads finish together */
    MIN_TILES = 2,        /* of rows in a block */
    SMALL = 640 * 1024,   /* multiplications that are done before another thread woke */
    ROWS_PER_THREAD = 24, /* from which on threads need no columns, */
    TILES_PER_THREAD = 4, /* if these are so many tiles, where B is large, else MIN_TILES */
    WAITING_ROWS = 8,     /* fewer rows take as long as so many: they wait for B */
    HALF = 1024,          /* products for each row from which on rounding it is worth it, */
    HALF_COLUMNS = 24,    /* if there are so many columns; */
    HALF_WINDOWS = 200,   /* the same where windows are collected from rounded images */
    HALF_CHANNELS = 8,
    HALF_ROW = 16 * 1024, /* products of a row from which on weights wait in float16 */
};

extern const ln_op ln_op_dequantize;

static const ptrdiff_t no_offset[1];

/* Ways that compete: how much of the second-level cache a block of rows may take.  More than there
 * is means fewer passes over B, at the price of A coming from the next level. */
enum { WAYS = 4 };
static const size_t quarters_of_cache[WAYS] = {2, 8, 4, 1};

/* ---- weights ---- */

bool ln_cpu_packed_floats(const ln_gemm_kernels *g, size_t n, size_t k, size_t *floats)
{
    const size_t width = ln_gemm_width(g, n);
    if (k > SIZE_MAX - g->steps || !ln_mul_size(width, k + g->steps, floats))
        return false;
    *floats = ln_gemm_floats(g, width, k);
    return true;
}

static void pack_four(float *to, size_t width, const float *w, size_t k, size_t column)
{
    size_t s = 0;
#ifdef __SSE2__
    for (; s + 4 <= k; s += 4, to += 4 * width) {
        __m128 a = _mm_loadu_ps(w + s), b = _mm_loadu_ps(w + column + s);
        __m128 c = _mm_loadu_ps(w + 2 * column + s), d = _mm_loadu_ps(w + 3 * column + s);
        _MM_TRANSPOSE4_PS(a, b, c, d);
        _mm_storeu_ps(to, a);
        _mm_storeu_ps(to + width, b);
        _mm_storeu_ps(to + 2 * width, c);
        _mm_storeu_ps(to + 3 * width, d);
    }
#endif
    for (; s < k; s++, to += width) {
        to[0] = w[s];
        to[1] = w[column + s];
        to[2] = w[2 * column + s];
        to[3] = w[3 * column + s];
    }
}

void ln_cpu_pack_few(float *to, size_t width, const float *w, size_t k, size_t column, size_t n)
{
    if (n == 4) {
        pack_four(to, width, w, k, column);
        return;
    }
    for (size_t s = 0; s < k; s++, to += width)
        for (size_t j = 0; j < n; j++)
            to[j] = w[j * column + s];
}

static void pack_panel(const ln_gemm_kernels *g, float *to, size_t width, const ln_cpu_columns *w,
                       size_t first, size_t columns)
{
    enum { FEW = 4 };
    const float *from = w->at + first * w->column;
    const bool lines = w->step != 1, dense = lines && w->column == 1;
    for (size_t s = 0; s < w->k && (columns < width || lines); s++) {
        float *line = to + s * width;
        if (dense)
            memcpy(line, from + s * w->step, columns * sizeof *line);
        for (size_t j = 0; j < columns && lines && !dense; j++)
            line[j] = from[s * w->step + j * w->column];
        for (size_t j = columns; j < width; j++)
            line[j] = 0;
    }
    if (g->together > 1) {
        const size_t each = columns / g->together;
        for (size_t j = 0; j < columns; j++)
            ln_cpu_pack_few(to + j % each * g->together + j / each, width, from + j * w->column,
                            w->k, w->column, 1);
        return;
    }
    for (size_t j = 0; j < columns && w->step == 1; j += FEW)
        ln_cpu_pack_few(to + j, width, from + j * w->column, w->k, w->column,
                        LN_MIN(columns - j, (size_t)FEW));
}

/* The same in 16 bits, one by one. */
static void pack_halves(const ln_gemm_kernels *g, uint16_t *to, size_t width,
                        const ln_cpu_columns *w, size_t first, size_t columns)
{
    const float *from = w->at + first * w->column;
    for (size_t s = 0; s < w->k; s += g->half)
        for (size_t j = 0; j < width; j++, to += g->half)
            for (size_t i = 0; i < g->half && j < columns && s + i < w->k; i++)
                g->narrow(to + i, from + (s + i) * w->step + j * w->column, 1);
}

/* In pairs of steps, of columns that lie value by value: then a pair is moved like a float. */
static void pack_pairs(const ln_gemm_kernels *g, float *to, size_t width, const ln_cpu_columns *w,
                       size_t first, size_t columns)
{
    enum { FEW = 4, STEPS = 256 };
    _Alignas(float) uint16_t pairs[FEW][STEPS];
    for (size_t s = 0; s < w->k; s += STEPS, to += STEPS / 2 * width) {
        const size_t steps = LN_MIN(w->k - s, (size_t)STEPS);
        for (size_t j = 0; j < columns; j += FEW) {
            const size_t n = LN_MIN(columns - j, (size_t)FEW);
            for (size_t i = 0; i < n; i++) {
                g->narrow(pairs[i], w->at + (first + j + i) * w->column + s, steps);
                if (steps % 2 != 0)
                    pairs[i][steps] = 0;
            }
            ln_cpu_pack_few(to + j, width, (const float *)(const void *)pairs, (steps + 1) / 2,
                            STEPS / 2, n);
        }
    }
}

/* Each by itself: some steps are packed as floats. */
static void pack_singles(const ln_gemm_kernels *g, uint16_t *to, size_t width,
                         const ln_cpu_columns *w, size_t first, size_t columns)
{
    enum { STEPS = 64, WIDEST = 64 };
    _Alignas(64) float lines[STEPS * WIDEST];
    ln_cpu_columns part = *w;
    for (size_t s = 0; s < w->k; s += STEPS, to += STEPS * width) {
        part.at = w->at + s * w->step;
        part.k = LN_MIN(w->k - s, (size_t)STEPS);
        pack_panel(g, lines, width, &part, first, columns);
        g->narrow(to, lines, part.k * width);
    }
}

static void pack_half(const ln_gemm_kernels *g, float *to, size_t width, const ln_cpu_columns *w,
                      size_t first, size_t columns)
{
    if (columns < width || w->k % g->steps != 0)
        memset(to, 0, ln_gemm_floats(g, width, w->k) * sizeof *to);
    if (g->half == 1)
        pack_singles(g, (uint16_t *)(void *)to, width, w, first, columns);
    else if (g->half == 2 && w->step == 1)
        pack_pairs(g, to, width, w, first, columns);
    else
        pack_halves(g, (uint16_t *)(void *)to, width, w, first, columns);
}

typedef struct packing {
    const ln_gemm_kernels *g;
    float *to;
    const ln_cpu_columns *w;
} packing;

static void pack_panels(void *arg, size_t begin, size_t end, int thread)
{
    const packing *p = arg;
    const ln_gemm_kernels *g = p->g;
    (void)thread;
    for (size_t i = begin; i < end; i++) {
        const size_t first = i * g->nr, columns = ln_gemm_columns(g, p->w->n - first);
        const size_t width = ln_gemm_width(g, columns);
        float *to = p->to + i * ln_gemm_floats(g, g->nr, p->w->k);
        if (g->half)
            pack_half(g, to, width, p->w, first, columns);
        else
            pack_panel(g, to, width, p->w, first, columns);
    }
}

void ln_cpu_pack_columns(ln_pool *pool, const ln_gemm_kernels *g, float *to,
                         const ln_cpu_columns *w)
{
    packing p = {g, to, w};
    const size_t bytes = ln_gemm_floats(g, g->nr, w->k) * sizeof *to;
    ln_parallel_for(pool, ln_gemm_panels(g, w->n), ln_cpu_panels_at_once(bytes), pack_panels, &p);
}

static bool packed_bytes(const ln_cpu_weights *w, size_t *bytes)
{
    size_t floats;
    return ln_cpu_packed_floats(w->g, w->n / w->groups, w->k, &floats) &&
           ln_mul_size(floats, w->groups, &floats) && ln_mul_size(floats, sizeof(float), bytes);
}

static void pack(ln_pool *pool, float *to, const float *w, const ln_cpu_weights *weights)
{
    const size_t n = weights->n / weights->groups;
    const size_t stride = ln_gemm_floats(weights->g, ln_gemm_width(weights->g, n), weights->k);
    for (size_t g = 0; g < weights->groups; g++, w += n * weights->k, to += stride)
        ln_cpu_pack_columns(
            pool, weights->g, to,
            &(ln_cpu_columns){.at = w, .n = n, .k = weights->k, .step = 1, .column = weights->k});
}

/* The float32 kernels: for a row by weights that float16 has, which takes as long as these take to
 * come; or those for groups where some of these fill a vector. */
static const ln_gemm_kernels *full_for(const ln_cpu_kernel *k, const ln_cpu_weights *w)
{
    const ln_gemm_kernels *f16 = &k->fn->gemm_f16;
    const size_t n = w->n / w->groups;
    if (f16->row && w->f16 && w->m == 1 && !w->windows &&
        w->k >= HALF_ROW / LN_MAX(w->n, (size_t)1))
        return f16;
    for (size_t i = 0; i < LN_GEMM_GROUPS; i++) {
        const ln_gemm_kernels *g = &k->fn->gemm_groups[i];
        if (g->panel && w->channels == n && n * g->together == g->nr &&
            w->groups % g->together == 0)
            return g;
    }
    return &k->fn->gemm;
}

const ln_gemm_kernels *ln_cpu_gemm_for(const ln_cpu_kernel *k, const ln_cpu_weights *w)
{
    const ln_gemm_kernels *half = &k->fn->gemm_half, *row = &k->fn->gemm_half_row;
    const size_t n = w->n / w->groups;
    size_t least = LN_MAX(half->least / LN_MAX(w->m, (size_t)1), w->windows ? HALF_WINDOWS : HALF);
    if (w->m == 1 && !w->windows && row->row)
        return n >= HALF_COLUMNS && w->k >= row->least_row / n ? row : full_for(k, w);
    if (w->m == 1)
        least = LN_MAX(half->least_row, least);
    return half->panel && n >= (w->windows ? HALF_CHANNELS : HALF_COLUMNS) && w->k >= least / n
               ? half
               : full_for(k, w);
}

/* Whether a DEQUANTIZE of float16 makes this tensor for this kernel alone. */
static bool is_of_f16(const ln_cpu_kernel *k, const TfLiteTensor *t)
{
    for (int i = 0; i < k->n_nodes; i++) {
        const ln_call *c = &k->nodes[i].call;
        if (k->nodes[i].op == &ln_op_dequantize && c->out[0] == t)
            return c->in[0]->type == kTfLiteFloat16;
    }
    return false;
}

/* Says to the weight cache how weights are packed. */
static uint64_t form_of(const ln_gemm_kernels *g)
{
    return g->half | g->together << 4 | (uint64_t)g->nr << 8;
}

void ln_cpu_weights_begin(ln_cpu_kernel *k, const ln_call *c, int w, ln_cpu_weights *weights)
{
    weights->fixed = ln_known(c, w) && c->in[w]->data.raw;
    weights->f16 = is_of_f16(k, c->in[w]);
    const ln_gemm_kernels *before = weights->g;
    weights->g = &k->fn->gemm;
    if (weights->fixed)
        weights->g = ln_cpu_gemm_for(k, weights);
    if (before && before != weights->g)
        k->packed_of = NULL;
}

ln_status ln_cpu_weights_plan(ln_cpu_kernel *k, const ln_call *c, int w, ln_cpu_weights *weights)
{
    const TfLiteTensor *t = c->in[w];
    size_t bytes;
    if (!packed_bytes(weights, &bytes))
        return LN_ERR_UNSUPPORTED;
    if (!weights->fixed)
        return ln_align_size(bytes, 64, &bytes) &&
                       ln_add_size(k->scratch_bytes, bytes, &k->scratch_bytes)
                   ? LN_OK
                   : LN_ERR_UNSUPPORTED;
    if (ln_cpu_is_packed(k, t))
        return LN_OK;
    float *to = ln_cpu_pack_cached(k, bytes, t->data.raw, form_of(weights->g));
    if (!to)
        LN_FAIL(c, LN_ERR_MEMORY, "no memory for %zu bytes of packed weights", bytes);
    if (!k->filled)
        pack(k->pool, to, t->data.f, weights);
    return LN_OK;
}

const float *ln_cpu_weights_get(const ln_cpu_kernel *k, const ln_call *c, int w,
                                const ln_cpu_weights *weights)
{
    if (weights->fixed)
        return k->packed;
    pack(NULL, k->scratch, c->in[w]->data.f, weights);
    return k->scratch;
}

/* ---- cutting ---- */

static size_t divide_up(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

static size_t round_up(size_t a, size_t b)
{
    return divide_up(a, b) * b;
}

/* Multiplications, or SMALL where these are more; by windows, what takes as long in float32, since
 * their lines come from the other thread's half, too. */
static size_t work(const ln_cpu_extent *e)
{
    size_t products;
    if (!ln_mul_size(LN_MAX(e->m, (size_t)WAITING_ROWS), e->n, &products) ||
        !ln_mul_size(products, e->k, &products))
        return SMALL;
    return LN_MIN(e->unit > 1 ? products / e->g->speed : products, (size_t)SMALL);
}

/* Few rows by a B that is large: one that comes from the third level, where half of it takes less
 * time than half of A and C from the other thread's cache. */
static bool has_strips(const ln_cpu_extent *e)
{
    const size_t value = e->g->half ? sizeof(uint16_t) : sizeof(float);
    size_t b, rows;
    return ln_mul_size(e->n, e->k, &b) && b > ln_cpu_cache_bytes(2) / 4 / value &&
           ln_mul_size(e->m, e->n + e->k, &rows) && b / 2 > rows;
}

/* Rows for each thread, which then finds in its cache what it has written as the operator before:
 * most operators cut their work like that. */
static bool has_rows(const ln_cpu_kernel *k, const ln_cpu_extent *e)
{
    const size_t threads = (size_t)k->threads;
    const size_t tiles = has_strips(e) ? TILES_PER_THREAD : MIN_TILES;
    return e->unit <= 1 && e->m >= threads * ROWS_PER_THREAD && e->m >= threads * tiles * e->g->mr;
}

/* Where B is the larger operand, and has columns for several threads, each reads its own part. */
ln_cpu_cut ln_cpu_cut_product(ln_cpu_kernel *k, const ln_cpu_extent *e)
{
    const ln_gemm_kernels *g = e->g;
    const size_t unit = LN_MAX(e->unit, (size_t)1), m = LN_MAX(e->m, (size_t)1);
    const size_t step = unit > 1 ? unit : g->mr;
    const size_t bytes = ln_cpu_cache_bytes(2) * quarters_of_cache[k->way < WAYS ? k->way : 0] / 4;
    const size_t fits = bytes / LN_MAX(e->row_bytes, (size_t)1);
    /* rows are rounded for each item */
    const size_t wanted = (size_t)k->threads * (g->half ? 1 : ITEMS_PER_THREAD);
    ln_cpu_cut cut = {.rows = LN_MIN(LN_MAX(fits / step, (size_t)1), divide_up(m, step)) * step,
                      .strips = 1,
                      .alone = k->threads <= 1 || work(e) < ln_cpu_small(k, SMALL)};
    k->ways = WAYS;
    k->work = (double)e->m * (double)e->n * (double)e->k;
    cut.blocks = divide_up(e->m, cut.rows);
    if (cut.alone)
        return cut;
    if (has_rows(k, e)) {
        cut.blocks = ln_cpu_blocks_for(m, step, cut.rows, (size_t)k->threads);
        cut.rows = ln_cpu_block_rows(m, step, cut.blocks);
        return cut;
    }
    const size_t panels = ln_gemm_panels(g, e->n);
    if (e->n > m)
        cut.strips = LN_MIN(panels, LN_MAX(wanted / divide_up(m, cut.rows), (size_t)1));
    const bool few = panels < (size_t)k->threads && m < g->mr * MIN_TILES * (size_t)k->threads;
    const size_t least = round_up(LN_MAX(g->mr * (few ? 1 : MIN_TILES), unit), step);
    cut.by_strips = cut.strips > 1 && has_strips(e);
    size_t rows = divide_up(m * cut.strips, wanted);
    if (cut.by_strips)
        rows = cut.strips < wanted ? divide_up(m, (size_t)k->threads) : m;
    cut.rows = LN_MIN(cut.rows, LN_MAX(least, round_up(rows, step)));
    cut.blocks = divide_up(m, cut.rows);
    cut.strips = LN_MAX(cut.strips, LN_MIN(panels, wanted / cut.blocks));
    return cut;
}

bool ln_cpu_taken_plan(ln_cpu_kernel *k, const ln_gemm_kernels *g, size_t rows, size_t steps,
                       ln_cpu_taken *taken)
{
    size_t floats, bytes;
    *taken = (ln_cpu_taken){.at = k->scratch_bytes};
    if (!g->take)
        return true;
    if (!ln_mul_size(rows + g->mr, steps + g->steps, &floats) || floats > SIZE_MAX / 4)
        return false;
    return ln_align_size(ln_gemm_taken(g, rows, steps), 64, &taken->bytes) &&
           ln_mul_size(taken->bytes, (size_t)LN_MAX(k->threads, 1), &bytes) &&
           ln_add_size(k->scratch_bytes, bytes, &k->scratch_bytes);
}

/* ---- products ---- */

typedef struct job {
    const ln_cpu_product *p;
    const ln_cpu_kernel *k;
    const ln_gemm_kernels *g;
    size_t panels; /* of one group */
} job;

/* A part of one group's columns: panels [first, last), which are columns [begin, end). */
typedef struct strip {
    size_t first, last, begin, end;
} strip;

static strip strip_of(const job *j, size_t i)
{
    const size_t panels = j->panels, nr = j->g->nr;
    strip s = {.first = panels * i / j->p->strips, .last = panels * (i + 1) / j->p->strips};
    s.begin = s.first * nr;
    s.end = s.last == panels ? j->p->n : s.last * nr;
    return s;
}

/* The part `s` of one group, whose columns begin at c->at. */
static void run_strip(const job *j, const ln_gemm_c *c, const ln_cpu_rows *rows, const float *b,
                      const strip *s)
{
    ln_gemm_c to = *c;
    ln_gemm_a a = rows->a;
    b += ln_gemm_floats(j->g, s->begin, j->p->k);
    to.at += s->begin;
    if (to.bias)
        to.bias += s->begin;
    if (rows->count == 1 && !rows->a.list && j->g->row) {
        j->g->row(&to, &rows->a, b, s->end - s->begin);
        return;
    }
    for (size_t i = s->first; i < s->last; i++) {
        const size_t columns = i + 1 == s->last ? s->end - i * j->g->nr : j->g->nr;
        const float *next = b + ln_gemm_floats(j->g, ln_gemm_width(j->g, columns), j->p->k);
        a.next = i + 1 < j->panels ? next : NULL;
        j->g->panel(&to, &a, b, rows->count, columns);
        b = next;
        to.at += columns;
        if (to.bias)
            to.bias += columns;
    }
}

/* Rounds rows where the kernels want that. */
static ln_cpu_rows taken(const job *j, const ln_cpu_rows *rows, int thread)
{
    const ln_cpu_product *p = j->p;
    ln_cpu_rows to = *rows;
    void *at = (char *)j->k->scratch + p->taken.at + (size_t)thread * p->taken.bytes;
    if (!j->g->take)
        return to;
    if (rows->windows.list)
        j->g->collect(at, &rows->windows, rows->count);
    else
        j->g->take(at, &rows->a, rows->count);
    to.a = (ln_gemm_a){.at = at, .offsets = no_offset, .pieces = 1, .length = p->k};
    return to;
}

static void run_tail(const job *j, const ln_cpu_rows *rows, size_t first, size_t columns,
                     int thread)
{
    ln_cpu_tail_run(j->k,
                    &(ln_cpu_block){.row = rows->first,
                                    .rows = rows->count,
                                    .col = first,
                                    .cols = columns,
                                    .ld = j->p->c.ld},
                    thread);
}

static void run_item(const job *j, size_t item, int thread)
{
    const ln_cpu_product *p = j->p;
    const size_t block = p->by_strips ? item % p->blocks : item / p->strips;
    const strip s = strip_of(j, p->by_strips ? item / p->blocks : item % p->strips);
    const size_t stride = ln_gemm_floats(j->g, ln_gemm_width(j->g, p->n), p->k);
    ln_cpu_rows rows;
    ln_gemm_c c = p->c;
    p->rows(p->user, block, thread, &rows);
    c.at += rows.first * c.ld;
    for (size_t group = 0; group < p->groups; group++) {
        const ln_cpu_rows ready = taken(j, &rows, thread);
        run_strip(j, &c, &ready, p->b + group * stride, &s);
        rows.a.offsets += rows.a.pieces;
        rows.windows.offsets += rows.windows.pieces;
        c.at += p->n;
        if (c.bias)
            c.bias += p->n;
        if (p->strips > 1)
            run_tail(j, &rows, group * p->n + s.begin, s.end - s.begin, thread);
    }
    if (p->strips == 1)
        run_tail(j, &rows, 0, p->groups * p->n, thread);
}

static void run_items(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    if (j->g->begin)
        j->g->begin();
    for (size_t i = begin; i < end; i++)
        run_item(j, i, thread);
    if (j->g->end)
        j->g->end();
}

void ln_cpu_multiply(const ln_gemm_kernels *g, const ln_gemm_c *c, const ln_gemm_a *a,
                     const float *b, size_t rows, size_t n)
{
    const size_t panels = ln_gemm_panels(g, n);
    ln_gemm_c to = *c;
    if (rows == 1 && g->row) {
        g->row(&to, a, b, n);
        return;
    }
    for (size_t i = 0; i < panels; i++) {
        const size_t columns = i + 1 == panels ? n - i * g->nr : g->nr;
        g->panel(&to, a, b, rows, columns);
        b += ln_gemm_floats(g, ln_gemm_width(g, columns), a->pieces * a->length);
        to.at += columns;
        if (to.bias)
            to.bias += columns;
    }
}

/* A single row that no threads share: small models have little else, so it goes straight on. */
static bool run_row(const ln_cpu_kernel *k, const ln_cpu_product *p)
{
    const ln_gemm_kernels *g = p->g;
    const ln_cpu_matrix *x = p->rows == ln_cpu_matrix_rows ? p->user : NULL;
    if (!x || x->m != 1 || !g->row || g->take || g->begin || (k->pool && !p->alone))
        return false;
    g->row(&p->c, &(ln_gemm_a){.at = x->at, .offsets = no_offset, .pieces = 1, .length = x->k},
           p->b, p->n);
    ln_cpu_tail_run(k, &(ln_cpu_block){.rows = 1, .cols = p->n, .ld = p->n}, 0);
    return true;
}

void ln_cpu_product_run(const ln_cpu_kernel *k, const ln_cpu_product *p)
{
    if (run_row(k, p))
        return;
    ln_cpu_product all = *p;
    job j = {&all, k, p->g, ln_gemm_panels(p->g, p->n)};
    if (!k->pool || p->alone)
        all.strips = 1; /* panels are faster together */
    if (p->n > 0)
        ln_parallel_for(p->alone ? NULL : k->pool, p->blocks * all.strips, 1, run_items, &j);
}

void ln_cpu_matrix_rows(const void *user, size_t block, int thread, ln_cpu_rows *to)
{
    const ln_cpu_matrix *x = user;
    const size_t first = ln_cpu_block_row(x->m, x->step, x->blocks, block);
    const size_t end = ln_cpu_block_row(x->m, x->step, x->blocks, block + 1);
    (void)thread;
    *to = (ln_cpu_rows){
        .first = first,
        .count = end - first,
        .a = {.at = x->at + first * x->ld,
              .ld = x->ld,
              .offsets = no_offset,
              .pieces = 1,
              .length = x->k},
    };
}
