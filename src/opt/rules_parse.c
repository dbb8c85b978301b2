/* SPDX-License-Identifier: Apache-2.0 */
/* rules_parse.c: the text of rules -> terms (rules.h has the language). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opt/rules.h"

enum { MAX_DEPTH = 16, MAX_TOKEN = 64 };

typedef struct parser {
    const char *source; /* for messages */
    ln_rules *rules;
    ln_rule *rule;
    const char *at;
    int line, depth;
    char token[MAX_TOKEN]; /* "": the end */
    ln_diag *diag;
    ln_status status;
} parser;

/* ---- tokens ---- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '%' || c == '$' || c == '-' || c == '+';
}

static ln_term *fail(parser *p, const char *what)
{
    if (p->status == LN_OK)
        p->status = ln_fail(p->diag, LN_ERR_FORMAT, "%s, line %d: %s%s%s", p->source, p->line, what,
                            *p->token ? " at " : "", p->token);
    return NULL;
}

static void skip_space(parser *p)
{
    for (; *p->at; p->at++) {
        if (*p->at == '#')
            while (p->at[1] && p->at[1] != '\n')
                p->at++;
        else if (*p->at == '\n')
            p->line++;
        else if (*p->at != ' ' && *p->at != '\t' && *p->at != '\r')
            return;
    }
}

/* Words, and pairs like => and <= , are one token; everything else is one character each. */
static void next(parser *p)
{
    size_t n = 0;
    skip_space(p);
    if (is_word(*p->at)) {
        while (is_word(*p->at) && n + 1 < MAX_TOKEN)
            p->token[n++] = *p->at++;
        if (is_word(*p->at))
            fail(p, "a word is too long");
    } else if (*p->at) {
        p->token[n++] = *p->at++;
        if (strchr("=<>!", p->token[0]) && (*p->at == '=' || (*p->token == '=' && *p->at == '>')))
            p->token[n++] = *p->at++;
    }
    p->token[n] = 0;
}

static bool is(const parser *p, const char *token)
{
    return strcmp(p->token, token) == 0;
}

static bool expect(parser *p, const char *token)
{
    if (!is(p, token)) {
        fail(p, "something is missing here");
        return false;
    }
    next(p);
    return true;
}

static bool read_number(parser *p, double *value)
{
    char *end;
    *value = strtod(p->token, &end);
    if (!*p->token || *end)
        return false;
    next(p);
    return true;
}

/* ---- terms ---- */

static int variable(parser *p)
{
    ln_rule *r = p->rule;
    for (int i = 0; i < r->n_vars; i++)
        if (strcmp(r->vars[i], p->token) == 0) {
            next(p);
            return i;
        }
    if (r->n_vars == LN_RULE_VARS || strlen(p->token) >= sizeof r->vars[0]) {
        fail(p, "too many variables, or too long a name");
        return 0;
    }
    strcpy(r->vars[r->n_vars], p->token);
    next(p);
    return r->n_vars++;
}

static const ln_op *op_named(const char *name)
{
    const ln_op *op;
    for (int i = 0; (op = ln_op_at(i)); i++)
        if (op->builtin != kTfLiteBuiltinCustom && strcmp(op->name, name) == 0)
            return op;
    return NULL;
}

static bool read_head(parser *p, ln_term *t)
{
    if (is(p, "custom")) {
        next(p);
        if (!expect(p, ":"))
            return false;
        t->custom = ln_arena_string(&p->rules->arena, p->token, strlen(p->token));
        if (!t->custom)
            p->status = LN_ERR_MEMORY;
    } else {
        t->op = op_named(p->token);
        if (!t->op) {
            fail(p, "there is no such operator");
            return false;
        }
    }
    next(p);
    return p->status == LN_OK;
}

/* Names of activations and paddings as the schema has them. */
static bool read_name(parser *p, const ln_field *f, double *value)
{
    static const char *const activations[] = {"NONE",  "RELU", "RELU_N1_TO_1",
                                              "RELU6", "TANH", "SIGN_BIT"};
    for (size_t i = 0; f->kind == LN_ACT_ && i < LN_COUNTOF(activations); i++)
        if (is(p, activations[i])) {
            *value = (double)i;
            next(p);
            return true;
        }
    if (f->kind == LN_PAD_ && (is(p, "SAME") || is(p, "VALID"))) {
        *value = is(p, "SAME") ? kTfLitePaddingSame : kTfLitePaddingValid;
        next(p);
        return true;
    }
    if (is(p, "true") || is(p, "false")) {
        *value = is(p, "true");
        next(p);
        return true;
    }
    return read_number(p, value);
}

static bool read_field(parser *p, ln_term *t)
{
    const ln_field *f = t->op ? t->op->fields : NULL;
    double old;
    for (; f && f->kind != LN_END_ && !is(p, f->name); f++) {
    }
    if (!f || f->kind == LN_END_ || t->n_fields == LN_RULE_FIELDS) {
        fail(p, "the operator has no such field");
        return false;
    }
    const double blank[64] = {0};
    if (t->op->params_size > sizeof blank || !ln_field_get(f, blank, &old)) {
        fail(p, "this field is no number");
        return false;
    }
    next(p);
    ln_rule_field *to = &t->fields[t->n_fields++];
    *to = (ln_rule_field){.field = f, .var = -1};
    if (!expect(p, "="))
        return false;
    if (p->token[0] == '%') {
        to->var = variable(p);
        return p->status == LN_OK;
    }
    if (!read_name(p, f, &to->value))
        fail(p, "a value is missing");
    return p->status == LN_OK;
}

static ln_term *read_term(parser *p);

static bool commutes(const ln_op *op)
{
    return op == &ln_op_add || op == &ln_op_mul || op == &ln_op_maximum || op == &ln_op_minimum ||
           op == &ln_op_squared_difference;
}

static ln_term *read_node(parser *p, ln_term *t)
{
    t->kind = LN_TERM_NODE;
    next(p);
    if (!read_head(p, t))
        return NULL;
    if (is(p, "{")) {
        do {
            next(p);
            if (!read_field(p, t))
                return NULL;
        } while (is(p, ","));
        if (!expect(p, "}"))
            return NULL;
    }
    while (!is(p, ")")) {
        if (t->n_args == LN_RULE_ARGS)
            return fail(p, "too many operands");
        t->args[t->n_args] = read_term(p);
        if (!t->args[t->n_args++])
            return NULL;
    }
    next(p);
    if (t->op && commutes(t->op) && t->n_args == 2 && p->rule->n_swaps < LN_RULE_SWAPS)
        t->swap = p->rule->n_swaps++;
    return t;
}

static ln_term *read_ints(parser *p, ln_term *t)
{
    t->kind = LN_TERM_INTS;
    do {
        double v;
        next(p);
        if (t->n_ints == LN_MAX_RANK || !read_number(p, &v) || v < -1e9 || v > 1e9)
            return fail(p, "a list of ints goes like [1, 2]");
        t->ints[t->n_ints++] = (int)v;
    } while (is(p, ","));
    return expect(p, "]") ? t : NULL;
}

static ln_term *read_leaf(parser *p, ln_term *t)
{
    const char c = p->token[0];
    if (is(p, "-")) {
        t->kind = LN_TERM_ABSENT;
        next(p);
    } else if (read_number(p, &t->number)) {
        t->kind = LN_TERM_NUMBER;
    } else if (c == '%' || c == '$' || (c >= 'a' && c <= 'z')) {
        t->kind = c == '%' ? LN_TERM_SPLAT : c == '$' ? LN_TERM_CONSTANT : LN_TERM_ANY;
        t->var = variable(p);
    } else {
        return fail(p, "an operand is missing");
    }
    return p->status == LN_OK ? t : NULL;
}

static ln_term *read_term(parser *p)
{
    ln_term *t = ln_arena_new(&p->rules->arena, 1, sizeof *t);
    if (!t) {
        p->status = LN_ERR_MEMORY;
        return NULL;
    }
    t->swap = -1;
    if (is(p, "["))
        return read_ints(p, t);
    if (!is(p, "("))
        return read_leaf(p, t);
    if (p->depth == MAX_DEPTH)
        return fail(p, "too deep");
    p->depth++;
    t = read_node(p, t);
    p->depth--;
    return t;
}

/* ---- rules ---- */

static bool is_comparison(const parser *p)
{
    static const char *const all[] = {"<", "<=", ">", ">=", "==", "!="};
    for (size_t i = 0; i < LN_COUNTOF(all); i++)
        if (is(p, all[i]))
            return true;
    return false;
}

static void read_condition(parser *p)
{
    ln_condition *c = &p->rule->conditions[p->rule->n_conditions];
    next(p);
    if (p->rule->n_conditions == LN_RULE_CONDITIONS) {
        fail(p, "too many conditions");
        return;
    }
    p->rule->n_conditions++;
    if (is(p, "same") || is(p, "rank")) {
        const bool same = is(p, "same");
        strcpy(c->what, p->token);
        next(p);
        c->a = variable(p);
        if (same)
            c->b = variable(p);
        else if (!read_number(p, &c->value))
            fail(p, "a rank is missing");
        return;
    }
    if (p->token[0] != '%') {
        fail(p, "a condition goes like %a < 1, same x y, or rank x 4");
        return;
    }
    c->a = variable(p);
    if (!is_comparison(p)) {
        fail(p, "a comparison is missing");
        return;
    }
    strcpy(c->what, p->token);
    next(p);
    if (!read_number(p, &c->value))
        fail(p, "a number is missing");
}

static void read_rule(parser *p)
{
    ln_rule *r = p->rule;
    next(p);
    r->name = ln_arena_string(&p->rules->arena, p->token, strlen(p->token));
    if (!r->name)
        p->status = LN_ERR_MEMORY;
    next(p);
    if (is(p, "any")) {
        r->any_type = true;
        next(p);
    }
    if (!expect(p, ":"))
        return;
    r->pattern = read_term(p);
    if (!r->pattern || !expect(p, "=>"))
        return;
    const int vars = r->n_vars, swaps = r->n_swaps;
    if (r->pattern->kind != LN_TERM_NODE) {
        fail(p, "a pattern begins with an operator");
        return;
    }
    r->replacement = read_term(p);
    r->n_swaps = swaps;
    if (r->replacement && is(p, "if"))
        do
            read_condition(p);
        while (p->status == LN_OK && is(p, ","));
    if (r->n_vars > vars)
        fail(p, "a variable does not occur in the pattern");
}

ln_status ln_rules_parse(ln_rules *rules, const char *text, ln_diag *diag)
{
    parser p = {
        .source = "rules", .rules = rules, .at = text, .line = 1, .diag = diag, .status = LN_OK};
    next(&p);
    while (p.status == LN_OK && *p.token) {
        if (!is(&p, "rule")) {
            fail(&p, "a rule begins with the word rule");
            break;
        }
        p.rule = ln_arena_new(&rules->arena, 1, sizeof *p.rule);
        if (!p.rule)
            return LN_ERR_MEMORY;
        read_rule(&p);
        *rules->last = p.rule;
        rules->last = &p.rule->next;
    }
    return p.status;
}

ln_status ln_rules_read_op(const char *text, ln_arena *arena, const ln_op **op, void **params,
                           ln_diag *diag)
{
    char node[512];
    ln_rules rules = {.arena = *arena};
    ln_rule rule = {.n_vars = 0};
    parser p = {.source = "operator",
                .rules = &rules,
                .rule = &rule,
                .at = node,
                .line = 1,
                .diag = diag,
                .status = LN_OK};
    if (snprintf(node, sizeof node, "(%s)", text) >= (int)sizeof node)
        return ln_fail(diag, LN_ERR_FORMAT, "an operator with its options is longer than %d bytes",
                       (int)sizeof node - 3);
    next(&p);
    const ln_term *t = read_term(&p);
    if (p.status == LN_OK && (!t->op || t->n_args || rule.n_vars || *p.token))
        fail(&p, "this is not one operator with numbers");
    *params = p.status == LN_OK ? ln_rules_params(t, NULL, &rules.arena, diag) : NULL;
    *arena = rules.arena;
    *op = p.status == LN_OK ? t->op : NULL;
    return p.status != LN_OK ? p.status : *params ? LN_OK : LN_ERR_MEMORY;
}
