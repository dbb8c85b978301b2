/* SPDX-License-Identifier: Apache-2.0 */
/* scope.c: what names mean.  A graph has a scope; an inner graph's is inside of it and sees its
 * names, a function's stands alone.  Each name knows who uses it, so that patterns of several nodes
 * can be found before they are translated. */
#include <string.h>

#include "import/onnx/onnx.h"

enum { FIRST_CAPACITY = 64 };

static void out_of_memory(ln_ox *o)
{
    ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
}

ln_ox_scope *ln_ox_scope_new(ln_ox *o, ln_ox_scope *parent)
{
    ln_ox_scope *s = ln_arena_new(&o->m->arena, 1, sizeof *s);
    if (s)
        s->names = ln_arena_new(&o->m->arena, FIRST_CAPACITY, sizeof *s->names);
    if (!s || !s->names) {
        out_of_memory(o);
        return NULL;
    }
    s->capacity = FIRST_CAPACITY;
    s->parent = parent;
    if (parent) {
        s->call = parent->call;
        s->function = parent->function;
        s->opset = parent->opset;
        s->microsoft_opset = parent->microsoft_opset;
    }
    return s;
}

static size_t hash(const char *name)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * 0x100000001b3u;
    return (size_t)(h ^ h >> 29);
}

/* The slot that holds the name, or the free one where it belongs. */
static ln_ox_name *slot(const ln_ox_scope *s, const char *name)
{
    size_t i = hash(name) & (s->capacity - 1);
    while (s->names[i].name && strcmp(s->names[i].name, name) != 0)
        i = (i + 1) & (s->capacity - 1);
    return &s->names[i];
}

static bool grow(ln_ox *o, ln_ox_scope *s)
{
    const ln_ox_scope old = *s;
    s->names = ln_arena_new(&o->m->arena, 2 * old.capacity, sizeof *s->names);
    if (!s->names) {
        *s = old;
        out_of_memory(o);
        return false;
    }
    s->capacity = 2 * old.capacity;
    for (size_t i = 0; i < old.capacity; i++)
        if (old.names[i].name)
            *slot(s, old.names[i].name) = old.names[i];
    return true;
}

ln_ox_name *ln_ox_name_in(ln_ox *o, ln_ox_scope *s, const char *name)
{
    if (2 * (s->n + 1) > s->capacity && !grow(o, s))
        return NULL;
    ln_ox_name *found = slot(s, name);
    if (!found->name) {
        found->name = name;
        s->n++;
    }
    return found;
}

ln_ox_name *ln_ox_lookup(const ln_ox_scope *s, const char *name)
{
    for (; s; s = s->parent) {
        ln_ox_name *found = slot(s, name);
        if (found->name)
            return found;
    }
    return NULL;
}

/* ---- uses ---- */

static void use(ln_ox *o, ln_ox_scope *s, const char *name, const Onnx__NodeProto *by)
{
    ln_ox_name *found = *name ? ln_ox_name_in(o, s, name) : NULL;
    if (found) {
        found->uses++;
        found->user = by;
    }
}

/* Names that a graph inside of a node uses count as used by that node, twice, so that nothing is
 * taken for their only user. */
static void use_inside(ln_ox *o, ln_ox_scope *s, const Onnx__GraphProto *g,
                       const Onnx__NodeProto *by)
{
    for (size_t i = 0; i < g->n_node && ln_ox_ok(o); i++) {
        const Onnx__NodeProto *n = g->node[i];
        for (size_t k = 0; k < n->n_input; k++)
            for (int twice = 0; twice < 2; twice++)
                use(o, s, n->input[k], by);
        for (size_t k = 0; k < n->n_attribute; k++)
            if (n->attribute[k]->g)
                use_inside(o, s, n->attribute[k]->g, by);
    }
    for (size_t i = 0; i < g->n_output; i++)
        if (g->output[i]->name)
            use(o, s, g->output[i]->name, by);
}

void ln_ox_scope_uses(ln_ox *o, ln_ox_scope *s, size_t n, Onnx__NodeProto *const *nodes)
{
    for (size_t i = 0; i < n && ln_ox_ok(o); i++) {
        const Onnx__NodeProto *p = nodes[i];
        for (size_t k = 0; k < p->n_input; k++)
            use(o, s, p->input[k], p);
        for (size_t k = 0; k < p->n_attribute; k++)
            if (p->attribute[k]->g)
                use_inside(o, s, p->attribute[k]->g, p);
        for (size_t k = 0; k < p->n_output; k++) {
            ln_ox_name *made = *p->output[k] ? ln_ox_name_in(o, s, p->output[k]) : NULL;
            if (made)
                made->maker = p;
        }
    }
}

static ln_ox_name *typed(ln_ox *o, ln_ox_scope *s, const Onnx__ValueInfoProto *info)
{
    ln_ox_name *found = info->name && *info->name ? ln_ox_name_in(o, s, info->name) : NULL;
    if (found)
        found->type = info->type;
    return found;
}

void ln_ox_scope_fill(ln_ox *o, ln_ox_scope *s, const Onnx__GraphProto *g)
{
    for (size_t i = 0; i < g->n_initializer; i++) {
        const char *name = g->initializer[i]->name;
        ln_ox_name *found = name ? ln_ox_name_in(o, s, name) : NULL;
        if (found)
            found->initializer = g->initializer[i];
    }
    for (size_t i = 0; i < g->n_sparse_initializer; i++) {
        const Onnx__TensorProto *v = g->sparse_initializer[i]->values;
        ln_ox_name *found = v && v->name ? ln_ox_name_in(o, s, v->name) : NULL;
        if (found)
            found->sparse = g->sparse_initializer[i];
    }
    ln_ox_scope_uses(o, s, g->n_node, g->node);
    for (size_t i = 0; i < g->n_output; i++) {
        ln_ox_name *found = typed(o, s, g->output[i]);
        if (found) {
            found->uses++;
            found->output = true;
        }
    }
    for (size_t i = 0; i < g->n_value_info; i++)
        typed(o, s, g->value_info[i]);
}

/* ---- values ---- */

/* A name that only inner graphs use has an entry here with nothing in it: it belongs further out.
 */
static ln_ox_name *defined(const ln_ox_scope *s, const char *name)
{
    for (; s; s = s->parent) {
        ln_ox_name *found = slot(s, name);
        if (found->name && (found->value || found->initializer || found->sparse))
            return found;
    }
    return NULL;
}

ln_ox_value *ln_ox_resolve(ln_ox *o, const char *name)
{
    ln_ox_name *found = defined(o->scope, name);
    if (!found) {
        if (ln_ox_ok(o))
            ln_emit_fail(&o->e, LN_ERR_FORMAT, "nothing before makes '%s'", name);
        return NULL;
    }
    if (!found->value) {
        const char *location = o->e.location;
        o->e.location = found->name;
        const ln_id id = found->initializer ? ln_ox_tensor(o, found->initializer)
                                            : ln_ox_sparse(o, found->sparse);
        o->e.location = location;
        const ln_shape s = ln_emit_shape(&o->e, id);
        const ln_ox_layout plain = ln_ox_plain_layout(s.rank);
        found->value = ln_ox_ok(o) ? ln_ox_value_new(o, id, &plain) : NULL;
    }
    return found->value;
}
