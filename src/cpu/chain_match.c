/* SPDX-License-Identifier: Apache-2.0 */
/* chain_match.c: which elementwise nodes can follow a node in one group.  The group grows by nodes
 * that use its values, and is taken as long as all but its last value stay inside. */
#include <string.h>

#include "cpu/chain.h"
#include "cpu/reduce.h"

typedef struct growing {
    const ln_cpu_graph *g;
    int nodes[LN_CHAIN_MAX + 1], n; /* the first is the node that is followed */
    const TfLiteIntArray *shape;    /* of what is read item by item */
    bool rows;                      /* what makes one item of each row, or has it, may be there */
} growing;

static int out_of(const ln_cpu_graph *g, int at)
{
    return g->items[at].node->outputs->data[0];
}

static bool has(const growing *s, int at)
{
    for (int i = 0; i < s->n; i++)
        if (s->nodes[i] == at)
            return true;
    return false;
}

/* A shape of one item for each row. */
static bool is_of_rows(const TfLiteIntArray *of, const TfLiteIntArray *shape)
{
    return of->size == shape->size && of->data[of->size - 1] == 1 &&
           memcmp(of->data, shape->data, sizeof(int) * (size_t)(of->size - 1)) == 0;
}

/* A sum or mean of rows. */
static bool folds(const ln_cpu_graph *g, int at)
{
    ln_cpu_view v;
    const ln_cpu_item *item = &g->items[at];
    return !item->taken && item->op && ln_cpu_view_plain(&v, g, at, false) &&
           ln_cpu_folds_rows(item->op, &v.call);
}

/* Values of the group are read item by item, so they must have the shape of what is made. */
static bool fits(const growing *s, int at)
{
    const ln_cpu_graph *g = s->g;
    const bool step = ln_chain_takes(g, at);
    bool uses = false;
    const bool rows = LN_CHAIN_FOLDS && s->rows;
    if (!step && !(rows && folds(g, at)))
        return false;
    const TfLiteIntArray *made = ln_cpu_graph_output(g, at, 0)->dims;
    if (!(step && TfLiteIntArrayEqual(made, s->shape)) &&
        !(rows && is_of_rows(made, s->shape) &&
          (step || TfLiteIntArrayEqual(ln_cpu_graph_input(g, at, 0)->dims, s->shape))))
        return false;
    for (int i = 0; i < g->items[at].node->inputs->size; i++) {
        const int t = ln_cpu_graph_in(g, at, i);
        uses = uses || (t >= 0 && g->maker[t] >= 0 && has(s, g->maker[t]));
    }
    return uses;
}

/* The first node behind the group's last that uses a value of the group and fits; -1. */
static int next(const growing *s)
{
    const ln_cpu_graph *g = s->g;
    int best = -1;
    for (int i = 0; i < s->n; i++) {
        const int t = out_of(g, s->nodes[i]);
        for (int u = g->first_use[t]; u < g->first_use[t + 1]; u++) {
            const int at = g->users[u];
            if (at > s->nodes[s->n - 1] && (best < 0 || at < best) && fits(s, at))
                best = at;
        }
    }
    return best;
}

/* All values but the last are used by the group alone. */
static bool is_closed(const growing *s)
{
    const ln_cpu_graph *g = s->g;
    for (int i = 0; i < s->n - 1; i++) {
        const int t = out_of(g, s->nodes[i]);
        if (g->is_output[t])
            return false;
        for (int u = g->first_use[t]; u < g->first_use[t + 1]; u++)
            if (!has(s, g->users[u]))
                return false;
    }
    return true;
}

bool ln_chain_takes(const ln_cpu_graph *g, int at)
{
    ln_cpu_view v;
    const ln_cpu_item *item = &g->items[at];
    return !item->taken && item->op && item->node->outputs->size == 1 &&
           ln_cpu_view_plain(&v, g, at, false) && ln_step_claims(item->op, &v.call);
}

int ln_chain_match(const ln_cpu_graph *g, int at, int *nodes, int max)
{
    growing s = {.g = g, .nodes = {at}, .n = 1, .shape = ln_cpu_graph_output(g, at, 0)->dims};
    const size_t size = ln_type_size(ln_cpu_graph_output(g, at, 0)->type);
    int closed = 0;
    while (s.n <= LN_MIN(max, LN_CHAIN_MAX - 1)) {
        const int more = next(&s);
        if (more < 0)
            break;
        s.nodes[s.n++] = more;
        /* the output's memory holds the first value meanwhile */
        if (is_closed(&s) && ln_type_size(ln_cpu_graph_output(g, more, 0)->type) == size)
            closed = s.n - 1;
    }
    for (int i = 0; i < closed; i++)
        nodes[i] = s.nodes[i + 1];
    return closed;
}

int ln_chain_match_rows(const ln_cpu_graph *g, int at, int *nodes, int max)
{
    const TfLiteTensor *x = ln_cpu_graph_input(g, at, 0);
    int closed = 0;
    if (!folds(g, at) || x->dims->data[x->dims->size - 1] == 1)
        return 0;
    growing s = {.g = g, .nodes = {at}, .n = 1, .shape = x->dims, .rows = true};
    const int from = g->maker[ln_cpu_graph_in(g, at, 0)];
    if (from >= 0 && ln_cpu_graph_next(g, from) == at && ln_chain_takes(g, from)) {
        s.nodes[0] = from;
        s.nodes[s.n++] = at;
    }
    while (s.n < LN_MIN(max, LN_CHAIN_MAX)) {
        const int more = next(&s);
        if (more < 0)
            break;
        s.nodes[s.n++] = more;
        if (TfLiteIntArrayEqual(ln_cpu_graph_output(g, more, 0)->dims, x->dims) && is_closed(&s))
            closed = s.n;
    }
    memcpy(nodes, s.nodes, (size_t)closed * sizeof *nodes);
    return closed;
}
