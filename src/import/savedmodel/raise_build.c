/* SPDX-License-Identifier: Apache-2.0 */
/* raise_build.c: one construct of control flow becomes one node and two functions.
 *
 * A function's nodes are those that its results are computed from, back to where the construct is
 * entered; these are its arguments.  Nodes that the construct does not touch are arguments too, or
 * copied where they take nothing.  An argument has the name of the node that it stands for, so the
 * nodes inside keep their inputs as they are written. */
#include <stdio.h>
#include <string.h>

#include "import/savedmodel/raise.h"

typedef struct text_list {
    const char **at;
    int n;
} text_list;

/* One construct while it is raised. */
typedef struct raising {
    ln_tf_raise *r;
    const ln_tf_construct *c;
    int number, depth, stamp;
    bool test; /* of a loop: the condition is collected */
    int n_nodes, n_edges, n_extra;
    bool failed;
} raising;

static const Tf__NodeDef *def_at(const raising *w, int node)
{
    return w->r->g->nodes[node].def;
}

static bool is_op(const raising *w, int node, const char *op, const char *ref_op)
{
    const char *own = def_at(w, node)->op;
    return strcmp(own, op) == 0 || strcmp(own, ref_op) == 0;
}

/* ---- what belongs to a function ---- */

/* Per node, and behind these per argument of the graph itself. */
static size_t slot(const raising *w, int node)
{
    return node >= 0 ? (size_t)node : (size_t)w->r->g->n_nodes + (size_t)(-1 - node);
}

static bool is_edge(const raising *w, int node)
{
    return node >= 0 && w->r->edge[node] == w->number + 1;
}

static bool is_outside(const raising *w, int node)
{
    const ln_tf_chain *chain = node < 0 ? NULL : w->r->chain[node];
    return !chain || chain->depth < w->depth;
}

/* What a node waits for is kept where it lies in the same function and may have an effect. */
static bool keeps_control(const raising *w, int node)
{
    if (node < 0 || is_edge(w, node) || is_outside(w, node))
        return false;
    const ln_tf_node *n = &w->r->g->nodes[node];
    return strcmp(n->def->op, "Identity") != 0 || n->n_in < 1 || !is_edge(w, n->in[0].node);
}

static const char *name_of(const raising *w, int node)
{
    return node >= 0 ? def_at(w, node)->name : w->r->g->fn->signature->input_arg[-1 - node]->name;
}

static bool take(raising *w, int node)
{
    int *taken = &w->r->taken[slot(w, node)];
    const bool first = *taken != w->stamp;
    *taken = w->stamp;
    return first;
}

/* Where a construct is entered.  The condition of a loop takes its values from Merge, the body from
 * Switch. */
static void enter(raising *w, int node)
{
    if (w->c->loop) {
        const bool other =
            w->test ? is_op(w, node, "Switch", "RefSwitch") : is_op(w, node, "Merge", "RefMerge");
        w->failed = w->failed || other;
    } else if (take(w, node)) {
        w->r->edges[w->n_edges++] = node;
    }
}

static void visit(raising *w, ln_tf_ref ref, const char *text, int *depth)
{
    const bool edge = is_edge(w, ref.node), outside = !edge && is_outside(w, ref.node);
    const Tf__NodeDef *def = ref.node < 0 ? NULL : def_at(w, ref.node);
    const bool copied =
        outside && def && def->n_input == 0 && strncmp(def->op, "Placeholder", 11) != 0;
    if (outside && !copied && ref.out != 0) {
        w->failed = true; /* an argument stands for a first output */
        return;
    }
    int *seen = &w->r->seen[slot(w, ref.node)];
    if (*seen == w->r->walk)
        return;
    *seen = w->r->walk;
    if (edge) {
        enter(w, ref.node);
    } else if (outside && !copied) {
        if (take(w, ref.node))
            w->r->extra[w->n_extra++] = (ln_tf_extra){ref, text};
    } else {
        w->r->nodes[w->n_nodes++] = ref.node;
        w->r->stack[(*depth)++] = ref.node;
        w->r->tf->raising -= 1 + w->r->g->nodes[ref.node].n_all;
        w->failed = w->failed || w->r->tf->raising < 0;
    }
}

/* The results of a function: what is collected begins there. */
typedef struct results {
    ln_tf_ref *refs;
    char **texts;
    int n;
} results;

/* The nodes of one function, from its results. */
static void collect(raising *w, const results *roots)
{
    int depth = 0;
    w->r->walk++;
    w->n_nodes = 0;
    for (int i = 0; i < roots->n && !w->failed; i++)
        visit(w, roots->refs[i], roots->texts[i], &depth);
    while (depth > 0 && !w->failed) {
        const ln_tf_node *at = &w->r->g->nodes[w->r->stack[--depth]];
        for (int i = 0; i < at->n_all && !w->failed; i++)
            if (i < at->n_in || keeps_control(w, at->in[i].node))
                visit(w, at->in[i], at->def->input[i], &depth);
    }
}

/* ---- functions ---- */

/* The node without what it waits for outside. */
static Tf__NodeDef *inside(const raising *w, int node)
{
    const ln_tf_node *n = &w->r->g->nodes[node];
    Tf__NodeDef *def = ln_arena_copy(w->r->tf->arena, n->def, sizeof *def);
    char **input = ln_arena_new(w->r->tf->arena, (size_t)n->n_all + 1, sizeof *input);
    if (!def || !input)
        return NULL;
    def->n_input = 0;
    for (int i = 0; i < n->n_all; i++)
        if (i < n->n_in || keeps_control(w, n->in[i].node))
            input[def->n_input++] = n->def->input[i];
    def->input = input;
    return def;
}

static Tf__OpDef *make_signature(ln_arena *arena, char *name, const text_list *args, int n_ret,
                                 Tf__StringEntry ***ret)
{
    Tf__OpDef *sig = ln_arena_new(arena, 1, sizeof *sig);
    const size_t n = (size_t)args->n + (size_t)n_ret + 1;
    Tf__ArgDef *all = ln_arena_new(arena, n, sizeof *all);
    Tf__ArgDef **at = ln_arena_new(arena, n, sizeof(Tf__ArgDef *));
    Tf__StringEntry *entries = ln_arena_new(arena, n, sizeof *entries);
    char(*names)[16] = ln_arena_new(arena, n, sizeof *names);
    *ret = ln_arena_new(arena, n, sizeof **ret);
    if (!sig || !all || !at || !entries || !names || !*ret)
        return NULL;
    tf__op_def__init(sig);
    for (size_t i = 0; i < n; i++) {
        tf__arg_def__init(&all[i]);
        tf__string_entry__init(&entries[i]);
        at[i] = &all[i];
    }
    for (int i = 0; i < args->n; i++)
        all[i].name = (char *)(uintptr_t)args->at[i];
    for (int i = 0; i < n_ret; i++) {
        snprintf(names[i], sizeof names[i], ":%d", i); /* no node's name */
        all[args->n + i].name = entries[i].key = names[i];
        (*ret)[i] = &entries[i];
    }
    sig->name = name;
    sig->input_arg = at;
    sig->n_input_arg = (size_t)args->n;
    sig->output_arg = at + args->n;
    sig->n_output_arg = (size_t)n_ret;
    return sig;
}

/* A function of the nodes that were collected; its name, NULL when there is no memory. */
static char *add_function(raising *w, const char *part, const text_list *args, char *const *results,
                          int n_ret)
{
    ln_tf *tf = w->r->tf;
    char name[64];
    snprintf(name, sizeof name, ":%s%d", part, tf->n_functions);
    char *own = ln_arena_string(tf->arena, name, strlen(name));
    Tf__FunctionDef *fn = ln_arena_new(tf->arena, 1, sizeof *fn);
    if (!own || !fn || tf->n_functions >= tf->max_functions)
        return NULL;
    tf__function_def__init(fn);
    fn->signature = make_signature(tf->arena, own, args, n_ret, &fn->ret);
    fn->node_def = ln_arena_new(tf->arena, (size_t)w->n_nodes + 1, sizeof(Tf__NodeDef *));
    if (!fn->signature || !fn->node_def)
        return NULL;
    fn->n_ret = (size_t)n_ret;
    for (int i = 0; i < n_ret; i++)
        fn->ret[i]->value = results[i];
    for (int i = 0; i < w->n_nodes; i++) {
        fn->node_def[i] = inside(w, w->r->nodes[i]);
        if (!fn->node_def[i])
            return NULL;
    }
    fn->n_node_def = (size_t)w->n_nodes;
    tf->functions[tf->n_functions] = (ln_tf_graph){.fn = fn, .name = own};
    return ln_names_put(&tf->function_names, own, strlen(own), tf->n_functions++) ? own : NULL;
}

/* ---- nodes ---- */

static Tf__AttrEntry *function_attr(ln_arena *arena, const char *key, char *name)
{
    Tf__AttrEntry *e = ln_arena_new(arena, 1, sizeof *e);
    Tf__AttrValue *v = ln_arena_new(arena, 1, sizeof *v);
    Tf__FunctionName *f = ln_arena_new(arena, 1, sizeof *f);
    if (!e || !v || !f)
        return NULL;
    tf__attr_entry__init(e);
    tf__attr_value__init(v);
    tf__function_name__init(f);
    e->key = (char *)(uintptr_t)key;
    e->value = v;
    v->value_case = TF__ATTR_VALUE__VALUE_FUNC;
    v->func = f;
    f->name = name;
    return e;
}

/* A node at the end of the graph; `in` and `texts` are the arena's.  -1: there is no memory. */
static int add_node(raising *w, const char *op, const char *like, ln_tf_ref *in, char **texts,
                    int n)
{
    ln_tf *tf = w->r->tf;
    ln_tf_graph *g = w->r->g;
    char name[32];
    snprintf(name, sizeof name, "/%s%d", op, w->number);
    const size_t length = strlen(like);
    char *own = ln_arena_new(tf->arena, length + sizeof name, 1);
    Tf__NodeDef *def = ln_arena_new(tf->arena, 1, sizeof *def);
    if (!own || !def)
        return -1;
    memcpy(own, like, length);
    memcpy(own + length, name, strlen(name) + 1);
    tf__node_def__init(def);
    def->name = own;
    def->op = (char *)(uintptr_t)op;
    def->input = texts;
    def->n_input = (size_t)n;
    def->attr = ln_arena_new(tf->arena, 2, sizeof(Tf__AttrEntry *));
    if (!def->attr || ln_names_get(&g->index, own, strlen(own)) >= 0 ||
        !ln_names_put(&g->index, own, strlen(own), g->n_nodes))
        return -1;
    g->nodes[g->n_nodes] =
        (ln_tf_node){.def = def, .row = ln_tf_row_of(tf, op), .in = in, .n_in = n, .n_all = n};
    w->r->chain[g->n_nodes] = w->c->inner[0]->outer;
    return g->n_nodes++;
}

static bool set_functions(raising *w, int node, const char *const keys[2], char *const names[2])
{
    Tf__NodeDef *def = (Tf__NodeDef *)(uintptr_t)w->r->g->nodes[node].def; /* made above */
    for (int i = 0; i < 2; i++) {
        def->attr[i] = names[i] ? function_attr(w->r->tf->arena, keys[i], names[i]) : NULL;
        if (!def->attr[i])
            return false;
    }
    def->n_attr = 2;
    return true;
}

/* `node` only hands on output `out` of `from` now. */
static bool hand_on(raising *w, int node, int from, int out)
{
    ln_arena *arena = w->r->tf->arena;
    ln_tf_node *n = &w->r->g->nodes[node];
    const char *name = def_at(w, from)->name;
    const size_t room = strlen(name) + 16;
    Tf__NodeDef *def = ln_arena_new(arena, 1, sizeof *def);
    char *text = ln_arena_new(arena, room, 1), **input = ln_arena_new(arena, 1, sizeof *input);
    ln_tf_ref *in = ln_arena_new(arena, 1, sizeof *in);
    if (!def || !text || !input || !in)
        return false;
    snprintf(text, room, "%s:%d", name, out);
    tf__node_def__init(def);
    def->name = n->def->name;
    def->op = "Identity";
    def->input = input;
    def->n_input = 1;
    input[0] = text;
    in[0] = (ln_tf_ref){from, out};
    *n = (ln_tf_node){
        .def = def, .row = ln_tf_row_of(w->r->tf, def->op), .in = in, .n_in = 1, .n_all = 1};
    return true;
}

/* ---- what a construct takes and gives ---- */

/* Arguments, in order: names in the functions, and what the node takes for them. */
typedef struct ports {
    text_list names, others; /* of a loop: in the condition, and in the body */
    ln_tf_ref *in;
    char **texts;
    int n;
} ports;

static bool open_ports(ports *p, ln_arena *arena, size_t n)
{
    *p = (ports){.in = ln_arena_new(arena, n, sizeof *p->in),
                 .texts = ln_arena_new(arena, n, sizeof(char *))};
    p->names.at = ln_arena_new(arena, n, sizeof(char *));
    p->others.at = ln_arena_new(arena, n, sizeof(char *));
    return p->in && p->texts && p->names.at && p->others.at;
}

static void add_port(ports *p, const char *name, const char *other, ln_tf_ref in, const char *text)
{
    p->names.at[p->names.n++] = name;
    p->others.at[p->others.n++] = other;
    p->in[p->n] = in;
    p->texts[p->n++] = (char *)(uintptr_t)text;
}

/* The first input of a node, under the name of another one. */
static void add_input_of(const raising *w, ports *p, int node, int name, int other)
{
    const ln_tf_node *n = &w->r->g->nodes[node];
    add_port(p, name_of(w, name), name_of(w, other), n->in[0], n->def->input[0]);
}

static void add_extra(const raising *w, ports *p)
{
    for (int i = 0; i < w->n_extra; i++) {
        const ln_tf_extra *x = &w->r->extra[i];
        add_port(p, name_of(w, x->ref.node), name_of(w, x->ref.node), x->ref, x->text);
    }
}

static raising begin(ln_tf_raise *r, int number)
{
    return (raising){.r = r,
                     .c = &r->constructs[number],
                     .number = number,
                     .depth = r->constructs[number].inner[0]->depth,
                     .stamp = ++r->stamps};
}

static int list_length(const ln_tf_raise *r, int first)
{
    int n = 0;
    for (int node = first; node >= 0; node = r->next[node])
        n++;
    return n;
}

static bool open_results(results *x, ln_arena *arena, int n)
{
    *x = (results){.refs = ln_arena_new(arena, (size_t)n + 1, sizeof *x->refs),
                   .texts = ln_arena_new(arena, (size_t)n + 1, sizeof(char *))};
    return x->refs && x->texts;
}

static void add_result(const raising *w, results *x, int node, int input)
{
    const ln_tf_node *n = &w->r->g->nodes[node];
    x->refs[x->n] = n->in[input];
    x->texts[x->n++] = n->def->input[input];
}

/* ---- loops ---- */

static void collect_part(raising *w, bool test, const results *roots)
{
    w->test = test;
    collect(w, roots);
}

static int enter_of(const ln_tf_raise *r, int merge)
{
    return r->g->nodes[merge].in[r->swapped[merge] ? 1 : 0].node;
}

/* Values that change, then those that do not. */
static void loop_ports(const raising *w, ports *p)
{
    const ln_tf_raise *r = w->r;
    for (int m = w->c->merges; m >= 0; m = r->next[m])
        add_input_of(w, p, enter_of(r, m), m, r->partner[m] ? r->partner[m] - 1 : m);
    for (int k = w->c->constants; k >= 0; k = r->next[k])
        add_input_of(w, p, k, k, k);
    add_extra(w, p);
}

/* The loop's node with its functions; -1: there is no memory. */
static int make_loop(raising *w, const results *test, const results *turn, ports *p)
{
    static const char *const keys[] = {"cond", "body"};
    char *names[2];
    ln_arena *arena = w->r->tf->arena;
    results all;
    if (!open_results(&all, arena, p->n))
        return -1;
    memcpy(all.texts, turn->texts, (size_t)turn->n * sizeof *all.texts);
    for (int i = turn->n; i < p->n; i++)
        all.texts[i] = (char *)(uintptr_t)p->others.at[i];
    collect_part(w, true, test);
    names[0] = add_function(w, keys[0], &p->names, test->texts, 1);
    collect_part(w, false, turn);
    names[1] = add_function(w, keys[1], &p->others, all.texts, p->n);
    const int node = names[0] && names[1]
                         ? add_node(w, "While", name_of(w, w->c->condition), p->in, p->texts, p->n)
                         : -1;
    return node >= 0 && set_functions(w, node, keys, names) ? node : -1;
}

static bool hand_on_exits(raising *w, int loop)
{
    const ln_tf_raise *r = w->r;
    for (int x = w->c->exits, after; x >= 0; x = after) {
        const int from = r->g->nodes[x].in[0].node;
        int out = 0;
        after = r->next[x];
        for (int m = w->c->merges; m >= 0 && r->partner[m] - 1 != from; m = r->next[m])
            out++;
        if (!hand_on(w, x, loop, out))
            return false;
    }
    return true;
}

ln_status ln_tf_raise_loop(ln_tf_raise *r, int number)
{
    raising w = begin(r, number);
    results test, turn;
    ports p;
    if (w.c->condition < 0 || w.c->merges < 0)
        return LN_OK;
    if (!open_results(&test, r->tf->arena, 1) ||
        !open_results(&turn, r->tf->arena, list_length(r, w.c->merges)))
        return LN_ERR_MEMORY;
    if (r->g->nodes[w.c->condition].n_in < 1)
        return LN_OK;
    add_result(&w, &test, w.c->condition, 0);
    for (int m = w.c->merges; m >= 0; m = r->next[m]) {
        const int next = ln_tf_raise_next(r, m);
        if (r->g->nodes[next].n_in < 1)
            return LN_OK;
        add_result(&w, &turn, next, 0);
    }
    collect_part(&w, true, &test);
    collect_part(&w, false, &turn);
    if (w.failed)
        return LN_OK;
    const int n = turn.n + list_length(r, w.c->constants) + w.n_extra;
    if (!open_ports(&p, r->tf->arena, (size_t)n + 1))
        return LN_ERR_MEMORY;
    loop_ports(&w, &p);
    const int loop = make_loop(&w, &test, &turn, &p);
    if (w.failed)
        return LN_OK;
    return loop >= 0 && hand_on_exits(&w, loop) ? LN_OK : LN_ERR_MEMORY;
}

/* ---- conditions ---- */

/* True when what goes into the branches is computed from one of these results: then they are of
 * several conditions by one predicate. */
static bool feeds_itself(raising *w, const int *merges, int n)
{
    int depth = 0;
    ln_tf_raise *r = w->r;
    r->walk++;
    for (int i = 0; i < w->n_edges + w->n_extra; i++) {
        const int node = i < w->n_edges ? r->edges[i] : r->extra[i - w->n_edges].ref.node;
        if (node >= 0 && r->seen[node] != r->walk) {
            r->seen[node] = r->walk;
            r->stack[depth++] = node;
        }
    }
    while (depth > 0 && r->tf->raising > 0) {
        const ln_tf_node *at = &r->g->nodes[r->stack[--depth]];
        r->tf->raising -= 1 + at->n_all;
        for (int i = 0; i < at->n_all; i++) {
            const int node = at->in[i].node;
            if (node < 0 || r->seen[node] == r->walk)
                continue;
            r->seen[node] = r->walk;
            r->stack[depth++] = node;
        }
    }
    for (int i = 0; i < n; i++)
        if (r->seen[merges[i]] == r->walk)
            return true;
    return r->tf->raising <= 0;
}

static int make_condition(raising *w, const results branch[2], const char *like, ports *p)
{
    static const char *const keys[] = {"then_branch", "else_branch"};
    char *names[2];
    for (int i = 0; i < 2; i++) {
        text_list inner = {p->names.at + 1, p->names.n - 1}; /* without the predicate */
        collect(w, &branch[i]);
        names[i] = add_function(w, keys[i], &inner, branch[i].texts, branch[i].n);
        if (!names[i])
            return -1;
    }
    const int node = add_node(w, "If", like, p->in, p->texts, p->n);
    return node >= 0 && set_functions(w, node, keys, names) ? node : -1;
}

/* Raises these results of a condition together; *apart: that cannot be. */
static ln_status raise_results(ln_tf_raise *r, int number, const int *merges, int n, bool *apart)
{
    raising w = begin(r, number);
    results branch[2];
    ports p;
    for (int side = 0; side < 2; side++) {
        if (!open_results(&branch[side], r->tf->arena, n))
            return LN_ERR_MEMORY;
        for (int i = 0; i < n; i++)
            add_result(&w, &branch[side], merges[i], r->swapped[merges[i]] == (side == 0) ? 0 : 1);
        collect(&w, &branch[side]);
    }
    *apart = n > 1 && !w.failed && feeds_itself(&w, merges, n);
    if (w.failed || *apart)
        return LN_OK;
    if (!open_ports(&p, r->tf->arena, (size_t)w.n_edges + (size_t)w.n_extra + 2))
        return LN_ERR_MEMORY;
    add_port(&p, "", "", w.c->predicate_in, w.c->predicate_at);
    for (int i = 0; i < w.n_edges; i++)
        add_input_of(&w, &p, r->edges[i], r->edges[i], r->edges[i]);
    add_extra(&w, &p);
    const int node = make_condition(&w, branch, name_of(&w, merges[0]), &p);
    if (w.failed)
        return LN_OK;
    for (int i = 0; i < n && node >= 0; i++)
        if (!hand_on(&w, merges[i], node, i))
            return LN_ERR_MEMORY;
    return node >= 0 ? LN_OK : LN_ERR_MEMORY;
}

ln_status ln_tf_raise_condition(ln_tf_raise *r, int number)
{
    const int n = list_length(r, r->constructs[number].merges);
    int *merges = ln_arena_new(r->tf->arena, (size_t)n + 1, sizeof *merges), count = 0;
    bool apart = false;
    if (!merges)
        return LN_ERR_MEMORY;
    for (int m = r->constructs[number].merges; m >= 0; m = r->next[m])
        merges[count++] = m;
    if (n > 0)
        LN_TRY(raise_results(r, number, merges, n, &apart));
    for (int i = 0; i < n && apart; i++) {
        bool alone;
        LN_TRY(raise_results(r, number, &merges[i], 1, &alone));
    }
    return LN_OK;
}
