/* SPDX-License-Identifier: Apache-2.0 */
/* batch_matmul_q8.c: BATCH_MATMUL of int8.  The reference is ops/batch_matmul.c.
 *
 * Each run packs all of y, then the pairs of matrices are the groups of an 8-bit product. */
#include <string.h>

#include "base/checked.h"
#include "cpu/pairs.h"
#include "cpu/product_q8.h"

extern const ln_op ln_op_batch_matmul;

enum { X, Y };
/* Memory for y that a product is worth; larger ones stay with the reference. */
enum { MOST_BYTES = 64 * 1024 * 1024 };

static const ln_q8_roles roles = {.x = X, .w = Y, .b = 2};

typedef struct plan {
    ln_cpu_pairs pairs;
    ln_q8_product product;
    size_t panels_at, columns_at; /* in the scratch memory, of all groups */
    size_t rows_at, row_bytes;    /* each thread's, where y is transposed */
} plan;

static bool is_int8(const TfLiteTensor *t)
{
    return t->type == kTfLiteInt8 && t->params.scale > 0;
}

/* Scales per channel count as none in TFLite: the reference knows what comes of that. */
static bool claims(const ln_call *c)
{
    if (!c->params || !ln_has(c, X) || !ln_has(c, Y) || !is_int8(c->in[X]) || !is_int8(c->in[Y]) ||
        !is_int8(c->out[0]))
        return false;
    const TfLiteAffineQuantization *q = c->in[Y]->quantization.params;
    return c->in[Y]->quantization.type == kTfLiteAffineQuantization && q && q->scale->size == 1;
}

static ln_status plan_tail(ln_cpu_kernel *k, const ln_call *c, ln_q8_product *p)
{
    const float product = ln_channel_scale(c->in[X], 0) * ln_channel_scale(c->in[Y], 0);
    ln_requant q[LN_Q8_MAX_NR];
    for (int i = 0; i < LN_Q8_MAX_NR; i++)
        q[i] = (ln_requant){
            .m = ln_quantize_multiplier((double)product / (double)ln_channel_scale(c->out[0], 0)),
            .zero = ln_channel_zero(c->out[0], 0),
            .min = INT8_MIN,
            .max = INT8_MAX,
        };
    ln_q8_tail_choose(&p->tail, k->fn, q, LN_Q8_MAX_NR, false, LN_Q8_MAX_NR);
    void *to = ln_cpu_pack(k, ln_q8_tail_bytes(&p->tail), NULL);
    if (!to)
        return LN_ERR_MEMORY;
    memset(to, 0, ln_q8_tail_bytes(&p->tail));
    ln_q8_tail_place(&p->tail, to, q, c->out[0]);
    ln_q8_tail_fill(&p->tail, 0, q, LN_Q8_MAX_NR);
    return LN_OK;
}

/* Takes `count` times `each` bytes of the scratch memory. */
static bool take(ln_cpu_kernel *k, size_t count, size_t each, size_t *at)
{
    size_t bytes;
    return ln_align_size(k->scratch_bytes, 64, at) && ln_mul_size(count, each, &bytes) &&
           bytes <= MOST_BYTES && ln_add_size(*at, bytes, &k->scratch_bytes);
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    ln_q8_product *q = &p->product;
    const size_t nr = (size_t)k->fn->gemm_q8.nr;
    size_t columns;
    if (ln_count(c->out[0]) == 0)
        return LN_ERR_UNSUPPORTED;
    ln_cpu_pairs_read(c, &p->pairs);
    if (p->pairs.adj_x || (size_t)ln_shape_count(&p->pairs.x, 0, p->pairs.x.rank) != p->pairs.count)
        return LN_ERR_UNSUPPORTED;
    *q = (ln_q8_product){.m = p->pairs.m,
                         .n = p->pairs.n,
                         .k = p->pairs.k,
                         .groups = p->pairs.count,
                         .uniform = true};
    LN_TRY(ln_q8_product_shape(k, c, &roles, q));
    p->row_bytes = p->pairs.adj_y ? 0 : p->pairs.n * p->pairs.k;
    if (!ln_mul_size(q->panels * nr, q->groups, &columns) ||
        !take(k, columns, q->depth, &p->panels_at) ||
        !take(k, columns, sizeof(int32_t), &p->columns_at) ||
        !take(k, (size_t)LN_MAX(k->threads, 1), p->row_bytes, &p->rows_at))
        return LN_ERR_UNSUPPORTED;
    return plan_tail(k, c, q);
}

typedef struct job {
    const ln_cpu_kernel *k;
    const plan *p;
    const uint8_t *y;
} job;

static void pack_items(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const plan *p = j->p;
    const ln_gemm_q8 *g = &j->k->fn->gemm_q8;
    const size_t columns = p->product.panels * (size_t)g->nr, bytes = p->pairs.n * p->pairs.k;
    uint8_t *scratch = j->k->scratch, *rows = scratch + p->rows_at + (size_t)thread * p->row_bytes;
    for (size_t i = begin; i < end; i++) {
        const uint8_t *y = j->y + ln_cpu_pairs_matrix(&p->pairs, &p->pairs.y, i) * bytes;
        if (!p->pairs.adj_y) {
            ln_cpu_transpose_bytes(rows, y, p->pairs.k, p->pairs.n);
            y = rows;
        }
        ln_q8_product_pack(&p->product, y, 0, NULL,
                           (int8_t *)scratch + p->panels_at + i * columns * p->product.depth,
                           (int32_t *)(void *)(scratch + p->columns_at) + i * columns);
    }
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    uint8_t *scratch = k->scratch;
    job j = {k, p, c->in[Y]->data.uint8};
    ln_q8_product q = p->product;
    q.packed = (int8_t *)scratch + p->panels_at;
    q.column = (int32_t *)(void *)(scratch + p->columns_at);
    ln_parallel_for(k->pool, p->pairs.count, 1, pack_items, &j);
    ln_q8_product_run(k, &q,
                      &(ln_q8_run){.x = c->in[X]->data.uint8,
                                   .ldx = q.k,
                                   .group_x = q.m * q.k,
                                   .y = c->out[0]->data.raw,
                                   .ldy = q.n});
}

const ln_cpu_row ln_cpu_batch_matmul_q8 = {
    .op = &ln_op_batch_matmul,
    .name = "BATCH_MATMUL int8",
    .plan_size = sizeof(plan),
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
