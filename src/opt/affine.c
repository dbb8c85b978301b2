/* SPDX-License-Identifier: Apache-2.0 */
/* affine.c: MUL, DIV, ADD and SUB by a constant per channel become part of the weights and bias of
 * the convolution or product beside them; what is left of a batch norm is such a MUL and ADD. */
#include <string.h>

#include "opt/affine.h"

/* Where the output channels of the weights are, where the bias stands. */
typedef struct layout {
    const ln_op *op;
    int weights, bias;
    int out_axis,
        in_axis; /* of the weights; counted from the end where negative; in_axis 9: none */
} layout;

static const layout layouts[] = {
    {&ln_op_conv_2d, 1, 2, 0, 3},         {&ln_op_depthwise_conv_2d, 1, 2, 3, 9},
    {&ln_op_fully_connected, 1, 2, 0, 1}, {&ln_op_transpose_conv, 1, 3, 0, 3},
    {&ln_op_conv_3d, 1, 2, 4, 3},
};

static const layout *layout_of(const ln_op *op)
{
    for (size_t i = 0; i < LN_COUNTOF(layouts); i++)
        if (layouts[i].op == op)
            return &layouts[i];
    return NULL;
}

/* A constant that is the same along all axes but the last ones, which are `tail`, as [n]: an item
 * per channel.  -1: it is no such thing. */
static ln_id per_channel(ln_opt *o, ln_id t, const ln_shape *tail)
{
    const ln_shape s = ln_emit_shape(&o->e, t);
    const int n = ln_shape_count(tail, 0, tail->rank);
    const ln_shape flat = {.rank = 1, .dim = {n}};
    ln_shape end = {.rank = LN_MIN(s.rank, tail->rank)};
    if (!ln_emit_known(&o->e, t) || !ln_opt_is_float(o, t) || n < 1 ||
        ln_shape_count(&s, 0, s.rank - end.rank) != 1)
        return -1;
    for (int i = 0; i < end.rank; i++) {
        end.dim[i] = s.dim[s.rank - end.rank + i];
        if (end.dim[i] != 1 && end.dim[i] != tail->dim[tail->rank - end.rank + i])
            return -1;
    }
    if (ln_shape_count(&s, 0, s.rank) == n)
        return ln_emit_reshape(&o->e, t, &flat);
    const ln_id wide =
        ln_emit_binary(&o->e, &ln_op_broadcast_to, NULL, ln_emit_reshape(&o->e, t, &end),
                       ln_emit_ints(&o->e, tail->rank, tail->dim));
    return ln_emit_reshape(&o->e, wide, &flat);
}

/* [n] along one axis of `rank`. */
static ln_id along(ln_opt *o, ln_id t, int rank, int axis)
{
    ln_shape s = {.rank = rank};
    for (int i = 0; i < rank; i++)
        s.dim[i] = 1;
    s.dim[axis] = ln_emit_shape(&o->e, t).dim[0];
    return ln_emit_reshape(&o->e, t, &s);
}

/* The last axes of `wide` that a RESHAPE made of the last axis of `from`; false: there are none. */
static bool split_of(const ln_shape *wide, const ln_shape *from, ln_shape *tail)
{
    const int n = from->rank < 1 ? -1 : from->dim[from->rank - 1];
    int64_t product = 1;
    int first = wide->rank;
    while (n > 0 && first > 0 && product < n && wide->dim[first - 1] > 0)
        product *= wide->dim[--first];
    first -= first > 0 && first == wide->rank && n == 1 && wide->dim[first - 1] == 1;
    if (n < 1 || product != n || first == wide->rank)
        return false;
    tail->rank = wide->rank - first;
    memcpy(tail->dim, wide->dim + first, sizeof *tail->dim * (size_t)tail->rank);
    return true;
}

/* The node that makes `t`, behind RESHAPEs that keep its last axis or make several of it, which are
 * `tail`; they must be used once. */
static int affine_maker(ln_opt *o, ln_id t, const layout **found, ln_shape *tail)
{
    const ln_shape s = ln_emit_shape(&o->e, t);
    *tail = (ln_shape){.rank = 1, .dim = {s.rank > 0 ? s.dim[s.rank - 1] : -1}};
    for (int depth = 0; depth < 3; depth++) {
        const int maker = ln_opt_maker(o, t);
        if (maker < 0 || ln_opt_uses(o, t) != 1)
            return -1;
        const ln_node *n = ln_opt_node_at(o, maker);
        *found = n->op && !n->custom_name ? layout_of(n->op) : NULL;
        if (*found)
            return maker;
        if (n->op != &ln_op_reshape)
            return -1;
        const ln_shape wide = ln_emit_shape(&o->e, t);
        t = ln_opt_in(o, maker, 0);
        const ln_shape from = ln_emit_shape(&o->e, t);
        ln_shape own = *tail;
        if (!split_of(&wide, &from, &own) || (depth > 0 && own.rank > 1))
            return -1;
        *tail = depth > 0 ? *tail : own;
    }
    return -1;
}

/* All that must be so for weights to be changed, or for the bias only, which is float also beside
 * int8 weights of floats; the number of output channels, or -1. */
static int channels_of(ln_opt *o, int node, const layout *l, bool bias_only)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const ln_id w = ln_opt_in(o, node, l->weights), b = ln_opt_in(o, node, l->bias);
    const ln_shape s = ln_emit_shape(&o->e, w), y = ln_emit_shape(&o->e, ln_opt_out(o, node));
    const bool fits = ln_opt_is_float(o, w) || (bias_only && ln_emit_type(&o->e, w) == kTfLiteInt8);
    if (!ln_opt_plain(n) || !ln_emit_known(&o->e, w) || !fits ||
        !ln_opt_is_float(o, ln_opt_out(o, node)) || ln_emit_tensor(&o->e, w)->sparsity ||
        (b >= 0 && !ln_emit_known(&o->e, b)) || s.rank <= l->out_axis || y.rank < 1 ||
        n->inputs->size > l->bias + 1)
        return -1;
    return s.dim[l->out_axis] == y.dim[y.rank - 1] ? s.dim[l->out_axis] : -1;
}

/* Puts a bias there, also where the node had no place for one. */
static void set_bias(ln_opt *o, int node, int slot, ln_id bias)
{
    ln_node *n = ln_opt_node_at(o, node);
    if (n->inputs->size <= slot) {
        TfLiteIntArray *longer = ln_ints(&o->m->arena, slot + 1, NULL);
        if (!longer) {
            ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
            return;
        }
        for (int i = 0; i <= slot; i++)
            longer->data[i] = i < n->inputs->size ? n->inputs->data[i] : -1;
        n->inputs = longer;
    }
    ln_opt_set_input(o, node, slot, bias);
}

static void scale(ln_opt *o, int node, const layout *l, ln_id factor)
{
    const ln_id w = ln_opt_in(o, node, l->weights), b = ln_opt_in(o, node, l->bias);
    const int rank = ln_emit_shape(&o->e, w).rank;
    const ln_id scaled =
        ln_emit_binary(&o->e, &ln_op_mul, NULL, w, along(o, factor, rank, l->out_axis));
    const ln_id bias = b < 0 ? -1 : ln_emit_binary(&o->e, &ln_op_mul, NULL, b, factor);
    if (!ln_emit_ok(&o->e))
        return;
    ln_opt_set_input(o, node, l->weights, scaled);
    if (bias >= 0)
        ln_opt_set_input(o, node, l->bias, bias);
}

/* The bias after ADD or SUB of `c`. */
static void shift(ln_opt *o, int node, const layout *l, const ln_op *op, ln_id c)
{
    const ln_id b = ln_opt_in(o, node, l->bias);
    ln_id bias = c;
    if (b >= 0)
        bias = ln_emit_binary(&o->e, op, NULL, b, c);
    else if (op == &ln_op_sub)
        bias = ln_emit_unary(&o->e, &ln_op_neg, NULL, c);
    if (ln_emit_ok(&o->e))
        set_bias(o, node, l->bias, bias);
}

/* MUL, DIV, ADD, SUB behind a convolution or product. */
bool ln_pass_affine(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const ln_op *op = n->op;
    const layout *l;
    ln_shape tail;
    ln_id x, constant;
    const bool product = op == &ln_op_mul || op == &ln_op_div;
    if ((!product && op != &ln_op_add && op != &ln_op_sub) ||
        (product && !o->options->float_changes) || !ln_opt_is_float(o, ln_opt_out(o, node)) ||
        !ln_opt_constant_side(o, node, &x, &constant))
        return false;
    const bool ordered = op == &ln_op_div || op == &ln_op_sub;
    const int target = affine_maker(o, x, &l, &tail);
    if (target < 0 || (ordered && x != ln_opt_in(o, node, 0)))
        return false;
    const ln_shape before = ln_emit_shape(&o->e, x);
    const ln_shape after = ln_emit_shape(&o->e, ln_opt_out(o, node));
    if (before.rank != after.rank ||
        channels_of(o, target, l, !product) != ln_shape_count(&tail, 0, tail.rank))
        return false;
    ln_id c = per_channel(o, constant, &tail);
    if (c < 0)
        return false;
    if (op == &ln_op_div)
        c = ln_emit_binary(&o->e, &ln_op_div, NULL, ln_emit_float(&o->e, 1), c);
    if (product)
        scale(o, target, l, c);
    else
        shift(o, target, l, op, c);
    const TfLiteFusedActivation act = *ln_opt_activation(ln_opt_node_at(o, node));
    if (!ln_emit_ok(&o->e))
        return false;
    return ln_affine_hand_over(o, node, x, act);
}

/* The node goes; its activation becomes an operator, which is fused again where it can be. */
bool ln_affine_hand_over(ln_opt *o, int node, ln_id x, TfLiteFusedActivation act)
{
    const ln_op *op = ln_emit_activation_op(act);
    const ln_id y = ln_opt_out(o, node);
    return ln_opt_replace(o, y, op ? ln_emit_unary(&o->e, op, NULL, x) : x);
}

/* ---- in front ---- */

/* True when every output is a sum over whole windows: no zeros are added at the borders. */
static bool has_no_border(const ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const ln_shape w = ln_emit_shape(&o->e, ln_opt_in(o, node, 1));
    if (n->op == &ln_op_fully_connected)
        return true;
    if (n->op != &ln_op_conv_2d)
        return false;
    return ((const TfLiteConvParams *)n->params)->padding == kTfLitePaddingValid ||
           (w.dim[1] == 1 && w.dim[2] == 1);
}

/* What the constant c, added to the input, adds to each output: the sum of w times c. */
static ln_id summed(ln_opt *o, ln_id w, ln_id c, int axis)
{
    const int rank = ln_emit_shape(&o->e, w).rank;
    int axes[LN_MAX_RANK];
    for (int i = 1; i < rank; i++)
        axes[i - 1] = i;
    const ln_id products = ln_emit_binary(&o->e, &ln_op_mul, NULL, w, along(o, c, rank, axis));
    return ln_emit_reduce(&o->e, &ln_op_sum, products, rank - 1, axes, false);
}

static bool fold_before(ln_opt *o, int node, const layout *l, int before)
{
    const ln_op *op = ln_opt_node_at(o, before)->op;
    const bool product = op == &ln_op_mul || op == &ln_op_div;
    ln_id x, constant;
    if (!ln_opt_constant_side(o, before, &x, &constant) ||
        (op != &ln_op_mul && op != &ln_op_add && x != ln_opt_in(o, before, 0)) ||
        (!product && !has_no_border(o, node)))
        return false;
    const ln_id w = ln_opt_in(o, node, l->weights);
    const ln_shape s = ln_emit_shape(&o->e, w), in = ln_emit_shape(&o->e, x);
    const ln_shape given = ln_emit_shape(&o->e, ln_opt_in(o, node, 0));
    if (s.rank <= l->in_axis || in.rank < 1 || in.rank != given.rank ||
        in.dim[in.rank - 1] != s.dim[l->in_axis])
        return false; /* groups, or an operand that is broadcast */
    ln_id c = per_channel(o, constant, &(ln_shape){.rank = 1, .dim = {s.dim[l->in_axis]}});
    if (c < 0)
        return false;
    if (op == &ln_op_div)
        c = ln_emit_binary(&o->e, &ln_op_div, NULL, ln_emit_float(&o->e, 1), c);
    if (product) {
        const ln_id scaled =
            ln_emit_binary(&o->e, &ln_op_mul, NULL, w, along(o, c, s.rank, l->in_axis));
        if (ln_emit_ok(&o->e))
            ln_opt_set_input(o, node, l->weights, scaled);
    } else {
        shift(o, node, l, op, summed(o, w, c, l->in_axis));
    }
    if (ln_emit_ok(&o->e))
        ln_opt_set_input(o, node, 0, x);
    return ln_emit_ok(&o->e);
}

/* The node's weights and bias are constants that can be changed. */
static bool is_open(const ln_opt *o, int node, const layout *l)
{
    const ln_id w = ln_opt_in(o, node, l->weights), bias = ln_opt_in(o, node, l->bias);
    return ln_emit_known(&o->e, w) && ln_opt_is_float(o, w) &&
           !ln_emit_tensor(&o->e, w)->sparsity && (bias < 0 || ln_emit_known(&o->e, bias)) &&
           ln_opt_node_at(o, node)->inputs->size <= l->bias + 1;
}

static bool is_affine(const ln_node *n)
{
    return (n->op == &ln_op_mul || n->op == &ln_op_div || n->op == &ln_op_add ||
            n->op == &ln_op_sub) &&
           ln_opt_plain(n);
}

/* MUL, DIV, ADD, SUB in front of a convolution or product. */
bool ln_pass_affine_before(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const layout *l = n->op && !n->custom_name ? layout_of(n->op) : NULL;
    if ((n->op != &ln_op_conv_2d && n->op != &ln_op_fully_connected) || !l ||
        !o->options->float_changes || !is_open(o, node, l))
        return false;
    const ln_id x = ln_opt_in(o, node, 0);
    const int before = ln_opt_maker(o, x);
    if (before < 0 || ln_opt_uses(o, x) != 1 || !is_affine(ln_opt_node_at(o, before)) ||
        !ln_opt_is_float(o, x) || !fold_before(o, node, l, before))
        return false;
    if (ln_opt_uses(o, ln_opt_out(o, before)) == 0)
        ln_opt_kill(o, before);
    return true;
}
