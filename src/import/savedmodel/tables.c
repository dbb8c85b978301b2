/* SPDX-License-Identifier: Apache-2.0 */
/* tables.c: hash tables.  What fills them is found in the graph, not run: the calls of the main
 * graph whose function imports into a table that it is given. */
#include <string.h>

#include "import/savedmodel/tf.h"

static const Tf__AttrValue *attr(const Tf__NodeDef *def, const char *name,
                                 Tf__AttrValue__ValueCase kind)
{
    const Tf__AttrValue *v = ln_tf_attr_of(def, name);
    return v && v->value_case == kind ? v : NULL;
}

static int table_number(ln_tf *tf, const Tf__NodeDef *def)
{
    const int known = ln_names_get(&tf->table_names, def->name, strlen(def->name));
    if (known >= 0)
        return known;
    ln_tf_table *all = ln_arena_new(tf->arena, (size_t)tf->n_tables + 1, sizeof *all);
    if (!all || !ln_names_put(&tf->table_names, def->name, strlen(def->name), tf->n_tables))
        return -1;
    if (tf->n_tables)
        memcpy(all, tf->tables, (size_t)tf->n_tables * sizeof *all);
    const Tf__AttrValue *key = attr(def, "key_dtype", TF__ATTR_VALUE__VALUE_TYPE);
    const Tf__AttrValue *value = attr(def, "value_dtype", TF__ATTR_VALUE__VALUE_TYPE);
    all[tf->n_tables] =
        (ln_tf_table){.name = def->name,
                      .id = tf->n_tables + 1,
                      .key_type = key ? ln_tf_type(key->type) : kTfLiteNoType,
                      .value_type = value ? ln_tf_type(value->type) : kTfLiteNoType};
    tf->tables = all;
    return tf->n_tables++;
}

/* ---- what fills them ---- */

/* The node of the main graph that `ref` comes from; `call` gives the arguments of its function. */
static const ln_tf_node *origin(const ln_tf *tf, const ln_tf_graph *g, const ln_tf_node *call,
                                ln_tf_ref ref)
{
    for (int i = 0; i < 16; i++) {
        if (ref.node < 0) {
            if (!call || -1 - ref.node >= call->n_in)
                return NULL;
            ref = call->in[-1 - ref.node];
            g = &tf->main;
            call = NULL;
        } else if (strcmp(g->nodes[ref.node].def->op, "Identity") == 0 &&
                   g->nodes[ref.node].n_in > 0) {
            ref = g->nodes[ref.node].in[0];
        } else {
            return &g->nodes[ref.node];
        }
    }
    return NULL;
}

static const Tf__Tensor *constant(const ln_tf_node *n)
{
    const Tf__AttrValue *v = n ? attr(n->def, "value", TF__ATTR_VALUE__VALUE_TENSOR) : NULL;
    return v ? v->tensor : NULL;
}

static bool is_op(const ln_tf_node *n, const char *a, const char *b)
{
    return strcmp(n->def->op, a) == 0 || strcmp(n->def->op, b) == 0;
}

/* The name of a file may be read from a variable, to which the main graph assigns it. */
static const ln_tf_node *path_of(const ln_tf *tf, const ln_tf_node *n)
{
    const ln_tf_graph *g = &tf->main;
    if (!n || !is_op(n, "ReadVariableOp", "ReadVariableOp") || n->n_in < 1)
        return n;
    for (int i = 0; i < g->n_nodes; i++) {
        const ln_tf_node *a = &g->nodes[i];
        if (is_op(a, "AssignVariableOp", "Assign") && a->n_in > 1 &&
            a->in[0].node == n->in[0].node && a->in[1].node >= 0)
            return &g->nodes[a->in[1].node];
    }
    return n;
}

static ln_status fill(ln_tf *tf, const ln_tf_graph *g, const ln_tf_node *call, const ln_tf_node *n)
{
    const bool file = is_op(n, "InitializeTableFromTextFileV2", "InitializeTableFromTextFile");
    if ((!file && !is_op(n, "LookupTableImportV2", "InitializeTableV2")) || n->n_in < 3 - file)
        return LN_OK;
    const ln_tf_node *table = origin(tf, g, call, n->in[0]);
    const int k =
        table ? ln_names_get(&tf->table_names, table->def->name, strlen(table->def->name)) : -1;
    if (k < 0) /* a table that nothing converted uses */
        return LN_OK;
    if (file) {
        const ln_tf_node *path = path_of(tf, origin(tf, g, call, n->in[1]));
        return path ? ln_tf_text_table(tf, &tf->tables[k], n->def, path->def) : LN_OK;
    }
    tf->tables[k].keys = constant(origin(tf, g, call, n->in[1]));
    tf->tables[k].values = constant(origin(tf, g, call, n->in[2]));
    return LN_OK;
}

static ln_status scan(ln_tf *tf, const ln_tf_graph *g, const ln_tf_node *call)
{
    for (int i = 0; i < g->n_nodes; i++)
        LN_TRY(fill(tf, g, call, &g->nodes[i]));
    return LN_OK;
}

static ln_status find_contents(ln_tf *tf)
{
    LN_TRY(scan(tf, &tf->main, NULL));
    for (int i = 0; i < tf->main.n_nodes; i++) {
        const ln_tf_node *n = &tf->main.nodes[i];
        const Tf__AttrValue *f = attr(n->def, "f", TF__ATTR_VALUE__VALUE_FUNC);
        const ln_tf_graph *g = f ? ln_tf_function(tf, f->func->name) : NULL;
        if (g)
            LN_TRY(scan(tf, g, n));
    }
    return LN_OK;
}

/* ---- nodes ---- */

static ln_id handle(ln_tf *tf, ln_emit *e, int number)
{
    const ln_tf_table *t = &tf->tables[number];
    const TfLiteHashtableParams p = {t->id, t->key_type, t->value_type};
    const ln_made made = {.type = kTfLiteResource};
    const ln_emit_call call = {.op = &ln_op_hashtable, .params = &p, .n_out = 1, .hints = &made};
    ln_id id;
    tf->uses_state = true;
    return ln_emit_node(e, &call, &id) ? id : -1;
}

ln_status ln_tf_init_tables(ln_tf *tf, ln_emit *e)
{
    const ln_status status = tf->n_tables ? find_contents(tf) : LN_OK;
    if (status != LN_OK && ln_emit_ok(e))
        e->status = status;
    for (int i = 0; i < tf->n_tables && ln_emit_ok(e); i++) {
        const ln_tf_table *t = &tf->tables[i];
        if (!t->keys || !t->values) {
            ln_emit_fail(e, LN_ERR_UNSUPPORTED,
                         "the table %s is not filled from constants or a file", t->name);
            break;
        }
        const ln_id in[] = {handle(tf, e, i), ln_tf_constant(tf, e, t->keys),
                            ln_tf_constant(tf, e, t->values)};
        const ln_emit_call call = {.op = &ln_op_hashtable_import, .in = in, .n_in = 3};
        ln_emit_node(e, &call, NULL);
    }
    return e->status;
}

static void table(ln_tf_op *op)
{
    const int k = table_number(op->tf, op->node->def);
    if (k < 0) {
        ln_emit_fail(op->e, LN_ERR_MEMORY, "out of memory");
        return;
    }
    const ln_tf_table *t = &op->tf->tables[k];
    if (!(t->key_type == kTfLiteString && t->value_type == kTfLiteInt64) &&
        !(t->key_type == kTfLiteInt64 && t->value_type == kTfLiteString))
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED,
                     "a table from %s to %s: there are tables from strings to int64 and back",
                     ln_type_name(t->key_type), ln_type_name(t->value_type));
    ln_tf_give(op, 0, (ln_tf_value){.kind = LN_TF_TABLE, .object = k, .id = -1});
}

static bool is_table(ln_tf_op *op)
{
    if (op->n_in > 0 && op->in[0].kind == LN_TF_TABLE)
        return true;
    ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "%s of something that is no table", op->node->def->op);
    return false;
}

static void find(ln_tf_op *op)
{
    if (!is_table(op))
        return;
    const ln_id in[] = {handle(op->tf, op->e, op->in[0].object), ln_tf_in(op, 1), ln_tf_in(op, 2)};
    const ln_made made = {op->tf->tables[op->in[0].object].value_type, ln_emit_shape(op->e, in[1])};
    const ln_emit_call call = {
        .op = &ln_op_hashtable_find, .in = in, .n_in = 3, .n_out = 1, .hints = &made};
    ln_id out;
    if (ln_emit_node(op->e, &call, &out))
        ln_tf_out(op, 0, out);
}

static void size(ln_tf_op *op)
{
    if (is_table(op))
        ln_tf_out(op, 0,
                  ln_emit_unary(op->e, &ln_op_hashtable_size, NULL,
                                handle(op->tf, op->e, op->in[0].object)));
}

const ln_tf_row ln_tf_rows_tables[] = {
    {"HashTableV2", table, &ln_op_hashtable, 0},
    {"LookupTableFindV2", find, &ln_op_hashtable_find, 0},
    {"LookupTableSizeV2", size, &ln_op_hashtable_size, 0},
    {NULL, NULL, NULL, 0},
};
