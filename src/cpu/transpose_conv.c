/* SPDX-License-Identifier: Apache-2.0 */
/* transpose_conv.c: TRANSPOSE_CONV of float32, a matrix product for each line and phase (phases.h),
 * with weights of floats or of int8.  The reference is ops/transpose_conv.c.
 *
 * With int8 weights each image is rounded to 256 values by a scale and a zero point of its own, as
 * the reference does; the products are of floats then. */
#include <string.h>

#include "base/checked.h"
#include "cpu/phases.h"
#include "cpu/product.h"
#include "cpu/product_hybrid.h"

extern const ln_op ln_op_transpose_conv;

enum { SHAPE, W, X, B };
enum { SMALL = 128 * 1024 /* multiplications before another thread woke */ };

static const ln_alloc *const heap = &ln_alloc_default;

static bool takes(const ln_call *c, TfLiteType weights)
{
    return c->params && c->n_in >= 3 && ln_has(c, X) && ln_has(c, W) &&
           c->in[X]->type == kTfLiteFloat32 && c->in[W]->type == weights &&
           c->out[0]->type == kTfLiteFloat32 && (!ln_has(c, B) || c->in[B]->type == kTfLiteFloat32);
}

static bool claims(const ln_call *c)
{
    return takes(c, kTfLiteFloat32);
}

static bool claims_hybrid(const ln_call *c)
{
    return takes(c, kTfLiteInt8) && c->in[W]->quantization.type == kTfLiteAffineQuantization;
}

static bool is_hybrid(const ln_call *c)
{
    return c->in[W]->type == kTfLiteInt8;
}

/* ---- plan ---- */

/* Steps of the products of a phase. */
static size_t depth(const ln_cpu_phases *p, size_t fy, size_t fx)
{
    return ln_cpu_phases_taps(&p->h, fy) * ln_cpu_phases_taps(&p->w, fx) * p->cin;
}

/* Where the panels of a phase begin: those of all phases before it have as many steps as taps. */
static size_t phase_at(const ln_cpu_phases *p, const ln_gemm_kernels *g, size_t fy, size_t fx)
{
    size_t steps = 0;
    for (size_t i = 0; i < fy; i++)
        steps += ln_cpu_phases_taps(&p->h, i) * p->w.filter;
    for (size_t j = 0; j < fx; j++)
        steps += ln_cpu_phases_taps(&p->h, fy) * ln_cpu_phases_taps(&p->w, j);
    return steps * p->cin * ln_gemm_width(g, p->cout);
}

/* The weights as floats: memory of the heap, or NULL. */
static float *expand(const ln_call *c, size_t cout)
{
    const TfLiteTensor *w = c->in[W];
    const size_t n = (size_t)ln_count(w) / cout;
    float *to = ln_new(heap, n * cout, sizeof *to);
    for (size_t i = 0; to && i < n * cout; i++)
        to[i] = w->data.int8[i] * ln_channel_scale(w, (int)(i / n));
    return to;
}

static ln_status pack(ln_cpu_kernel *k, const ln_call *c)
{
    const ln_cpu_phases *p = k->plan;
    const ln_gemm_kernels *g = &k->fn->gemm;
    const TfLiteTensor *w = c->in[W];
    size_t bytes, most;
    if (!ln_mul_size(p->h.filter * p->w.filter, p->cin, &bytes) ||
        !ln_mul_size(bytes, ln_gemm_width(g, p->cout), &bytes) ||
        !ln_mul_size(bytes, sizeof(float), &bytes) || !ln_mul_size(depth(p, 0, 0), p->cout, &most))
        return LN_ERR_UNSUPPORTED;
    float *expanded = is_hybrid(c) ? expand(c, p->cout) : NULL;
    const float *floats = is_hybrid(c) ? expanded : w->data.f;
    float *phase = ln_new(heap, most, sizeof *phase);
    float *to = phase && floats ? ln_cpu_pack(k, bytes, w->data.raw) : NULL;
    for (size_t fy = 0; to && fy < p->h.stride; fy++)
        for (size_t fx = 0; fx < p->w.stride; fx++) {
            const size_t steps = depth(p, fy, fx);
            ln_cpu_phases_weights(p, fy, fx, floats, sizeof *phase, phase);
            ln_cpu_pack_columns(
                NULL, g, to + phase_at(p, g, fy, fx),
                &(ln_cpu_columns){
                    .at = phase, .n = p->cout, .k = steps, .step = 1, .column = steps});
        }
    ln_free(heap, phase);
    ln_free(heap, expanded);
    if (!to)
        LN_FAIL(c, LN_ERR_MEMORY, "no memory for %zu bytes of packed weights", bytes);
    return LN_OK;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    ln_cpu_phases *p = k->plan;
    size_t floats;
    LN_TRY(ln_cpu_phases_plan(p, c));
    if (!ln_known(c, W) || !c->in[W]->data.raw ||
        !ln_mul_size(p->framed || is_hybrid(c) ? p->lines : 0, p->width, &floats) ||
        !ln_mul_size(floats, sizeof(float), &k->scratch_bytes))
        return LN_ERR_UNSUPPORTED;
    return ln_cpu_is_packed(k, c->in[W]) ? LN_OK : pack(k, c);
}

/* ---- run ---- */

typedef struct job {
    const ln_cpu_kernel *k;
    const ln_cpu_phases *p;
    const float *x; /* of one image, from its zeros on */
    ln_gemm_c c;    /* of all images */
    size_t first;   /* line of all images' lines */
} job;

/* A line of an image, rounded unless `s` is NULL. */
static void copy_line(const ln_cpu_kernel *k, float *to, const float *x, size_t n,
                      const ln_row_scale *s)
{
    if (!s) {
        memcpy(to, x, n * sizeof *to);
        return;
    }
    k->fn->hybrid.to_f32(to, x, n, &(ln_hybrid_row){s->inverse, s->zero, s->least});
    for (size_t i = 0; i < n; i++)
        to[i] *= s->scale;
}

/* Places an image into the frame. */
static void frame(const ln_cpu_kernel *k, const ln_cpu_phases *p, float *to, const float *x,
                  const ln_row_scale *s)
{
    const size_t line = p->w.in * p->cin;
    memset(to, 0, p->lines * p->width * sizeof *to);
    to += p->h.before * p->width + p->w.before * p->cin;
    for (size_t i = 0; i < p->h.in; i++)
        copy_line(k, to + i * p->width, x + i * line, line, s);
}

/* The image where its windows can be read. */
static const float *prepare(const ln_cpu_kernel *k, const ln_call *c, const float *x)
{
    const ln_cpu_phases *p = k->plan;
    float min, max;
    if (is_hybrid(c)) {
        ln_cpu_hybrid_range(k, x, p->h.in * p->w.in * p->cin, &min, &max);
        const ln_row_scale s = ln_row_scale_of(min, max, true);
        frame(k, p, k->scratch, x, &s);
    } else if (p->framed) {
        frame(k, p, k->scratch, x, NULL);
    } else {
        return x;
    }
    return k->scratch;
}

/* The pixels of line `oy` that are `px` modulo the stride. */
static void run_phase(const job *j, size_t oy, size_t px)
{
    const ln_cpu_phases *p = j->p;
    const ln_gemm_kernels *g = &j->k->fn->gemm;
    const ln_cpu_phase phase = ln_cpu_phase_of(p, oy, px);
    const size_t steps = depth(p, phase.fy, phase.fx);
    ptrdiff_t offsets[LN_PHASES_MOST_TAPS];
    const ln_gemm_a a = {.at = j->x + phase.line * p->width + phase.item,
                         .ld = p->cin,
                         .offsets = offsets,
                         .pieces = phase.lines,
                         .length = phase.columns * p->cin};
    const float *b = (const float *)j->k->packed + phase_at(p, g, phase.fy, phase.fx);
    ln_gemm_c to = j->c;
    for (size_t i = 0; i < a.pieces; i++)
        offsets[i] = (ptrdiff_t)(i * p->width);
    to.at += ((j->first + oy) * p->w.out + px) * p->cout;
    to.ld = p->w.stride * p->cout;
    const size_t panels = ln_gemm_panels(g, p->cout);
    for (size_t i = 0; i < panels; i++) {
        const size_t n = i + 1 == panels ? p->cout - i * g->nr : g->nr;
        g->panel(&to, &a, b, phase.pixels, n);
        b += n * steps;
        to.at += n;
        if (to.bias)
            to.bias += n;
    }
}

static void run_lines(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const ln_cpu_phases *p = j->p;
    for (size_t oy = begin; oy < end; oy++) {
        for (size_t px = 0; px < LN_MIN(p->w.stride, p->w.out); px++)
            run_phase(j, oy, px);
        ln_cpu_tail_run(j->k,
                        &(ln_cpu_block){.row = (j->first + oy) * p->w.out,
                                        .rows = p->w.out,
                                        .cols = p->cout,
                                        .ld = p->cout},
                        thread);
    }
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const ln_cpu_phases *p = k->plan;
    const TfLiteTransposeConvParams *params = c->params;
    const size_t image = p->h.in * p->w.in * p->cin;
    const size_t line =
        (p->w.out / p->w.stride + 1) * p->h.filter * p->w.filter * p->cin * p->cout / p->h.stride;
    const size_t grain =
        LN_MAX(SMALL / LN_MAX(line, (size_t)1) + 1, p->h.out / (4 * (size_t)k->threads));
    job j = {.k = k, .p = p};
    j.c.at = c->out[0]->data.f;
    j.c.bias = ln_has(c, B) ? c->in[B]->data.f : NULL;
    ln_activation_range_f32(params->activation, &j.c.min, &j.c.max);
    for (size_t i = 0; i < p->batches; i++) {
        j.x = prepare(k, c, c->in[X]->data.f + i * image);
        j.first = i * p->h.out;
        ln_parallel_for(k->pool, p->h.out, grain, run_lines, &j);
    }
}

const ln_cpu_row ln_cpu_transpose_conv = {
    .op = &ln_op_transpose_conv,
    .plan_size = sizeof(ln_cpu_phases),
    .traits = LN_CPU_TAIL,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};

const ln_cpu_row ln_cpu_transpose_conv_hybrid = {
    .op = &ln_op_transpose_conv,
    .name = "TRANSPOSE_CONV dynamic range",
    .plan_size = sizeof(ln_cpu_phases),
    .traits = LN_CPU_TAIL,
    .claims = claims_hybrid,
    .plan = make_plan,
    .run = run,
};
