/* SPDX-License-Identifier: Apache-2.0 */
/* batch_matmul_hybrid.c: BATCH_MATMUL of float rows and constant matrices of int8: one for all
 * rows, or one for each matrix of rows.  The reference is ops/batch_matmul.c. */
#include "base/checked.h"
#include "cpu/pairs.h"
#include "cpu/product_hybrid.h"

extern const ln_op ln_op_batch_matmul;

enum { X, Y };

static bool claims(const ln_call *c)
{
    return c->params && ln_cpu_hybrid_claims(c, kTfLiteActNone, kTfLiteAffineQuantization) &&
           c->in[Y]->type == kTfLiteInt8;
}

/* With several leading dimensions TFLite takes scales of other rows for some, and the reference
 * follows it. */
static bool is_list(const ln_shape *leading)
{
    int n = 0;
    for (int i = 0; i < leading->rank; i++)
        n += leading->dim[i] != 1;
    return n <= 1;
}

static bool has_one_scale(const TfLiteTensor *t)
{
    const TfLiteAffineQuantization *q = t->quantization.params;
    return q && q->scale && q->scale->size == 1;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    const TfLiteBatchMatMulParams *params = c->params;
    ln_cpu_hybrid *p = k->plan;
    ln_cpu_pairs pairs;
    if (ln_count(c->out[0]) == 0)
        return LN_ERR_UNSUPPORTED;
    ln_cpu_pairs_read(c, &pairs);
    const size_t xs = (size_t)ln_shape_count(&pairs.x, 0, pairs.x.rank);
    const size_t ys = (size_t)ln_shape_count(&pairs.y, 0, pairs.y.rank);
    p->apart = ys > 1;
    if (pairs.adj_x || !is_list(&pairs.x) || !is_list(&pairs.y) ||
        (p->apart && (xs != pairs.count || ys != xs || !has_one_scale(c->in[Y]))) ||
        !ln_mul_size(pairs.n, ys, &p->n))
        return LN_ERR_UNSUPPORTED;
    p->k = pairs.k;
    p->groups = ys;
    p->transposed = !pairs.adj_y;
    p->asymmetric = params->asymmetric_quantize_inputs;
    p->product.m = p->apart ? pairs.m : pairs.count * pairs.m;
    return ln_cpu_hybrid_plan(k, c, kTfLiteActNone, p);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    ln_cpu_hybrid_run(k, c, k->plan);
}

const ln_cpu_row ln_cpu_batch_matmul_hybrid = {
    .op = &ln_op_batch_matmul,
    .name = "BATCH_MATMUL dynamic range",
    .plan_size = sizeof(ln_cpu_hybrid),
    .traits = LN_CPU_TAIL,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
