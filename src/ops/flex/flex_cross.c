/* SPDX-License-Identifier: Apache-2.0 */
/* flex_cross.c: SparseCross with hashed_output: all combinations of the features of each row, one
 * of each operand, as a number.
 *
 *   indices.., values.., shapes.. of N sparse operands, dense operands [rows, features], all of
 *   int64 or strings -> a sparse tensor [rows, most combinations], whose values are int64 in
 *   [0, num_buckets) (num_buckets 0: in [0, 2^63 - 1))
 * Combinations are in order, the last operand's features change first. */
#include "ops/elementwise.h"
#include "ops/fingerprint.h"
#include "ops/flex/flex.h"
#include "ops/flex/sparse.h"
#include "ops/strings.h"

enum { MAX_OPERANDS = 64 };

/* An operand, at one of its rows. */
typedef struct operand {
    ln_sparse sparse; /* indices NULL: a dense one */
    const TfLiteTensor *values;
    ln_strings texts;
    int width;     /* of a dense one */
    int at, count; /* the row's features */
} operand;

typedef struct cross {
    operand o[MAX_OPERANDS];
    int n, rows; /* rows -1: not known */
    bool known;
} cross;

static ln_status check_rows(ln_call *c, cross *x, int i, int64_t rows)
{
    LN_CHECK(c, rows < INT32_MAX && (rows < 0 || x->rows < 0 || rows == x->rows),
             "operand %d has %lld rows, not %d", i, (long long)rows, x->rows);
    x->rows = rows < 0 ? x->rows : (int)rows;
    return LN_OK;
}

static ln_status open_sparse(ln_call *c, cross *x, int i, int many)
{
    operand *o = &x->o[i];
    LN_TRY(ln_sparse_open(c, i, many + i, 2 * many + i, &o->sparse));
    LN_CHECK(c, o->sparse.rank == 2 || o->sparse.rank < 0, "operand %d has rank %d", i,
             o->sparse.rank);
    o->values = o->sparse.values;
    const bool known = ln_known(c, i) && ln_known(c, 2 * many + i);
    x->known = x->known && known;
    return known ? check_rows(c, x, i, o->sparse.shape->data.i64[0]) : LN_OK;
}

static ln_status open_all(ln_call *c, cross *x)
{
    const int64_t sparse = ln_flex_int(c, "N", 0);
    LN_CHECK(c, sparse >= 0 && 3 * sparse <= c->n_in && c->n_in - 2 * sparse <= MAX_OPERANDS,
             "%lld sparse operands of %d inputs", (long long)sparse, c->n_in);
    LN_CHECK(c, ln_flex_flag(c, "hashed_output", false), "the result is not hashed");
    x->n = c->n_in - 2 * (int)sparse;
    x->rows = -1;
    x->known = true;
    for (int i = 0; i < x->n; i++) {
        operand *o = &x->o[i];
        *o = (operand){.count = 0};
        if (i < sparse) {
            LN_TRY(open_sparse(c, x, i, (int)sparse));
        } else {
            const ln_shape s = ln_shape_of(c->in[i + 2 * sparse]);
            o->values = c->in[i + 2 * sparse];
            LN_CHECK(c, s.rank == 2, "operand %d has rank %d", i, s.rank);
            LN_TRY(check_rows(c, x, i, s.dim[0]));
            o->width = s.dim[1];
            x->known = x->known && s.dim[0] >= 0 && s.dim[1] >= 0;
        }
        LN_CHECK(c, o->values->type == kTfLiteInt64 || o->values->type == kTfLiteString,
                 "operand %d is of type %s", i, ln_type_name(o->values->type));
    }
    return LN_OK;
}

/* Goes on to a row, after the one before it; how many combinations it has. */
static ln_status next_row(ln_call *c, cross *x, int row, int64_t *combinations)
{
    *combinations = x->n > 0;
    for (int i = 0; i < x->n; i++) {
        operand *o = &x->o[i];
        const int64_t *places = o->sparse.indices ? o->sparse.indices->data.i64 : NULL;
        o->at = places ? o->at + o->count : row * o->width;
        o->count = places ? 0 : o->width;
        while (places && o->at + o->count < o->sparse.n &&
               places[2 * (int64_t)(o->at + o->count)] == row)
            o->count++;
        LN_CHECK(c,
                 !places || o->at + o->count == o->sparse.n ||
                     places[2 * (int64_t)(o->at + o->count)] > row,
                 "the rows of operand %d are not in order", i);
        LN_CHECK(c, o->count == 0 || *combinations <= INT32_MAX / 2 / o->count,
                 "row %d has too many combinations", row);
        *combinations *= o->count;
    }
    return LN_OK;
}

static ln_status cross_infer(ln_call *c)
{
    cross x;
    int64_t n = -1, here;
    LN_TRY(open_all(c, &x));
    if (x.known && x.rows >= 0) {
        n = 0;
        for (int row = 0; row < x.rows; row++) {
            LN_TRY(next_row(c, &x, row, &here));
            n += here;
            LN_CHECK(c, n <= INT32_MAX / 2, "there are too many combinations");
        }
    }
    LN_TRY(ln_set_out(c, 0, kTfLiteInt64, &(ln_shape){2, {(int)n, 2}}));
    LN_TRY(ln_set_out(c, 1, kTfLiteInt64, &(ln_shape){1, {(int)n}}));
    return ln_set_out(c, 2, kTfLiteInt64, &(ln_shape){1, {2}});
}

static uint64_t feature(const operand *o, int i)
{
    if (o->values->type != kTfLiteString)
        return (uint64_t)o->values->data.i64[i];
    const ln_string s = ln_strings_at(&o->texts, i);
    return ln_fingerprint64_text(s.text, s.n);
}

/* Combination k of the row. */
static int64_t hash_of(const cross *x, int64_t k, uint64_t key, uint64_t buckets)
{
    int64_t step = 1;
    for (int i = 0; i < x->n; i++)
        step *= x->o[i].count;
    for (int i = 0; i < x->n; i++) {
        step /= x->o[i].count;
        key = ln_fingerprint64_join(key, feature(&x->o[i], x->o[i].at + (int)(k / step)));
        k %= step;
    }
    return (int64_t)(key % (buckets ? buckets : INT64_MAX));
}

static ln_status cross_eval(ln_call *c)
{
    const int64_t buckets = ln_flex_int(c, "num_buckets", 0);
    const uint64_t key = (uint64_t)ln_flex_int(c, "hash_key", 0);
    int64_t *at = c->out[0]->data.i64, *y = c->out[1]->data.i64, most = 0, n = 0, here;
    cross x;
    LN_TRY(open_all(c, &x));
    LN_CHECK(c, buckets >= 0, "num_buckets is %lld", (long long)buckets);
    for (int i = 0; i < x.n; i++)
        if (x.o[i].values->type == kTfLiteString)
            LN_TRY(ln_strings_open(c->diag, x.o[i].values, &x.o[i].texts));
    for (int row = 0; row < x.rows; row++) {
        LN_TRY(next_row(c, &x, row, &here));
        for (int64_t k = 0; k < here; k++, n++) {
            at[2 * n] = row;
            at[2 * n + 1] = k;
            y[n] = hash_of(&x, k, key, (uint64_t)buckets);
        }
        most = LN_MAX(most, here);
    }
    c->out[2]->data.i64[0] = x.rows;
    c->out[2]->data.i64[1] = most;
    return LN_OK;
}

LN_FLEX_OP(sparse_cross, "SparseCross", 1, -1, 3, cross_infer, cross_eval);
