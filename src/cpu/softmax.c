/* SPDX-License-Identifier: Apache-2.0 */
/* softmax.c: SOFTMAX and LOG_SOFTMAX of float32, int8 and uint8, SOFTMAX of int16, row by row.  The
 * references are ops/softmax.c and ops/log_softmax.c, whose tables are made once here. */
#include <math.h>

#include "base/checked.h"
#include "cpu/row.h"
#include "ops/softmax_scale.h"

extern const ln_op ln_op_softmax, ln_op_log_softmax;

enum { ITEM_VALUES = 4 * 1024 /* below which no other thread is worth waking */ };

typedef struct plan {
    size_t rows, n;
    float beta;
    TfLiteType type;
    bool log;
    /* 8 bits: exponentials by 255 less the difference; LOG_SOFTMAX: differences in fixed point */
    int32_t exps[256], diffs[256];
    ln_softmax_scale scale;
    ln_mult reverse;     /* LOG_SOFTMAX: from fixed point to differences */
    size_t thread_bytes; /* of scratch memory */
    /* 16 bits */
    ln_mult step;
    ln_softmax_tables tables;
} plan;

static bool is_8(TfLiteType t)
{
    return t == kTfLiteInt8 || t == kTfLiteUInt8;
}

static bool claims(const ln_call *c)
{
    const TfLiteType t = c->in[0] ? c->in[0]->type : kTfLiteNoType;
    return c->params && c->out[0]->type == t &&
           (t == kTfLiteFloat32 || is_8(t) || t == kTfLiteInt16);
}

static bool claims_log(const ln_call *c)
{
    const TfLiteType t = c->in[0] ? c->in[0]->type : kTfLiteNoType;
    return c->out[0]->type == t && (t == kTfLiteFloat32 || is_8(t));
}

static void plan_tables(plan *p, const TfLiteTensor *x)
{
    p->scale = ln_softmax_scale_for((double)p->beta, x);
    p->reverse = ln_quantize_multiplier(ldexp(1, 31 - p->scale.m.shift) / (double)p->scale.m.mul);
    for (int d = 0; d < 256; d++) {
        p->diffs[d] = ln_mul_q(-d, p->scale.m);
        p->exps[255 - d] =
            -d < p->scale.diff_min ? 0 : ln_fx_exp_on_negative(p->diffs[d], LN_SOFTMAX_BITS);
    }
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    const TfLiteTensor *x = c->in[0];
    const ln_shape s = ln_shape_of(x);
    const TfLiteSoftmaxParams *params = c->params;
    p->n = (size_t)s.dim[s.rank - 1];
    p->rows = p->n > 0 ? (size_t)ln_count(x) / p->n : 0;
    p->type = x->type;
    p->log = k->nodes[0].op == &ln_op_log_softmax;
    p->beta = p->log ? 1 : params->beta;
    if (x->type == kTfLiteInt16) {
        ln_softmax_tables_fill(&p->tables);
        p->step = ln_softmax_step((double)p->beta, x);
    }
    if (!is_8(x->type))
        return LN_OK;
    plan_tables(p, x);
    return ln_mul_size(p->n, sizeof(int32_t), &p->thread_bytes) &&
                   ln_align_size(p->thread_bytes, 64, &p->thread_bytes) &&
                   ln_mul_size(p->thread_bytes, (size_t)k->threads, &k->scratch_bytes)
               ? LN_OK
               : LN_ERR_MEMORY;
}

typedef struct job {
    const plan *p;
    const ln_kernels *fn;
    const TfLiteTensor *x;
    TfLiteTensor *y;
    char *scratch;
} job;

/* One row whose differences to its largest value `max` are logarithms once that of their sum is
 * taken off. */
static void log_8(const plan *p, uint8_t *y, const uint8_t *x, uint8_t flip, uint8_t max,
                  int32_t sum)
{
    enum { Y_BITS = 4 }; /* integer bits of the output */
    const int32_t log_sum = ln_softmax_log(sum);
    const int32_t reach = ln_mul_q(ln_wrap_add(log_sum, INT32_MIN), p->reverse);
    const int32_t least = LN_MAX(p->scale.diff_min - 1, reach);
    for (size_t i = 0; i < p->n; i++) {
        const int d = max - (x[i] ^ flip);
        const int32_t q = (int32_t)((uint32_t)p->diffs[d] - (uint32_t)log_sum);
        const int32_t v =
            ln_wrap_add(ln_rounding_divide_by_pot(q, 31 - LN_SOFTMAX_BITS - Y_BITS), UINT8_MAX);
        y[i] = (uint8_t)((-d <= least ? 0 : ln_clamp(v, 0, UINT8_MAX)) ^ flip);
    }
}

/* NULL: a library for given models does without. */
static void (*const log_row_8)(const plan *, uint8_t *, const uint8_t *, uint8_t, uint8_t,
                               int32_t) = LN_KEEP(log_softmax, log_8);

static void row_8(const job *j, size_t at, int thread)
{
    enum { BITS = 8 };
    const plan *p = j->p;
    const uint8_t *x = j->x->data.uint8 + at, flip = p->type == kTfLiteInt8 ? 128 : 0;
    uint8_t *y = j->y->data.uint8 + at;
    int32_t *e = (int32_t *)(void *)(j->scratch + (size_t)thread * p->thread_bytes);
    const int32_t sum = j->fn->softmax.exps_8(e, x, p->n, flip, p->exps);
    int over;
    if (p->log) {
        log_row_8(p, y, x, flip, j->fn->reduce.max_8(x, p->n, flip), sum);
        return;
    }
    const int32_t scale = ln_fx_reciprocal(sum, LN_SOFTMAX_SUM_BITS, &over);
    j->fn->softmax.scale_8(y, e, p->n, scale, LN_MAX(0, LN_MIN(over + 31 - BITS, 31)), flip);
}

static void run_rows(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const plan *p = j->p;
    if (p->type == kTfLiteFloat32 && !p->log) {
        j->fn->softmax.f32(j->y->data.f + begin * p->n, j->x->data.f + begin * p->n, end - begin,
                           p->n, p->beta);
        return;
    }
    for (size_t at = begin * p->n; at < end * p->n; at += p->n) {
        if (is_8(p->type))
            row_8(j, at, thread);
        else if (p->type == kTfLiteInt16)
            ln_softmax_row_16(j->y->data.i16 + at, j->x->data.i16 + at, (int)p->n, p->step,
                              &p->tables);
        else
            j->fn->softmax.log_f32(j->y->data.f + at, j->x->data.f + at, p->n);
    }
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    job j = {p, k->fn, c->in[0], c->out[0], k->scratch};
    const size_t least = ITEM_VALUES / LN_MAX(p->n, (size_t)1) + 1;
    const size_t grain = LN_MAX(least, p->rows / (4 * (size_t)k->threads));
    ln_parallel_for(k->pool, p->rows, grain, run_rows, &j);
}

const ln_cpu_row ln_cpu_softmax = {
    .op = &ln_op_softmax,
    .plan_size = sizeof(plan),
    .traits = LN_CPU_IN_PLACE,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};

const ln_cpu_row ln_cpu_log_softmax = {
    .op = &ln_op_log_softmax,
    .plan_size = sizeof(plan),
    .traits = LN_CPU_IN_PLACE,
    .claims = claims_log,
    .plan = make_plan,
    .run = run,
};
