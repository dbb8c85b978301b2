/* SPDX-License-Identifier: Apache-2.0 */
/* product.c: matrix products over several threads.  Work is cut into blocks of rows and, where
 * there are fewer of these than threads, runs of panels; no sum is ever cut. */
#include "cpu/product.h"

#include "base/checked.h"

/* ---- weights ---- */

size_t ln_cpu_weights_stride(const ln_cpu_weights *weights)
{
    return ln_gemm_panels(weights->n / weights->groups) * LN_GEMM_NR * weights->k;
}

static bool packed_bytes(const ln_cpu_weights *w, size_t *bytes)
{
    size_t floats;
    return ln_mul_size(ln_gemm_panels(w->n / w->groups) * LN_GEMM_NR, w->k, &floats) &&
           ln_mul_size(floats, w->groups, &floats) && ln_mul_size(floats, sizeof(float), bytes);
}

static void pack(float *to, const float *w, const ln_cpu_weights *weights)
{
    const size_t n = weights->n / weights->groups;
    for (size_t g = 0; g < weights->groups; g++, w += n * weights->k)
        for (size_t p = 0; p < ln_gemm_panels(n); p++, to += LN_GEMM_NR * weights->k)
            ln_gemm_pack_f32(to, w, n, weights->k, p);
}

ln_status ln_cpu_weights_plan(ln_cpu_kernel *k, const ln_call *c, int w, ln_cpu_weights *weights)
{
    const TfLiteTensor *t = c->in[w];
    size_t bytes;
    if (!packed_bytes(weights, &bytes))
        LN_FAIL(c, LN_ERR_MEMORY, "the packed weights are too large");
    weights->fixed = ln_known(c, w) && t->data.raw;
    if (!weights->fixed)
        return ln_align_size(bytes, 64, &bytes) &&
                       ln_add_size(k->scratch_bytes, bytes, &k->scratch_bytes)
                   ? LN_OK
                   : LN_ERR_MEMORY;
    /* the model's own constants never change; folded ones may be new at the same address */
    if (k->packed && k->packed_of == t->data.raw && t->allocation_type == kTfLiteMmapRo)
        return LN_OK;
    float *to = ln_cpu_pack(k, bytes, t->data.raw);
    if (!to)
        LN_FAIL(c, LN_ERR_MEMORY, "no memory for %zu bytes of packed weights", bytes);
    pack(to, t->data.f, weights);
    return LN_OK;
}

const float *ln_cpu_weights_get(const ln_cpu_kernel *k, const ln_call *c, int w,
                                const ln_cpu_weights *weights)
{
    if (weights->fixed)
        return k->packed;
    pack(k->scratch, c->in[w]->data.f, weights);
    return k->scratch;
}

/* ---- products ---- */

typedef struct job {
    const ln_cpu_product *p;
    size_t strips; /* runs of panels that a block of rows is cut into */
} job;

static void run_item(const job *j, size_t item, int thread)
{
    const ln_cpu_product *p = j->p;
    const size_t block = item / j->strips, strip = item % j->strips;
    const size_t from = block * p->rows, rows = LN_MIN(p->rows, p->m - from);
    const size_t panels = ln_gemm_panels(p->n);
    const size_t first = panels * strip / j->strips, last = panels * (strip + 1) / j->strips;
    const float *a = p->a + from * p->lda;
    size_t lda = p->lda;
    if (p->gather) {
        float *to = p->buffers + (size_t)thread * p->rows * p->k;
        p->gather(p->user, from, rows, to);
        a = to;
        lda = p->k;
    }
    for (size_t i = first; i < last; i++) {
        const size_t column = i * LN_GEMM_NR;
        ln_gemm_tail tail = p->tail;
        if (tail.bias)
            tail.bias += column;
        ln_gemm_f32(p->c + from * p->ldc + column, p->ldc, a, lda, p->b + column * p->k, rows,
                    LN_MIN((size_t)LN_GEMM_NR, p->n - column), p->k, &tail);
    }
}

static void run_items(void *arg, size_t begin, size_t end, int thread)
{
    for (size_t i = begin; i < end; i++)
        run_item(arg, i, thread);
}

void ln_cpu_product_run(const ln_cpu_kernel *k, const ln_cpu_product *p)
{
    const size_t blocks = (p->m + p->rows - 1) / p->rows, panels = ln_gemm_panels(p->n);
    job j = {p, 1};
    /* gathering costs too much to be done once per strip */
    if (!p->gather && blocks < (size_t)k->threads)
        j.strips = LN_MAX(LN_MIN(panels, (size_t)k->threads), (size_t)1);
    if (p->m == 0 || p->n == 0)
        return;
    ln_parallel_for(k->pool, blocks * j.strips, 1, run_items, &j);
}
