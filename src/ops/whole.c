/* SPDX-License-Identifier: Apache-2.0 */
/* whole.c: parts that lie one behind the other, which the runtime can have made in their whole. */
#include "ops/move.h"

int ln_move_whole(const ln_call *c, const TfLiteTensor *t, int axis, int whole)
{
    const ln_shape shape = ln_shape_of(t);
    ln_call call = *c;
    call.diag = NULL;
    return ln_shape_known(&shape) && ln_axis(&call, axis, shape.rank, &axis) == LN_OK &&
                   ln_product(&shape, 0, axis) == 1 && ln_type_size(t->type) > 0
               ? whole
               : LN_WHOLE_NONE;
}

void ln_move_part(const ln_move *m, const TfLiteTensor *from, TfLiteTensor *to)
{
    const int64_t size = (int64_t)ln_type_size(from->type);
    const bool dense = m->rank == 0 || (m->rank == 1 && m->from[0] == m->to[0]);
    if (!dense || from->data.raw + m->from_at * size != to->data.raw + m->to_at * size)
        ln_move_data(m, from, to);
}
