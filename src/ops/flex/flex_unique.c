/* SPDX-License-Identifier: Apache-2.0 */
/* flex_unique.c: distinct items, by number where they first occur.
 *
 *   Unique, UniqueV2, UniqueWithCounts, UniqueWithCountsV2
 *       x [n], axis [0 or 1 items] -> values [m], indices [n], how many of each [m]
 * NaNs are equal to nothing, as in TensorFlow. */
#include <string.h>

#include "base/hash.h"
#include "ops/distinct.h"
#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"
#include "ops/scratch.h"
#include "ops/strings.h"

enum { TYPES = LN_BIT(Float32) | LN_BIT(Float64) | LN_INTEGERS | LN_BIT(String) };

typedef struct vector {
    const TfLiteTensor *x;
    ln_strings texts;
    size_t size; /* of an item that is no text */
} vector;

static double real_at(const TfLiteTensor *x, int k)
{
    return x->type == kTfLiteFloat32 ? (double)x->data.f[k] : x->data.f64[k];
}

static bool is_real(const TfLiteTensor *x)
{
    return x->type == kTfLiteFloat32 || x->type == kTfLiteFloat64;
}

static uint64_t hash_of(const void *items, int k)
{
    const vector *v = items;
    if (v->x->type == kTfLiteString) {
        const ln_string s = ln_strings_at(&v->texts, k);
        return ln_hash(s.text, s.n, 0);
    }
    uint64_t bits = 0;
    if (!is_real(v->x)) {
        memcpy(&bits, v->x->data.raw + v->size * (size_t)k, v->size);
        return bits;
    }
    const double real = real_at(v->x, k);
    if (real != real)
        return (uint64_t)k;
    if (real != 0) /* minus zero is zero */
        memcpy(&bits, &real, sizeof bits);
    return bits;
}

static bool equal(const void *items, int a, int b)
{
    const vector *v = items;
    if (v->x->type == kTfLiteString) {
        const ln_string s = ln_strings_at(&v->texts, a), t = ln_strings_at(&v->texts, b);
        return s.n == t.n && (s.n == 0 || memcmp(s.text, t.text, s.n) == 0);
    }
    if (is_real(v->x))
        return real_at(v->x, a) == real_at(v->x, b);
    return memcmp(v->x->data.raw + v->size * (size_t)a, v->x->data.raw + v->size * (size_t)b,
                  v->size) == 0;
}

static ln_status open_vector(ln_call *c, vector *v, ln_distinct *d)
{
    *v = (vector){.x = c->in[0], .size = ln_type_size(c->in[0]->type)};
    *d = (ln_distinct){hash_of, equal, v, ln_count(c->in[0])};
    return v->x->type == kTfLiteString ? ln_strings_open(c->diag, v->x, &v->texts) : LN_OK;
}

static ln_status infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]);
    ln_shape y = {.rank = 1, .dim = {-1}};
    TfLiteType type;
    ln_scratch s = {0};
    LN_TRY(ln_check_type(c, 0, TYPES));
    LN_CHECK(c, x.rank == 1, "the input has rank %d, not 1", x.rank);
    LN_TRY(ln_flex_index_type(c, "out_idx", kTfLiteInt32, &type));
    if (c->n_in == 2) {
        LN_TRY(ln_check_index(c, 1));
        LN_CHECK(c,
                 !ln_known(c, 1) || ln_count(c->in[1]) == 0 ||
                     (ln_count(c->in[1]) == 1 && ln_int_at(c->in[1], 0) == 0),
                 "the axis is not 0");
    }
    if (ln_known(c, 0)) {
        vector v;
        ln_distinct d;
        LN_TRY(open_vector(c, &v, &d));
        y.dim[0] = ln_distinct_count(&d);
        ln_scratch_take(&s, (int64_t)ln_distinct_slots(x.dim[0]), sizeof(int));
    }
    LN_TRY(ln_scratch_ask(c, &s));
    LN_TRY(ln_set_out(c, 0, c->in[0]->type, &y));
    LN_TRY(ln_set_out(c, 1, type, &x));
    return c->n_out == 3 ? ln_set_out(c, 2, type, &y) : LN_OK;
}

typedef struct firsts {
    const vector *v;
    const TfLiteTensor *indices;
    int k; /* of the text that was asked for last */
} firsts;

/* Asked for in order: the first text of number i. */
static ln_string next_first(void *arg, int i)
{
    firsts *f = arg;
    f->k = i == 0 ? 0 : f->k + 1;
    while (ln_int_at(f->indices, f->k) != i)
        f->k++;
    return ln_strings_at(&f->v->texts, f->k);
}

static ln_status eval(ln_call *c)
{
    vector v;
    ln_distinct d;
    TfLiteTensor *counts = c->n_out == 3 ? c->out[2] : NULL;
    int *table = c->scratch, found = 0;
    LN_TRY(open_vector(c, &v, &d));
    const bool texts = v.x->type == kTfLiteString;
    const size_t slots = ln_distinct_slots(d.n);
    memset(table, 0xFF, slots * sizeof *table);
    if (counts && counts->bytes)
        memset(counts->data.raw, 0, counts->bytes);
    for (int k = 0; k < d.n; k++) {
        int *slot = ln_distinct_slot(&d, k, table, slots);
        const bool is_new = *slot < 0;
        const int64_t at = is_new ? found : ln_int_at(c->out[1], *slot);
        if (is_new) {
            *slot = k;
            if (!texts)
                ln_copy_run(c->out[0], found, v.x, k, 1);
            found++;
        }
        ln_set_int_at(c->out[1], k, at);
        if (counts)
            ln_set_int_at(counts, at, ln_int_at(counts, at) + 1);
    }
    firsts f = {&v, c->out[1], 0};
    return texts ? ln_strings_write(c, 0, found, next_first, &f) : LN_OK;
}

LN_FLEX_OP(unique, "Unique", 1, 1, 2, infer, eval);
LN_FLEX_OP(unique_v2, "UniqueV2", 2, 2, 2, infer, eval);
LN_FLEX_OP(unique_with_counts, "UniqueWithCounts", 1, 1, 3, infer, eval);
LN_FLEX_OP(unique_with_counts_v2, "UniqueWithCountsV2", 2, 2, 3, infer, eval);
