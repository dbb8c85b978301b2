/* SPDX-License-Identifier: Apache-2.0 */
/* tables.c: hash tables.  What fills them is found in the graph, not run: the calls of the main
 * graph whose function imports into a table that it is given.
 *
 * HASHTABLE goes from strings to int64 and back.  A table from strings to something else has its
 * values in a constant, and the strings' places in it for values; one from integers looks them up
 * among its sorted keys (BUCKETIZE). */
#include <stdlib.h>
#include <string.h>

#include "import/savedmodel/tf.h"
#include "ops/strings.h"

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

/* A table that HASHTABLE has as it is. */
static bool is_direct(const ln_tf_table *t)
{
    return (t->key_type == kTfLiteString && t->value_type == kTfLiteInt64) ||
           (t->key_type == kTfLiteInt64 && t->value_type == kTfLiteString);
}

static ln_id handle(ln_tf *tf, ln_emit *e, int number)
{
    const ln_tf_table *t = &tf->tables[number];
    const TfLiteHashtableParams p = {t->id, t->key_type,
                                     is_direct(t) ? t->value_type : kTfLiteInt64};
    const ln_made made = {.type = kTfLiteResource};
    const ln_emit_call call = {.op = &ln_op_hashtable, .params = &p, .n_out = 1, .hints = &made};
    ln_id id;
    tf->uses_state = true;
    return ln_emit_node(e, &call, &id) ? id : -1;
}

/* Numbers from 0 on, as many as there are keys: int64. */
static ln_id places(ln_emit *e, ln_id keys)
{
    const ln_shape s = ln_emit_shape(e, keys);
    const int n = ln_shape_count(&s, 0, s.rank);
    int64_t *v = ln_arena_new(&e->m->arena, (size_t)n + 1, sizeof *v);
    for (int i = 0; v && i < n; i++)
        v[i] = i;
    return v ? ln_emit_constant(e, kTfLiteInt64, &s, v, (size_t)n * sizeof *v, false)
             : ln_emit_fail(e, LN_ERR_MEMORY, "out of memory");
}

static bool is_filled(ln_tf *tf, ln_emit *e, int number)
{
    if (!tf->tables[number].keys && ln_emit_ok(e)) {
        const ln_status status = find_contents(tf);
        if (status != LN_OK)
            e->status = status;
    }
    if (ln_emit_ok(e) && !(tf->tables[number].keys && tf->tables[number].values))
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "the table %s is not filled from constants or a file",
                     tf->tables[number].name);
    return ln_emit_ok(e);
}

ln_status ln_tf_init_tables(ln_tf *tf, ln_emit *e)
{
    for (int i = 0; i < tf->n_tables && is_filled(tf, e, i); i++) {
        const ln_tf_table *t = &tf->tables[i];
        if (t->key_type != kTfLiteString && !is_direct(t))
            continue;
        const ln_id keys = ln_tf_constant(tf, e, t->keys);
        const ln_id in[] = {handle(tf, e, i), keys,
                            is_direct(t) ? ln_tf_constant(tf, e, t->values) : places(e, keys)};
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
    if (t->key_type != kTfLiteString && t->key_type != kTfLiteInt64 && t->key_type != kTfLiteInt32)
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED,
                     "a table from %s to %s: keys are strings, int32 or int64",
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

static ln_id look_up(ln_tf_op *op, ln_id x, ln_id fallback, TfLiteType type)
{
    const ln_id in[] = {handle(op->tf, op->e, op->in[0].object), x, fallback};
    const ln_made made = {type, ln_emit_shape(op->e, x)};
    const ln_emit_call call = {
        .op = &ln_op_hashtable_find, .in = in, .n_in = 3, .n_out = 1, .hints = &made};
    ln_id out;
    return ln_emit_node(op->e, &call, &out) ? out : -1;
}

typedef struct sorted_key {
    int64_t key;
    int place;
} sorted_key;

static int by_key(const void *a, const void *b)
{
    const int64_t p = ((const sorted_key *)a)->key, q = ((const sorted_key *)b)->key;
    return (p > q) - (p < q);
}

/* The places of x among integer keys; `n`: it is none of them. */
static ln_id place_among(ln_tf_op *op, ln_id x, ln_id keys, int n)
{
    enum { EXACT = 1 << 24 }; /* integers up to it are floats */
    ln_emit *e = op->e;
    const TfLiteTensor *t = ln_emit_tensor(e, keys);
    sorted_key *all = ln_arena_new(op->tf->arena, (size_t)n, sizeof *all);
    float *bounds = ln_arena_new(&e->m->arena, (size_t)n, sizeof *bounds);
    int *values = ln_arena_new(op->tf->arena, (size_t)n, 2 * sizeof *values);
    if (!all || !bounds || !values)
        return ln_emit_fail(e, LN_ERR_MEMORY, "out of memory");
    for (int i = 0; i < n; i++)
        all[i] = (sorted_key){t->type == kTfLiteInt64 ? t->data.i64[i] : t->data.i32[i], i};
    qsort(all, (size_t)n, sizeof *all, by_key);
    if (all[0].key < -EXACT || all[n - 1].key > EXACT)
        return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "a table whose keys are integers beyond %d",
                            (int)EXACT);
    for (int i = 0; i < n; i++) {
        bounds[i] = (float)all[i].key;
        values[i] = (int)all[i].key;
        values[n + i] = all[i].place;
    }
    const TfLiteBucketizeParams p = {.num_boundaries = n, .boundaries = bounds};
    const ln_id one = ln_emit_int(e, 1), zero = ln_emit_int(e, 0);
    const ln_id before =
        ln_emit_binary(e, &ln_op_sub, NULL, ln_emit_unary(e, &ln_op_bucketize, &p, x), one);
    const ln_id at = ln_emit_binary(e, &ln_op_maximum, NULL, before, zero);
    const ln_id key =
        ln_emit_cast(e, ln_emit_gather(e, ln_emit_ints(e, n, values), at, 0), ln_emit_type(e, x));
    const ln_id in[] = {ln_emit_binary(e, &ln_op_equal, NULL, key, x),
                        ln_emit_gather(e, ln_emit_ints(e, n, values + n), at, 0),
                        ln_emit_int(e, n)};
    return ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in);
}

/* The values and behind them the fallback; CONCATENATION takes no strings, so of these both must be
 * known. */
static ln_id with_fallback(ln_emit *e, ln_id values, ln_id fallback, int n)
{
    const ln_shape one = {1, {1}}, all = {1, {n + 1}};
    const ln_id in[] = {values, ln_emit_reshape(e, fallback, &one)};
    ln_strings s[2];
    if (ln_emit_type(e, values) != kTfLiteString)
        return ln_emit_concat(e, 2, in, 0);
    if (!ln_emit_known(e, fallback))
        return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "the default of a table of strings is computed");
    const char **texts = ln_arena_new(&e->m->arena, (size_t)n + 1, sizeof *texts);
    size_t *lengths = ln_arena_new(&e->m->arena, (size_t)n + 1, sizeof *lengths);
    if (!texts || !lengths || ln_strings_open(e->diag, ln_emit_tensor(e, values), &s[0]) != LN_OK ||
        ln_strings_open(e->diag, ln_emit_tensor(e, fallback), &s[1]) != LN_OK)
        return ln_emit_fail(e, LN_ERR_MEMORY, "out of memory");
    for (int i = 0; i <= n; i++) {
        const ln_string text = ln_strings_at(&s[i == n], i == n ? 0 : i);
        texts[i] = text.text;
        lengths[i] = text.n;
    }
    return ln_emit_strings(e, &all, texts, lengths, n + 1);
}

static void find(ln_tf_op *op)
{
    ln_emit *e = op->e;
    if (!is_table(op))
        return;
    const int number = op->in[0].object;
    const ln_id x = ln_tf_in(op, 1), fallback = ln_tf_in(op, 2);
    if (is_direct(&op->tf->tables[number])) {
        ln_tf_out(op, 0, look_up(op, x, fallback, op->tf->tables[number].value_type));
        return;
    }
    if (!is_filled(op->tf, e, number))
        return;
    const ln_tf_table *t = &op->tf->tables[number];
    const ln_id keys = ln_tf_constant(op->tf, e, t->keys);
    const ln_id values = ln_tf_constant(op->tf, e, t->values);
    const ln_shape s = ln_emit_shape(e, keys), vs = ln_emit_shape(e, values);
    if (ln_emit_ok(e) && (s.rank != 1 || s.dim[0] < 1 || vs.rank != 1 || vs.dim[0] != s.dim[0]))
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "the table %s is empty, or has values of several items",
                     t->name);
    if (!ln_emit_ok(e))
        return;
    const ln_id at =
        t->key_type == kTfLiteString
            ? ln_emit_cast(e,
                           look_up(op, x, ln_emit_number(e, kTfLiteInt64, s.dim[0]), kTfLiteInt64),
                           kTfLiteInt32)
            : place_among(op, x, keys, s.dim[0]);
    ln_tf_out(op, 0, ln_emit_gather(e, with_fallback(e, values, fallback, s.dim[0]), at, 0));
}

static void size(ln_tf_op *op)
{
    if (!is_table(op))
        return;
    const ln_tf_table *t = &op->tf->tables[op->in[0].object];
    if (t->key_type == kTfLiteString || is_direct(t)) {
        const ln_shape scalar = {0}; /* HASHTABLE_SIZE gives a list of one */
        const ln_id n = ln_emit_unary(op->e, &ln_op_hashtable_size, NULL,
                                      handle(op->tf, op->e, op->in[0].object));
        ln_tf_out(op, 0, ln_emit_reshape(op->e, n, &scalar));
    } else if (is_filled(op->tf, op->e, op->in[0].object)) {
        const ln_shape s = ln_tf_shape(op->tf->tables[op->in[0].object].keys->tensor_shape);
        ln_tf_out(op, 0, ln_emit_number(op->e, kTfLiteInt64, ln_shape_count(&s, 0, s.rank)));
    }
}

const ln_tf_row ln_tf_rows_tables[] = {
    {"HashTableV2", table, &ln_op_hashtable, 0},
    {"LookupTableFindV2", find, &ln_op_hashtable_find, 0},
    {"LookupTableSizeV2", size, &ln_op_hashtable_size, 0},
    {NULL, NULL, NULL, 0},
};
