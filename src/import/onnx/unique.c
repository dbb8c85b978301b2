/* SPDX-License-Identifier: Apache-2.0 */
/* unique.c: Unique of all items.  UNIQUE has them in order of appearance; TOPK_V2 of the negative
 * ones sorts them, and what it says of their order renumbers the items. */
#include <string.h>

#include "import/onnx/families.h"

static ln_id put_down(ln_ox *o, ln_id at, ln_id x, ln_id count)
{
    const ln_id in[] = {ln_emit_expand_dims(&o->e, at, 1), x,
                        ln_ox_reshape(o, count, 1, (const int[]){1})};
    return ln_emit_nary(&o->e, &ln_op_scatter_nd, NULL, 3, in);
}

/* How many items a vector has, a number. */
static ln_id size_of(ln_ox *o, ln_id x)
{
    return ln_ox_reshape(o, ln_emit_shape_of(&o->e, x), 0, NULL);
}

/* Sorts the items and renumbers what refers to them. */
static void sort(ln_ox *o, ln_id *items, ln_id *which, ln_id count)
{
    const ln_id in[] = {ln_ox_op1(o, &ln_op_neg, *items), count};
    const ln_emit_call call = {.op = &ln_op_topk_v2, .in = in, .n_in = 2, .n_out = 2};
    ln_id sorted[2];
    if (!ln_emit_node(&o->e, &call, sorted))
        return;
    *items = ln_ox_op1(o, &ln_op_neg, sorted[0]);
    *which = ln_emit_gather(&o->e, put_down(o, sorted[1], ln_emit_range(&o->e, count), count),
                            *which, 0);
}

void ln_ox_unique(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    const TfLiteUniqueParams p = {.index_out_type = kTfLiteInt32};
    if (!v)
        return;
    if (ln_ox_has(n, "axis") && v->at.rank != 1) {
        LN_OX_FAIL(o, "of a dimension of several; of all items it can be converted");
        return;
    }
    const TfLiteType type = ln_ox_value_type(o, v);
    const ln_id x = ln_ox_widen(o, ln_ox_reshape(o, ln_ox_plain(o, v), 1, (const int[]){-1}));
    const ln_emit_call call = {.op = &ln_op_unique, .params = &p, .in = &x, .n_in = 1, .n_out = 2};
    ln_id out[2];
    if (!ln_ox_ok(o) || !ln_emit_node(&o->e, &call, out))
        return;
    const ln_id count = size_of(o, out[0]), all = size_of(o, x);
    if (ln_ox_int(n, "sorted", 1))
        sort(o, &out[0], &out[1], count);
    ln_ox_out(o, n, 0, ln_emit_cast(&o->e, out[0], type));
    if (ln_ox_has_out(n, 1)) {
        const ln_id in[] = {ln_emit_range(&o->e, all), out[1], count};
        const ln_id first = ln_emit_nary(&o->e, &ln_op_unsorted_segment_min, NULL, 3, in);
        ln_ox_out(o, n, 1, ln_emit_cast(&o->e, first, kTfLiteInt64));
    }
    if (ln_ox_has_out(n, 2))
        ln_ox_out(o, n, 2, ln_emit_cast(&o->e, out[1], kTfLiteInt64));
    if (ln_ox_has_out(n, 3)) {
        const ln_id ones = ln_ox_op2(o, &ln_op_fill, ln_ox_reshape(o, all, 1, (const int[]){1}),
                                     ln_emit_int(&o->e, 1));
        ln_ox_out(o, n, 3, ln_emit_cast(&o->e, put_down(o, out[1], ones, count), kTfLiteInt64));
    }
}
