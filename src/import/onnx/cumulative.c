/* SPDX-License-Identifier: Apache-2.0 */
/* cumulative.c: CumSum, and CumProd, for which there is no operator: of a vector times itself moved
 * by one, two, four ... places each item becomes the product of all before it. */
#include <string.h>

#include "import/onnx/families.h"

/* The operand and where its axis, a constant input, is stored. */
static ln_ox_value *along(ln_ox *o, const ln_ox_node *n, int *stored)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    int axis, count;
    if (!v || !ln_ox_const_ints(o, n, 1, 1, &axis, &count))
        return NULL;
    axis += axis < 0 ? v->at.rank : 0;
    if (axis < 0 || axis >= v->at.rank) {
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "axis %d of %d dimensions", axis, v->at.rank);
        return NULL;
    }
    *stored = ln_ox_at(&v->at, axis);
    return v;
}

void ln_ox_cumsum(ln_ox *o, const ln_ox_node *n)
{
    int stored;
    ln_ox_value *v = along(o, n, &stored);
    const TfLiteCumsumParams p = {.exclusive = ln_ox_int(n, "exclusive", 0),
                                  .reverse = ln_ox_int(n, "reverse", 0)};
    if (!v)
        return;
    const ln_id x = ln_ox_id(o, v);
    const ln_id y =
        ln_emit_binary(&o->e, &ln_op_cumsum, &p, ln_ox_widen(o, x), ln_emit_int(&o->e, stored));
    ln_ox_out_at(o, n, 0, ln_emit_cast(&o->e, y, ln_emit_type(&o->e, x)), &v->at);
}

/* x moved by so many places, with ones where nothing came. */
static ln_id moved(ln_ox *o, ln_id x, int axis, int places, bool back)
{
    const ln_shape s = ln_emit_shape(&o->e, x);
    int begin[LN_MAX_RANK] = {0}, size[LN_MAX_RANK], pads[2][LN_MAX_RANK] = {0};
    for (int i = 0; i < s.rank; i++)
        size[i] = -1;
    size[axis] = s.dim[axis] - places;
    begin[axis] = back ? places : 0;
    pads[back][axis] = places;
    x = ln_emit_slice(&o->e, x, s.rank, begin, size);
    return ln_emit_pad_value(&o->e, x, s.rank, pads[0], pads[1], ln_ox_like(o, x, 1));
}

void ln_ox_cumprod(ln_ox *o, const ln_ox_node *n)
{
    int stored;
    ln_ox_value *v = along(o, n, &stored);
    const bool back = ln_ox_int(n, "reverse", 0);
    if (!v)
        return;
    const ln_id x = ln_ox_id(o, v);
    const int size = ln_emit_shape(&o->e, x).dim[stored];
    ln_id y = ln_ox_widen(o, x);
    if (size < 1 || size > 1 << 24) {
        LN_OX_FAIL(o, "a dimension of %d", size);
        return;
    }
    if (ln_ox_int(n, "exclusive", 0))
        y = moved(o, y, stored, 1, back);
    for (int places = 1; places < size && ln_ox_ok(o); places *= 2)
        y = ln_ox_mul(o, y, moved(o, y, stored, places, back));
    ln_ox_out_at(o, n, 0, ln_emit_cast(&o->e, y, ln_emit_type(&o->e, x)), &v->at);
}
