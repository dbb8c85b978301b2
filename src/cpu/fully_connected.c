/* SPDX-License-Identifier: Apache-2.0 */
/* fully_connected.c: FULLY_CONNECTED in float32: a matrix product.  The reference is
 * ops/fully_connected.c. */
#include "cpu/product.h"

extern const ln_op ln_op_fully_connected;

enum { X, W, B };

typedef struct plan {
    ln_cpu_weights weights;
    ln_cpu_cut cut;
    ln_cpu_taken taken;
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
    const size_t n = (size_t)w.dim[0], depth = (size_t)w.dim[1];
    if (n == 0 || depth == 0)
        return LN_ERR_UNSUPPORTED; /* nothing to multiply: the reference knows what comes out */
    p->weights = (ln_cpu_weights){
        .m = (size_t)ln_count(c->out[0]) / n, .n = n, .k = depth, .groups = 1, .g = p->weights.g};
    ln_cpu_weights_begin(k, c, W, &p->weights);
    p->cut = ln_cpu_cut_product(k, &(ln_cpu_extent){.g = p->weights.g,
                                                    .m = p->weights.m,
                                                    .n = n,
                                                    .k = depth,
                                                    .row_bytes = (n + depth) * sizeof(float)});
    LN_TRY(ln_cpu_weights_plan(k, c, W, &p->weights));
    return ln_cpu_taken_plan(k, p->weights.g, p->cut.rows, depth, &p->taken) ? LN_OK
                                                                             : LN_ERR_UNSUPPORTED;
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const TfLiteFullyConnectedParams *params = c->params;
    const size_t n = p->weights.n;
    const ln_cpu_matrix x = {
        .at = c->in[X]->data.f,
        .ld = p->weights.k,
        .m = p->weights.m,
        .k = p->weights.k,
        .blocks = p->cut.blocks,
        .step = p->weights.g->mr,
    };
    ln_cpu_product job = {
        .g = p->weights.g,
        .c = {.at = c->out[0]->data.f, .ld = n, .bias = ln_has(c, B) ? c->in[B]->data.f : NULL},
        .n = n,
        .k = p->weights.k,
        .groups = 1,
        .b = ln_cpu_weights_get(k, c, W, &p->weights),
        .taken = p->taken,
        .blocks = x.blocks,
        .strips = p->cut.strips,
        .by_strips = p->cut.by_strips,
        .alone = p->cut.alone,
        .rows = ln_cpu_matrix_rows,
        .user = &x,
    };
    ln_activation_range_f32(params->activation, &job.c.min, &job.c.max);
    ln_cpu_product_run(k, &job);
}

const ln_cpu_row ln_cpu_fully_connected = {
    .op = &ln_op_fully_connected,
    .plan_size = sizeof(plan),
    .traits = LN_CPU_TAIL,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
