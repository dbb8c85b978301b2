/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_conv_single_q8.c: DEPTHWISE_CONV_2D of int8 and uint8 images of one channel.  Every
 * output channel sees the same window: a convolution, whose products do several times as much per
 * cycle.  Its weights lie as [window, outputs].  The reference is ops/depthwise_conv.c; other
 * images go to depthwise_conv_q8.c. */
#include "cpu/pad.h"
#include "cpu/product_q8.h"

extern const ln_op ln_op_depthwise_conv_2d;

enum { X, W, B };

static const ln_q8_roles roles = {.x = X, .w = W, .b = B};

static bool claims(const ln_call *c)
{
    if (!ln_q8_product_claims(c, &roles))
        return false;
    const ln_shape x = ln_shape_of(c->in[X]);
    return x.rank == 4 && x.dim[3] == 1;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    ln_q8_product *p = k->plan;
    const TfLiteDepthwiseConvParams *params = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    ln_window windows[2];
    if (ln_count(c->out[0]) == 0 || x.dim[3] != 1)
        return LN_ERR_UNSUPPORTED;
    LN_TRY(ln_cpu_depthwise_windows(k, c, windows));
    p->windows = (ln_q8_windows){
        .h = windows[0], .w = windows[1], .images = (size_t)x.dim[0], .channels = 1, .groups = 1};
    p->groups = 1;
    p->m = (size_t)x.dim[0] * (size_t)windows[0].out * (size_t)windows[1].out;
    p->n = (size_t)w.dim[3];
    p->k = (size_t)w.dim[1] * (size_t)w.dim[2];
    p->windowed = true;
    p->transposed = true;
    return ln_q8_product_plan(k, c, &roles, params->activation, p);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const ln_q8_product *p = k->plan;
    const ln_q8_run run = {
        .x = c->in[X]->data.uint8, .ldx = 1, .y = c->out[0]->data.raw, .ldy = p->n};
    ln_q8_product_run(k, p, &run);
}

const ln_cpu_row ln_cpu_depthwise_conv_single_q8 = {
    .op = &ln_op_depthwise_conv_2d,
    .name = "DEPTHWISE_CONV_2D 8-bit, 1 channel",
    .plan_size = sizeof(ln_q8_product),
    .traits = LN_CPU_TAIL | LN_CPU_PAD | LN_CPU_BLOCKS,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
