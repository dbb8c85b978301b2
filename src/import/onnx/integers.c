/* SPDX-License-Identifier: Apache-2.0 */
/* integers.c: operators on integers without scales (MatMulInteger, ConvInteger), and
 * DynamicQuantizeLinear.  They are computed in floats: float32 holds sums of products of 8 bits
 * exactly up to 2^24. */
#include <math.h>
#include <string.h>

#include "import/onnx/quantized.h"

/* A vector of several items along the first dimension that is wanted; -1 stays. */
static ln_id along(ln_ox *o, ln_id x, int behind)
{
    const ln_shape s = ln_emit_shape(&o->e, x);
    int dims[LN_MAX_RANK];
    if (x < 0 || s.rank != 1 || s.dim[0] == 1)
        return x;
    dims[0] = s.dim[0];
    for (int i = 1; i <= behind; i++)
        dims[i] = 1;
    return ln_ox_reshape(o, x, behind + 1, dims);
}

/* Input i less its zero point, as float; both in ONNX's order. */
static ln_id centered(ln_ox *o, const ln_ox_node *n, int i, int zero, int behind)
{
    const ln_id x = ln_emit_cast(&o->e, ln_ox_in_id(o, n, i), kTfLiteFloat32);
    const ln_id z = along(o, ln_ox_in_id(o, n, zero), behind);
    return z < 0 ? x : ln_ox_sub(o, x, ln_emit_cast(&o->e, z, kTfLiteFloat32));
}

/* Rounded, moved by the zero point and cut to the type of that. */
static ln_id to_integers(ln_ox *o, ln_id x, ln_id scale, ln_id zero)
{
    const TfLiteType type = zero < 0 ? kTfLiteUInt8 : ln_emit_type(&o->e, zero);
    const float low = type == kTfLiteInt8 ? -128.f : 0.f;
    ln_id y = ln_ox_op1(o, &ln_op_round, ln_ox_div(o, x, scale));
    if (zero >= 0)
        y = ln_ox_add(o, y, ln_emit_cast(&o->e, zero, kTfLiteFloat32));
    y = ln_ox_op2(o, &ln_op_maximum, y, ln_emit_float(&o->e, low));
    y = ln_ox_op2(o, &ln_op_minimum, y, ln_emit_float(&o->e, low + 255));
    return ln_emit_cast(&o->e, y, type);
}

static ln_id product(ln_ox *o, ln_id a, ln_id b)
{
    if (ln_emit_shape(&o->e, a).rank < 2 || ln_emit_shape(&o->e, b).rank < 2)
        LN_OX_FAIL(o, "operands have to be matrices");
    return ln_ox_product(o, a, b, false, false);
}

void ln_ox_matmul_integer(ln_ox *o, const ln_ox_node *n)
{
    const ln_id y = product(o, centered(o, n, 0, 2, 1), centered(o, n, 1, 3, 0));
    ln_ox_out(o, n, 0, ln_emit_cast(&o->e, y, kTfLiteInt32));
}

/* ---- convolutions ---- */

/* Conv of values that are no node's inputs: a node of its own beside the given one. */
static ln_id convolution(ln_ox *o, const ln_ox_node *n, ln_id x, ln_id w, ln_id bias)
{
    static char names[4][16] = {"x", "w", "b", "y"};
    char *in[] = {names[0], names[1], names[2]}, *out[] = {names[3]};
    const ln_id ids[] = {x, w, bias};
    Onnx__NodeProto p = *n->p;
    ln_ox_scope *outer = o->scope, *s = ln_ox_ok(o) ? ln_ox_scope_new(o, outer) : NULL;
    if (!s)
        return -1;
    s->parent = NULL;
    p.input = in;
    p.n_input = bias < 0 ? 2 : 3;
    p.output = out;
    p.n_output = 1;
    for (size_t i = 0; i < p.n_input; i++) {
        const ln_ox_layout at = ln_ox_plain_layout(ln_emit_shape(&o->e, ids[i]).rank);
        ln_ox_name *name = ln_ox_name_in(o, s, in[i]);
        if (name)
            name->value = ln_ox_value_new(o, ids[i], &at);
    }
    const ln_ox_node conv = {.p = &p, .row = n->row, .scope = s, .opset = n->opset};
    o->scope = s;
    ln_ox_conv(o, &conv);
    ln_ox_value *y = ln_ox_ok(o) ? ln_ox_resolve(o, out[0]) : NULL;
    o->scope = outer;
    return y ? ln_ox_plain(o, y) : -1;
}

void ln_ox_conv_integer(ln_ox *o, const ln_ox_node *n)
{
    const int behind = ln_emit_shape(&o->e, ln_ox_in_id(o, n, 1)).rank - 1;
    const ln_id y = convolution(o, n, centered(o, n, 0, 2, 0), centered(o, n, 1, 3, behind), -1);
    ln_ox_out(o, n, 0, ln_emit_cast(&o->e, y, kTfLiteInt32));
}

/* ---- QLinearConcat: scale and zero point of the result, then those of each operand behind it ----
 */

/* A node of this operator in place of a part of n. */
static void part(ln_ox *o, const ln_ox_node *n, char *op, size_t n_in, char **in, char **out)
{
    Onnx__NodeProto p, *list = &p;
    onnx__node_proto__init(&p);
    p.name = n->p->name;
    p.op_type = op;
    p.input = in;
    p.n_input = n_in;
    p.output = out;
    p.n_output = 1;
    if (strcmp(op, "Concat") == 0) {
        p.attribute = n->p->attribute;
        p.n_attribute = n->p->n_attribute;
    }
    Onnx__NodeProto *kept = ln_ox_ok(o) ? ln_arena_copy(&o->m->arena, list, sizeof p) : NULL;
    if (kept)
        ln_ox_nodes(o, 1, &kept);
}

void ln_ox_qlinear_concat(ln_ox *o, const ln_ox_node *n)
{
    enum { MOST = 256 };
    static char dequantize[] = "DequantizeLinear", concat[] = "Concat",
                quantize[] = "QuantizeLinear";
    static char joined[] = "#joined", result[] = "#result";
    const size_t count = n->p->n_input / 3;
    char *names[MOST], **in = n->p->input, *whole[] = {joined}, *last[] = {result};
    ln_ox_scope *outer = o->scope, *s = ln_ox_ok(o) ? ln_ox_scope_new(o, outer) : NULL;
    if (!s || n->p->n_input != 3 * count + 2 || count < 1 || count > MOST) {
        LN_OX_FAIL(o, "%zu operands", n->p->n_input);
        return;
    }
    o->scope = s;
    for (size_t i = 0; i < count && ln_ox_ok(o); i++) {
        const char name[] = {'#', (char)('a' + i / 16), (char)('a' + i % 16)};
        names[i] = ln_arena_string(&o->m->arena, name, sizeof name);
        if (names[i])
            part(o, n, dequantize, 3, in + 2 + 3 * i, &names[i]);
    }
    part(o, n, concat, count, names, whole);
    part(o, n, quantize, 3, (char *[]){joined, in[0], in[1]}, last);
    ln_ox_value *y = ln_ox_ok(o) ? ln_ox_resolve(o, result) : NULL;
    o->scope = outer;
    ln_ox_out_value(o, n, 0, y);
}

/* ---- DynamicQuantizeLinear ---- */

static ln_id extreme(ln_ox *o, const ln_op *reduce, const ln_op *with_zero, ln_id x)
{
    int axes[LN_MAX_RANK];
    const int rank = LN_MAX(ln_emit_shape(&o->e, x).rank, 0);
    for (int i = 0; i < rank; i++)
        axes[i] = i;
    return ln_ox_op2(o, with_zero, ln_emit_reduce(&o->e, reduce, x, rank, axes, false),
                     ln_emit_float(&o->e, 0));
}

void ln_ox_dynamic_quantize(ln_ox *o, const ln_ox_node *n)
{
    const ln_id x = ln_ox_in_id(o, n, 0);
    const ln_id high = extreme(o, &ln_op_reduce_max, &ln_op_maximum, x);
    const ln_id low = extreme(o, &ln_op_reduce_min, &ln_op_minimum, x);
    const ln_id scale = ln_ox_div(o, ln_ox_sub(o, high, low), ln_emit_float(&o->e, 255));
    ln_id zero = ln_ox_op1(o, &ln_op_round, ln_ox_div(o, ln_ox_op1(o, &ln_op_neg, low), scale));
    zero = ln_ox_op2(o, &ln_op_minimum, ln_ox_op2(o, &ln_op_maximum, zero, ln_emit_float(&o->e, 0)),
                     ln_emit_float(&o->e, 255));
    zero = ln_emit_cast(&o->e, zero, kTfLiteUInt8);
    ln_ox_out(o, n, 0, to_integers(o, x, scale, zero));
    ln_ox_out(o, n, 1, scale);
    ln_ox_out(o, n, 2, zero);
}
