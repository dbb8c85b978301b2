/* SPDX-License-Identifier: Apache-2.0 */
/* shape.c: what only gives the same bytes another shape becomes one RESHAPE. */
#include <string.h>

#include "opt/opt.h"

/* A shape that one constant can say: at most one open dimension, and no empty one beside it. */
static bool can_say(const ln_shape *s)
{
    int open = 0, empty = 0;
    for (int i = 0; i < s->rank; i++) {
        open += s->dim[i] < 0;
        empty += s->dim[i] == 0;
    }
    return s->rank >= 0 && (open == 0 || (open == 1 && empty == 0));
}

/* TRANSPOSE that moves axes of one item only: the order of the others stays. */
static bool moves_ones(const ln_opt *o, int node)
{
    const ln_shape s = ln_emit_shape(&o->e, ln_opt_in(o, node, 0));
    int perm[LN_MAX_RANK], n, last = -1;
    if (s.rank < 0 || !ln_emit_read_ints(&o->e, ln_opt_in(o, node, 1), LN_MAX_RANK, perm, &n) ||
        n != s.rank)
        return false;
    for (int i = 0; i < n; i++) {
        if (perm[i] < 0 || perm[i] >= n)
            return false;
        if (s.dim[perm[i]] == 1)
            continue;
        if (perm[i] < last)
            return false;
        last = perm[i];
    }
    return true;
}

static bool all_ones(const ln_opt *o, int node)
{
    const ln_shape s = ln_emit_shape(&o->e, ln_opt_in(o, node, 0));
    unsigned axes;
    if (!ln_opt_axes(o, ln_opt_in(o, node, 1), s.rank, &axes))
        return false;
    for (int i = 0; i < s.rank; i++)
        if ((axes >> i & 1) && s.dim[i] != 1)
            return false;
    return true;
}

static bool is_view(const ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const ln_op *op = n->op;
    if (op == &ln_op_squeeze || op == &ln_op_expand_dims)
        return true;
    if (op == &ln_op_transpose)
        return moves_ones(o, node);
    if (op == &ln_op_pack)
        return n->inputs->size == 1;
    if (op == &ln_op_unpack)
        return n->outputs->size == 1;
    return (op == &ln_op_sum || op == &ln_op_mean || op == &ln_op_reduce_max ||
            op == &ln_op_reduce_min || op == &ln_op_reduce_prod) &&
           all_ones(o, node);
}

/* Its other operands may be there for the shape alone, as those of SHAPE. */
static bool reshape_of_reshape(ln_opt *o, int node)
{
    const ln_id x = ln_opt_in(o, node, 0), y = ln_opt_out(o, node);
    const int before = ln_opt_maker(o, x);
    const ln_shape s = ln_emit_shape(&o->e, y);
    if (!ln_opt_is(o, before, &ln_op_reshape) || !can_say(&s))
        return false;
    const ln_id from = ln_opt_in(o, before, 0);
    return ln_opt_same_kind(o, from, y) && ln_opt_replace(o, y, ln_emit_reshape(&o->e, from, &s));
}

/* RESHAPE by a computed shape of which all is known by now. */
static bool settle(ln_opt *o, int node)
{
    const ln_id y = ln_opt_out(o, node), wanted = ln_opt_in(o, node, 1);
    const ln_shape s = ln_emit_shape(&o->e, y);
    return wanted >= 0 && !ln_emit_known(&o->e, wanted) && can_say(&s) &&
           ln_opt_replace(o, y, ln_emit_reshape(&o->e, ln_opt_in(o, node, 0), &s));
}

bool ln_pass_reshape(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const ln_id x = ln_opt_in(o, node, 0), y = ln_opt_out(o, node);
    if (!n->op || x < 0 || y < 0)
        return false;
    if (n->op == &ln_op_reshape)
        return reshape_of_reshape(o, node) || settle(o, node);
    const ln_shape s = ln_emit_shape(&o->e, y);
    if (!is_view(o, node) || !can_say(&s) || !ln_opt_same_kind(o, x, y) || !ln_opt_plain(n))
        return false;
    return ln_opt_replace(o, y, ln_emit_reshape(&o->e, x, &s));
}
