/* SPDX-License-Identifier: Apache-2.0 */
/* dims.c: shapes of which several dimensions are open.  RESHAPE finds out one of them; the others
 * are looked up in the tensor that they come from. */
#include "import/onnx/families.h"

static int known_dim(const ln_ox *o, const ln_ox_dim *d)
{
    if (d->of < 0)
        return d->size;
    const ln_shape s = ln_emit_shape(&o->e, d->of);
    return d->size + d->n <= s.rank ? ln_shape_count(&s, d->size, d->size + d->n) : -1;
}

/* The dimension as int32 [1], when the program runs. */
static ln_id looked_up(ln_ox *o, const ln_ox_dim *d)
{
    const ln_id own = ln_emit_shape_of(&o->e, d->of);
    const ln_id dims = ln_emit_slice(&o->e, own, 1, &d->size, &d->n);
    return d->n == 1 ? dims
                     : ln_emit_reduce(&o->e, &ln_op_reduce_prod, dims, 1, (const int[]){0}, true);
}

ln_id ln_ox_reshape_by(ln_ox *o, ln_id x, int rank, const ln_ox_dim *dims)
{
    ln_shape y = {.rank = rank};
    ln_id parts[LN_MAX_RANK];
    int open = 0;
    for (int i = 0; i < rank; i++) {
        y.dim[i] = known_dim(o, &dims[i]);
        open += y.dim[i] < 0;
    }
    if (open <= 1 || !ln_ox_ok(o))
        return ln_emit_reshape(&o->e, x, &y);
    for (int i = 0; i < rank; i++)
        parts[i] = dims[i].of >= 0 && y.dim[i] < 0 ? looked_up(o, &dims[i])
                                                   : ln_emit_ints(&o->e, 1, &y.dim[i]);
    const ln_id in[] = {x, ln_emit_concat(&o->e, rank, parts, 0)};
    const ln_made hint = {.type = ln_emit_type(&o->e, x), .shape = y};
    const ln_emit_call call = {
        .op = &ln_op_reshape, .in = in, .n_in = 2, .n_out = 1, .hints = &hint};
    ln_id out;
    return ln_emit_node(&o->e, &call, &out) ? out : -1;
}

ln_id ln_ox_rows(ln_ox *o, ln_id x, int axis)
{
    const ln_shape s = ln_emit_shape(&o->e, x);
    const ln_ox_dim dims[] = {LN_OX_DIMS_OF(x, 0, axis),
                              LN_OX_NUMBER(ln_shape_count(&s, axis, s.rank))};
    return ln_ox_reshape_by(o, x, 2, dims);
}

ln_id ln_ox_reshape_like(ln_ox *o, ln_id x, ln_id y)
{
    const ln_shape s = ln_emit_shape(&o->e, y);
    int open = 0;
    for (int i = 0; i < s.rank; i++)
        open += s.dim[i] < 0;
    return open <= 1 ? ln_emit_reshape(&o->e, x, &s)
                     : ln_ox_op2(o, &ln_op_reshape, x, ln_emit_shape_of(&o->e, y));
}

ln_id ln_ox_dim_of(ln_ox *o, ln_id x, int axis)
{
    const ln_shape s = ln_emit_shape(&o->e, x);
    if (axis < s.rank && s.dim[axis] >= 0)
        return ln_emit_int(&o->e, s.dim[axis]);
    return ln_ox_reshape(o, looked_up(o, &LN_OX_DIM_OF(x, axis)), 0, NULL);
}
