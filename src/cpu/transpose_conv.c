/* SPDX-License-Identifier: Apache-2.0 */
/* transpose_conv.c: TRANSPOSE_CONV of float32.  Output pixels whose place modulo the strides is the
 * same see the same taps of the filter: these are a convolution with stride 1 and a smaller filter,
 * one matrix product for each line and each such phase.  Windows that reach outside of the image
 * read a copy with zeros around.  The reference is ops/transpose_conv.c. */
#include <string.h>

#include "base/checked.h"
#include "cpu/product.h"
#include "ops/window.h"

extern const ln_op ln_op_transpose_conv;

enum { SHAPE, W, X, B };
enum { MOST_TAPS = 64, SMALL = 128 * 1024 /* multiplications before another thread woke */ };

/* One axis.  Output o sees the taps t = first, first + stride, ... of input (o + pad - t) / stride.
 */
typedef struct axis {
    size_t in, out, filter, stride, pad;
    size_t before, after; /* zeros around the input */
} axis;

typedef struct plan {
    axis h, w;
    size_t batches, cin, cout;
    bool framed;
    size_t frame; /* floats of an image with its zeros */
} plan;

static const ln_alloc *const heap = &ln_alloc_default;

static bool claims(const ln_call *c)
{
    return c->params && c->n_in >= 3 && ln_has(c, X) && ln_has(c, W) &&
           c->in[X]->type == kTfLiteFloat32 && c->in[W]->type == kTfLiteFloat32 &&
           c->out[0]->type == kTfLiteFloat32 && (!ln_has(c, B) || c->in[B]->type == kTfLiteFloat32);
}

/* ---- plan ---- */

static size_t first_tap(const axis *a, size_t o)
{
    return (o + a->pad) % a->stride;
}

/* How many taps of the filter begin with `first`. */
static size_t taps(const axis *a, size_t first)
{
    return (a->filter - first + a->stride - 1) / a->stride;
}

/* False where some outputs see no tap, or the output is much larger than the input reaches. */
static bool plan_axis(axis *a)
{
    if (a->filter < a->stride || a->in == 0 || a->out == 0 || a->filter > MOST_TAPS * a->stride)
        return false;
    const size_t last = (a->out - 1 + a->pad) / a->stride;
    a->before = a->filter - 1 > a->pad ? (a->filter - 1 - a->pad) / a->stride : 0;
    a->after = last >= a->in ? last - (a->in - 1) : 0;
    return a->after <= a->filter;
}

static ln_status plan_shapes(plan *p, const ln_call *c)
{
    const TfLiteTransposeConvParams *params = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]), y = ln_shape_of(c->out[0]);
    ln_call call = *c; /* infer has checked all this already */
    ln_window h = {
        .in = y.dim[1], .filter = w.dim[1], .stride = params->stride_height, .dilation = 1};
    ln_window v = {
        .in = y.dim[2], .filter = w.dim[2], .stride = params->stride_width, .dilation = 1};
    LN_TRY(ln_window_plan(&call, "height", params->padding, &h));
    LN_TRY(ln_window_plan(&call, "width", params->padding, &v));
    p->batches = (size_t)x.dim[0];
    p->cin = (size_t)x.dim[3];
    p->cout = (size_t)w.dim[0];
    p->h = (axis){(size_t)x.dim[1],
                  (size_t)y.dim[1],
                  (size_t)h.filter,
                  (size_t)h.stride,
                  (size_t)h.pad,
                  0,
                  0};
    p->w = (axis){(size_t)x.dim[2],
                  (size_t)y.dim[2],
                  (size_t)v.filter,
                  (size_t)v.stride,
                  (size_t)v.pad,
                  0,
                  0};
    if (h.pad < 0 || v.pad < 0 || p->cin == 0 || p->cout == 0 || !plan_axis(&p->h) ||
        !plan_axis(&p->w))
        return LN_ERR_UNSUPPORTED;
    return LN_OK;
}

/* Steps of the products of a phase. */
static size_t depth(const plan *p, size_t fy, size_t fx)
{
    return taps(&p->h, fy) * taps(&p->w, fx) * p->cin;
}

/* Where the panels of a phase begin: those of all phases before it have as many steps as taps. */
static size_t phase_at(const plan *p, const ln_gemm_kernels *g, size_t fy, size_t fx)
{
    size_t steps = 0;
    for (size_t i = 0; i < fy; i++)
        steps += taps(&p->h, i) * p->w.filter;
    for (size_t j = 0; j < fx; j++)
        steps += taps(&p->h, fy) * taps(&p->w, j);
    return steps * p->cin * ln_gemm_width(g, p->cout);
}

/* The weights of a phase, [cout, lines of taps, taps from right to left, cin], so that a line of
 * taps meets neighboring pixels. */
static void take_phase(const plan *p, float *to, const float *w, size_t fy, size_t fx)
{
    const size_t lines = taps(&p->h, fy), columns = taps(&p->w, fx);
    for (size_t k = 0; k < p->cout; k++)
        for (size_t a = 0; a < lines; a++)
            for (size_t b = columns; b-- > 0; to += p->cin) {
                const size_t y = fy + a * p->h.stride, x = fx + b * p->w.stride;
                memcpy(to, w + ((k * p->h.filter + y) * p->w.filter + x) * p->cin,
                       p->cin * sizeof *to);
            }
}

static ln_status pack(ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const ln_gemm_kernels *g = &k->fn->gemm;
    const TfLiteTensor *w = c->in[W];
    size_t bytes, most;
    if (!ln_mul_size(p->h.filter * p->w.filter, p->cin, &bytes) ||
        !ln_mul_size(bytes, ln_gemm_width(g, p->cout), &bytes) ||
        !ln_mul_size(bytes, sizeof(float), &bytes) || !ln_mul_size(depth(p, 0, 0), p->cout, &most))
        return LN_ERR_UNSUPPORTED;
    float *phase = ln_new(heap, most, sizeof *phase);
    float *to = phase ? ln_cpu_pack(k, bytes, w->data.raw) : NULL;
    for (size_t fy = 0; to && fy < p->h.stride; fy++)
        for (size_t fx = 0; fx < p->w.stride; fx++) {
            const size_t steps = depth(p, fy, fx);
            take_phase(p, phase, w->data.f, fy, fx);
            ln_cpu_pack_columns(
                g, to + phase_at(p, g, fy, fx),
                &(ln_cpu_columns){
                    .at = phase, .n = p->cout, .k = steps, .step = 1, .column = steps});
        }
    ln_free(heap, phase);
    if (!to)
        LN_FAIL(c, LN_ERR_MEMORY, "no memory for %zu bytes of packed weights", bytes);
    return LN_OK;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    LN_TRY(plan_shapes(p, c));
    if (!ln_known(c, W) || !c->in[W]->data.raw)
        return LN_ERR_UNSUPPORTED;
    const size_t lines = p->h.before + p->h.in + p->h.after;
    const size_t columns = p->w.before + p->w.in + p->w.after;
    p->framed = lines > p->h.in || columns > p->w.in;
    if (!ln_mul_size(lines, columns, &p->frame) || !ln_mul_size(p->frame, p->cin, &p->frame) ||
        !ln_mul_size(p->framed ? p->frame : 0, sizeof(float), &k->scratch_bytes))
        return LN_ERR_UNSUPPORTED;
    return ln_cpu_is_packed(k, c->in[W]) ? LN_OK : pack(k, c);
}

/* ---- run ---- */

typedef struct job {
    const ln_cpu_kernel *k;
    const plan *p;
    const float *x; /* of one image, from its zeros on */
    ln_gemm_c c;    /* of all images */
    size_t first;   /* line of all images' lines */
} job;

/* Places an image into the frame. */
static const float *frame(const plan *p, float *to, const float *x)
{
    const size_t line = p->w.in * p->cin;
    const size_t width = (p->w.before + p->w.in + p->w.after) * p->cin;
    memset(to, 0, p->frame * sizeof *to);
    for (size_t i = 0; i < p->h.in; i++)
        memcpy(to + (p->h.before + i) * width + p->w.before * p->cin, x + i * line,
               line * sizeof *to);
    return to;
}

/* The pixels of line `oy` that are `px` modulo the stride. */
static void run_phase(const job *j, size_t oy, size_t px)
{
    const plan *p = j->p;
    const ln_gemm_kernels *g = &j->k->fn->gemm;
    const size_t fy = first_tap(&p->h, oy), fx = first_tap(&p->w, px), nx = taps(&p->w, fx);
    const size_t width = (p->w.before + p->w.in + p->w.after) * p->cin, steps = depth(p, fy, fx);
    /* the pixel of the first line of taps, which is the lowest, that the rightmost of them sees;
     * `before` is as many as the leftmost can be away from there */
    const size_t iy = (oy + p->h.pad - fy) / p->h.stride + p->h.before;
    const size_t ix = (px + p->w.pad - fx) / p->w.stride + p->w.before - (nx - 1);
    const size_t m = (p->w.out - px + p->w.stride - 1) / p->w.stride;
    ptrdiff_t offsets[MOST_TAPS];
    const ln_gemm_a a = {.at = j->x + iy * width + ix * p->cin,
                         .ld = p->cin,
                         .offsets = offsets,
                         .pieces = taps(&p->h, fy),
                         .length = nx * p->cin};
    const float *b = (const float *)j->k->packed + phase_at(p, g, fy, fx);
    ln_gemm_c to = j->c;
    for (size_t i = 0; i < a.pieces; i++)
        offsets[i] = -(ptrdiff_t)(i * width);
    to.at += ((j->first + oy) * p->w.out + px) * p->cout;
    to.ld = p->w.stride * p->cout;
    const size_t panels = ln_gemm_panels(g, p->cout);
    for (size_t i = 0; i < panels; i++) {
        const size_t n = i + 1 == panels ? p->cout - i * g->nr : g->nr;
        g->panel(&to, &a, b, m, n);
        b += n * steps;
        to.at += n;
        if (to.bias)
            to.bias += n;
    }
}

static void run_lines(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const plan *p = j->p;
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
    const plan *p = k->plan;
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
        const float *x = c->in[X]->data.f + i * image;
        j.x = p->framed ? frame(p, k->scratch, x) : x;
        j.first = i * p->h.out;
        ln_parallel_for(k->pool, p->h.out, grain, run_lines, &j);
    }
}

const ln_cpu_row ln_cpu_transpose_conv = {
    .op = &ln_op_transpose_conv,
    .plan_size = sizeof(plan),
    .traits = LN_CPU_TAIL,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
