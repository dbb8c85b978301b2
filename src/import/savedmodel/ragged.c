/* SPDX-License-Identifier: Apache-2.0 */
/* ragged.c: rows of different length, one behind the other in a vector, as a matrix:
 * y[i, j] = j < length[i] ? values[begin[i] + j] : default. */
#include <string.h>

#include "import/savedmodel/tf.h"

static bool splits_only(const ln_tf_op *op)
{
    const Tf__AttrValue *v = ln_tf_attr(op, "row_partition_types");
    return v && v->value_case == TF__ATTR_VALUE__VALUE_LIST && v->list->n_s == 1 &&
           v->list->s[0].len == 10 && memcmp(v->list->s[0].data, "ROW_SPLITS", 10) == 0;
}

/* The wanted shape is open. */
static bool open_shape(const ln_tf_op *op, ln_id shape)
{
    int v[2], n;
    if (!ln_emit_read_ints(op->e, shape, 2, v, &n))
        return false;
    for (int i = 0; i < n; i++)
        if (v[i] >= 0)
            return false;
    return true;
}

static ln_id binary(ln_emit *e, const ln_op *op, ln_id a, ln_id b)
{
    return ln_emit_binary(e, op, NULL, a, b);
}

/* What lies between neighbors of [n + 1] splits: their ends are given too. */
static ln_id part(ln_emit *e, ln_id splits, int n, int begin)
{
    const int from[] = {begin}, size[] = {n};
    return ln_emit_slice(e, splits, 1, from, size);
}

void ln_tf_ragged_to_tensor(ln_tf_op *op)
{
    ln_emit *e = op->e;
    const ln_id values = ln_tf_in(op, 1), splits = ln_tf_in(op, 3);
    const ln_shape s = ln_emit_shape(e, splits);
    if (!splits_only(op) || !open_shape(op, ln_tf_in(op, 0)) || s.rank != 1 || s.dim[0] < 1 ||
        ln_emit_shape(e, values).rank != 1 || ln_emit_shape(e, ln_tf_in(op, 2)).rank != 0) {
        ln_emit_fail(
            e, LN_ERR_UNSUPPORTED,
            "RaggedTensorToTensor of anything but a vector with row splits of known number");
        return;
    }
    const int rows = s.dim[0] - 1, zero_axis = 0;
    const TfLiteType type = ln_emit_type(e, splits);
    const ln_id begin = part(e, splits, rows, 0), end = part(e, splits, rows, 1);
    const ln_id length = binary(e, &ln_op_sub, end, begin);
    const ln_id zero = ln_emit_number(e, type, 0);
    const ln_id range[] = {zero, ln_emit_reduce(e, &ln_op_reduce_max, length, 1, &zero_axis, false),
                           ln_emit_number(e, type, 1)};
    const ln_id column = ln_emit_nary(e, &ln_op_range, NULL, 3, range);
    const ln_id mask = binary(e, &ln_op_less, column, ln_emit_expand_dims(e, length, 1));
    const ln_id at = binary(e, &ln_op_add, ln_emit_expand_dims(e, begin, 1), column);
    const ln_id safe[] = {mask, at, zero};
    const ln_id found =
        ln_emit_gather(e, values, ln_emit_nary(e, &ln_op_select_v2, NULL, 3, safe), 0);
    const ln_id chosen[] = {mask, found, ln_tf_in(op, 2)};
    ln_tf_out(op, 0, ln_emit_nary(e, &ln_op_select_v2, NULL, 3, chosen));
}
