/* SPDX-License-Identifier: Apache-2.0 */
/* ops_loss.c: losses that a model can compute, and functions of keras.ops on bits. */
#include <math.h>
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

/* ---- losses ---- */

static const double epsilon = 1e-7;

static bool from_logits(const ln_keras_call *c)
{
    return ln_keras_arg_number(c, -1, "from_logits", 0) != 0;
}

static ln_id clipped(ln_emit *e, ln_id x)
{
    return ln_keras_with(e, &ln_op_minimum, ln_keras_with(e, &ln_op_maximum, x, epsilon),
                         1 - epsilon);
}

/* number - x */
static ln_id from(ln_emit *e, double number, ln_id x)
{
    return ln_keras_binary(e, &ln_op_sub, ln_emit_float(e, (float)number), x);
}

void ln_keras_binary_crossentropy_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    const ln_id target = ln_keras_operand(c, ln_keras_arg_find(c, 0, "target"), kTfLiteFloat32),
                output = ln_keras_operand(c, ln_keras_arg_find(c, 1, "output"), kTfLiteFloat32);
    if (from_logits(c)) { /* max(y, 0) - y * t + log(1 + exp(-|y|)) */
        const ln_id small = ln_keras_unary(
            e, &ln_op_exp, ln_keras_unary(e, &ln_op_neg, ln_keras_unary(e, &ln_op_abs, output)));
        const ln_id rest = ln_keras_unary(e, &ln_op_log, ln_keras_with(e, &ln_op_add, small, 1)),
                    y = ln_keras_binary(e, &ln_op_sub, ln_keras_unary(e, &ln_op_relu, output),
                                        ln_keras_binary(e, &ln_op_mul, output, target));
        ln_keras_out(c, ln_keras_binary(e, &ln_op_add, y, rest));
        return;
    }
    const ln_id p = clipped(e, output);
    const ln_id hit = ln_keras_binary(e, &ln_op_mul, target, ln_keras_unary(e, &ln_op_log, p)),
                miss = ln_keras_binary(e, &ln_op_mul, from(e, 1, target),
                                       ln_keras_unary(e, &ln_op_log, from(e, 1, p)));
    ln_keras_out(c, ln_keras_unary(e, &ln_op_neg, ln_keras_binary(e, &ln_op_add, hit, miss)));
}

/* -sum(target * log(p)) along the last axis, or `axis` */
static ln_id entropy(ln_keras_call *c, ln_id target, ln_id logs, int axis)
{
    const ln_id product = ln_keras_binary(c->e, &ln_op_mul, target, logs);
    return ln_keras_unary(c->e, &ln_op_neg,
                          ln_emit_reduce(c->e, &ln_op_sum, product, 1, &axis, false));
}

void ln_keras_categorical_crossentropy_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    const ln_id target = ln_keras_operand(c, ln_keras_arg_find(c, 0, "target"), kTfLiteFloat32),
                output = ln_keras_operand(c, ln_keras_arg_find(c, 1, "output"), kTfLiteFloat32);
    const int rank = ln_emit_shape(e, output).rank,
              axis = ln_keras_axis(c, ln_keras_arg_int(c, -1, "axis", -1), rank);
    if (!from_logits(c)) {
        const ln_id sum = ln_emit_reduce(e, &ln_op_sum, output, 1, &axis, true);
        const ln_id p = clipped(e, ln_keras_binary(e, &ln_op_div, output, sum));
        ln_keras_out(c, entropy(c, target, ln_keras_unary(e, &ln_op_log, p), axis));
    } else if (axis != rank - 1) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "logits along another axis than the last");
    } else {
        ln_keras_out(c, entropy(c, target, ln_keras_unary(e, &ln_op_log_softmax, output), axis));
    }
}

/* Of numbers of classes; the outputs are probabilities or logits. */
void ln_keras_sparse_crossentropy_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    const TfLiteOneHotParams p = {.axis = -1};
    ln_id target = ln_keras_operand(c, ln_keras_arg_find(c, 0, "target"), kTfLiteInt32),
          output = ln_keras_operand(c, ln_keras_arg_find(c, 1, "output"), kTfLiteFloat32);
    const ln_shape s = ln_emit_shape(e, output), t = ln_emit_shape(e, target);
    const int classes = s.rank > 0 ? s.dim[s.rank - 1] : -1;
    if (t.rank == s.rank && t.rank > 0 && t.dim[t.rank - 1] == 1)
        target = ln_emit_squeeze(e, target, 1U << (t.rank - 1));
    if (classes < 1) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "an unknown number of classes");
        return;
    }
    output = from_logits(c) ? output : ln_keras_unary(e, &ln_op_log, clipped(e, output));
    const ln_id in[] = {target, ln_emit_int(e, classes), ln_emit_float(e, 1), ln_emit_float(e, 0)};
    ln_keras_out(c, entropy(c, ln_emit_nary(e, &ln_op_one_hot, &p, 4, in),
                            ln_keras_unary(e, &ln_op_log_softmax, output), s.rank - 1));
}

/* 20 log10(max) - 10 log10(mean of the squared difference) */
void ln_keras_psnr_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    int axes[LN_MAX_RANK];
    const ln_id a = ln_keras_operand(c, ln_keras_arg_find(c, 0, "x1"), kTfLiteFloat32),
                b = ln_keras_operand(c, ln_keras_arg_find(c, 1, "x2"), kTfLiteFloat32);
    const int rank = ln_emit_shape(e, a).rank;
    for (int i = 0; i < rank; i++)
        axes[i] = i;
    const ln_id mean = ln_emit_reduce(
        e, &ln_op_mean, ln_keras_binary(e, &ln_op_squared_difference, a, b), rank, axes, false);
    const ln_id less = ln_keras_with(e, &ln_op_mul, ln_keras_unary(e, &ln_op_log, mean),
                                     4.3429448190325175 /* 10 / log(10) */);
    ln_keras_out(c, from(e, 20 * log10(ln_keras_arg_number(c, -1, "max_val", 1)), less));
}

/* ---- bits ---- */

/* x as long as both are: the operators on bits do not broadcast. */
static ln_id spread(ln_emit *e, ln_id x, ln_id y)
{
    const ln_shape a = ln_emit_shape(e, x), b = ln_emit_shape(e, y);
    return ln_shape_known(&a) && ln_shape_equal(&a, &b)
               ? x
               : ln_keras_binary(e, &ln_op_bitwise_xor, x,
                                 ln_keras_binary(e, &ln_op_bitwise_xor, y, y));
}

/* BitwiseAnd, BitwiseOr, BitwiseNot, RightShift of integers up to 32 bits */
void ln_keras_bits_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    const char *name = c->row->name;
    const ln_keras_arg *first = ln_keras_arg_find(c, 0, "x"),
                       *second = ln_keras_arg_find(c, 1, "y");
    const TfLiteType type = ln_emit_type(e, ln_keras_x(c));
    const bool alone = strcmp(name, "BitwiseNot") == 0 || strcmp(name, "BitwiseInvert") == 0;
    if ((type != kTfLiteInt32 && type != kTfLiteInt8 && type != kTfLiteInt16) ||
        (!alone && second && second->kind == LN_ARG_TENSOR &&
         ln_emit_type(e, second->value.id) != type)) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "other than int8, int16 and int32, both the same");
        return;
    }
    const ln_id a = ln_keras_operand(c, first, type);
    if (alone) {
        ln_keras_out(c, ln_keras_with(e, &ln_op_bitwise_xor, a, -1));
        return;
    }
    const ln_id b = ln_keras_operand(c, second, type);
    if (strstr(name, "RightShift")) {
        ln_keras_out(c, ln_keras_binary(e, &ln_op_right_shift, a, b));
        return;
    }
    const ln_id wide = spread(e, a, b), other = spread(e, b, a);
    const ln_id both = ln_keras_binary(e, &ln_op_stablehlo_and, wide, other);
    ln_keras_out(c, strcmp(name, "BitwiseAnd") == 0
                        ? both
                        : ln_keras_binary(e, &ln_op_bitwise_xor, wide,
                                          ln_keras_binary(e, &ln_op_bitwise_xor, other, both)));
}
