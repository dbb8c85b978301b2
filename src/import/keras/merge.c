/* SPDX-License-Identifier: Apache-2.0 */
/* merge.c: layers of several inputs.  Inputs of a lower rank get axes of 1 behind the batch, as
 * Keras does it. */
#include "import/keras/keras.h"
#include "ops/list.h"

/* Input i, brought to the rank of the largest. */
static ln_id operand(ln_keras_call *c, int i)
{
    int rank = 0;
    for (int k = 0; k < c->n_in; k++)
        rank = LN_MAX(rank, ln_emit_shape(c->e, c->in[k].id).rank);
    const ln_shape s = ln_emit_shape(c->e, c->in[i].id);
    if (s.rank == rank || s.rank < 1)
        return c->in[i].id;
    ln_shape to = {.rank = rank, .dim = {LN_KERAS_AS}};
    for (int k = 1; k < rank; k++)
        to.dim[k] = k <= rank - s.rank ? 1 : LN_KERAS_AS - (k - (rank - s.rank));
    return ln_keras_reshape(c->e, c->in[i].id, &to);
}

/* Where all inputs have a mask, the output's is what all of them keep. */
static ln_keras_mask merged_mask(ln_keras_call *c)
{
    ln_keras_mask mask = {.kind = LN_MASK_NONE};
    for (int i = 0; i < c->n_in; i++)
        if (c->in[i].mask.kind == LN_MASK_NONE)
            return mask;
    for (int i = 0; i < c->n_in; i++) {
        const ln_id id = ln_keras_mask_tensor(c->e, &c->in[i].mask);
        mask.id = i ? ln_keras_binary(c->e, &ln_op_logical_and, mask.id, id) : id;
    }
    mask.kind = c->n_in ? LN_MASK_BOOL : LN_MASK_NONE;
    return mask;
}

static ln_id fold(ln_keras_call *c, const ln_op *op)
{
    ln_id y = c->n_in ? operand(c, 0) : ln_emit_fail(c->e, LN_ERR_FORMAT, "no inputs");
    for (int i = 1; i < c->n_in; i++)
        y = ln_keras_combine(c, op, y, operand(c, i));
    return y;
}

#define MERGE(name, op)                                     \
    void ln_keras_##name(ln_keras_call *c)                  \
    {                                                       \
        const ln_keras_mask mask = merged_mask(c);          \
        ln_keras_out_masked(c, fold(c, &ln_op_##op), mask); \
    }
MERGE(add, add)
MERGE(subtract, sub)
MERGE(multiply, mul)
MERGE(maximum, maximum)
MERGE(minimum, minimum)
#undef MERGE

void ln_keras_average(ln_keras_call *c)
{
    const ln_keras_mask mask = merged_mask(c);
    ln_keras_out_masked(
        c, ln_keras_with(c->e, &ln_op_mul, fold(c, &ln_op_add), 1.0 / LN_MAX(c->n_in, 1)), mask);
}

void ln_keras_concatenate(ln_keras_call *c)
{
    ln_id *ids = ln_arena_new(&c->k->arena, (size_t)c->n_in + 1, sizeof *ids);
    const int rank = c->n_in ? ln_emit_shape(c->e, c->in[0].id).rank : 0;
    const int axis = ln_keras_axis(c, ln_json_int(c->config, "axis", -1), rank);
    const ln_keras_mask none = {.kind = LN_MASK_NONE};
    for (int i = 0; ids && i < c->n_in; i++)
        ids[i] = c->in[i].id;
    if (ids && ln_emit_ok(c->e))
        ln_keras_out_masked(c, ln_emit_concat(c->e, c->n_in, ids, axis),
                            axis == rank - 1 && rank > 2 ? merged_mask(c) : none);
}

/* ---- Dot: sums over one axis of each, as a product of matrices ---- */

/* The axes in the order batch, kept, summed (or batch, summed, kept). */
static ln_id arrange(ln_keras_call *c, ln_id x, int axis, bool summed_last)
{
    const int rank = ln_emit_shape(c->e, x).rank;
    int perm[LN_MAX_RANK] = {0}, n = 1;
    if (!summed_last)
        perm[n++] = axis;
    for (int i = 1; i < rank; i++)
        if (i != axis)
            perm[n++] = i;
    if (summed_last)
        perm[n++] = axis;
    return ln_emit_transpose(c->e, x, rank, perm);
}

static ln_id normalized(ln_keras_call *c, ln_id x, int axis)
{
    const TfLiteL2NormParams p = {.activation = kTfLiteActNone};
    if (axis == ln_emit_shape(c->e, x).rank - 1)
        return ln_emit_unary(c->e, &ln_op_l2_normalization, &p, x);
    const ln_id sum =
        ln_emit_reduce(c->e, &ln_op_sum, ln_keras_unary(c->e, &ln_op_square, x), 1, &axis, true);
    return ln_keras_binary(
        c->e, &ln_op_mul, x,
        ln_keras_unary(c->e, &ln_op_rsqrt, ln_keras_with(c->e, &ln_op_maximum, sum, 1e-12)));
}

/* The batch, then the axes of a and b that are not summed. */
static ln_id product(ln_keras_call *c, ln_id a, int axis_a, ln_id b, int axis_b)
{
    const ln_shape sa = ln_emit_shape(c->e, a), sb = ln_emit_shape(c->e, b);
    static const int last[] = {-1};
    if (sa.rank == 2 && sb.rank == 2) /* a number per row */
        return ln_emit_reduce(c->e, &ln_op_sum, ln_keras_binary(c->e, &ln_op_mul, a, b), 1, last,
                              true);
    if (sa.rank > 3 || sb.rank > 3)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "ranks %d and %d: at most 3 are", sa.rank,
                            sb.rank);
    ln_id x = sa.rank == 2 ? ln_emit_expand_dims(c->e, a, 1) : arrange(c, a, axis_a, true);
    ln_id y = sb.rank == 2 ? ln_emit_expand_dims(c->e, b, 2) : b;
    const TfLiteBatchMatMulParams p = {.adj_y = sb.rank == 3 && axis_b == 2};
    x = ln_emit_binary(c->e, &ln_op_batch_matmul, &p, x, y);
    return sa.rank == 2 || sb.rank == 2 ? ln_emit_squeeze(c->e, x, sa.rank == 2 ? 2U : 4U) : x;
}

void ln_keras_dot(ln_keras_call *c)
{
    int axes[2] = {-1, -1};
    const int n = ln_json_ints(c->config, "axes", 2, axes);
    if (n < 1 || c->n_in != 2) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "two inputs and axes are wanted");
        return;
    }
    ln_id a = c->in[0].id, b = c->in[1].id;
    const int axis_a = ln_keras_axis(c, axes[0], ln_emit_shape(c->e, a).rank),
              axis_b = ln_keras_axis(c, n == 1 ? axes[0] : axes[1], ln_emit_shape(c->e, b).rank);
    if (axis_a == 0 || axis_b == 0) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a product over the batch");
        return;
    }
    if (ln_json_bool(c->config, "normalize", false)) {
        a = normalized(c, a, axis_a);
        b = normalized(c, b, axis_b);
    }
    ln_keras_out(c, product(c, a, axis_a, b, axis_b));
}
