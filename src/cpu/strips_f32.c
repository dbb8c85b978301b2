/* SPDX-License-Identifier: Apache-2.0 */
/* strips_f32.c: strips of lines (strips.h) in float32. */
#include "base/checked.h"
#include "cpu/product.h"
#include "cpu/strips.h"

extern const ln_op ln_op_conv_2d, ln_op_depthwise_conv_2d;

enum { X, W, B };

typedef struct plan {
    ln_strips s;
    ln_cpu_depthwise d;
    const ln_gemm_kernels *g[2]; /* for expand and project, and where their rows are rounded */
    ln_cpu_taken taken[2];
    size_t depthwise_at, project_at, floats; /* of packed weights, expand's first */
} plan;

/* ---- in the graph ---- */

static bool takes(const ln_cpu_graph *g, int at)
{
    const TfLiteTensor *b = ln_cpu_graph_input(g, at, B);
    return ln_cpu_graph_input(g, at, X)->type == kTfLiteFloat32 &&
           ln_cpu_graph_input(g, at, W)->type == kTfLiteFloat32 &&
           (!b || b->type == kTfLiteFloat32) &&
           ln_cpu_graph_output(g, at, 0)->type == kTfLiteFloat32;
}

static const ln_strips_type type = {sizeof(float), sizeof(float), 2, takes,
                                    ln_strips_takes_float_lines};

static int match_expand(const ln_cpu_graph *g, int at, int *nodes, int max)
{
    return ln_strips_match_expand(g, at, &type, nodes, max);
}

static int match_depthwise(const ln_cpu_graph *g, int at, int *nodes, int max)
{
    return ln_strips_match_depthwise(g, at, &type, nodes, max);
}

/* ---- planning ---- */

static ln_status plan_depthwise(ln_cpu_kernel *k, plan *p)
{
    const TfLiteTensor *in[LN_STRIPS_IN];
    ln_call c;
    LN_TRY(ln_strips_depthwise(k, &p->s, &c, in));
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
    const ln_strips *s = &p->s;
    const ln_cpu_weights of[] = {
        {.m = s->images * (size_t)s->h.in * (size_t)s->w.in, .n = s->mid, .k = s->cin},
        {.m = s->images * (size_t)s->h.out * (size_t)s->w.out, .n = s->cout, .k = s->mid},
    };
    for (int i = s->expand < 0; i < 2; i++) {
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
    const ln_strips *s = &p->s;
    size_t expand = 0, project;
    return (s->expand < 0 || ln_cpu_packed_floats(p->g[0], s->mid, s->cin, &expand)) &&
           ln_align_size(expand, 16, &p->depthwise_at) &&
           ln_add_size(p->depthwise_at, p->d.floats, &p->project_at) &&
           ln_align_size(p->project_at, 16, &p->project_at) &&
           ln_cpu_packed_floats(p->g[1], s->cout, s->mid, &project) &&
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
    const ln_strips *s = &p->s;
    const ln_call *depthwise = &k->nodes[s->depthwise].call;
    const TfLiteTensor *first = weights(k, s->expand < 0 ? s->depthwise : s->expand);
    uint64_t form = (uint64_t)k->fn->depthwise.lanes << 32;
    if (!place(p))
        return LN_ERR_UNSUPPORTED;
    if (ln_cpu_is_packed(k, first))
        return LN_OK;
    for (int i = s->expand < 0; i < 2; i++)
        form |= (p->g[i]->half | (uint64_t)p->g[i]->nr << 8) << i * 16;
    float *to = ln_cpu_pack_cached(k, p->floats * sizeof(float), first->data.raw, form);
    if (!to)
        LN_FAIL(depthwise, LN_ERR_MEMORY, "no memory for %zu packed weights", p->floats);
    if (k->filled)
        return LN_OK;
    if (s->expand >= 0)
        pack_product(k, p->g[0], s->expand, s->mid, s->cin, to);
    ln_cpu_depthwise_pack(k, &p->d, weights(k, s->depthwise)->data.f,
                          ln_has(depthwise, B) ? depthwise->in[B]->data.f : NULL,
                          to + p->depthwise_at);
    pack_product(k, p->g[1], s->project, s->cout, s->mid, to + p->project_at);
    return LN_OK;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    ln_strips *s = &p->s;
    (void)c;
    ln_strips_find(k, s);
    if (ln_count(k->nodes[s->project].call.out[0]) == 0)
        return LN_ERR_UNSUPPORTED;
    LN_TRY(plan_depthwise(k, p));
    s->tail = (ln_chain *)(void *)(p + 1);
    s->h = p->d.h;
    s->w = p->d.w;
    s->images = (size_t)p->d.batches;
    s->cin = s->expand < 0 ? 0 : (size_t)ln_shape_of(weights(k, s->expand)).dim[3];
    s->mid = p->d.n;
    s->cout = (size_t)ln_shape_of(weights(k, s->project)).dim[0];
    choose_kernels(k, p);
    LN_TRY(pack(k, p));
    LN_TRY(ln_strips_cut(k, s, &type));
    return (s->expand < 0 ||
            ln_cpu_taken_plan(k, p->g[0], ln_strips_rows(s, false), s->cin, &p->taken[0])) &&
                   ln_cpu_taken_plan(k, p->g[1], ln_strips_rows(s, true), s->mid, &p->taken[1])
               ? LN_OK
               : LN_ERR_UNSUPPORTED;
}

/* ---- running ---- */

static const ptrdiff_t no_offset[1];

typedef struct run_of {
    ln_cpu_depthwise_run d;
    ln_gemm_c expand, project;
} run_of;

static ln_gemm_c range_of(const ln_cpu_kernel *k, int node, size_t columns)
{
    const ln_call *c = &k->nodes[node].call;
    const TfLiteConvParams *params = c->params;
    ln_gemm_c to = {.ld = columns, .bias = ln_has(c, B) ? c->in[B]->data.f : NULL};
    ln_activation_range_f32(params->activation, &to.min, &to.max);
    return to;
}

/* `rows` rows at `from` by the columns of expand (0) or project (1). */
static void multiply(const ln_cpu_kernel *k, int which, const ln_gemm_c *to, const float *from,
                     size_t rows, int thread)
{
    const plan *p = k->plan;
    const ln_gemm_kernels *g = p->g[which];
    const ln_cpu_taken *taken = &p->taken[which];
    const size_t depth = which ? p->s.mid : p->s.cin;
    ln_gemm_a a = {.at = from, .ld = depth, .offsets = no_offset, .pieces = 1, .length = depth};
    if (g->take) {
        void *at = (char *)k->scratch + taken->at + (size_t)thread * taken->bytes;
        g->take(at, &a, rows);
        a.at = at;
    }
    ln_cpu_multiply(g, to, &a, (const float *)k->packed + (which ? p->project_at : 0), rows,
                    which ? p->s.cout : p->s.mid);
}

static void expand(const ln_strips_job *j, const void *x, void *y, size_t rows, int thread)
{
    const run_of *r = j->of;
    ln_gemm_c to = r->expand;
    to.at = y;
    multiply(j->k, 0, &to, x, rows, thread);
}

static void depthwise(const ln_strips_job *j, const void *x, void *y,
                      const ln_cpu_depthwise_lines *lines, int thread)
{
    const run_of *r = j->of;
    const plan *p = j->k->plan;
    ln_cpu_depthwise_run d = r->d;
    d.x = x;
    d.y = y;
    ln_cpu_depthwise_run_lines(j->k, &p->d, &d, lines, thread);
}

static void project(const ln_strips_job *j, const void *x, size_t first, size_t rows, int thread)
{
    const run_of *r = j->of;
    ln_gemm_c to = r->project;
    to.at += first * j->s->cout;
    multiply(j->k, 1, &to, x, rows, thread);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const ln_strips *s = &p->s;
    const TfLiteDepthwiseConvParams *params = k->nodes[s->depthwise].call.params;
    const ln_gemm_kernels *g = s->expand >= 0 && p->g[0]->begin ? p->g[0] : p->g[1];
    run_of r = {.project = range_of(k, s->project, s->cout)};
    if (s->expand >= 0)
        r.expand = range_of(k, s->expand, s->mid);
    r.project.at = k->nodes[k->n_nodes - 1].call.out[0]->data.f;
    r.d = (ln_cpu_depthwise_run){.packed = (const float *)k->packed + p->depthwise_at};
    ln_activation_range_f32(params->activation, &r.d.min, &r.d.max);
    ln_strips_run(&(ln_strips_job){k, s, &r, c->in[X]->data.raw_const, s->images, g->begin, g->end,
                                   expand, depthwise, project});
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
