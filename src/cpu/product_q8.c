/* SPDX-License-Identifier: Apache-2.0 */
/* product_q8.c: see product_q8.h.
 *
 * With x' and w' as packed and z their zero points there, sum (x' - zx)(w' - zw) is sum x' w',
 * less zx sum w' and plus k zx zw, which belong to the column, less zw sum x', which belongs to the
 * row. */
#include "cpu/product_q8.h"

#include <string.h>

#include "base/checked.h"
#include "cpu/gather_q8.h"
#include "ops/conv_common.h"

static const ln_alloc *const heap = &ln_alloc_default;

/* Bytes of packed rows in one block: they share the first-level cache with a panel. */
enum { BLOCK_BYTES = 16 * 1024, MIN_ROWS = 24, MAX_ROWS = 96 };
/* Memory per thread that a product is worth; larger ones stay with the reference. */
enum { MOST_BYTES = 64 * 1024 * 1024 };
/* Work (multiplications, and some for each output) below which threads only cost time. */
enum { SMALL = 300 * 1000, OUTPUT_COST = 32 };

bool ln_q8_product_claims(const ln_call *c, const ln_q8_roles *roles)
{
    if (!c->params || !ln_has(c, roles->x) || !ln_has(c, roles->w))
        return false;
    const TfLiteType x = c->in[roles->x]->type, w = c->in[roles->w]->type;
    if (ln_has(c, roles->b) && c->in[roles->b]->type != kTfLiteInt32)
        return false;
    return (x == kTfLiteInt8 && (w == kTfLiteInt8 || w == kTfLiteInt4)) ||
           (x == kTfLiteUInt8 && w == kTfLiteUInt8);
}

/* ---- constants ---- */

static size_t columns_of(const ln_q8_product *p, const ln_gemm_q8 *g)
{
    return p->groups * p->panels * (size_t)g->nr;
}

void ln_q8_product_pack(const ln_q8_product *p, const ln_gemm_q8 *g, const uint8_t *w, uint8_t flip,
                        const int32_t *bias, int8_t *to, int32_t *column)
{
    const size_t nr = (size_t)g->nr;
    for (size_t i = 0; i < p->panels; i++, to += nr * p->depth, column += nr) {
        int32_t sums[LN_Q8_MAX_NR];
        ln_gemm_q8_pack(g, to, w, p->n, p->k, i, flip, sums);
        for (size_t j = 0; j < nr; j++) {
            const int32_t k_zero = ln_wrap_mul((int32_t)p->k, p->w_zero);
            const int32_t zeros = ln_wrap_mul(-p->x_zero, ln_wrap_add(sums[j], -k_zero));
            column[j] = ln_wrap_add(bias && i * nr + j < p->n ? bias[i * nr + j] : 0, zeros);
        }
    }
}

static void pack_groups(const ln_q8_product *p, const ln_gemm_q8 *g, const uint8_t *w, uint8_t flip,
                        const int32_t *bias, int8_t *to, int32_t *column)
{
    const size_t columns = p->panels * (size_t)g->nr;
    for (size_t i = 0; i < p->groups; i++)
        ln_q8_product_pack(p, g, w + i * p->n * p->k, flip, bias ? bias + i * p->n : NULL,
                           to + i * columns * p->depth, column + i * columns);
}

/* Where channels of the weights have zero points of their own, false. */
static bool set_zeros(ln_q8_product *p, const ln_gemm_q8 *g, const TfLiteTensor *x,
                      const TfLiteTensor *w)
{
    const bool uint8 = x->type == kTfLiteUInt8;
    const int zero = ln_channel_zero(x, 0);
    p->pad = (uint8_t)zero;
    p->x_flip = (g->form == LN_Q8_SIGNED) == uint8 ? 0x80 : 0;
    p->take_zero = zero + (p->x_flip == 0 ? 0 : g->form == LN_Q8_SIGNED ? -128 : 128);
    p->x_zero = g->form == LN_Q8_CENTERED ? 0 : p->take_zero;
    p->w_zero = ln_channel_zero(w, 0) - (w->type == kTfLiteUInt8 ? 128 : 0);
    for (size_t i = 1; i < p->groups * p->n; i++)
        if (ln_channel_zero(w, (int)i) != ln_channel_zero(w, 0))
            return false;
    return true;
}

/* Panels, then what is added to each column, then the tail's constants. */
static ln_status pack_as(ln_cpu_kernel *k, const ln_call *c, const ln_q8_roles *roles,
                         const ln_requant *q, const uint8_t *w, ln_q8_product *p)
{
    const ln_gemm_q8 *g = &k->fn->gemm_q8;
    const bool uint8 = c->in[roles->w]->type == kTfLiteUInt8;
    const int32_t *bias = ln_has(c, roles->b) ? c->in[roles->b]->data.i32 : NULL;
    const size_t columns = columns_of(p, g);
    size_t panels, rest, total;
    ln_q8_tail_choose(&p->tail, k->fn, q, p->groups * p->n, p->real, columns);
    rest = columns * sizeof(int32_t) + ln_q8_tail_bytes(&p->tail);
    if (!ln_mul_size(columns, p->depth, &panels) || !ln_align_size(panels, 64, &panels) ||
        !ln_add_size(panels, rest, &total))
        LN_FAIL(c, LN_ERR_MEMORY, "the packed weights are too large");
    int8_t *to = ln_cpu_pack_cached(k, total, c->in[roles->w]->data.raw, 0);
    if (!to)
        return LN_ERR_MEMORY;
    int32_t *column = (int32_t *)(void *)(to + panels);
    if (!k->filled)
        memset(column, 0, rest);
    p->packed = to;
    p->column = column;
    if (!k->filled)
        pack_groups(p, g, w, uint8 ? 0x80 : 0, bias, to, column);
    ln_q8_tail_place(&p->tail, column + columns, q, c->out[0]);
    for (size_t i = 0; i < p->groups; i++)
        ln_q8_tail_fill(&p->tail, i * p->panels * (size_t)g->nr, q + i * p->n, p->n);
    return LN_OK;
}

static ln_status pack(ln_cpu_kernel *k, const ln_call *c, const ln_q8_roles *roles,
                      TfLiteFusedActivation act, ln_q8_product *p)
{
    const TfLiteTensor *w = c->in[roles->w];
    const size_t n = p->groups * p->n, count = n * p->k;
    const bool int4 = w->type == kTfLiteInt4;
    ln_call call = *c;
    ln_requant *q = ln_new(heap, n, sizeof *q);
    int8_t *unpacked = int4 ? ln_new(heap, count, 1) : NULL;
    ln_status status = q && (!int4 || unpacked) ? LN_OK : LN_ERR_MEMORY;
    if (status == LN_OK)
        status = ln_requant_fill(&call, c->in[roles->x], w, (int)n, act, q);
    if (status == LN_OK && int4)
        ln_unpack(w, 0, count, unpacked);
    if (status == LN_OK)
        status = pack_as(k, c, roles, q, int4 ? (uint8_t *)unpacked : w->data.uint8, p);
    ln_free(heap, q);
    ln_free(heap, unpacked);
    return status;
}

/* ---- memory ---- */

/* One thread's: gathered bytes, packed rows, sums of a block by a panel, sums of rows. */
typedef struct areas {
    uint8_t *bytes, *rows;
    int32_t *sums, *row;
} areas;

/* Splits the rows into blocks of about the same size. */
static void size_blocks(const ln_cpu_kernel *k, ln_q8_product *p)
{
    const ln_gemm_q8 *g = &k->fn->gemm_q8;
    const size_t mr = (size_t)g->mr;
    size_t most = LN_MIN(BLOCK_BYTES / LN_MAX(p->lda, (size_t)1), (size_t)MAX_ROWS);
    most = LN_MAX(most, (size_t)MIN_ROWS);
    size_t blocks = LN_MAX((p->m + most - 1) / most, (size_t)1);
    if (k->threads > 1 && p->m >= 2 * mr * (size_t)k->threads)
        blocks = LN_MAX(blocks, 2 * (size_t)k->threads);
    const size_t rows = (p->m + blocks - 1) / blocks;
    p->rows = LN_MAX((rows + mr - 1) / mr * mr, mr);
}

static bool add_area(size_t *at, size_t *total, size_t count, size_t size)
{
    size_t bytes;
    *at = *total;
    return ln_mul_size(count, size, &bytes) && ln_align_size(bytes, 64, &bytes) &&
           ln_add_size(*total, bytes, total);
}

/* Lays out one thread's memory from `at` on. */
static bool lay_out(const ln_q8_product *p, const ln_gemm_q8 *g, uint8_t *at, areas *a,
                    size_t *total)
{
    const bool apart = p->gathers && g->form == LN_Q8_CENTERED;
    const size_t nr = (size_t)g->nr;
    /* one row more, for what is written past the last one */
    const size_t bytes = apart ? p->rows + 1 : 0, rows = p->copies ? p->rows + 1 : 0;
    size_t used[4], n = 0;
    *total = 0;
    if (!add_area(&used[n++], total, bytes, p->k + LN_GATHER_SLACK) ||
        !add_area(&used[n++], total, rows, p->lda + LN_GATHER_SLACK) ||
        !add_area(&used[n++], total, p->rows * nr, sizeof(int32_t)) ||
        !add_area(&used[n++], total, p->rows, sizeof(int32_t)))
        return false;
    *a = (areas){.bytes = at + used[0],
                 .rows = at + used[1],
                 .sums = (int32_t *)(void *)(at + used[2]),
                 .row = (int32_t *)(void *)(at + used[3])};
    return true;
}

ln_status ln_q8_product_shape(ln_cpu_kernel *k, const ln_call *c, const ln_q8_roles *roles,
                              ln_q8_product *p)
{
    const ln_gemm_q8 *g = &k->fn->gemm_q8;
    areas unused;
    size_t all;
    if (p->k == 0 || p->n == 0 || !set_zeros(p, g, c->in[roles->x], c->in[roles->w]))
        return LN_ERR_UNSUPPORTED;
    p->panels = (p->n + (size_t)g->nr - 1) / (size_t)g->nr;
    p->depth = (p->k + (size_t)g->kr - 1) / (size_t)g->kr * (size_t)g->kr;
    p->lda = p->depth * (g->form == LN_Q8_CENTERED ? sizeof(int16_t) : 1);
    p->copies = p->gathers || g->form == LN_Q8_CENTERED || p->x_flip || p->depth != p->k;
    size_blocks(k, p);
    if (!lay_out(p, g, NULL, &unused, &p->scratch_bytes) || p->scratch_bytes > MOST_BYTES)
        return LN_ERR_UNSUPPORTED;
    if (!ln_align_size(k->scratch_bytes, 64, &p->scratch_at) ||
        !ln_mul_size(p->scratch_bytes, (size_t)k->threads, &all) ||
        !ln_add_size(p->scratch_at, all, &k->scratch_bytes))
        LN_FAIL(c, LN_ERR_MEMORY, "the rows of a product are too large");
    return LN_OK;
}

ln_status ln_q8_product_plan(ln_cpu_kernel *k, const ln_call *c, const ln_q8_roles *roles,
                             TfLiteFusedActivation act, ln_q8_product *p)
{
    const TfLiteTensor *w = c->in[roles->w];
    if (!ln_known(c, roles->w) || !w->data.raw || (ln_has(c, roles->b) && !ln_known(c, roles->b)))
        return LN_ERR_UNSUPPORTED;
    LN_TRY(ln_q8_product_shape(k, c, roles, p));
    /* the model's own constants never change; folded ones may be new at the same address */
    if (k->packed && k->packed_of == w->data.raw && w->allocation_type == kTfLiteMmapRo)
        return LN_OK;
    return pack(k, c, roles, act, p);
}

/* ---- running ---- */

typedef struct job {
    const ln_cpu_kernel *k;
    const ln_q8_product *p;
    const ln_q8_run *run;
    size_t blocks, strips; /* strips: runs of panels that a block is cut into */
} job;

/* Rows [from, from + rows) of a group as packed; their distance goes to *ld. */
static const void *packed_rows(const job *j, const areas *a, size_t group, size_t from, size_t rows,
                               size_t *ld)
{
    const ln_q8_product *p = j->p;
    const ln_q8_run *run = j->run;
    const ln_gemm_q8 *g = &j->k->fn->gemm_q8;
    const uint8_t *x = NULL;
    size_t ldx = run->ldx;
    *ld = p->lda;
    if (!p->gathers) {
        x = run->x + from * ldx + group * run->group_x;
        if (!p->copies) {
            *ld = ldx;
            return x;
        }
    } else {
        uint8_t *to = g->form == LN_Q8_CENTERED ? a->bytes : a->rows;
        ldx = g->form == LN_Q8_CENTERED ? p->k : p->lda;
        run->gather(run->user, group, from, rows, to, ldx);
        x = to;
        if (x == a->rows && !p->x_flip)
            return x;
    }
    g->take(a->rows, p->lda, x, ldx, rows, p->k, p->x_flip, p->take_zero);
    return a->rows;
}

/* One block of rows by panels [first, last). */
static void run_panels(const job *j, const areas *a, size_t group, size_t from, size_t rows,
                       size_t first, size_t last)
{
    const ln_q8_product *p = j->p;
    const ln_gemm_q8 *g = &j->k->fn->gemm_q8;
    const size_t nr = (size_t)g->nr, ldy = j->run->ldy;
    size_t ld;
    const void *x = packed_rows(j, a, group, from, rows, &ld);
    if (p->w_zero != 0) {
        g->sums(a->row, x, ld, rows, p->k);
        for (size_t i = 0; i < rows; i++)
            a->row[i] = ln_wrap_mul(a->row[i], -p->w_zero);
    }
    for (size_t i = first; i < last; i++) {
        const size_t column = (group * p->panels + i) * nr, n = LN_MIN(nr, p->n - i * nr);
        const ln_q8_tile tile = {
            .sums = a->sums,
            .a = x,
            .lda = ld,
            .panel = p->packed + column * p->depth,
            .m = rows,
            .n = n,
            .k = p->depth,
            .column = p->column + column,
            .row = p->w_zero != 0 ? a->row : NULL,
        };
        g->tile(&tile);
        const ln_q8_sums sums = {
            .x = a->sums,
            .ldx = nr,
            .m = rows,
            .n = n,
            .first = p->uniform ? 0 : column,
            .y = j->run->y,
            .y_at = from * ldy + group * (p->uniform ? p->m * ldy : p->n) + i * nr,
            .ldy = ldy,
        };
        ln_q8_tail_run(&p->tail, j->k->fn, &sums);
    }
}

static void run_items(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const ln_q8_product *p = j->p;
    uint8_t *scratch = (uint8_t *)j->k->scratch + p->scratch_at + (size_t)thread * p->scratch_bytes;
    size_t bytes;
    areas a;
    (void)lay_out(p, &j->k->fn->gemm_q8, scratch, &a, &bytes);
    for (size_t i = begin; i < end; i++) {
        const size_t strip = i % j->strips, block = i / j->strips % j->blocks;
        const size_t group = i / j->strips / j->blocks, from = block * p->rows;
        run_panels(j, &a, group, from, LN_MIN(p->rows, p->m - from), p->panels * strip / j->strips,
                   p->panels * (strip + 1) / j->strips);
    }
}

void ln_q8_product_run(const ln_cpu_kernel *k, const ln_q8_product *p, const ln_q8_run *run)
{
    const size_t threads = (size_t)k->threads;
    job j = {k, p, run, (p->m + p->rows - 1) / p->rows, 1};
    const double work = (double)p->m * (double)(p->groups * p->n) * (double)(p->k + OUTPUT_COST);
    ln_pool *pool = work < SMALL ? NULL : k->pool;
    if (pool && j.blocks * p->groups < threads)
        j.strips = LN_MAX(LN_MIN(p->panels, 2 * threads / (j.blocks * p->groups)), (size_t)1);
    ln_parallel_for(pool, j.blocks * j.strips * p->groups, 1, run_items, &j);
}
