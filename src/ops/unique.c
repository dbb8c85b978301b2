/* SPDX-License-Identifier: Apache-2.0 */
/* unique.c: UNIQUE: the distinct items of a vector, in order of appearance, and for each item
 * which of them it is.
 *
 *   x [n] -> values [k], indices [n] of int32 or int64 */
#include <string.h>

#include "ops/distinct.h"
#include "ops/move.h"
#include "ops/scratch.h"

enum { VALUES, INDICES };

/* The item as bits: minus zero as zero. */
static uint64_t bits_of(const TfLiteTensor *x, int k)
{
    if (x->type == kTfLiteFloat32) {
        uint32_t bits;
        memcpy(&bits, &x->data.f[k], sizeof bits);
        return x->data.f[k] == 0 ? 0 : bits;
    }
    return (uint64_t)ln_int_at(x, k);
}

static uint64_t hash_of(const void *x, int k)
{
    return bits_of(x, k);
}

static bool equal(const void *x, int a, int b)
{
    return bits_of(x, a) == bits_of(x, b);
}

static ln_distinct items_of(const TfLiteTensor *x)
{
    return (ln_distinct){hash_of, equal, x, ln_count(x)};
}

static ln_status infer(ln_call *c)
{
    const TfLiteUniqueParams *p = c->params;
    const TfLiteTensor *x = c->in[0];
    const ln_shape n = ln_shape_of(x);
    ln_shape values = ln_shape_unknown(1);
    ln_scratch s = {0};

    if (x->type != kTfLiteFloat32 && !ln_is_int(x->type))
        return ln_fail_type(c, 0);
    LN_CHECK(c, n.rank == 1, "the input has rank %d, not 1", n.rank);
    LN_CHECK(c, p->index_out_type == kTfLiteInt32 || p->index_out_type == kTfLiteInt64,
             "the index type is %s, not INT32 or INT64", ln_type_name(p->index_out_type));
    if (ln_known(c, 0)) {
        const ln_distinct d = items_of(x);
        values.dim[0] = ln_distinct_count(&d);
        ln_scratch_take(&s, (int64_t)ln_distinct_slots(n.dim[0]), sizeof(int));
    }
    LN_TRY(ln_scratch_ask(c, &s));
    LN_TRY(ln_set_out(c, VALUES, x->type, &values));
    return ln_set_out(c, INDICES, p->index_out_type, &n);
}

static ln_status eval(ln_call *c)
{
    const TfLiteTensor *x = c->in[0];
    TfLiteTensor *indices = c->out[INDICES];
    const ln_distinct d = items_of(x);
    const size_t slots = ln_distinct_slots(d.n);
    int *table = c->scratch, found = 0;

    memset(table, 0xFF, slots * sizeof *table);
    for (int k = 0; k < d.n; k++) {
        int *slot = ln_distinct_slot(&d, k, table, slots);
        int64_t index = found;
        if (*slot < 0) {
            *slot = k;
            ln_copy_run(c->out[VALUES], found++, x, k, 1);
        } else {
            /* The first of its kind has its number already. */
            index = ln_int_at(indices, *slot);
        }
        ln_set_int_at(indices, k, index);
    }
    return LN_OK;
}

static const ln_field fields[] = {
    LN_FIELD_DEFAULT(TYPE, 0, TfLiteUniqueParams, index_out_type, 1, 2),
    {0},
};

const ln_op ln_op_unique = {
    .name = "UNIQUE",
    .builtin = kTfLiteBuiltinUnique,
    .version = 1,
    .options = 80,
    .min_in = 1,
    .max_in = 1,
    .n_out = 2,
    .traits = LN_PURE,
    .fields = fields,
    .params_size = sizeof(TfLiteUniqueParams),
    .infer = infer,
    .eval = eval,
};
