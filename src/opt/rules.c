/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c: matches rules, and emits what they say.  Operands that may be exchanged are tried in all
 * combinations: one bit of a mask per such node. */
#include "opt/rules.h"

#include <string.h>

#include "model/options.h"

enum { MAX_INNER = 48 };

typedef struct match {
    ln_opt *o;
    const ln_rule *rule;
    unsigned swapped;
    ln_id tensors[LN_RULE_VARS]; /* -1: not bound */
    double numbers[LN_RULE_VARS];
    bool bound[LN_RULE_VARS];
    ln_id inner[MAX_INNER]; /* what inner nodes give, once per place in the pattern */
    int n_inner;
} match;

void ln_rules_init(ln_rules *r, const ln_alloc *alloc)
{
    *r = (ln_rules){.first = NULL};
    ln_arena_init(&r->arena, alloc);
    r->last = &r->first;
}

void ln_rules_deinit(ln_rules *r)
{
    ln_arena_deinit(&r->arena);
}

const char *ln_rules_replaced(const ln_rules *r, int i)
{
    for (const ln_rule *rule = r->first; rule; rule = rule->next)
        if (rule->pattern->custom && i-- == 0)
            return rule->pattern->custom;
    return NULL;
}

/* ---- fields ---- */

bool ln_field_get(const ln_field *f, const void *params, double *value)
{
    const char *at = (const char *)params + f->offset;
    switch (f->kind) {
    case LN_BOOL_:
        *value = *(const bool *)(const void *)at;
        return true;
    case LN_F32_:
        *value = (double)*(const float *)(const void *)at;
        return true;
    case LN_I64_:
        *value = (double)*(const int64_t *)(const void *)at;
        return true;
    case LN_I8_:
    case LN_U8_:
    case LN_I32_:
    case LN_U32_:
    case LN_ENUM_:
    case LN_TYPE_:
    case LN_PAD_:
    case LN_ACT_:
    case LN_I64_INT_:
        *value = *(const int *)(const void *)at;
        return true;
    default:
        return false;
    }
}

bool ln_field_set(const ln_field *f, void *params, double value)
{
    char *at = (char *)params + f->offset;
    double old;
    if (!ln_field_get(f, params, &old))
        return false;
    if (f->kind == LN_BOOL_)
        *(bool *)(void *)at = value != 0;
    else if (f->kind == LN_F32_)
        *(float *)(void *)at = (float)value;
    else if (f->kind == LN_I64_)
        *(int64_t *)(void *)at = (int64_t)value;
    else
        *(int *)(void *)at = (int)value;
    return true;
}

/* ---- matching ---- */

static bool bind_number(match *m, int var, double value)
{
    if (m->bound[var])
        return ln_opt_near(m->numbers[var], value);
    m->bound[var] = true;
    m->numbers[var] = value;
    return true;
}

static bool bind_tensor(match *m, int var, ln_id t)
{
    if (m->tensors[var] >= 0)
        return m->tensors[var] == t;
    m->tensors[var] = t;
    return true;
}

static bool match_ints(const match *m, const ln_term *t, ln_id id, int rank)
{
    int v[LN_MAX_RANK], n;
    if (!ln_emit_read_ints(&m->o->e, id, LN_MAX_RANK, v, &n) || n != t->n_ints)
        return false;
    for (int i = 0; i < n; i++) {
        const int a = ln_opt_from_end(v[i], rank);
        const int b = ln_opt_from_end(t->ints[i], rank);
        if (v[i] != t->ints[i] && a != b)
            return false;
    }
    return true;
}

static bool match_fields(match *m, const ln_term *t, const ln_node *n)
{
    bool activation = false;
    for (int i = 0; i < t->n_fields; i++) {
        double v;
        const ln_rule_field *f = &t->fields[i];
        activation = activation || f->field->kind == LN_ACT_;
        if (!n->params || !ln_field_get(f->field, n->params, &v))
            return false;
        if (f->var >= 0 ? !bind_number(m, f->var, v) : !ln_opt_near(v, f->value))
            return false;
    }
    return activation || ln_opt_plain(n);
}

static bool match_term(match *m, const ln_term *t, ln_id id, int rank);

static bool match_args(match *m, const ln_term *t, int node)
{
    const TfLiteIntArray *in = ln_opt_node_at(m->o, node)->inputs;
    const int rank = in->size ? ln_emit_shape(&m->o->e, in->data[0]).rank : 0;
    const bool swap = t->swap >= 0 && (m->swapped >> t->swap & 1);
    int n = in->size;
    while (n > t->n_args && in->data[n - 1] < 0)
        n--;
    if (n != t->n_args)
        return false;
    for (int i = 0; i < n; i++)
        if (!match_term(m, t->args[i], in->data[swap ? 1 - i : i], rank))
            return false;
    return true;
}

static bool is_node(const ln_term *t, const ln_node *n)
{
    if (t->op)
        return n->op == t->op && !n->custom_name;
    return n->custom_name && strcmp(n->custom_name, t->custom) == 0;
}

/* RELU, RELU6 in a pattern are also what is fused into the node before. */
static bool match_fused(match *m, const ln_term *t, int node)
{
    const ln_term *arg = t->n_args == 1 ? t->args[0] : NULL;
    const ln_node *n = ln_opt_node_at(m->o, node);
    const TfLiteFusedActivation *a = ln_opt_activation(n);
    if (!t->op || !arg || arg->kind != LN_TERM_NODE || !a || *a == kTfLiteActNone ||
        ln_emit_activation_op(*a) != t->op || !is_node(arg, n) || arg->n_fields)
        return false;
    return match_args(m, arg, node);
}

static bool match_node(match *m, const ln_term *t, int node)
{
    const ln_node *n = ln_opt_node_at(m->o, node);
    if (!is_node(t, n))
        return match_fused(m, t, node);
    return match_fields(m, t, n) && match_args(m, t, node);
}

static bool match_inner(match *m, const ln_term *t, ln_id id)
{
    const int node = ln_opt_maker(m->o, id);
    if (node < 0 || m->n_inner == MAX_INNER || ln_opt_node_at(m->o, node)->outputs->size != 1)
        return false;
    m->inner[m->n_inner++] = id;
    return match_node(m, t, node);
}

static bool match_term(match *m, const ln_term *t, ln_id id, int rank)
{
    double v;
    if (t->kind == LN_TERM_ABSENT || id < 0)
        return t->kind == LN_TERM_ABSENT && id < 0;
    switch (t->kind) {
    case LN_TERM_ANY:
        return bind_tensor(m, t->var, id);
    case LN_TERM_CONSTANT:
        return ln_emit_known(&m->o->e, id) && bind_tensor(m, t->var, id);
    case LN_TERM_SPLAT:
        return ln_opt_splat(m->o, id, &v) && bind_number(m, t->var, v);
    case LN_TERM_NUMBER:
        return ln_opt_splat(m->o, id, &v) && ln_opt_near(v, t->number);
    case LN_TERM_INTS:
        return match_ints(m, t, id, rank);
    default:
        return match_inner(m, t, id);
    }
}

static bool holds(const match *m, const ln_condition *c)
{
    const double v = m->numbers[c->a];
    if (strcmp(c->what, "same") == 0) {
        const ln_shape a = ln_emit_shape(&m->o->e, m->tensors[c->a]);
        const ln_shape b = ln_emit_shape(&m->o->e, m->tensors[c->b]);
        return ln_opt_same_shape(&a, &b);
    }
    if (strcmp(c->what, "rank") == 0)
        return ln_emit_shape(&m->o->e, m->tensors[c->a]).rank == (int)c->value;
    if (strcmp(c->what, "<") == 0)
        return v < c->value;
    if (strcmp(c->what, "<=") == 0)
        return v <= c->value;
    if (strcmp(c->what, ">") == 0)
        return v > c->value;
    if (strcmp(c->what, ">=") == 0)
        return v >= c->value;
    return ln_opt_near(v, c->value) == (c->what[0] == '=');
}

/* Nobody outside uses what the inner nodes give. */
static bool is_closed(const match *m)
{
    for (int i = 0; i < m->n_inner; i++) {
        int places = 0;
        for (int k = 0; k < m->n_inner; k++)
            places += m->inner[k] == m->inner[i];
        if (ln_opt_uses(m->o, m->inner[i]) > places)
            return false;
    }
    return true;
}

static bool matches(match *m, int node)
{
    const ln_id y = ln_opt_out(m->o, node);
    m->n_inner = 0;
    for (int i = 0; i < LN_RULE_VARS; i++) {
        m->tensors[i] = -1;
        m->bound[i] = false;
    }
    if (!m->rule->any_type && !ln_opt_is_float(m->o, y))
        return false;
    if (!match_node(m, m->rule->pattern, node) || !is_closed(m))
        return false;
    for (int i = 0; i < m->rule->n_conditions; i++)
        if (!holds(m, &m->rule->conditions[i]))
            return false;
    return true;
}

/* ---- emitting ---- */

void *ln_rules_params(const ln_term *t, const double *numbers, ln_arena *arena, ln_diag *diag)
{
    const ln_fb_table absent = {0};
    void *params = ln_arena_new(arena, 1, t->op->params_size + 1);
    if (!params || ln_options_parse(t->op, &absent, arena, params, diag) != LN_OK)
        return NULL;
    for (int i = 0; i < t->n_fields; i++)
        (void)ln_field_set(t->fields[i].field, params,
                           t->fields[i].var >= 0 ? numbers[t->fields[i].var] : t->fields[i].value);
    return params;
}

static ln_id emit_term(match *m, const ln_term *t, ln_id root);

static ln_id emit_node(match *m, const ln_term *t, ln_id root)
{
    ln_emit *e = &m->o->e;
    ln_id in[LN_RULE_ARGS], out;
    for (int i = 0; i < t->n_args; i++)
        in[i] = emit_term(m, t->args[i], root);
    const ln_made like = {ln_emit_type(e, root), ln_emit_shape(e, root)};
    ln_emit_call call = {.op = t->op, .in = in, .n_in = t->n_args, .n_out = 1};
    if (!t->op) {
        call.custom = t->custom;
        call.hints = &like;
        return ln_emit_node(e, &call, &out) ? out : -1;
    }
    call.params = ln_rules_params(t, m->numbers, &m->o->m->arena, e->diag);
    if (!call.params)
        return ln_emit_fail(e, LN_ERR_MEMORY, "out of memory");
    return ln_emit_node(e, &call, &out) ? out : -1;
}

static ln_id emit_term(match *m, const ln_term *t, ln_id root)
{
    ln_emit *e = &m->o->e;
    switch (t->kind) {
    case LN_TERM_NODE:
        return emit_node(m, t, root);
    case LN_TERM_ANY:
    case LN_TERM_CONSTANT:
        return m->tensors[t->var];
    case LN_TERM_SPLAT:
        return ln_emit_number(e, ln_emit_type(e, root), m->numbers[t->var]);
    case LN_TERM_NUMBER:
        return ln_emit_number(e, ln_emit_type(e, root), t->number);
    case LN_TERM_INTS:
        return ln_emit_ints(e, t->n_ints, t->ints);
    default:
        return -1;
    }
}

/* A quick look at the operator alone. */
static bool is_candidate(const ln_rule *r, const ln_node *n)
{
    const ln_term *p = r->pattern;
    const TfLiteFusedActivation *a;
    if (is_node(p, n))
        return true;
    a = p->op && p->n_args == 1 ? ln_opt_activation(n) : NULL;
    return a && *a != kTfLiteActNone && ln_emit_activation_op(*a) == p->op;
}

bool ln_rules_apply(ln_opt *o, const ln_rules *r, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const ln_id y = ln_opt_out(o, node);
    if (y < 0 || n->outputs->size != 1)
        return false;
    for (const ln_rule *rule = r ? r->first : NULL; rule; rule = rule->next) {
        match m = {.o = o, .rule = rule};
        if (!is_candidate(rule, ln_opt_node_at(o, node)))
            continue;
        for (m.swapped = 0; m.swapped < 1u << rule->n_swaps; m.swapped++)
            if (matches(&m, node) && ln_opt_replace(o, y, emit_term(&m, rule->replacement, y)))
                return true;
    }
    return false;
}

bool ln_pass_rules(ln_opt *o, int node)
{
    return ln_rules_apply(o, o->options->rules, node) || ln_rules_apply(o, o->builtin, node);
}
