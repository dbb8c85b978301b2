/* SPDX-License-Identifier: Apache-2.0 */
/* flex_count.c: counting.
 *
 *   Bincount        values [...], size, weights (like values, or empty) -> [size]
 *   DenseBincount   the same; of values [b, n] row by row -> [b, size]; binary_output: 0 and 1
 *   InvertPermutation   x [n] -> y with y[x[i]] = i
 *   EnsureShape     x -> x, whose shape must fit the attribute */
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"

enum { VALUES, SIZE, WEIGHTS };

static int64_t whole(const TfLiteTensor *t, int i)
{
    return t->type == kTfLiteInt64 ? t->data.i64[i] : t->data.i32[i];
}

static ln_status bincount_infer(ln_call *c, bool by_row)
{
    const ln_shape x = ln_shape_of(c->in[VALUES]), w = ln_shape_of(c->in[WEIGHTS]);
    ln_shape y = {.rank = 1, .dim = {-1}};
    int size, n;
    LN_TRY(ln_check_type(c, VALUES, LN_BIT(Int32) | LN_BIT(Int64)));
    LN_TRY(ln_check_type(c, WEIGHTS,
                         LN_BIT(Int32) | LN_BIT(Int64) | LN_BIT(Float32) | LN_BIT(Float64)));
    LN_CHECK(c, !by_row || x.rank <= 2, "the values have rank %d, more than 2", x.rank);
    const int weights = ln_shape_count(&w, 0, w.rank), values = ln_shape_count(&x, 0, x.rank);
    LN_CHECK(c, weights <= 0 || values < 0 || weights == values,
             "there are %d weights for %d values", weights, values);
    if (by_row && x.rank == 2)
        y = (ln_shape){.rank = 2, .dim = {x.dim[0], -1}};
    if (ln_known(c, SIZE)) {
        LN_TRY(ln_read_ints(c, SIZE, 1, &size, &n));
        LN_CHECK(c, n == 1 && size >= 0, "the size is %d", n == 1 ? size : -1);
        y.dim[y.rank - 1] = size;
    }
    return ln_set_out(c, 0, c->in[WEIGHTS]->type, &y);
}

/* y += weight, or y = 1 */
static void count_one(TfLiteTensor *y, int64_t at, const TfLiteTensor *weights, int i, bool binary)
{
    const bool one = binary || ln_count(weights) == 0;
    switch (y->type) {
    case kTfLiteFloat32:
        y->data.f[at] = (binary ? 0 : y->data.f[at]) + (one ? 1 : weights->data.f[i]);
        break;
    case kTfLiteFloat64:
        y->data.f64[at] = (binary ? 0 : y->data.f64[at]) + (one ? 1 : weights->data.f64[i]);
        break;
    case kTfLiteInt32: {
        const uint32_t more = one ? 1 : (uint32_t)weights->data.i32[i];
        y->data.i32[at] = (int32_t)((binary ? 0 : (uint32_t)y->data.i32[at]) + more);
        break;
    }
    default: {
        const uint64_t more = one ? 1 : (uint64_t)weights->data.i64[i];
        y->data.i64[at] = (int64_t)((binary ? 0 : (uint64_t)y->data.i64[at]) + more);
    }
    }
}

static ln_status bincount(ln_call *c, int rows, bool binary)
{
    TfLiteTensor *y = c->out[0];
    const int n = ln_count(c->in[VALUES]), columns = rows ? n / rows : 0;
    const ln_shape s = ln_shape_of(y);
    const int size = s.dim[s.rank - 1];
    memset(y->data.raw, 0, y->bytes);
    for (int i = 0; i < n; i++) {
        const int64_t v = whole(c->in[VALUES], i);
        LN_CHECK(c, v >= 0, "value %d is %lld, negative", i, (long long)v);
        if (v < size)
            count_one(y, (int64_t)(i / columns) * size + v, c->in[WEIGHTS], i, binary);
    }
    return LN_OK;
}

static ln_status plain_infer(ln_call *c)
{
    return bincount_infer(c, false);
}

static ln_status plain_eval(ln_call *c)
{
    return bincount(c, 1, false);
}

static ln_status dense_infer(ln_call *c)
{
    return bincount_infer(c, true);
}

static ln_status dense_eval(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[VALUES]);
    return bincount(c, x.rank == 2 ? x.dim[0] : 1, ln_flex_flag(c, "binary_output", false));
}

LN_FLEX_OP(bincount, "Bincount", 3, 3, 1, plain_infer, plain_eval);
LN_FLEX_OP(dense_bincount, "DenseBincount", 3, 3, 1, dense_infer, dense_eval);

/* ---- InvertPermutation ---- */

static ln_status invert_infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_type(c, 0, LN_BIT(Int32) | LN_BIT(Int64)));
    LN_CHECK(c, s.rank == 1, "the permutation has rank %d, not 1", s.rank);
    return ln_set_out(c, 0, c->in[0]->type, &s);
}

static ln_status invert_eval(ln_call *c)
{
    TfLiteTensor *y = c->out[0];
    const int n = ln_count(c->in[0]);
    memset(y->data.raw, 0xff, y->bytes);
    for (int i = 0; i < n; i++) {
        const int64_t v = whole(c->in[0], i);
        LN_CHECK(c, v >= 0 && v < n && whole(y, (int)v) < 0,
                 "item %d is %lld: the input is no permutation", i, (long long)v);
        ln_set_int_at(y, v, i);
    }
    return LN_OK;
}

LN_FLEX_OP(invert_permutation, "InvertPermutation", 1, 1, 1, invert_infer, invert_eval);

/* ---- EnsureShape ---- */

static ln_status ensure_infer(ln_call *c)
{
    ln_shape x = ln_shape_of(c->in[0]), want;
    LN_TRY(ln_check_movable(c, 0));
    if (ln_flex_shape(c, "shape", &want) && want.rank >= 0) {
        LN_CHECK(c, x.rank == want.rank, "the input has rank %d, not %d", x.rank, want.rank);
        for (int i = 0; i < x.rank; i++) {
            LN_CHECK(c, x.dim[i] < 0 || want.dim[i] < 0 || x.dim[i] == want.dim[i],
                     "dimension %d is %d, not %d", i, x.dim[i], want.dim[i]);
            x.dim[i] = x.dim[i] < 0 ? want.dim[i] : x.dim[i];
        }
    }
    return ln_set_out(c, 0, c->in[0]->type, &x);
}

static ln_status ensure_eval(ln_call *c)
{
    return ln_move_all(c, 0, 0);
}

LN_FLEX_OP(ensure_shape, "EnsureShape", 1, 1, 1, ensure_infer, ensure_eval);
