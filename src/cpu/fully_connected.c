/* SPDX-License-Identifier: Apache-2.0 */
/* fully_connected.c: FULLY_CONNECTED in float32: a matrix product.  The reference is
 * ops/fully_connected.c. */
#include "cpu/product.h"

extern const ln_op ln_op_fully_connected;

enum { X, W, B };
enum { ROWS = 64 };

typedef struct plan {
    ln_cpu_weights weights;
} plan;

static bool claims(const ln_call *c)
{
    const TfLiteFullyConnectedParams *p = c->params;
    if (c->n_in < 2 || !p || !ln_has(c, X) || !ln_has(c, W))
        return false;
    return c->in[X]->type == kTfLiteFloat32 && c->in[W]->type == kTfLiteFloat32 &&
           c->out[0]->type == kTfLiteFloat32 &&
           (!ln_has(c, B) || c->in[B]->type == kTfLiteFloat32) &&
           p->weights_format == kTfLiteFullyConnectedWeightsFormatDefault;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    const ln_shape w = ln_shape_of(c->in[W]);
    p->weights = (ln_cpu_weights){(size_t)w.dim[0], (size_t)w.dim[1], 1, false};
    return ln_cpu_weights_plan(k, c, W, &p->weights);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const TfLiteFullyConnectedParams *params = c->params;
    const size_t n = p->weights.n, depth = p->weights.k;
    ln_cpu_product job = {
        .c = c->out[0]->data.f,
        .ldc = n,
        .m = (size_t)ln_count(c->out[0]) / n,
        .n = n,
        .k = depth,
        .rows = ROWS,
        .b = ln_cpu_weights_get(k, c, W, &p->weights),
        .tail = {.bias = ln_has(c, B) ? c->in[B]->data.f : NULL},
        .a = c->in[X]->data.f,
        .lda = depth,
    };
    ln_activation_range_f32(params->activation, &job.tail.min, &job.tail.max);
    ln_cpu_product_run(k, &job);
}

const ln_cpu_row ln_cpu_fully_connected = {
    .op = &ln_op_fully_connected,
    .plan_size = sizeof(plan),
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
