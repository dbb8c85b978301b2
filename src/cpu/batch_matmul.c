/* SPDX-License-Identifier: Apache-2.0 */
/* batch_matmul.c: BATCH_MATMUL in float32.  The reference is ops/batch_matmul.c.
 *
 * Each item of work is some rows of one result: it packs its y, unless that is constant, into
 * memory of its thread, and multiplies panel by panel as product.c does. */
#include <math.h>

#include "base/checked.h"
#include "cpu/pairs.h"
#include "cpu/product.h"

extern const ln_op ln_op_batch_matmul;

enum { X, Y };
/* Multiplications that are done before another thread woke; an item is at least a part of them. */
enum { SMALL = 256 * 1024 };

typedef struct plan {
    ln_cpu_pairs pairs;
    size_t parts;   /* runs of rows that each result is cut into */
    size_t panels;  /* floats of one packed y */
    size_t rows;    /* floats of one x, where it is transposed */
    bool fixed;     /* all of y is packed */
    bool alone;     /* too little for several threads */
    size_t scratch; /* floats of each thread: panels, rows */
} plan;

static bool claims(const ln_call *c)
{
    return c->params && ln_has(c, X) && ln_has(c, Y) && c->in[X]->type == kTfLiteFloat32 &&
           c->in[Y]->type == kTfLiteFloat32 && c->out[0]->type == kTfLiteFloat32;
}

/* ---- planning ---- */

static void pack_y(const ln_cpu_kernel *k, const ln_cpu_pairs *p, const float *y, float *to)
{
    ln_cpu_pack_columns(NULL, &k->fn->gemm, to,
                        &(ln_cpu_columns){.at = y,
                                          .n = p->n,
                                          .k = p->k,
                                          .step = p->adj_y ? 1 : p->n,
                                          .column = p->adj_y ? p->k : 1});
}

static ln_status pack_all(ln_cpu_kernel *k, const ln_call *c, plan *p)
{
    const TfLiteTensor *y = c->in[Y];
    const size_t count = (size_t)ln_shape_count(&p->pairs.y, 0, p->pairs.y.rank);
    size_t bytes;
    if (ln_cpu_is_packed(k, y))
        return LN_OK;
    if (!ln_mul_size(count, p->panels, &bytes) || !ln_mul_size(bytes, sizeof(float), &bytes))
        return LN_ERR_UNSUPPORTED;
    float *to = ln_cpu_pack_cached(k, bytes, y->data.raw, 0);
    if (!to)
        LN_FAIL(c, LN_ERR_MEMORY, "no memory for %zu bytes of packed matrices", bytes);
    for (size_t i = 0; i < count && !k->filled; i++)
        pack_y(k, &p->pairs, y->data.f + i * p->pairs.n * p->pairs.k, to + i * p->panels);
    return LN_OK;
}

/* One result is cut where there are too few of them for the threads. */
static void cut(ln_cpu_kernel *k, plan *p)
{
    const size_t threads = (size_t)LN_MAX(k->threads, 1), mr = k->fn->gemm.mr;
    k->work = (double)p->pairs.m * (double)p->pairs.n * (double)p->pairs.k * (double)p->pairs.count;
    p->alone = threads == 1 || k->work < (double)ln_cpu_small(k, SMALL);
    p->parts = 1;
    if (!p->alone && p->pairs.count < 2 * threads)
        p->parts = LN_MAX(LN_MIN(2 * threads / p->pairs.count, p->pairs.m / (2 * mr)), (size_t)1);
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    size_t all;
    if (ln_count(c->out[0]) == 0)
        return LN_ERR_UNSUPPORTED;
    ln_cpu_pairs_read(c, &p->pairs);
    if (p->pairs.k == 0 ||
        !ln_cpu_packed_floats(&k->fn->gemm, p->pairs.n, p->pairs.k, &p->panels) ||
        !ln_align_size(p->panels, 16, &p->panels) ||
        (p->pairs.adj_x && !ln_mul_size(p->pairs.m, p->pairs.k, &p->rows)))
        return LN_ERR_UNSUPPORTED;
    if (!p->pairs.adj_x)
        p->rows = 0;
    cut(k, p);
    p->fixed = ln_known(c, Y) && c->in[Y]->data.raw;
    if (p->fixed)
        LN_TRY(pack_all(k, c, p));
    if (!ln_add_size(p->fixed ? 0 : p->panels, p->rows, &p->scratch) ||
        !ln_align_size(p->scratch, 16, &p->scratch) ||
        !ln_mul_size(p->scratch, (size_t)LN_MAX(k->threads, 1), &all) ||
        !ln_mul_size(all, sizeof(float), &k->scratch_bytes))
        return LN_ERR_UNSUPPORTED;
    return LN_OK;
}

/* ---- running ---- */

typedef struct job {
    const ln_cpu_kernel *k;
    const plan *p;
    const float *x, *y;
    float *z;
} job;

/* Rows [first, first + count) of result `pair`, whose x begins at `x`. */
static void run_rows(const job *j, size_t pair, size_t first, size_t count, const float *x,
                     const float *b, int thread)
{
    static const ptrdiff_t no_offset[1];
    const ln_cpu_pairs *p = &j->p->pairs;
    const ln_gemm_a a = {
        .at = x + first * p->k, .ld = p->k, .offsets = no_offset, .pieces = 1, .length = p->k};
    const size_t row = pair * p->m + first;
    const ln_gemm_c c = {.at = j->z + row * p->n, .ld = p->n, .min = -INFINITY, .max = INFINITY};
    ln_cpu_multiply(&j->k->fn->gemm, &c, &a, b, count, p->n);
    ln_cpu_tail_run(j->k, &(ln_cpu_block){.row = row, .rows = count, .cols = p->n, .ld = p->n},
                    thread);
}

static void run_item(const job *j, size_t item, int thread)
{
    const plan *p = j->p;
    const ln_cpu_pairs *m = &p->pairs;
    const size_t pair = item / p->parts, part = item % p->parts;
    const size_t begin = m->m * part / p->parts, end = m->m * (part + 1) / p->parts;
    const size_t fits = ln_cpu_cache_bytes(2) / 2 / ((m->n + m->k) * sizeof(float));
    const size_t step = LN_MAX(fits / j->k->fn->gemm.mr, (size_t)1) * j->k->fn->gemm.mr;
    const float *x = j->x + ln_cpu_pairs_matrix(m, &m->x, pair) * m->m * m->k;
    const size_t y = ln_cpu_pairs_matrix(m, &m->y, pair);
    float *scratch = p->scratch > 0 ? (float *)j->k->scratch + (size_t)thread * p->scratch : NULL;
    const float *b = scratch;
    if (p->fixed)
        b = (const float *)j->k->packed + y * p->panels;
    else
        pack_y(j->k, m, j->y + y * m->n * m->k, scratch);
    if (m->adj_x) {
        float *rows = scratch + (p->fixed ? 0 : p->panels);
        ln_cpu_transpose_floats(rows, x, m->k, m->m);
        x = rows;
    }
    for (size_t row = begin; row < end; row += step)
        run_rows(j, pair, row, LN_MIN(step, end - row), x, b, thread);
}

static void run_items(void *arg, size_t begin, size_t end, int thread)
{
    for (size_t i = begin; i < end; i++)
        run_item(arg, i, thread);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    job j = {k, p, c->in[X]->data.f, c->in[Y]->data.f, c->out[0]->data.f};
    ln_parallel_for(p->alone ? NULL : k->pool, p->pairs.count * p->parts, 1, run_items, &j);
}

const ln_cpu_row ln_cpu_batch_matmul = {
    .op = &ln_op_batch_matmul,
    .name = "BATCH_MATMUL float32",
    .plan_size = sizeof(plan),
    .traits = LN_CPU_TAIL,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
