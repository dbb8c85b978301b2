/* SPDX-License-Identifier: Apache-2.0 */
/* strips.c: see strips.h. */
#include "cpu/strips.h"

#include "base/checked.h"
#include "base/cpu.h"
#include "cpu/constants.h"
#include "cpu/pad.h"

extern const ln_op ln_op_conv_2d, ln_op_depthwise_conv_2d, ln_op_dequantize, ln_op_pad;

enum { X, W, B };
enum { CONSTANTS = 6, MOST = CONSTANTS + 4 + LN_CHAIN_MAX }; /* nodes of a group */
/* Of the second-level cache, weights, which every strip reads, may take an eighth; a strip's lines
 * take another. */
enum { WEIGHTS = 8, STRIP = 8 };
enum {
    NARROW = 3, /* columns of windows of floats with tiles of their own */
    WIDE = 5,
    CROWDED = 512,      /* multiples of so many channels are copied (depthwise.c) */
    TWICE = 16,         /* one line of so many may be computed by two threads */
    SMALL = 640 * 1024, /* multiplications that are done before another thread woke */
};

/* ---- in the graph ---- */

/* A constant of the model, or what a DEQUANTIZE makes of one for this node alone. */
static bool is_constant(const ln_cpu_graph *g, int at, int in, int rank)
{
    const TfLiteTensor *t = ln_cpu_graph_input(g, at, in);
    int nodes[CONSTANTS];
    if (!t || !t->dims || t->dims->size != rank)
        return false;
    if (t->allocation_type == kTfLiteMmapRo)
        return t->data.raw;
    for (int n = ln_cpu_constants_match(g, at, nodes, CONSTANTS); n > 0; n--)
        if (ln_cpu_graph_output(g, nodes[n - 1], 0) == t)
            return true;
    return false;
}

/* A convolution `op` by constants. */
static bool can_take(const ln_cpu_graph *g, int at, const ln_op *op, const ln_strips_type *type)
{
    ln_cpu_view v;
    if (at < 0 || g->items[at].op != op || g->items[at].taken || g->items[at].constant ||
        !g->items[at].node->builtin_data || !ln_cpu_view_plain(&v, g, at, false))
        return false;
    const TfLiteTensor *x = ln_cpu_graph_input(g, at, X), *y = ln_cpu_graph_output(g, at, 0);
    return x && x->dims && x->dims->size == 4 && y && y->dims && y->dims->size == 4 &&
           is_constant(g, at, W, 4) &&
           (!ln_cpu_graph_input(g, at, B) || is_constant(g, at, B, 1)) && type->takes(g, at);
}

static bool is_pointwise(const ln_cpu_graph *g, int at, const ln_strips_type *type)
{
    if (!can_take(g, at, &ln_op_conv_2d, type))
        return false;
    const TfLiteConvParams *p = g->items[at].node->builtin_data;
    const int *w = ln_cpu_graph_input(g, at, W)->dims->data;
    return p->stride_height == 1 && p->stride_width == 1 && w[1] == 1 && w[2] == 1 &&
           w[3] == ln_cpu_graph_input(g, at, X)->dims->data[3];
}

static bool is_depthwise(const ln_cpu_graph *g, int at, const ln_strips_type *type)
{
    if (!can_take(g, at, &ln_op_depthwise_conv_2d, type))
        return false;
    return ln_cpu_graph_input(g, at, W)->dims->data[3] ==
               ln_cpu_graph_input(g, at, X)->dims->data[3] &&
           type->takes_lines(g, at);
}

bool ln_strips_takes_float_lines(const ln_cpu_graph *g, int at)
{
    const TfLiteDepthwiseConvParams *p = g->items[at].node->builtin_data;
    const int *w = ln_cpu_graph_input(g, at, W)->dims->data;
    return w[3] >= (int)g->fn->depthwise.lanes && w[3] % CROWDED != 0 &&
           (w[2] == NARROW || w[2] == WIDE) && w[1] <= LN_DEPTHWISE_ROWS && p->stride_width <= 2 &&
           (p->stride_width == 1 || p->dilation_width_factor == 1);
}

static size_t items_of(const TfLiteTensor *t)
{
    return (size_t)t->dims->data[1] * (size_t)t->dims->data[2] * (size_t)t->dims->data[3];
}

/* Items of a part of the second-level cache. */
static size_t part_of_cache(size_t part, size_t item)
{
    return ln_cpu_cache_bytes(2) / part / item;
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
static int match_rest(const ln_cpu_graph *g, int depthwise, const ln_strips_type *type,
                      size_t weights, int *nodes, int n)
{
    const int project = ln_cpu_graph_next(g, depthwise);
    if (!is_pointwise(g, project, type) ||
        weights + weights_of(g, project) > part_of_cache(WEIGHTS, type->weight))
        return 0;
    nodes[n++] = depthwise;
    nodes[n++] = project;
    const int all = add_constants(g, nodes, n);
    return all ? all + ln_chain_match(g, project, nodes + all, LN_CHAIN_MAX - 1) : 0;
}

int ln_strips_match_front(const ln_cpu_graph *g, int at, const ln_strips_type *type, int *nodes)
{
    int n = 0;
    if (!is_pointwise(g, at, type) || weights_of(g, at) > part_of_cache(WEIGHTS, type->weight))
        return 0;
    nodes[n++] = at;
    int depthwise = ln_cpu_graph_next(g, at);
    if (depthwise >= 0 && g->items[depthwise].op == &ln_op_pad) {
        nodes[n++] = depthwise;
        depthwise = ln_cpu_graph_next(g, depthwise);
        if (depthwise < 0 || ln_cpu_pad_match(g, depthwise) != nodes[1])
            return 0;
    }
    if (!is_depthwise(g, depthwise, type) ||
        items_of(ln_cpu_graph_output(g, at, 0)) < part_of_cache(type->worth, type->item) ||
        (size_t)shared_lines(g, depthwise) * (size_t)(g->threads - 1) * TWICE >
            (size_t)ln_cpu_graph_output(g, at, 0)->dims->data[1])
        return 0;
    nodes[n++] = depthwise;
    return n;
}

int ln_strips_match_expand(const ln_cpu_graph *g, int at, const ln_strips_type *type, int *nodes,
                           int max)
{
    const int n = max < MOST ? 0 : ln_strips_match_front(g, at, type, nodes);
    return n ? match_rest(g, nodes[n - 1], type, weights_of(g, at), nodes, n - 1) : 0;
}

int ln_strips_match_depthwise(const ln_cpu_graph *g, int at, const ln_strips_type *type, int *nodes,
                              int max)
{
    if (max < MOST || !is_depthwise(g, at, type) ||
        items_of(ln_cpu_graph_output(g, at, 0)) < part_of_cache(type->worth, type->item))
        return 0;
    const int pad = ln_cpu_pad_match(g, at);
    if (pad >= 0)
        nodes[0] = pad;
    return match_rest(g, at, type, 0, nodes, pad >= 0);
}

/* ---- planning ---- */

void ln_strips_find(const ln_cpu_kernel *k, ln_strips *s)
{
    int i = 0;
    while (k->nodes[i].op == &ln_op_dequantize)
        i++;
    s->expand = k->nodes[i].op == &ln_op_conv_2d ? i++ : -1;
    s->pad = k->nodes[i].op == &ln_op_pad ? i++ : -1;
    s->depthwise = i++;
    s->project = i < k->n_nodes ? i : -1;
}

ln_status ln_strips_depthwise(ln_cpu_kernel *k, const ln_strips *s, ln_call *call,
                              const TfLiteTensor *in[LN_STRIPS_IN])
{
    *call = k->nodes[s->depthwise].call;
    for (int i = 0; i < LN_STRIPS_IN && i < call->n_in; i++)
        in[i] = call->in[i];
    if (s->pad >= 0) {
        LN_TRY(ln_cpu_pad_read(k, &k->nodes[s->pad].call));
        in[X] = k->nodes[s->pad].call.in[X];
    }
    call->in = in;
    return LN_OK;
}

/* As many lines as a strip may have, or somewhat less, so that all are about as high. */
static int lines_of(const ln_strips *s)
{
    const size_t in = (size_t)s->h.stride * (size_t)s->w.in;
    const size_t out = s->project < 0 ? 0 : (size_t)s->w.out;
    const size_t fit = part_of_cache(STRIP, s->item) / ((in + out) * s->mid);
    const int most = (int)LN_MAX(LN_MIN(fit, (size_t)s->h.out), (size_t)1);
    const int strips = (s->h.out - 1) / most + 1;
    return (s->h.out - 1) / strips + 1;
}

static ln_status plan_scratch(ln_cpu_kernel *k, ln_strips *s)
{
    const size_t threads = (size_t)LN_MAX(k->threads, 1);
    const size_t in = s->expand < 0 ? 0 : ln_strips_rows(s, false);
    const size_t out = s->project < 0 ? 0 : ln_strips_rows(s, true);
    size_t ring, rows, all;
    return ln_mul_size(in, s->mid * s->item, &ring) && ln_mul_size(out, s->mid * s->item, &rows) &&
                   ln_align_size(k->scratch_bytes, 64, &s->ring_at) &&
                   ln_align_size(ring, 64, &s->rows_at) &&
                   ln_add_size(s->rows_at, rows, &s->bytes) &&
                   ln_align_size(s->bytes, 64, &s->bytes) && ln_mul_size(s->bytes, threads, &all) &&
                   ln_add_size(s->ring_at, all, &k->scratch_bytes)
               ? LN_OK
               : LN_ERR_UNSUPPORTED;
}

ln_status ln_strips_cut(ln_cpu_kernel *k, ln_strips *s, const ln_strips_type *type)
{
    const ln_window *h = &s->h;
    const size_t threads = (size_t)LN_MAX(k->threads, 1);
    const double in = (double)h->in * (double)s->w.in * (double)s->cin;
    const double out = (double)h->out * (double)s->w.out * (double)s->cout;
    s->item = type->item;
    k->work = (double)s->images * (double)s->mid * (in + out);
    s->alone = threads == 1 || k->work < (double)ln_cpu_small(k, SMALL);
    s->bands = s->alone || s->images % threads == 0 ? 1 : LN_MIN(threads, (size_t)h->out);
    s->lines = lines_of(s);
    s->ring = h->in;
    if (s->expand >= 0)
        s->ring = LN_MIN((s->lines - 1) * h->stride + (h->filter - 1) * h->dilation + 1, h->in);
    LN_TRY(plan_scratch(k, s));
    return s->project < 0 ? LN_OK : ln_chain_plan(s->tail, k, s->project + 1, k->n_nodes);
}

/* ---- running ---- */

/* Lines [begin, end) of an image at x to their places in the ring. */
static void run_expand(const ln_strips_job *j, const char *x, char *ring, int begin, int end,
                       int thread)
{
    const ln_strips *s = j->s;
    const size_t width = (size_t)s->w.in;
    for (int n; begin < end; begin += n) {
        const int slot = begin % s->ring;
        n = LN_MIN(end - begin, s->ring - slot);
        j->expand(j, x + (size_t)begin * width * s->cin * s->item,
                  ring + (size_t)slot * width * s->mid * s->item, (size_t)n * width, thread);
    }
}

static void run_project(const ln_strips_job *j, size_t image, int begin, int end, const char *rows,
                        int thread)
{
    const ln_strips *s = j->s;
    const size_t width = (size_t)s->w.out, count = (size_t)(end - begin) * width;
    const size_t first = (image * (size_t)s->h.out + (size_t)begin) * width;
    j->project(j, rows, first, count, thread);
    if (s->tail->n > 0)
        ln_chain_run(s->tail, j->k, first * s->cout, count * s->cout, thread);
}

/* Output lines [begin, end) of one image. */
static void run_band(const ln_strips_job *j, size_t image, int begin, int end, int thread)
{
    const ln_strips *s = j->s;
    const ln_window *h = &s->h;
    char *ring = (char *)j->k->scratch + s->ring_at + (size_t)thread * s->bytes;
    char *rows = ring + s->rows_at;
    const size_t depth = s->expand < 0 ? s->mid : s->cin;
    const char *x = j->x + image * (size_t)h->in * (size_t)s->w.in * depth * s->item;
    int there = 0;
    for (int stop; begin < end; begin = stop) {
        stop = LN_MIN(begin + s->lines, end);
        const int from = begin * h->stride - h->pad;
        const int to = (stop - 1) * h->stride - h->pad + (h->filter - 1) * h->dilation + 1;
        there = LN_MAX(there, from);
        if (s->expand >= 0)
            run_expand(j, x, ring, there, LN_MIN(to, h->in), thread);
        there = LN_MAX(there, LN_MIN(to, h->in));
        j->depthwise(j, s->expand < 0 ? x : ring, s->project < 0 ? NULL : rows,
                     &(ln_cpu_depthwise_lines){s->ring, begin, stop}, thread);
        if (s->project >= 0)
            run_project(j, image, begin, stop, rows, thread);
    }
}

static void run_items(void *arg, size_t begin, size_t end, int thread)
{
    const ln_strips_job *j = arg;
    const ln_strips *s = j->s;
    const size_t lines = (size_t)s->h.out;
    if (j->begin)
        j->begin();
    for (size_t i = begin; i < end; i++) {
        const size_t band = i % s->bands;
        run_band(j, i / s->bands, (int)(lines * band / s->bands),
                 (int)(lines * (band + 1) / s->bands), thread);
    }
    if (j->end)
        j->end();
}

void ln_strips_run(const ln_strips_job *j)
{
    const ln_strips *s = j->s;
    ln_parallel_for(s->alone ? NULL : j->k->pool, j->images * s->bands, 1, run_items, (void *)j);
}
