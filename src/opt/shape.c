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

/* The axis of `from` that is this axis of `to`, where the two differ in axes of one item only. */
static int same_axis(const ln_shape *from, const ln_shape *to, int axis)
{
    int k = 0, found = -1;
    for (int i = 0; i < to->rank; i++) {
        if (to->dim[i] == 1)
            continue;
        while (k < from->rank && from->dim[k] == 1)
            k++;
        if (k == from->rank || from->dim[k] != to->dim[i])
            return -1;
        found = i == axis ? k : found;
        k++;
    }
    while (k < from->rank && from->dim[k] == 1)
        k++;
    return k == from->rank ? found : -1;
}

/* REVERSE_V2 behind a RESHAPE that makes or drops axes of one item goes in front of it, so that the
 * RESHAPE meets what comes next. */
static bool behind_reverse(ln_opt *o, int node)
{
    const int before = ln_opt_only(o, ln_opt_in(o, node, 0), &ln_op_reshape);
    int axis, n;
    if (before < 0 || !ln_emit_read_ints(&o->e, ln_opt_in(o, node, 1), 1, &axis, &n) || n != 1)
        return false;
    const ln_id x = ln_opt_in(o, before, 0), y = ln_opt_out(o, node);
    const ln_shape from = ln_emit_shape(&o->e, x), to = ln_emit_shape(&o->e, y);
    axis = same_axis(&from, &to, ln_opt_from_end(axis, to.rank));
    if (axis < 0 || !can_say(&to) || !ln_opt_same_kind(o, x, y))
        return false;
    const ln_id turned =
        ln_emit_binary(&o->e, &ln_op_reverse_v2, NULL, x, ln_emit_ints(&o->e, 1, &axis));
    return ln_opt_replace(o, y, ln_emit_reshape(&o->e, turned, &to));
}

bool ln_pass_reshape(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const ln_id x = ln_opt_in(o, node, 0), y = ln_opt_out(o, node);
    if (!n->op || x < 0 || y < 0)
        return false;
    if (n->op == &ln_op_reverse_v2)
        return behind_reverse(o, node);
    if (n->op == &ln_op_reshape)
        return reshape_of_reshape(o, node) || settle(o, node);
    const ln_shape s = ln_emit_shape(&o->e, y);
    if (!is_view(o, node) || !can_say(&s) || !ln_opt_same_kind(o, x, y) || !ln_opt_plain(n))
        return false;
    return ln_opt_replace(o, y, ln_emit_reshape(&o->e, x, &s));
}
