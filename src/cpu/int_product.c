/* SPDX-License-Identifier: Apache-2.0 */
/* int_product.c: see int_product.h.  No sum is cut by threads, so results do not depend on them. */
#include "cpu/int_product.h"

#include <string.h>

#include "base/checked.h"
#include "cpu/blocks.h"
#include "cpu/pairs.h"
#include "ops/conv_common.h"

/* A block's rows of A stay in a first-level cache, within these bounds. */
enum { ROW_BYTES = 16 * 1024, MAX_ROWS = 96, MAX_TILE = 32 };
/* Products, and some for each output, below which threads only cost time. */
enum { SMALL = 500 * 1000, OUTPUT_COST = 32 };

/* Sums of a block by a panel, or of the only row by all panels, which are finished at once. */
static size_t sum_count(const ln_cpu_int_product *p)
{
    const size_t nr = ln_cpu_int_product_nr(p), panels = (p->n + nr - 1) / nr;
    return (p->q8 && p->m == 1 ? LN_MAX(panels, p->rows) : p->rows) * nr;
}

static bool per_thread(const ln_cpu_int_product *p, size_t *row_bytes, size_t *sum_bytes)
{
    *row_bytes = *sum_bytes = 0;
    return (!p->fill || (ln_mul_size(p->rows, p->depth, row_bytes) &&
                         ln_mul_size(*row_bytes, p->size, row_bytes) &&
                         ln_align_size(*row_bytes, 64, row_bytes))) &&
           ln_mul_size(sum_count(p), sizeof(int32_t), sum_bytes) &&
           ln_align_size(*sum_bytes, 64, sum_bytes);
}

ln_status ln_cpu_int_product_plan(const ln_cpu_kernel *k, ln_cpu_int_product *p, size_t *bytes)
{
    const size_t row = LN_MAX(p->depth * p->size, (size_t)1);
    const size_t mr = p->q8 ? (size_t)p->q8->mr : p->s16->mr, step = ln_cpu_block_step(mr);
    const size_t fit = LN_MAX(LN_MIN(ROW_BYTES / row, (size_t)MAX_ROWS), mr);
    size_t a, sums;
    p->blocks = ln_cpu_blocks_for(p->m, mr, fit, (size_t)k->threads);
    p->rows = LN_MAX(ln_cpu_block_rows(p->m, step, p->blocks), mr);
    p->step = step;
    return per_thread(p, &a, &sums) && ln_add_size(a, sums, &a) &&
                   ln_mul_size(a, (size_t)k->threads, bytes)
               ? LN_OK
               : LN_ERR_MEMORY;
}

typedef struct job {
    const ln_cpu_kernel *k;
    const ln_cpu_int_product *p;
    size_t strips; /* runs of panels that a block of rows is cut into */
} job;

/* Rows of A, `ld` items from one to the next; for the 8-bit tiles, where each begins. */
typedef struct rows {
    const uint8_t *a;
    size_t ld;
    const uint8_t *at[MAX_ROWS + MAX_TILE];
} rows;

static const size_t no_offset[1];

static void run_tile(const job *j, const rows *r, size_t panel, const ln_cpu_sums *s, int32_t *to)
{
    const ln_cpu_int_product *p = j->p;
    p->q8->tile(&(ln_q8_tile){
        .sums = to,
        .a = {r->at, no_offset, 1, p->k},
        .panel = (const int8_t *)(p->panels + panel * p->panel_bytes),
        .m = s->rows,
        .n = LN_MIN(s->ld, p->n - panel * s->ld),
        .column = ln_gemm_q8_zeros,
        .begun = true,
        .apart = r->ld * p->size,
    });
}

static void run_panel(const job *j, const rows *r, size_t panel, ln_cpu_sums *s, int32_t *to)
{
    const ln_cpu_int_product *p = j->p;
    const uint8_t *b = p->panels + panel * p->panel_bytes;
    s->col = panel * s->ld;
    s->cols = LN_MIN(s->ld, p->n - s->col);
    s->at = to;
    s->chunk = 0;
    if (p->q8) {
        run_tile(j, r, panel, s, to);
        p->finish(j->k, p->user, s);
        return;
    }
    for (; s->chunk < p->chunks; s->chunk++, b += p->chunk_bytes) {
        const size_t from = s->chunk * p->chunk;
        p->s16->run(to, s->ld, (const int16_t *)(const void *)(r->a + from * p->size), r->ld,
                    (const int8_t *)b, s->rows, LN_MIN(p->chunk, p->k - from));
        p->finish(j->k, p->user, s);
    }
}

/* The only row by panels [begin, end). */
static void run_row(const job *j, const rows *r, size_t begin, size_t end, ln_cpu_sums *s,
                    int32_t *to)
{
    const ln_cpu_int_product *p = j->p;
    s->col = begin * s->ld;
    s->cols = LN_MIN(end * s->ld, p->n) - s->col;
    s->at = to;
    p->q8->row(&(ln_q8_tile){
        .sums = to,
        .a = {r->at, no_offset, 1, p->k},
        .panel = (const int8_t *)(p->panels + begin * p->panel_bytes),
        .m = 1,
        .n = s->cols,
    });
    p->finish(j->k, p->user, s);
}

/* The rows that s names by panels [begin, end). */
static void run_block(const job *j, ln_cpu_sums *s, size_t begin, size_t end)
{
    const ln_cpu_int_product *p = j->p;
    const bool one = p->q8 && p->m == 1;
    size_t row_bytes, sum_bytes;
    rows r; /* only what is used is set: a product may be as short as that takes */
    per_thread(p, &row_bytes, &sum_bytes);
    uint8_t *scratch = p->scratch + (size_t)s->thread * (row_bytes + sum_bytes);
    s->ld = ln_cpu_int_product_nr(p);
    r.a = p->a;
    r.ld = p->lda;
    if (p->fill) {
        r.a = scratch;
        r.ld = p->depth;
        p->fill(j->k, p->user, &(ln_cpu_wanted){s->row, s->rows, r.ld, scratch, s->thread});
    } else {
        r.a += s->row * p->lda * p->size;
    }
    const size_t count = p->q8 ? s->rows : 0, apart = r.ld * p->size;
    for (size_t i = 0; i < count; i++)
        r.at[i] = r.a + i * apart;
    int32_t *sums = (int32_t *)(void *)(scratch + row_bytes);
    if (one)
        run_row(j, &r, begin, end, s, sums);
    for (size_t i = begin; i < end && !one; i++)
        run_panel(j, &r, i, s, sums);
}

static void run_item(const job *j, size_t item, int thread)
{
    const ln_cpu_int_product *p = j->p;
    const size_t block = item / j->strips, strip = item % j->strips;
    const size_t nr = ln_cpu_int_product_nr(p), panels = (p->n + nr - 1) / nr;
    const size_t begin = panels * strip / j->strips, end = panels * (strip + 1) / j->strips;
    ln_cpu_sums s = {.row = ln_cpu_block_row(p->m, p->step, p->blocks, block), .thread = thread};
    s.rows = ln_cpu_block_row(p->m, p->step, p->blocks, block + 1) - s.row;
    run_block(j, &s, begin, end);
    const size_t cols = LN_MIN(end * nr, p->n) - begin * nr;
    ln_cpu_tail_run(j->k, &(ln_cpu_block){s.row, s.rows, p->first + begin * nr, cols, p->ldc},
                    thread);
}

void ln_cpu_int_product_rows(const ln_cpu_kernel *k, const ln_cpu_int_product *p, size_t row,
                             size_t rows, int thread)
{
    const size_t nr = ln_cpu_int_product_nr(p), panels = (p->n + nr - 1) / nr;
    const size_t blocks = (rows + p->rows - 1) / p->rows;
    const job j = {k, p, 1};
    for (size_t i = 0; i < blocks; i++) {
        ln_cpu_sums s = {.row = row + ln_cpu_block_row(rows, p->step, blocks, i), .thread = thread};
        s.rows = row + ln_cpu_block_row(rows, p->step, blocks, i + 1) - s.row;
        run_block(&j, &s, 0, panels);
    }
}

static void run_items(void *arg, size_t begin, size_t end, int thread)
{
    const ln_gemm_q8 *g = ((const job *)arg)->p->q8;
    if (g)
        ln_gemm_q8_begin(g);
    for (size_t i = begin; i < end; i++)
        run_item(arg, i, thread);
    if (g)
        ln_gemm_q8_end(g);
}

void ln_cpu_int_product_run(const ln_cpu_kernel *k, const ln_cpu_int_product *p)
{
    const double work = (double)p->m * (double)p->n * (double)(p->k + OUTPUT_COST);
    ln_pool *pool = work < SMALL ? NULL : k->pool;
    if (p->m == 0 || p->n == 0)
        return;
    const size_t nr = ln_cpu_int_product_nr(p);
    job j = {k, p, 1};
    if (pool && (p->cheap || !p->fill) && p->blocks < (size_t)k->threads)
        j.strips = LN_MIN((p->n + nr - 1) / nr, (size_t)k->threads);
    ln_parallel_for(pool, p->blocks * j.strips, 1, run_items, &j);
}

/* ---- weights ---- */

size_t ln_cpu_joined_groups(const TfLiteTensor *w, size_t groups, size_t nr)
{
    enum { MOST = 16 * 1024 * 1024 };
    const size_t count = (size_t)ln_count(w), n = (size_t)ln_shape_of(w).dim[0] / groups;
    size_t joined = 1;
    while (groups % (2 * joined) == 0 && 2 * joined * n <= nr && count <= MOST / (2 * joined))
        joined *= 2;
    return joined;
}

/* Groups side by side, each with weights of 0 for what the others read. */
static void join_groups(const ln_cpu_given *g, const uint8_t *from, uint8_t *to)
{
    const ln_shape s = ln_shape_of(g->w);
    const size_t channels = (size_t)s.dim[3], all = (size_t)s.dim[0];
    const size_t taps = (size_t)ln_shape_count(&s, 1, 3), n = g->n / g->joined;
    memset(to, (uint8_t)g->w->params.zero_point, all * g->k);
    for (size_t i = 0; i < all; i++)
        for (size_t t = 0; t < taps; t++, from += channels, to += g->joined * channels)
            memcpy(to + i / n % g->joined * channels, from, channels);
}

ln_status ln_cpu_order_weights(const ln_cpu_given *g, uint8_t *made[2], const uint8_t **at)
{
    const size_t one = g->n * g->k, count = g->groups * one, joined = LN_MAX(g->joined, (size_t)1);
    *at = g->w->data.uint8;
    if (g->w->type == kTfLiteInt4) {
        made[0] = ln_new(&ln_alloc_default, count / joined, 1);
        if (!made[0])
            return LN_ERR_MEMORY;
        ln_unpack(g->w, 0, count / joined, (int8_t *)made[0]);
        *at = made[0];
    }
    if (!g->transposed && joined == 1)
        return LN_OK;
    made[1] = ln_new(&ln_alloc_default, count, 1);
    if (!made[1]) {
        ln_free(&ln_alloc_default, made[0]);
        made[0] = NULL;
        return LN_ERR_MEMORY;
    }
    for (size_t i = 0; g->transposed && i < g->groups; i++)
        ln_cpu_transpose_bytes(made[1] + i * one, *at + i * one, g->k, g->n);
    if (joined > 1)
        join_groups(g, *at, made[1]);
    *at = made[1];
    return LN_OK;
}
