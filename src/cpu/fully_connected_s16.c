/* SPDX-License-Identifier: Apache-2.0 */
/* fully_connected_s16.c: FULLY_CONNECTED of int16 activations and int8 or int4 weights.  The
 * reference is ops/fully_connected.c. */
#include "cpu/product_s16.h"

extern const ln_op ln_op_fully_connected;

enum { X, W };

static bool claims(const ln_call *c)
{
    const TfLiteFullyConnectedParams *p = c->params;
    return ln_cpu_s16_claims(c) && p->weights_format == kTfLiteFullyConnectedWeightsFormatDefault;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    const TfLiteFullyConnectedParams *params = c->params;
    const ln_shape w = ln_shape_of(c->in[W]);
    ln_cpu_s16 *p = k->plan;
    p->groups = 1;
    p->real = true;
    p->product.m = w.dim[0] > 0 ? (size_t)(ln_count(c->out[0]) / w.dim[0]) : 0;
    p->product.lda = (size_t)w.dim[1];
    p->k = (size_t)w.dim[1];
    p->width = SIZE_MAX;
    p->ld = (size_t)w.dim[0];
    return ln_cpu_s16_plan(k, c, params->activation, &(ln_cpu_s16_parts){.at = p, .count = 1});
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    ln_cpu_s16_run(k, c, k->plan, c->in[X]->data.i16, c->out[0]->data.i16);
}

const ln_cpu_row ln_cpu_fully_connected_s16 = {
    .op = &ln_op_fully_connected,
    .plan_size = sizeof(ln_cpu_s16),
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
