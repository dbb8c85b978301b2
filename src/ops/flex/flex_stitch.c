/* SPDX-License-Identifier: Apache-2.0 */
/* flex_stitch.c: tensors in parts, as lookups in partitioned embeddings have them.
 *
 *   DynamicPartition   x [p..., s...], which part each p belongs to [p...] -> per part [n, s...]
 *   DynamicStitch, ParallelDynamicStitch
 *                      indices [p...] n times, x [p..., s...] n times -> [largest index + 1, s...];
 *                      of two with one index the later one counts, and what none has is zero */
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"

enum { MAX_PARTS = 1024 };

/* What stands behind the dimensions of `at` in x; rank -1 where the two do not fit. */
static ln_shape slice_of(const ln_shape *at, const ln_shape *x)
{
    ln_shape s = {.rank = x->rank - at->rank};
    for (int i = 0; i < at->rank && s.rank >= 0; i++)
        if (at->dim[i] != x->dim[i] && at->dim[i] >= 0 && x->dim[i] >= 0)
            s.rank = -1;
    for (int i = 0; i < s.rank; i++)
        s.dim[i] = x->dim[at->rank + i];
    return s;
}

/* [n, slice...] */
static ln_status set_rows(ln_call *c, int out, TfLiteType type, int n, const ln_shape *slice)
{
    ln_shape y = {.rank = slice->rank + 1, .dim = {n}};
    LN_CHECK(c, y.rank <= LN_MAX_RANK, "the result has rank %d, more than %d", y.rank,
             (int)LN_MAX_RANK);
    memcpy(y.dim + 1, slice->dim, (size_t)slice->rank * sizeof *y.dim);
    return ln_set_out(c, out, type, &y);
}

/* ---- DynamicPartition ---- */

static ln_status partition_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]), at = ln_shape_of(c->in[1]);
    const ln_shape slice = slice_of(&at, &x);
    LN_TRY(ln_check_plain(c, 0));
    LN_TRY(ln_check_type(c, 1, LN_BIT(Int32)));
    LN_CHECK(c, slice.rank >= 0, "the shape of x does not begin with that of the partitions");
    LN_CHECK(c, c->n_out <= MAX_PARTS, "%d parts, more than %d", c->n_out, (int)MAX_PARTS);
    for (int k = 0; k < c->n_out; k++) {
        int n = -1;
        if (ln_known(c, 1)) {
            n = 0;
            for (int i = 0; i < ln_count(c->in[1]); i++)
                n += c->in[1]->data.i32[i] == k;
        }
        LN_TRY(set_rows(c, k, c->in[0]->type, n, &slice));
    }
    return LN_OK;
}

static ln_status partition_eval(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]), at = ln_shape_of(c->in[1]);
    const int64_t slice = ln_product(&x, at.rank, x.rank);
    const int n = ln_count(c->in[1]);
    for (int i = 0; i < n; i++) {
        const int k = c->in[1]->data.i32[i];
        LN_CHECK(c, k >= 0 && k < c->n_out, "item %d is of part %d of %d", i, k, c->n_out);
    }
    for (int k = 0; k < c->n_out; k++) {
        int64_t to = 0;
        for (int i = 0; i < n && slice > 0; i++)
            if (c->in[1]->data.i32[i] == k)
                ln_copy_run(c->out[k], slice * to++, c->in[0], slice * i, slice);
    }
    return LN_OK;
}

LN_FLEX_OP(dynamic_partition, "DynamicPartition", 2, 2, -1, partition_infer, partition_eval);

/* ---- DynamicStitch ---- */

static ln_status stitch_infer(ln_call *c)
{
    const int n = c->n_in / 2;
    int rows = 0;
    ln_shape slice = {.rank = -1};
    LN_CHECK(c, n > 0 && c->n_in == 2 * n, "%d inputs are no pairs", c->n_in);
    for (int k = 0; k < n; k++) {
        const ln_shape at = ln_shape_of(c->in[k]), x = ln_shape_of(c->in[n + k]);
        const ln_shape own = slice_of(&at, &x);
        LN_TRY(ln_check_type(c, k, LN_BIT(Int32)));
        LN_TRY(ln_check_plain(c, n + k));
        LN_CHECK(c, own.rank >= 0 && c->in[n + k]->type == c->in[n]->type,
                 "x %d does not fit its indices, or has another type", k);
        slice = k ? slice : own;
        LN_CHECK(c, own.rank == slice.rank, "the items of x %d have rank %d, not %d", k, own.rank,
                 slice.rank);
        for (int d = 0; d < own.rank; d++) {
            LN_CHECK(c, own.dim[d] == slice.dim[d] || own.dim[d] < 0 || slice.dim[d] < 0,
                     "the items of x %d have another shape", k);
            slice.dim[d] = LN_MAX(slice.dim[d], own.dim[d]);
        }
        if (!ln_known(c, k))
            rows = -1;
        for (int i = 0; rows >= 0 && i < ln_count(c->in[k]); i++) {
            const int at_row = c->in[k]->data.i32[i];
            LN_CHECK(c, at_row >= 0 && at_row < INT32_MAX, "index %d of pair %d is %d", i, k,
                     at_row);
            rows = LN_MAX(rows, at_row + 1);
        }
    }
    return set_rows(c, 0, c->in[n]->type, rows, &slice);
}

static ln_status stitch_eval(ln_call *c)
{
    const ln_shape y = ln_shape_of(c->out[0]);
    const int64_t slice = ln_product(&y, 1, y.rank);
    const int n = c->n_in / 2;
    if (c->out[0]->bytes)
        memset(c->out[0]->data.raw, 0, c->out[0]->bytes);
    for (int k = 0; k < n && slice > 0; k++)
        for (int i = 0; i < ln_count(c->in[k]); i++)
            ln_copy_run(c->out[0], slice * c->in[k]->data.i32[i], c->in[n + k], slice * i, slice);
    return LN_OK;
}

LN_FLEX_OP(dynamic_stitch, "DynamicStitch", 2, -1, 1, stitch_infer, stitch_eval);
LN_FLEX_OP(parallel_dynamic_stitch, "ParallelDynamicStitch", 2, -1, 1, stitch_infer, stitch_eval);
