/* SPDX-License-Identifier: Apache-2.0 */
/* conv_hybrid.c: CONV_2D of float activations and int8 or int4 weights.  The reference is
 * ops/conv.c. */
#include "cpu/product_hybrid.h"

extern const ln_op ln_op_conv_2d;

enum { X, W };

static bool claims(const ln_call *c)
{
    const TfLiteConvParams *p = c->params;
    return p && ln_cpu_hybrid_claims(c, p->activation, kTfLiteAffineQuantization);
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    const TfLiteConvParams *params = c->params;
    const ln_shape w = ln_shape_of(c->in[W]);
    ln_cpu_hybrid *p = k->plan;
    p->n = (size_t)w.dim[0];
    p->k = (size_t)ln_shape_count(&w, 1, w.rank);
    p->product.m = (size_t)ln_count(c->out[0]) / p->n;
    ln_cpu_hybrid_choose(k, c, p);
    LN_TRY(ln_cpu_frame_plan(k, c, p->product.size, &p->frame));
    const size_t groups = p->frame.pixel / p->frame.part;
    p->joined = ln_cpu_joined_groups(c->in[W], groups, (size_t)p->product.q8->nr);
    p->groups = groups / p->joined;
    p->frame.part *= p->joined;
    p->k *= p->joined;
    p->images = (size_t)ln_shape_of(c->in[X]).dim[0];
    p->gathers = !ln_cpu_frame_direct(&p->frame) || groups > 1;
    p->asymmetric = groups > 1 || ln_cpu_hybrid_asymmetric(c->in[W]);
    return ln_cpu_hybrid_plan(k, c, params->activation, p);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    ln_cpu_hybrid_run(k, c, k->plan);
}

const ln_cpu_row ln_cpu_conv_hybrid = {
    .op = &ln_op_conv_2d,
    .plan_size = sizeof(ln_cpu_hybrid),
    .traits = LN_CPU_TAIL | LN_CPU_PAD,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
