/* SPDX-License-Identifier: Apache-2.0 */
/* common.c: the nodes that every importer makes.  Each returns its input where there is nothing to
 * do, so that callers need not look. */
#include <string.h>

#include "emit/emit.h"
#include "ops/list.h"

ln_id ln_emit_reshape(ln_emit *e, ln_id x, const ln_shape *shape)
{
    const ln_shape from = ln_emit_shape(e, x);
    TfLiteReshapeParams p = {.num_dimensions = shape->rank};
    if (ln_shape_known(&from) && ln_shape_equal(&from, shape))
        return x;
    memcpy(p.shape, shape->dim, sizeof(int) * (size_t)shape->rank);
    return ln_emit_binary(e, &ln_op_reshape, &p, x, ln_emit_ints(e, shape->rank, shape->dim));
}

ln_id ln_emit_transpose(ln_emit *e, ln_id x, int rank, const int *perm)
{
    bool same = true;
    for (int i = 0; i < rank; i++)
        same = same && perm[i] == i;
    return same ? x : ln_emit_binary(e, &ln_op_transpose, NULL, x, ln_emit_ints(e, rank, perm));
}

ln_id ln_emit_cast(ln_emit *e, ln_id x, TfLiteType type)
{
    const TfLiteType from = ln_emit_type(e, x);
    const TfLiteCastParams p = {.in_data_type = from, .out_data_type = type};
    const ln_made to = {.type = type, .shape = {.rank = -1}};
    /* the same 64 bits: CAST of TensorFlow's runtime takes no uint64 */
    const bool same_bits = (from == kTfLiteUInt64 && type == kTfLiteInt64) ||
                           (from == kTfLiteInt64 && type == kTfLiteUInt64);
    const ln_emit_call call = {.op = same_bits ? &ln_op_bitcast : &ln_op_cast,
                               .params = same_bits ? NULL : &p,
                               .in = &x,
                               .n_in = 1,
                               .n_out = 1,
                               .hints = &to};
    ln_id y;
    if (from == type)
        return x;
    return ln_emit_node(e, &call, &y) ? y : -1;
}

ln_id ln_emit_expand_dims(ln_emit *e, ln_id x, int axis)
{
    return ln_emit_binary(e, &ln_op_expand_dims, NULL, x, ln_emit_int(e, axis));
}

ln_id ln_emit_squeeze(ln_emit *e, ln_id x, unsigned axes)
{
    TfLiteSqueezeParams p = {0};
    for (int i = 0; i < LN_MAX_RANK; i++)
        if (axes >> i & 1)
            p.squeeze_dims[p.num_squeeze_dims++] = i;
    return axes ? ln_emit_unary(e, &ln_op_squeeze, &p, x) : x;
}

ln_id ln_emit_slice(ln_emit *e, ln_id x, int rank, const int *begin, const int *size)
{
    const ln_shape s = ln_emit_shape(e, x);
    bool whole = true;
    for (int i = 0; i < rank; i++)
        whole = whole && begin[i] == 0 && (size[i] == -1 || size[i] == s.dim[i]);
    if (whole)
        return x;
    const ln_id in[] = {x, ln_emit_ints(e, rank, begin), ln_emit_ints(e, rank, size)};
    return ln_emit_nary(e, &ln_op_slice, NULL, 3, in);
}

ln_id ln_emit_pad(ln_emit *e, ln_id x, int rank, const int *before, const int *after)
{
    return ln_emit_pad_value(e, x, rank, before, after, -1);
}

ln_id ln_emit_pad_value(ln_emit *e, ln_id x, int rank, const int *before, const int *after,
                        ln_id value)
{
    const ln_shape s = {.rank = 2, .dim = {rank, 2}};
    int pads[2 * LN_MAX_RANK];
    bool none = true;
    for (int i = 0; i < rank; i++) {
        pads[2 * i] = before[i];
        pads[2 * i + 1] = after[i];
        none = none && before[i] == 0 && after[i] == 0;
    }
    if (none)
        return x;
    const ln_id paddings =
        ln_emit_constant(e, kTfLiteInt32, &s, pads, 2 * sizeof(int) * (size_t)rank, true);
    const ln_id in[] = {x, paddings, value};
    return value < 0 ? ln_emit_nary(e, &ln_op_pad, NULL, 2, in)
                     : ln_emit_nary(e, &ln_op_padv2, NULL, 3, in);
}

ln_id ln_emit_concat(ln_emit *e, int n, const ln_id *in, int axis)
{
    const TfLiteConcatenationParams p = {.axis = axis};
    return n == 1 ? in[0] : ln_emit_nary(e, &ln_op_concatenation, &p, n, in);
}

ln_id ln_emit_gather(ln_emit *e, ln_id x, ln_id indices, int axis)
{
    const TfLiteGatherParams p = {.axis = axis};
    return ln_emit_binary(e, &ln_op_gather, &p, x, indices);
}

ln_id ln_emit_reduce(ln_emit *e, const ln_op *op, ln_id x, int n, const int *axes, bool keep_dims)
{
    const TfLiteReducerParams p = {.keep_dims = keep_dims};
    return ln_emit_binary(e, op, &p, x, ln_emit_ints(e, n, axes));
}

ln_id ln_emit_shape_of(ln_emit *e, ln_id x)
{
    const TfLiteShapeParams p = {.out_type = kTfLiteInt32};
    return ln_emit_unary(e, &ln_op_shape, &p, x);
}

ln_id ln_emit_dim(ln_emit *e, ln_id x, int axis)
{
    const ln_shape s = ln_emit_shape(e, x);
    if (axis < s.rank && s.dim[axis] >= 0)
        return ln_emit_int(e, s.dim[axis]);
    return ln_emit_gather(e, ln_emit_shape_of(e, x), ln_emit_int(e, axis), 0);
}

ln_id ln_emit_range(ln_emit *e, ln_id limit)
{
    const ln_id in[] = {ln_emit_int(e, 0), limit, ln_emit_int(e, 1)};
    return ln_emit_nary(e, &ln_op_range, NULL, 3, in);
}

ln_id ln_emit_abs(ln_emit *e, ln_id x)
{
    if (ln_emit_type(e, x) != kTfLiteInt64)
        return ln_emit_unary(e, &ln_op_abs, NULL, x);
    return ln_emit_binary(e, &ln_op_maximum, NULL, x, ln_emit_unary(e, &ln_op_neg, NULL, x));
}

const ln_op *ln_emit_activation_op(TfLiteFusedActivation activation)
{
    switch (activation) {
    case kTfLiteActRelu:
        return &ln_op_relu;
    case kTfLiteActReluN1To1:
        return &ln_op_relu_n1_to_1;
    case kTfLiteActRelu6:
        return &ln_op_relu6;
    case kTfLiteActTanh:
        return &ln_op_tanh;
    case kTfLiteActSigmoid:
        return &ln_op_logistic;
    default:
        return NULL;
    }
}
