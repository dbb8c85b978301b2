/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_conv_hybrid.c: DEPTHWISE_CONV_2D of float activations and int8 or int4 weights.  The
 * reference is ops/depthwise_conv.c.
 *
 * Each image is quantized with a scale and a zero point of its own.  Values without their zero
 * point, weights and sums are integers below 2^24, which float32 holds exactly: so the float32
 * convolution gives the sums that the reference adds up as integers. */
#include "base/checked.h"
#include "cpu/depthwise.h"
#include "cpu/product_hybrid.h"

extern const ln_op ln_op_depthwise_conv_2d;

enum { X, W, B };
enum { MAX_TAPS = (1 << 24) / (255 * 128) };

static const ln_alloc *const heap = &ln_alloc_default;

typedef struct plan {
    ln_cpu_depthwise d;
    size_t cout;
    size_t factors_at; /* floats from the packed weights to scales and biases of channels */
    size_t scales_at;  /* floats from the start of the scratch memory to the scales of a run */
} plan;

static bool claims(const ln_call *c)
{
    const TfLiteDepthwiseConvParams *p = c->params;
    return p && ln_cpu_hybrid_claims(c, p->activation, kTfLiteAffineQuantization);
}

ln_status ln_cpu_depthwise_pack_hybrid(const ln_cpu_kernel *k, const ln_call *c,
                                       const ln_cpu_depthwise *p, float *to)
{
    const TfLiteTensor *w = c->in[W];
    const size_t n = (size_t)ln_count(w), cout = p->runs * p->n;
    const bool int4 = w->type == kTfLiteInt4;
    float *floats = ln_new(heap, n, sizeof *floats), *factors = to + p->floats;
    int8_t *ints = int4 ? ln_new(heap, n, sizeof *ints) : NULL;
    const bool have = floats && (ints || !int4);
    if (have) {
        const int8_t *from = int4 ? ints : w->data.int8;
        if (int4)
            ln_unpack(w, 0, n, ints);
        for (size_t i = 0; i < n; i++)
            floats[i] = from[i];
        ln_cpu_depthwise_pack(k, p, floats, NULL, to);
        for (size_t i = 0; i < cout; i++) {
            factors[i] = ln_channel_scale(w, (int)i);
            factors[cout + i] = ln_has(c, B) ? c->in[B]->data.f[i] : 0;
        }
    }
    ln_free(heap, ints);
    ln_free(heap, floats);
    return have ? LN_OK : LN_ERR_MEMORY;
}

static ln_status pack(ln_cpu_kernel *k, const ln_call *c, plan *p)
{
    const TfLiteTensor *w = c->in[W];
    size_t bytes;
    p->factors_at = p->d.floats;
    if (!ln_add_size(p->factors_at, 2 * p->cout, &bytes) ||
        !ln_mul_size(bytes, sizeof(float), &bytes))
        LN_FAIL(c, LN_ERR_MEMORY, "the packed weights are too large");
    if (ln_cpu_is_packed(k, w))
        return LN_OK;
    if (!ln_cpu_pack_cached(k, bytes, w->data.raw, ln_cpu_depthwise_form(&p->d)))
        return LN_ERR_MEMORY;
    return k->filled ? LN_OK : ln_cpu_depthwise_pack_hybrid(k, c, &p->d, k->packed);
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    const ln_shape w = ln_shape_of(c->in[W]);
    size_t at;
    if (ln_count(c->out[0]) == 0 || !ln_known(c, W) || !c->in[W]->data.raw ||
        (ln_has(c, B) && (!ln_known(c, B) || !c->in[B]->data.raw)) ||
        ln_shape_count(&w, 1, 3) > MAX_TAPS)
        return LN_ERR_UNSUPPORTED;
    p->d.quantizes = true;
    p->cout = (size_t)w.dim[3];
    LN_TRY(ln_cpu_depthwise_plan(k, c, &p->d));
    if (!ln_align_size(k->scratch_bytes, 64, &at) ||
        !ln_add_size(at, p->cout * sizeof(float), &k->scratch_bytes))
        return LN_ERR_MEMORY;
    p->scales_at = at / sizeof(float);
    return pack(k, c, p);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const TfLiteDepthwiseConvParams *params = c->params;
    const size_t image = (size_t)ln_count(c->in[X]) / (size_t)p->d.batches;
    const float *factors = (const float *)k->packed + p->factors_at;
    float *scales = (float *)k->scratch + p->scales_at;
    ln_cpu_depthwise_run r = {.x = c->in[X]->data.f,
                              .y = c->out[0]->data.f,
                              .images = 1,
                              .packed = k->packed,
                              .scale = scales,
                              .bias = factors + p->cout};
    ln_activation_range_f32(params->activation, &r.min, &r.max);
    for (int i = 0; i < p->d.batches; i++) {
        float min, max;
        ln_cpu_hybrid_range(k, r.x, image, &min, &max);
        const ln_row_scale s = ln_row_scale_of(min, max, true);
        const ln_hybrid_row row = {s.inverse, s.zero, s.least};
        for (size_t j = 0; j < p->cout; j++)
            scales[j] = factors[j] * s.scale;
        r.row = &row;
        ln_cpu_depthwise_run_images(k, &p->d, &r);
        r.x += image;
        r.y += ln_count(c->out[0]) / p->d.batches;
    }
}

const ln_cpu_row ln_cpu_depthwise_conv_hybrid = {
    .op = &ln_op_depthwise_conv_2d,
    .name = "depthwise dynamic range",
    .plan_size = sizeof(plan),
    .traits = LN_CPU_PAD,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
