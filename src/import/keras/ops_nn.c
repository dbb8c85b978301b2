/* SPDX-License-Identifier: Apache-2.0 */
/* ops_nn.c: functions of keras.ops that layers are made of, and some of one item each. */
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

/* ---- normalization by tensors ---- */

/* An argument as it is for x: [n] along `axis`, 1 along all others behind it; -1: there is none. */
static ln_id along(ln_keras_call *c, int position, const char *name, int axis, int rank)
{
    ln_shape s = {.rank = rank - axis, .dim = {-1, 1, 1, 1, 1, 1, 1, 1}};
    const ln_keras_arg *a = ln_keras_arg_find(c, position, name);
    if (!a || !ln_emit_ok(c->e))
        return -1;
    const ln_id id = ln_keras_operand(c, a, kTfLiteFloat32);
    if (ln_emit_shape(c->e, id).rank != 1)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "%s of another rank than 1", name);
    return s.rank == 1 ? id : ln_emit_reshape(c->e, id, &s);
}

void ln_keras_batch_norm_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    const ln_id x = ln_keras_x(c);
    const int rank = ln_emit_shape(e, x).rank,
              axis = ln_keras_axis(c, ln_keras_arg_int(c, -1, "axis", -1), rank);
    const ln_id mean = along(c, 1, "mean", axis, rank),
                variance = along(c, 2, "variance", axis, rank),
                offset = along(c, 3, "offset", axis, rank),
                scale = along(c, 4, "scale", axis, rank);
    const double epsilon = ln_keras_arg_number(c, -1, "epsilon", 1e-3);
    if (mean < 0 || variance < 0) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "without mean and variance");
        return;
    }
    ln_id factor = ln_keras_unary(e, &ln_op_rsqrt, ln_keras_with(e, &ln_op_add, variance, epsilon));
    factor = scale < 0 ? factor : ln_keras_binary(e, &ln_op_mul, factor, scale);
    const ln_id y = ln_keras_binary(e, &ln_op_mul, ln_keras_binary(e, &ln_op_sub, x, mean), factor);
    ln_keras_out(c, offset < 0 ? y : ln_keras_binary(e, &ln_op_add, y, offset));
}

/* LayerNorm, RMSNorm over one axis */
void ln_keras_layer_norm_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    ln_id x = ln_keras_x(c);
    const bool rms = c->row->name[0] == 'R';
    const int rank = ln_emit_shape(e, x).rank;
    int axes[LN_MAX_RANK] = {-1};
    const int n = ln_keras_arg_json(c, -1, "axis") ? ln_keras_ints(c, -1, "axis", axes) : 1;
    const int axis = ln_keras_axis(c, axes[0], rank);
    if (n != 1 || ln_keras_arg_number(c, -1, "rms_scaling", 0) != 0) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "other than over one axis, without rms_scaling");
        return;
    }
    /* whatever the axis, Keras multiplies by the scale of RMSNorm along the last one */
    const ln_id scale = along(c, 1, rms ? "scale" : "gamma", rms ? rank - 1 : axis, rank),
                offset = rms ? -1 : along(c, 2, "beta", axis, rank);
    const double epsilon = ln_keras_arg_number(c, -1, "epsilon", 1e-7);
    if (!rms)
        x = ln_keras_binary(e, &ln_op_sub, x, ln_emit_reduce(e, &ln_op_mean, x, 1, &axis, true));
    const ln_id square =
        ln_emit_reduce(e, &ln_op_mean, ln_keras_unary(e, &ln_op_square, x), 1, &axis, true);
    ln_id y = ln_keras_binary(
        e, &ln_op_mul, x,
        ln_keras_unary(e, &ln_op_rsqrt, ln_keras_with(e, &ln_op_add, square, epsilon)));
    y = scale < 0 ? y : ln_keras_binary(e, &ln_op_mul, y, scale);
    ln_keras_out(c, offset < 0 ? y : ln_keras_binary(e, &ln_op_add, y, offset));
}

/* ---- slices ---- */

void ln_keras_slice_op(ln_keras_call *c)
{
    int begin[LN_MAX_RANK], size[LN_MAX_RANK];
    const int rank = ln_emit_shape(c->e, ln_keras_x(c)).rank;
    const int n = ln_keras_ints(c, 1, "start_indices", begin),
              m = ln_keras_ints(c, 2, "shape", size);
    if (n != rank || m != rank)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a begin or a shape that is not in the file");
    else
        ln_keras_out(c, ln_emit_slice(c->e, ln_keras_x(c), rank, begin, size));
}

void ln_keras_slice_update_op(ln_keras_call *c)
{
    const TfLiteType type = ln_emit_type(c->e, ln_keras_x(c));
    const ln_id in[] = {
        ln_keras_x(c), ln_keras_operand(c, ln_keras_arg_find(c, 2, "updates"), type),
        ln_keras_operand(c, ln_keras_arg_find(c, 1, "start_indices"), kTfLiteInt32)};
    ln_keras_out(c, ln_emit_nary(c->e, &ln_op_dynamic_update_slice, NULL, 3, in));
}

/* ---- choosing ---- */

/* The first of the list's choices whose condition holds. */
void ln_keras_select_op(ln_keras_call *c)
{
    const ln_keras_arg *when = ln_keras_arg_find(c, 0, "condlist"),
                       *what = ln_keras_arg_find(c, 1, "choicelist"),
                       *rest = ln_keras_arg_find(c, 2, "default");
    if (!when || !what || when->kind != LN_ARG_LIST || what->kind != LN_ARG_LIST ||
        when->n != what->n || what->n < 1 || what->items[0].kind != LN_ARG_TENSOR) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "other than as many choices as conditions");
        return;
    }
    const TfLiteType type = ln_emit_type(c->e, what->items[0].value.id);
    ln_id y = rest ? ln_keras_operand(c, rest, type) : ln_emit_number(c->e, type, 0);
    for (int i = what->n - 1; i >= 0; i--) {
        const ln_id in[] = {ln_keras_operand(c, &when->items[i], kTfLiteBool),
                            ln_keras_operand(c, &what->items[i], type), y};
        y = ln_emit_nary(c->e, &ln_op_select_v2, NULL, 3, in);
    }
    ln_keras_out(c, y);
}

static ln_id replaced(ln_emit *e, ln_id when, ln_id y, double by)
{
    const ln_id in[] = {when, ln_emit_float(e, (float)by), y};
    return ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in);
}

void ln_keras_nan_to_num_op(ln_keras_call *c)
{
    static const double most = 3.4028234663852886e38;
    ln_emit *e = c->e;
    const ln_id x = ln_keras_x(c);
    if (ln_emit_type(e, x) != kTfLiteFloat32) {
        ln_keras_identity(c);
        return;
    }
    ln_id y = replaced(e, ln_keras_binary(e, &ln_op_not_equal, x, x), x,
                       ln_keras_arg_number(c, -1, "nan", 0));
    y = replaced(e, ln_keras_with(e, &ln_op_greater, x, most), y,
                 ln_keras_arg_number(c, -1, "posinf", most));
    ln_keras_out(c, replaced(e, ln_keras_with(e, &ln_op_less, x, -most), y,
                             ln_keras_arg_number(c, -1, "neginf", -most)));
}

/* |a - b| <= atol + rtol * |b| */
void ln_keras_isclose_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    const ln_id a = ln_keras_operand(c, ln_keras_arg_find(c, 0, "x1"), kTfLiteFloat32),
                b = ln_keras_operand(c, ln_keras_arg_find(c, 1, "x2"), kTfLiteFloat32);
    const double atol = ln_keras_arg_number(c, 3, "atol", 1e-8),
                 rtol = ln_keras_arg_number(c, 2, "rtol", 1e-5);
    const ln_id gap = ln_keras_unary(e, &ln_op_abs, ln_keras_binary(e, &ln_op_sub, a, b)),
                most = ln_keras_with(
                    e, &ln_op_add,
                    ln_keras_with(e, &ln_op_mul, ln_keras_unary(e, &ln_op_abs, b), rtol), atol);
    if (ln_keras_arg_number(c, -1, "equal_nan", 0) != 0)
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "equal_nan");
    ln_keras_out(c, ln_keras_binary(e, &ln_op_logical_or, ln_keras_binary(e, &ln_op_equal, a, b),
                                    ln_keras_binary(e, &ln_op_less_equal, gap, most)));
}

/* How many of the bins begin at or below an item. */
void ln_keras_digitize_op(ln_keras_call *c)
{
    int n = 0;
    const float *read = ln_json_floats(ln_keras_arg_json(c, 1, "bins"), &c->k->scratch, &n);
    if (n < 1) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "bins that are not in the file");
        return;
    }
    const float *kept = ln_arena_copy(&c->k->m->arena, read, (size_t)n * sizeof *read);
    const TfLiteBucketizeParams p = {.num_boundaries = n, .boundaries = kept};
    ln_keras_out(c, ln_emit_unary(c->e, &ln_op_bucketize, &p,
                                  ln_emit_cast(c->e, ln_keras_x(c), kTfLiteFloat32)));
}

void ln_keras_multi_hot_op(ln_keras_call *c)
{
    const ln_shape s = ln_emit_shape(c->e, ln_keras_x(c));
    const int n = ln_keras_arg_int(c, -1, "num_classes", ln_keras_arg_int(c, -1, "num_tokens", 0));
    const int axis = ln_keras_arg_int(c, -1, "axis", -1);
    if (s.rank != 2 || axis != -1)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "other than rows of numbers along the last axis");
    else
        ln_keras_out(c, ln_keras_encode(c, ln_keras_x(c), "multi_hot", n, -1));
}

/* ---- weighted means ---- */

void ln_keras_average_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    int axes[LN_MAX_RANK];
    const ln_id x = ln_emit_cast(e, ln_keras_x(c), kTfLiteFloat32);
    const int rank = ln_emit_shape(e, x).rank;
    const cJSON *axis = ln_json_get(c->config, "axis");
    int n = rank;
    for (int i = 0; i < rank; i++)
        axes[i] = i;
    if (axis && !cJSON_IsNull(axis)) {
        axes[0] = ln_keras_axis(c, ln_json_int(c->config, "axis", 0), rank);
        n = 1;
    }
    const ln_keras_arg *given = ln_keras_arg_find(c, 1, "weights");
    if (!given) {
        ln_keras_out(c, ln_emit_reduce(e, &ln_op_mean, x, n, axes, false));
        return;
    }
    ln_id w = ln_keras_operand(c, given, kTfLiteFloat32);
    if (ln_emit_shape(e, w).rank == 1 && rank > 1 && n == 1)
        w = along(c, 1, "weights", axes[0], rank);
    else if (ln_emit_shape(e, w).rank != rank)
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "weights of another rank");
    const ln_id one = ln_keras_binary(e, &ln_op_mul, ln_keras_unary(e, &ln_op_zeros_like, x), w);
    const ln_id all = ln_keras_binary(e, &ln_op_add, one, w);
    ln_keras_out(c,
                 ln_keras_binary(e, &ln_op_div,
                                 ln_emit_reduce(e, &ln_op_sum, ln_keras_binary(e, &ln_op_mul, x, w),
                                                n, axes, false),
                                 ln_emit_reduce(e, &ln_op_sum, all, n, axes, false)));
}
