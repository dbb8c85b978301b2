/* SPDX-License-Identifier: Apache-2.0 */
/* transpose_conv_s16.c: TRANSPOSE_CONV of int16 activations and int8 weights: each phase (phases.h)
 * is a product of windows and weights, whose rows lie apart in the output.  The reference is
 * ops/transpose_conv.c. */
#include "base/checked.h"
#include "cpu/phases.h"
#include "cpu/product_s16.h"

extern const ln_op ln_op_transpose_conv;

enum { SHAPE, W, X, B };
enum { MOST_PHASES = 64 };

static const ln_alloc *const heap = &ln_alloc_default;

typedef struct plan {
    ln_cpu_phases phases;
    ln_cpu_s16 at[MOST_PHASES]; /* by first taps, so that packed weights hold for other shapes */
    size_t first[MOST_PHASES];  /* the items of y where each begins */
} plan;

/* The operands in a product's order. */
typedef struct ordered {
    ln_call call;
    const TfLiteTensor *in[3];
} ordered;

static const ln_call *order(const ln_call *c, ordered *o)
{
    o->call = *c;
    o->in[0] = c->in[X];
    o->in[1] = c->in[W];
    o->in[2] = ln_has(c, B) ? c->in[B] : NULL;
    o->call.in = o->in;
    o->call.n_in = 3;
    return &o->call;
}

/* Sums declared as 32 bits wide wrap and round another way. */
static bool claims(const ln_call *c)
{
    const TfLiteTransposeConvParams *p = c->params;
    ordered o;
    return p && c->n_in >= 3 && ln_cpu_s16_claims(order(c, &o)) && c->in[W]->type == kTfLiteInt8 &&
           p->quantized_bias_type != kTfLiteInt32;
}

/* ---- plan ---- */

typedef struct weights {
    const plan *p;
    const int8_t *w;
    int8_t *phase;
} weights;

static int8_t *weights_of(const void *user, size_t i)
{
    const weights *w = user;
    const ln_cpu_phases *s = &w->p->phases;
    ln_cpu_phases_weights(s, i / s->w.stride, i % s->w.stride, w->w, 1, w->phase);
    return w->phase;
}

/* Whether the windows of each phase are the input's pixels as they lie. */
static bool is_direct(const ln_cpu_phases *s)
{
    return !s->framed && s->h.filter == s->h.stride && s->w.filter == s->w.stride &&
           s->h.out == s->h.in * s->h.stride && s->w.out == s->w.in * s->w.stride;
}

/* But for the windows. */
static ln_cpu_frame frame_of(const ln_cpu_phases *s)
{
    const size_t pixel = s->cin * sizeof(int16_t);
    return (ln_cpu_frame){.h = {.in = (int)s->h.in, .stride = 1, .dilation = 1},
                          .w = {.in = (int)s->w.in, .stride = 1, .dilation = 1},
                          .pixel = pixel,
                          .part = pixel,
                          .top = s->h.before,
                          .left = s->w.before * pixel,
                          .lines = s->lines,
                          .line = s->width * sizeof(int16_t)};
}

/* The first output that sees the tap `first`. */
static size_t output_of(const ln_cpu_axis *a, size_t first)
{
    return (first + a->stride - a->pad % a->stride) % a->stride;
}

static void plan_phase(plan *p, size_t i)
{
    const ln_cpu_phases *s = &p->phases;
    ln_cpu_s16 *to = &p->at[i];
    const size_t fy = i / s->w.stride, fx = i % s->w.stride;
    const size_t oy = output_of(&s->h, fy), px = output_of(&s->w, fx);
    to->groups = to->images = 1;
    to->gathers = !is_direct(s);
    to->k = ln_cpu_phases_taps(&s->h, fy) * ln_cpu_phases_taps(&s->w, fx) * s->cin;
    to->product.m = 0;
    to->product.lda = s->cin;
    to->width = 1;
    to->frame = frame_of(s);
    if (oy >= s->h.out || px >= s->w.out)
        return;
    const ln_cpu_phase phase = ln_cpu_phase_of(s, oy, px);
    to->frame.h.filter = (int)phase.lines;
    to->frame.w.filter = (int)phase.columns;
    to->frame.w.out = (int)phase.pixels;
    to->window_at = phase.line * to->frame.line + phase.item * sizeof(int16_t);
    to->product.m = (s->h.out - oy + s->h.stride - 1) / s->h.stride * phase.pixels;
    to->width = phase.pixels;
    to->ld = s->w.stride * s->cout;
    to->line = s->h.stride * s->w.out * s->cout;
    p->first[i] = (oy * s->w.out + px) * s->cout;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    const TfLiteTransposeConvParams *params = c->params;
    plan *p = k->plan;
    ln_cpu_phases *s = &p->phases;
    ordered o;
    size_t line, bytes;
    LN_TRY(ln_cpu_phases_plan(s, c));
    if (s->h.stride > MOST_PHASES / s->w.stride || !ln_known(c, W) ||
        !ln_mul_size(s->width, sizeof(int16_t), &line) || !ln_mul_size(line, s->lines, &bytes))
        return LN_ERR_UNSUPPORTED;
    for (size_t i = 0; i < s->h.stride * s->w.stride; i++)
        plan_phase(p, i);
    /* those of the first tap are the most */
    const size_t taps = ln_cpu_phases_taps(&s->h, 0) * ln_cpu_phases_taps(&s->w, 0);
    const weights w = {p, c->in[W]->data.int8, ln_new(heap, taps * s->cin, s->cout)};
    if (!w.phase)
        return LN_ERR_MEMORY;
    const ln_cpu_s16_parts parts = {p->at, s->h.stride * s->w.stride, weights_of, &w};
    const ln_status status = ln_cpu_s16_plan(k, order(c, &o), params->activation, &parts);
    ln_free(heap, w.phase);
    return status;
}

/* ---- run ---- */

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const ln_cpu_phases *s = &p->phases;
    ordered o;
    order(c, &o);
    for (size_t image = 0; image < s->batches; image++) {
        const int16_t *x = c->in[X]->data.i16 + image * s->h.in * s->w.in * s->cin;
        int16_t *y = c->out[0]->data.i16 + image * s->h.out * s->w.out * s->cout;
        ln_cpu_s16_frame(k, p->at, x);
        for (size_t i = 0; i < s->h.stride * s->w.stride; i++)
            ln_cpu_s16_run(k, &o.call, &p->at[i], x, y + p->first[i]);
    }
}

const ln_cpu_row ln_cpu_transpose_conv_s16 = {
    .op = &ln_op_transpose_conv,
    .name = "TRANSPOSE_CONV 16-bit",
    .plan_size = sizeof(plan),
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
