/* SPDX-License-Identifier: Apache-2.0 */
/* l2_normalization.c: L2_NORMALIZATION of float32, int8 and uint8, and
 * LOCAL_RESPONSE_NORMALIZATION, row by row.  The references are ops/l2_normalization.c and
 * ops/lrn.c. */
#include "base/checked.h"
#include "cpu/row.h"
#include "ops/qmath.h"

extern const ln_op ln_op_l2_normalization, ln_op_local_response_normalization;

enum { ITEM_VALUES = 8 * 1024 /* below which no other thread is worth waking */ };

typedef struct plan {
    size_t rows, n;
    bool floats;
    uint8_t flip;
    int32_t zero;
    ln_norm_lrn lrn;
    size_t thread_bytes; /* of scratch memory */
} plan;

static bool claims_l2(const ln_call *c)
{
    const TfLiteType t = c->in[0] ? c->in[0]->type : kTfLiteNoType;
    return t == c->out[0]->type && (t == kTfLiteFloat32 || t == kTfLiteInt8 || t == kTfLiteUInt8);
}

static void plan_rows(plan *p, const ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    p->n = (size_t)s.dim[s.rank - 1];
    p->rows = p->n > 0 ? (size_t)ln_count(c->in[0]) / p->n : 0;
}

static ln_status plan_l2(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    plan_rows(p, c);
    p->floats = c->in[0]->type == kTfLiteFloat32;
    p->flip = c->in[0]->type == kTfLiteInt8 ? 128 : 0;
    p->zero = p->floats ? 0 : ln_channel_zero(c->in[0], 0) + p->flip;
    return LN_OK;
}

typedef struct job {
    const plan *p;
    const ln_norm_kernels *fn;
    const TfLiteTensor *x;
    TfLiteTensor *y;
    char *scratch;
} job;

/* The reference brings the output's scale, 1/128, in by the shift for int8 and by a factor of 128
 * for uint8. */
static void l2_row_8(const job *j, size_t at)
{
    const plan *p = j->p;
    const uint8_t *x = j->x->data.uint8 + at;
    const ln_mult m = ln_inv_sqrt_multiplier(j->fn->squares_8(x, p->n, p->flip, p->zero));
    const int shift = p->flip > 0 ? m.shift + 7 : m.shift;
    const ln_elt_fixed f = {m.mul, LN_MAX(shift, 0) + (p->flip > 0 ? 0 : 7), LN_MAX(-shift, 0)};
    j->fn->l2_8(j->y->data.uint8 + at, x, p->n, p->flip, p->zero, &f);
}

static void run_l2_rows(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const plan *p = j->p;
    (void)thread;
    for (size_t at = begin * p->n; at < end * p->n; at += p->n) {
        if (p->floats)
            j->fn->l2_f32(j->y->data.f + at, j->x->data.f + at, p->n);
        else
            l2_row_8(j, at);
    }
}

static void share(const ln_cpu_kernel *k, const ln_call *c, ln_range_fn fn)
{
    const plan *p = k->plan;
    job j = {p, &k->fn->norm, c->in[0], c->out[0], k->scratch};
    const size_t least = ITEM_VALUES / LN_MAX(p->n, (size_t)1) + 1;
    ln_parallel_for(k->pool, p->rows, LN_MAX(least, p->rows / (4 * (size_t)k->threads)), fn, &j);
}

static void run_l2(const ln_cpu_kernel *k, const ln_call *c)
{
    share(k, c, run_l2_rows);
}

/* ---- over a window ---- */

/* Powers are taken by logarithms, so the base must not be negative. */
static bool claims_lrn(const ln_call *c)
{
    const TfLiteLocalResponseNormParams *params = c->params;
    return params && params->radius >= 0 && params->beta != 0 && params->alpha >= 0 &&
           params->bias > 0 && c->in[0] && c->in[0]->type == kTfLiteFloat32;
}

static ln_status plan_lrn(ln_cpu_kernel *k, const ln_call *c)
{
    const TfLiteLocalResponseNormParams *params = c->params;
    plan *p = k->plan;
    plan_rows(p, c);
    p->lrn = (ln_norm_lrn){LN_MIN((size_t)params->radius, p->n), params->bias, params->alpha,
                           params->beta};
    return ln_mul_size(p->n + 2 * p->lrn.radius, sizeof(float), &p->thread_bytes) &&
                   ln_align_size(p->thread_bytes, 64, &p->thread_bytes) &&
                   ln_mul_size(p->thread_bytes, (size_t)k->threads, &k->scratch_bytes)
               ? LN_OK
               : LN_ERR_MEMORY;
}

static void run_lrn_rows(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const plan *p = j->p;
    float *squares = (float *)(void *)(j->scratch + (size_t)thread * p->thread_bytes);
    for (size_t at = begin * p->n; at < end * p->n; at += p->n)
        j->fn->lrn_f32(j->y->data.f + at, j->x->data.f + at, p->n, squares, &p->lrn);
}

static void run_lrn(const ln_cpu_kernel *k, const ln_call *c)
{
    share(k, c, run_lrn_rows);
}

const ln_cpu_row ln_cpu_l2_normalization = {
    .op = &ln_op_l2_normalization,
    .plan_size = sizeof(plan),
    .traits = LN_CPU_IN_PLACE,
    .claims = claims_l2,
    .plan = plan_l2,
    .run = run_l2,
};

const ln_cpu_row ln_cpu_local_response_normalization = {
    .op = &ln_op_local_response_normalization,
    .plan_size = sizeof(plan),
    .traits = LN_CPU_IN_PLACE,
    .claims = claims_lrn,
    .plan = plan_lrn,
    .run = run_lrn,
};
