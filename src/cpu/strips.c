/* SPDX-License-Identifier: Apache-2.0 */
/* strips.c: blocks of convolutions in float32 that run by strips of lines, so that what is between
 * their nodes stays in the second-level cache: a 1x1 convolution that adds channels, a depthwise
 * one, and a 1x1 convolution with its tail (an inverted residual), or the last two alone.
 *
 * Lines that a depthwise convolution reads lie in a ring: each strip adds those that the strip
 * before did not need.  Results have the bits of the nodes one by one, each of which computes a
 * pixel in the same way whatever is computed along with it. */
#include "base/checked.h"
#include "base/cpu.h"
#include "cpu/chain.h"
#include "cpu/constants.h"
#include "cpu/depthwise.h"
#include "cpu/pad.h"
#include "cpu/product.h"

extern const ln_op ln_op_conv_2d, ln_op_depthwise_conv_2d, ln_op_dequantize, ln_op_pad;

enum { X, W, B };
enum { CONSTANTS = 6, MOST = CONSTANTS + 4 + LN_CHAIN_MAX }; /* nodes of a group */
/* What a part of the second-level cache is good for: what lies between two nodes is worth keeping
 * from half of it on, as long as weights, which every strip reads, take an eighth; a strip's lines
 * take another. */
enum { WORTH = 2, WEIGHTS = 8, STRIP = 8 };
enum {
    NARROW = 3, /* columns of windows with tiles of their own */
    WIDE = 5,
    CROWDED = 512,      /* multiples of so many channels are copied (depthwise.c) */
    TWICE = 16,         /* one line of so many may be computed by two threads */
    SMALL = 640 * 1024, /* multiplications that are done before another thread woke */
};

typedef struct plan {
    int expand, pad, depthwise, project; /* nodes; -1: there is none */
    ln_cpu_depthwise d;
    size_t cin, mid, cout;
    const ln_gemm_kernels *g[2]; /* for expand and project, and where their rows are rounded */
    ln_cpu_taken taken[2];
    size_t depthwise_at, project_at, floats; /* of packed weights, expand's first */
    int lines, ring;                         /* of a strip's output, and that the ring has */
    size_t bands;                            /* that threads cut an image's lines into */
    size_t ring_at, rows_at, bytes;          /* in the scratch memory; of a thread */
    bool alone;
} plan;

/* Behind the plan: what follows the last convolution. */
static ln_chain *tail_of(const ln_cpu_kernel *k)
{
    return (ln_chain *)(void *)((plan *)k->plan + 1);
}

/* ---- in the graph ---- */

/* Of the model, or what a DEQUANTIZE makes of one for this node alone. */
static bool is_constant(const ln_cpu_graph *g, int at, int in, int rank)
{
    const TfLiteTensor *t = ln_cpu_graph_input(g, at, in);
    int nodes[CONSTANTS];
    if (!t || t->type != kTfLiteFloat32 || !t->dims || t->dims->size != rank)
        return false;
    if (t->allocation_type == kTfLiteMmapRo)
        return t->data.raw;
    for (int n = ln_cpu_constants_match(g, at, nodes, CONSTANTS); n > 0; n--)
        if (ln_cpu_graph_output(g, nodes[n - 1], 0) == t)
            return true;
    return false;
}

/* A convolution `op` of floats by constants. */
static bool can_take(const ln_cpu_graph *g, int at, const ln_op *op)
{
    ln_cpu_view v;
    if (at < 0 || g->items[at].op != op || g->items[at].taken || g->items[at].constant ||
        !g->items[at].node->builtin_data || !ln_cpu_view_plain(&v, g, at, false))
        return false;
    const TfLiteTensor *x = ln_cpu_graph_input(g, at, X);
    return x && x->type == kTfLiteFloat32 && x->dims && x->dims->size == 4 &&
           is_constant(g, at, W, 4) &&
           (!ln_cpu_graph_input(g, at, B) || is_constant(g, at, B, 1)) &&
           ln_cpu_graph_output(g, at, 0)->type == kTfLiteFloat32;
}

static bool is_pointwise(const ln_cpu_graph *g, int at)
{
    if (!can_take(g, at, &ln_op_conv_2d))
        return false;
    const TfLiteConvParams *p = g->items[at].node->builtin_data;
    const int *w = ln_cpu_graph_input(g, at, W)->dims->data;
    return p->stride_height == 1 && p->stride_width == 1 && w[1] == 1 && w[2] == 1 &&
           w[3] == ln_cpu_graph_input(g, at, X)->dims->data[3];
}

/* One whose lines go through `narrow` tiles as they lie. */
static bool is_depthwise(const ln_cpu_graph *g, int at)
{
    if (!can_take(g, at, &ln_op_depthwise_conv_2d))
        return false;
    const TfLiteDepthwiseConvParams *p = g->items[at].node->builtin_data;
    const int *w = ln_cpu_graph_input(g, at, W)->dims->data;
    return w[3] == ln_cpu_graph_input(g, at, X)->dims->data[3] &&
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
static int shared_lines(const ln_cpu_graph *g, int depthwise)
{
    const TfLiteDepthwiseConvParams *p = g->items[depthwise].node->builtin_data;
    const int *w = ln_cpu_graph_input(g, depthwise, W)->dims->data;
    return LN_MAX((w[1] - 1) * p->dilation_height_factor + 1 - p->stride_height, 0);
}

static size_t weights_of(const ln_cpu_graph *g, int at)
{
    const TfLiteTensor *w = ln_cpu_graph_input(g, at, W);
    return (size_t)w->dims->data[0] * items_of(w);
}

/* Puts the constants of nodes[0..n) in front; 0 where the plan has one behind the first node. */
static int add_constants(const ln_cpu_graph *g, int *nodes, int n)
{
    int all[CONSTANTS], count = 0;
    for (int i = 0; i < n; i++)
        count += ln_cpu_constants_match(g, nodes[i], all + count, CONSTANTS - count);
    for (int i = 0; i < count; i++)
        if (all[i] > nodes[0])
            return 0;
    for (int i = n; i > 0; i--)
        nodes[i - 1 + count] = nodes[i - 1];
    for (int i = 0; i < count; i++) {
        int at = i;
        for (; at > 0 && nodes[at - 1] > all[i]; at--)
            nodes[at] = nodes[at - 1];
        nodes[at] = all[i];
    }
    return n + count;
}

/* Adds a depthwise convolution, the 1x1 one behind it and its tail; `weights`: those before. */
static int match_rest(const ln_cpu_graph *g, int depthwise, size_t weights, int *nodes, int n)
{
    const int project = ln_cpu_graph_next(g, depthwise);
    if (!is_pointwise(g, project) || weights + weights_of(g, project) > part_of_cache(WEIGHTS))
        return 0;
    nodes[n++] = depthwise;
    nodes[n++] = project;
    const int all = add_constants(g, nodes, n);
    return all ? all + ln_chain_match(g, project, nodes + all, LN_CHAIN_MAX - 1) : 0;
}

static int match_expand(const ln_cpu_graph *g, int at, int *nodes, int max)
{
    int n = 0;
    if (max < MOST || !is_pointwise(g, at))
        return 0;
    nodes[n++] = at;
    int depthwise = ln_cpu_graph_next(g, at);
    if (depthwise >= 0 && g->items[depthwise].op == &ln_op_pad) {
        nodes[n++] = depthwise;
        depthwise = ln_cpu_graph_next(g, depthwise);
        if (depthwise < 0 || ln_cpu_pad_match(g, depthwise) != nodes[1])
            return 0;
    }
    if (!is_depthwise(g, depthwise) ||
        items_of(ln_cpu_graph_output(g, at, 0)) < part_of_cache(WORTH) ||
        (size_t)shared_lines(g, depthwise) * (size_t)(g->threads - 1) * TWICE >
            (size_t)ln_cpu_graph_output(g, at, 0)->dims->data[1])
        return 0;
    return match_rest(g, depthwise, weights_of(g, at), nodes, n);
}

static int match_depthwise(const ln_cpu_graph *g, int at, int *nodes, int max)
{
    if (max < MOST || !is_depthwise(g, at) ||
        items_of(ln_cpu_graph_output(g, at, 0)) < part_of_cache(WORTH))
        return 0;
    const int pad = ln_cpu_pad_match(g, at);
    if (pad >= 0)
        nodes[0] = pad;
    return match_rest(g, at, 0, nodes, pad >= 0);
}

/* ---- planning ---- */

static void find_nodes(const ln_cpu_kernel *k, plan *p)
{
    int i = 0;
    while (k->nodes[i].op == &ln_op_dequantize)
        i++;
    p->expand = k->nodes[i].op == &ln_op_conv_2d ? i++ : -1;
    p->pad = k->nodes[i].op == &ln_op_pad ? i++ : -1;
    p->depthwise = i++;
    p->project = i;
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
    p->d.quantizes = false;
    LN_TRY(ln_cpu_depthwise_plan(k, &c, &p->d));
    return p->d.kind < 0 || p->d.dense_rows > 0 ? LN_ERR_UNSUPPORTED : LN_OK;
}

static const TfLiteTensor *weights(const ln_cpu_kernel *k, int node)
{
    return k->nodes[node].call.in[W];
}

/* Other kernels than before take weights that are packed in another way. */
static void choose_kernels(ln_cpu_kernel *k, plan *p)
{
    const size_t images = (size_t)p->d.batches;
    const ln_cpu_weights of[] = {
        {.m = images * (size_t)p->d.h.in * (size_t)p->d.w.in, .n = p->mid, .k = p->cin},
        {.m = images * (size_t)p->d.h.out * (size_t)p->d.w.out, .n = p->cout, .k = p->mid},
    };
    for (int i = p->expand < 0; i < 2; i++) {
        ln_cpu_weights weights = of[i];
        weights.groups = 1;
        const ln_gemm_kernels *g = ln_cpu_gemm_for(k, &weights);
        if (p->g[i] && p->g[i] != g)
            k->packed_of = NULL;
        p->g[i] = g;
    }
}

/* Where packed weights lie: those of each node begin a line of the cache. */
static bool place(plan *p)
{
    size_t expand = 0, project;
    return (p->expand < 0 || ln_cpu_packed_floats(p->g[0], p->mid, p->cin, &expand)) &&
           ln_align_size(expand, 16, &p->depthwise_at) &&
           ln_add_size(p->depthwise_at, p->d.floats, &p->project_at) &&
           ln_align_size(p->project_at, 16, &p->project_at) &&
           ln_cpu_packed_floats(p->g[1], p->cout, p->mid, &project) &&
           ln_add_size(p->project_at, project, &p->floats) && p->floats <= SIZE_MAX / sizeof(float);
}

static void pack_product(const ln_cpu_kernel *k, const ln_gemm_kernels *g, int node, size_t n,
                         size_t steps, float *to)
{
    ln_cpu_pack_columns(
        k->pool, g, to,
        &(ln_cpu_columns){
            .at = weights(k, node)->data.f, .n = n, .k = steps, .step = 1, .column = steps});
}

static ln_status pack(ln_cpu_kernel *k, plan *p)
{
    const ln_call *depthwise = &k->nodes[p->depthwise].call;
    const TfLiteTensor *first = weights(k, p->expand < 0 ? p->depthwise : p->expand);
    uint64_t form = (uint64_t)k->fn->depthwise.lanes << 32;
    if (!place(p))
        return LN_ERR_UNSUPPORTED;
    if (ln_cpu_is_packed(k, first))
        return LN_OK;
    for (int i = p->expand < 0; i < 2; i++)
        form |= (p->g[i]->half | (uint64_t)p->g[i]->nr << 8) << i * 16;
    float *to = ln_cpu_pack_cached(k, p->floats * sizeof(float), first->data.raw, form);
    if (!to)
        LN_FAIL(depthwise, LN_ERR_MEMORY, "no memory for %zu packed weights", p->floats);
    if (k->filled)
        return LN_OK;
    if (p->expand >= 0)
        pack_product(k, p->g[0], p->expand, p->mid, p->cin, to);
    ln_cpu_depthwise_pack(k, &p->d, weights(k, p->depthwise)->data.f,
                          ln_has(depthwise, B) ? depthwise->in[B]->data.f : NULL,
                          to + p->depthwise_at);
    pack_product(k, p->g[1], p->project, p->cout, p->mid, to + p->project_at);
    return LN_OK;
}

/* As many lines as a strip may have, or somewhat less, so that all are about as high. */
static int lines_of(const plan *p)
{
    const size_t in = (size_t)p->d.h.stride * (size_t)p->d.w.in, out = (size_t)p->d.w.out;
    const size_t fit = part_of_cache(STRIP) / ((in + out) * p->mid);
    const int most = (int)LN_MAX(LN_MIN(fit, (size_t)p->d.h.out), (size_t)1);
    const int strips = (p->d.h.out - 1) / most + 1;
    return (p->d.h.out - 1) / strips + 1;
}

static void cut(ln_cpu_kernel *k, plan *p)
{
    const ln_window *h = &p->d.h;
    const size_t threads = (size_t)LN_MAX(k->threads, 1), images = (size_t)p->d.batches;
    const double in = (double)h->in * (double)p->d.w.in * (double)p->cin;
    const double out = (double)h->out * (double)p->d.w.out * (double)p->cout;
    k->work = (double)images * (double)p->mid * (in + out);
    p->alone = threads == 1 || k->work < (double)ln_cpu_small(k, SMALL);
    p->bands = p->alone || images % threads == 0 ? 1 : LN_MIN(threads, (size_t)h->out);
    p->lines = lines_of(p);
    p->ring = h->in;
    if (p->expand >= 0)
        p->ring = LN_MIN((p->lines - 1) * h->stride + (h->filter - 1) * h->dilation + 1, h->in);
}

static ln_status plan_scratch(ln_cpu_kernel *k, plan *p)
{
    const size_t lines = p->expand < 0 ? 0 : (size_t)p->ring;
    const size_t threads = (size_t)LN_MAX(k->threads, 1);
    const size_t in = lines * (size_t)p->d.w.in, out = (size_t)p->lines * (size_t)p->d.w.out;
    size_t ring, rows, all;
    return (p->expand < 0 || ln_cpu_taken_plan(k, p->g[0], in, p->cin, &p->taken[0])) &&
                   ln_cpu_taken_plan(k, p->g[1], out, p->mid, &p->taken[1]) &&
                   ln_mul_size(in, p->mid * sizeof(float), &ring) &&
                   ln_mul_size(out, p->mid * sizeof(float), &rows) &&
                   ln_align_size(k->scratch_bytes, 64, &p->ring_at) &&
                   ln_align_size(ring, 64, &p->rows_at) &&
                   ln_add_size(p->rows_at, rows, &p->bytes) &&
                   ln_align_size(p->bytes, 64, &p->bytes) && ln_mul_size(p->bytes, threads, &all) &&
                   ln_add_size(p->ring_at, all, &k->scratch_bytes)
               ? LN_OK
               : LN_ERR_UNSUPPORTED;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    (void)c;
    find_nodes(k, p);
    if (ln_count(k->nodes[p->project].call.out[0]) == 0)
        return LN_ERR_UNSUPPORTED;
    LN_TRY(plan_depthwise(k, p));
    p->cin = p->expand < 0 ? 0 : (size_t)ln_shape_of(weights(k, p->expand)).dim[3];
    p->mid = p->d.n;
    p->cout = (size_t)ln_shape_of(weights(k, p->project)).dim[0];
    choose_kernels(k, p);
    LN_TRY(pack(k, p));
    cut(k, p);
    LN_TRY(plan_scratch(k, p));
    return ln_chain_plan(tail_of(k), k, p->project + 1, k->n_nodes);
}

/* ---- running ---- */

static const ptrdiff_t no_offset[1];

typedef struct job {
    const ln_cpu_kernel *k;
    const plan *p;
    ln_cpu_depthwise_run d;
    ln_gemm_c expand, project;
} job;

static ln_gemm_c range_of(const ln_cpu_kernel *k, int node, size_t columns)
{
    const ln_call *c = &k->nodes[node].call;
    const TfLiteConvParams *params = c->params;
    ln_gemm_c to = {.ld = columns, .bias = ln_has(c, B) ? c->in[B]->data.f : NULL};
    ln_activation_range_f32(params->activation, &to.min, &to.max);
    return to;
}

/* `rows` rows at `from` by the columns of expand (0) or project (1). */
static void multiply(const job *j, int which, const ln_gemm_c *to, const float *from, size_t rows,
                     int thread)
{
    const plan *p = j->p;
    const ln_gemm_kernels *g = p->g[which];
    const ln_cpu_taken *taken = &p->taken[which];
    const size_t depth = which ? p->mid : p->cin;
    ln_gemm_a a = {.at = from, .ld = depth, .offsets = no_offset, .pieces = 1, .length = depth};
    if (g->take) {
        void *at = (char *)j->k->scratch + taken->at + (size_t)thread * taken->bytes;
        g->take(at, &a, rows);
        a.at = at;
    }
    ln_cpu_multiply(g, to, &a, (const float *)j->k->packed + (which ? p->project_at : 0), rows,
                    which ? p->cout : p->mid);
}

/* Lines [begin, end) of an image at x to their places in the ring. */
static void run_expand(const job *j, const float *x, float *ring, int begin, int end, int thread)
{
    const plan *p = j->p;
    const size_t width = (size_t)p->d.w.in;
    for (int n; begin < end; begin += n) {
        const int slot = begin % p->ring;
        n = LN_MIN(end - begin, p->ring - slot);
        ln_gemm_c to = j->expand;
        to.at = ring + (size_t)slot * width * p->mid;
        multiply(j, 0, &to, x + (size_t)begin * width * p->cin, (size_t)n * width, thread);
    }
}

static void run_project(const job *j, size_t image, int begin, int end, const float *rows,
                        int thread)
{
    const plan *p = j->p;
    const size_t width = (size_t)p->d.w.out, count = (size_t)(end - begin) * width;
    const size_t first = (image * (size_t)p->d.h.out + (size_t)begin) * width;
    ln_gemm_c to = j->project;
    to.at += first * p->cout;
    multiply(j, 1, &to, rows, count, thread);
    if (tail_of(j->k)->n > 0)
        ln_chain_run(tail_of(j->k), j->k, first * p->cout, count * p->cout, thread);
}

/* Output lines [begin, end) of one image. */
static void run_band(const job *j, size_t image, int begin, int end, int thread)
{
    const plan *p = j->p;
    const ln_window *h = &p->d.h;
    char *room = (char *)j->k->scratch + p->ring_at + (size_t)thread * p->bytes;
    float *ring = (float *)(void *)room, *rows = (float *)(void *)(room + p->rows_at);
    ln_cpu_depthwise_run d = j->d;
    const size_t depth = p->expand < 0 ? p->mid : p->cin;
    const float *x = d.x + image * (size_t)h->in * (size_t)p->d.w.in * depth;
    int there = 0;
    d.y = rows;
    d.x = p->expand < 0 ? x : ring;
    for (int stop; begin < end; begin = stop) {
        stop = LN_MIN(begin + p->lines, end);
        const int from = begin * h->stride - h->pad;
        const int to = (stop - 1) * h->stride - h->pad + (h->filter - 1) * h->dilation + 1;
        there = LN_MAX(there, from);
        if (p->expand >= 0)
            run_expand(j, x, ring, there, LN_MIN(to, h->in), thread);
        there = LN_MAX(there, LN_MIN(to, h->in));
        ln_cpu_depthwise_run_lines(j->k, &p->d, &d, &(ln_cpu_depthwise_lines){p->ring, begin, stop},
                                   thread);
        run_project(j, image, begin, stop, rows, thread);
    }
}

static void run_items(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const plan *p = j->p;
    const ln_gemm_kernels *g = p->expand >= 0 && p->g[0]->begin ? p->g[0] : p->g[1];
    const size_t lines = (size_t)p->d.h.out;
    if (g->begin)
        g->begin();
    for (size_t i = begin; i < end; i++) {
        const size_t band = i % p->bands;
        run_band(j, i / p->bands, (int)(lines * band / p->bands),
                 (int)(lines * (band + 1) / p->bands), thread);
    }
    if (g->end)
        g->end();
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const TfLiteDepthwiseConvParams *params = k->nodes[p->depthwise].call.params;
    job j = {.k = k, .p = p, .project = range_of(k, p->project, p->cout)};
    if (p->expand >= 0)
        j.expand = range_of(k, p->expand, p->mid);
    j.project.at = k->nodes[k->n_nodes - 1].call.out[0]->data.f;
    j.d = (ln_cpu_depthwise_run){.x = c->in[X]->data.f,
                                 .packed = (const float *)k->packed + p->depthwise_at};
    ln_activation_range_f32(params->activation, &j.d.min, &j.d.max);
    ln_parallel_for(p->alone ? NULL : k->pool, (size_t)p->d.batches * p->bands, 1, run_items, &j);
}

const ln_cpu_row ln_cpu_inverted_residual = {
    .op = &ln_op_conv_2d,
    .name = "expand+depthwise+project float32",
    .plan_size = sizeof(plan) + sizeof(ln_chain),
    .node_size = sizeof(ln_chain_step),
    .traits = LN_CPU_CONSTANTS,
    .match = match_expand,
    .plan = make_plan,
    .run = run,
};

const ln_cpu_row ln_cpu_depthwise_separable = {
    .op = &ln_op_depthwise_conv_2d,
    .name = "depthwise+pointwise float32",
    .plan_size = sizeof(plan) + sizeof(ln_chain),
    .node_size = sizeof(ln_chain_step),
    .traits = LN_CPU_CONSTANTS,
    .match = match_depthwise,
    .plan = make_plan,
    .run = run,
};
