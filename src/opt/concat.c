/* SPDX-License-Identifier: Apache-2.0 */
/* concat.c: CONCATENATION of concatenations, of nothing, and of the parts of a SPLIT. */
#include <string.h>

#include "opt/opt.h"

enum { MAX_PARTS = 64 };

static int axis_of(const ln_opt *o, int node)
{
    const ln_shape s = ln_emit_shape(&o->e, ln_opt_out(o, node));
    const int axis = ((const TfLiteConcatenationParams *)ln_opt_node_at(o, node)->params)->axis;
    return ln_opt_from_end(axis, s.rank);
}

/* A part that adds nothing. */
static bool is_empty(const ln_opt *o, ln_id t, int axis)
{
    const ln_shape s = ln_emit_shape(&o->e, t);
    return axis >= 0 && axis < s.rank && s.dim[axis] == 0;
}

/* The inner concatenation whose parts may stand in its place; -1: none. */
static int inner(ln_opt *o, int node, ln_id part)
{
    const int before = ln_opt_only(o, part, &ln_op_concatenation);
    return before >= 0 && ln_opt_plain(ln_opt_node_at(o, before)) &&
                   axis_of(o, before) == axis_of(o, node) &&
                   ln_opt_same_kind(o, part, ln_opt_out(o, node))
               ? before
               : -1;
}

/* The parts with inner concatenations opened and empty parts left out; 0: nothing has changed. */
static int flatten(ln_opt *o, int node, ln_id *parts)
{
    const TfLiteIntArray *in = ln_opt_node_at(o, node)->inputs;
    const int axis = axis_of(o, node);
    bool changed = false;
    int n = 0;
    for (int i = 0; i < in->size; i++) {
        const int before = inner(o, node, in->data[i]);
        const TfLiteIntArray *own = before < 0 ? NULL : ln_opt_node_at(o, before)->inputs;
        const int count = own ? own->size : 1;
        if (n + count > MAX_PARTS)
            return 0;
        if (!own && in->size > 1 && is_empty(o, in->data[i], axis)) {
            changed = true;
            continue;
        }
        memcpy(parts + n, own ? own->data : &in->data[i], (size_t)count * sizeof *parts);
        n += count;
        changed = changed || own;
    }
    return changed ? n : 0;
}

/* All parts of one SPLIT or SPLIT_V, in order, along the axis it split. */
static ln_id undoes_split(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const int maker = ln_opt_maker(o, ln_opt_in(o, node, 0));
    const bool plain = ln_opt_is(o, maker, &ln_op_split);
    if ((!plain && !ln_opt_is(o, maker, &ln_op_split_v)) ||
        !TfLiteIntArrayEqual(n->inputs, ln_opt_node_at(o, maker)->outputs))
        return -1;
    const ln_id x = ln_opt_in(o, maker, plain ? 1 : 0);
    unsigned axes;
    const ln_shape s = ln_emit_shape(&o->e, x);
    if (!ln_opt_axes(o, ln_opt_in(o, maker, plain ? 0 : 2), s.rank, &axes) ||
        axes != 1u << axis_of(o, node))
        return -1;
    return x;
}

bool ln_pass_concat(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const ln_id y = ln_opt_out(o, node);
    ln_id parts[MAX_PARTS];
    if (!ln_opt_is(o, node, &ln_op_concatenation) || !ln_opt_plain(n) || axis_of(o, node) < 0 ||
        axis_of(o, node) >= LN_MAX_RANK)
        return false;
    const ln_id whole = undoes_split(o, node);
    if (whole >= 0 && ln_opt_same_kind(o, whole, y))
        return ln_opt_replace(o, y, whole);
    const int count = flatten(o, node, parts);
    return count && ln_opt_replace(o, y, ln_opt_again(o, node, count, parts));
}
