/* SPDX-License-Identifier: Apache-2.0 */
/* norm.c: normalizations, in the stored layout.  Means and variances are MEAN of x and of squared
 * differences; factors per channel are laid along the stored channels. */
#include <math.h>
#include <string.h>

#include "import/onnx/families.h"

/* A vector [n] along logical dimension `axis` of a layout. */
static ln_id along(ln_ox *o, ln_id x, const ln_ox_layout *at, int axis)
{
    const int place = ln_ox_at(at, axis), behind = at->rank - 1 - place;
    int dims[LN_MAX_RANK];
    const ln_shape s = ln_emit_shape(&o->e, x);
    if (behind <= 0 || s.rank != 1)
        return x;
    dims[0] = s.dim[0];
    for (int i = 1; i <= behind; i++)
        dims[i] = 1;
    return ln_ox_reshape(o, x, behind + 1, dims);
}

/* ---- BatchNormalization ---- */

static void factor_and_summand(ln_ox *o, const ln_id *in, float epsilon, ln_id *scale, ln_id *shift)
{
    const ln_id spread =
        ln_ox_op1(o, &ln_op_sqrt, ln_ox_add(o, in[3], ln_emit_float(&o->e, epsilon)));
    *scale = ln_ox_div(o, in[0], spread);
    *shift = ln_ox_sub(o, in[1], ln_ox_mul(o, in[2], *scale));
}

const Onnx__NodeProto *ln_ox_following_norm(ln_ox *o, const ln_ox_node *n, ln_id *scale,
                                            ln_id *shift)
{
    const Onnx__NodeProto *p = ln_ox_only_user(n, 0, "BatchNormalization");
    ln_id in[4];
    if (!p || p->n_input < 5 || p->n_output != 1 || strcmp(p->input[0], n->p->output[0]) != 0)
        return NULL;
    const ln_ox_node norm = {.p = p, .scope = n->scope, .opset = n->opset};
    for (int i = 0; i < 4; i++) {
        const ln_ox_name *name = ln_ox_lookup(n->scope, p->input[i + 1]);
        if (!name || (!name->value && !name->initializer))
            return NULL; /* made later */
        in[i] = ln_ox_in_id(o, &norm, i + 1);
        if (!ln_emit_known(&o->e, in[i]))
            return NULL;
    }
    if (ln_ox_int(&norm, "training_mode", 0))
        return NULL;
    factor_and_summand(o, in, ln_ox_float(&norm, "epsilon", 1e-5f), scale, shift);
    return ln_ox_ok(o) ? p : NULL;
}

/* In training mode the batch's own mean and variance take the place of those given, which become
 * outputs, moved towards them. */
static void by_the_batch(ln_ox *o, const ln_ox_node *n, ln_ox_value *v, ln_id *in)
{
    const float keep = ln_ox_float(n, "momentum", 0.9f);
    const int channels = ln_ox_at(&v->at, 1);
    int axes[LN_MAX_RANK], count = 0;
    for (int i = 0; i < v->at.rank; i++)
        if (i != channels)
            axes[count++] = i;
    const ln_id x = ln_ox_id(o, v);
    const ln_id mean = ln_emit_reduce(&o->e, &ln_op_mean, x, count, axes, false);
    const ln_id d = ln_ox_op1(o, &ln_op_square, ln_ox_sub(o, x, along(o, mean, &v->at, 1)));
    const ln_id own[] = {mean, ln_emit_reduce(&o->e, &ln_op_mean, d, count, axes, false)};
    for (int i = 0; i < 2; i++) {
        if (ln_ox_has_out(n, 1 + i))
            ln_ox_out(o, n, 1 + i,
                      ln_ox_add(o, ln_ox_mul(o, in[2 + i], ln_emit_float(&o->e, keep)),
                                ln_ox_mul(o, own[i], ln_emit_float(&o->e, 1 - keep))));
        in[2 + i] = own[i];
    }
}

void ln_ox_batch_norm(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    ln_id in[4], scale, shift;
    if (!v)
        return;
    const bool training = n->opset >= 14 && ln_ox_int(n, "training_mode", 0);
    if (!training && ln_ox_n_out(n) > 1) {
        LN_OX_FAIL(o, "in training mode");
        return;
    }
    for (int i = 0; i < 4; i++)
        in[i] = ln_ox_in_id(o, n, i + 1);
    if (training && v->at.rank > 1)
        by_the_batch(o, n, v, in);
    factor_and_summand(o, in, ln_ox_float(n, "epsilon", 1e-5f), &scale, &shift);
    const ln_id y = ln_ox_mul(o, ln_ox_id(o, v), along(o, scale, &v->at, 1));
    ln_ox_out_at(o, n, 0, ln_ox_add(o, y, along(o, shift, &v->at, 1)), &v->at);
}

/* ---- by mean and variance over some dimensions ---- */

typedef struct moments {
    ln_id mean, inverse; /* 1 / standard deviation; dimensions kept */
    ln_id y;             /* (x - mean) / standard deviation */
} moments;

static moments normalized(ln_ox *o, ln_id x, int n, const int *axes, float epsilon)
{
    moments m;
    m.mean = ln_emit_reduce(&o->e, &ln_op_mean, x, n, axes, true);
    const ln_id d = ln_ox_sub(o, x, m.mean);
    const ln_id variance =
        ln_emit_reduce(&o->e, &ln_op_mean, ln_ox_op1(o, &ln_op_square, d), n, axes, true);
    m.inverse = ln_ox_op1(o, &ln_op_rsqrt, ln_ox_add(o, variance, ln_emit_float(&o->e, epsilon)));
    m.y = ln_ox_mul(o, d, m.inverse);
    return m;
}

/* Channels in groups, each normalized with its pixels: [n, pixels, groups, channels / groups].
 * Scale and bias are per channel or per group, -1: none.  *last is the layout of what it gives. */
static ln_id in_groups(ln_ox *o, const ln_ox_node *n, ln_ox_value *v, int groups,
                       const ln_id *factors, ln_ox_layout *last)
{
    const ln_shape s = ln_ox_shape(o, v);
    if (s.rank < 3 || groups < 1 || s.dim[1] < 1 || s.dim[1] % groups) {
        LN_OX_FAIL(o, "%d groups of %d channels", groups, s.rank < 2 ? 0 : s.dim[1]);
        return -1;
    }
    *last = ln_ox_channels_last(s.rank);
    const ln_id x = ln_ox_as(o, v, last);
    const int c = s.dim[1], pixels = ln_shape_count(&s, 2, s.rank);
    const ln_ox_dim dims[] = {LN_OX_DIM_OF(x, 0), LN_OX_NUMBER(pixels), LN_OX_NUMBER(groups),
                              LN_OX_NUMBER(c / groups)};
    ln_id y = normalized(o, ln_ox_reshape_by(o, x, 4, dims), 2, (const int[]){1, 3},
                         ln_ox_float(n, "epsilon", 1e-5f))
                  .y;
    const ln_shape fs = ln_emit_shape(&o->e, factors[0]);
    const bool per_group = fs.rank == 1 && fs.dim[0] == groups && groups != c;
    const int shape[] = {groups, per_group ? 1 : c / groups};
    if (factors[0] >= 0)
        y = ln_ox_mul(o, y, ln_ox_reshape(o, factors[0], 2, shape));
    if (factors[1] >= 0)
        y = ln_ox_add(o, y, ln_ox_reshape(o, factors[1], 2, shape));
    return ln_ox_reshape_like(o, y, x);
}

void ln_ox_group_norm(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    const ln_id factors[] = {ln_ox_in_id(o, n, 1), ln_ox_in_id(o, n, 2)};
    ln_ox_layout last;
    if (!v)
        return;
    ln_id y =
        in_groups(o, n, v, ln_ox_int(n, "num_groups", ln_ox_int(n, "groups", 0)), factors, &last);
    if (ln_ox_int(n, "activation", 0)) /* com.microsoft: SiLU behind */
        y = ln_ox_activate(o, LN_OX_SWISH, y, 1, 0);
    ln_ox_out_at(o, n, 0, y, &last);
}

/* All items of a constant are this number. */
static bool is_all(ln_ox *o, ln_id id, float number)
{
    const TfLiteTensor *t = ln_emit_tensor(&o->e, id);
    if (!ln_emit_known(&o->e, id) || t->type != kTfLiteFloat32)
        return false;
    const int n = ln_count(t);
    for (int i = 0; i < n; i++)
        if (t->data.f[i] != number)
            return false;
    return true;
}

/* The Reshape behind, when it gives the shape that value `name` has. */
static const Onnx__NodeProto *reshape_back(ln_ox *o, const ln_ox_node *n, const char *name,
                                           const ln_shape *s)
{
    const Onnx__NodeProto *p = ln_ox_only_user(n, 0, "Reshape");
    const ln_ox_name *to = p && p->n_input == 2 ? ln_ox_lookup(n->scope, p->input[1]) : NULL;
    int dims[LN_MAX_RANK], count;
    if (!to)
        return NULL;
    if (to->maker && to->maker->op_type && strcmp(to->maker->op_type, "Shape") == 0)
        return to->maker->n_attribute == 0 && to->maker->n_input == 1 &&
                       strcmp(to->maker->input[0], name) == 0
                   ? p
                   : NULL;
    if ((!to->value && !to->initializer) ||
        !ln_emit_read_ints(&o->e, ln_ox_plain(o, ln_ox_resolve(o, p->input[1])), LN_MAX_RANK, dims,
                           &count) ||
        count != s->rank)
        return NULL;
    for (int i = 0; i < count; i++)
        if (dims[i] != s->dim[i] || dims[i] < 1)
            return NULL;
    return p;
}

static bool is_reshape(const Onnx__NodeProto *p)
{
    return p && p->n_input > 0 && p->op_type && strcmp(p->op_type, "Reshape") == 0;
}

/* GroupNorm as exporters write it: Reshape to [n, groups, items], this node, Reshape back. */
static bool written_group_norm(ln_ox *o, const ln_ox_node *n, ln_ox_value *v)
{
    const ln_ox_name *x = ln_ox_lookup(n->scope, n->p->input[0]);
    const Onnx__NodeProto *front = x ? x->maker : NULL;
    const ln_shape reshaped = ln_ox_shape(o, v);
    ln_ox_layout last;
    if (!is_reshape(front) || reshaped.rank != 3 || reshaped.dim[1] < 1)
        return false;
    ln_ox_value *image = ln_ox_resolve(o, front->input[0]);
    const ln_shape s = image ? ln_ox_shape(o, image) : ln_shape_unknown(-1);
    const Onnx__NodeProto *back = reshape_back(o, n, front->input[0], &s);
    const int groups = reshaped.dim[1];
    if (!back || s.rank < 3 || s.dim[0] != reshaped.dim[0] || s.dim[1] < 1 || s.dim[1] % groups ||
        ln_ox_n_in(n) < 3)
        return false;
    ln_id factors[] = {ln_ox_in_id(o, n, 1), ln_ox_in_id(o, n, 2)};
    if (is_all(o, factors[0], 1) && is_all(o, factors[1], 0))
        factors[0] = factors[1] = -1;
    const ln_id id = in_groups(o, n, image, groups, factors, &last);
    ln_ox_value *y = ln_ox_ok(o) ? ln_ox_value_new(o, id, &last) : NULL;
    if (!y)
        return true;
    y->done[0] = back;
    y->n_done = 1;
    ln_ox_out_value(o, n, 0, y);
    return true;
}

void ln_ox_instance_norm(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    int axes[LN_MAX_RANK], count = 0;
    if (!v || written_group_norm(o, n, v))
        return;
    for (int i = 0; i < v->at.rank; i++)
        if (v->at.dim[i] > 1)
            axes[count++] = i;
    const moments m = normalized(o, ln_ox_id(o, v), count, axes, ln_ox_float(n, "epsilon", 1e-5f));
    const ln_id y = ln_ox_mul(o, m.y, along(o, ln_ox_in_id(o, n, 1), &v->at, 1));
    ln_ox_out_at(o, n, 0, ln_ox_add(o, y, along(o, ln_ox_in_id(o, n, 2), &v->at, 1)), &v->at);
}

/* The stored places of the dimensions from `axis` on. */
static int axes_from(const ln_ox_layout *at, int axis, int *axes)
{
    int count = 0;
    for (int i = 0; i < at->rank; i++)
        if (at->dim[i] >= axis)
            axes[count++] = i;
    return count;
}

/* Scale and bias, which broadcast against x; -1 where there is none. */
static ln_id scaled(ln_ox *o, const ln_ox_node *n, ln_id y, int scale, const ln_ox_layout *at)
{
    ln_ox_value *factor = ln_ox_in(o, n, scale), *summand = ln_ox_in(o, n, scale + 1);
    if (factor)
        y = ln_ox_mul(o, y, ln_ox_broadcast_as(o, factor, at));
    return summand ? ln_ox_add(o, y, ln_ox_broadcast_as(o, summand, at)) : y;
}

void ln_ox_layer_norm(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    int axes[LN_MAX_RANK], axis;
    if (!v || !ln_ox_axis(o, n, -1, v->at.rank, &axis))
        return;
    const int count = axes_from(&v->at, axis, axes);
    const moments m = normalized(o, ln_ox_id(o, v), count, axes, ln_ox_float(n, "epsilon", 1e-5f));
    ln_ox_out_at(o, n, 0, scaled(o, n, m.y, 1, &v->at), &v->at);
    ln_ox_out_at(o, n, 1, m.mean, &v->at);
    ln_ox_out_at(o, n, 2, m.inverse, &v->at);
}

static ln_id rms(ln_ox *o, ln_id x, int count, const int *axes, float epsilon)
{
    const ln_id power =
        ln_emit_reduce(&o->e, &ln_op_mean, ln_ox_op1(o, &ln_op_square, x), count, axes, true);
    return ln_ox_mul(
        o, x, ln_ox_op1(o, &ln_op_rsqrt, ln_ox_add(o, power, ln_emit_float(&o->e, epsilon))));
}

void ln_ox_rms_norm(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0), *scale = ln_ox_in(o, n, 1);
    int axes[LN_MAX_RANK], axis;
    if (!v || !scale || !ln_ox_axis(o, n, -1, v->at.rank, &axis))
        return;
    const int count = axes_from(&v->at, axis, axes);
    const ln_id y = rms(o, ln_ox_id(o, v), count, axes, ln_ox_float(n, "epsilon", 1e-5f));
    ln_ox_out_at(o, n, 0, ln_ox_mul(o, y, ln_ox_broadcast_as(o, scale, &v->at)), &v->at);
}

/* com.microsoft: LayerNormalization of x + skip (+ bias); the sum is output 3. */
void ln_ox_skip_layer_norm(ln_ox *o, const ln_ox_node *n)
{
    const bool simplified = n->row->arg;
    ln_ox_value *v[2] = {ln_ox_in(o, n, 0), ln_ox_in(o, n, 1)};
    ln_ox_value *bias = ln_ox_in(o, n, simplified ? 3 : 4), *gamma = ln_ox_in(o, n, 2);
    ln_ox_value *beta = simplified ? NULL : ln_ox_in(o, n, 3);
    ln_ox_layout at;
    ln_id ids[2];
    if (!v[0] || !v[1] || !gamma)
        return;
    ln_ox_align(o, 2, v, ids, &at);
    ln_id x = ln_ox_add(o, ids[0], ids[1]);
    if (bias)
        x = ln_ox_add(o, x, ln_ox_broadcast_as(o, bias, &at));
    const int axis = ln_ox_at(&at, at.rank - 1);
    const float epsilon = ln_ox_float(n, "epsilon", 1e-12f);
    ln_id y = simplified ? rms(o, x, 1, &axis, epsilon) : normalized(o, x, 1, &axis, epsilon).y;
    y = ln_ox_mul(o, y, ln_ox_broadcast_as(o, gamma, &at));
    if (beta)
        y = ln_ox_add(o, y, ln_ox_broadcast_as(o, beta, &at));
    ln_ox_out_at(o, n, 0, y, &at);
    ln_ox_out_at(o, n, 3, x, &at);
}

void ln_ox_mean_variance_norm(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    int axes[LN_MAX_RANK], count;
    if (!v)
        return;
    if (!ln_ox_axes(o, n, -1, v->at.rank, axes, &count))
        return;
    if (count < 0) {
        count = 0;
        for (int i = 0; i < v->at.rank; i++)
            if (i != 1)
                axes[count++] = i;
    }
    for (int i = 0; i < count; i++)
        axes[i] = ln_ox_at(&v->at, axes[i]);
    ln_ox_out_at(o, n, 0, normalized(o, ln_ox_id(o, v), count, axes, 1e-9f).y, &v->at);
}

/* ---- across channels ---- */

void ln_ox_lrn(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    const int size = ln_ox_int(n, "size", 1);
    if (!v)
        return;
    if (ln_ox_rank(o, v) != 4 || size < 1 || size % 2 == 0) {
        LN_OX_FAIL(o, "a window of %d channels: it has to be odd, over images", size);
        return;
    }
    const TfLiteLocalResponseNormParams p = {.radius = size / 2,
                                             .bias = ln_ox_float(n, "bias", 1),
                                             .alpha = ln_ox_float(n, "alpha", 1e-4f) / (float)size,
                                             .beta = ln_ox_float(n, "beta", 0.75f)};
    ln_ox_out_image(
        o, n, ln_emit_unary(&o->e, &ln_op_local_response_normalization, &p, ln_ox_image(o, v)), 2);
}

void ln_ox_lp_norm(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    const int p = ln_ox_int(n, "p", 2);
    int axis;
    if (!v || !ln_ox_axis(o, n, -1, v->at.rank, &axis))
        return;
    const ln_id x = ln_ox_id(o, v);
    const int stored = ln_ox_at(&v->at, axis);
    if (p != 1 && p != 2) {
        LN_OX_FAIL(o, "p is %d, neither 1 nor 2", p);
        return;
    }
    ln_id size = ln_emit_reduce(
        &o->e, &ln_op_sum, ln_ox_op1(o, p == 1 ? &ln_op_abs : &ln_op_square, x), 1, &stored, true);
    if (p == 2)
        size = ln_ox_op1(o, &ln_op_sqrt, size);
    /* a vector of zeros stays one */
    size = ln_ox_op2(o, &ln_op_maximum, size, ln_emit_float(&o->e, 1e-30f));
    ln_ox_out_at(o, n, 0, ln_ox_div(o, x, size), &v->at);
}
