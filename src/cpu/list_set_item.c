/* SPDX-License-Identifier: Apache-2.0 */
/* list_set_item.c: how TensorFlow's converter writes "item i of a list becomes v": seven nodes that
 * take out what is in front of the item and what is behind it, and join them with v.
 *
 *   y = concatenation(slice(x, 0, [i, -1, ..]), v, slice(x, [i + 1, 0, ..], -1))
 *
 * The slices' shapes depend on i, so the references would plan them anew in each round of a loop,
 * though y has the shape of x.  Here x is copied, but for the item.  An i of -1, which would be all
 * of x to the first SLICE, is an error here as others outside of the list are. */
#include "cpu/graph.h"

#include <string.h>

#include "ops/qmath.h"

extern const ln_op ln_op_concatenation, ln_op_slice, ln_op_reshape, ln_op_add;

enum { HEAD, ITEM, TAIL, PIECES };
enum { NODES = 7 };

/* ---- in the graph ---- */

static int maker_of(const ln_cpu_graph *g, int at, int i, const ln_op *op)
{
    const int t = ln_cpu_graph_in(g, at, i), from = t < 0 ? -1 : g->maker[t];
    return from >= 0 && !g->items[from].constant && g->items[from].op == op ? from : -1;
}

/* A constant of integers that are all `value`. */
static bool is_all(const ln_cpu_graph *g, int at, int i, int value)
{
    const TfLiteTensor *t = ln_cpu_graph_input(g, at, i);
    if (!t || t->type != kTfLiteInt32 || t->allocation_type != kTfLiteMmapRo || !t->data.raw)
        return false;
    for (size_t k = 0; k < t->bytes / sizeof(int32_t); k++)
        if (t->data.i32[k] != value)
            return false;
    return t->bytes > 0;
}

static bool is_join(const ln_cpu_graph *g, int at, int n_in)
{
    const TfLiteConcatenationParams *p = g->items[at].node->builtin_data;
    return p && p->axis == 0 && p->activation == kTfLiteActNone &&
           g->items[at].node->inputs->size == n_in;
}

/* [index, value, value ...] as operand i of `at`: adds its two nodes; returns the tensor of index,
 * or -1. */
static int index_in(const ln_cpu_graph *g, int at, int i, int value, int *nodes, int *n)
{
    const int join = maker_of(g, at, i, &ln_op_concatenation);
    const int column = join < 0 ? -1 : maker_of(g, join, 0, &ln_op_reshape);
    if (column < 0 || !is_join(g, join, 2) || !is_all(g, join, 1, value))
        return -1;
    const TfLiteTensor *index = ln_cpu_graph_input(g, column, 0);
    nodes[(*n)++] = column;
    nodes[(*n)++] = join;
    return index && index->type == kTfLiteInt32 ? ln_cpu_graph_in(g, column, 0) : -1;
}

/* Whether tensor `next` is i + 1. */
static bool is_next(const ln_cpu_graph *g, int i, int next)
{
    const int at = g->maker[next];
    const TfLiteAddParams *p = at < 0 ? NULL : g->items[at].node->builtin_data;
    if (at < 0 || g->items[at].op != &ln_op_add || !p || p->activation != kTfLiteActNone)
        return false;
    return (ln_cpu_graph_in(g, at, 0) == i && is_all(g, at, 1, 1)) ||
           (ln_cpu_graph_in(g, at, 1) == i && is_all(g, at, 0, 1));
}

/* What each node makes is used by the next one alone; by the last one what the third makes. */
static bool is_free(const ln_cpu_graph *g, const int *nodes)
{
    for (int i = 0; i < NODES; i++) {
        const int next = i == 2 ? NODES - 1 : i + 1;
        if (g->items[nodes[i]].taken ||
            (next < NODES && ln_cpu_graph_next(g, nodes[i]) != nodes[next]))
            return false;
    }
    return true;
}

static void sort(int *nodes)
{
    for (int i = 1; i < NODES; i++)
        for (int j = i; j > 0 && nodes[j - 1] > nodes[j]; j--) {
            const int node = nodes[j];
            nodes[j] = nodes[j - 1];
            nodes[j - 1] = node;
        }
}

static bool fit(const TfLiteTensor *x, const TfLiteTensor *v, const TfLiteTensor *y)
{
    return x && v && (x->type == kTfLiteFloat32 || x->type == kTfLiteInt32) && v->type == x->type &&
           y->type == x->type && v->dims && v->dims->size > 0 && v->dims->data[0] == 1;
}

static int match(const ln_cpu_graph *g, int at, int *nodes, int max)
{
    int n = 0;
    if (max < NODES || !is_join(g, at, PIECES))
        return 0;
    const int head = maker_of(g, at, HEAD, &ln_op_slice);
    const int tail = maker_of(g, at, TAIL, &ln_op_slice);
    if (head < 0 || tail < 0 || ln_cpu_graph_in(g, head, 0) != ln_cpu_graph_in(g, tail, 0) ||
        !fit(ln_cpu_graph_input(g, head, 0), ln_cpu_graph_input(g, at, ITEM),
             ln_cpu_graph_output(g, at, 0)))
        return 0;
    const int i = index_in(g, head, 2, -1, nodes, &n);
    nodes[n++] = head;
    const int next = i < 0 ? -1 : index_in(g, tail, 1, 0, nodes, &n);
    if (next < 0 || !is_all(g, head, 1, 0) || !is_all(g, tail, 2, -1) || !is_next(g, i, next))
        return 0;
    nodes[n++] = tail;
    nodes[n++] = at;
    if (!is_free(g, nodes))
        return 0;
    sort(nodes);
    return NODES;
}

/* ---- plan and run ---- */

typedef struct plan {
    int head;            /* the node that takes out what is in front of the item, */
    int index;           /* and the one that begins with i */
    size_t items, bytes; /* of x; of one */
} plan;

static const ln_call *last(const ln_cpu_kernel *k)
{
    return &k->nodes[NODES - 1].call;
}

static int node_making(const ln_cpu_kernel *k, const TfLiteTensor *t)
{
    int at = 0;
    while (at < NODES - 1 && k->nodes[at].call.out[0] != t)
        at++;
    return at;
}

static ln_status infer(ln_cpu_kernel *k)
{
    plan *p = k->plan;
    const ln_call *c = last(k);
    p->head = node_making(k, c->in[HEAD]);
    const ln_call *head = &k->nodes[p->head].call;
    p->index = node_making(k, k->nodes[node_making(k, head->in[2])].call.in[0]);
    const TfLiteTensor *x = head->in[0], *i = k->nodes[p->index].call.in[0];
    ln_shape list = ln_shape_of(x), item = ln_shape_of(c->in[ITEM]);
    LN_CHECK(c, ln_shape_known(&list) && list.rank > 0, "the list has no shape");
    LN_CHECK(c, ln_count(i) == 1, "the index has %d items, not 1", ln_count(i));
    p->items = (size_t)list.dim[0];
    p->bytes = p->items > 0 ? x->bytes / p->items : 0;
    ln_shape one = list;
    one.dim[0] = 1;
    LN_CHECK(c, ln_shape_equal(&item, &one), "the item has another shape than those of the list");
    c->made[0] = (ln_made){x->type, list};
    return LN_OK;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    (void)k;
    (void)c;
    return LN_OK;
}

static int32_t index_of(const ln_cpu_kernel *k)
{
    const plan *p = k->plan;
    return k->nodes[p->index].call.in[0]->data.i32[0];
}

static ln_status check(const ln_cpu_kernel *k)
{
    const plan *p = k->plan;
    const int32_t i = index_of(k);
    LN_CHECK(last(k), i >= 0 && (size_t)i < p->items, "there is no item %d, the list has %zu",
             (int)i, p->items);
    return LN_OK;
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const char *x = k->nodes[p->head].call.in[0]->data.raw;
    char *y = last(k)->out[0]->data.raw;
    const size_t at = (size_t)index_of(k) * p->bytes, behind = at + p->bytes;
    (void)c;
    memcpy(y, x, at);
    memcpy(y + at, last(k)->in[ITEM]->data.raw, p->bytes);
    memcpy(y + behind, x + behind, p->items * p->bytes - behind);
}

const ln_cpu_row ln_cpu_list_set_item = {
    .op = &ln_op_concatenation,
    .name = "list item",
    .plan_size = sizeof(plan),
    .match = match,
    .infer = infer,
    .plan = make_plan,
    .check = check,
    .run = run,
};
