/* SPDX-License-Identifier: Apache-2.0 */
/* parts.c: where all parts of a tensor are transposed alike, the tensor is, before it is cut:
 * queries, keys and values of attention need one TRANSPOSE then, not three, and are cut out of
 * memory in one piece.  Between a part and its TRANSPOSE may stand elementwise operators with
 * numbers. */
#include <string.h>

#include "opt/opt.h"

enum { MAX_PARTS = 8, MAX_DEPTH = 3 };

/* One part: output `out` of the node `cut`, the nodes behind it, and the TRANSPOSE of what they
 * give.
 */
typedef struct part {
    int cut, out, steps[MAX_DEPTH], n_steps, transpose;
} part;

typedef struct parts {
    part all[MAX_PARTS];
    int n, axis, perm[LN_MAX_RANK]; /* of the tensor itself: what is to be done before */
} parts;

/* An operator that does the same to all items. */
static bool is_step(const ln_opt *o, int node, ln_id x)
{
    const ln_node *n = ln_opt_node_at(o, node);
    if (!n->op || n->custom_name || !(n->op->traits & LN_ELEMENTWISE) || n->outputs->size != 1 ||
        n->inputs->size < 1 || n->inputs->size > 2 || !ln_opt_same_kind(o, x, n->outputs->data[0]))
        return false;
    for (int i = 0; i < n->inputs->size; i++) {
        const ln_id in = n->inputs->data[i];
        const ln_shape s = ln_emit_shape(&o->e, in);
        if (in != x && (!ln_emit_known(&o->e, in) || ln_shape_count(&s, 0, s.rank) != 1))
            return false;
    }
    return true;
}

/* Goes down from a part to its TRANSPOSE. */
static bool follow(ln_opt *o, part *p)
{
    ln_id t = ln_opt_node_at(o, p->cut)->outputs->data[p->out];
    p->n_steps = 0;
    for (;;) {
        const int user = ln_opt_user(o, t);
        if (user < 0)
            return false;
        p->transpose = user;
        if (ln_opt_is(o, user, &ln_op_transpose))
            return ln_opt_in(o, user, 0) == t;
        if (p->n_steps == MAX_DEPTH || !is_step(o, user, t))
            return false;
        p->steps[p->n_steps++] = user;
        t = ln_opt_out(o, user);
    }
}

/* The axis along which a node cuts its operand x, which is operand `*slot`; -1: it is no cut. */
static int cut_axis(ln_opt *o, int node, int *slot)
{
    const ln_node *n = ln_opt_node_at(o, node);
    *slot = n->op == &ln_op_split;
    const ln_shape x = ln_emit_shape(&o->e, ln_opt_in(o, node, *slot));
    const ln_shape y = ln_emit_shape(&o->e, ln_opt_out(o, node));
    int axis = -1, count;
    if (x.rank < 1 || y.rank < 0)
        return -1;
    if (n->op == &ln_op_gather) {
        const TfLiteGatherParams *p = n->params;
        const bool one = ln_emit_read_ints(&o->e, ln_opt_in(o, node, 1), 1, &axis, &count) &&
                         ln_emit_shape(&o->e, ln_opt_in(o, node, 1)).rank == 0;
        return one && p->batch_dims == 0 ? ln_opt_from_end(p->axis, x.rank) : -1;
    }
    if (n->op == &ln_op_split)
        return ln_emit_read_ints(&o->e, ln_opt_in(o, node, 0), 1, &axis, &count)
                   ? ln_opt_from_end(axis, x.rank)
                   : -1;
    if (n->op != &ln_op_slice || x.rank != y.rank)
        return -1;
    for (int i = 0; i < x.rank; i++) {
        if (x.dim[i] == y.dim[i])
            continue;
        if (axis >= 0 || y.dim[i] < 0)
            return -1;
        axis = i;
    }
    return axis;
}

/* What the TRANSPOSE of a part says of the whole: that of a part without the axis puts it first. */
static bool whole_perm(ln_opt *o, const part *p, int axis, int rank, int *perm)
{
    const bool drops = ln_opt_is(o, p->cut, &ln_op_gather);
    int own[LN_MAX_RANK], n;
    if (!ln_emit_read_ints(&o->e, ln_opt_in(o, p->transpose, 1), LN_MAX_RANK, own, &n) ||
        n != rank - drops)
        return false;
    perm[0] = axis;
    for (int i = 0; i < n; i++) {
        if (own[i] < 0 || own[i] >= n)
            return false;
        perm[i + drops] = own[i] + (drops && own[i] >= axis);
    }
    return true;
}

static bool add_part(ln_opt *o, parts *all, int cut, int out, int axis, int rank)
{
    int perm[LN_MAX_RANK];
    if (all->n == MAX_PARTS)
        return false;
    part *p = &all->all[all->n];
    *p = (part){.cut = cut, .out = out};
    if (!follow(o, p) || !whole_perm(o, p, axis, rank, perm))
        return false;
    if (all->n == 0) {
        all->axis = axis;
        memcpy(all->perm, perm, sizeof perm);
    }
    all->n++;
    return axis == all->axis && memcmp(all->perm, perm, sizeof *perm * (size_t)rank) == 0;
}

/* All parts of x, which together are x. */
static bool find_parts(ln_opt *o, ln_id x, parts *all)
{
    const ln_shape s = ln_emit_shape(&o->e, x);
    int users[MAX_PARTS], slot;
    int64_t covered = 0;
    const int n = ln_opt_users(o, x, MAX_PARTS, users);
    *all = (parts){0};
    for (int i = 0; i < n; i++) {
        const ln_node *user = ln_opt_node_at(o, users[i]);
        const int axis = cut_axis(o, users[i], &slot);
        if (axis < 0 || axis >= s.rank || ln_opt_in(o, users[i], slot) != x)
            return false;
        const bool drops = user->op == &ln_op_gather;
        for (int k = 0; k < user->outputs->size; k++) {
            if (!add_part(o, all, users[i], k, axis, s.rank))
                return false;
            covered += drops ? 1 : ln_emit_shape(&o->e, user->outputs->data[k]).dim[axis];
        }
    }
    return n > 0 && all->n > 1 && covered == s.dim[all->axis];
}

/* ---- making them anew ---- */

static ln_id sliced(ln_opt *o, int node, ln_id turned, const int *perm, int rank)
{
    int begin[LN_MAX_RANK], at[LN_MAX_RANK], size[LN_MAX_RANK], n;
    const ln_shape y = ln_emit_shape(&o->e, ln_opt_out(o, node));
    if (!ln_emit_read_ints(&o->e, ln_opt_in(o, node, 1), LN_MAX_RANK, begin, &n) || n != rank)
        return -1;
    for (int i = 0; i < rank; i++) {
        at[i] = begin[perm[i]];
        size[i] = y.dim[perm[i]];
    }
    return ln_emit_slice(&o->e, turned, rank, at, size);
}

/* The node's parts of the transposed tensor. */
static bool cut_again(ln_opt *o, const parts *all, int node, ln_id turned, ln_id *out)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const int rank = ln_emit_shape(&o->e, turned).rank;
    int axis = 0;
    while (all->perm[axis] != all->axis)
        axis++;
    if (n->op == &ln_op_slice) {
        *out = sliced(o, node, turned, all->perm, rank);
    } else if (n->op == &ln_op_gather) {
        *out = ln_emit_gather(&o->e, turned, ln_opt_in(o, node, 1), axis);
    } else {
        const TfLiteSplitParams p = {n->outputs->size};
        const ln_id in[] = {ln_emit_int(&o->e, axis), turned};
        const ln_emit_call call = {
            .op = &ln_op_split, .params = &p, .in = in, .n_in = 2, .n_out = p.num_splits};
        return ln_emit_node(&o->e, &call, out);
    }
    return ln_emit_ok(&o->e);
}

static ln_id steps_again(ln_opt *o, const part *p, ln_id x)
{
    for (int i = 0; i < p->n_steps; i++) {
        const TfLiteIntArray *old = ln_opt_node_at(o, p->steps[i])->inputs;
        ln_id in[2];
        for (int k = 0; k < old->size; k++)
            in[k] = ln_emit_known(&o->e, old->data[k]) ? old->data[k] : x;
        x = ln_opt_again(o, p->steps[i], old->size, in);
    }
    return x;
}

bool ln_pass_parts(ln_opt *o, int node)
{
    parts all;
    int cut = node, slot, depth = 0;
    if (!ln_opt_is(o, node, &ln_op_transpose))
        return false;
    do
        cut = ln_opt_maker(o, ln_opt_in(o, cut, 0));
    while (cut >= 0 && cut_axis(o, cut, &slot) < 0 && depth++ < MAX_DEPTH);
    if (cut < 0 || cut_axis(o, cut, &slot) < 0)
        return false;
    const ln_id x = ln_opt_in(o, cut, slot);
    const int rank = ln_emit_shape(&o->e, x).rank;
    if (ln_emit_tensor(&o->e, x)->quantization.type != kTfLiteNoQuantization ||
        !find_parts(o, x, &all))
        return false;
    const ln_id turned = ln_emit_transpose(&o->e, x, rank, all.perm);
    ln_id made[MAX_PARTS];
    bool done = true;
    for (int i = 0; i < all.n && done; i++) {
        const part *p = &all.all[i];
        if (p->out == 0)
            done = cut_again(o, &all, p->cut, turned, made);
        done =
            done && ln_opt_replace(o, ln_opt_out(o, p->transpose), steps_again(o, p, made[p->out]));
    }
    return done;
}
