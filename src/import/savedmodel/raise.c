/* SPDX-License-Identifier: Apache-2.0 */
/* raise.c: control flow of TensorFlow 1 (Switch and Merge; Enter, NextIteration, Exit) raised to
 * If and While nodes with functions, which control.c translates.  It is done when a graph is
 * indexed, with the inner constructs first.
 *
 * Here: which construct each value is inside of, by one pass over the nodes with inputs first. */
#include "import/savedmodel/raise.h"

#include <string.h>

enum { MAX_NESTING = 32 };

static const Tf__NodeDef *def_at(const ln_tf_raise *r, int node)
{
    return r->g->nodes[node].def;
}

static bool is(const ln_tf_raise *r, int node, const char *op, const char *ref_op)
{
    return node >= 0 &&
           (strcmp(def_at(r, node)->op, op) == 0 || strcmp(def_at(r, node)->op, ref_op) == 0);
}

static bool is_next(const ln_tf_raise *r, int node)
{
    return is(r, node, "NextIteration", "RefNextIteration");
}

int ln_tf_raise_next(const ln_tf_raise *r, int merge)
{
    return r->g->nodes[merge].in[r->swapped[merge] ? 0 : 1].node;
}

/* ---- order ---- */

/* All nodes, inputs first; the way back of loops does not count.  False: there is another cycle. */
static bool order(ln_tf_raise *r, int *out)
{
    const ln_tf_graph *g = r->g;
    int *at = r->seen, *state = r->taken, n = 0; /* not in use yet */
    for (int root = 0; root < g->n_nodes; root++) {
        int depth = 0;
        if (state[root])
            continue;
        r->stack[depth++] = root;
        state[root] = 1;
        while (depth > 0) {
            const int node = r->stack[depth - 1];
            if (at[node] == g->nodes[node].n_all) {
                state[node] = 2;
                out[n++] = node;
                depth--;
                continue;
            }
            const int input = g->nodes[node].in[at[node]++].node;
            if (input < 0 || state[input] == 2 ||
                (is_next(r, input) && is(r, node, "Merge", "RefMerge")))
                continue;
            if (state[input] == 1)
                return false;
            state[input] = 1;
            r->stack[depth++] = input;
        }
    }
    memset(r->seen, 0, (size_t)g->n_nodes * sizeof *r->seen);
    memset(r->taken, 0, (size_t)g->n_nodes * sizeof *r->taken);
    return true;
}

/* ---- chains ---- */

static int depth_of(const ln_tf_chain *c)
{
    return c ? c->depth : 0;
}

static const ln_tf_chain *chain_of(const ln_tf_raise *r, ln_tf_ref ref)
{
    if (ref.node < 0)
        return NULL;
    const ln_tf_construct *c = r->edge[ref.node] ? &r->constructs[r->edge[ref.node] - 1] : NULL;
    if (c && !c->loop && ref.out >= 0) /* a Switch */
        return c->inner[ref.out != 0];
    return r->chain[ref.node];
}

/* The innermost one among the first n inputs. */
static const ln_tf_chain *deepest(const ln_tf_raise *r, const ln_tf_node *node, int n)
{
    const ln_tf_chain *deep = NULL;
    for (int i = 0; i < n; i++) {
        const ln_tf_chain *c = chain_of(r, node->in[i]);
        if (depth_of(c) > depth_of(deep))
            deep = c;
    }
    return deep;
}

static void put(ln_tf_raise *r, int *first, int node)
{
    r->next[node] = *first;
    *first = node;
}

/* A new construct inside of `outer`; -1: there is no memory, or it is nested too deep. */
static int construct(ln_tf_raise *r, bool loop, const ln_tf_chain *outer)
{
    ln_tf_chain *c = ln_arena_new(r->tf->arena, 2, sizeof *c);
    if (!c || depth_of(outer) >= MAX_NESTING)
        return -1;
    for (int i = 0; i < 2; i++)
        c[i] = (ln_tf_chain){outer, depth_of(outer) + 1, r->n_constructs, i == 1};
    r->constructs[r->n_constructs] = (ln_tf_construct){.loop = loop,
                                                       .next_same = -1,
                                                       .condition = -1,
                                                       .inner = {&c[0], &c[1]},
                                                       .merges = -1,
                                                       .constants = -1,
                                                       .exits = -1};
    return r->n_constructs++;
}

/* Follows nodes that only hand on their input: branches take the predicate through one. */
static ln_tf_ref source_of(const ln_tf_raise *r, ln_tf_ref ref)
{
    for (int i = 0; i < MAX_NESTING && is(r, ref.node, "Identity", ""); i++) {
        if (r->g->nodes[ref.node].n_in < 1)
            break;
        ref = r->g->nodes[ref.node].in[0];
    }
    return ref;
}

/* The condition by this predicate; made where there is none yet. */
static int condition(ln_tf_raise *r, ln_tf_ref predicate, const ln_tf_node *like,
                     const ln_tf_chain *outer)
{
    if (predicate.node < 0)
        return -1;
    const int first = r->partner[predicate.node] - 1;
    for (int c = first; c >= 0; c = r->constructs[c].next_same)
        if (r->constructs[c].predicate.out == predicate.out) {
            const int depth = depth_of(r->constructs[c].inner[0]->outer);
            r->constructs[c].broken |= depth_of(outer) > depth;
            return c;
        }
    const int c = construct(r, false, outer);
    if (c < 0)
        return -1;
    r->constructs[c].predicate = predicate;
    r->constructs[c].predicate_in = like->in[1];
    r->constructs[c].predicate_at = like->def->input[1];
    r->constructs[c].next_same = first;
    r->partner[predicate.node] = c + 1;
    return c;
}

static bool follow_switch(ln_tf_raise *r, int node)
{
    const ln_tf_node *n = &r->g->nodes[node];
    if (n->n_in < 2)
        return true;
    const int from = n->in[0].node;
    if (is(r, n->in[1].node, "LoopCond", "")) {
        if (!is(r, from, "Merge", "RefMerge") || !r->edge[from] || r->partner[from])
            return true;
        ln_tf_construct *c = &r->constructs[r->edge[from] - 1];
        c->broken |= c->condition >= 0 && c->condition != n->in[1].node;
        c->condition = n->in[1].node;
        r->partner[from] = node + 1;
        r->edge[node] = r->edge[from];
        return true;
    }
    const int c = condition(r, source_of(r, n->in[1]), n, r->chain[node]);
    r->edge[node] = c + 1;
    return c >= 0;
}

static bool follow_enter(ln_tf_raise *r, ln_names *frames, int node)
{
    const ln_tf_node *n = &r->g->nodes[node];
    const Tf__AttrValue *name = ln_tf_attr_of(n->def, "frame_name"),
                        *constant = ln_tf_attr_of(n->def, "is_constant");
    if (!name || name->value_case != TF__ATTR_VALUE__VALUE_S || n->n_in < 1)
        return true;
    int c = ln_names_get(frames, (const char *)name->s.data, name->s.len);
    if (c < 0) {
        c = construct(r, true, r->chain[node]);
        if (c < 0 || !ln_names_put(frames, (const char *)name->s.data, name->s.len, c))
            return false;
    }
    r->constructs[c].broken |=
        depth_of(r->chain[node]) > depth_of(r->constructs[c].inner[0]->outer);
    r->edge[node] = c + 1;
    r->chain[node] = r->constructs[c].inner[0];
    if (constant && constant->value_case == TF__ATTR_VALUE__VALUE_B && constant->b)
        put(r, &r->constructs[c].constants, node);
    return true;
}

/* Of a condition; a side that comes from nowhere in it (a constant) is the other one. */
static void follow_merge(ln_tf_raise *r, int node)
{
    const ln_tf_node *n = &r->g->nodes[node];
    const ln_tf_chain *a = n->n_in == 2 ? chain_of(r, n->in[0]) : NULL,
                      *b = n->n_in == 2 ? chain_of(r, n->in[1]) : NULL;
    const ln_tf_chain *deep = depth_of(b) > depth_of(a) ? b : a;
    if (!deep || r->constructs[deep->construct].loop ||
        (depth_of(a) == depth_of(b) && (a->construct != b->construct || a->side == b->side)))
        return;
    r->swapped[node] = deep == a ? a->side : !b->side;
    r->chain[node] = deep->outer;
    put(r, &r->constructs[deep->construct].merges, node);
}

static void follow_loop_merge(ln_tf_raise *r, int node)
{
    const ln_tf_node *n = &r->g->nodes[node];
    r->swapped[node] = is_next(r, n->in[0].node);
    const int enter = n->in[r->swapped[node] ? 1 : 0].node;
    if (n->n_in != 2 || !is(r, enter, "Enter", "RefEnter") || !r->edge[enter])
        return;
    r->edge[node] = r->edge[enter];
    r->chain[node] = r->chain[enter];
    put(r, &r->constructs[r->edge[node] - 1].merges, node);
}

static bool follow(ln_tf_raise *r, ln_names *frames, int node)
{
    const ln_tf_node *n = &r->g->nodes[node];
    const bool merge = is(r, node, "Merge", "RefMerge");
    const bool back =
        merge && n->n_in >= 2 && (is_next(r, n->in[0].node) || is_next(r, n->in[1].node));
    if (back) {
        follow_loop_merge(r, node);
        return true;
    }
    r->chain[node] = deepest(r, n, n->n_all);
    if (merge)
        follow_merge(r, node);
    if (is(r, node, "Switch", "RefSwitch"))
        return follow_switch(r, node);
    if (is(r, node, "Enter", "RefEnter"))
        return follow_enter(r, frames, node);
    const int from = n->n_in > 0 ? n->in[0].node : -1;
    if (is(r, node, "Exit", "RefExit") && from >= 0 && r->edge[from]) {
        ln_tf_construct *c = &r->constructs[r->edge[from] - 1];
        r->chain[node] = c->inner[0]->outer;
        put(r, &c->exits, node);
    }
    return true;
}

/* ---- all of it ---- */

static bool prepare(ln_tf_raise *r, int room)
{
    ln_arena *arena = r->tf->arena;
    const size_t n = (size_t)room + 1;
    r->chain = ln_arena_new(arena, n, sizeof *r->chain);
    r->edge = ln_arena_new(arena, n, sizeof *r->edge);
    r->next = ln_arena_new(arena, n, sizeof *r->next);
    r->partner = ln_arena_new(arena, n, sizeof *r->partner);
    r->swapped = ln_arena_new(arena, n, sizeof *r->swapped);
    const size_t slots = n + (r->g->fn ? r->g->fn->signature->n_input_arg : 0);
    r->seen = ln_arena_new(arena, slots, sizeof *r->seen);
    r->taken = ln_arena_new(arena, slots, sizeof *r->taken);
    r->stack = ln_arena_new(arena, n, sizeof *r->stack);
    r->constructs = ln_arena_new(arena, n, sizeof *r->constructs);
    r->nodes = ln_arena_new(arena, n, sizeof *r->nodes);
    r->edges = ln_arena_new(arena, n, sizeof *r->edges);
    r->extra = ln_arena_new(arena, slots, sizeof *r->extra);
    return r->chain && r->edge && r->next && r->partner && r->swapped && r->seen && r->taken &&
           r->stack && r->constructs && r->nodes && r->edges && r->extra;
}

static ln_status raise_all(ln_tf_raise *r)
{
    for (int depth = MAX_NESTING; depth > 0; depth--)
        for (int c = 0; c < r->n_constructs; c++) {
            if (r->constructs[c].broken || r->constructs[c].inner[0]->depth != depth)
                continue;
            LN_TRY(r->constructs[c].loop ? ln_tf_raise_loop(r, c) : ln_tf_raise_condition(r, c));
        }
    return LN_OK;
}

int ln_tf_raise_count(Tf__NodeDef *const *defs, size_t n)
{
    int count = 0;
    for (size_t i = 0; i < n; i++) {
        const char *op = defs[i]->op;
        count +=
            strcmp(op, "LoopCond") == 0 || strcmp(op, "Merge") == 0 || strcmp(op, "RefMerge") == 0;
    }
    return count;
}

ln_status ln_tf_raise_control(ln_tf *tf, ln_tf_graph *g, int room)
{
    ln_tf_raise r = {.tf = tf, .g = g};
    ln_names frames = {.arena = tf->arena};
    int *nodes = ln_arena_new(tf->arena, (size_t)g->n_nodes + 1, sizeof *nodes);
    if (!nodes || !prepare(&r, room))
        return LN_ERR_MEMORY;
    if (!order(&r, nodes))
        return LN_OK;
    for (int i = 0; i < g->n_nodes; i++)
        if (!follow(&r, &frames, nodes[i]))
            return LN_OK;
    return raise_all(&r);
}
