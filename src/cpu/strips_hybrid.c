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
#include "base/cpu.h"
#include "cpu/depthwise.h"
#include "cpu/pad.h"
#include "cpu/product_hybrid.h"

extern const ln_op ln_op_conv_2d, ln_op_depthwise_conv_2d, ln_op_pad;

enum { X, W, B };
/* What a part of the second-level cache is good for: what lies between the nodes is worth keeping
 * from half of it on, weights may take an eighth, and so may a strip's lines. */
enum { WORTH = 2, WEIGHTS = 8, STRIP = 8 };
enum { FEW = 16 }; /* lines of half an image that are looked at first: the FEWth part */
enum {
    NARROW = 3, /* columns of windows with tiles of their own */
    WIDE = 5,
    CROWDED = 512,      /* multiples of so many channels are copied (depthwise.c) */
    TWICE = 16,         /* one line of so many may be computed by two threads */
    SMALL = 640 * 1024, /* multiplications that are done before another thread woke */
};

typedef struct plan {
    ln_cpu_hybrid expand;
    ln_cpu_depthwise d;
    int pad, depthwise;                 /* nodes; -1: there is none */
    bool quantizes;                     /* the depthwise convolution does */
    int lines, ring;                    /* of a strip's output, and that the ring has */
    size_t bands;                       /* that threads cut an image's lines into */
    size_t ring_at, bytes;              /* in the scratch memory; of a thread */
    size_t extremes_at, extremes_bytes; /* of each thread, and what comes of them */
    size_t scales_at;                   /* of the depthwise convolution's channels */
    bool alone;
} plan;

/* ---- in the graph ---- */

static bool is_constant(const TfLiteTensor *t, int rank)
{
    return t && t->dims && t->dims->size == rank && t->allocation_type == kTfLiteMmapRo &&
           t->data.raw;
}

/* A convolution `op` of floats by constants, which *v shows. */
static bool can_take(const ln_cpu_graph *g, int at, const ln_op *op, ln_cpu_view *v)
{
    if (at < 0 || g->items[at].op != op || g->items[at].taken || g->items[at].constant ||
        !g->items[at].node->builtin_data || !ln_cpu_view_plain(v, g, at, false))
        return false;
    const ln_call *c = &v->call;
    return c->in[X]->dims && c->in[X]->dims->size == 4 && is_constant(c->in[W], 4) &&
           (!ln_has(c, B) || is_constant(c->in[B], 1));
}

static bool is_expand(const ln_cpu_graph *g, int at, ln_cpu_view *v)
{
    if (!can_take(g, at, &ln_op_conv_2d, v))
        return false;
    const TfLiteConvParams *p = v->call.params;
    const int *w = v->call.in[W]->dims->data;
    return ln_cpu_hybrid_claims(&v->call, p->activation, kTfLiteAffineQuantization) &&
           v->call.in[W]->type == kTfLiteInt8 && p->stride_height == 1 && p->stride_width == 1 &&
           w[1] == 1 && w[2] == 1 && w[3] == v->call.in[X]->dims->data[3];
}

static bool of_floats(const ln_call *c)
{
    return c->in[X]->type == kTfLiteFloat32 && c->in[W]->type == kTfLiteFloat32 &&
           (!ln_has(c, B) || c->in[B]->type == kTfLiteFloat32) && c->out[0]->type == kTfLiteFloat32;
}

/* One whose lines go through `narrow` tiles as they lie. */
static bool is_depthwise(const ln_cpu_graph *g, int at, ln_cpu_view *v)
{
    if (!can_take(g, at, &ln_op_depthwise_conv_2d, v))
        return false;
    const TfLiteDepthwiseConvParams *p = v->call.params;
    const int *w = v->call.in[W]->dims->data;
    const bool hybrid = v->call.in[W]->type == kTfLiteInt8 &&
                        ln_cpu_hybrid_claims(&v->call, p->activation, kTfLiteAffineQuantization);
    return (hybrid || of_floats(&v->call)) && w[3] == v->call.in[X]->dims->data[3] &&
           w[3] >= (int)g->fn->depthwise.lanes && w[3] % CROWDED != 0 &&
           (w[2] == NARROW || w[2] == WIDE) && w[1] <= LN_DEPTHWISE_ROWS && p->stride_width <= 2 &&
           (p->stride_width == 1 || p->dilation_width_factor == 1);
}

static size_t items_of(const TfLiteTensor *t)
{
    return (size_t)t->dims->data[1] * (size_t)t->dims->data[2] * (size_t)t->dims->data[3];
}

static size_t part_of_cache(size_t part)
{
    return ln_cpu_cache_bytes(2) / part / sizeof(float);
}

/* Lines of the image that two neighboring strips of the output both read. */
static int shared_lines(const ln_call *c)
{
    const TfLiteDepthwiseConvParams *p = c->params;
    const int rows = (c->in[W]->dims->data[1] - 1) * p->dilation_height_factor + 1;
    return LN_MAX(rows - p->stride_height, 0);
}

static int match(const ln_cpu_graph *g, int at, int *nodes, int max)
{
    ln_cpu_view expand, depthwise;
    int n = 0, next = ln_cpu_graph_next(g, at);
    if (max < 3 || !is_expand(g, at, &expand))
        return 0;
    nodes[n++] = at;
    if (next >= 0 && g->items[next].op == &ln_op_pad) {
        nodes[n++] = next;
        next = ln_cpu_graph_next(g, next);
        if (next < 0 || ln_cpu_pad_match(g, next) != nodes[1])
            return 0;
    }
    if (!is_depthwise(g, next, &depthwise))
        return 0;
    const TfLiteTensor *mid = expand.call.out[0], *w = expand.call.in[W];
    if (items_of(mid) < part_of_cache(WORTH) ||
        (size_t)w->dims->data[0] * items_of(w) > part_of_cache(WEIGHTS) * sizeof(float) ||
        (size_t)shared_lines(&depthwise.call) * (size_t)(g->threads - 1) * TWICE >
            (size_t)mid->dims->data[1])
        return 0;
    nodes[n++] = next;
    return n;
}

/* ---- planning ---- */

static void find_nodes(const ln_cpu_kernel *k, plan *p)
{
    p->pad = k->nodes[1].op == &ln_op_pad ? 1 : -1;
    p->depthwise = p->pad >= 0 ? 2 : 1;
    p->quantizes = k->nodes[p->depthwise].call.in[W]->type == kTfLiteInt8;
}

/* The depthwise convolution as it reads what the PAD reads. */
static ln_status plan_depthwise(ln_cpu_kernel *k, plan *p)
{
    ln_call c = k->nodes[p->depthwise].call;
    const TfLiteTensor *in[] = {c.in[X], c.in[W]};
    if (p->pad >= 0) {
        LN_TRY(ln_cpu_pad_read(k, &k->nodes[p->pad].call));
        in[X] = k->nodes[p->pad].call.in[X];
    }
    c.in = in;
    p->d.quantizes = false; /* the ring has what is quantized */
    LN_TRY(ln_cpu_depthwise_plan(k, &c, &p->d));
    return p->d.kind < 0 || p->d.dense_rows > 0 ? LN_ERR_UNSUPPORTED : LN_OK;
}

static ln_status pack_depthwise(const ln_cpu_kernel *k, const plan *p)
{
    const ln_call *c = &k->nodes[p->depthwise].call;
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

/* As many lines as a strip may have, or somewhat less, so that all are about as high. */
static int lines_of(const plan *p)
{
    const size_t in = (size_t)p->d.h.stride * (size_t)p->d.w.in;
    const size_t fit = part_of_cache(STRIP) / (in * p->d.n);
    const int most = (int)LN_MAX(LN_MIN(fit, (size_t)p->d.h.out), (size_t)1);
    const int strips = (p->d.h.out - 1) / most + 1;
    return (p->d.h.out - 1) / strips + 1;
}

static void cut(ln_cpu_kernel *k, plan *p)
{
    const ln_window *h = &p->d.h;
    const size_t threads = (size_t)LN_MAX(k->threads, 1), images = (size_t)p->d.batches;
    k->work = (double)p->expand.product.m * (double)p->expand.n * (double)p->expand.k;
    p->alone = threads == 1 || k->work < (double)ln_cpu_small(k, SMALL);
    p->bands = p->alone || images % threads == 0 ? 1 : LN_MIN(threads, (size_t)h->out);
    p->lines = lines_of(p);
    p->ring = LN_MIN((p->lines - 1) * h->stride + (h->filter - 1) * h->dilation + 1, h->in);
}

static ln_status plan_scratch(ln_cpu_kernel *k, plan *p)
{
    const size_t threads = (size_t)LN_MAX(k->threads, 1), row = 2 * p->expand.columns;
    const size_t items = (size_t)p->ring * (size_t)p->d.w.in;
    size_t rings, extremes;
    return ln_mul_size(items, p->d.n * sizeof(float), &p->bytes) &&
                   ln_align_size(p->bytes, 64, &p->bytes) &&
                   ln_mul_size(p->bytes, threads, &rings) &&
                   ln_align_size(row * sizeof(int32_t), 64, &p->extremes_bytes) &&
                   ln_mul_size(p->extremes_bytes, threads + 1, &extremes) &&
                   ln_align_size(k->scratch_bytes, 64, &p->ring_at) &&
                   ln_add_size(p->ring_at, rings, &p->extremes_at) &&
                   ln_add_size(p->extremes_at, extremes, &p->scales_at) &&
                   ln_add_size(p->scales_at, p->d.n * sizeof(float), &k->scratch_bytes)
               ? LN_OK
               : LN_ERR_UNSUPPORTED;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    find_nodes(k, p);
    if (ln_count(c->out[0]) == 0 || ln_count(k->nodes[p->depthwise].call.out[0]) == 0)
        return LN_ERR_UNSUPPORTED;
    LN_TRY(plan_depthwise(k, p));
    LN_TRY(plan_expand(k, c, p));
    cut(k, p);
    return plan_scratch(k, p);
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

/* Lines [begin, end) of the image to their places in the ring. */
static void run_expand(const job *j, float *ring, int begin, int end, int thread)
{
    const plan *p = j->p;
    const size_t width = (size_t)p->d.w.in, first = j->image * (size_t)p->d.h.in;
    for (int n; begin < end; begin += n) {
        const int slot = begin % p->ring;
        n = LN_MIN(end - begin, p->ring - slot);
        float *to = ring + (size_t)slot * width * p->d.n;
        ln_cpu_hybrid_rows(j->k, &j->expand, (first + (size_t)begin) * width, (size_t)n * width, to,
                           thread);
        if (j->row)
            j->k->fn->hybrid.to_f32(to, to, (size_t)n * width * p->d.n, j->row);
    }
}

/* Output lines [begin, end). */
static void run_band(const job *j, int begin, int end, int thread)
{
    const plan *p = j->p;
    const ln_window *h = &p->d.h;
    float *ring = (float *)(void *)((char *)j->k->scratch + p->ring_at + (size_t)thread * p->bytes);
    ln_cpu_depthwise_run d = j->d;
    int there = 0;
    d.x = ring;
    for (int stop; begin < end; begin = stop) {
        stop = LN_MIN(begin + p->lines, end);
        const int from = begin * h->stride - h->pad;
        const int to = (stop - 1) * h->stride - h->pad + (h->filter - 1) * h->dilation + 1;
        there = LN_MAX(there, from);
        run_expand(j, ring, there, LN_MIN(to, h->in), thread);
        there = LN_MAX(there, LN_MIN(to, h->in));
        d.y = j->d.y + (j->image * (size_t)h->out + (size_t)begin) * (size_t)p->d.w.out * p->d.n;
        ln_cpu_depthwise_run_lines(j->k, &p->d, &d, &(ln_cpu_depthwise_lines){p->ring, begin, stop},
                                   thread);
    }
}

static void run_bands(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const plan *p = j->p;
    const ln_gemm_q8 *g = p->expand.product.q8;
    const size_t lines = (size_t)p->d.h.out;
    ln_gemm_q8_begin(g);
    for (size_t i = begin; i < end; i++)
        run_band(j, (int)(lines * i / p->bands), (int)(lines * (i + 1) / p->bands), thread);
    ln_gemm_q8_end(g);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const TfLiteDepthwiseConvParams *params = k->nodes[p->depthwise].call.params;
    const float *packed = (const float *)(const void *)((uint8_t *)k->packed + p->expand.more_at);
    const float *factors = packed + p->d.floats;
    float *scales = (float *)(void *)((char *)k->scratch + p->scales_at);
    ln_pool *pool = p->alone ? NULL : k->pool;
    ln_hybrid_row row;
    job j = {.k = k, .p = p, .expand = ln_cpu_hybrid_begin(k, c, &p->expand)};
    j.d = (ln_cpu_depthwise_run){.packed = packed,
                                 .y = k->nodes[p->depthwise].call.out[0]->data.f,
                                 .scale = p->quantizes ? scales : NULL,
                                 .bias = factors + p->d.n};
    ln_activation_range_f32(params->activation, &j.d.min, &j.d.max);
    for (; j.image < (size_t)p->d.batches; j.image++) {
        if (p->quantizes) {
            const ln_row_scale s = scale_of(&j, pool);
            row = (ln_hybrid_row){s.inverse, s.zero, s.least};
            for (size_t i = 0; i < p->d.n; i++)
                scales[i] = factors[i] * s.scale;
            j.row = &row;
        }
        ln_parallel_for(pool, p->bands, 1, run_bands, &j);
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
