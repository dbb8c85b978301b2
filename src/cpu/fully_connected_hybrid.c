/* SPDX-License-Identifier: Apache-2.0 */
/* fully_connected_hybrid.c: FULLY_CONNECTED of float activations and int8 or int4 weights.  The
 * reference is ops/fully_connected.c. */
#include "cpu/product_hybrid.h"

extern const ln_op ln_op_fully_connected;

enum { W = 1 };

static bool claims(const ln_call *c)
{
    const TfLiteFullyConnectedParams *p = c->params;
    return p && ln_cpu_hybrid_claims(c, p->activation, kTfLiteAffineQuantization) &&
           p->weights_format == kTfLiteFullyConnectedWeightsFormatDefault;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    const TfLiteFullyConnectedParams *params = c->params;
    const ln_shape w = ln_shape_of(c->in[W]);
    ln_cpu_hybrid *p = k->plan;
    p->n = (size_t)w.dim[0];
    p->k = (size_t)ln_shape_count(&w, 1, w.rank);
    p->groups = 1;
    p->asymmetric = params->asymmetric_quantize_inputs;
    p->product.m = p->n > 0 ? (size_t)ln_count(c->out[0]) / p->n : 0;
    return ln_cpu_hybrid_plan(k, c, params->activation, p);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    ln_cpu_hybrid_run(k, c, k->plan);
}

const ln_cpu_row ln_cpu_fully_connected_hybrid = {
    .op = &ln_op_fully_connected,
    .plan_size = sizeof(ln_cpu_hybrid),
    .traits = LN_CPU_TAIL,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
