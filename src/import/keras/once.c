/* SPDX-License-Identifier: Apache-2.0 */
/* once.c: what outlives a run: tables, and variables with their first values.  Each is filled by a
 * graph of its own, which CALL_ONCE runs in front of its first use. */
#include <stdio.h>

#include "import/keras/keras.h"
#include "ops/list.h"

/* An emitter for a new graph without inputs or outputs. */
static bool begin(ln_keras_call *c, ln_emit *init, int *index)
{
    ln_graph *g;
    if (!ln_emit_ok(c->e))
        return false;
    if (ln_model_add_graph(c->k->m, "first", &g) != LN_OK) {
        ln_emit_fail(c->e, LN_ERR_MEMORY, "out of memory");
        return false;
    }
    *index = c->k->m->n_graphs - 1;
    ln_emit_init(init, c->k->m, g, c->k->diag);
    ln_emit_at(init, c->name);
    return true;
}

static void end(ln_keras_call *c, const ln_emit *init, int index)
{
    const TfLiteCallOnceParams p = {index};
    const ln_emit_call call = {.op = &ln_op_call_once, .params = &p};
    if (!ln_emit_ok(init))
        c->e->status = init->status;
    ln_emit_node(c->e, &call, NULL);
}

/* ---- tables ---- */

static ln_id table_handle(ln_emit *e, const ln_keras_table *t)
{
    const TfLiteHashtableParams p = {t->id, t->keys.type, t->values.type};
    const ln_made made = {.type = kTfLiteResource};
    const ln_emit_call call = {.op = &ln_op_hashtable, .params = &p, .n_out = 1, .hints = &made};
    ln_id id;
    return ln_emit_node(e, &call, &id) ? id : -1;
}

static ln_id column(ln_emit *e, const ln_keras_column *c, int n)
{
    const ln_shape s = {.rank = 1, .dim = {n}};
    return c->type == kTfLiteString ? ln_emit_strings(e, &s, c->texts, c->lengths, n)
                                    : ln_emit_constant(e, kTfLiteInt64, &s, c->numbers,
                                                       (size_t)n * sizeof *c->numbers, true);
}

ln_id ln_keras_table_find(ln_keras_call *c, ln_keras_table *t, ln_id x, ln_id missing)
{
    ln_emit init;
    int index;
    t->id = ++c->k->n_resources;
    if (!begin(c, &init, &index))
        return -1;
    const ln_id filled[] = {table_handle(&init, t), column(&init, &t->keys, t->n),
                            column(&init, &t->values, t->n)};
    const ln_emit_call fill = {.op = &ln_op_hashtable_import, .in = filled, .n_in = 3};
    ln_emit_node(&init, &fill, NULL);
    end(c, &init, index);
    const ln_id in[] = {table_handle(c->e, t), x, missing};
    const ln_made made = {t->values.type, ln_emit_shape(c->e, x)};
    const ln_emit_call find = {
        .op = &ln_op_hashtable_find, .in = in, .n_in = 3, .n_out = 1, .hints = &made};
    ln_id y;
    return ln_emit_node(c->e, &find, &y) ? y : -1;
}

/* ---- variables ---- */

static ln_id variable_handle(ln_emit *e, const char *name)
{
    const TfLiteVarHandleParams p = {.container = "", .shared_name = name};
    const ln_made made = {.type = kTfLiteResource};
    const ln_emit_call call = {.op = &ln_op_var_handle, .params = &p, .n_out = 1, .hints = &made};
    ln_id id;
    return ln_emit_node(e, &call, &id) ? id : -1;
}

static void assign(ln_emit *e, const char *name, ln_id value)
{
    const ln_id in[] = {variable_handle(e, name), value};
    const ln_emit_call call = {.op = &ln_op_assign_variable, .in = in, .n_in = 2};
    ln_emit_node(e, &call, NULL);
}

const char *ln_keras_variable(ln_keras_call *c, const ln_shape *shape)
{
    ln_emit init;
    int index;
    char text[40];
    const int n = snprintf(text, sizeof text, "state_%d", ++c->k->n_resources);
    const char *name = ln_arena_string(&c->k->m->arena, text, (size_t)n);
    if (!name || !begin(c, &init, &index))
        return name;
    const int count = ln_shape_count(shape, 0, shape->rank);
    const float *zeros = ln_keras_floats(c, (size_t)LN_MAX(count, 0));
    if (count < 0)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a state of an open size: give --input-shape");
    else if (zeros)
        assign(&init, name,
               ln_emit_constant(&init, kTfLiteFloat32, shape, zeros, (size_t)count * sizeof *zeros,
                                true));
    end(c, &init, index);
    return name;
}

ln_id ln_keras_variable_read(ln_keras_call *c, const char *name, const ln_shape *shape)
{
    const ln_id in = variable_handle(c->e, name);
    const ln_made made = {kTfLiteFloat32, *shape};
    const ln_emit_call call = {
        .op = &ln_op_read_variable, .in = &in, .n_in = 1, .n_out = 1, .hints = &made};
    ln_id y;
    return ln_emit_node(c->e, &call, &y) ? y : -1;
}

void ln_keras_variable_assign(ln_keras_call *c, const char *name, ln_id value)
{
    assign(c->e, name, value);
}
