/* SPDX-License-Identifier: Apache-2.0 */
/* reduce.c: reductions over the stored dimensions, and Softmax, whose dimension has to be stored
 * last. */
#include <math.h>
#include <string.h>

#include "import/onnx/families.h"

typedef struct axes {
    int n, stored[LN_MAX_RANK];
    unsigned logical;
    bool keep;
} axes;

static ln_id fold(ln_ox *o, const ln_op *op, ln_id x, const axes *a, bool keep)
{
    return ln_emit_reduce(&o->e, op, x, a->n, a->stored, keep);
}

/* max + log(sum(exp(x - max))), where max is 0 if it is not finite. */
static ln_id log_sum_exp(ln_ox *o, ln_id x, const axes *a)
{
    const ln_id top = fold(o, &ln_op_reduce_max, x, a, true);
    const ln_id sum = fold(o, &ln_op_sum, ln_ox_op1(o, &ln_op_exp, ln_ox_sub(o, x, top)), a, true);
    const ln_id y = ln_ox_add(o, ln_ox_op1(o, &ln_op_log, sum), top);
    unsigned drop = 0;
    for (int i = 0; i < a->n; i++)
        drop |= 1u << a->stored[i];
    return a->keep ? y : ln_emit_squeeze(&o->e, y, drop);
}

static ln_id reduced(ln_ox *o, const ln_ox_node *n, ln_id x, const axes *a)
{
    switch (n->row->arg) {
    case LN_OX_L1:
        return fold(o, &ln_op_sum, ln_ox_op1(o, &ln_op_abs, x), a, a->keep);
    case LN_OX_L2:
    case LN_OX_SUM_SQUARE: {
        const ln_id sum = fold(o, &ln_op_sum, ln_ox_mul(o, x, x), a, a->keep);
        if (n->row->arg == LN_OX_SUM_SQUARE)
            return sum;
        return ln_ox_op1(o, &ln_op_sqrt, ln_emit_cast(&o->e, sum, kTfLiteFloat32));
    }
    case LN_OX_LOG_SUM:
        return ln_ox_op1(o, &ln_op_log,
                         fold(o, &ln_op_sum, ln_emit_cast(&o->e, x, kTfLiteFloat32), a, a->keep));
    case LN_OX_LOG_SUM_EXP:
        return log_sum_exp(o, ln_emit_cast(&o->e, x, kTfLiteFloat32), a);
    default:
        return fold(o, n->row->to, x, a, a->keep);
    }
}

static bool read_axes(ln_ox *o, const ln_ox_node *n, const ln_ox_value *v, axes *a, bool *nothing)
{
    int logical[LN_MAX_RANK], count;
    const int rank = v->at.rank;
    *a = (axes){.keep = ln_ox_int(n, "keepdims", 1)};
    if (!ln_ox_axes(o, n, 1, rank, logical, &count))
        return false;
    *nothing = count <= 0 && ln_ox_int(n, "noop_with_empty_axes", 0);
    if (count <= 0)
        for (count = 0; count < rank; count++)
            logical[count] = count;
    for (int i = 0; i < count; i++) {
        a->logical |= 1u << logical[i];
        a->stored[a->n++] = ln_ox_at(&v->at, logical[i]);
    }
    return true;
}

/* The largest, the smallest or the logarithm of the sum of nothing. */
static ln_id of_nothing(ln_ox *o, const ln_ox_node *n, ln_id x, const axes *a)
{
    const TfLiteType type = ln_emit_type(&o->e, x);
    const bool least = n->row->to == &ln_op_reduce_min;
    ln_shape s = ln_emit_shape(&o->e, x);
    unsigned drop = 0;
    for (int i = 0; i < a->n; i++) {
        s.dim[a->stored[i]] = 1;
        drop |= 1u << a->stored[i];
    }
    if (!ln_shape_known(&s) || (type != kTfLiteFloat32 && type != kTfLiteInt32)) {
        LN_OX_FAIL(o, "over no items, of an open shape or of integers other than int32");
        return -1;
    }
    const double value = type == kTfLiteFloat32 ? (double)INFINITY : INT32_MAX;
    const double lowest = type == kTfLiteFloat32 ? -value : INT32_MIN;
    const ln_id y = ln_ox_op2(o, &ln_op_broadcast_to, ln_ox_like(o, x, least ? value : lowest),
                              ln_emit_ints(&o->e, s.rank, s.dim));
    return a->keep ? y : ln_emit_squeeze(&o->e, y, drop);
}

static bool is_of_nothing(ln_ox *o, const ln_ox_node *n, ln_id x, const axes *a)
{
    const ln_shape s = ln_emit_shape(&o->e, x);
    if (n->row->to != &ln_op_reduce_min && n->row->to != &ln_op_reduce_max &&
        n->row->arg != LN_OX_LOG_SUM_EXP)
        return false;
    for (int i = 0; i < a->n; i++)
        if (s.rank > 0 && s.dim[a->stored[i]] == 0)
            return true;
    return false;
}

void ln_ox_reduce(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    bool nothing;
    axes a;
    if (!v || !read_axes(o, n, v, &a, &nothing))
        return;
    const ln_id x = ln_ox_id(o, v), wide = ln_ox_widen(o, x);
    const TfLiteType type = ln_emit_type(&o->e, x);
    ln_ox_layout at = a.keep || nothing ? v->at : ln_ox_drop_axes(&v->at, a.logical);
    if (nothing) {
        a.n = 0;
        a.keep = true;
    }
    ln_id y;
    if (type == kTfLiteBool)
        y = fold(o, n->row->to == &ln_op_reduce_min ? &ln_op_reduce_all : &ln_op_reduce_any, x, &a,
                 a.keep);
    else if (is_of_nothing(o, n, wide, &a))
        y = of_nothing(o, n, wide, &a);
    else
        y = reduced(o, n, wide, &a);
    ln_ox_out_at(o, n, 0, ln_emit_cast(&o->e, y, type), &at);
}

/* ---- Softmax ---- */

/* The dimension stored last, the others in their order. */
static ln_ox_layout with_last(const ln_ox_layout *at, int axis)
{
    ln_ox_layout y = {0};
    for (int i = 0; i < at->rank; i++)
        if (at->dim[i] != axis)
            y.dim[y.rank++] = at->dim[i];
    y.dim[y.rank++] = (int8_t)axis;
    return y;
}

ln_id ln_ox_axis_last(ln_ox *o, ln_ox_value *v, int axis, ln_ox_layout *at)
{
    *at = with_last(&v->at, axis);
    return ln_ox_as(o, v, at);
}

/* SOFTMAX of older runtimes takes at most four dimensions. */
static ln_id along_rows(ln_ox *o, const ln_op *op, ln_id x)
{
    const TfLiteSoftmaxParams p = {.beta = 1};
    const void *params = op == &ln_op_softmax ? &p : NULL;
    const ln_shape s = ln_emit_shape(&o->e, x);
    if (s.rank <= 4 || !ln_shape_known(&s))
        return ln_emit_unary(&o->e, op, params, x);
    const ln_id flat = ln_ox_reshape(o, x, 2, (const int[]){-1, s.dim[s.rank - 1]});
    return ln_emit_reshape(&o->e, ln_emit_unary(&o->e, op, params, flat), &s);
}

void ln_ox_softmax(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    ln_ox_layout at;
    int axis;
    if (!v || !ln_ox_axis(o, n, n->opset < 13 ? 1 : -1, v->at.rank, &axis))
        return;
    if (n->opset >= 13 || axis == v->at.rank - 1) {
        const ln_id x = ln_ox_axis_last(o, v, axis, &at);
        ln_ox_out_at(o, n, 0, along_rows(o, n->row->to, x), &at);
        return;
    }
    /* up to opset 12: over all dimensions from `axis` on */
    const ln_id x = ln_ox_plain(o, v);
    const ln_id y = along_rows(o, n->row->to, ln_ox_rows(o, x, axis));
    ln_ox_out(o, n, 0, ln_ox_reshape_like(o, y, x));
}

/* 1 at the first largest item of the last dimension, 0 elsewhere. */
static ln_id one_at_top(ln_ox *o, ln_id x)
{
    const TfLiteArgMaxParams p = {.output_type = kTfLiteInt32};
    const TfLiteOneHotParams hot = {.axis = -1};
    const int last = ln_emit_shape(&o->e, x).rank - 1;
    const ln_id top = ln_emit_binary(&o->e, &ln_op_arg_max, &p, x, ln_emit_int(&o->e, last));
    const ln_id in[] = {top, ln_ox_dim_of(o, x, last), ln_emit_float(&o->e, 1),
                        ln_emit_float(&o->e, 0)};
    return ln_emit_nary(&o->e, &ln_op_one_hot, &hot, 4, in);
}

void ln_ox_hardmax(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    ln_ox_layout at;
    int axis;
    if (!v || !ln_ox_axis(o, n, n->opset < 13 ? 1 : -1, v->at.rank, &axis))
        return;
    if (n->opset >= 13 || axis == v->at.rank - 1) {
        const ln_id x = ln_ox_axis_last(o, v, axis, &at);
        ln_ox_out_at(o, n, 0, one_at_top(o, x), &at);
        return;
    }
    const ln_id x = ln_ox_plain(o, v);
    ln_ox_out(o, n, 0, ln_ox_reshape_like(o, one_at_top(o, ln_ox_rows(o, x, axis)), x));
}
