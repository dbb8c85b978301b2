/* SPDX-License-Identifier: Apache-2.0 */
/* foreign.c: nodes without a row of the table: what emit/foreign.h wants to know of them. */
#include <string.h>

#include "emit/foreign.h"
#include "import/onnx/onnx.h"

/* ONNX's kinds of attributes, as far as they are passed on. */
enum { FLOAT = 1, INT, STRING, FLOATS = 6, INTS };

/* Up to IR version 2 attributes did not say what they are. */
static int kind_of(const Onnx__AttributeProto *a)
{
    if (a->type)
        return a->type;
    return a->n_ints ? INTS : a->n_floats ? FLOATS : a->has_s ? STRING : a->has_f ? FLOAT : INT;
}

static void add_attribute(ln_foreign *f, const char *name, const Onnx__AttributeProto *a)
{
    switch (kind_of(a)) {
    case FLOAT:
        ln_foreign_add(f, name, LN_CONVERT_FLOAT)->f = (double)a->f;
        break;
    case INT:
        ln_foreign_int(f, name, a->i);
        break;
    case STRING:
        ln_foreign_text(f, name, (const char *)a->s.data, a->s.len);
        break;
    case FLOATS: {
        double *list =
            ln_foreign_floats(f, ln_foreign_add(f, name, LN_CONVERT_FLOATS), a->n_floats);
        for (size_t i = 0; list && i < a->n_floats; i++)
            list[i] = (double)a->floats[i];
        break;
    }
    case INTS: {
        int64_t *list = ln_foreign_ints(f, ln_foreign_add(f, name, LN_CONVERT_INTS), a->n_ints);
        if (list && a->n_ints)
            memcpy(list, a->ints, a->n_ints * sizeof *list);
        break;
    }
    default:
        break;
    }
}

/* What the file says of output i. */
static ln_made told(const ln_ox *o, const ln_ox_node *n, int i)
{
    ln_made made = {kTfLiteNoType, ln_shape_unknown(-1)};
    const ln_ox_name *name = ln_ox_has_out(n, i) ? ln_ox_lookup(o->scope, n->p->output[i]) : NULL;
    const Onnx__TypeProto__Tensor *t = name && name->type ? name->type->tensor_type : NULL;
    if (!t)
        return made;
    made.type = ln_ox_type(t->elem_type);
    if (!t->shape || t->shape->n_dim > LN_MAX_RANK)
        return made;
    made.shape = ln_shape_unknown((int)t->shape->n_dim);
    for (int k = 0; k < made.shape.rank; k++) {
        const Onnx__TensorShapeProto__Dimension *d = t->shape->dim[k];
        if (d->has_dim_value && d->dim_value > 0 && d->dim_value <= INT32_MAX)
            made.shape.dim[k] = (int)d->dim_value;
    }
    return made;
}

void ln_ox_foreign(ln_ox *o, const ln_ox_node *n, const char *full_name)
{
    const int n_in = ln_ox_n_in(n), n_out = ln_ox_n_out(n);
    const char *op = ln_arena_string(&o->m->arena, full_name, strlen(full_name));
    ln_foreign *f = op ? ln_foreign_new(&o->e, op, n_in, n_out, n->p->n_attribute) : NULL;
    if (!f) {
        ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
        return;
    }
    f->custom = n->p->op_type ? n->p->op_type : "";
    for (int i = 0; i < n_in; i++)
        f->in[i] = ln_ox_in_id(o, n, i);
    for (int i = 0; i < n_out; i++)
        f->made[i] = told(o, n, i);
    for (size_t i = 0; i < n->p->n_attribute; i++) {
        const char *name = n->p->attribute[i]->name ? n->p->attribute[i]->name : "";
        const Onnx__AttributeProto *a = ln_ox_attr(n, name);
        if (a)
            add_attribute(f, name, a);
    }
    if (ln_foreign_emit(f, o->options->foreign))
        for (int i = 0; i < n_out; i++)
            ln_ox_out(o, n, i, f->out[i]);
}
