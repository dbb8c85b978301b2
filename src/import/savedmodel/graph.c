/* SPDX-License-Identifier: Apache-2.0 */
/* graph.c: nodes with their inputs resolved; which are needed, and in what order.
 *
 * Needed is what outputs are computed from.  A control input only says "before": what stands
 * behind one is looked through for nodes that change something (assign to a variable, fill a
 * table, write a file), which are needed then; checks, summaries and the like are not.  So
 * everything that is there for training falls away. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/savedmodel/tf.h"

enum { UNSEEN, BEHIND_CONTROL, NEEDED };

/* ---- names of outputs ---- */

static int list_length(const Tf__NodeDef *def, const char *attr)
{
    const Tf__AttrValue *v = ln_tf_attr_of(def, attr);
    if (v && v->value_case == TF__ATTR_VALUE__VALUE_LIST)
        return (int)v->list->n_type;
    return v && v->value_case == TF__ATTR_VALUE__VALUE_I && v->i >= 0 && v->i < 1 << 20 ? (int)v->i
                                                                                        : 1;
}

/* Where the outputs of that name begin; an operator may give several lists. */
static int first_output(const ln_tf *tf, const Tf__NodeDef *def, const char *name, size_t n)
{
    const Tf__OpDef *op = ln_tf_op_def(tf, def->op);
    const int fn = ln_names_get(&tf->function_names, def->op, strlen(def->op));
    int at = 0;
    if (fn >= 0)
        op = tf->functions[fn].fn->signature;
    for (size_t i = 0; op && i < op->n_output_arg && at < 1 << 24; i++) {
        const Tf__ArgDef *a = op->output_arg[i];
        if (strlen(a->name) == n && memcmp(a->name, name, n) == 0)
            return at;
        at += a->number_attr[0]      ? list_length(def, a->number_attr)
              : a->type_list_attr[0] ? list_length(def, a->type_list_attr)
                                     : 1;
    }
    return 0;
}

/* ---- inputs ---- */

static ln_status no_such(ln_tf *tf, const ln_tf_graph *g, const char *text)
{
    return ln_fail(tf->diag, LN_ERR_FORMAT, "%s%sthere is no %s", g->name ? g->name : "",
                   g->name ? ": " : "", text);
}

ln_status ln_tf_resolve(ln_tf *tf, const ln_tf_graph *g, const char *text, ln_tf_ref *ref)
{
    const bool control = text[0] == '^';
    const char *name = text + control, *colon = strchr(name, ':');
    const size_t n = colon ? (size_t)(colon - name) : strlen(name);
    const int arg = g->fn && !control ? ln_names_get(&g->args, name, n) : -1;
    *ref = (ln_tf_ref){.node = -1 - arg, .out = control ? -1 : 0};
    if (arg >= 0)
        return LN_OK;
    ref->node = ln_names_get(&g->index, name, n);
    if (ref->node < 0)
        return no_such(tf, g, text);
    if (!colon || control)
        return LN_OK;
    const char *second = strchr(colon + 1, ':');
    const long k = strtol(second ? second + 1 : colon + 1, NULL, 10);
    if (k < 0 || k > 1 << 20)
        return no_such(tf, g, text);
    ref->out = (int)k;
    if (second)
        ref->out +=
            first_output(tf, g->nodes[ref->node].def, colon + 1, (size_t)(second - colon - 1));
    return LN_OK;
}

static ln_status resolve_inputs(ln_tf *tf, ln_tf_graph *g, ln_tf_node *n)
{
    const Tf__NodeDef *def = n->def;
    n->in = ln_arena_new(tf->arena, def->n_input + 1, sizeof *n->in);
    if (!n->in)
        return LN_ERR_MEMORY;
    for (size_t i = 0; i < def->n_input; i++) {
        LN_TRY(ln_tf_resolve(tf, g, def->input[i], &n->in[n->n_all]));
        if (n->in[n->n_all].out >= 0 && n->n_in < n->n_all)
            return ln_fail(tf->diag, LN_ERR_FORMAT, "%s has an input behind a control input",
                           def->name);
        n->n_in += n->in[n->n_all++].out >= 0;
    }
    return LN_OK;
}

static ln_status index_nodes(ln_tf *tf, ln_tf_graph *g, Tf__NodeDef **defs, size_t n)
{
    const int raised = ln_tf_raise_count(defs, n);
    const size_t room = n + (size_t)raised;
    g->index = (ln_names){.arena = tf->arena};
    g->nodes = ln_arena_new(tf->arena, room + 1, sizeof *g->nodes);
    g->order = ln_arena_new(tf->arena, room + 1, sizeof *g->order);
    if (!g->nodes || !g->order || n > 1 << 24)
        return LN_ERR_MEMORY;
    g->n_nodes = (int)n;
    for (int i = 0; i < g->n_nodes; i++) {
        g->nodes[i].def = defs[i];
        g->nodes[i].row = ln_tf_row_of(tf, defs[i]->op);
        if (!ln_names_put(&g->index, defs[i]->name, strlen(defs[i]->name), i))
            return LN_ERR_MEMORY;
    }
    for (int i = 0; i < g->n_nodes; i++)
        LN_TRY(resolve_inputs(tf, g, &g->nodes[i]));
    return raised ? ln_tf_raise_control(tf, g, (int)room) : LN_OK;
}

ln_status ln_tf_index_main(ln_tf *tf)
{
    return index_nodes(tf, &tf->main, tf->def->node, tf->def->n_node);
}

/* ---- which are needed ---- */

static bool function_has_effects(ln_tf *tf, const char *name)
{
    const ln_tf_graph *g = ln_tf_function(tf, name);
    return g && g->effects;
}

/* Of the operators without a row, those that write files or change variables and tables: they are
 * not left out without a word. */
static bool changes_things(const char *op)
{
    static const char *const beginnings[] = {"Save",
                                             "WriteFile",
                                             "Resource",
                                             "Apply",
                                             "SparseApply",
                                             "Scatter",
                                             "Assign",
                                             "LookupTableInsert",
                                             "LookupTableImport",
                                             "LookupTableRemove"};
    for (size_t i = 0; i < LN_COUNTOF(beginnings); i++)
        if (strncmp(op, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

static bool has_effects(ln_tf *tf, const ln_tf_node *n)
{
    const int own = n->row ? -1 : ln_names_get(&tf->function_names, n->def->op, strlen(n->def->op));
    if (own >= 0)
        return function_has_effects(tf, n->def->op);
    if (!n->row)
        return changes_things(n->def->op);
    if (!(n->row->flags & LN_TF_FUNCTIONS))
        return n->row->flags & LN_TF_EFFECT;
    bool effects = false;
    for (size_t i = 0; i < n->def->n_attr; i++) {
        const Tf__AttrValue *v = n->def->attr[i]->value;
        if (v && v->value_case == TF__ATTR_VALUE__VALUE_FUNC)
            effects |= function_has_effects(tf, v->func->name);
        for (size_t k = 0; v && v->value_case == TF__ATTR_VALUE__VALUE_LIST && k < v->list->n_func;
             k++)
            effects |= function_has_effects(tf, v->list->func[k]->name);
    }
    return effects;
}

typedef struct walk {
    ln_tf *tf;
    ln_tf_graph *g;
    int *stack, n;
} walk;

/* Raises a node's mark; a node is put on the stack at most once per mark. */
static void raise(walk *w, int node, int mark)
{
    if (node < 0)
        return;
    ln_tf_node *n = &w->g->nodes[node];
    if (n->mark == UNSEEN && mark == BEHIND_CONTROL && has_effects(w->tf, n))
        mark = NEEDED;
    if (n->mark >= mark)
        return;
    n->mark = mark;
    w->stack[w->n++] = node;
}

static void mark_all(walk *w, const ln_tf_ref *roots, int n)
{
    for (int i = 0; i < n; i++)
        raise(w, roots[i].node, roots[i].out < 0 ? BEHIND_CONTROL : NEEDED);
    while (w->n > 0) {
        const ln_tf_node *at = &w->g->nodes[w->stack[--w->n]];
        for (int i = 0; i < at->n_all; i++)
            raise(w, at->in[i].node,
                  at->mark == NEEDED && at->in[i].out >= 0 ? NEEDED : BEHIND_CONTROL);
    }
}

/* Depth first without recursion: `next` is the input to look at next. */
static ln_status order(walk *w, const ln_tf_ref *roots, int n_roots, int *next, uint8_t *state)
{
    ln_tf_graph *g = w->g;
    g->n_order = 0;
    for (int r = 0; r < n_roots; r++) {
        if (roots[r].node < 0 || state[roots[r].node])
            continue;
        w->n = 0;
        w->stack[w->n++] = roots[r].node;
        state[roots[r].node] = 1;
        while (w->n > 0) {
            const int at = w->stack[w->n - 1];
            const ln_tf_node *node = &g->nodes[at];
            if (next[at] == node->n_all) {
                state[at] = 2;
                if (node->mark == NEEDED)
                    g->order[g->n_order++] = at;
                w->n--;
                continue;
            }
            const int input = node->in[next[at]++].node;
            if (input < 0 || state[input] == 2)
                continue;
            if (state[input] == 1)
                return ln_fail(w->tf->diag, LN_ERR_UNSUPPORTED,
                               "%s is part of a loop that is not understood",
                               g->nodes[input].def->name);
            state[input] = 1;
            w->stack[w->n++] = input;
        }
    }
    return LN_OK;
}

ln_status ln_tf_need(ln_tf *tf, ln_tf_graph *g, const ln_tf_ref *roots, int n)
{
    const size_t room = 2 * (size_t)g->n_nodes + (size_t)n + 1;
    walk w = {.tf = tf, .g = g};
    w.stack = ln_new(tf->alloc, room, sizeof *w.stack);
    int *next = ln_new(tf->alloc, room, sizeof *next);
    uint8_t *state = ln_new(tf->alloc, room, 1);
    ln_status status = w.stack && next && state ? LN_OK : LN_ERR_MEMORY;
    if (status == LN_OK) {
        for (int i = 0; i < g->n_nodes; i++)
            g->nodes[i].mark = UNSEEN;
        mark_all(&w, roots, n);
        status = order(&w, roots, n, next, state);
    }
    ln_free(tf->alloc, w.stack);
    ln_free(tf->alloc, next);
    ln_free(tf->alloc, state);
    g->effects = false;
    for (int i = 0; status == LN_OK && i < g->n_order; i++)
        g->effects = g->effects || has_effects(tf, &g->nodes[g->order[i]]);
    return status;
}

/* ---- functions ---- */

static const char *ret_of(const Tf__FunctionDef *fn, const char *name)
{
    for (size_t i = 0; i < fn->n_ret; i++)
        if (strcmp(fn->ret[i]->key, name) == 0)
            return fn->ret[i]->value;
    return name;
}

static ln_status prepare(ln_tf *tf, ln_tf_graph *g)
{
    const Tf__FunctionDef *fn = g->fn;
    const Tf__OpDef *sig = fn->signature;
    g->args = (ln_names){.arena = tf->arena};
    for (size_t i = 0; i < sig->n_input_arg; i++)
        if (!ln_names_put(&g->args, sig->input_arg[i]->name, strlen(sig->input_arg[i]->name),
                          (int)i))
            return LN_ERR_MEMORY;
    LN_TRY(index_nodes(tf, g, fn->node_def, fn->n_node_def));
    g->n_args = (int)sig->n_input_arg;
    g->ret = ln_arena_new(tf->arena, sig->n_output_arg + fn->n_control_ret + 1, sizeof *g->ret);
    if (!g->ret)
        return LN_ERR_MEMORY;
    for (size_t i = 0; i < sig->n_output_arg; i++)
        LN_TRY(ln_tf_resolve(tf, g, ret_of(fn, sig->output_arg[i]->name), &g->ret[g->n_ret++]));
    int roots = g->n_ret;
    for (size_t i = 0; i < fn->n_control_ret; i++) {
        const char *name = fn->control_ret[i]->value;
        const int node = ln_names_get(&g->index, name, strlen(name));
        if (node < 0)
            return no_such(tf, g, name);
        g->ret[roots++] = (ln_tf_ref){node, -1};
    }
    return ln_tf_need(tf, g, g->ret, roots);
}

ln_tf_graph *ln_tf_function(ln_tf *tf, const char *name)
{
    const int i = ln_names_get(&tf->function_names, name, strlen(name));
    if (i < 0) {
        (void)ln_fail(tf->diag, LN_ERR_FORMAT, "there is no function %s", name);
        return NULL;
    }
    ln_tf_graph *g = &tf->functions[i];
    if (g->ready)
        return g;
    if (g->broken) /* its message has been said */
        return NULL;
    if (g->busy || tf->depth >= LN_TF_MAX_DEPTH) {
        (void)ln_fail(tf->diag, LN_ERR_UNSUPPORTED, "function %s calls itself, or calls too deep",
                      name);
        return NULL;
    }
    g->busy = true;
    tf->depth++;
    g->ready = prepare(tf, g) == LN_OK;
    tf->depth--;
    g->busy = false;
    g->broken = !g->ready;
    return g->ready ? g : NULL;
}

/* ---- the report ---- */

static ln_fate fate_of(const ln_tf *tf, const ln_tf_node *n)
{
    const char *op = n->def->op;
    const ln_fate fate = ln_fate_foreign(tf->o, op, op);
    if (ln_foreign_known(tf->o->foreign, op))
        return fate;
    if (n->row)
        return n->row->flags & LN_TF_SEVERAL ? LN_FATE_DECOMPOSED : LN_FATE_BUILTIN;
    if (ln_names_get(&tf->function_names, op, strlen(op)) >= 0)
        return LN_FATE_DECOMPOSED;
    if (tf->o->select_tf_ops && ln_tf_may_be_flex(tf, op))
        return ln_tf_is_native(op) ? LN_FATE_FLEX : LN_FATE_FLEX_TF;
    return fate;
}

static const char *cure_of(const ln_tf *tf, ln_fate fate, const char *op)
{
    if (fate != LN_FATE_IMPOSSIBLE || !ln_tf_may_be_flex(tf, op))
        return NULL;
    return ln_tf_is_native(op)
               ? "--select-tf-ops (Linnet has a kernel), --allow-custom-ops"
               : "--select-tf-ops (needs TensorFlow's library to run), --allow-custom-ops, a rule "
                 "or a function of your own";
}

static ln_status survey_named(ln_tf *tf, const char *name)
{
    ln_tf_graph *g = ln_tf_function(tf, name);
    if (!g)
        return LN_ERR_FORMAT;
    const char *custom = ln_tf_composite_name(g);
    if (!custom)
        return ln_tf_survey(tf, g);
    const ln_finding f = {.op = custom, .location = name, .fate = LN_FATE_CUSTOM};
    return ln_report_add(tf->report, &f);
}

static ln_status survey_functions(ln_tf *tf, const ln_tf_node *n)
{
    if (!n->row && ln_names_get(&tf->function_names, n->def->op, strlen(n->def->op)) >= 0)
        return survey_named(tf, n->def->op);
    for (size_t i = 0; n->row && (n->row->flags & LN_TF_FUNCTIONS) && i < n->def->n_attr; i++) {
        const Tf__AttrValue *v = n->def->attr[i]->value;
        if (v && v->value_case == TF__ATTR_VALUE__VALUE_FUNC)
            LN_TRY(survey_named(tf, v->func->name));
        for (size_t k = 0; v && v->value_case == TF__ATTR_VALUE__VALUE_LIST && k < v->list->n_func;
             k++)
            LN_TRY(survey_named(tf, v->list->func[k]->name));
    }
    return LN_OK;
}

ln_status ln_tf_survey(ln_tf *tf, ln_tf_graph *g)
{
    if (g->surveyed)
        return LN_OK;
    g->surveyed = true;
    for (int i = 0; i < g->n_order; i++) {
        ln_tf_node *n = &g->nodes[g->order[i]];
        const ln_fate fate = fate_of(tf, n);
        const ln_finding f = {.op = n->def->op,
                              .location = n->def->name,
                              .fate = fate,
                              .cure = cure_of(tf, fate, n->def->op)};
        LN_TRY(ln_report_add(tf->report, &f));
        n->finding = tf->report->n;
        LN_TRY(survey_functions(tf, n));
    }
    return LN_OK;
}
