/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_conv.c: DEPTHWISE_CONV_2D in float32.  The reference is ops/depthwise_conv.c. */
#include "base/checked.h"
#include "cpu/depthwise.h"

extern const ln_op ln_op_depthwise_conv_2d;

enum { X, W, B };

typedef struct plan {
    ln_cpu_depthwise d;
    bool fixed;       /* weights and biases are constant, and packed */
    size_t packed_at; /* where else: floats from the start of the scratch memory */
} plan;

static bool claims(const ln_call *c)
{
    if (c->n_in < 2 || !c->params || !ln_has(c, X) || !ln_has(c, W))
        return false;
    return c->in[X]->type == kTfLiteFloat32 && c->in[W]->type == kTfLiteFloat32 &&
           c->out[0]->type == kTfLiteFloat32 && (!ln_has(c, B) || c->in[B]->type == kTfLiteFloat32);
}

static void pack(const ln_cpu_kernel *k, const ln_call *c, float *to)
{
    const plan *p = k->plan;
    ln_cpu_depthwise_pack(k, &p->d, c->in[W]->data.f, ln_has(c, B) ? c->in[B]->data.f : NULL, to);
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    const TfLiteTensor *w = c->in[W];
    if (ln_count(c->out[0]) == 0)
        return LN_OK;
    p->d.quantizes = false;
    LN_TRY(ln_cpu_depthwise_plan(k, c, &p->d));
    const size_t bytes = p->d.floats * sizeof(float);
    p->fixed = ln_known(c, W) && w->data.raw && (!ln_has(c, B) || ln_known(c, B));
    if (!p->fixed) {
        size_t at;
        if (!ln_align_size(k->scratch_bytes, 64, &at) || !ln_add_size(at, bytes, &k->scratch_bytes))
            LN_FAIL(c, LN_ERR_MEMORY, "the packed weights are too large");
        p->packed_at = at / sizeof(float);
        return LN_OK;
    }
    if (ln_cpu_is_packed(k, w))
        return LN_OK;
    float *to = ln_cpu_pack_cached(k, bytes, w->data.raw, ln_cpu_depthwise_form(&p->d));
    if (!to)
        LN_FAIL(c, LN_ERR_MEMORY, "no memory for %zu bytes of packed weights", bytes);
    if (!k->filled)
        pack(k, c, to);
    return LN_OK;
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const TfLiteDepthwiseConvParams *params = c->params;
    ln_cpu_depthwise_run r = {
        .x = c->in[X]->data.f, .y = c->out[0]->data.f, .images = p->d.batches, .packed = k->packed};
    if (!p->fixed) {
        float *to = (float *)k->scratch + p->packed_at;
        pack(k, c, to);
        r.packed = to;
    }
    ln_activation_range_f32(params->activation, &r.min, &r.max);
    ln_cpu_depthwise_run_images(k, &p->d, &r);
}

const ln_cpu_row ln_cpu_depthwise_conv = {
    .op = &ln_op_depthwise_conv_2d,
    .name = "DEPTHWISE_CONV_2D",
    .plan_size = sizeof(plan),
    .traits = LN_CPU_PAD | LN_CPU_BLOCKS,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
