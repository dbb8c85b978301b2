/* SPDX-License-Identifier: Apache-2.0 */
/* conv_q8.c: CONV_2D of int8 and uint8 as a matrix product, of windows, or of pixels as they lie
 * where windows are no more than that.  The reference is ops/conv.c. */
#include "cpu/int_product.h"
#include "cpu/pad.h"
#include "cpu/product_q8.h"

extern const ln_op ln_op_conv_2d;

enum { X, W, B };

static const ln_q8_roles roles = {.x = X, .w = W, .b = B};

static bool claims(const ln_call *c)
{
    return ln_q8_product_claims(c, &roles);
}

static bool is_pixel(const ln_window *w)
{
    return w->filter == 1 && w->stride == 1 && w->out == w->in && w->pad == 0;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    ln_q8_product *p = k->plan;
    const TfLiteConvParams *params = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    ln_q8_windows *g = &p->windows;
    ln_window windows[2];
    if (ln_count(c->out[0]) == 0)
        return LN_ERR_UNSUPPORTED;
    LN_TRY(ln_cpu_conv_windows(k, c, windows));
    *g = (ln_q8_windows){.h = windows[0],
                         .w = windows[1],
                         .images = (size_t)x.dim[0],
                         .channels = (size_t)x.dim[3],
                         .groups = (size_t)(x.dim[3] / w.dim[3])};
    p->joined = ln_cpu_joined_groups(c->in[W], g->groups, (size_t)k->fn->gemm_q8.nr);
    g->groups /= p->joined;
    p->groups = g->groups;
    p->m = g->images * (size_t)g->h.out * (size_t)g->w.out;
    p->n = (size_t)w.dim[0] / p->groups;
    p->k = (size_t)ln_shape_count(&w, 1, 4) * p->joined;
    p->windowed = !is_pixel(&g->h) || !is_pixel(&g->w);
    return ln_q8_product_plan(k, c, &roles, params->activation, p);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const ln_q8_product *p = k->plan;
    const ln_q8_run run = {
        .x = c->in[X]->data.uint8,
        .ldx = p->windows.channels,
        .group_x = p->windows.channels / p->groups,
        .y = c->out[0]->data.uint8,
        .ldy = p->groups * p->n,
    };
    ln_q8_product_run(k, p, &run);
}

const ln_cpu_row ln_cpu_conv_q8 = {
    .op = &ln_op_conv_2d,
    .name = "CONV_2D 8-bit",
    .plan_size = sizeof(ln_q8_product),
    .traits = LN_CPU_TAIL | LN_CPU_PAD | LN_CPU_BLOCKS,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
