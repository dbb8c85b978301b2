/* SPDX-License-Identifier: Apache-2.0 */
/* strips_hybrid.c: a 1x1 convolution with int8 weights that adds channels to floats, and the
 * depthwise convolution behind it, of floats or of int8 weights, too, by strips of lines, so that
 * the image between them stays in the second-level cache.
 *
 * What int8 weights meet is quantized by the range of the whole image.  To find that, products are
 * computed twice: at first only the least sum of each channel is kept, and the largest.  From sum
 * to result no step of floats changes the order of two values, so that the results of those two are
 * the channel's least and its largest. */
#include <math.h>

#include "base/checked.h"
#include "cpu/product_hybrid.h"
#include "cpu/strips.h"

extern const ln_op ln_op_conv_2d, ln_op_depthwise_conv_2d;

enum { X, W, B };
enum { FEW = 16 }; /* lines of half an image that are looked at first: the FEWth part */

typedef struct plan {
    ln_strips s;
    ln_cpu_hybrid expand;
    ln_cpu_depthwise d;
    bool quantizes;                     /* the depthwise convolution does */
    size_t extremes_at, extremes_bytes; /* of each thread, and what comes of them */
    size_t scales_at;                   /* of the depthwise convolution's channels */
} plan;

/* ---- in the graph ---- */

static bool of_floats(const ln_call *c)
{
    return c->in[X]->type == kTfLiteFloat32 && c->in[W]->type == kTfLiteFloat32 &&
           (!ln_has(c, B) || c->in[B]->type == kTfLiteFloat32) && c->out[0]->type == kTfLiteFloat32;
}

static bool of_model(const TfLiteTensor *t)
{
    return t->allocation_type == kTfLiteMmapRo;
}

static bool takes(const ln_cpu_graph *g, int at)
{
    ln_cpu_view v;
    if (!ln_cpu_view_plain(&v, g, at, false) || !of_model(v.call.in[W]) ||
        (ln_has(&v.call, B) && !of_model(v.call.in[B])))
        return false;
    const bool pointwise = g->items[at].op == &ln_op_conv_2d;
    const TfLiteFusedActivation activation =
        pointwise ? ((const TfLiteConvParams *)v.call.params)->activation
                  : ((const TfLiteDepthwiseConvParams *)v.call.params)->activation;
    const bool hybrid = v.call.in[W]->type == kTfLiteInt8 &&
                        ln_cpu_hybrid_claims(&v.call, activation, kTfLiteAffineQuantization);
    return hybrid || (!pointwise && of_floats(&v.call));
}

static const ln_strips_type type = {sizeof(float), 1, 2, takes, ln_strips_takes_float_lines};

static int match(const ln_cpu_graph *g, int at, int *nodes, int max)
{
    return max < LN_STRIPS_FRONT ? 0 : ln_strips_match_front(g, at, &type, nodes);
}

/* ---- planning ---- */

static ln_status plan_depthwise(ln_cpu_kernel *k, plan *p)
{
    const TfLiteTensor *in[LN_STRIPS_IN];
    ln_call c;
    LN_TRY(ln_strips_depthwise(k, &p->s, &c, in));
    p->quantizes = c.in[W]->type == kTfLiteInt8;
    p->d.quantizes = false; /* the ring has what is quantized */
    LN_TRY(ln_cpu_depthwise_plan(k, &c, &p->d));
    return p->d.kind < 0 || p->d.dense_rows > 0 ? LN_ERR_UNSUPPORTED : LN_OK;
}

static ln_status pack_depthwise(const ln_cpu_kernel *k, const plan *p)
{
    const ln_call *c = &k->nodes[p->s.depthwise].call;
    float *to = (float *)(void *)((uint8_t *)k->packed + p->expand.more_at);
    if (p->quantizes)
        return ln_cpu_depthwise_pack_hybrid(k, c, &p->d, to);
    ln_cpu_depthwise_pack(k, &p->d, c->in[W]->data.f, ln_has(c, B) ? c->in[B]->data.f : NULL, to);
    return LN_OK;
}

static ln_status plan_expand(ln_cpu_kernel *k, const ln_call *c, plan *p)
{
    const TfLiteConvParams *params = c->params;
    const ln_shape w = ln_shape_of(c->in[W]);
    ln_cpu_hybrid *h = &p->expand;
    const bool packed = ln_cpu_is_packed(k, c->in[W]);
    h->n = (size_t)w.dim[0];
    h->k = (size_t)w.dim[3];
    h->groups = 1;
    h->product.m = (size_t)ln_count(c->out[0]) / h->n;
    h->images = (size_t)p->d.batches;
    h->asymmetric = ln_cpu_hybrid_asymmetric(c->in[W]);
    if (!ln_mul_size(ln_cpu_depthwise_hybrid_floats(&p->d), sizeof(float), &h->more))
        return LN_ERR_UNSUPPORTED;
    LN_TRY(ln_cpu_hybrid_plan(k, c, params->activation, h));
    return packed || k->filled ? LN_OK : pack_depthwise(k, p);
}

/* What finding a range takes, behind the rings. */
static ln_status plan_extremes(ln_cpu_kernel *k, plan *p)
{
    const size_t threads = (size_t)LN_MAX(k->threads, 1), row = 2 * p->expand.columns;
    size_t extremes;
    return ln_align_size(row * sizeof(int32_t), 64, &p->extremes_bytes) &&
                   ln_mul_size(p->extremes_bytes, threads + 1, &extremes) &&
                   ln_align_size(k->scratch_bytes, 64, &p->extremes_at) &&
                   ln_add_size(p->extremes_at, extremes, &p->scales_at) &&
                   ln_add_size(p->scales_at, p->d.n * sizeof(float), &k->scratch_bytes)
               ? LN_OK
               : LN_ERR_UNSUPPORTED;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    ln_strips *s = &p->s;
    ln_strips_find(k, s);
    if (ln_count(c->out[0]) == 0 || ln_count(k->nodes[s->depthwise].call.out[0]) == 0)
        return LN_ERR_UNSUPPORTED;
    LN_TRY(plan_depthwise(k, p));
    LN_TRY(plan_expand(k, c, p));
    s->h = p->d.h;
    s->w = p->d.w;
    s->images = (size_t)p->d.batches;
    s->cin = p->expand.k;
    s->mid = p->d.n;
    LN_TRY(ln_strips_cut(k, s, &type));
    return plan_extremes(k, p);
}

/* ---- running ---- */

typedef struct job {
    const ln_cpu_kernel *k;
    const plan *p;
    ln_cpu_hybrid_job expand;
    ln_cpu_depthwise_run d;
    const ln_hybrid_row *row; /* how the depthwise convolution quantizes; NULL: it does not */
    size_t image;
} job;

static int32_t *extremes_of(const job *j, size_t thread)
{
    char *at = (char *)j->k->scratch + j->p->extremes_at;
    return (int32_t *)(void *)(at + thread * j->p->extremes_bytes);
}

/* Pixels of the image; each thread has its own extremes. */
static void find_extremes(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const ln_gemm_q8 *g = j->p->expand.product.q8;
    const size_t width = (size_t)j->p->d.w.in, first = j->image * (size_t)j->p->d.h.in;
    ln_gemm_q8_begin(g);
    ln_cpu_hybrid_extremes(j->k, &j->expand, (first + begin) * width, (end - begin) * width,
                           extremes_of(j, (size_t)thread), thread);
    ln_gemm_q8_end(g);
}

/* Those of all threads, to the first one's. */
static void find_all_extremes(job *j, ln_pool *pool)
{
    const size_t threads = (size_t)LN_MAX(j->k->threads, 1), columns = j->p->expand.columns;
    const size_t lines = (size_t)j->p->d.h.in;
    int32_t *all = extremes_of(j, 0);
    ln_parallel_for(pool, lines, ln_cpu_items_at_once(pool, lines), find_extremes, j);
    for (size_t i = 1; i < threads; i++)
        for (size_t c = 0; c < columns; c++) {
            all[c] = LN_MIN(all[c], extremes_of(j, i)[c]);
            all[columns + c] = LN_MAX(all[columns + c], extremes_of(j, i)[columns + c]);
        }
}

static void begin_extremes(job *j)
{
    const size_t threads = (size_t)LN_MAX(j->k->threads, 1), columns = j->p->expand.columns;
    for (size_t i = 0; i < threads; i++)
        for (size_t c = 0; c < columns; c++) {
            extremes_of(j, i)[c] = INT32_MAX;
            extremes_of(j, i)[columns + c] = INT32_MIN;
        }
}

/* The range of the results that the first thread's extremes give. */
typedef struct range {
    float min, max;
} range;

static range range_of(const job *j)
{
    const ln_cpu_hybrid *h = &j->p->expand;
    float *results = (float *)(void *)extremes_of(j, (size_t)LN_MAX(j->k->threads, 1));
    range of[2];
    ln_cpu_hybrid_results(j->k, &j->expand, j->image, extremes_of(j, 0), results);
    for (int i = 0; i < 2; i++)
        j->k->fn->hybrid.range(results + (size_t)i * h->columns, h->n, &of[i].min, &of[i].max);
    return (range){LN_MIN(of[0].min, of[1].min), LN_MAX(of[0].max, of[1].max)};
}

/* How expand's output becomes integers.  Some lines in the middle may have both limits of the
 * activation, as with RELU6 they mostly do; then no others can add to that. */
static ln_row_scale scale_of(job *j, ln_pool *pool)
{
    const ln_cpu_hybrid *h = &j->p->expand;
    const size_t lines = (size_t)j->p->d.h.in, begin = lines / 2;
    begin_extremes(j);
    range r = {0, 0};
    if (h->max < INFINITY) {
        find_extremes(j, begin, begin + (lines - begin + FEW - 1) / FEW, 0);
        r = range_of(j);
    }
    if (r.min > LN_MIN(h->min, 0) || r.max < LN_MAX(h->max, 0)) {
        find_all_extremes(j, pool);
        r = range_of(j);
    }
    return ln_row_scale_of(r.min, r.max, true);
}

static void expand(const ln_strips_job *strips, const void *x, void *y, size_t rows, int thread)
{
    const job *j = strips->of;
    const size_t first = (size_t)((const float *)x - j->expand.x) / j->p->expand.k;
    ln_cpu_hybrid_rows(j->k, &j->expand, first, rows, y, thread);
    if (j->row)
        j->k->fn->hybrid.to_f32(y, y, rows * j->p->d.n, j->row);
}

/* Straight to the output. */
static void depthwise(const ln_strips_job *strips, const void *x, void *y,
                      const ln_cpu_depthwise_lines *lines, int thread)
{
    const job *j = strips->of;
    const ln_cpu_depthwise *p = &j->p->d;
    ln_cpu_depthwise_run d = j->d;
    (void)y;
    d.x = x;
    d.y += (j->image * (size_t)p->h.out + (size_t)lines->begin) * (size_t)p->w.out * p->n;
    ln_cpu_depthwise_run_lines(j->k, p, &d, lines, thread);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const ln_strips *s = &p->s;
    const ln_call *last = &k->nodes[s->depthwise].call;
    const TfLiteDepthwiseConvParams *params = last->params;
    const ln_gemm_q8 *g = p->expand.product.q8;
    const float *packed = (const float *)(const void *)((uint8_t *)k->packed + p->expand.more_at);
    const float *factors = packed + p->d.floats;
    float *scales = (float *)(void *)((char *)k->scratch + p->scales_at);
    ln_hybrid_row row;
    job j = {.k = k, .p = p, .expand = ln_cpu_hybrid_begin(k, c, &p->expand)};
    j.d = (ln_cpu_depthwise_run){.packed = packed,
                                 .y = last->out[0]->data.f,
                                 .scale = p->quantizes ? scales : NULL,
                                 .bias = factors + p->d.n};
    ln_activation_range_f32(params->activation, &j.d.min, &j.d.max);
    for (; j.image < s->images; j.image++) {
        if (p->quantizes) {
            const ln_row_scale scale = scale_of(&j, s->alone ? NULL : k->pool);
            row = (ln_hybrid_row){scale.inverse, scale.zero, scale.least};
            for (size_t i = 0; i < p->d.n; i++)
                scales[i] = factors[i] * scale.scale;
            j.row = &row;
        }
        const float *x = c->in[X]->data.f + j.image * (size_t)s->h.in * (size_t)s->w.in * s->cin;
        ln_strips_run(&(ln_strips_job){k, s, &j, (const char *)x, 1, g->begin, g->end, expand,
                                       depthwise, NULL});
    }
}

const ln_cpu_row ln_cpu_expand_hybrid = {
    .op = &ln_op_conv_2d,
    .name = "expand+depthwise dynamic range",
    .plan_size = sizeof(plan),
    .match = match,
    .plan = make_plan,
    .run = run,
};
