/* SPDX-License-Identifier: Apache-2.0 */
/* map_shape.c: shapes, and what arranges whole tensors. */
#include <string.h>

#include "import/savedmodel/tf.h"

static TfLiteType index_type(ln_tf_op *op, const char *name, TfLiteType fallback)
{
    const TfLiteType type = ln_tf_attr_type(op, name);
    return type == kTfLiteNoType ? fallback : type;
}

static ln_id shape_as(ln_emit *e, ln_id x, TfLiteType type)
{
    const TfLiteShapeParams p = {.out_type = type};
    return ln_emit_unary(e, &ln_op_shape, &p, x);
}

static void shape(ln_tf_op *op)
{
    const TfLiteType type = index_type(op, "out_type", kTfLiteInt32);
    for (int i = 0; i < op->n_in; i++)
        ln_tf_out(op, i, shape_as(op->e, ln_tf_in(op, i), type));
}

static void size(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    const ln_shape s = ln_emit_shape(op->e, x);
    const TfLiteType type = index_type(op, "out_type", kTfLiteInt32);
    if (ln_shape_known(&s)) {
        ln_tf_out(op, 0, ln_emit_number(op->e, type, ln_shape_count(&s, 0, s.rank)));
        return;
    }
    const int axis = 0;
    ln_tf_out(op, 0,
              ln_emit_reduce(op->e, &ln_op_reduce_prod, shape_as(op->e, x, type), 1, &axis, false));
}

static void rank(ln_tf_op *op)
{
    const int r = ln_emit_shape(op->e, ln_tf_in(op, 0)).rank;
    ln_tf_out(op, 0,
              r >= 0 ? ln_emit_int(op->e, r)
                     : ln_emit_unary(op->e, &ln_op_rank, NULL, ln_tf_in(op, 0)));
}

static void reshape(ln_tf_op *op)
{
    ln_tf_out(op, 0,
              ln_emit_binary(op->e, &ln_op_reshape, NULL, ln_tf_in(op, 0),
                             ln_emit_cast(op->e, ln_tf_in(op, 1), kTfLiteInt32)));
}

static void squeeze(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    const ln_shape s = ln_emit_shape(op->e, x);
    int v[LN_MAX_RANK];
    unsigned axes = 0;
    int n = ln_tf_attr_ints(op, "squeeze_dims", LN_MAX_RANK, v);
    for (int i = 0; i < n; i++)
        axes |= 1u << ((v[i] < 0 ? v[i] + s.rank : v[i]) & 31);
    for (int i = 0; n <= 0 && i < s.rank; i++)
        axes |= s.dim[i] == 1 ? 1u << i : 0;
    ln_tf_out(op, 0, ln_emit_squeeze(op->e, x, axes));
}

static void pack(ln_tf_op *op)
{
    const TfLitePackParams p = {.values_count = op->n_in,
                                .axis = (int)ln_tf_attr_int(op, "axis", 0)};
    ln_id *in = ln_arena_new(&op->e->m->arena, (size_t)op->n_in + 1, sizeof *in);
    for (int i = 0; in && i < op->n_in; i++)
        in[i] = ln_tf_in(op, i);
    if (in && op->n_in == 1) /* of one tensor that is a reshape */
        ln_tf_out(op, 0, ln_emit_expand_dims(op->e, in[0], p.axis));
    else if (in)
        ln_tf_out(op, 0, ln_emit_nary(op->e, &ln_op_pack, &p, op->n_in, in));
}

static void several(ln_tf_op *op, const ln_emit_call *call)
{
    ln_id *out = ln_arena_new(&op->e->m->arena, (size_t)call->n_out + 1, sizeof *out);
    if (out && ln_emit_node(op->e, call, out))
        for (int i = 0; i < call->n_out; i++)
            ln_tf_out(op, i, out[i]);
}

/* How many outputs an attribute says. */
static int outputs(ln_tf_op *op, const char *name)
{
    const int64_t n = ln_tf_attr_int(op, name, 0);
    if (n > 0 && n < 1 << 16)
        return (int)n;
    ln_emit_fail(op->e, LN_ERR_FORMAT, "%s has %s %d", op->node->def->op, name,
                 n > 0 ? 1 << 16 : 0);
    return 0;
}

static void unpack(ln_tf_op *op)
{
    const TfLiteUnpackParams p = {.num = outputs(op, "num"),
                                  .axis = (int)ln_tf_attr_int(op, "axis", 0)};
    const ln_id x = ln_tf_in(op, 0);
    const ln_emit_call call = {
        .op = &ln_op_unpack, .params = &p, .in = &x, .n_in = 1, .n_out = p.num};
    if (p.num)
        several(op, &call);
}

static void split(ln_tf_op *op)
{
    const TfLiteSplitParams p = {.num_splits = outputs(op, "num_split")};
    const ln_id in[] = {ln_tf_in(op, 0), ln_tf_in(op, 1)};
    const ln_emit_call call = {
        .op = &ln_op_split, .params = &p, .in = in, .n_in = 2, .n_out = p.num_splits};
    if (p.num_splits == 1)
        ln_tf_out(op, 0, in[1]);
    else if (p.num_splits)
        several(op, &call);
}

static void split_v(ln_tf_op *op)
{
    const TfLiteSplitVParams p = {.num_splits = outputs(op, "num_split")};
    const ln_id in[] = {ln_tf_in(op, 0), ln_emit_cast(op->e, ln_tf_in(op, 1), kTfLiteInt32),
                        ln_tf_in(op, 2)};
    const ln_emit_call call = {
        .op = &ln_op_split_v, .params = &p, .in = in, .n_in = 3, .n_out = p.num_splits};
    if (p.num_splits)
        several(op, &call);
}

/* The axis comes last (ConcatV2) or first (Concat). */
static void concat(ln_tf_op *op)
{
    const bool last = strcmp(op->node->def->op, "ConcatV2") == 0;
    const int n = op->n_in - 1;
    int axis, count;
    ln_id *in = ln_arena_new(&op->e->m->arena, (size_t)op->n_in + 1, sizeof *in);
    if (n < 1 || !in || !ln_tf_ints(op, last ? n : 0, 1, &axis, &count) || count != 1)
        return;
    for (int i = 0; i < n; i++)
        in[i] = ln_tf_in(op, i + !last);
    ln_tf_out(op, 0, ln_emit_concat(op->e, n, in, axis));
}

static void zeros_like(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    const double v = strcmp(op->node->def->op, "OnesLike") == 0;
    ln_tf_out(op, 0,
              ln_emit_binary(op->e, &ln_op_fill, NULL, ln_emit_shape_of(op->e, x),
                             ln_emit_number(op->e, ln_emit_type(op->e, x), v)));
}

static void fill(ln_tf_op *op)
{
    ln_tf_out(op, 0, ln_emit_binary(op->e, &ln_op_fill, NULL, ln_tf_in(op, 0), ln_tf_in(op, 1)));
}

/* TFLite's CAST of an int64 shape would be one more node: it takes either. */
static void transpose(ln_tf_op *op)
{
    const ln_id perm = ln_emit_cast(op->e, ln_tf_in(op, 1), kTfLiteInt32);
    int v[LN_MAX_RANK], n;
    if (ln_emit_read_ints(op->e, perm, LN_MAX_RANK, v, &n))
        ln_tf_out(op, 0, ln_emit_transpose(op->e, ln_tf_in(op, 0), n, v));
    else
        ln_tf_out(op, 0, ln_emit_binary(op->e, &ln_op_transpose, NULL, ln_tf_in(op, 0), perm));
}

static void broadcast_to(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0), to = ln_tf_in(op, 1);
    const ln_shape s = ln_emit_shape(op->e, x);
    int v[LN_MAX_RANK], n;
    bool same = ln_emit_read_ints(op->e, to, LN_MAX_RANK, v, &n) && n == s.rank;
    for (int i = 0; same && i < n; i++)
        same = v[i] == s.dim[i];
    ln_tf_out(op, 0, same ? x : ln_emit_binary(op->e, &ln_op_broadcast_to, NULL, x, to));
}

static void mirror_pad(ln_tf_op *op)
{
    const TfLiteMirrorPaddingParams p = {ln_tf_attr_is(op, "mode", "SYMMETRIC")
                                             ? kTfLiteMirrorPaddingSymmetric
                                             : kTfLiteMirrorPaddingReflect};
    ln_tf_out(op, 0,
              ln_emit_binary(op->e, &ln_op_mirror_pad, &p, ln_tf_in(op, 0), ln_tf_in(op, 1)));
}

/* Each rolled axis: its end in front of its beginning. */
static void roll(ln_tf_op *op)
{
    ln_id x = ln_tf_in(op, 0);
    const ln_shape s = ln_emit_shape(op->e, x);
    int by[LN_MAX_RANK], axes[LN_MAX_RANK], n, n_axes;
    if (!ln_tf_ints(op, 1, LN_MAX_RANK, by, &n) || !ln_tf_ints(op, 2, LN_MAX_RANK, axes, &n_axes))
        return;
    for (int i = 0; i < n && n == n_axes; i++) {
        const int axis = axes[i] < 0 ? axes[i] + s.rank : axes[i];
        if (axis < 0 || axis >= s.rank || s.dim[axis] <= 0) {
            ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "the size of axis %d is not known", axis);
            return;
        }
        const int first = s.dim[axis] - ((by[i] % s.dim[axis]) + s.dim[axis]) % s.dim[axis];
        int begin[LN_MAX_RANK] = {0}, count[LN_MAX_RANK];
        if (first == s.dim[axis])
            continue;
        for (int k = 0; k < s.rank; k++)
            count[k] = -1;
        count[axis] = first;
        const ln_id head = ln_emit_slice(op->e, x, s.rank, begin, count);
        begin[axis] = first;
        count[axis] = s.dim[axis] - first;
        const ln_id parts[] = {ln_emit_slice(op->e, x, s.rank, begin, count), head};
        x = ln_emit_concat(op->e, 2, parts, axis);
    }
    ln_tf_out(op, 0, x);
}

static void expand_dims(ln_tf_op *op)
{
    ln_tf_out(op, 0,
              ln_emit_binary(op->e, &ln_op_expand_dims, NULL, ln_tf_in(op, 0), ln_tf_in(op, 1)));
}

static void bitcast(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    const ln_made made = {.type = ln_tf_attr_type(op, "type"), .shape = ln_tf_hint(op, 0).shape};
    const ln_emit_call call = {
        .op = &ln_op_bitcast, .in = &x, .n_in = 1, .n_out = 1, .hints = &made};
    several(op, &call);
}

const ln_tf_row ln_tf_rows_shape[] = {
    {"Bitcast", bitcast, &ln_op_bitcast, 0},
    {"BroadcastArgs", ln_tf_same, &ln_op_broadcast_args, 0},
    {"BroadcastTo", broadcast_to, &ln_op_broadcast_to, 0},
    {"Concat", concat, &ln_op_concatenation, 0},
    {"ConcatV2", concat, &ln_op_concatenation, 0},
    {"ExpandDims", expand_dims, &ln_op_expand_dims, 0},
    {"Fill", fill, &ln_op_fill, 0},
    {"MirrorPad", mirror_pad, &ln_op_mirror_pad, 0},
    {"OnesLike", zeros_like, &ln_op_fill, 0},
    {"Pack", pack, &ln_op_pack, 0},
    {"Pad", ln_tf_same, &ln_op_pad, 0},
    {"PadV2", ln_tf_same, &ln_op_padv2, 0},
    {"Range", ln_tf_same, &ln_op_range, 0},
    {"Rank", rank, &ln_op_rank, 0},
    {"Reshape", reshape, &ln_op_reshape, 0},
    {"Roll", roll, NULL, LN_TF_SEVERAL},
    {"Shape", shape, &ln_op_shape, 0},
    {"ShapeN", shape, &ln_op_shape, 0},
    {"Size", size, NULL, LN_TF_SEVERAL},
    {"Split", split, &ln_op_split, 0},
    {"SplitV", split_v, &ln_op_split_v, 0},
    {"Squeeze", squeeze, &ln_op_squeeze, 0},
    {"Tile", ln_tf_same, &ln_op_tile, 0},
    {"Transpose", transpose, &ln_op_transpose, 0},
    {"Unpack", unpack, &ln_op_unpack, 0},
    {"ZerosLike", zeros_like, &ln_op_fill, 0},
    {NULL, NULL, NULL, 0},
};
