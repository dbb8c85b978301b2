/* SPDX-License-Identifier: Apache-2.0 */
/* lists_parts.c: TensorLists (lists.c) that are put together, scattered and cut, item by item. */
#include "import/savedmodel/tf.h"

static void give_list(ln_tf_op *op, int i, ln_id id)
{
    ln_tf_value list = {.kind = LN_TF_LIST, .id = id, .item = {.type = ln_emit_type(op->e, id)}};
    const ln_shape s = ln_emit_shape(op->e, id);
    list.item.shape = ln_shape_unknown(s.rank - 1);
    for (int d = 1; d < s.rank; d++)
        list.item.shape.dim[d - 1] = s.dim[d];
    ln_tf_give(op, i, list);
}

static ln_id add(ln_emit *e, ln_id a, int b)
{
    return ln_emit_binary(e, &ln_op_add, NULL, a, ln_emit_int(e, b));
}

/* Items up to number `end`, or that many before the last where it is negative. */
static ln_id first_items(ln_emit *e, ln_id list, ln_id end)
{
    const TfLiteStridedSliceParams p = {0};
    const ln_shape one = {.rank = 1, .dim = {1}};
    const ln_id in[] = {list, ln_emit_ints(e, 1, (const int[]){0}), ln_emit_reshape(e, end, &one),
                        ln_emit_ints(e, 1, (const int[]){1})};
    return ln_emit_nary(e, &ln_op_strided_slice, &p, 4, in);
}

static void pop_back(ln_tf_op *op)
{
    const ln_id list = ln_tf_list_in(op, NULL, -1);
    if (list < 0) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "an item of a list that has none");
        return;
    }
    give_list(op, 0, first_items(op->e, list, ln_emit_int(op->e, -1)));
    ln_tf_out(op, 1, ln_emit_gather(op->e, list, add(op->e, ln_emit_dim(op->e, list, 0), -1), 0));
}

/* All items are alike here, so the first axis is as long for each. */
static void concat(ln_tf_op *op)
{
    const ln_id list = ln_tf_list_in(op, NULL, -1);
    const ln_shape s = ln_emit_shape(op->e, list);
    ln_shape y = {.rank = s.rank - 1, .dim = {-1}};
    if (list < 0 || s.rank < 2 || s.dim[1] < 0) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED,
                     "the items of a list that is concatenated have no known shape");
        return;
    }
    for (int d = 1; d < y.rank; d++)
        y.dim[d] = s.dim[d + 1];
    if (ln_shape_count(&y, 1, y.rank) < 0) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "the items of a list have no known shape");
        return;
    }
    const ln_shape one = {.rank = 1, .dim = {1}};
    ln_tf_out(op, 0, ln_emit_reshape(op->e, list, &y));
    ln_tf_out(op, 1,
              ln_emit_binary(op->e, &ln_op_fill, NULL,
                             ln_emit_reshape(op->e, ln_emit_dim(op->e, list, 0), &one),
                             ln_emit_number(op->e, kTfLiteInt64, s.dim[1])));
}

static void split(ln_tf_op *op)
{
    enum { MOST = 4096 };
    const ln_id x = ln_tf_in(op, 0);
    const ln_shape s = ln_emit_shape(op->e, x);
    int *length = ln_arena_new(op->tf->arena, MOST, sizeof *length), n;
    ln_shape y = {.rank = s.rank + 1};
    bool alike = length && ln_tf_ints(op, 2, MOST, length, &n) && s.rank >= 1 && n > 0;
    for (int i = 1; alike && i < n; i++)
        alike = length[i] == length[0];
    if (!alike || y.rank > LN_MAX_RANK || length[0] < 0) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "a list's items differ in length");
        return;
    }
    y.dim[0] = n;
    y.dim[1] = length[0];
    for (int d = 1; d < s.rank; d++)
        y.dim[d + 1] = s.dim[d];
    if (!ln_shape_known(&y))
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "the items of a list have no known shape");
    give_list(op, 0, ln_emit_reshape(op->e, x, &y));
}

static void resize(ln_tf_op *op)
{
    const ln_id list = ln_tf_list_in(op, NULL, -1), size = ln_tf_in(op, 1);
    ln_tf_value open = op->in[0];
    open.length = size;
    if (list < 0)
        ln_tf_give(op, 0, open);
    else
        give_list(op, 0, first_items(op->e, ln_tf_list_grow(op, list, add(op->e, size, -1)), size));
}

/* The list with the rows of x at these places. */
static void put(ln_tf_op *op, ln_id list, ln_id x, ln_id at)
{
    give_list(op, 0,
              ln_emit_scatter(op->e, LN_SCATTER_LAST, list, ln_emit_expand_dims(op->e, at, 1), x));
}

static ln_id last_place(ln_emit *e, ln_id at)
{
    return ln_emit_reduce(e, &ln_op_reduce_max, at, 1, (const int[]){0}, false);
}

static void scatter_into(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 1), at = ln_tf_in(op, 2);
    const ln_id item = ln_emit_gather(op->e, x, ln_emit_int(op->e, 0), 0);
    const ln_made made = {ln_emit_type(op->e, item), ln_emit_shape(op->e, item)};
    const ln_id list = ln_tf_list_in(op, &made, item);
    if (ln_emit_ok(op->e) && list < 0)
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "a list of unknown length is scattered into");
    if (ln_emit_ok(op->e))
        put(op, ln_tf_list_grow(op, list, last_place(op->e, at)), x, at);
}

static void scatter(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0), at = ln_tf_in(op, 1);
    const ln_id item = ln_emit_gather(op->e, x, ln_emit_int(op->e, 0), 0);
    const ln_id one_more = add(op->e, last_place(op->e, at), 1);
    ln_tf_value list = {.kind = LN_TF_LIST,
                        .id = -1,
                        .item = {ln_emit_type(op->e, item), ln_emit_shape(op->e, item)},
                        .length = op->n_in > 3 ? ln_emit_binary(op->e, &ln_op_maximum, NULL,
                                                                ln_tf_in(op, 3), one_more)
                                               : one_more};
    if (!ln_emit_ok(op->e))
        return;
    ln_tf_list_fill(op, &list, item);
    put(op, list.id, x, at);
}

const ln_tf_row ln_tf_rows_list_parts[] = {
    {"TensorListConcat", concat, NULL, LN_TF_SEVERAL},
    {"TensorListConcatV2", concat, NULL, LN_TF_SEVERAL},
    {"TensorListPopBack", pop_back, NULL, LN_TF_SEVERAL},
    {"TensorListResize", resize, NULL, LN_TF_SEVERAL},
    {"TensorListScatter", scatter, NULL, LN_TF_SEVERAL},
    {"TensorListScatterIntoExistingList", scatter_into, NULL, LN_TF_SEVERAL},
    {"TensorListScatterV2", scatter, NULL, LN_TF_SEVERAL},
    {"TensorListSplit", split, NULL, LN_TF_SEVERAL},
    {NULL, NULL, NULL, 0},
};
