/* SPDX-License-Identifier: Apache-2.0 */
/* node.c: a node's operands and attributes.  An attribute in a function's body may refer to one of
 * the node that calls it. */
#include <string.h>

#include "import/onnx/onnx.h"

int ln_ox_n_in(const ln_ox_node *n)
{
    return (int)n->p->n_input;
}

int ln_ox_n_out(const ln_ox_node *n)
{
    return (int)n->p->n_output;
}

bool ln_ox_has_in(const ln_ox_node *n, int i)
{
    return i < ln_ox_n_in(n) && *n->p->input[i];
}

bool ln_ox_has_out(const ln_ox_node *n, int i)
{
    return i < ln_ox_n_out(n) && *n->p->output[i];
}

ln_ox_value *ln_ox_in_any(ln_ox *o, const ln_ox_node *n, int i)
{
    if (!ln_ox_ok(o) || !ln_ox_has_in(n, i))
        return NULL;
    return ln_ox_resolve(o, n->p->input[i]);
}

ln_ox_value *ln_ox_in(ln_ox *o, const ln_ox_node *n, int i)
{
    ln_ox_value *v = ln_ox_in_any(o, n, i);
    if (!v || !v->items)
        return v;
    LN_OX_FAIL(o, "input %d is a sequence, not a tensor", i);
    return NULL;
}

ln_id ln_ox_in_id(ln_ox *o, const ln_ox_node *n, int i)
{
    ln_ox_value *v = ln_ox_in(o, n, i);
    return v ? ln_ox_plain(o, v) : -1;
}

void ln_ox_out_value(ln_ox *o, const ln_ox_node *n, int i, ln_ox_value *v)
{
    if (!v || !ln_ox_has_out(n, i))
        return;
    ln_ox_name *name = ln_ox_name_in(o, n->scope, n->p->output[i]);
    if (name && (name->value || name->initializer))
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "'%s' is made twice", name->name);
    else if (name)
        name->value = v;
}

void ln_ox_out_at(ln_ox *o, const ln_ox_node *n, int i, ln_id id, const ln_ox_layout *at)
{
    if (ln_ox_ok(o) && ln_ox_has_out(n, i))
        ln_ox_out_value(o, n, i, ln_ox_value_new(o, id, at));
}

void ln_ox_out(ln_ox *o, const ln_ox_node *n, int i, ln_id id)
{
    const ln_shape s = ln_emit_shape(&o->e, id);
    const ln_ox_layout plain = ln_ox_plain_layout(s.rank);
    ln_ox_out_at(o, n, i, id, &plain);
}

int ln_ox_uses(const ln_ox_node *n, int i)
{
    const ln_ox_name *name = ln_ox_has_out(n, i) ? ln_ox_lookup(n->scope, n->p->output[i]) : NULL;
    return name ? name->uses : 0;
}

const Onnx__NodeProto *ln_ox_only_user(const ln_ox_node *n, int i, const char *op)
{
    const ln_ox_name *name = ln_ox_has_out(n, i) ? ln_ox_lookup(n->scope, n->p->output[i]) : NULL;
    if (!name || name->uses != 1 || name->output || !name->user || !name->user->op_type)
        return NULL;
    return strcmp(name->user->op_type, op) == 0 ? name->user : NULL;
}

/* ---- attributes ---- */

static const Onnx__AttributeProto *own_attr(size_t n, Onnx__AttributeProto *const *attrs,
                                            const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (attrs[i]->name && strcmp(attrs[i]->name, name) == 0)
            return attrs[i];
    return NULL;
}

const Onnx__AttributeProto *ln_ox_attr(const ln_ox_node *n, const char *name)
{
    const Onnx__AttributeProto *a = own_attr(n->p->n_attribute, n->p->attribute, name);
    while (a && a->ref_attr_name && *a->ref_attr_name && n->scope->call) {
        const Onnx__FunctionProto *f = n->scope->function;
        const char *wanted = a->ref_attr_name;
        n = n->scope->call;
        a = own_attr(n->p->n_attribute, n->p->attribute, wanted);
        if (!a && f)
            a = own_attr(f->n_attribute_proto, f->attribute_proto, wanted);
    }
    return a;
}

bool ln_ox_has(const ln_ox_node *n, const char *name)
{
    return ln_ox_attr(n, name) != NULL;
}

static int as_int(int64_t v)
{
    return v > INT32_MAX ? INT32_MAX : v < -INT32_MAX ? -INT32_MAX : (int)v;
}

int ln_ox_int(const ln_ox_node *n, const char *name, int fallback)
{
    const Onnx__AttributeProto *a = ln_ox_attr(n, name);
    return a ? as_int(a->i) : fallback;
}

float ln_ox_float(const ln_ox_node *n, const char *name, float fallback)
{
    const Onnx__AttributeProto *a = ln_ox_attr(n, name);
    return a ? a->f : fallback;
}

int ln_ox_ints(const ln_ox_node *n, const char *name, int max, int *values)
{
    const Onnx__AttributeProto *a = ln_ox_attr(n, name);
    if (!a || a->n_ints > (size_t)max)
        return -1;
    for (size_t i = 0; i < a->n_ints; i++)
        values[i] = as_int(a->ints[i]);
    return (int)a->n_ints;
}

int ln_ox_floats(const ln_ox_node *n, const char *name, int max, float *values)
{
    const Onnx__AttributeProto *a = ln_ox_attr(n, name);
    if (!a || a->n_floats > (size_t)max)
        return -1;
    for (size_t i = 0; i < a->n_floats; i++)
        values[i] = a->floats[i];
    return (int)a->n_floats;
}

bool ln_ox_is(const ln_ox_node *n, const char *name, const char *value, const char *fallback)
{
    const Onnx__AttributeProto *a = ln_ox_attr(n, name);
    if (!a)
        return strcmp(value, fallback) == 0;
    return a->s.len == strlen(value) && memcmp(a->s.data, value, a->s.len) == 0;
}

bool ln_ox_const_ints(ln_ox *o, const ln_ox_node *n, int i, int max, int *values, int *count)
{
    ln_ox_value *v = ln_ox_in(o, n, i);
    const ln_id id = v ? ln_ox_plain(o, v) : -1;
    if (!ln_ox_ok(o))
        return false;
    const TfLiteTensor *t = ln_emit_tensor(&o->e, id);
    if (ln_emit_known(&o->e, id) && t->type == kTfLiteInt64 && ln_count(t) <= max) {
        *count = ln_count(t); /* INT64_MAX is usual for "to the end" */
        for (int k = 0; k < *count; k++)
            values[k] = as_int(t->data.i64[k]);
        return true;
    }
    if (ln_emit_read_ints(&o->e, id, max, values, count))
        return true;
    LN_OX_FAIL(o, "input %d ('%s') has to be a constant of at most %d integers", i,
               i < ln_ox_n_in(n) ? n->p->input[i] : "", max);
    return false;
}

static bool in_range(ln_ox *o, int rank, int *axis)
{
    if (*axis < -rank || *axis >= LN_MAX(rank, 1)) {
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "axis %d of %d dimensions", *axis, rank);
        return false;
    }
    *axis += *axis < 0 ? rank : 0;
    return true;
}

bool ln_ox_axes(ln_ox *o, const ln_ox_node *n, int i, int rank, int *axes, int *count)
{
    *count = ln_ox_ints(n, "axes", LN_MAX_RANK, axes);
    if (*count < 0 && i >= 0 && ln_ox_has_in(n, i) &&
        !ln_ox_const_ints(o, n, i, LN_MAX_RANK, axes, count))
        return false;
    for (int k = 0; k < *count; k++)
        if (!in_range(o, rank, &axes[k]))
            return false;
    return ln_ox_ok(o);
}

bool ln_ox_axis(ln_ox *o, const ln_ox_node *n, int fallback, int rank, int *axis)
{
    *axis = ln_ox_int(n, "axis", fallback);
    return ln_ox_ok(o) && in_range(o, rank, axis);
}
