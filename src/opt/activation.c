/* SPDX-License-Identifier: Apache-2.0 */
/* activation.c: RELU, RELU6, RELU_N1_TO_1 become part of what makes their operand; also behind
 * RESHAPEs, which change no value. */
#include "opt/opt.h"

/* The operators whose kernels apply an activation, everywhere. */
static bool fuses(const ln_op *op)
{
    static const ln_op *const ops[] = {&ln_op_conv_2d,
                                       &ln_op_depthwise_conv_2d,
                                       &ln_op_fully_connected,
                                       &ln_op_transpose_conv,
                                       &ln_op_add,
                                       &ln_op_sub,
                                       &ln_op_mul,
                                       &ln_op_div,
                                       &ln_op_max_pool_2d,
                                       &ln_op_average_pool_2d,
                                       &ln_op_l2_pool_2d,
                                       &ln_op_conv_3d};
    for (size_t i = 0; i < LN_COUNTOF(ops); i++)
        if (op == ops[i])
            return true;
    return false;
}

static TfLiteFusedActivation activation_of(const ln_op *op)
{
    return op == &ln_op_relu           ? kTfLiteActRelu
           : op == &ln_op_relu6        ? kTfLiteActRelu6
           : op == &ln_op_relu_n1_to_1 ? kTfLiteActReluN1To1
                                       : kTfLiteActNone;
}

/* What makes `t`, behind RESHAPEs; all of them are used once. */
static int maker_behind(ln_opt *o, ln_id t)
{
    for (int depth = 0; depth < 3; depth++) {
        const int maker = ln_opt_maker(o, t);
        if (maker < 0 || ln_opt_uses(o, t) != 1)
            return -1;
        if (!ln_opt_is(o, maker, &ln_op_reshape))
            return maker;
        t = ln_opt_in(o, maker, 0);
    }
    return -1;
}

/* The parameters may be another node's too: they are copied before they are changed. */
static bool set_activation(ln_opt *o, int node, TfLiteFusedActivation act)
{
    ln_node *n = ln_opt_node_at(o, node);
    void *own = ln_arena_copy(&o->m->arena, n->params, n->params_size);
    if (!own) {
        ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
        return false;
    }
    n->params = own;
    *ln_opt_activation(n) = act;
    return true;
}

bool ln_pass_activation(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const TfLiteFusedActivation act = n->op ? activation_of(n->op) : kTfLiteActNone;
    const ln_id x = ln_opt_in(o, node, 0), y = ln_opt_out(o, node);
    if (act == kTfLiteActNone || !ln_opt_is_float(o, y))
        return false;
    const int maker = maker_behind(o, x);
    if (maker < 0 || !ln_opt_node_at(o, maker)->op || !fuses(ln_opt_node_at(o, maker)->op) ||
        !ln_opt_activation(ln_opt_node_at(o, maker)) || !ln_opt_plain(ln_opt_node_at(o, maker)) ||
        !ln_opt_is_float(o, ln_opt_out(o, maker)))
        return false;
    return set_activation(o, maker, act) && ln_opt_replace(o, y, x);
}
