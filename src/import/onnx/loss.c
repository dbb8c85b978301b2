/* SPDX-License-Identifier: Apache-2.0 */
/* loss.c: NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss: of the scores [n, c, ...] those of
 * the targets [n, ...] are picked by a product with ONE_HOT, which is 0 for targets to be ignored.
 *
 *   none: -w[t] x[t]    sum: the sum of these    mean: the sum over that of the weights w[t] */
#include <string.h>

#include "import/onnx/families.h"

/* The weight of each class at each target, [targets, c]: 0 but for the target's. */
static ln_id picked(ln_ox *o, const ln_ox_node *n, ln_id target, ln_id weight, int classes)
{
    const TfLiteOneHotParams p = {.axis = -1};
    const ln_id depth = ln_emit_int(&o->e, classes), one = ln_emit_float(&o->e, 1);
    const ln_id in[] = {ln_ox_int32(o, target), depth, one, ln_emit_float(&o->e, 0)};
    ln_id y = ln_emit_nary(&o->e, &ln_op_one_hot, &p, 4, in);
    const int ignored = ln_ox_int(n, "ignore_index", -1);
    if (ln_ox_has(n, "ignore_index") && ignored >= 0 && ignored < classes) {
        float *keep = ln_arena_new(&o->m->arena, (size_t)classes, sizeof *keep);
        if (!keep)
            return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
        for (int i = 0; i < classes; i++)
            keep[i] = i != ignored;
        y = ln_ox_mul(o, y, ln_emit_floats(&o->e, classes, keep));
    }
    return weight < 0 ? y : ln_ox_mul(o, y, weight);
}

static ln_id sum_all(ln_ox *o, ln_id x)
{
    const ln_id flat = ln_ox_reshape(o, x, 1, (const int[]){-1});
    return ln_emit_reduce(&o->e, &ln_op_sum, flat, 1, (const int[]){0}, false);
}

/* Output 0 for the logarithms of probabilities v. */
static void out_loss(ln_ox *o, const ln_ox_node *n, ln_ox_value *v)
{
    const ln_shape s = v ? ln_ox_shape(o, v) : (ln_shape){.rank = -1};
    const ln_id target = ln_ox_in_id(o, n, 1), weight = ln_ox_in_id(o, n, 2);
    if (!ln_ox_ok(o))
        return;
    if (s.rank < 2 || s.dim[1] < 1 || s.dim[1] > 1 << 24) {
        LN_OX_FAIL(o, "scores of rank %d, whose classes have to be known", s.rank);
        return;
    }
    const ln_ox_layout to = ln_ox_channels_last(s.rank);
    const int rows[] = {-1, s.dim[1]};
    const ln_shape ts = ln_emit_shape(&o->e, target);
    const ln_id x = ln_ox_reshape(o, ln_ox_as(o, v, &to), 2, rows);
    const ln_id w = picked(o, n, ln_ox_reshape(o, target, 1, (const int[]){-1}), weight, s.dim[1]);
    ln_id y = ln_emit_reduce(&o->e, &ln_op_sum, ln_ox_mul(o, x, w), 1, (const int[]){1}, false);
    y = ln_ox_op1(o, &ln_op_neg, y);
    if (ln_ox_is(n, "reduction", "none", "mean"))
        y = ln_emit_reshape(&o->e, y, &ts);
    else
        y = sum_all(o, y);
    if (ln_ox_is(n, "reduction", "mean", "mean"))
        y = ln_ox_div(o, y, sum_all(o, w));
    ln_ox_out(o, n, 0, y);
}

void ln_ox_nll_loss(ln_ox *o, const ln_ox_node *n)
{
    out_loss(o, n, ln_ox_in(o, n, 0));
}

void ln_ox_cross_entropy(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    const int rank = v ? ln_ox_rank(o, v) : 0;
    if (rank < 2) {
        LN_OX_FAIL(o, "scores of rank %d", rank);
        return;
    }
    const ln_ox_layout last = ln_ox_channels_last(rank);
    const ln_id y = ln_ox_op1(o, &ln_op_log_softmax, ln_ox_as(o, v, &last));
    ln_ox_value *logs = ln_ox_value_new(o, y, &last);
    ln_ox_out_value(o, n, 1, logs);
    out_loss(o, n, logs);
}
