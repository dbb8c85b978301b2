/* SPDX-License-Identifier: Apache-2.0 */
/* op.c: short forms for what the families emit all the time. */
#include <string.h>

#include "import/onnx/onnx.h"

const ln_node *ln_ox_maker(const ln_ox *o, ln_id x)
{
    enum { LOOK_BACK = 64 };
    const ln_graph *g = o->e.g;
    for (int i = g->n_nodes - 1; i >= 0 && i >= g->n_nodes - LOOK_BACK; i--)
        if (g->nodes[i].outputs->size == 1 && g->nodes[i].outputs->data[0] == x)
            return &g->nodes[i];
    return NULL;
}

ln_id ln_ox_op1(ln_ox *o, const ln_op *op, ln_id x)
{
    return op == &ln_op_abs ? ln_emit_abs(&o->e, x) : ln_emit_unary(&o->e, op, NULL, x);
}

ln_id ln_ox_op2(ln_ox *o, const ln_op *op, ln_id a, ln_id b)
{
    return ln_emit_binary(&o->e, op, NULL, a, b);
}

ln_id ln_ox_add(ln_ox *o, ln_id a, ln_id b)
{
    return ln_ox_op2(o, &ln_op_add, a, b);
}

ln_id ln_ox_sub(ln_ox *o, ln_id a, ln_id b)
{
    return ln_ox_op2(o, &ln_op_sub, a, b);
}

ln_id ln_ox_mul(ln_ox *o, ln_id a, ln_id b)
{
    return ln_ox_op2(o, &ln_op_mul, a, b);
}

ln_id ln_ox_div(ln_ox *o, ln_id a, ln_id b)
{
    return ln_ox_op2(o, &ln_op_div, a, b);
}

ln_id ln_ox_like(ln_ox *o, ln_id x, double value)
{
    return ln_emit_number(&o->e, ln_emit_type(&o->e, x), value);
}

ln_id ln_ox_widen(ln_ox *o, ln_id x)
{
    switch (ln_emit_type(&o->e, x)) {
    case kTfLiteInt8:
    case kTfLiteUInt8:
    case kTfLiteInt16:
    case kTfLiteUInt16:
        return ln_emit_cast(&o->e, x, kTfLiteInt32);
    case kTfLiteUInt32:
    case kTfLiteUInt64:
        return ln_emit_cast(&o->e, x, kTfLiteInt64);
    default:
        return x;
    }
}

ln_id ln_ox_select(ln_ox *o, ln_id condition, ln_id a, ln_id b)
{
    const ln_id in[] = {condition, a, b};
    int rank = 0;
    for (int i = 0; i < 3; i++)
        rank = LN_MAX(rank, ln_emit_shape(&o->e, in[i]).rank);
    const ln_id y = ln_emit_nary(&o->e, &ln_op_select_v2, NULL, 3, in);
    const ln_shape s = ln_emit_shape(&o->e, y);
    if (s.rank != 0 || rank <= 0)
        return y;
    ln_shape one = {.rank = rank}; /* of single items SELECT_V2 makes whatever rank is wanted */
    for (int i = 0; i < rank; i++)
        one.dim[i] = 1;
    return ln_emit_reshape(&o->e, y, &one);
}

ln_id ln_ox_int32(ln_ox *o, ln_id x)
{
    return ln_emit_cast(&o->e, x, kTfLiteInt32);
}

ln_id ln_ox_as_type(ln_ox *o, ln_id x, TfLiteType type)
{
    const ln_made made = {type, ln_shape_unknown(-1)};
    const ln_emit_call call = {
        .op = &ln_op_bitcast, .in = &x, .n_in = 1, .n_out = 1, .hints = &made};
    ln_id y;
    if (ln_emit_type(&o->e, x) == type)
        return x;
    return ln_emit_node(&o->e, &call, &y) ? y : -1;
}

ln_id ln_ox_reshape(ln_ox *o, ln_id x, int rank, const int *dims)
{
    ln_shape s = {.rank = rank};
    if (rank > 0)
        memcpy(s.dim, dims, (size_t)rank * sizeof *dims);
    return ln_emit_reshape(&o->e, x, &s);
}

ln_id ln_ox_strided_slice(ln_ox *o, ln_id x, int rank, const int *begin, const int *end,
                          const int *step, int end_mask)
{
    const TfLiteStridedSliceParams p = {.end_mask = end_mask};
    const ln_id in[] = {x, ln_emit_ints(&o->e, rank, begin), ln_emit_ints(&o->e, rank, end),
                        ln_emit_ints(&o->e, rank, step)};
    return ln_emit_nary(&o->e, &ln_op_strided_slice, &p, 4, in);
}
