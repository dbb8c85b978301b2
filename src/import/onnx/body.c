/* SPDX-License-Identifier: Apache-2.0 */
/* body.c: operators that ONNX's own operators say.  bodies.def has their text:
 *
 *   x, scale, bias -> y; t = Mul(x, scale); s = Add(t, bias); y = Relu(s)
 *
 * inputs, outputs, then nodes.  `Op*` gets the attributes of the operator that is taken apart,
 * `Op{axis=1, alpha=@gain:0.5}` those in braces, of which @gain is the one of that name of this
 * operator, or 0.5 (@gain-1: one less).  Operands may be numbers (with a point: float, else int64),
 * @name:number, or lists of integers.  A node whose first operand, or one marked with !, is absent
 * is left out, ~Op is one of com.microsoft; an Add without its second operand gives the first,
 * Either the first one that is there. */
#include <stdlib.h>
#include <string.h>

#include "import/onnx/families.h"

enum { MOST_OPERANDS = 12, MOST_ATTRS = 8, MOST_ITEMS = 8 };

typedef struct body {
    ln_ox *o;
    const ln_ox_node *call;
    ln_ox_scope *scope;
    const char *at;
} body;

/* A node as it is read. */
typedef struct statement {
    Onnx__NodeProto p;
    char *in[MOST_OPERANDS], *out[MOST_OPERANDS];
    Onnx__AttributeProto *attrs[MOST_ATTRS];
    bool absent; /* an operand that has to be there is not */
} statement;

static const struct {
    const char *domain, *op, *text;
} bodies[] = {
#define LN_OX_BODY(domain, op, text) {domain, op, text},
#include "import/onnx/bodies.def"
#undef LN_OX_BODY
};

/* ---- text ---- */

static bool take(body *b, char c)
{
    while (*b->at == ' ')
        b->at++;
    if (*b->at != c)
        return false;
    b->at++;
    return true;
}

static char *word(body *b)
{
    (void)take(b, ' ');
    const size_t n = strcspn(b->at, " ,;=(){}[]:!*");
    char *y = ln_arena_string(&b->o->m->arena, b->at, n);
    b->at += n;
    if (!y)
        ln_emit_fail(&b->o->e, LN_ERR_MEMORY, "out of memory");
    return y;
}

/* An attribute's number: "@name:0.5", "@name-1:0". */
static double attr_number(body *b, char *name, bool *is_float)
{
    char *less = strstr(name, "-1");
    if (less)
        *less = 0;
    const Onnx__AttributeProto *a = ln_ox_attr(b->call, name);
    const char *fallback = take(b, ':') ? word(b) : "0";
    *is_float = fallback && strchr(fallback, '.');
    const double v = a          ? *is_float ? (double)a->f : (double)a->i
                     : fallback ? strtod(fallback, NULL)
                                : 0;
    return less ? v - 1 : v;
}

static double number(body *b, bool *is_float)
{
    char *text = word(b);
    *is_float = false;
    if (text && *text == '@')
        return attr_number(b, text + 1, is_float);
    *is_float = text && strchr(text, '.');
    return text ? strtod(text, NULL) : 0;
}

/* ---- operands ---- */

static bool is_there(const body *b, const char *name)
{
    const ln_ox_name *found = ln_ox_lookup(b->scope, name);
    return found && found->value;
}

static char *bind(body *b, ln_id id)
{
    static const char letters[] = "0123456789";
    char name[] = "#000";
    const size_t n = b->scope->n;
    for (int i = 3, rest = (int)(n % 1000); i > 0; i--, rest /= 10)
        name[i] = letters[rest % 10];
    char *own = ln_arena_string(&b->o->m->arena, name, sizeof name - 1);
    ln_ox_name *entry = own ? ln_ox_name_in(b->o, b->scope, own) : NULL;
    const ln_ox_layout at = ln_ox_plain_layout(ln_emit_shape(&b->o->e, id).rank);
    if (entry)
        entry->value = ln_ox_value_new(b->o, id, &at);
    return own;
}

/* [1, @heads, -1] as a constant int64 vector. */
static char *list_operand(body *b)
{
    int64_t v[MOST_ITEMS];
    ln_shape s = {.rank = 1};
    bool is_float;
    while (!take(b, ']') && s.dim[0] < MOST_ITEMS) {
        v[s.dim[0]++] = (int64_t)number(b, &is_float);
        (void)take(b, ',');
    }
    return bind(
        b, ln_emit_constant(&b->o->e, kTfLiteInt64, &s, v, sizeof *v * (size_t)s.dim[0], true));
}

static char *operand(body *b, bool *there)
{
    *there = true;
    if (take(b, '['))
        return list_operand(b);
    if (strchr("0123456789-@", *b->at)) {
        bool is_float;
        const double v = number(b, &is_float);
        return bind(b, is_float ? ln_emit_float(&b->o->e, (float)v)
                                : ln_emit_number(&b->o->e, kTfLiteInt64, v));
    }
    char *name = word(b);
    *there = name && is_there(b, name);
    return *there ? name : ln_arena_string(&b->o->m->arena, "", 0);
}

static void read_operands(body *b, statement *s)
{
    while (!take(b, ')') && s->p.n_input < MOST_OPERANDS && ln_ox_ok(b->o)) {
        bool there;
        (void)take(b, ' ');
        char *name = operand(b, &there);
        const bool needed = take(b, '!') || s->p.n_input == 0;
        s->absent = s->absent || (needed && !there && strcmp(s->p.op_type, "Either") != 0);
        s->in[s->p.n_input++] = name;
        (void)take(b, ',');
    }
}

/* ---- attributes ---- */

static Onnx__AttributeProto *add_attr(body *b, statement *s, char *name)
{
    Onnx__AttributeProto *a = ln_arena_new(&b->o->m->arena, 1, sizeof *a);
    if (!a || s->p.n_attribute == MOST_ATTRS) {
        ln_emit_fail(&b->o->e, LN_ERR_MEMORY, "out of memory");
        return NULL;
    }
    onnx__attribute_proto__init(a);
    a->name = name;
    s->attrs[s->p.n_attribute++] = a;
    return a;
}

static void read_ints(body *b, Onnx__AttributeProto *a)
{
    bool is_float;
    a->ints = ln_arena_new(&b->o->m->arena, MOST_ITEMS, sizeof *a->ints);
    while (a->ints && !take(b, ']') && a->n_ints < MOST_ITEMS) {
        a->ints[a->n_ints++] = (int64_t)number(b, &is_float);
        (void)take(b, ',');
    }
}

static void read_attr(body *b, statement *s)
{
    char *name = word(b);
    Onnx__AttributeProto *a = take(b, '=') && name ? add_attr(b, s, name) : NULL;
    (void)take(b, ' ');
    if (!a)
        return;
    if (*b->at == '\'') {
        char *text = word(b); /* in quotes */
        a->s.data = text ? (uint8_t *)text + 1 : NULL;
        a->s.len = text ? strlen(text) - 2 : 0;
    } else if (take(b, '[')) {
        read_ints(b, a);
    } else {
        bool is_float;
        const double v = number(b, &is_float);
        a->f = (float)v;
        a->i = (int64_t)v;
    }
}

/* Those of the operator itself, which may refer to those of a function's call. */
static void copy_attrs(body *b, statement *s)
{
    const Onnx__NodeProto *p = b->call->p;
    Onnx__AttributeProto **all = ln_arena_new(&b->o->m->arena, p->n_attribute + 1, sizeof *all);
    for (size_t i = 0; all && i < p->n_attribute; i++) {
        const char *name = p->attribute[i]->name;
        const Onnx__AttributeProto *a = name ? ln_ox_attr(b->call, name) : NULL;
        Onnx__AttributeProto *y = a ? ln_arena_new(&b->o->m->arena, 1, sizeof *y) : NULL;
        if (!y)
            continue;
        *y = *a;
        y->name = p->attribute[i]->name;
        y->ref_attr_name = NULL;
        all[s->p.n_attribute++] = y;
    }
    s->p.attribute = all;
}

/* The operator that the attribute `activation` names, with its parameters. */
static void as_activation(body *b, statement *s)
{
    static char low[] = "min", high[] = "max", alpha[] = "alpha", beta[] = "beta";
    static char identity[] = "Identity";
    const Onnx__AttributeProto *name = ln_ox_attr(b->call, "activation");
    float params[2];
    const int n = ln_ox_floats(b->call, "activation_params", 2, params);
    s->p.op_type = name && name->s.len
                       ? ln_arena_string(&b->o->m->arena, (const char *)name->s.data, name->s.len)
                       : identity;
    const bool clip = s->p.op_type && strcmp(s->p.op_type, "Clip") == 0;
    for (int i = 0; i < n; i++) {
        Onnx__AttributeProto *a = add_attr(b, s, i == 0 ? clip ? low : alpha : clip ? high : beta);
        if (a)
            a->f = params[i];
    }
}

/* ---- statements ---- */

static bool read_statement(body *b, statement *s)
{
    static char microsoft[] = "com.microsoft";
    onnx__node_proto__init(&s->p);
    const Onnx__NodeProto *p = b->call->p;
    const bool named = p->name && *p->name;
    s->p.name = named ? p->name : p->n_output ? p->output[0] : p->op_type;
    s->p.input = s->in;
    s->p.output = s->out;
    s->p.attribute = s->attrs;
    while (s->p.n_output < MOST_OPERANDS && !take(b, '=') && *b->at) {
        s->out[s->p.n_output++] = word(b);
        (void)take(b, ',');
    }
    s->p.op_type = word(b);
    if (!ln_ox_ok(b->o))
        return false;
    if (*s->p.op_type == '~') {
        s->p.op_type++;
        s->p.domain = microsoft;
    }
    if (take(b, '*'))
        copy_attrs(b, s);
    if (strcmp(s->p.op_type, "Activation") == 0)
        as_activation(b, s);
    if (take(b, '{'))
        while (!take(b, '}') && ln_ox_ok(b->o)) {
            read_attr(b, s);
            (void)take(b, ',');
        }
    if (take(b, '('))
        read_operands(b, s);
    (void)take(b, ';');
    return ln_ox_ok(b->o);
}

/* The operand that such a statement only hands on; NULL when it is a node. */
static const char *handed_on(const statement *s)
{
    const bool either = strcmp(s->p.op_type, "Either") == 0;
    if (!either && (strcmp(s->p.op_type, "Add") != 0 || (*s->in[0] && *s->in[1])))
        return NULL;
    return *s->in[0] ? s->in[0] : s->in[1];
}

static void run_statement(body *b)
{
    statement *s = ln_arena_new(&b->o->m->arena, 1, sizeof *s);
    if (!s || !read_statement(b, s) || s->absent)
        return;
    const char *name = handed_on(s);
    if (!name) {
        Onnx__NodeProto *p = &s->p;
        ln_ox_nodes(b->o, 1, &p);
        return;
    }
    ln_ox_name *y = *name ? ln_ox_name_in(b->o, b->scope, s->out[0]) : NULL;
    if (y)
        y->value = ln_ox_lookup(b->scope, name)->value;
}

static void bind_inputs(body *b)
{
    for (int i = 0; strncmp(b->at, "-> ", 3) != 0 && ln_ox_ok(b->o); i++) {
        const char *name = word(b);
        ln_ox_value *v = ln_ox_in(b->o, b->call, i);
        ln_ox_name *entry = v && name ? ln_ox_name_in(b->o, b->scope, name) : NULL;
        if (entry)
            entry->value = v;
        (void)take(b, ',');
        (void)take(b, ' ');
    }
    b->at += 3;
}

static const char *find_body(const ln_ox_row *row)
{
    for (size_t i = 0; i < LN_COUNTOF(bodies); i++)
        if (strcmp(bodies[i].op, row->op) == 0 && strcmp(bodies[i].domain, row->domain) == 0)
            return bodies[i].text;
    return "-> ";
}

void ln_ox_body(ln_ox *o, const ln_ox_node *n)
{
    enum { OPSET = 17 };
    ln_ox_scope *outer = o->scope, *s = ln_ox_ok(o) ? ln_ox_scope_new(o, NULL) : NULL;
    body b = {.o = o, .call = n, .scope = s, .at = find_body(n->row)};
    char *outputs[MOST_OPERANDS];
    int n_outputs = 0;
    const int last = ln_ox_int(n, "channels_last", n->row->arg == LN_OX_ONLY_LAST);
    if (!s)
        return;
    if (n->row->arg && last != (n->row->arg == LN_OX_ONLY_LAST)) {
        LN_OX_FAIL(o, "channels_last = %d", last);
        return;
    }
    s->opset = OPSET;
    bind_inputs(&b);
    while (!take(&b, ';') && n_outputs < MOST_OPERANDS && ln_ox_ok(o)) {
        outputs[n_outputs++] = word(&b);
        (void)take(&b, ',');
    }
    o->scope = s;
    while (*b.at && ln_ox_ok(o))
        run_statement(&b);
    o->scope = outer;
    for (int i = 0; i < n_outputs && ln_ox_ok(o); i++)
        if (ln_ox_has_out(n, i) && is_there(&b, outputs[i]))
            ln_ox_out_value(o, n, i, ln_ox_lookup(s, outputs[i])->value);
}
