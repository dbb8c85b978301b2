/* SPDX-License-Identifier: Apache-2.0 */
/* where.c: WHERE: the indices of all items that are not zero.
 *
 *   x [d0, d1, ...] -> y [n, rank] of int64, in the order of the items */
#include <string.h>

#include "ops/move.h"

/* The bytes say it, but for the minus zero of floats. */
static bool is_set(const TfLiteTensor *x, size_t size, int k)
{
    static const char zero[16] = {0};
    if (x->type == kTfLiteFloat32)
        return x->data.f[k] != 0;
    if (x->type == kTfLiteFloat64)
        return x->data.f64[k] != 0;
    return memcmp(x->data.raw_const + (size_t)k * size, zero, size) != 0;
}

static ln_status infer(ln_call *c)
{
    const TfLiteTensor *x = c->in[0];
    const size_t size = ln_type_size(x->type);
    ln_shape y = {.rank = 2, .dim = {-1, ln_shape_of(x).rank}};

    if (size == 0 || size > 8 || x->type == kTfLiteComplex64 || x->type == kTfLiteFloat16 ||
        x->type == kTfLiteBFloat16)
        return ln_fail_type(c, 0);
    if (ln_known(c, 0)) {
        const int count = ln_count(x);
        y.dim[0] = 0;
        for (int k = 0; k < count; k++)
            y.dim[0] += is_set(x, size, k);
    }
    return ln_set_out(c, 0, kTfLiteInt64, &y);
}

static ln_status eval(ln_call *c)
{
    const TfLiteTensor *x = c->in[0];
    const ln_shape s = ln_shape_of(x);
    const size_t size = ln_type_size(x->type);
    const int count = ln_count(x);
    int64_t *y = c->out[0]->data.i64;

    for (int k = 0; k < count; k++) {
        if (!is_set(x, size, k))
            continue;
        for (int d = s.rank - 1, rest = k; d >= 0; rest /= s.dim[d--])
            y[d] = rest % s.dim[d];
        y += s.rank;
    }
    return LN_OK;
}

const ln_op ln_op_where = {
    .name = "WHERE",
    .builtin = kTfLiteBuiltinWhere,
    .version = 2,
    .options = 85,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
};
