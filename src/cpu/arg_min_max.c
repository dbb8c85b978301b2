/* SPDX-License-Identifier: Apache-2.0 */
/* arg_min_max.c: ARG_MAX and ARG_MIN of float32, int8 and uint8.  The reference is
 * ops/arg_min_max.c. */
#include "base/checked.h"
#include "cpu/row.h"

extern const ln_op ln_op_arg_max, ln_op_arg_min;

enum { X, AXIS };
enum {
    ITEM_VALUES = 32 * 1024, /* of x, below which no other thread is worth waking */
    BLOCK = 256,             /* positions at a time, where they become int64 */
};

typedef struct plan {
    size_t outer, n, inner; /* x is [outer, n, inner] */
    int kind;
    bool floats, wide; /* of x; of y: int64 */
    uint8_t flip;
} plan;

static bool claims(const ln_call *c)
{
    const TfLiteType t = c->n_in == 2 && c->in[X] && c->in[AXIS] ? c->in[X]->type : kTfLiteNoType;
    return (t == kTfLiteFloat32 || t == kTfLiteInt8 || t == kTfLiteUInt8) && ln_known(c, AXIS);
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_call call = *c;
    int axis, count;
    LN_TRY(ln_read_ints(&call, AXIS, 1, &axis, &count));
    LN_TRY(ln_axis(&call, axis, x.rank, &axis));
    p->outer = (size_t)ln_shape_count(&x, 0, axis);
    p->n = (size_t)x.dim[axis];
    p->inner = (size_t)ln_shape_count(&x, axis + 1, x.rank);
    p->kind = k->nodes[0].op == &ln_op_arg_max ? LN_ARG_MAX : LN_ARG_MIN;
    p->floats = c->in[X]->type == kTfLiteFloat32;
    p->wide = c->made[0].type == kTfLiteInt64;
    p->flip = c->in[X]->type == kTfLiteInt8 ? 128 : 0;
    if (p->kind == LN_ARG_MIN)
        p->flip = (uint8_t)(255 - p->flip);
    return LN_OK;
}

typedef struct job {
    const plan *p;
    const ln_arg_kernels *fn;
    const TfLiteTensor *x;
    TfLiteTensor *y;
} job;

/* Positions [first, first + count) of y within one outer index, or of rows where inner is 1. */
static void find(const job *j, size_t first, size_t count, int32_t *to)
{
    const plan *p = j->p;
    const size_t outer = first / p->inner, column = first % p->inner;
    const size_t at = outer * p->n * p->inner + column;
    if (p->inner == 1 && p->floats)
        for (size_t i = 0; i < count; i++)
            to[i] = j->fn->row_f32[p->kind](j->x->data.f + (first + i) * p->n, p->n);
    else if (p->inner == 1)
        j->fn->rows_8(to, j->x->data.uint8 + at, count, p->n, p->flip);
    else if (p->floats)
        j->fn->columns_f32[p->kind](to, j->x->data.f + at, p->inner, p->n, count);
    else
        j->fn->columns_8(to, j->x->data.uint8 + at, p->inner, p->n, count, p->flip);
}

static void run_range(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const plan *p = j->p;
    int32_t block[BLOCK];
    (void)thread;
    for (size_t at = begin, n; at < end; at += n) {
        n = LN_MIN(end - at, (size_t)BLOCK);
        if (p->inner > 1)
            n = LN_MIN(n, p->inner - at % p->inner);
        if (!p->wide) {
            find(j, at, n, j->y->data.i32 + at);
            continue;
        }
        find(j, at, n, block);
        for (size_t i = 0; i < n; i++)
            j->y->data.i64[at + i] = block[i];
    }
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    job j = {p, &k->fn->arg, c->in[X], c->out[0]};
    const size_t outputs = p->outer * p->inner, least = ITEM_VALUES / p->n + 1;
    ln_parallel_for(k->pool, outputs, LN_MAX(least, outputs / (4 * (size_t)k->threads)), run_range,
                    &j);
}

#define ARG(lower)                      \
    const ln_cpu_row ln_cpu_##lower = { \
        .op = &ln_op_##lower,           \
        .plan_size = sizeof(plan),      \
        .claims = claims,               \
        .plan = make_plan,              \
        .run = run,                     \
    };
ARG(arg_max)
ARG(arg_min)
