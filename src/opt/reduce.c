/* SPDX-License-Identifier: Apache-2.0 */
/* reduce.c: reductions of reductions become one, and axes that were dropped by a RESHAPE behind a
 * reduction (or kept and wanted dropped) become its keep_dims. */
#include "opt/opt.h"

static bool merges(const ln_op *op)
{
    return op == &ln_op_sum || op == &ln_op_mean || op == &ln_op_reduce_max ||
           op == &ln_op_reduce_min || op == &ln_op_reduce_prod;
}

/* Axes of the outer reduction, in terms of the inner one's input. */
static unsigned lift(unsigned axes, unsigned dropped, int rank)
{
    unsigned lifted = 0;
    for (int i = 0, k = 0; i < rank; i++) {
        if (dropped >> i & 1)
            continue;
        if (axes >> k++ & 1)
            lifted |= 1u << i;
    }
    return lifted;
}

static ln_id reduce(ln_opt *o, const ln_op *op, ln_id x, unsigned axes, bool keep)
{
    int list[LN_MAX_RANK], n = 0;
    for (int i = 0; i < LN_MAX_RANK; i++)
        if (axes >> i & 1)
            list[n++] = i;
    return ln_emit_reduce(&o->e, op, x, n, list, keep);
}

static bool keeps(const ln_opt *o, int node)
{
    return ((const TfLiteReducerParams *)ln_opt_node_at(o, node)->params)->keep_dims;
}

/* MEAN of MEAN over full axes is the mean over both, as the inner means are of equally many. */
static bool join(ln_opt *o, int node)
{
    const ln_op *op = ln_opt_node_at(o, node)->op;
    const ln_id y = ln_opt_out(o, node);
    const int before = ln_opt_only(o, ln_opt_in(o, node, 0), op);
    unsigned outer, inner;
    if (before < 0 || keeps(o, before) != keeps(o, node) || !ln_opt_is_float(o, y))
        return false;
    const ln_id x = ln_opt_in(o, before, 0);
    const int rank = ln_emit_shape(&o->e, x).rank;
    if (!ln_opt_axes(o, ln_opt_in(o, before, 1), rank, &inner) ||
        !ln_opt_axes(o, ln_opt_in(o, node, 1), ln_emit_shape(&o->e, ln_opt_in(o, node, 0)).rank,
                     &outer))
        return false;
    if (!keeps(o, node))
        outer = lift(outer, inner, rank);
    return ln_opt_replace(o, y, reduce(o, op, x, inner | outer, keeps(o, node)));
}

/* RESHAPE that only drops the axes a reduction kept, or puts back those it dropped. */
static bool absorb_reshape(ln_opt *o, int node)
{
    const ln_id y = ln_opt_out(o, node), r = ln_opt_in(o, node, 0);
    const int before = ln_opt_maker(o, r);
    unsigned axes;
    if (before < 0 || !ln_opt_node_at(o, before)->op || !merges(ln_opt_node_at(o, before)->op) ||
        ln_opt_only(o, r, ln_opt_node_at(o, before)->op) < 0 || !ln_opt_same_kind(o, r, y))
        return false;
    const ln_id x = ln_opt_in(o, before, 0);
    const ln_shape s = ln_emit_shape(&o->e, x), wanted = ln_emit_shape(&o->e, y);
    if (!ln_opt_axes(o, ln_opt_in(o, before, 1), s.rank, &axes))
        return false;
    ln_shape other = {0};
    for (int i = 0; i < s.rank; i++) {
        if (!(axes >> i & 1))
            other.dim[other.rank++] = s.dim[i];
        else if (!keeps(o, before))
            other.dim[other.rank++] = 1;
    }
    if (!ln_opt_same_shape(&other, &wanted))
        return false;
    return ln_opt_replace(o, y,
                          reduce(o, ln_opt_node_at(o, before)->op, x, axes, !keeps(o, before)));
}

bool ln_pass_reduce(ln_opt *o, int node)
{
    const ln_op *op = ln_opt_node_at(o, node)->op;
    if (op == &ln_op_reshape)
        return absorb_reshape(o, node);
    return op && merges(op) && join(o, node);
}
