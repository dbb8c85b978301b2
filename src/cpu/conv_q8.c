/* SPDX-License-Identifier: Apache-2.0 */
/* conv_q8.c: CONV_2D of int8 and uint8 as a matrix product: windows are gathered into rows, where
 * they are not pixels as they lie (1x1 with stride 1).  The reference is ops/conv.c. */
#include "cpu/gather_q8.h"
#include "cpu/product_q8.h"

extern const ln_op ln_op_conv_2d;

enum { X, W, B };

static const ln_q8_roles roles = {.x = X, .w = W, .b = B};

typedef struct plan {
    ln_q8_product product;
    ln_q8_windows windows;
} plan;

static bool claims(const ln_call *c)
{
    return ln_q8_product_claims(c, &roles);
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    const TfLiteConvParams *params = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    ln_q8_windows *g = &p->windows;
    ln_call call = *c; /* infer has checked all this already */
    g->h = (ln_window){.in = x.dim[1],
                       .filter = w.dim[1],
                       .stride = params->stride_height,
                       .dilation = params->dilation_height_factor};
    g->w = (ln_window){.in = x.dim[2],
                       .filter = w.dim[2],
                       .stride = params->stride_width,
                       .dilation = params->dilation_width_factor};
    LN_TRY(ln_window_plan(&call, "height", params->padding, &g->h));
    LN_TRY(ln_window_plan(&call, "width", params->padding, &g->w));
    g->pixel = (size_t)x.dim[3];
    g->used = (size_t)w.dim[3];
    p->product.groups = g->pixel / g->used;
    p->product.m = (size_t)x.dim[0] * (size_t)g->h.out * (size_t)g->w.out;
    p->product.n = (size_t)w.dim[0] / p->product.groups;
    p->product.k = (size_t)ln_shape_count(&w, 1, 4);
    p->product.gathers =
        g->h.filter != 1 || g->w.filter != 1 || g->h.stride != 1 || g->w.stride != 1;
    LN_TRY(ln_q8_product_plan(k, c, &roles, params->activation, &p->product));
    g->pad = p->product.pad;
    return LN_OK;
}

typedef struct source {
    const ln_q8_windows *windows;
    const uint8_t *x, *end;
} source;

static void gather(const void *user, size_t group, size_t from, size_t count, uint8_t *to,
                   size_t ld)
{
    const source *s = user;
    ln_q8_gather(s->windows, s->x + group * s->windows->used, s->end, from, count, to, ld);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const TfLiteTensor *x = c->in[X];
    const source s = {&p->windows, x->data.uint8, x->data.uint8 + ln_count(x)};
    const ln_q8_run run = {
        .x = s.x,
        .ldx = p->windows.pixel,
        .group_x = p->windows.used,
        .gather = gather,
        .user = &s,
        .y = c->out[0]->data.uint8,
        .ldy = p->product.groups * p->product.n,
    };
    ln_q8_product_run(k, &p->product, &run);
}

const ln_cpu_row ln_cpu_conv_q8 = {
    .op = &ln_op_conv_2d,
    .name = "CONV_2D 8-bit",
    .plan_size = sizeof(plan),
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
