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

static int count_masks(const ln_keras_call *c)
{
    int n = 0;
    for (int i = 0; i < c->n_in; i++)
        n += c->in[i].mask.kind != LN_MASK_NONE;
    return n;
}

/* What all masks keep, for Keras 3 what any of them keeps; `all`: only where each input has one. */
static ln_keras_mask merged_mask(ln_keras_call *c, bool all)
{
    const ln_op *op = c->k->version < 3 ? &ln_op_logical_and : &ln_op_logical_or;
    ln_keras_mask mask = {.kind = LN_MASK_NONE};
    if (all && count_masks(c) < c->n_in)
        return mask;
    for (int i = 0; i < c->n_in; i++) {
        if (c->in[i].mask.kind == LN_MASK_NONE)
            continue;
        const ln_id id = ln_keras_mask_tensor(c->e, &c->in[i].mask);
        mask.id = mask.kind == LN_MASK_BOOL ? ln_keras_binary(c->e, op, mask.id, id) : id;
        mask.kind = LN_MASK_BOOL;
    }
    return mask;
}

static ln_id fold(ln_keras_call *c, const ln_op *op)
{
    ln_id y = c->n_in ? operand(c, 0) : ln_emit_fail(c->e, LN_ERR_FORMAT, "no inputs");
    for (int i = 1; i < c->n_in; i++)
        y = ln_keras_combine(c, op, y, operand(c, i));
    return y;
}

static ln_id select(ln_emit *e, ln_id when, ln_id a, ln_id b)
{
    const ln_id in[] = {when, a, b};
    return when < 0 ? a : ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in);
}

/* The mask of input i for its features, -1: none, or the input was brought to another rank. */
static ln_id feature_mask(ln_keras_call *c, int i)
{
    const ln_keras_mask *mask = &c->in[i].mask;
    if (mask->kind == LN_MASK_NONE || operand(c, i) != c->in[i].id)
        return -1;
    const ln_id id = ln_keras_mask_tensor(c->e, mask);
    const int rank = ln_emit_shape(c->e, id).rank;
    if (rank + 1 != ln_emit_shape(c->e, c->in[i].id).rank)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a mask of other than steps");
    return ln_emit_expand_dims(c->e, id, rank);
}

static bool looks_at_masks(const ln_keras_call *c)
{
    enum { SINCE = 304 };
    return c->k->release >= SINCE && count_masks(c) > 0;
}

#define MERGE(name, op)                                     \
    void ln_keras_##name(ln_keras_call *c)                  \
    {                                                       \
        const ln_keras_mask mask = merged_mask(c, true);    \
        ln_keras_out_masked(c, fold(c, &ln_op_##op), mask); \
    }
MERGE(add, add)
MERGE(subtract, sub)
#undef MERGE

/* Steps that are masked are 1, and 0 where they are so in all inputs. */
void ln_keras_multiply(ln_keras_call *c)
{
    const ln_keras_mask all = merged_mask(c, true);
    ln_id y = -1;
    if (!looks_at_masks(c)) {
        ln_keras_out_masked(c, fold(c, &ln_op_mul), all);
        return;
    }
    for (int i = 0; i < c->n_in; i++) {
        const ln_id x = select(c->e, feature_mask(c, i), operand(c, i), ln_emit_float(c->e, 1));
        y = i ? ln_keras_binary(c->e, &ln_op_mul, y, x) : x;
    }
    if (all.kind != LN_MASK_NONE)
        y = select(c->e, ln_emit_expand_dims(c->e, all.id, ln_emit_shape(c->e, all.id).rank), y,
                   ln_emit_float(c->e, 0));
    ln_keras_out_masked(c, y, all);
}

/* Steps that are masked are those of the other input. */
static void extreme(ln_keras_call *c, const ln_op *op)
{
    const ln_keras_mask all = merged_mask(c, true);
    ln_emit *e = c->e;
    if (!looks_at_masks(c)) {
        ln_keras_out_masked(c, fold(c, op), all);
        return;
    }
    ln_id y = operand(c, 0), kept = feature_mask(c, 0);
    for (int i = 1; i < c->n_in; i++) {
        const ln_id mask = feature_mask(c, i), x = select(e, mask, operand(c, i), y);
        y = ln_keras_binary(e, op, select(e, kept, y, x), x);
        kept = mask < 0 || kept < 0 ? -1 : ln_keras_binary(e, &ln_op_logical_or, kept, mask);
    }
    ln_keras_out_masked(c, y, all);
}

void ln_keras_maximum(ln_keras_call *c)
{
    extreme(c, &ln_op_maximum);
}

void ln_keras_minimum(ln_keras_call *c)
{
    extreme(c, &ln_op_minimum);
}

void ln_keras_average(ln_keras_call *c)
{
    const ln_keras_mask mask = merged_mask(c, true);
    ln_keras_out_masked(
        c, ln_keras_with(c->e, &ln_op_mul, fold(c, &ln_op_add), 1.0 / LN_MAX(c->n_in, 1)), mask);
}

/* Of Concatenate.  An input without a mask counts as one that is kept as a whole. */
static ln_keras_mask joined_mask(ln_keras_call *c, int axis, int rank)
{
    ln_keras_mask mask = {.kind = LN_MASK_NONE};
    const int n = count_masks(c);
    if (n == 0 || rank != 3)
        return mask;
    if (axis == 2)
        return merged_mask(c, c->k->version >= 3);
    ln_id *ids = ln_arena_new(&c->k->arena, (size_t)c->n_in + 1, sizeof *ids);
    if (n < c->n_in)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                     "steps with and without a mask one after the other: mask all of them");
    for (int i = 0; ids && ln_emit_ok(c->e) && i < n; i++)
        ids[i] = ln_keras_mask_tensor(c->e, &c->in[i].mask);
    if (ids && ln_emit_ok(c->e))
        mask = (ln_keras_mask){.kind = LN_MASK_BOOL, .id = ln_emit_concat(c->e, n, ids, axis)};
    return mask;
}

void ln_keras_concatenate(ln_keras_call *c)
{
    ln_id *ids = ln_arena_new(&c->k->arena, (size_t)c->n_in + 1, sizeof *ids);
    const int rank = c->n_in ? ln_emit_shape(c->e, c->in[0].id).rank : 0;
    const int axis = ln_keras_axis(c, ln_json_int(c->config, "axis", -1), rank);
    for (int i = 0; ids && i < c->n_in; i++)
        ids[i] = c->in[i].id;
    if (ids && ln_emit_ok(c->e))
        ln_keras_out_masked(c, ln_emit_concat(c->e, c->n_in, ids, axis),
                            joined_mask(c, axis, rank));
}

/* InceptionResNetV2's own layer: the first input, and so much of the second. */
void ln_keras_custom_scale(ln_keras_call *c)
{
    if (c->n_in != 2) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "two inputs are wanted");
        return;
    }
    const ln_id y =
        ln_keras_with(c->e, &ln_op_mul, c->in[1].id, ln_json_number(c->config, "scale", 1));
    ln_keras_out(c, ln_keras_binary(c->e, &ln_op_add, c->in[0].id, y));
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
