/* SPDX-License-Identifier: Apache-2.0 */
/* segment.c: SEGMENT_SUM, UNSORTED_SEGMENT_SUM, _PROD, _MIN, _MAX: rows of the input combined
 * into the row of the output that an id names.
 *
 *   SEGMENT_SUM         x [n, ..], ids [n] that do not descend -> [last id + 1, ..]
 *   UNSORTED_SEGMENT_*  x [ids.., rest..], ids [..], count [] -> [count, rest..]
 * Rows that no id names get the operation's neutral value; negative ids are passed over. */
#include <float.h>

#include "ops/combine.h"
#include "ops/move.h"

enum { X, IDS, COUNT };

static ln_status check(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), ids = ln_shape_of(c->in[IDS]);
    if (c->in[X]->type != kTfLiteFloat32 && c->in[X]->type != kTfLiteInt32)
        return ln_fail_type(c, X);
    if (c->in[IDS]->type != kTfLiteInt32)
        return ln_fail_type(c, IDS);
    LN_CHECK(c, ids.rank >= 1 && ids.rank <= x.rank, "the ids have rank %d, the input %d", ids.rank,
             x.rank);
    for (int i = 0; i < ids.rank; i++)
        LN_CHECK(c, ids.dim[i] == x.dim[i] || ids.dim[i] < 0 || x.dim[i] < 0,
                 "dimension %d of the ids is %d, of the input %d", i, ids.dim[i], x.dim[i]);
    return LN_OK;
}

/* [rows, what of x's shape lies behind the ids' dimensions]. */
static ln_status set_out(ln_call *c, int rows)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    const int skip = ln_shape_of(c->in[IDS]).rank;
    ln_shape y = {.rank = 1, .dim = {rows}};
    for (int i = skip; i < x.rank; i++)
        y.dim[y.rank++] = x.dim[i];
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static ln_status reduce(ln_call *c, ln_combine op, const void *neutral)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    const int n = ln_count(c->in[IDS]), rows = c->out[0]->dims->data[0];
    const int32_t *ids = c->in[IDS]->data.i32;
    const int64_t inner = ln_product(&x, ln_shape_of(c->in[IDS]).rank, x.rank);
    const ln_combine_run run = ln_combine_of(op, c->in[X]->type);

    ln_fill_items(c->out[0]->data.raw, (size_t)ln_count(c->out[0]), neutral, 4);
    for (int i = 0; i < n; i++) {
        LN_CHECK(c, ids[i] < rows, "id %d is %d, there are %d segments", i, (int)ids[i], rows);
        if (ids[i] >= 0 && ln_count(c->in[X]) > 0)
            run(c->out[0]->data.raw, ids[i] * inner, 1, c->in[X]->data.raw_const, i * inner, 1,
                inner);
    }
    return LN_OK;
}

/* ---- SEGMENT_SUM ---- */

static ln_status sorted_infer(ln_call *c)
{
    LN_TRY(check(c));
    LN_CHECK(c, ln_shape_of(c->in[IDS]).rank == 1, "the ids have rank %d, not 1",
             ln_shape_of(c->in[IDS]).rank);
    if (!ln_known(c, IDS))
        return set_out(c, -1);
    const int n = ln_count(c->in[IDS]);
    int last = -1;
    for (int i = 0; i < n; i++) {
        const int id = c->in[IDS]->data.i32[i];
        LN_CHECK(c, id >= 0 && id >= last && id < INT32_MAX, "id %d is %d, the one before is %d", i,
                 id, last);
        last = id;
    }
    return set_out(c, last + 1);
}

static ln_status sum(ln_call *c)
{
    const int32_t zero = 0; /* of both types */
    return reduce(c, LN_COMBINE_ADD, &zero);
}

const ln_op ln_op_segment_sum = {
    .name = "SEGMENT_SUM",
    .builtin = kTfLiteBuiltinSegmentSum,
    .version = 1,
    .options = 100,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = sorted_infer,
    .eval = sum,
};

/* ---- UNSORTED_SEGMENT_* ---- */

static ln_status infer(ln_call *c)
{
    const TfLiteTensor *count = c->in[COUNT];
    LN_TRY(check(c));
    if (count->type != kTfLiteInt32)
        return ln_fail_type(c, COUNT);
    LN_CHECK(c, ln_count(count) == 1, "the number of segments has %d items, not 1",
             ln_count(count));
    if (!ln_known(c, COUNT))
        return set_out(c, -1);
    LN_CHECK(c, *count->data.i32 >= 0, "the number of segments is %d", (int)*count->data.i32);
    return set_out(c, *count->data.i32);
}

static ln_status start_at(ln_call *c, ln_combine op, float f, int32_t i)
{
    return c->in[X]->type == kTfLiteFloat32 ? reduce(c, op, &f) : reduce(c, op, &i);
}

static ln_status prod(ln_call *c)
{
    return start_at(c, LN_COMBINE_MUL, 1, 1);
}

static ln_status min(ln_call *c)
{
    return start_at(c, LN_COMBINE_MIN, FLT_MAX, INT32_MAX);
}

static ln_status max(ln_call *c)
{
    return start_at(c, LN_COMBINE_MAX, -FLT_MAX, INT32_MIN);
}

const ln_op ln_op_unsorted_segment_sum = {
    .name = "UNSORTED_SEGMENT_SUM",
    .builtin = kTfLiteBuiltinUnsortedSegmentSum,
    .version = 1,
    .options = 121,
    .min_in = 3,
    .max_in = 3,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer,
    .eval = sum,
};

const ln_op ln_op_unsorted_segment_prod = {
    .name = "UNSORTED_SEGMENT_PROD",
    .builtin = kTfLiteBuiltinUnsortedSegmentProd,
    .version = 1,
    .options = 118,
    .min_in = 3,
    .max_in = 3,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer,
    .eval = prod,
};

const ln_op ln_op_unsorted_segment_min = {
    .name = "UNSORTED_SEGMENT_MIN",
    .builtin = kTfLiteBuiltinUnsortedSegmentMin,
    .version = 1,
    .options = 120,
    .min_in = 3,
    .max_in = 3,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer,
    .eval = min,
};

const ln_op ln_op_unsorted_segment_max = {
    .name = "UNSORTED_SEGMENT_MAX",
    .builtin = kTfLiteBuiltinUnsortedSegmentMax,
    .version = 1,
    .options = 119,
    .min_in = 3,
    .max_in = 3,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer,
    .eval = max,
};
