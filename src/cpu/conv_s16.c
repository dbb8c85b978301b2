/* SPDX-License-Identifier: Apache-2.0 */
/* conv_s16.c: CONV_2D of int16 activations and int8 or int4 weights, as a matrix product of windows
 * and weights.  The reference is ops/conv.c. */
#include "cpu/product_s16.h"

extern const ln_op ln_op_conv_2d;

enum { X, W };

/* Sums declared as 32 bits wide wrap and round another way. */
static bool claims(const ln_call *c)
{
    const TfLiteConvParams *p = c->params;
    return ln_cpu_s16_claims(c) && p->quantized_bias_type != kTfLiteInt32;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    const TfLiteConvParams *params = c->params;
    ln_cpu_s16 *p = k->plan;
    LN_TRY(ln_cpu_frame_plan(k, c, sizeof(int16_t), &p->frame));
    p->groups = p->frame.pixel / p->frame.part;
    p->images = (size_t)ln_shape_of(c->in[X]).dim[0];
    p->product.m = (size_t)ln_count(c->out[0]) / (size_t)ln_shape_of(c->in[W]).dim[0];
    p->gathers = !ln_cpu_frame_direct(&p->frame);
    p->product.lda = p->frame.pixel / sizeof(int16_t);
    p->k = p->frame.part / sizeof(int16_t) * (size_t)p->frame.h.filter * (size_t)p->frame.w.filter;
    p->width = SIZE_MAX;
    p->ld = (size_t)ln_shape_of(c->in[W]).dim[0];
    return ln_cpu_s16_plan(k, c, params->activation, &(ln_cpu_s16_parts){.at = p, .count = 1});
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const ln_cpu_s16 *p = k->plan;
    ln_cpu_s16_frame(k, p, c->in[X]->data.i16);
    ln_cpu_s16_run(k, c, p, c->in[X]->data.i16, c->out[0]->data.i16);
}

const ln_cpu_row ln_cpu_conv_s16 = {
    .op = &ln_op_conv_2d,
    .plan_size = sizeof(ln_cpu_s16),
    .traits = LN_CPU_PAD | LN_CPU_BLOCKS,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
