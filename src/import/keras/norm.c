/* SPDX-License-Identifier: Apache-2.0 */
/* norm.c: normalization.  Batch normalization is a factor and an offset per channel by now; passes
 * fold them into the layer in front. */
#include <math.h>
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

/* values[n] along `axis` of a tensor of this rank; where it is the last one, rank 1 does. */
static ln_id along(ln_keras_call *c, const float *values, int n, int axis, int rank)
{
    ln_shape s = {.rank = rank - axis};
    s.dim[0] = n;
    for (int i = 1; i < s.rank; i++)
        s.dim[i] = 1;
    return ln_keras_constant(c, &s, values);
}

static int axis_in(ln_keras_call *c, int rank)
{
    int axis[LN_MAX_RANK] = {-1};
    const int n =
        ln_json_get(c->config, "axis") ? ln_json_ints(c->config, "axis", LN_MAX_RANK, axis) : 1;
    if (n != 1)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "normalization along several axes");
    return ln_keras_axis(c, axis[0], rank);
}

void ln_keras_batch_normalization(ln_keras_call *c)
{
    const int rank = ln_emit_shape(c->e, ln_keras_x(c)).rank, axis = axis_in(c, rank);
    const bool scale = ln_json_bool(c->config, "scale", true),
               center = ln_json_bool(c->config, "center", true);
    const double epsilon = ln_json_number(c->config, "epsilon", 1e-3);
    ln_keras_array mean, variance, gamma = {.f = NULL}, beta = {.f = NULL};
    const int first = scale + center;
    if ((scale && !ln_keras_weight(c, "gamma", 0, &gamma)) ||
        (center && !ln_keras_weight(c, "beta", scale, &beta)) ||
        !ln_keras_weight(c, "moving_mean", first, &mean) ||
        !ln_keras_weight(c, "moving_variance", first + 1, &variance))
        return;
    const int n = mean.count;
    float *factor = ln_keras_floats(c, (size_t)LN_MAX(n, 0)),
          *offset = ln_keras_floats(c, (size_t)LN_MAX(n, 0));
    if (!factor || !offset)
        return;
    if (variance.count != n || (scale && gamma.count != n) || (center && beta.count != n)) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "the weights differ in size");
        return;
    }
    for (int i = 0; i < n; i++) {
        const double f = (scale ? (double)gamma.f[i] : 1) / sqrt((double)variance.f[i] + epsilon);
        factor[i] = (float)f;
        offset[i] = (float)((center ? (double)beta.f[i] : 0) - (double)mean.f[i] * f);
    }
    const ln_id y =
        ln_keras_binary(c->e, &ln_op_mul, ln_keras_x(c), along(c, factor, n, axis, rank));
    ln_keras_out(c, ln_keras_binary(c->e, &ln_op_add, y, along(c, offset, n, axis, rank)));
}

/* What a weight over these axes is for x: from the first of them on. */
static ln_shape weight_shape(const ln_shape *x, int n, const int *axes)
{
    ln_shape s = {.rank = 0};
    int first = x->rank;
    for (int i = 0; i < n; i++)
        first = LN_MIN(first, axes[i]);
    for (int d = first; d < x->rank; d++) {
        bool has = false;
        for (int i = 0; i < n; i++)
            has = has || axes[i] == d;
        s.dim[s.rank++] = has ? x->dim[d] : 1;
    }
    return s;
}

/* (x - mean) / sqrt(variance + epsilon) over the axes */
static ln_id standardize(ln_emit *e, ln_id x, int n, const int *axes, double epsilon)
{
    const ln_id mean = ln_emit_reduce(e, &ln_op_mean, x, n, axes, true);
    const ln_id squares = ln_keras_binary(e, &ln_op_squared_difference, x, mean);
    const ln_id variance = ln_emit_reduce(e, &ln_op_mean, squares, n, axes, true);
    const ln_id factor =
        ln_keras_unary(e, &ln_op_rsqrt, ln_keras_with(e, &ln_op_add, variance, epsilon));
    return ln_keras_binary(e, &ln_op_mul, ln_keras_binary(e, &ln_op_sub, x, mean), factor);
}

static ln_id by_root_mean_square(ln_emit *e, ln_id x, int n, const int *axes, double epsilon)
{
    const ln_id square =
        ln_emit_reduce(e, &ln_op_mean, ln_keras_unary(e, &ln_op_square, x), n, axes, true);
    return ln_keras_binary(
        e, &ln_op_mul, x,
        ln_keras_unary(e, &ln_op_rsqrt, ln_keras_with(e, &ln_op_add, square, epsilon)));
}

static int read_axes(ln_keras_call *c, int rank, int *axes)
{
    int n = 1;
    axes[0] = -1;
    if (ln_json_get(c->config, "axis"))
        n = ln_json_ints(c->config, "axis", LN_MAX_RANK, axes);
    if (n < 1)
        ln_emit_fail(c->e, LN_ERR_FORMAT, "axis is no list of axes");
    for (int i = 0; i < n; i++)
        axes[i] = ln_keras_axis(c, axes[i], rank);
    return n;
}

void ln_keras_layer_normalization(ln_keras_call *c)
{
    const ln_id x = ln_keras_x(c);
    const ln_shape s = ln_emit_shape(c->e, x);
    int axes[LN_MAX_RANK];
    const int n = read_axes(c, s.rank, axes);
    if (!ln_emit_ok(c->e))
        return;
    const ln_shape as = weight_shape(&s, n, axes);
    const double epsilon = ln_json_number(c->config, "epsilon", 1e-3);
    const bool scale = ln_json_bool(c->config, "scale", true);
    const bool rms = ln_json_bool(c->config, "rms_scaling", false);
    ln_id y = rms ? by_root_mean_square(c->e, x, n, axes, epsilon)
                  : standardize(c->e, x, n, axes, epsilon);
    if (scale || rms)
        y = ln_keras_binary(c->e, &ln_op_mul, y, ln_keras_param(c, "gamma", 0, NULL, &as));
    if (ln_json_bool(c->config, "center", true) && !rms)
        y = ln_keras_binary(c->e, &ln_op_add, y, ln_keras_param(c, "beta", scale, NULL, &as));
    ln_keras_out(c, y);
}

/* Whatever the axes, Keras multiplies by the scale along the last ones. */
void ln_keras_rms_normalization(ln_keras_call *c)
{
    const ln_id x = ln_keras_x(c);
    const ln_shape s = ln_emit_shape(c->e, x);
    int axes[LN_MAX_RANK];
    const int n = read_axes(c, s.rank, axes);
    if (!ln_emit_ok(c->e))
        return;
    const ln_id y =
        by_root_mean_square(c->e, x, n, axes, ln_json_number(c->config, "epsilon", 1e-6));
    ln_keras_out(c,
                 ln_keras_binary(c->e, &ln_op_mul, y, ln_keras_param(c, "scale", 0, NULL, NULL)));
}

/* x / max(norm, tiny) */
void ln_keras_unit_normalization(ln_keras_call *c)
{
    const ln_id x = ln_keras_x(c);
    const int rank = ln_emit_shape(c->e, x).rank;
    int axes[LN_MAX_RANK];
    const int n = read_axes(c, rank, axes);
    if (!ln_emit_ok(c->e))
        return;
    if (n == 1 && axes[0] == rank - 1) {
        const TfLiteL2NormParams p = {.activation = kTfLiteActNone};
        ln_keras_out(c, ln_emit_unary(c->e, &ln_op_l2_normalization, &p, x));
        return;
    }
    const ln_id sum =
        ln_emit_reduce(c->e, &ln_op_sum, ln_keras_unary(c->e, &ln_op_square, x), n, axes, true);
    const ln_id factor =
        ln_keras_unary(c->e, &ln_op_rsqrt, ln_keras_with(c->e, &ln_op_maximum, sum, 1e-12));
    ln_keras_out(c, ln_keras_binary(c->e, &ln_op_mul, x, factor));
}

/* The channels in groups: [.., c] -> [.., g, c / g], standardized over all axes but batch and
 * groups. */
void ln_keras_group_normalization(ln_keras_call *c)
{
    const ln_id x = ln_keras_x(c);
    const ln_shape s = ln_emit_shape(c->e, x);
    const int axis = axis_in(c, s.rank);
    int groups = ln_json_int(c->config, "groups", 32), axes[LN_MAX_RANK], n = 0;
    const int channels = s.rank > 0 ? s.dim[axis] : -1;
    groups = groups == -1 ? channels : groups;
    if (groups < 1 || channels < 1 || channels % groups || s.rank + 1 > LN_MAX_RANK) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "%d channels in %d groups", channels, groups);
        return;
    }
    ln_shape split = {.rank = s.rank + 1}, whole = s;
    for (int i = 0; i < s.rank; i++) {
        split.dim[i + (i > axis)] = LN_KERAS_AS - i;
        whole.dim[i] = LN_KERAS_AS - (i + (i > axis));
    }
    split.dim[axis] = groups;
    split.dim[axis + 1] = channels / groups;
    whole.dim[axis] = channels;
    for (int i = 1; i < split.rank; i++)
        if (i != axis)
            axes[n++] = i;
    ln_id y = standardize(c->e, ln_keras_reshape(c->e, x, &split), n, axes,
                          ln_json_number(c->config, "epsilon", 1e-3));
    y = ln_keras_reshape(c->e, y, &whole);
    const ln_shape as = weight_shape(&s, 1, &axis);
    const bool scale = ln_json_bool(c->config, "scale", true);
    if (scale)
        y = ln_keras_binary(c->e, &ln_op_mul, y, ln_keras_param(c, "gamma", 0, NULL, &as));
    if (ln_json_bool(c->config, "center", true))
        y = ln_keras_binary(c->e, &ln_op_add, y, ln_keras_param(c, "beta", scale, NULL, &as));
    ln_keras_out(c, y);
}

/* The ConvNeXt models' own layer; its only weight has no name of its own in .h5 files. */
void ln_keras_layer_scale(ln_keras_call *c)
{
    const ln_id gamma = ln_keras_param(c, "*", 0, NULL, NULL);
    ln_keras_out(c, ln_emit_binary(c->e, &ln_op_mul, NULL, ln_keras_x(c), gamma));
}
