/* SPDX-License-Identifier: Apache-2.0 */
/* lstm_gates.c: what follows the products in an LSTM cell that is written out node by node, as in
 * the loops that Keras's LSTM becomes: SPLIT, three LOGISTIC, two TANH, three MUL, ADD.
 *
 *   in, forget, fresh, out = split(z)    in whatever order
 *   c = logistic(forget) was + logistic(in) tanh(fresh)
 *   h = logistic(out) tanh(c)
 *
 * Others use c and h. */
#include "cpu/graph.h"

extern const ln_op ln_op_split, ln_op_logistic, ln_op_tanh, ln_op_mul, ln_op_add;

enum { GATES = 4, NODES = 10, ITEM_CELLS = 2 * 1024 /* that are worth waking a thread */ };

/* A node, be it of the graph or of a group. */
typedef struct part {
    const ln_op *op;
    const TfLiteTensor *in[2], *out;
} part;

typedef struct parts {
    part part[NODES];
    const TfLiteTensor *sums[GATES];
    int n;
} parts;

/* What the nodes compute: the outputs of the SPLIT by their roles, and the other operands. */
typedef struct cell {
    const TfLiteTensor *in, *forget, *fresh, *out, *was, *c, *h;
} cell;

/* ---- roles ---- */

static const part *maker(const parts *p, const TfLiteTensor *t, const ln_op *op)
{
    for (int i = 0; i < p->n; i++)
        if (p->part[i].out == t && p->part[i].op == op)
            return &p->part[i];
    return NULL;
}

/* Whether t is f of an output of the SPLIT: which. */
static const TfLiteTensor *sums_under(const parts *p, const TfLiteTensor *t, const ln_op *f)
{
    const part *at = maker(p, t, f);
    for (int i = 0; at && i < GATES; i++)
        if (p->sums[i] == at->in[0])
            return at->in[0];
    return NULL;
}

static bool is_made(const parts *p, const TfLiteTensor *t)
{
    for (int i = 0; i < p->n; i++)
        if (p->part[i].out == t)
            return true;
    for (int i = 0; i < GATES; i++)
        if (p->sums[i] == t)
            return true;
    return false;
}

/* c = at->in[side] + the other. */
static bool read_state(const parts *p, const part *sum, int side, cell *to)
{
    const part *kept = maker(p, sum->in[side], &ln_op_mul);
    const part *added = maker(p, sum->in[!side], &ln_op_mul);
    if (!kept || !added)
        return false;
    const int gate = sums_under(p, added->in[0], &ln_op_logistic) ? 0 : 1;
    const int forget = sums_under(p, kept->in[0], &ln_op_logistic) ? 0 : 1;
    to->in = sums_under(p, added->in[gate], &ln_op_logistic);
    to->fresh = sums_under(p, added->in[!gate], &ln_op_tanh);
    to->forget = sums_under(p, kept->in[forget], &ln_op_logistic);
    to->was = kept->in[!forget];
    return to->in && to->fresh && to->forget && to->was && !is_made(p, to->was);
}

/* The last node makes h. */
static bool read_cell(const parts *p, cell *to)
{
    const part *last = &p->part[p->n - 1];
    const int gate = sums_under(p, last->in[0], &ln_op_logistic) ? 0 : 1;
    const part *bent = maker(p, last->in[!gate], &ln_op_tanh);
    const part *sum = bent ? maker(p, bent->in[0], &ln_op_add) : NULL;
    to->out = sums_under(p, last->in[gate], &ln_op_logistic);
    if (last->op != &ln_op_mul || !to->out || !sum)
        return false;
    to->h = last->out;
    to->c = sum->out;
    return read_state(p, sum, 0, to) || read_state(p, sum, 1, to);
}

static bool is_plain(const ln_op *op, const void *params)
{
    const TfLiteMulParams *mul = params;
    const TfLiteAddParams *add = params;
    return (op == &ln_op_mul && mul && mul->activation == kTfLiteActNone) ||
           (op == &ln_op_add && add && add->activation == kTfLiteActNone) ||
           op == &ln_op_logistic || op == &ln_op_tanh;
}

static void add_part(parts *p, const ln_op *op, const TfLiteTensor *a, const TfLiteTensor *b,
                     const TfLiteTensor *out)
{
    p->part[p->n++] = (part){op, {a, b}, out};
}

/* ---- in the graph ---- */

static bool can_take(const ln_cpu_graph *g, int at)
{
    const ln_cpu_item *item = &g->items[at];
    const TfLiteTensor *y = ln_cpu_graph_output(g, at, 0);
    return !item->taken && !item->constant && item->op && y && y->type == kTfLiteFloat32;
}

/* Adds the users of what node `at` makes, behind it, that may be of the cell, in the order of the
 * plan and once each. */
static int add_users(const ln_cpu_graph *g, int at, int *nodes, int n)
{
    const TfLiteIntArray *out = g->items[at].node->outputs;
    for (int k = 0; k < out->size; k++)
        for (int u = g->first_use[out->data[k]]; u < g->first_use[out->data[k] + 1]; u++) {
            const int user = g->users[u];
            int i = n;
            while (i > 0 && nodes[i - 1] > user)
                i--;
            if (n == NODES || (i > 0 && nodes[i - 1] == user) || !can_take(g, user) ||
                !is_plain(g->items[user].op, g->items[user].node->builtin_data))
                continue;
            for (int j = n++; j > i; j--)
                nodes[j] = nodes[j - 1];
            nodes[i] = user;
        }
    return n;
}

static bool is_among(int at, const int *nodes, int n)
{
    for (int i = 0; i < n; i++)
        if (nodes[i] == at)
            return true;
    return false;
}

/* Others use nothing but c and h, both of them and only behind the last node. */
static bool is_closed(const ln_cpu_graph *g, const int *nodes, const cell *c)
{
    int n_seen = 0;
    for (int i = 0; i < NODES; i++) {
        const TfLiteIntArray *out = g->items[nodes[i]].node->outputs;
        for (int k = 0; k < out->size; k++) {
            const int t = out->data[k];
            const TfLiteTensor *y = &g->context->tensors[t];
            bool used = g->is_output[t];
            for (int u = g->first_use[t]; u < g->first_use[t + 1]; u++) {
                const bool outside = !is_among(g->users[u], nodes, NODES);
                if (outside && g->users[u] < nodes[NODES - 1])
                    return false;
                used = used || outside;
            }
            if (used && y != c->c && y != c->h)
                return false;
            n_seen += used;
        }
    }
    return n_seen == 2;
}

static int match(const ln_cpu_graph *g, int at, int *nodes, int max)
{
    const TfLiteIntArray *out = g->items[at].node->outputs;
    parts p = {.n = 0};
    int n = 1;
    cell c;
    nodes[0] = at;
    if (max < NODES || out->size != GATES || !can_take(g, at))
        return 0;
    for (int i = 0; i < GATES; i++) {
        p.sums[i] = ln_cpu_graph_output(g, at, i);
        if (!p.sums[i])
            return 0;
    }
    for (int i = 0; i < n; i++)
        n = add_users(g, nodes[i], nodes, n);
    for (int i = 1; i < n; i++)
        add_part(&p, g->items[nodes[i]].op, ln_cpu_graph_input(g, nodes[i], 0),
                 ln_cpu_graph_input(g, nodes[i], 1), ln_cpu_graph_output(g, nodes[i], 0));
    return n == NODES && read_cell(&p, &c) && c.was->type == kTfLiteFloat32 &&
                   is_closed(g, nodes, &c)
               ? NODES
               : 0;
}

/* ---- plan and run ---- */

typedef struct plan {
    size_t rows, cells;
    int gate[GATES];      /* in, forget, fresh, out: which quarter of a row */
    int was_node, c_node; /* of the group, whose operand `was_at`, or output, it is */
    int was_at;
} plan;

static int index_of(const TfLiteTensor *const *list, const TfLiteTensor *t)
{
    for (int i = 0; i < GATES; i++)
        if (list[i] == t)
            return i;
    return -1;
}

static bool read_group(const ln_cpu_kernel *k, cell *to, plan *p)
{
    const ln_call *split = &k->nodes[0].call;
    parts all = {.n = 0};
    for (int i = 0; i < GATES; i++)
        all.sums[i] = split->out[i];
    for (int i = 1; i < NODES; i++) {
        const ln_call *c = &k->nodes[i].call;
        add_part(&all, k->nodes[i].op, c->in[0], c->n_in > 1 ? c->in[1] : NULL, c->out[0]);
    }
    if (!read_cell(&all, to))
        return false;
    const TfLiteTensor *gates[GATES] = {to->in, to->forget, to->fresh, to->out};
    for (int i = 0; i < GATES; i++)
        p->gate[i] = index_of(all.sums, gates[i]);
    for (int i = 1; i < NODES; i++) {
        const part *at = &all.part[i - 1];
        if (at->out == to->c)
            p->c_node = i;
        for (int j = 0; j < 2; j++)
            if (at->in[j] == to->was) {
                p->was_node = i;
                p->was_at = j;
            }
    }
    return true;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    const ln_shape z = ln_shape_of(c->in[1]), part = ln_shape_of(c->out[0]);
    cell cell;
    if (!read_group(k, &cell, p) || part.rank < 1 || part.dim[part.rank - 1] < 1)
        return LN_ERR_UNSUPPORTED;
    const ln_shape was = ln_shape_of(cell.was), h = ln_shape_of(cell.h);
    p->cells = (size_t)part.dim[part.rank - 1];
    p->rows = (size_t)ln_count(c->out[0]) / p->cells;
    return (size_t)z.dim[z.rank - 1] == GATES * p->cells && ln_shape_equal(&was, &part) &&
                   ln_shape_equal(&h, &part)
               ? LN_OK
               : LN_ERR_UNSUPPORTED;
}

typedef struct job {
    const ln_cpu_kernel *k;
    const float *z, *was;
    float *c, *h;
} job;

static void run_rows(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const plan *p = j->k->plan;
    (void)thread;
    for (size_t i = begin; i < end; i++) {
        const float *z = j->z + i * GATES * p->cells, *gate[GATES];
        for (int g = 0; g < GATES; g++)
            gate[g] = z + (size_t)p->gate[g] * p->cells;
        const ln_lstm_sums s = {gate[0], gate[1], gate[2], gate[3], j->was + i * p->cells};
        j->k->fn->recurrent.lstm_f32(j->h + i * p->cells, j->c + i * p->cells, &s, p->cells);
    }
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    job j = {.k = k,
             .z = c->in[1]->data.f,
             .was = k->nodes[p->was_node].call.in[p->was_at]->data.f,
             .c = k->nodes[p->c_node].call.out[0]->data.f,
             .h = k->nodes[NODES - 1].call.out[0]->data.f};
    ln_parallel_for(k->pool, p->rows, ITEM_CELLS / p->cells + 1, run_rows, &j);
}

const ln_cpu_row ln_cpu_lstm_gates = {
    .op = &ln_op_split,
    .name = "LSTM gates",
    .plan_size = sizeof(plan),
    .match = match,
    .plan = make_plan,
    .run = run,
};
