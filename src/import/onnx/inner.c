/* SPDX-License-Identifier: Apache-2.0 */
/* inner.c: makes graphs beside the one that is being made.  Names that such a graph uses and does
 * not make are its inputs; constants are made again in it, with the same bytes. */
#include <string.h>

#include "import/onnx/inner.h"

/* ---- what is used and not made ---- */

static bool listed(const ln_ox_captures *c, const char *name)
{
    for (int i = 0; i < c->n; i++)
        if (strcmp(c->names[i], name) == 0)
            return true;
    return false;
}

static void use(ln_ox *o, const ln_ox_scope *made, const char *name, ln_ox_captures *c)
{
    if (!*name || ln_ox_lookup(made, name) || listed(c, name))
        return;
    ln_ox_value *v = ln_ox_resolve(o, name);
    if (!v)
        return;
    if (c->n == LN_OX_MAX_CAPTURES) {
        LN_OX_FAIL(o, "an inner graph that uses more than %d values from outside",
                   (int)LN_OX_MAX_CAPTURES);
        return;
    }
    const ln_id id = ln_ox_id(o, v);
    c->graph = o->e.g;
    c->names[c->n] = name;
    c->values[c->n] = v;
    c->constants[c->n] = ln_emit_known(&o->e, id);
    c->types[c->n] = ln_emit_type(&o->e, id);
    c->shapes[c->n++] = ln_emit_shape(&o->e, id);
}

static void made_here(ln_ox *o, ln_ox_scope *made, const Onnx__GraphProto *g)
{
    for (size_t i = 0; i < g->n_input; i++)
        if (g->input[i]->name)
            (void)ln_ox_name_in(o, made, g->input[i]->name);
    for (size_t i = 0; i < g->n_initializer; i++)
        if (g->initializer[i]->name)
            (void)ln_ox_name_in(o, made, g->initializer[i]->name);
    for (size_t i = 0; i < g->n_sparse_initializer; i++)
        if (g->sparse_initializer[i]->values && g->sparse_initializer[i]->values->name)
            (void)ln_ox_name_in(o, made, g->sparse_initializer[i]->values->name);
    for (size_t i = 0; i < g->n_node; i++)
        for (size_t k = 0; k < g->node[i]->n_output; k++)
            if (*g->node[i]->output[k])
                (void)ln_ox_name_in(o, made, g->node[i]->output[k]);
}

static void walk(ln_ox *o, ln_ox_scope *around, const Onnx__GraphProto *g, ln_ox_captures *c)
{
    ln_ox_scope *made = ln_ox_scope_new(o, around);
    if (!made)
        return;
    made_here(o, made, g);
    for (size_t i = 0; i < g->n_node && ln_ox_ok(o); i++) {
        const Onnx__NodeProto *p = g->node[i];
        for (size_t k = 0; k < p->n_input; k++)
            use(o, made, p->input[k], c);
        for (size_t k = 0; k < p->n_attribute; k++)
            if (p->attribute[k]->g)
                walk(o, made, p->attribute[k]->g, c);
    }
    for (size_t i = 0; i < g->n_output && ln_ox_ok(o); i++)
        if (g->output[i]->name)
            use(o, made, g->output[i]->name, c);
}

void ln_ox_capture(ln_ox *o, const Onnx__GraphProto *g, ln_ox_captures *c)
{
    walk(o, NULL, g, c);
}

/* ---- making the graph ---- */

bool ln_ox_inner_begin(ln_ox *o, const char *name, ln_ox_inner *in)
{
    ln_graph *g;
    *in = (ln_ox_inner){.outer = o->e, .scope = o->scope, .graph = o->m->n_graphs};
    ln_ox_scope *s = ln_ox_ok(o) ? ln_ox_scope_new(o, o->scope) : NULL;
    if (!s)
        return false;
    s->parent = NULL;
    if (ln_model_add_graph(o->m, name, &g) != LN_OK) {
        ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
        return false;
    }
    ln_emit_init(&o->e, o->m, g, o->diag);
    o->e.location = in->outer.location;
    o->scope = s;
    return true;
}

void ln_ox_inner_end(ln_ox *o, const ln_ox_inner *in)
{
    const ln_status status = o->e.status;
    o->e = in->outer;
    o->scope = in->scope;
    if (ln_ox_ok(o))
        o->e.status = status;
}

ln_id ln_ox_constant_again(ln_ox *o, const ln_graph *from, ln_id id)
{
    if (id < 0 || !ln_ox_ok(o))
        return -1;
    const ln_tensor *t = &from->tensors[id];
    const ln_shape s = ln_shape_of(&t->t);
    return ln_emit_constant(&o->e, t->t.type, &s, t->t.data.raw_const, t->t.bytes, false);
}

void ln_ox_inner_captures(ln_ox *o, const ln_ox_captures *c, bool named)
{
    for (int i = 0; i < c->n && ln_ox_ok(o); i++) {
        const ln_ox_value *v = c->values[i];
        ln_id id;
        if (c->constants[i]) {
            if (!named)
                continue;
            id = ln_ox_constant_again(o, c->graph, v->id);
        } else {
            id = ln_emit_input(&o->e, c->names[i], c->types[i], &c->shapes[i]);
        }
        ln_ox_name *name = named && ln_ox_ok(o) ? ln_ox_name_in(o, o->scope, c->names[i]) : NULL;
        if (name)
            name->value = ln_ox_value_new(o, id, &v->at);
    }
}

void ln_ox_inner_output(ln_ox *o, ln_id id)
{
    if (ln_ox_ok(o) && (ln_emit_known(&o->e, id) || ln_ox_is_in(o->e.g->outputs, id)))
        id = ln_ox_copied(o, id);
    ln_emit_output(&o->e, id);
}
