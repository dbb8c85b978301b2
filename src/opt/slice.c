/* SPDX-License-Identifier: Apache-2.0 */
/* slice.c: STRIDED_SLICE that takes all becomes a view, slices of slices become one, PACK of what
 * UNPACK gives goes. */
#include <string.h>

#include "opt/opt.h"

/* STRIDED_SLICE whose result has as many items as what it reads, none of them reversed. */
static bool takes_all(const ln_opt *o, int node)
{
    int strides[LN_MAX_RANK], n;
    const ln_shape x = ln_emit_shape(&o->e, ln_opt_in(o, node, 0));
    const ln_shape y = ln_emit_shape(&o->e, ln_opt_out(o, node));
    if (x.rank < 0 || y.rank < 0 || !ln_shape_known(&x) || !ln_shape_known(&y) ||
        ln_shape_count(&x, 0, x.rank) != ln_shape_count(&y, 0, y.rank) ||
        !ln_emit_read_ints(&o->e, ln_opt_in(o, node, 3), LN_MAX_RANK, strides, &n))
        return false;
    for (int i = 0; i < n; i++)
        if (strides[i] < 0)
            return false;
    return true;
}

static bool slice_all(ln_opt *o, int node)
{
    const ln_id x = ln_opt_in(o, node, 0), y = ln_opt_out(o, node);
    const ln_shape s = ln_emit_shape(&o->e, y);
    return takes_all(o, node) && ln_opt_same_kind(o, x, y) &&
           ln_opt_replace(o, y, ln_emit_reshape(&o->e, x, &s));
}

/* SLICE of SLICE, all constant. */
static bool slice_of_slice(ln_opt *o, int node)
{
    int begin[LN_MAX_RANK], size[LN_MAX_RANK], inner[LN_MAX_RANK], n, k;
    const int before = ln_opt_only(o, ln_opt_in(o, node, 0), &ln_op_slice);
    const ln_id y = ln_opt_out(o, node);
    const ln_shape s = ln_emit_shape(&o->e, y);
    if (before < 0 || s.rank < 0 || !ln_shape_known(&s) ||
        !ln_emit_read_ints(&o->e, ln_opt_in(o, node, 1), LN_MAX_RANK, begin, &n) ||
        !ln_emit_read_ints(&o->e, ln_opt_in(o, before, 1), LN_MAX_RANK, inner, &k) || n != k ||
        n != s.rank)
        return false;
    for (int i = 0; i < n; i++) {
        if (begin[i] > INT32_MAX - inner[i])
            return false;
        begin[i] += inner[i];
        size[i] = s.dim[i];
    }
    return ln_opt_same_kind(o, ln_opt_in(o, before, 0), y) &&
           ln_opt_replace(o, y, ln_emit_slice(&o->e, ln_opt_in(o, before, 0), n, begin, size));
}

/* PACK of all that UNPACK gives, along the same axis. */
static bool pack_of_unpack(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const int before = ln_opt_maker(o, ln_opt_in(o, node, 0));
    if (!ln_opt_is(o, before, &ln_op_unpack))
        return false;
    const ln_node *u = ln_opt_node_at(o, before);
    const ln_shape s = ln_emit_shape(&o->e, ln_opt_in(o, before, 0));
    const int a = ((const TfLitePackParams *)n->params)->axis;
    const int b = ((const TfLiteUnpackParams *)u->params)->axis;
    if (s.rank < 0 || ln_opt_from_end(a, s.rank) != ln_opt_from_end(b, s.rank) ||
        !TfLiteIntArrayEqual(n->inputs, u->outputs))
        return false;
    const ln_id x = ln_opt_in(o, before, 0), y = ln_opt_out(o, node);
    return ln_opt_same_kind(o, x, y) && ln_opt_replace(o, y, x);
}

bool ln_pass_slice(ln_opt *o, int node)
{
    if (ln_opt_is(o, node, &ln_op_strided_slice))
        return slice_all(o, node);
    if (ln_opt_is(o, node, &ln_op_slice))
        return slice_of_slice(o, node);
    return ln_opt_is(o, node, &ln_op_pack) && pack_of_unpack(o, node);
}
