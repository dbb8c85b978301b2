/* SPDX-License-Identifier: Apache-2.0 */
/* flex.c: operators that have no translation.  --select-tf-ops keeps them as TensorFlow's own
 * ("FlexName", whose options hold the node itself); a function of the program translates them; or
 * --allow-custom-ops makes them custom ones under their own name, with the attributes as a map. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fb/flexwriter.h"
#include "import/savedmodel/tf.h"

enum { MAX_OUTPUTS = 4096 };

/* ---- what comes out ---- */

static TfLiteType output_type(const ln_tf_op *op, const Tf__ArgDef *a, int i)
{
    if (a->type)
        return ln_tf_type(a->type);
    if (a->type_attr[0])
        return ln_tf_attr_type(op, a->type_attr);
    const Tf__AttrValue *v = ln_tf_attr(op, a->type_list_attr);
    if (v && v->value_case == TF__ATTR_VALUE__VALUE_LIST && (size_t)i < v->list->n_type)
        return ln_tf_type(v->list->type[i]);
    return kTfLiteNoType;
}

static int arg_count(const ln_tf_op *op, const Tf__ArgDef *a)
{
    if (a->number_attr[0])
        return (int)LN_MIN(ln_tf_attr_int(op, a->number_attr, 0), MAX_OUTPUTS);
    const Tf__AttrValue *v = a->type_list_attr[0] ? ln_tf_attr(op, a->type_list_attr) : NULL;
    if (v && v->value_case == TF__ATTR_VALUE__VALUE_LIST)
        return (int)LN_MIN(v->list->n_type, MAX_OUTPUTS);
    return 1;
}

/* How many outputs anybody uses, where the file has no list of operators. */
static int used_outputs(const ln_tf_op *op)
{
    const ln_tf_graph *g = op->scope->g;
    const int own = (int)(op->node - g->nodes);
    int n = 1;
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_in; k++)
            if (g->nodes[i].in[k].node == own)
                n = LN_MAX(n, g->nodes[i].in[k].out + 1);
    return LN_MIN(n, MAX_OUTPUTS);
}

/* What the node gives; false where not all types are told. */
static bool outputs(ln_tf_op *op, const Tf__OpDef *def, ln_made *made, int *n)
{
    bool told = def != NULL;
    *n = def ? 0 : used_outputs(op);
    for (int i = 0; i < *n; i++)
        made[i] = ln_tf_hint(op, i);
    for (size_t i = 0; def && i < def->n_output_arg; i++)
        for (int k = 0; k < arg_count(op, def->output_arg[i]) && *n < MAX_OUTPUTS; k++) {
            made[*n] = ln_tf_hint(op, *n);
            made[*n].type = output_type(op, def->output_arg[i], k);
            told = told && made[*n].type != kTfLiteNoType;
            ++*n;
        }
    return told;
}

/* ---- options ---- */

/* The node's attributes, and behind them what the file left out for being the default; without the
 * importer's own. */
static Tf__AttrEntry **all_attrs(ln_tf_op *op, const Tf__OpDef *def, size_t *n)
{
    const Tf__NodeDef *node = op->node->def;
    const size_t n_def = def ? def->n_attr : 0, room = node->n_attr + n_def + 1;
    Tf__AttrEntry **attrs = ln_arena_new(op->tf->arena, room, sizeof(Tf__AttrEntry *));
    Tf__AttrEntry *added = ln_arena_new(op->tf->arena, room, sizeof *added);
    *n = 0;
    if (!attrs || !added)
        return NULL;
    for (size_t i = 0; i < node->n_attr; i++)
        if (node->attr[i]->key[0] != '_')
            attrs[(*n)++] = node->attr[i];
    for (size_t i = 0; i < n_def; i++) {
        if (ln_tf_attr_of(node, def->attr[i]->name) || !def->attr[i]->default_value)
            continue;
        tf__attr_entry__init(&added[i]);
        added[i].key = def->attr[i]->name;
        added[i].value = def->attr[i]->default_value;
        attrs[(*n)++] = &added[i];
    }
    return attrs;
}

/* As TensorFlow's converter does, without the names of the node and of its inputs. */
static bool node_bytes(ln_tf_op *op, const Tf__OpDef *def, uint8_t **out, size_t *n)
{
    static char none[] = "";
    Tf__NodeDef node = *op->node->def;
    node.attr = all_attrs(op, def, &node.n_attr);
    node.n_input = (size_t)op->node->n_in; /* without control inputs */
    node.input = ln_arena_new(op->tf->arena, node.n_input + 1, sizeof *node.input);
    node.name = none;
    if (!node.attr || !node.input)
        return false;
    for (size_t i = 0; i < node.n_input; i++)
        node.input[i] = none;
    *n = tf__node_def__get_packed_size(&node);
    *out = ln_arena_new(op->tf->arena, 1, *n + 1);
    return *out && tf__node_def__pack(&node, *out) == *n;
}

static bool flex_options(ln_tf_op *op, const Tf__OpDef *def, ln_flex_writer *w)
{
    uint8_t *bytes;
    size_t n;
    const char *name = op->node->def->op;
    if (!node_bytes(op, def, &bytes, &n))
        return false;
    ln_flex_begin(w);
    ln_flex_put_string(w, NULL, name, strlen(name));
    ln_flex_put_string(w, NULL, (const char *)bytes, n);
    return ln_flex_finish(w, false);
}

/* ---- attributes in the form of all sources ---- */

static void add_list(ln_foreign *f, const char *key, const Tf__AttrList *list)
{
    if (list->n_i > 0) {
        int64_t *to = ln_foreign_ints(f, ln_foreign_add(f, key, LN_CONVERT_INTS), list->n_i);
        for (size_t i = 0; to && i < list->n_i; i++)
            to[i] = list->i[i];
    } else if (list->n_f > 0) {
        double *to = ln_foreign_floats(f, ln_foreign_add(f, key, LN_CONVERT_FLOATS), list->n_f);
        for (size_t i = 0; to && i < list->n_f; i++)
            to[i] = (double)list->f[i];
    }
}

/* qint8, quint8, qint32, qint16, quint16 */
static bool is_quantized(int type)
{
    return (type >= 11 && type <= 13) || type == 15 || type == 16;
}

static void add_attribute(ln_foreign *f, const char *key, const Tf__AttrValue *v)
{
    if (!v)
        return;
    switch (v->value_case) {
    case TF__ATTR_VALUE__VALUE_S:
        ln_foreign_text(f, key, (const char *)v->s.data, v->s.len);
        break;
    case TF__ATTR_VALUE__VALUE_I:
        ln_foreign_int(f, key, v->i);
        break;
    case TF__ATTR_VALUE__VALUE_F:
        ln_foreign_add(f, key, LN_CONVERT_FLOAT)->f = (double)v->f;
        break;
    case TF__ATTR_VALUE__VALUE_B:
        ln_foreign_add(f, key, LN_CONVERT_BOOL)->i = v->b;
        break;
    case TF__ATTR_VALUE__VALUE_TYPE:
        if (is_quantized(v->type)) /* the schema has none of these */
            break;
        ln_foreign_add(f, key, LN_CONVERT_TYPE)->i = (int64_t)ln_tf_type(v->type);
        break;
    case TF__ATTR_VALUE__VALUE_LIST:
        add_list(f, key, v->list);
        break;
    default:
        break;
    }
}

static void emit_foreign(ln_tf_op *op, const Tf__OpDef *def, const ln_made *made, int n)
{
    size_t n_attr;
    Tf__AttrEntry **attrs = all_attrs(op, def, &n_attr);
    ln_foreign *f = attrs ? ln_foreign_new(op->e, op->node->def->op, op->n_in, n, n_attr) : NULL;
    if (!f) {
        ln_emit_fail(op->e, LN_ERR_MEMORY, "out of memory");
        return;
    }
    for (int i = 0; i < op->n_in; i++)
        f->in[i] = ln_tf_in(op, i);
    for (int i = 0; i < n; i++)
        f->made[i] = made[i];
    for (size_t i = 0; i < n_attr; i++)
        add_attribute(f, attrs[i]->key, attrs[i]->value);
    if (ln_foreign_emit(f, op->tf->o->foreign))
        for (int i = 0; i < n; i++)
            ln_tf_out(op, i, f->out[i]);
}

/* ---- the node ---- */

typedef struct tf_op {
    const char *name;
    bool kept; /* TensorFlow's converter makes a Select-TF operator of it */
} tf_op;

static const tf_op tf_ops[] = {
#define OP(name)   {#name, true},
#define REST(name) {#name, false},
#include "import/savedmodel/tf_ops.def"
#undef OP
#undef REST
};

static int by_name(const void *key, const void *item)
{
    return strcmp(key, ((const tf_op *)item)->name);
}

bool ln_tf_may_be_flex(const ln_tf *tf, const char *op)
{
    const tf_op *own = bsearch(op, tf_ops, LN_COUNTOF(tf_ops), sizeof *tf_ops, by_name);
    /* where both are allowed, TensorFlow's converter prefers custom ones but for its list; what has
     * a kernel here is of more use with it */
    bool may = own ? own->kept || !tf->o->allow_custom_ops || ln_tf_is_native(op)
                   : !tf->o->allow_custom_ops && ln_tf_is_native(op);
    for (int i = 0; i < tf->o->n_user_tf_ops; i++)
        may = may || strcmp(tf->o->user_tf_ops[i], op) == 0;
    return may && ln_tf_op_def(tf, op) && !ln_foreign_known(tf->o->foreign, op) &&
           !ln_foreign_replaced(tf->o->foreign, op);
}

bool ln_tf_is_native(const char *op)
{
    char name[128];
    const int n = snprintf(name, sizeof name, "Flex%s", op);
    return n < (int)sizeof name && ln_op_custom(name) != NULL;
}

bool ln_tf_native_call(ln_tf_op *op, ln_emit_call *call, ln_made *made)
{
    ln_diag quiet = {0};
    ln_emit e = *op->e; /* whose failure is none of the graph */
    e.diag = &quiet;
    call->op = ln_op_custom(call->custom);
    if (!call->op || !call->op->parse || call->n_in == 0)
        return false;
    void *params = ln_arena_new(&op->tf->m->arena, 1, call->op->params_size + 1);
    ln_made *own = ln_arena_new(&op->tf->m->arena, (size_t)call->n_out + 1, sizeof *own);
    call->params = params;
    call->custom = NULL;
    if (!params || !own ||
        call->op->parse(call->options, call->n_options, params, &quiet) != LN_OK ||
        !ln_emit_infer(&e, call, own))
        return false;
    for (int i = 0; i < call->n_out; i++)
        if (own[i].type != made[i].type)
            return false;
    memcpy(made, own, (size_t)call->n_out * sizeof *made);
    return true;
}

static void emit_flex(ln_tf_op *op, const Tf__OpDef *def, ln_made *made, int n)
{
    ln_flex_writer w = {.arena = op->tf->arena};
    const size_t length = strlen(op->node->def->op);
    char *name = ln_arena_new(op->tf->arena, length + 5, 1);
    ln_id *in = ln_arena_new(&op->tf->m->arena, (size_t)op->n_in + 1, sizeof *in);
    ln_id *out = ln_arena_new(&op->tf->m->arena, (size_t)n + 1, sizeof *out);
    if (!name || !in || !out || !flex_options(op, def, &w)) {
        ln_emit_fail(op->e, LN_ERR_MEMORY, "out of memory");
        return;
    }
    memcpy(name, "Flex", 4);
    memcpy(name + 4, op->node->def->op, length);
    for (int i = 0; i < op->n_in; i++)
        in[i] = ln_tf_in(op, i);
    const ln_emit_call call = {.custom = name,
                               .in = in,
                               .n_in = op->n_in,
                               .n_out = n,
                               .hints = made,
                               .options = w.out,
                               .n_options = w.n_out};
    ln_emit_call native = call; /* computed at once where all it reads is constant */
    const bool known = ln_tf_native_call(op, &native, made);
    if ((known && ln_emit_fold(op->e, &native, made, out)) || ln_emit_node(op->e, &call, out))
        for (int i = 0; i < n; i++)
            ln_tf_out(op, i, out[i]);
}

void ln_tf_foreign(ln_tf_op *op)
{
    const char *name = op->node->def->op;
    const ln_import_options *o = op->tf->o;
    const Tf__OpDef *def = ln_tf_op_def(op->tf, name);
    const bool known = ln_foreign_known(o->foreign, name);
    const bool flex = o->select_tf_ops && ln_tf_may_be_flex(op->tf, name);
    ln_made *made = ln_arena_new(op->tf->arena, MAX_OUTPUTS, sizeof *made);
    int n = 0;
    if (!ln_emit_ok(op->e) || !made)
        return;
    const bool told = outputs(op, def, made, &n);
    if (!flex && ln_fate_foreign(o, name, name) == LN_FATE_IMPOSSIBLE) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "there is no translation of %s", name);
        return;
    }
    if (!told && !known && (flex || def)) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "the model does not say what %s gives", name);
        return;
    }
    if (op->node->row && op->node->finding && !known) /* the row could not, after all */
        ln_report_amend(op->tf->report, op->node->finding - 1,
                        !flex                   ? LN_FATE_CUSTOM
                        : ln_tf_is_native(name) ? LN_FATE_FLEX
                                                : LN_FATE_FLEX_TF);
    if (flex)
        emit_flex(op, def, made, n);
    else
        emit_foreign(op, def, made, n);
}
