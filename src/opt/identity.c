/* SPDX-License-Identifier: Apache-2.0 */
/* identity.c: nodes that give what they get. */
#include <float.h>
#include <math.h>

#include "opt/opt.h"

/* The input, where its shape and kind are the output's. */
static bool is_same(const ln_opt *o, ln_id in, ln_id out)
{
    const ln_shape a = ln_emit_shape(&o->e, in), b = ln_emit_shape(&o->e, out);
    return ln_opt_same_kind(o, in, out) && ln_opt_same_shape(&a, &b);
}

/* Operators whose result has the input's shape only where they do nothing. */
static bool shape_decides(const ln_op *op)
{
    static const ln_op *const ops[] = {&ln_op_reshape,        &ln_op_squeeze,    &ln_op_expand_dims,
                                       &ln_op_broadcast_to,   &ln_op_tile,       &ln_op_pad,
                                       &ln_op_padv2,          &ln_op_mirror_pad, &ln_op_slice,
                                       &ln_op_resize_bilinear};
    for (size_t i = 0; i < LN_COUNTOF(ops); i++)
        if (op == ops[i])
            return true;
    return false;
}

/* PAD with an open dimension: only zeros add nothing for sure. */
static bool all_zero(const ln_opt *o, ln_id t)
{
    double v;
    return ln_opt_splat(o, t, &v) && v == 0;
}

static bool keeps_shape(const ln_opt *o, int node, ln_id x, ln_id y)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const ln_shape s = ln_emit_shape(&o->e, x);
    if (!shape_decides(n->op) || !is_same(o, x, y))
        return false;
    const bool views = n->op->traits & LN_VIEW;
    if (views || (s.rank >= 0 && ln_shape_known(&s)))
        return true;
    return (n->op == &ln_op_pad || n->op == &ln_op_padv2 || n->op == &ln_op_mirror_pad) &&
           all_zero(o, ln_opt_in(o, node, 1));
}

/* x + 0, x - 0, x * 1, x / 1, x ^ 1 */
static bool is_neutral(const ln_opt *o, int node, ln_id *x)
{
    const ln_op *op = ln_opt_node_at(o, node)->op;
    const bool sum = op == &ln_op_add || op == &ln_op_sub;
    const bool product = op == &ln_op_mul || op == &ln_op_div || op == &ln_op_pow;
    ln_id constant;
    double v;
    if ((!sum && !product) || !ln_opt_plain(ln_opt_node_at(o, node)) ||
        !ln_opt_constant_side(o, node, x, &constant) || !ln_opt_splat(o, constant, &v))
        return false;
    const bool right = *x == ln_opt_in(o, node, 0);
    const bool commutes = op == &ln_op_add || op == &ln_op_mul;
    return (right || commutes) && v == (sum ? 0 : 1) && is_same(o, *x, ln_opt_out(o, node));
}

/* MINIMUM(low, MAXIMUM(high, x)) of integers: `low`, whatever x is; likewise the other way round.
 * Keras says so how many classes there are. */
static ln_id clamped(const ln_opt *o, int node)
{
    const ln_op *op = ln_opt_node_at(o, node)->op;
    const ln_op *inner = op == &ln_op_minimum   ? &ln_op_maximum
                         : op == &ln_op_maximum ? &ln_op_minimum
                                                : NULL;
    const TfLiteType type = ln_emit_type(&o->e, ln_opt_out(o, node));
    ln_id bound, far, x;
    double a, b;
    if (!inner || (type != kTfLiteInt32 && type != kTfLiteInt64) ||
        !ln_opt_constant_side(o, node, &x, &bound) || !ln_opt_splat(o, bound, &a))
        return -1;
    const int before = o->tensors[x].maker;
    if (!ln_opt_is(o, before, inner) || !ln_opt_constant_side(o, before, &x, &far) ||
        !ln_opt_splat(o, far, &b) || (op == &ln_op_minimum ? b < a : b > a))
        return -1;
    const double exact = 1LL << DBL_MANT_DIG; /* beyond it int64 are no longer told apart */
    if (fabs(a) >= exact || fabs(b) >= exact)
        return -1;
    return is_same(o, bound, ln_opt_out(o, node)) ? bound : -1;
}

static bool is_whole_permutation(const ln_opt *o, int node)
{
    int perm[LN_MAX_RANK], n;
    if (!ln_emit_read_ints(&o->e, ln_opt_in(o, node, 1), LN_MAX_RANK, perm, &n))
        return false;
    for (int i = 0; i < n; i++)
        if (perm[i] != i)
            return false;
    return true;
}

/* Reductions of axes that have one item each, with the axes kept. */
static bool reduces_nothing(const ln_opt *o, int node)
{
    static const ln_op *const ops[] = {&ln_op_sum, &ln_op_mean, &ln_op_reduce_max,
                                       &ln_op_reduce_min, &ln_op_reduce_prod};
    const ln_node *n = ln_opt_node_at(o, node);
    const ln_shape s = ln_emit_shape(&o->e, ln_opt_in(o, node, 0));
    unsigned axes;
    bool known = false;
    for (size_t i = 0; i < LN_COUNTOF(ops); i++)
        known = known || n->op == ops[i];
    if (!known || !ln_opt_axes(o, ln_opt_in(o, node, 1), s.rank, &axes))
        return false;
    for (int i = 0; i < s.rank; i++)
        if ((axes >> i & 1) && s.dim[i] != 1)
            return false;
    return true;
}

static bool is_block_of_one(const ln_node *n)
{
    if (n->op == &ln_op_space_to_depth)
        return ((const TfLiteSpaceToDepthParams *)n->params)->block_size == 1;
    return n->op == &ln_op_depth_to_space &&
           ((const TfLiteDepthToSpaceParams *)n->params)->block_size == 1;
}

/* Where the node gives one of its inputs as it is, that one. */
static ln_id given(const ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const ln_id x = ln_opt_in(o, node, 0), y = ln_opt_out(o, node);
    ln_id other;
    if (keeps_shape(o, node, x, y) || is_block_of_one(n))
        return x;
    if (n->op == &ln_op_cast && ln_opt_same_kind(o, x, y))
        return x;
    if (n->op == &ln_op_transpose && is_whole_permutation(o, node))
        return x;
    if (n->op == &ln_op_concatenation && n->inputs->size == 1 && ln_opt_plain(n))
        return x;
    if (n->op == &ln_op_add_n && n->inputs->size == 1)
        return x;
    if (n->op == &ln_op_split && n->outputs->size == 1)
        return ln_opt_in(o, node, 1);
    if (n->op == &ln_op_split_v && n->outputs->size == 1)
        return x;
    if (is_neutral(o, node, &other))
        return other;
    const ln_id bound = clamped(o, node);
    if (bound >= 0)
        return bound;
    if (reduces_nothing(o, node) && is_same(o, x, y))
        return x;
    return -1;
}

bool ln_pass_identity(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const ln_id y = ln_opt_out(o, node);
    if (!n->op || n->custom_name || n->outputs->size < 1 || n->inputs->size < 1)
        return false;
    const ln_id x = given(o, node);
    return x >= 0 && ln_opt_same_kind(o, x, y) && ln_opt_replace(o, y, x);
}
