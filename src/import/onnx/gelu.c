/* SPDX-License-Identifier: Apache-2.0 */
/* gelu.c: Erf.  TFLite has none, but it has GELU, which exporters write out:
 *
 *   x * (erf(x / sqrt(2)) + 1) * 0.5
 *
 * in some order of the products.  Where the nodes around an Erf say that, it gives GELU(x), and the
 * nodes behind have nothing left to do. */
#include <math.h>
#include <string.h>

#include "import/onnx/families.h"

/* The other operand of a node with two. */
static const char *other(const Onnx__NodeProto *p, const char *name)
{
    return p->n_input != 2 ? "" : strcmp(p->input[0], name) == 0 ? p->input[1] : p->input[0];
}

static bool is_op(const Onnx__NodeProto *p, const char *op)
{
    return p && p->op_type && strcmp(p->op_type, op) == 0;
}

static const Onnx__NodeProto *maker_of(const ln_ox_node *n, const char *name)
{
    const ln_ox_name *found = *name ? ln_ox_lookup(n->scope, name) : NULL;
    return found ? found->maker : NULL;
}

/* A constant near v, known already. */
static bool is_number(ln_ox *o, const ln_ox_node *n, const char *name, double v)
{
    const ln_ox_name *found = *name ? ln_ox_lookup(n->scope, name) : NULL;
    double got;
    if (!found || (!found->value && !found->initializer))
        return false;
    ln_ox_value *value = ln_ox_resolve(o, name);
    return value && ln_emit_read_number(&o->e, value->id, &got) && fabs(got - v) < 1e-3 * fabs(v);
}

/* The node that alone uses what `p` gives, if it is of that operator. */
static const Onnx__NodeProto *next(const ln_ox_node *n, const Onnx__NodeProto *p, const char *op)
{
    const ln_ox_node at = {.p = p, .scope = n->scope};
    return p ? ln_ox_only_user(&at, 0, op) : NULL;
}

/* x, of which Erf gets x / sqrt(2); NULL when it does not. */
static const char *scaled_operand(ln_ox *o, const ln_ox_node *n)
{
    const Onnx__NodeProto *p = maker_of(n, n->p->input[0]);
    if (!p || p->n_input != 2)
        return NULL;
    if (is_op(p, "Div") && is_number(o, n, p->input[1], sqrt(2)))
        return p->input[0];
    for (int i = 0; i < 2 && is_op(p, "Mul"); i++)
        if (is_number(o, n, p->input[i], sqrt(0.5)))
            return p->input[1 - i];
    return NULL;
}

/* x * 0.5, made by a node of its own. */
static bool is_half(ln_ox *o, const ln_ox_node *n, const char *name, const char *x)
{
    const Onnx__NodeProto *p = maker_of(n, name);
    return is_op(p, "Mul") && p->n_input == 2 &&
           (strcmp(p->input[0], x) == 0 || strcmp(p->input[1], x) == 0) &&
           is_number(o, n, other(p, x), 0.5);
}

/* The nodes behind, in order; how many, 0: it is no GELU. */
static int find_tail(ln_ox *o, const ln_ox_node *n, const char *x, const Onnx__NodeProto **tail)
{
    tail[0] = next(n, n->p, "Add");
    if (!tail[0] || !is_number(o, n, other(tail[0], n->p->output[0]), 1))
        return 0;
    tail[1] = next(n, tail[0], "Mul");
    if (!tail[1])
        return 0;
    const char *factor = other(tail[1], tail[0]->output[0]);
    if (is_half(o, n, factor, x))
        return 2;
    tail[2] = next(n, tail[1], "Mul");
    const char *last = tail[2] ? other(tail[2], tail[1]->output[0]) : "";
    const bool plain = strcmp(factor, x) == 0 && is_number(o, n, last, 0.5);
    const bool turned = strcmp(last, x) == 0 && is_number(o, n, factor, 0.5);
    return plain || turned ? 3 : 0;
}

void ln_ox_erf(ln_ox *o, const ln_ox_node *n)
{
    const Onnx__NodeProto *tail[3];
    const TfLiteGeluParams p = {.approximate = false};
    const char *x = ln_ox_has_in(n, 0) && ln_ox_has_out(n, 0) ? scaled_operand(o, n) : NULL;
    const int count = x ? find_tail(o, n, x, tail) : 0;
    ln_ox_value *v = count ? ln_ox_resolve(o, x) : NULL;
    if (!v || ln_ox_value_type(o, v) != kTfLiteFloat32) {
        ln_ox_activation(o, n);
        return;
    }
    const ln_id y = ln_emit_unary(&o->e, &ln_op_gelu, &p, ln_ox_id(o, v));
    ln_ox_value *made = ln_ox_ok(o) ? ln_ox_value_new(o, y, &v->at) : NULL;
    if (!made)
        return;
    made->n_done = count;
    memcpy(made->done, tail, sizeof *tail * (size_t)count);
    ln_ox_out_value(o, n, 0, made);
}
