/* SPDX-License-Identifier: Apache-2.0 */
/* concatenation.c: CONCATENATION as copies that threads share; uint8 inputs with another scale than
 * the output's go by a table, which the reference, ops/concatenation.c, fills in. */
#include <string.h>

#include "base/checked.h"
#include "cpu/eltwise.h"
#include "cpu/row.h"
#include "ops/move.h"

extern const ln_op ln_op_concatenation;

/* Bytes of output, below which no other thread is worth waking. */
enum { LEAST_BYTES = 64 * 1024 };

/* What an input gives to each of the output's runs. */
typedef struct part {
    size_t at, bytes; /* from the start of the run */
    bool by_table;
    uint8_t table[LN_STEP_BYTES];
} part;

typedef struct plan {
    size_t outer, run; /* runs, and bytes of one */
} plan;

/* Where inputs lie one behind the other, each aligned as tensors are, the runtime has them made in
 * their places. */
static bool made_in_place(const ln_call *c)
{
    const size_t size = ln_type_size(c->in[0]->type);
    bool aligned = ln_op_concatenation.whole(c) == LN_WHOLE_OUTPUT;
    for (int i = 0; aligned && i + 1 < c->n_in; i++) {
        const ln_shape x = ln_shape_of(c->in[i]);
        aligned = ln_shape_known(&x) && (size_t)ln_count(c->in[i]) * size % LN_PART_ALIGN == 0;
    }
    return aligned;
}

static bool claims(const ln_call *c)
{
    return c->params && c->n_in > 0 && c->in[0] && ln_type_size(c->in[0]->type) > 0 &&
           !made_in_place(c);
}

static ln_status make_table(const ln_call *c, int i, uint8_t table[LN_STEP_BYTES])
{
    const TfLiteConcatenationParams params = {.axis = 0};
    ln_call call = *c;
    call.in = &c->in[i];
    call.n_in = 1;
    call.params = &params;
    return ln_step_table_of(&ln_op_concatenation, &call, 0, table);
}

static bool same_scale(const TfLiteTensor *x, const TfLiteTensor *y)
{
    return x->params.scale == y->params.scale && x->params.zero_point == y->params.zero_point;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    const TfLiteTensor *y = c->out[0];
    const ln_shape shape = ln_shape_of(y);
    const size_t size = ln_type_size(y->type);
    ln_call call = *c;
    size_t bytes, at = 0;
    int axis;
    LN_TRY(ln_axis(&call, ((const TfLiteConcatenationParams *)c->params)->axis, shape.rank, &axis));
    p->outer = (size_t)ln_shape_count(&shape, 0, axis);
    p->run = (size_t)ln_shape_count(&shape, axis, shape.rank) * size;
    part *parts =
        ln_mul_size((size_t)c->n_in, sizeof *parts, &bytes) ? ln_cpu_pack(k, bytes, NULL) : NULL;
    if (!parts)
        LN_FAIL(c, LN_ERR_MEMORY, "no memory for %d inputs", c->n_in);
    for (int i = 0; i < c->n_in; i++) {
        const ln_shape x = ln_shape_of(c->in[i]);
        parts[i].at = at;
        parts[i].bytes = (size_t)ln_shape_count(&x, axis, x.rank) * size;
        parts[i].by_table = y->type == kTfLiteUInt8 && !same_scale(c->in[i], y);
        if (parts[i].by_table) {
            if (!k->fn->quantized.lut8)
                return LN_ERR_UNSUPPORTED;
            LN_TRY(make_table(&call, i, parts[i].table));
            k->fn->quantized.lut8_prepare(parts[i].table);
        }
        at += parts[i].bytes;
    }
    return LN_OK;
}

typedef struct job {
    const ln_cpu_kernel *k;
    const ln_call *c;
} job;

/* Items: the inputs of one run after the other. */
static void run_items(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const plan *p = j->k->plan;
    const part *parts = j->k->packed;
    const size_t n = (size_t)j->c->n_in;
    char *y = j->c->out[0]->data.raw;
    size_t i = begin % n, run = begin / n;
    (void)thread;
    for (size_t item = begin; item < end; item++) {
        const part *of = &parts[i];
        const void *x = j->c->in[i]->data.raw_const + run * of->bytes;
        char *to = y + run * p->run + of->at;
        if (of->by_table)
            j->k->fn->quantized.lut8(to, &x, of->bytes, of->table);
        else if (of->bytes > 0)
            memcpy(to, x, of->bytes);
        if (++i == n) {
            i = 0;
            run++;
        }
    }
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const size_t items = p->outer * (size_t)c->n_in;
    ln_pool *pool = p->outer * p->run < 2 * LEAST_BYTES ? NULL : k->pool;
    const size_t grain = LEAST_BYTES * (size_t)c->n_in / LN_MAX(p->run, (size_t)1) + 1;
    job j = {k, c};
    if (p->run > 0)
        ln_parallel_for(pool, items, grain, run_items, &j);
}

const ln_cpu_row ln_cpu_concatenation = {
    .op = &ln_op_concatenation,
    .plan_size = sizeof(plan),
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
