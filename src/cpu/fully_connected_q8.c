/* SPDX-License-Identifier: Apache-2.0 */
/* fully_connected_q8.c: FULLY_CONNECTED of int8 and uint8.  The reference is
 * ops/fully_connected.c, whose sums are scaled in double precision. */
#include "cpu/product_q8.h"

extern const ln_op ln_op_fully_connected;

enum { X, W, B };

static const ln_q8_roles roles = {.x = X, .w = W, .b = B};

static bool claims(const ln_call *c)
{
    const TfLiteFullyConnectedParams *params = c->params;
    return ln_q8_product_claims(c, &roles) &&
           params->weights_format == kTfLiteFullyConnectedWeightsFormatDefault;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    ln_q8_product *p = k->plan;
    const TfLiteFullyConnectedParams *params = c->params;
    const ln_shape w = ln_shape_of(c->in[W]);
    p->n = (size_t)w.dim[0];
    p->k = (size_t)w.dim[1];
    p->m = p->k == 0 ? 0 : (size_t)ln_count(c->in[X]) / p->k;
    p->groups = 1;
    p->real = true;
    return ln_q8_product_plan(k, c, &roles, params->activation, p);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const ln_q8_product *p = k->plan;
    const ln_q8_run run = {
        .x = c->in[X]->data.uint8, .ldx = p->k, .y = c->out[0]->data.raw, .ldy = p->n};
    ln_q8_product_run(k, p, &run);
}

const ln_cpu_row ln_cpu_fully_connected_q8 = {
    .op = &ln_op_fully_connected,
    .name = "FULLY_CONNECTED 8-bit",
    .plan_size = sizeof(ln_q8_product),
    .traits = LN_CPU_TAIL,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
