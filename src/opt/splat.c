/* SPDX-License-Identifier: Apache-2.0 */
/* splat.c: operands of elementwise operators are broadcast by the operators: BROADCAST_TO, TILE
 * and FILL in front of them go, and constants of equal numbers become one number. */
#include "opt/opt.h"

static bool broadcasts(const ln_op *op)
{
    static const ln_op *const ops[] = {&ln_op_add,
                                       &ln_op_sub,
                                       &ln_op_mul,
                                       &ln_op_div,
                                       &ln_op_maximum,
                                       &ln_op_minimum,
                                       &ln_op_squared_difference};
    for (size_t i = 0; i < LN_COUNTOF(ops); i++)
        if (op == ops[i])
            return true;
    return false;
}

/* What the operand is made from, of a shape that broadcasts to the same; -1: nothing smaller. */
static ln_id smaller(ln_opt *o, ln_id t)
{
    const int maker = ln_opt_maker(o, t);
    const ln_shape s = ln_emit_shape(&o->e, t);
    double v;
    if (ln_emit_known(&o->e, t))
        return s.rank > 0 && ln_shape_count(&s, 0, s.rank) > 1 && ln_opt_splat(o, t, &v)
                   ? ln_emit_number(&o->e, ln_emit_type(&o->e, t), v)
                   : -1;
    if (ln_opt_is(o, maker, &ln_op_broadcast_to))
        return ln_opt_in(o, maker, 0);
    return ln_opt_is(o, maker, &ln_op_fill) ? ln_opt_in(o, maker, 1) : -1;
}

/* The output's shape must follow from the other operand alone. */
bool ln_pass_splat(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    if (!n->op || !broadcasts(n->op) || n->inputs->size != 2 ||
        ln_emit_tensor(&o->e, ln_opt_out(o, node))->quantization.type != kTfLiteNoQuantization)
        return false;
    for (int i = 0; i < 2; i++) {
        const ln_id other = ln_opt_in(o, node, 1 - i), old = ln_opt_in(o, node, i);
        const ln_shape s = ln_emit_shape(&o->e, other);
        const ln_shape y = ln_emit_shape(&o->e, ln_opt_out(o, node));
        if (s.rank < 1 || !ln_opt_same_shape(&s, &y))
            continue;
        const ln_id t = smaller(o, old);
        if (t < 0 || !ln_opt_same_kind(o, t, old))
            continue;
        ln_id in[2] = {other, other};
        in[i] = t;
        return ln_opt_replace(o, ln_opt_out(o, node), ln_opt_again(o, node, 2, in));
    }
    return false;
}
