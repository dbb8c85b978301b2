/* SPDX-License-Identifier: Apache-2.0 */
/* strips_q8.c: strips of lines (strips.h) in int8 and uint8.  Each node is planned by its own row,
 * as a kernel that is part of this one. */
#include <string.h>

#include "cpu/depthwise_q8.h"
#include "cpu/product_q8.h"
#include "cpu/strips.h"

extern const ln_op ln_op_conv_2d, ln_op_depthwise_conv_2d;
/* A library for given models may not list them. */
extern const ln_cpu_row ln_cpu_conv_q8, ln_cpu_depthwise_conv_q8;

enum { X, W, B };
enum { EXPAND, DEPTHWISE, PROJECT, PARTS };

typedef struct plan {
    ln_strips s;
    ln_q8_product expand, project;
    ln_cpu_depthwise_q8 d;
    ln_cpu_kernel parts[PARTS];
} plan;

/* ---- in the graph ---- */

static bool takes(const ln_cpu_graph *g, int at)
{
    static const ln_q8_roles roles = {.x = X, .w = W, .b = B};
    ln_cpu_view v;
    return ln_cpu_view_plain(&v, g, at, false) && ln_q8_product_claims(&v.call, &roles) &&
           v.call.out[0]->type == v.call.in[X]->type;
}

/* Lines of a tile follow each other; windows of a single channel are another row's. */
static bool takes_lines(const ln_cpu_graph *g, int at)
{
    const TfLiteDepthwiseConvParams *p = g->items[at].node->builtin_data;
    return p->dilation_height_factor == 1 && ln_cpu_graph_input(g, at, X)->dims->data[3] > 1;
}

static const ln_strips_type type = {1, 1, 5, takes, takes_lines};

static int match_expand(const ln_cpu_graph *g, int at, int *nodes, int max)
{
    return ln_strips_match_expand(g, at, &type, nodes, max);
}

static int match_depthwise(const ln_cpu_graph *g, int at, int *nodes, int max)
{
    return ln_strips_match_depthwise(g, at, &type, nodes, max);
}

/* ---- planning ---- */

/* Plans node `node`, whose call is `c`, by its row as part `i`. */
static ln_status plan_part(ln_cpu_kernel *k, int i, const ln_cpu_row *row, int node,
                           const ln_call *c, void *to)
{
    ln_cpu_kernel *part = &((plan *)k->plan)->parts[i];
    const ln_cpu_kernel before = *part;
    *part = *k;
    part->parts = NULL;
    part->n_parts = 0;
    part->nodes = &k->nodes[node];
    part->n_nodes = 1;
    part->plan = to;
    part->row_name = row->name;
    part->packed = before.packed;
    part->packed_of = before.packed_of;
    part->packed_channels = before.packed_channels;
    part->packed_bytes = before.packed_bytes;
    part->packed_key = before.packed_key;
    part->packed_file = before.packed_file;
    part->slab = before.slab;
    part->filled = before.filled;
    if (i != DEPTHWISE)
        memset(part->pad, 0, sizeof part->pad);
    LN_TRY(row->plan(part, c));
    k->scratch_bytes = part->scratch_bytes;
    return LN_OK;
}

static ln_status plan_product(ln_cpu_kernel *k, int i, int node, ln_q8_product *to)
{
    LN_TRY(plan_part(k, i, &ln_cpu_conv_q8, node, &k->nodes[node].call, to));
    return to->windowed || to->groups > 1 ? LN_ERR_UNSUPPORTED : LN_OK;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    ln_strips *s = &p->s;
    const TfLiteTensor *in[LN_STRIPS_IN];
    ln_call depthwise;
    (void)c;
    ln_strips_find(k, s);
    k->parts = p->parts;
    k->n_parts = PARTS;
    if (ln_count(k->nodes[s->project].call.out[0]) == 0)
        return LN_ERR_UNSUPPORTED;
    if (s->expand >= 0)
        LN_TRY(plan_product(k, EXPAND, s->expand, &p->expand));
    LN_TRY(ln_strips_depthwise(k, s, &depthwise, in));
    LN_TRY(plan_part(k, DEPTHWISE, &ln_cpu_depthwise_conv_q8, s->depthwise, &depthwise, &p->d));
    LN_TRY(plan_product(k, PROJECT, s->project, &p->project));
    s->tail = (ln_chain *)(void *)(p + 1);
    s->h = p->d.h;
    s->w = p->d.w;
    s->images = p->d.batches;
    s->cin = s->expand < 0 ? 0 : p->expand.k;
    s->mid = p->d.channels;
    s->cout = p->project.n;
    return ln_strips_cut(k, s, &type);
}

/* ---- running ---- */

typedef struct run_of {
    ln_cpu_kernel parts[PARTS];
    uint8_t *y;
    const uint8_t *end; /* of images */
} run_of;

static void expand(const ln_strips_job *j, const void *x, void *y, size_t rows, int thread)
{
    const run_of *r = j->of;
    const plan *p = j->k->plan;
    const ln_q8_run run = {.x = x, .ldx = j->s->cin, .y = y, .ldy = j->s->mid};
    ln_q8_product_run_rows(&r->parts[EXPAND], &p->expand, &run, rows, thread);
}

static void depthwise(const ln_strips_job *j, const void *x, void *y,
                      const ln_cpu_depthwise_lines *lines, int thread)
{
    const run_of *r = j->of;
    const plan *p = j->k->plan;
    const uint8_t *end = j->s->expand < 0 ? r->end : (const uint8_t *)x + j->s->bytes;
    ln_cpu_depthwise_q8_run_lines(&r->parts[DEPTHWISE], &p->d,
                                  &(ln_cpu_depthwise_q8_run){x, end, y}, lines, thread);
}

static void project(const ln_strips_job *j, const void *x, size_t first, size_t rows, int thread)
{
    const run_of *r = j->of;
    const plan *p = j->k->plan;
    const ln_q8_run run = {
        .x = x, .ldx = j->s->mid, .y = r->y + first * j->s->cout, .ldy = j->s->cout};
    ln_q8_product_run_rows(&r->parts[PROJECT], &p->project, &run, rows, thread);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const ln_strips *s = &p->s;
    const ln_gemm_q8 *g = s->expand >= 0 && p->expand.g->begin ? p->expand.g : p->project.g;
    const TfLiteTensor *x = c->in[X];
    run_of r = {.y = k->nodes[k->n_nodes - 1].call.out[0]->data.uint8,
                .end = x->data.uint8 + ln_count(x)};
    memcpy(r.parts, p->parts, sizeof r.parts);
    for (int i = 0; i < PARTS; i++)
        r.parts[i].scratch = k->scratch;
    ln_strips_run(&(ln_strips_job){k, s, &r, x->data.raw_const, s->images, g->begin, g->end, expand,
                                   depthwise, project});
}

const ln_cpu_row ln_cpu_inverted_residual_q8 = {
    .op = &ln_op_conv_2d,
    .name = "expand+depthwise+project 8-bit",
    .plan_size = sizeof(plan) + sizeof(ln_chain),
    .node_size = sizeof(ln_chain_step),
    .match = match_expand,
    .plan = make_plan,
    .run = run,
};

const ln_cpu_row ln_cpu_depthwise_separable_q8 = {
    .op = &ln_op_depthwise_conv_2d,
    .name = "depthwise+pointwise 8-bit",
    .plan_size = sizeof(plan) + sizeof(ln_chain),
    .node_size = sizeof(ln_chain_step),
    .match = match_depthwise,
    .plan = make_plan,
    .run = run,
};
