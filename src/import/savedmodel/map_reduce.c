/* SPDX-License-Identifier: Apache-2.0 */
/* map_reduce.c: reductions along axes. */
#include <string.h>

#include "import/savedmodel/tf.h"

static void reduce(ln_tf_op *op)
{
    const TfLiteReducerParams p = {.keep_dims = ln_tf_attr_bool(op, "keep_dims", false)};
    ln_id axes = ln_emit_cast(op->e, ln_tf_in(op, 1), kTfLiteInt32);
    int v[LN_MAX_RANK], n;
    if (ln_emit_shape(op->e, axes).rank == 0 && ln_emit_read_ints(op->e, axes, LN_MAX_RANK, v, &n))
        axes = ln_emit_ints(op->e, n, v);
    if (ln_emit_read_ints(op->e, axes, LN_MAX_RANK, v, &n) && n == 0)
        ln_tf_out(op, 0, ln_tf_in(op, 0)); /* of no axis */
    else
        ln_tf_out(op, 0, ln_emit_binary(op->e, op->node->row->to, &p, ln_tf_in(op, 0), axes));
}

static void arg_max(ln_tf_op *op)
{
    const TfLiteType type = ln_tf_attr_type(op, "output_type");
    const TfLiteArgMaxParams p = {type == kTfLiteNoType ? kTfLiteInt64 : type};
    ln_tf_out(op, 0,
              ln_emit_binary(op->e, op->node->row->to, &p, ln_tf_in(op, 0), ln_tf_in(op, 1)));
}

static void cumsum(ln_tf_op *op)
{
    const TfLiteCumsumParams p = {.exclusive = ln_tf_attr_bool(op, "exclusive", false),
                                  .reverse = ln_tf_attr_bool(op, "reverse", false)};
    ln_tf_out(op, 0,
              ln_emit_binary(op->e, &ln_op_cumsum, &p, ln_tf_in(op, 0),
                             ln_emit_cast(op->e, ln_tf_in(op, 1), kTfLiteInt32)));
}

/* logits, labels -> loss [n] and its gradient [n, k]. */
static void cross_entropy(ln_tf_op *op)
{
    const TfLiteSoftmaxParams beta = {.beta = 1};
    const ln_id x = ln_tf_in(op, 0), labels = ln_tf_in(op, 1);
    const int axis = 1;
    const ln_id logs = ln_emit_unary(op->e, &ln_op_log_softmax, NULL, x);
    const ln_id terms = ln_emit_binary(op->e, &ln_op_mul, NULL, labels, logs);
    const ln_id sum = ln_emit_reduce(op->e, &ln_op_sum, terms, 1, &axis, false);
    ln_tf_out(op, 0, ln_emit_unary(op->e, &ln_op_neg, NULL, sum));
    ln_tf_out(op, 1,
              ln_emit_binary(op->e, &ln_op_sub, NULL,
                             ln_emit_unary(op->e, &ln_op_softmax, &beta, x), labels));
}

const ln_tf_row ln_tf_rows_reduce[] = {
    {"All", reduce, &ln_op_reduce_all, 0},
    {"Any", reduce, &ln_op_reduce_any, 0},
    {"ArgMax", arg_max, &ln_op_arg_max, 0},
    {"ArgMin", arg_max, &ln_op_arg_min, 0},
    {"Cumsum", cumsum, &ln_op_cumsum, 0},
    {"Max", reduce, &ln_op_reduce_max, 0},
    {"Mean", reduce, &ln_op_mean, LN_TF_WIDE},
    {"Min", reduce, &ln_op_reduce_min, 0},
    {"Prod", reduce, &ln_op_reduce_prod, LN_TF_WIDE},
    {"SoftmaxCrossEntropyWithLogits", cross_entropy, NULL, LN_TF_SEVERAL},
    {"Sum", reduce, &ln_op_sum, LN_TF_WIDE},
    {NULL, NULL, NULL, 0},
};
