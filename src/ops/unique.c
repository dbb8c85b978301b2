/* SPDX-License-Identifier: Apache-2.0 */
/* unique.c: UNIQUE: the distinct items of a vector, in order of appearance, and for each item
 * which of them it is.
 *
 *   x [n] -> values [k], indices [n] of int32 or int64
 * A hash table over item numbers finds equals.  infer has to count without memory of its own: it
 * goes over the vector once per part of the hash range, with a small table. */
#include <string.h>

#include "ops/move.h"
#include "ops/scratch.h"

enum { VALUES, INDICES };
enum { SMALL = 2048, PART = SMALL / 2 }; /* slots of infer's table; items aimed at per part */

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

static uint64_t hash_of(uint64_t bits)
{
    bits *= 0x9E3779B97F4A7C15u;
    return (bits ^ bits >> 29) * 0xBF58476D1CE4E5B9u;
}

/* The slot of item k: of an equal one, or a free one (-1).  There must be a free slot. */
static int *slot_of(const TfLiteTensor *x, int k, int *table, size_t n_slots)
{
    const uint64_t bits = bits_of(x, k);
    size_t at = (size_t)(hash_of(bits) >> 20) & (n_slots - 1);
    while (table[at] >= 0 && bits_of(x, table[at]) != bits)
        at = (at + 1) & (n_slots - 1);
    return &table[at];
}

static bool seen_before(const TfLiteTensor *x, int k)
{
    for (int i = 0; i < k; i++)
        if (bits_of(x, i) == bits_of(x, k))
            return true;
    return false;
}

static int count_distinct(const TfLiteTensor *x)
{
    const int n = ln_count(x), parts = n / PART + 1;
    int total = 0;
    for (int part = 0; part < parts; part++) {
        int table[SMALL], used = 0;
        memset(table, 0xFF, sizeof table);
        for (int k = 0; k < n; k++) {
            if ((int)((hash_of(bits_of(x, k)) >> 32) % (unsigned)parts) != part)
                continue;
            int *slot = slot_of(x, k, table, SMALL);
            if (*slot >= 0)
                continue;
            if (used < SMALL - 1) {
                *slot = k;
                used++;
                total++;
            } else {
                total += !seen_before(x, k); /* the hash is no good for these items */
            }
        }
    }
    return total;
}

static size_t slots_for(int n)
{
    size_t slots = 2;
    while (slots < 2 * (size_t)n)
        slots *= 2;
    return slots;
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
        values.dim[0] = count_distinct(x);
        ln_scratch_take(&s, (int64_t)slots_for(n.dim[0]), sizeof(int));
    }
    LN_TRY(ln_scratch_ask(c, &s));
    LN_TRY(ln_set_out(c, VALUES, x->type, &values));
    return ln_set_out(c, INDICES, p->index_out_type, &n);
}

static ln_status eval(ln_call *c)
{
    const TfLiteTensor *x = c->in[0];
    TfLiteTensor *indices = c->out[INDICES];
    const int n = ln_count(x);
    const size_t slots = slots_for(n);
    int *table = c->scratch, found = 0;

    memset(table, 0xFF, slots * sizeof *table);
    for (int k = 0; k < n; k++) {
        int *slot = slot_of(x, k, table, slots);
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
