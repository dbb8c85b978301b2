/* SPDX-License-Identifier: Apache-2.0 */
/* variables.c: variables are constants, with the value of the checkpoint, unless something that is
 * converted assigns to them: then they stay variables, and CALL_ONCE gives them their first value.
 * That is only seen at the assignment; the model is then translated once more from the beginning.
 */
#include <string.h>

#include "import/savedmodel/tf.h"

static const Tf__AttrValue *attr(const Tf__NodeDef *def, const char *name,
                                 Tf__AttrValue__ValueCase kind)
{
    const Tf__AttrValue *v = ln_tf_attr_of(def, name);
    return v && v->value_case == kind ? v : NULL;
}

/* The name that handles of one variable share. */
static const char *shared_name(ln_tf *tf, const Tf__NodeDef *def)
{
    const Tf__AttrValue *v = attr(def, "shared_name", TF__ATTR_VALUE__VALUE_S);
    if (v && v->s.len)
        return ln_arena_string(tf->arena, (const char *)v->s.data, v->s.len);
    return def->name;
}

/* Where nothing restores the variable: the name that TensorFlow 1 and 2 give it by rule. */
static const char *usual_key(ln_tf *tf, const char *name)
{
    static const char tail[] = "/.ATTRIBUTES/VARIABLE_VALUE";
    const size_t n = strlen(name);
    if (ln_leveldb_find(&tf->bundle.index, name, n))
        return name;
    char *key = ln_arena_new(tf->arena, n + sizeof tail, 1);
    if (!key)
        return NULL;
    memcpy(key, name, n);
    memcpy(key + n, tail, sizeof tail);
    return ln_leveldb_find(&tf->bundle.index, key, n + sizeof tail - 1) ? key : NULL;
}

/* Room for one more; it doubles where it is a power of two. */
static bool variable_room(ln_tf *tf)
{
    const size_t n = (size_t)tf->n_variables;
    if (n & (n - 1))
        return true;
    ln_tf_variable *all = ln_arena_new(tf->arena, n ? 2 * n : 1, sizeof *all);
    if (!all)
        return false;
    if (n)
        memcpy(all, tf->variables, n * sizeof *all);
    tf->variables = all;
    return true;
}

int ln_tf_variable_number(ln_tf *tf, const Tf__NodeDef *def)
{
    const char *name = shared_name(tf, def);
    const int known = name ? ln_names_get(&tf->variable_names, name, strlen(name)) : -1;
    if (known >= 0 || !name)
        return known;
    if (!variable_room(tf) ||
        !ln_names_put(&tf->variable_names, name, strlen(name), tf->n_variables))
        return -1;
    const int key = ln_names_get(&tf->restored, def->name, strlen(def->name));
    const Tf__AttrValue *type = attr(def, "dtype", TF__ATTR_VALUE__VALUE_TYPE);
    const Tf__AttrValue *shape = attr(def, "shape", TF__ATTR_VALUE__VALUE_SHAPE);
    tf->variables[tf->n_variables] =
        (ln_tf_variable){.name = name,
                         .key = key >= 0 ? tf->keys[key] : usual_key(tf, name),
                         .slice = key >= 0 ? tf->slices[key] : "",
                         .type = type ? ln_tf_type(type->type) : kTfLiteNoType,
                         .shape = shape ? ln_tf_shape(shape->shape) : ln_shape_unknown(-1)};
    return tf->n_variables++;
}

static ln_id value_of(ln_tf *tf, ln_emit *e, int number)
{
    ln_tf_variable *v = &tf->variables[number];
    ln_bundle_tensor t;
    if (v->graph)
        return ln_tf_share(e, v->graph, v->id);
    const ln_status status =
        v->key ? ln_bundle_find(&tf->bundle, v->key, v->slice, &t, tf->diag) : LN_ERR_NOT_FOUND;
    if (status == LN_ERR_NOT_FOUND)
        return ln_emit_fail(e, LN_ERR_NOT_FOUND, "the checkpoint has no value of the variable %s",
                            v->name);
    if (status != LN_OK) {
        e->status = ln_emit_ok(e) ? status : e->status;
        return -1;
    }
    const char *location = e->location;
    ln_emit_at(e, v->name);
    v->id = ln_tf_stored(tf, e, &t);
    e->location = location;
    v->graph = ln_emit_ok(e) ? e->g : NULL;
    return v->id;
}

/* ---- variables that are assigned to ---- */

static ln_id handle(ln_tf *tf, ln_emit *e, int number)
{
    ln_tf_variable *v = &tf->variables[number];
    const char *name = ln_arena_string(&e->m->arena, v->name, strlen(v->name));
    const TfLiteVarHandleParams p = {.container = "", .shared_name = name};
    const ln_made made = {.type = kTfLiteResource};
    const ln_emit_call call = {.op = &ln_op_var_handle, .params = &p, .n_out = 1, .hints = &made};
    tf->uses_state = true;
    if (v->handle_graph == e->g)
        return v->handle;
    if (!name)
        return ln_emit_fail(e, LN_ERR_MEMORY, "out of memory");
    v->handle_graph = ln_emit_node(e, &call, &v->handle) ? e->g : NULL;
    return v->handle;
}

ln_id ln_tf_variable_read(ln_tf *tf, ln_emit *e, int number)
{
    const ln_tf_variable *v = &tf->variables[number];
    if (!v->kept)
        return value_of(tf, e, number);
    const ln_id in = handle(tf, e, number);
    const ln_made made = {.type = v->type, .shape = v->shape};
    const ln_emit_call call = {
        .op = &ln_op_read_variable, .in = &in, .n_in = 1, .n_out = 1, .hints = &made};
    ln_id id;
    return ln_emit_node(e, &call, &id) ? id : -1;
}

void ln_tf_variable_write(ln_tf *tf, ln_emit *e, int number, ln_id value)
{
    ln_tf_variable *v = &tf->variables[number];
    const ln_id in[] = {handle(tf, e, number), value};
    const ln_emit_call call = {.op = &ln_op_assign_variable, .in = in, .n_in = 2};
    tf->again = tf->again || !v->kept;
    v->kept = true;
    ln_emit_node(e, &call, NULL);
}

static ln_status init_variables(ln_tf *tf, ln_emit *e)
{
    for (int i = 0; i < tf->n_variables; i++)
        if (tf->variables[i].kept)
            ln_tf_variable_write(tf, e, i, value_of(tf, e, i));
    return e->status;
}

ln_status ln_tf_make_init(ln_tf *tf)
{
    ln_graph *g;
    ln_emit e;
    LN_TRY(ln_model_add_graph(tf->m, "init", &g));
    tf->init_graph = tf->m->n_graphs - 1;
    ln_emit_init(&e, tf->m, g, tf->diag);
    e.keep = true;
    LN_TRY(init_variables(tf, &e));
    return ln_tf_init_tables(tf, &e);
}

/* ---- rows ---- */

int ln_tf_variable_in(ln_tf_op *op, int i)
{
    if (i < op->n_in && op->in[i].kind == LN_TF_VARIABLE)
        return op->in[i].object;
    ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "%s of something that is no variable",
                 op->node->def->op);
    return -1;
}

static void var_handle(ln_tf_op *op)
{
    const int number = ln_tf_variable_number(op->tf, op->node->def);
    if (number < 0)
        ln_emit_fail(op->e, LN_ERR_MEMORY, "out of memory");
    else
        ln_tf_give(op, 0, (ln_tf_value){.kind = LN_TF_VARIABLE, .object = number, .id = -1});
}

static void read_it(ln_tf_op *op)
{
    const int v = ln_tf_variable_in(op, 0);
    if (v >= 0)
        ln_tf_out(op, 0, ln_tf_variable_read(op->tf, op->e, v));
}

static void assign(ln_tf_op *op)
{
    const int v = ln_tf_variable_in(op, 0);
    if (v < 0)
        return;
    ln_tf_variable_write(op->tf, op->e, v, ln_tf_in(op, 1));
    ln_tf_give(op, 0, op->in[0]); /* Assign of TensorFlow 1 gives the variable */
}

static void assign_add(ln_tf_op *op)
{
    const int v = ln_tf_variable_in(op, 0);
    if (v < 0)
        return;
    const ln_id old = ln_tf_variable_read(op->tf, op->e, v);
    ln_tf_variable_write(op->tf, op->e, v,
                         ln_emit_binary(op->e, op->node->row->to, NULL, old, ln_tf_in(op, 1)));
    ln_tf_give(op, 0, op->in[0]);
}

static void shape_of_variable(ln_tf_op *op)
{
    const int v = ln_tf_variable_in(op, 0);
    if (v >= 0)
        ln_tf_out(op, 0, ln_emit_shape_of(op->e, ln_tf_variable_read(op->tf, op->e, v)));
}

const ln_tf_row ln_tf_rows_variables[] = {
    {"VarHandleOp", var_handle, NULL, LN_TF_SEVERAL},
    {"VariableV2", var_handle, NULL, LN_TF_SEVERAL},
    {"Variable", var_handle, NULL, LN_TF_SEVERAL},
    {"ReadVariableOp", read_it, NULL, LN_TF_SEVERAL},
    {"VariableShape", shape_of_variable, NULL, LN_TF_SEVERAL},
    {"AssignVariableOp", assign, NULL, LN_TF_EFFECT},
    {"Assign", assign, NULL, LN_TF_EFFECT},
    {"AssignAdd", assign_add, &ln_op_add, LN_TF_EFFECT},
    {"AssignAddVariableOp", assign_add, &ln_op_add, LN_TF_EFFECT},
    {"AssignSub", assign_add, &ln_op_sub, LN_TF_EFFECT},
    {"AssignSubVariableOp", assign_add, &ln_op_sub, LN_TF_EFFECT},
    {NULL, NULL, NULL, 0},
};
