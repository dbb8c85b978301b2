/* SPDX-License-Identifier: Apache-2.0 */
/* attention.c: attention in float32 as one node, with the bits of the nodes that it is made of:
 * BATCH_MATMUL, elementwise nodes (a scale, a mask), SOFTMAX, BATCH_MATMUL, and the TRANSPOSEs that
 * make their operands or take the result.
 *
 *   y = softmax(steps(q k)) v
 *
 * The scores of some rows of q stay in the cache until their rows of y are done, so that all scores
 * have no memory at all; TRANSPOSEs are steps between items while operands are packed and rows are
 * read and written. */
#include <math.h>

#include "base/checked.h"
#include "cpu/chain.h"
#include "cpu/pairs.h"
#include "cpu/product.h"
#include "ops/move.h"

extern const ln_op ln_op_batch_matmul, ln_op_softmax, ln_op_transpose;

enum { X, Y, PERM = 1 };
/* Of one block's scores; multiplications that are done before another thread woke. */
enum { SCORE_BYTES = 64 * 1024, SMALL = 256 * 1024, MANY_ROWS = 4 };

/* How the matrices of an operand lie: items from one to the next along each leading dimension of
 * the result, along rows and columns. */
typedef struct view {
    int node, in; /* whose input it is; -1: the group's output */
    size_t outer[LN_MAX_RANK], row, column;
} view;

typedef struct plan {
    view q, k, v, y;
    ln_cpu_pairs scores, values; /* of the two products */
    int softmax;                 /* its node */
    float beta;
    size_t parts, rows; /* runs of rows that each result is cut into, rows of a block */
    /* in the memory of a thread, floats: packed k begin with it */
    size_t v_at, scores_at, floats;
    size_t packed_at; /* in the scratch memory: which pair each thread has packed */
    bool alone;
    bool by_rows; /* each thread has the rows that it has of other nodes; few values to pack */
} plan;

/* Behind the plan: what comes between the first product and the SOFTMAX. */
static ln_chain *steps_of(const ln_cpu_kernel *k)
{
    return (ln_chain *)(void *)((plan *)k->plan + 1);
}

/* ---- in the graph ---- */

static bool can_take(const ln_cpu_graph *g, int at, const ln_op *op)
{
    ln_cpu_view v;
    return at >= 0 && g->items[at].op == op && !g->items[at].taken && !g->items[at].constant &&
           ln_cpu_view_plain(&v, g, at, false) &&
           ln_cpu_graph_output(g, at, 0)->type == kTfLiteFloat32;
}

/* A product of floats that are made in the run, of rows as they lie. */
static bool is_product(const ln_cpu_graph *g, int at)
{
    const TfLiteTensor *x, *y;
    if (!can_take(g, at, &ln_op_batch_matmul))
        return false;
    const TfLiteBatchMatMulParams *p = g->items[at].node->builtin_data;
    x = ln_cpu_graph_input(g, at, X);
    y = ln_cpu_graph_input(g, at, Y);
    return p && !p->adj_x && x && y && x->type == kTfLiteFloat32 && y->type == kTfLiteFloat32 &&
           y->allocation_type != kTfLiteMmapRo;
}

/* A TRANSPOSE by constants that leaves items of the last dimension side by side, or, unless
 * `rows`, makes columns of them. */
static bool is_transpose(const ln_cpu_graph *g, int at, bool rows)
{
    if (!can_take(g, at, &ln_op_transpose))
        return false;
    const TfLiteTensor *perm = ln_cpu_graph_input(g, at, PERM), *y = ln_cpu_graph_output(g, at, 0);
    const int rank = y->dims ? y->dims->size : 0;
    if (!perm || perm->type != kTfLiteInt32 || perm->allocation_type != kTfLiteMmapRo || rank < 2 ||
        perm->bytes != (size_t)rank * sizeof(int32_t))
        return false;
    const int32_t *order = perm->data.i32;
    return order[rank - 1] == rank - 1 || (!rows && order[rank - 2] == rank - 1);
}

/* Keeps nodes in the order of the plan. */
static void add_node(int *nodes, int *n, int at)
{
    int i = (*n)++;
    for (; i > 0 && nodes[i - 1] > at; i--)
        nodes[i] = nodes[i - 1];
    nodes[i] = at;
}

/* Adds what makes input `in` of a product, if that is a TRANSPOSE for it alone. */
static void add_operand(const ln_cpu_graph *g, int product, int in, int *nodes, int *n)
{
    const int t = ln_cpu_graph_in(g, product, in), from = t < 0 ? -1 : g->maker[t];
    if (from >= 0 && is_transpose(g, from, in == X) && ln_cpu_graph_next(g, from) == product)
        add_node(nodes, n, from);
}

/* The scores' nodes are planned as steps: nothing else comes between. */
static bool is_run(const int *nodes, int n, int first, int last, int count)
{
    for (int i = 0; i < n; i++)
        if (nodes[i] == first)
            return i + count <= n && nodes[i + count - 1] == last;
    return false;
}

static int match(const ln_cpu_graph *g, int at, int *nodes, int max)
{
    enum { OTHERS = 7 }; /* besides steps */
    int steps[LN_CHAIN_MAX], n = 0;
    if (max < LN_CHAIN_MAX + OTHERS || !is_product(g, at))
        return 0;
    const int count = ln_chain_match(g, at, steps, LN_CHAIN_MAX - 1);
    const int softmax = ln_cpu_graph_next(g, count > 0 ? steps[count - 1] : at);
    const int product = can_take(g, softmax, &ln_op_softmax) ? ln_cpu_graph_next(g, softmax) : -1;
    if (product < 0 || !is_product(g, product) || !g->items[softmax].node->builtin_data ||
        ln_cpu_graph_in(g, product, X) != g->items[softmax].node->outputs->data[0])
        return 0;
    for (int i = 0; i < count; i++)
        add_node(nodes, &n, steps[i]);
    add_node(nodes, &n, at);
    add_node(nodes, &n, softmax);
    add_node(nodes, &n, product);
    add_operand(g, at, X, nodes, &n);
    add_operand(g, at, Y, nodes, &n);
    add_operand(g, product, Y, nodes, &n);
    const int after = ln_cpu_graph_next(g, product);
    if (after >= 0 && is_transpose(g, after, true))
        add_node(nodes, &n, after);
    return is_run(nodes, n, at, softmax, count + 2) ? n : 0;
}

/* ---- planning ---- */

static int find_op(const ln_cpu_kernel *k, int from, const ln_op *op)
{
    while (from < k->n_nodes && k->nodes[from].op != op)
        from++;
    return from;
}

/* Items from one to the next along each dimension of what a TRANSPOSE reads; with `back`, of what
 * it makes, by the dimensions that it reads. */
static ln_status read_order(ln_call *c, bool back, int64_t steps[LN_MAX_RANK])
{
    const ln_shape s = ln_shape_of(back ? c->out[0] : c->in[X]);
    int64_t own[LN_MAX_RANK];
    int perm[LN_MAX_RANK], n;
    ln_steps(&s, own);
    LN_TRY(ln_read_ints(c, PERM, LN_MAX_RANK, perm, &n));
    for (int i = 0; i < n; i++) {
        LN_TRY(ln_axis(c, perm[i], n, &perm[i]));
        steps[back ? perm[i] : i] = own[back ? i : perm[i]];
    }
    return LN_OK;
}

/* `t` is what the product sees: leading dimensions are those of p->z, or 1. */
static void set_view(view *to, const ln_cpu_pairs *p, const TfLiteTensor *t, const int64_t *steps)
{
    const ln_shape s = ln_shape_of(t);
    for (int i = 0; i < p->z.rank; i++) {
        const int from = i - (p->z.rank - (s.rank - 2));
        to->outer[i] = from < 0 || s.dim[from] == 1 ? 0 : (size_t)steps[from];
    }
    to->row = (size_t)steps[s.rank - 2];
    to->column = (size_t)steps[s.rank - 1];
}

static ln_status read_operand(const ln_cpu_kernel *k, const ln_cpu_pairs *p, int product, int in,
                              view *to)
{
    const TfLiteTensor *t = k->nodes[product].call.in[in];
    const ln_shape s = ln_shape_of(t);
    int64_t steps[LN_MAX_RANK];
    *to = (view){.node = product, .in = in};
    ln_steps(&s, steps);
    for (int i = 0; i < k->n_nodes; i++)
        if (k->nodes[i].op == &ln_op_transpose && k->nodes[i].call.out[0] == t) {
            *to = (view){.node = i, .in = X};
            LN_TRY(read_order(&k->nodes[i].call, false, steps));
        }
    set_view(to, p, t, steps);
    return LN_OK;
}

static ln_status read_result(const ln_cpu_kernel *k, const ln_cpu_pairs *p, int product, view *to)
{
    const ln_cpu_node *last = &k->nodes[k->n_nodes - 1];
    const TfLiteTensor *t = k->nodes[product].call.out[0];
    const ln_shape s = ln_shape_of(t);
    int64_t steps[LN_MAX_RANK];
    ln_steps(&s, steps);
    if (last->op == &ln_op_transpose)
        LN_TRY(read_order((ln_call *)&last->call, true, steps));
    set_view(to, p, t, steps);
    return LN_OK;
}

/* Operands of products that are read as columns. */
static void turn(view *v, bool adjoint)
{
    const size_t row = v->row;
    if (adjoint) {
        v->row = v->column;
        v->column = row;
    }
}

static ln_status read_nodes(const ln_cpu_kernel *k, plan *p, int first, int second)
{
    const TfLiteSoftmaxParams *softmax = k->nodes[p->softmax].call.params;
    p->beta = softmax->beta;
    ln_cpu_pairs_read(&k->nodes[first].call, &p->scores);
    ln_cpu_pairs_read(&k->nodes[second].call, &p->values);
    LN_TRY(read_operand(k, &p->values, first, X, &p->q));
    LN_TRY(read_operand(k, &p->values, first, Y, &p->k));
    LN_TRY(read_operand(k, &p->values, second, Y, &p->v));
    turn(&p->k, p->scores.adj_y);
    turn(&p->v, p->values.adj_y);
    return read_result(k, &p->values, second, &p->y);
}

/* One result is cut where they cannot be dealt out evenly: each part packs its operands. */
static void cut(ln_cpu_kernel *k, plan *p)
{
    const ln_cpu_pairs *s = &p->scores, *v = &p->values;
    const size_t threads = (size_t)LN_MAX(k->threads, 1), mr = k->fn->gemm.mr;
    const size_t fit = SCORE_BYTES / sizeof(float) / s->n;
    k->work = (double)v->count * (double)s->m * (double)s->n * (double)(s->k + v->n);
    p->alone = threads == 1 || k->work < (double)ln_cpu_small(k, SMALL);
    p->rows = LN_MIN(LN_MAX(fit / mr, (size_t)1) * mr, s->m);
    p->parts = 1;
    p->by_rows = !p->alone && s->m >= MANY_ROWS * s->n && s->m >= 2 * mr * threads;
    if (p->by_rows)
        p->parts = threads;
    else if (!p->alone && v->count % threads != 0)
        p->parts = LN_MIN(2 * threads, LN_MAX(s->m / (2 * mr), (size_t)1));
}

static ln_status plan_scratch(ln_cpu_kernel *k, plan *p)
{
    const ln_gemm_kernels *g = &k->fn->gemm;
    const size_t threads = (size_t)LN_MAX(k->threads, 1);
    size_t bytes;
    if (!ln_cpu_packed_floats(g, p->scores.n, p->scores.k, &p->v_at) ||
        !ln_align_size(p->v_at, 16, &p->v_at) ||
        !ln_cpu_packed_floats(g, p->values.n, p->values.k, &p->scores_at) ||
        !ln_add_size(p->scores_at, p->v_at, &p->scores_at) ||
        !ln_align_size(p->scores_at, 16, &p->scores_at) ||
        !ln_mul_size(p->rows, p->scores.n, &p->floats) ||
        !ln_add_size(p->floats, p->scores_at, &p->floats) ||
        !ln_align_size(p->floats, 16, &p->floats) ||
        !ln_mul_size(p->floats, threads * sizeof(float), &bytes))
        return LN_ERR_UNSUPPORTED;
    p->packed_at = bytes;
    return ln_add_size(bytes, threads * 64, &k->scratch_bytes) ? LN_OK : LN_ERR_UNSUPPORTED;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    const int first = find_op(k, 0, &ln_op_batch_matmul);
    const int second = find_op(k, first + 1, &ln_op_batch_matmul);
    (void)c;
    p->softmax = find_op(k, first, &ln_op_softmax);
    if (ln_count(k->nodes[k->n_nodes - 1].call.out[0]) == 0 ||
        ln_count(k->nodes[p->softmax].call.out[0]) == 0)
        return LN_ERR_UNSUPPORTED;
    LN_TRY(read_nodes(k, p, first, second));
    if (p->scores.k == 0 || p->q.column != 1 || p->y.column != 1)
        return LN_ERR_UNSUPPORTED;
    cut(k, p);
    LN_TRY(plan_scratch(k, p));
    return ln_chain_plan(steps_of(k), k, first + 1, p->softmax);
}

/* ---- running ---- */

typedef struct job {
    const ln_cpu_kernel *k;
    const plan *p;
    const float *q, *keys, *v;
    float *y;
} job;

static size_t offset_of(const view *v, const ln_cpu_pairs *p, size_t pair)
{
    size_t at = 0;
    for (int d = p->z.rank - 1; d >= 0; d--) {
        at += pair % (size_t)p->z.dim[d] * v->outer[d];
        pair /= (size_t)p->z.dim[d];
    }
    return at;
}

static size_t *packed_of(const ln_cpu_kernel *k, const plan *p, int thread)
{
    return (size_t *)(void *)((char *)k->scratch + p->packed_at + (size_t)thread * 64);
}

static void pack(const job *j, const view *v, const ln_cpu_pairs *p, const float *from, float *to)
{
    const ln_cpu_columns columns = {
        .at = from, .n = p->n, .k = p->k, .step = v->row, .column = v->column};
    ln_cpu_pack_columns(NULL, &j->k->fn->gemm, to, &columns);
}

/* Rows [row, row + rows) of result `pair`. */
static void run_rows(const job *j, size_t pair, size_t row, size_t rows, float *room, int thread)
{
    static const ptrdiff_t no_offset[1];
    const plan *p = j->p;
    const ln_gemm_kernels *g = &j->k->fn->gemm;
    const size_t n = p->scores.n, of = ln_cpu_pairs_matrix(&p->values, &p->values.x, pair);
    const ln_chain *steps = steps_of(j->k);
    float *scores = room + p->scores_at;
    const ln_gemm_a q = {.at = j->q + offset_of(&p->q, &p->values, pair) + row * p->q.row,
                         .ld = p->q.row,
                         .offsets = no_offset,
                         .pieces = 1,
                         .length = p->scores.k};
    const ln_gemm_c made = {.at = scores, .ld = n, .min = -INFINITY, .max = INFINITY};
    ln_cpu_multiply(g, &made, &q, room, rows, n);
    if (steps->n > 0)
        ln_chain_run_at(steps, j->k, scores, (of * p->scores.m + row) * n, rows * n, thread);
    j->k->fn->softmax.f32(scores, scores, rows, n, p->beta);
    const ln_gemm_a weights = {
        .at = scores, .ld = n, .offsets = no_offset, .pieces = 1, .length = n};
    const ln_gemm_c y = {.at = j->y + offset_of(&p->y, &p->values, pair) + row * p->y.row,
                         .ld = p->y.row,
                         .min = -INFINITY,
                         .max = INFINITY};
    ln_cpu_multiply(g, &y, &weights, room + p->v_at, rows, p->values.n);
}

static void run_item(const job *j, size_t item, int thread)
{
    const plan *p = j->p;
    const size_t m = p->scores.m, count = p->values.count;
    const size_t pair = p->by_rows ? item % count : item / p->parts;
    const size_t part = p->by_rows ? item / count : item % p->parts;
    const size_t end = m * (part + 1) / p->parts;
    float *room = (float *)j->k->scratch + (size_t)thread * p->floats;
    size_t *packed = packed_of(j->k, p, thread);
    if (*packed != pair + 1) {
        pack(j, &p->k, &p->scores, j->keys + offset_of(&p->k, &p->values, pair), room);
        pack(j, &p->v, &p->values, j->v + offset_of(&p->v, &p->values, pair), room + p->v_at);
        *packed = pair + 1;
    }
    for (size_t row = m * part / p->parts; row < end; row += p->rows)
        run_rows(j, pair, row, LN_MIN(p->rows, end - row), room, thread);
}

static void run_items(void *arg, size_t begin, size_t end, int thread)
{
    for (size_t i = begin; i < end; i++)
        run_item(arg, i, thread);
}

static const float *operand(const ln_cpu_kernel *k, const view *v)
{
    return k->nodes[v->node].call.in[v->in]->data.f;
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    job j = {k,
             p,
             operand(k, &p->q),
             operand(k, &p->k),
             operand(k, &p->v),
             k->nodes[k->n_nodes - 1].call.out[0]->data.f};
    (void)c;
    for (int i = 0; i < LN_MAX(k->threads, 1); i++)
        *packed_of(k, p, i) = 0;
    ln_parallel_for(p->alone ? NULL : k->pool, p->values.count * p->parts, 1, run_items, &j);
}

const ln_cpu_row ln_cpu_attention = {
    .op = &ln_op_batch_matmul,
    .name = "attention float32",
    .plan_size = sizeof(plan) + sizeof(ln_chain),
    .node_size = sizeof(ln_chain_step),
    .match = match,
    .plan = make_plan,
    .run = run,
};
