/* SPDX-License-Identifier: Apache-2.0 */
/* map_slice.c: parts of tensors, and tensors read backwards. */
#include "import/savedmodel/tf.h"

static void slice(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    int begin[LN_MAX_RANK], size[LN_MAX_RANK], n, m;
    if (ln_emit_read_ints(op->e, ln_tf_in(op, 1), LN_MAX_RANK, begin, &n) &&
        ln_emit_read_ints(op->e, ln_tf_in(op, 2), LN_MAX_RANK, size, &m) && n == m &&
        n == ln_emit_shape(op->e, x).rank) {
        ln_tf_out(op, 0, ln_emit_slice(op->e, x, n, begin, size));
        return;
    }
    const ln_id in[] = {x, ln_tf_in(op, 1), ln_tf_in(op, 2)};
    ln_tf_out(op, 0, ln_emit_nary(op->e, &ln_op_slice, NULL, 3, in));
}

enum { MAX_ENTRIES = 2 * LN_MAX_RANK };

/* The int32 vector of n items with k times `filler` in place of item `at`. */
static ln_id spread(ln_emit *e, ln_id v, int n, int at, int k, int filler)
{
    const int after = n - at - 1, from = at + 1, start = 0;
    int fill[LN_MAX_RANK];
    ln_id parts[3];
    int m = 0;
    for (int i = 0; i < k; i++)
        fill[i] = filler;
    if (at)
        parts[m++] = ln_emit_slice(e, v, 1, &start, &at);
    if (k)
        parts[m++] = ln_emit_ints(e, k, fill);
    if (after)
        parts[m++] = ln_emit_slice(e, v, 1, &from, &after);
    return ln_emit_concat(e, m, parts, 0);
}

static int spread_mask(int mask, int at, int k, bool set)
{
    const unsigned m = (unsigned)mask, low = m & ((1u << at) - 1), high = m >> (at + 1) << (at + k);
    return (int)(low | high | (set ? ((1u << k) - 1) << at : 0));
}

/* TensorFlow Lite's ellipsis stands for one dimension at least, TensorFlow's also for none: it is
 * written out.  False: nothing is left, x is meant. */
static bool write_out_ellipsis(ln_tf_op *op, TfLiteStridedSliceParams *p, ln_id in[4])
{
    const int rank = ln_emit_shape(op->e, in[0]).rank;
    const ln_shape entries = ln_emit_shape(op->e, in[1]);
    const int n = entries.rank == 1 ? entries.dim[0] : -1;
    int at = 0, taking = 0;
    while (at < n && !(p->ellipsis_mask >> at & 1))
        at++;
    if (at >= n || n > MAX_ENTRIES || rank < 0)
        return true;
    for (int i = 0; i < n; i++)
        taking += i != at && !(p->new_axis_mask >> i & 1);
    const int k = rank - taking;
    if (k < 0 || k > LN_MAX_RANK)
        return true;
    if (n - 1 + k == 0)
        return false;
    for (int i = 1; i < 4; i++)
        in[i] = spread(op->e, in[i], n, at, k, i == 3);
    p->begin_mask = spread_mask(p->begin_mask, at, k, true);
    p->end_mask = spread_mask(p->end_mask, at, k, true);
    p->new_axis_mask = spread_mask(p->new_axis_mask, at, k, false);
    p->shrink_axis_mask = spread_mask(p->shrink_axis_mask, at, k, false);
    p->ellipsis_mask = 0;
    return true;
}

ln_id ln_tf_strided_slice(ln_tf_op *op, ln_id x)
{
    TfLiteStridedSliceParams p = {.begin_mask = (int)ln_tf_attr_int(op, "begin_mask", 0),
                                  .end_mask = (int)ln_tf_attr_int(op, "end_mask", 0),
                                  .ellipsis_mask = (int)ln_tf_attr_int(op, "ellipsis_mask", 0),
                                  .new_axis_mask = (int)ln_tf_attr_int(op, "new_axis_mask", 0),
                                  .shrink_axis_mask =
                                      (int)ln_tf_attr_int(op, "shrink_axis_mask", 0)};
    ln_id in[] = {x, ln_emit_cast(op->e, ln_tf_in(op, 1), kTfLiteInt32),
                  ln_emit_cast(op->e, ln_tf_in(op, 2), kTfLiteInt32),
                  ln_emit_cast(op->e, ln_tf_in(op, 3), kTfLiteInt32)};
    if (write_out_ellipsis(op, &p, in))
        return ln_emit_nary(op->e, &ln_op_strided_slice, &p, 4, in);
    return in[0];
}

static void strided_slice(ln_tf_op *op)
{
    ln_tf_out(op, 0, ln_tf_strided_slice(op, ln_tf_in(op, 0)));
}

static void reverse_sequence(ln_tf_op *op)
{
    const TfLiteReverseSequenceParams p = {.seq_dim = (int)ln_tf_attr_int(op, "seq_dim", 0),
                                           .batch_dim = (int)ln_tf_attr_int(op, "batch_dim", 0)};
    ln_tf_out(op, 0,
              ln_emit_binary(op->e, &ln_op_reverse_sequence, &p, ln_tf_in(op, 0), ln_tf_in(op, 1)));
}

/* Some runtimes reverse neighboring axes only: a node for each run of them. */
static void reverse(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    const int rank = ln_emit_shape(op->e, x).rank;
    int axes[LN_MAX_RANK], n, run[LN_MAX_RANK], length = 0;
    unsigned all = 0;
    if (!ln_tf_ints(op, 1, LN_MAX_RANK, axes, &n))
        return;
    if (rank < 0)
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "the rank of an input is not known");
    for (int i = 0; i < n && ln_emit_ok(op->e); i++) {
        const int axis = axes[i] + (axes[i] < 0 ? rank : 0);
        if (axis < 0 || axis >= LN_MAX_RANK) {
            ln_emit_fail(op->e, LN_ERR_FORMAT, "axis %d does not exist", axes[i]);
            return;
        }
        all |= 1u << axis;
    }
    ln_id y = x;
    for (int axis = 0; axis <= LN_MAX_RANK; axis++) {
        if (axis < LN_MAX_RANK && (all >> axis & 1)) {
            run[length++] = axis;
        } else if (length) {
            y = ln_emit_binary(op->e, &ln_op_reverse_v2, NULL, y, ln_emit_ints(op->e, length, run));
            length = 0;
        }
    }
    ln_tf_out(op, 0, y);
}

const ln_tf_row ln_tf_rows_slice[] = {
    {"ReverseSequence", reverse_sequence, &ln_op_reverse_sequence, 0},
    {"ReverseV2", reverse, &ln_op_reverse_v2, 0},
    {"Slice", slice, &ln_op_slice, 0},
    {"StridedSlice", strided_slice, &ln_op_strided_slice, 0},
    {NULL, NULL, NULL, 0},
};
