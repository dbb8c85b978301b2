/* SPDX-License-Identifier: Apache-2.0 */
/* moved.c: operators that move items, between QLinearConv and its like, which hand integers to each
 * other.  The operator is translated for the numbers that these stand for, and what it gives
 * becomes integers of the same scale again; requantize.c makes one operator of both. */
#include <string.h>

#include "import/onnx/quantized.h"

static bool moves_items(const ln_ox_node *n)
{
    static const char *const movers[] = {
        "Concat", "DepthToSpace", "Expand",    "Flatten",   "Gather", "MaxPool",
        "Pad",    "Reshape",      "ReduceMax", "Resize",    "Slice",  "SpaceToDepth",
        "Split",  "Squeeze",      "Tile",      "Unsqueeze",
    };
    if (!n->row || !n->row->fn || *n->row->domain || n->p->n_output < 1 || n->p->n_input < 1)
        return false;
    for (size_t i = 0; i < LN_COUNTOF(movers); i++)
        if (strcmp(movers[i], n->p->op_type) == 0)
            return true;
    return false;
}

/* The value of an operand as it is known by now; NULL: none, or a constant that nobody used. */
static const ln_ox_value *value_of(const ln_ox_node *n, size_t i)
{
    const ln_ox_name *name = ln_ox_lookup(n->scope, n->p->input[i]);
    return name ? name->value : NULL;
}

static bool is_scaled(const ln_ox *o, const ln_ox_value *v)
{
    const TfLiteAffineQuantization *p =
        v && v->integer && v->q >= 0 ? ln_emit_tensor(&o->e, v->q)->quantization.params : NULL;
    return p && p->scale->size == 1;
}

static bool pads_with_constant(const ln_ox_node *n)
{
    return strcmp(n->p->op_type, "Pad") == 0 && ln_ox_is(n, "mode", "constant", "constant");
}

/* The integer of the file that stands for 0. */
static int zero_of(const ln_ox *o, const ln_ox_value *v)
{
    const TfLiteAffineQuantization *p = ln_emit_tensor(&o->e, v->q)->quantization.params;
    return p->zero_point->data[0] + (v->was_unsigned ? 128 : 0);
}

/* Operand 0 is integers; of a Concat all are, with one scale. */
static bool takes_integers(const ln_ox *o, const ln_ox_node *n)
{
    const ln_ox_value *first = value_of(n, 0);
    if (!is_scaled(o, first) ||
        (pads_with_constant(n) && !ln_ox_has_in(n, 2) && zero_of(o, first) != 0))
        return false;
    for (size_t i = 1; i < n->p->n_input && strcmp(n->p->op_type, "Concat") == 0; i++) {
        const ln_ox_value *v = value_of(n, i);
        if (!is_scaled(o, v) || v->was_unsigned != first->was_unsigned ||
            !ln_ox_same_scales(ln_emit_tensor(&o->e, v->q), ln_emit_tensor(&o->e, first->q)))
            return false;
    }
    return true;
}

/* The operands that are integers as the numbers that they stand for, in a scope of their own. */
static ln_ox_scope *numbers(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_scope *s = ln_ox_scope_new(o, n->scope);
    for (size_t i = 0; s && i < n->p->n_input; i++) {
        const ln_ox_value *v = value_of(n, i);
        ln_ox_name *name = is_scaled(o, v) ? ln_ox_name_in(o, s, n->p->input[i]) : NULL;
        if (!name)
            continue;
        name->value = ln_ox_value_new(o, -1, &v->at);
        if (name->value)
            name->value->q = v->q;
    }
    return s;
}

/* What a Pad puts around integers, as the number that it stands for. */
static void number_around(ln_ox *o, const ln_ox_node *n, ln_ox_scope *s)
{
    const ln_ox_value *first = value_of(n, 0);
    const TfLiteAffineQuantization *p = ln_emit_tensor(&o->e, first->q)->quantization.params;
    const ln_ox_layout scalar = ln_ox_plain_layout(0);
    double v;
    if (!pads_with_constant(n) || !ln_ox_has_in(n, 2) || is_scaled(o, value_of(n, 2)))
        return;
    ln_ox_name *name = ln_ox_name_in(o, s, n->p->input[2]);
    if (!ln_emit_read_number(&o->e, ln_ox_int32(o, ln_ox_in_id(o, n, 2)), &v))
        LN_OX_FAIL(o, "a value around integers that is computed");
    else if (name)
        name->value = ln_ox_value_new(
            o, ln_emit_float(&o->e, (float)(v - zero_of(o, first)) * p->scale->data[0]), &scalar);
}

/* Result i of the scope s as integers like those of the operand `first`. */
static void hand_on(ln_ox *o, const ln_ox_node *n, int i, ln_ox_scope *s, const ln_ox_value *first)
{
    const TfLiteTensor like = *ln_emit_tensor(&o->e, first->q);
    ln_ox_scope *outer = o->scope;
    o->scope = s;
    ln_ox_value *y = ln_ox_ok(o) ? ln_ox_resolve(o, n->p->output[i]) : NULL;
    o->scope = outer;
    if (!y)
        return;
    ln_id q = y->q;
    if (q < 0)
        q = ln_ox_requantized(o, y->id, &like);
    if (q < 0)
        q = ln_ox_quantize(o, y->id, &like);
    ln_ox_value *out = ln_ox_value_new(o, -1, &y->at);
    if (!out)
        return;
    out->q = q;
    out->integer = true;
    out->was_unsigned = first->was_unsigned;
    ln_ox_out_value(o, n, i, out);
}

bool ln_ox_moved(ln_ox *o, const ln_ox_node *n)
{
    if (!ln_ox_ok(o) || !moves_items(n) || !takes_integers(o, n))
        return false;
    ln_ox_scope *outer = o->scope, *s = numbers(o, n);
    if (!s)
        return true;
    number_around(o, n, s);
    ln_ox_node inner = *n;
    inner.scope = s;
    o->scope = s;
    n->row->fn(o, &inner);
    o->scope = outer;
    for (size_t i = 0; i < n->p->n_output; i++)
        if (*n->p->output[i])
            hand_on(o, n, (int)i, s, value_of(n, 0));
    return true;
}
