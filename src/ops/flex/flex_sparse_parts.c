/* SPDX-License-Identifier: Apache-2.0 */
/* flex_sparse_parts.c: sparse tensors put together, cut and summed up: indices int64 [n, rank],
 * values [n], shape int64 [rank] (see flex_sparse.c).
 *
 *   SparseSlice          indices, values, shape, start, size -> a sparse tensor
 *   SparseConcat         indices.., values.., shapes.. -> one, along concat_dim, in order of places
 *   SparseAdd            a, b, threshold -> their sum without what is smaller than the threshold
 *   SparseReduceSum, ...Max   indices, values, shape, axes -> dense */
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/flex/sparse.h"
#include "ops/move.h"
#include "ops/scratch.h"
#include "ops/strings.h"

enum { NUMBERS = LN_BIT(Float32) | LN_BIT(Float64) | LN_INTEGERS };

static void put_place(TfLiteTensor *y, int64_t to, const int64_t *at, int rank)
{
    if (rank > 0)
        memcpy(&y->data.i64[to * rank], at, sizeof *at * (size_t)rank);
}

/* ---- SparseSlice ---- */

static bool in_slice(const ln_sparse *s, const int64_t *start, const int64_t *size, int k)
{
    for (int d = 0; d < s->rank; d++) {
        const int64_t at = ln_sparse_at(s, k)[d];
        if (at < start[d] || at - start[d] >= size[d])
            return false;
    }
    return true;
}

static ln_status slice_infer(ln_call *c)
{
    ln_sparse s;
    int n = -1;
    ln_scratch area = {0};
    LN_TRY(ln_sparse_open(c, 0, 1, 2, &s));
    for (int i = 3; i < 5; i++) {
        const ln_shape d = ln_shape_of(c->in[i]);
        LN_TRY(ln_check_type(c, i, LN_BIT(Int64)));
        LN_CHECK(c, d.rank == 1 && (d.dim[0] == s.rank || d.dim[0] < 0 || s.rank < 0),
                 "input %d does not go with rank %d", i, s.rank);
    }
    if (ln_known(c, 0) && ln_known(c, 3) && ln_known(c, 4)) {
        n = 0;
        for (int d = 0; d < s.rank; d++)
            LN_CHECK(c, c->in[3]->data.i64[d] >= 0 && c->in[4]->data.i64[d] >= 0,
                     "the slice begins before 0, or is negative in size");
        for (int k = 0; k < s.n; k++)
            n += in_slice(&s, c->in[3]->data.i64, c->in[4]->data.i64, k);
    }
    if (s.n >= 0) {
        ln_scratch_take(&area, s.n, sizeof(int));
        LN_TRY(ln_scratch_ask(c, &area));
    }
    LN_TRY(ln_set_out(c, 0, kTfLiteInt64, &(ln_shape){2, {n, s.rank}}));
    LN_TRY(ln_set_out(c, 1, s.values->type, &(ln_shape){1, {n}}));
    return ln_set_out(c, 2, kTfLiteInt64, &(ln_shape){1, {s.rank}});
}

typedef struct picked {
    ln_strings x;
    const int *from;
} picked;

static ln_string picked_at(void *arg, int k)
{
    const picked *p = arg;
    return ln_strings_at(&p->x, p->from[k]);
}

static ln_status slice_eval(ln_call *c)
{
    const int64_t *start = c->in[3]->data.i64, *size = c->in[4]->data.i64;
    int64_t at[LN_MAX_RANK], *shape = c->out[2]->data.i64;
    int n = 0, *from = c->scratch;
    ln_sparse s;
    LN_TRY(ln_sparse_open(c, 0, 1, 2, &s));
    for (int k = 0; k < s.n; k++) {
        if (!in_slice(&s, start, size, k))
            continue;
        for (int d = 0; d < s.rank; d++)
            at[d] = ln_sparse_at(&s, k)[d] - start[d];
        put_place(c->out[0], n, at, s.rank);
        if (s.values->type != kTfLiteString)
            ln_copy_run(c->out[1], n, s.values, k, 1);
        from[n++] = k;
    }
    for (int d = 0; d < s.rank; d++)
        shape[d] = LN_MAX(0, LN_MIN(size[d], s.shape->data.i64[d] - start[d]));
    if (s.values->type != kTfLiteString)
        return LN_OK;
    picked p = {.from = from};
    LN_TRY(ln_strings_open(c->diag, s.values, &p.x));
    return ln_strings_write(c, 1, n, picked_at, &p);
}

LN_FLEX_OP(sparse_slice, "SparseSlice", 5, 5, 3, slice_infer, slice_eval);

/* ---- SparseConcat ---- */

static ln_status concat_axis(ln_call *c, int rank, int *axis)
{
    return ln_axis(c, (int)ln_flex_int(c, "concat_dim", 0), rank, axis);
}

static ln_status concat_infer(ln_call *c)
{
    const int many = c->n_in / 3;
    int64_t n = 0;
    int axis;
    ln_scratch area = {0};
    ln_sparse s;
    LN_CHECK(c, c->n_in % 3 == 0, "there are %d inputs, not three of each", c->n_in);
    for (int i = 0; i < many; i++) {
        LN_TRY(ln_sparse_open(c, i, many + i, 2 * many + i, &s));
        LN_TRY(ln_check_plain(c, many + i));
        LN_CHECK(c,
                 s.values->type == c->in[many]->type &&
                     ln_shape_of(s.shape).dim[0] == ln_shape_of(c->in[2 * many]).dim[0],
                 "operand %d has another type or rank than the first", i);
        n = n < 0 || s.n < 0 ? -1 : n + s.n;
    }
    LN_CHECK(c, n <= INT32_MAX / 2, "there are too many values");
    if (s.rank >= 0)
        LN_TRY(concat_axis(c, s.rank, &axis));
    const int64_t room = LN_MAX(n, 0);
    ln_scratch_take(&area, room * LN_MAX(s.rank, 0), sizeof(int64_t)); /* places */
    ln_scratch_take(&area, room, sizeof(int));                         /* their order */
    ln_scratch_take(&area, room, sizeof(int));
    LN_TRY(ln_scratch_ask(c, &area));
    LN_TRY(ln_set_out(c, 0, kTfLiteInt64, &(ln_shape){2, {(int)n, s.rank}}));
    LN_TRY(ln_set_out(c, 1, s.values->type, &(ln_shape){1, {(int)n}}));
    return ln_set_out(c, 2, kTfLiteInt64, &(ln_shape){1, {s.rank}});
}

/* Item `number` of all operands' values. */
static void copy_value(ln_call *c, int to, int number)
{
    int i = c->n_in / 3;
    for (; number >= ln_count(c->in[i]); i++)
        number -= ln_count(c->in[i]);
    ln_copy_run(c->out[1], to, c->in[i], number, 1);
}

/* All places one operand after the other, as they are in the whole, whose shape is written. */
static ln_status lay_out(ln_call *c, int64_t *places)
{
    const int many = c->n_in / 3;
    int64_t *shape = c->out[2]->data.i64, along = 0;
    int axis;
    ln_sparse s;
    for (int i = 0; i < many; i++) {
        LN_TRY(ln_sparse_open(c, i, many + i, 2 * many + i, &s));
        LN_TRY(concat_axis(c, s.rank, &axis));
        for (int d = 0; d < s.rank; d++) {
            const int64_t size = s.shape->data.i64[d];
            LN_CHECK(c, i == 0 || d == axis || size == shape[d],
                     "operand %d has dimension %lld of %lld", i, (long long)size,
                     (long long)shape[d]);
            LN_CHECK(c, size >= 0 && size <= INT64_MAX / 2 - along, "a dimension is %lld",
                     (long long)size);
            shape[d] = i && d == axis ? shape[d] + size : size;
        }
        for (int k = 0; k < s.n; k++, places += s.rank) {
            LN_TRY(ln_sparse_inside(c, &s, k));
            memcpy(places, ln_sparse_at(&s, k), sizeof *places * (size_t)s.rank);
            places[axis] += along;
        }
        along += s.shape->data.i64[axis];
    }
    return LN_OK;
}

static ln_status concat_eval(ln_call *c)
{
    const int n = ln_count(c->out[1]), rank = ln_count(c->out[2]);
    ln_scratch area = {.base = c->scratch};
    int64_t *places = ln_scratch_take(&area, (int64_t)n * rank, sizeof *places);
    int *order = ln_scratch_take(&area, n, sizeof *order);
    int *spare = ln_scratch_take(&area, n, sizeof *spare);
    LN_TRY(lay_out(c, places));
    ln_sparse_order(places, rank, n, order, spare);
    for (int k = 0; k < n; k++) {
        put_place(c->out[0], k, &places[(int64_t)order[k] * rank], rank);
        copy_value(c, k, order[k]);
    }
    return LN_OK;
}

LN_FLEX_OP(sparse_concat, "SparseConcat", 3, -1, 3, concat_infer, concat_eval);

/* ---- SparseAdd ---- */

static int64_t int_at(const TfLiteTensor *t, int k)
{
    int64_t buffer[2];
    return *(const int64_t *)ln_lane_load(LN_I64, t->type, t->data.data, k, 1, buffer);
}

static double value_of(const TfLiteTensor *t, int k)
{
    double buffer[2];
    return *(const double *)ln_lane_load(LN_F64, t->type, t->data.data, k, 1, buffer);
}

/* Whether a sum is kept; int64 may lose its low bits here, the sum itself does not. */
static bool is_kept(const ln_call *c, double sum)
{
    return (sum < 0 ? -sum : sum) >= value_of(c->in[6], 0);
}

/* Walks over both in order; -1 for i or j: only the other has the place. */
static bool step(const ln_sparse *a, const ln_sparse *b, int *p, int *q, int *i, int *j)
{
    if (*p >= a->n && *q >= b->n)
        return false;
    const int order = *p >= a->n ? 1
                      : *q >= b->n
                          ? -1
                          : ln_sparse_compare(ln_sparse_at(a, *p), ln_sparse_at(b, *q), a->rank);
    *i = order <= 0 ? (*p)++ : -1;
    *j = order >= 0 ? (*q)++ : -1;
    return true;
}

static ln_status open_both(ln_call *c, ln_sparse *a, ln_sparse *b)
{
    LN_TRY(ln_sparse_open(c, 0, 1, 2, a));
    LN_TRY(ln_sparse_open(c, 3, 4, 5, b));
    LN_TRY(ln_check_type(c, 1, NUMBERS));
    LN_TRY(ln_check_type(c, 6, NUMBERS));
    LN_CHECK(c,
             a->values->type == b->values->type && ln_count(c->in[6]) == 1 &&
                 (a->rank == b->rank || a->rank < 0 || b->rank < 0),
             "the operands have different types or ranks, or the threshold is no scalar");
    return LN_OK;
}

static ln_status add_infer(ln_call *c)
{
    int n = -1, p = 0, q = 0, i, j;
    bool known = true;
    ln_sparse a, b;
    LN_TRY(open_both(c, &a, &b));
    for (int k = 0; k < c->n_in; k++)
        known = known && ln_known(c, k);
    if (known)
        for (n = 0; step(&a, &b, &p, &q, &i, &j);)
            n += is_kept(c,
                         (i < 0 ? 0 : value_of(a.values, i)) + (j < 0 ? 0 : value_of(b.values, j)));
    LN_TRY(ln_set_out(c, 0, kTfLiteInt64, &(ln_shape){2, {n, a.rank}}));
    LN_TRY(ln_set_out(c, 1, a.values->type, &(ln_shape){1, {n}}));
    return ln_set_out(c, 2, kTfLiteInt64, &(ln_shape){1, {a.rank}});
}

static ln_status add_eval(ln_call *c)
{
    int n = 0, p = 0, q = 0, i, j;
    ln_sparse a, b;
    LN_TRY(open_both(c, &a, &b));
    for (int d = 0; d < a.rank; d++) {
        LN_CHECK(c, a.shape->data.i64[d] == b.shape->data.i64[d], "the operands differ in shape");
        c->out[2]->data.i64[d] = a.shape->data.i64[d];
    }
    const bool whole = ln_type_in(a.values->type, LN_INTEGERS);
    while (step(&a, &b, &p, &q, &i, &j)) {
        const double sum =
            (i < 0 ? 0 : value_of(a.values, i)) + (j < 0 ? 0 : value_of(b.values, j));
        if (!is_kept(c, sum))
            continue;
        put_place(c->out[0], n, i < 0 ? ln_sparse_at(&b, j) : ln_sparse_at(&a, i), a.rank);
        const uint64_t total = (i < 0 || !whole ? 0 : (uint64_t)int_at(a.values, i)) +
                               (j < 0 || !whole ? 0 : (uint64_t)int_at(b.values, j));
        ln_lane_store(whole ? LN_I64 : LN_F64, a.values->type, c->out[1]->data.data, n++, 1,
                      whole ? (const void *)&total : &sum);
    }
    return LN_OK;
}

LN_FLEX_OP(sparse_add, "SparseAdd", 7, 7, 3, add_infer, add_eval);

/* ---- SparseReduceSum, SparseReduceMax ---- */

enum { AXES = 3 };

/* The dense result's shape with 1 for axes that go; `gone`: which these are. */
static ln_status reduced(ln_call *c, const ln_sparse *s, ln_shape *y, bool *gone)
{
    int axes[2 * LN_MAX_RANK], n;
    LN_TRY(ln_read_ints(c, AXES, (int)LN_COUNTOF(axes), axes, &n));
    *y = (ln_shape){.rank = s->rank};
    memset(gone, 0, sizeof *gone * LN_MAX_RANK);
    for (int i = 0; i < n; i++) {
        LN_TRY(ln_axis(c, axes[i], s->rank, &axes[i]));
        gone[axes[i]] = true;
    }
    for (int d = 0; d < s->rank; d++) {
        const int64_t size = s->shape->data.i64[d];
        gone[d] = gone[d] || n == 0;
        LN_CHECK(c, gone[d] || (size >= 0 && size <= INT32_MAX), "dimension %d is %lld", d,
                 (long long)size);
        y->dim[d] = gone[d] ? 1 : (int)size;
    }
    return LN_OK;
}

static ln_status reduce_infer(ln_call *c)
{
    const bool keep = ln_flex_flag(c, "keep_dims", false);
    ln_shape y = ln_shape_unknown(-1), all;
    bool gone[LN_MAX_RANK];
    ln_sparse s;
    LN_TRY(ln_sparse_open(c, 0, 1, 2, &s));
    LN_TRY(ln_check_type(c, 1, NUMBERS & ~LN_BIT(UInt64)));
    LN_TRY(ln_check_index(c, AXES));
    if (keep && s.rank >= 0)
        y = ln_shape_unknown(s.rank);
    if (ln_known(c, 2) && ln_known(c, AXES)) {
        LN_TRY(reduced(c, &s, &all, gone));
        y = (ln_shape){0};
        for (int d = 0; d < s.rank; d++)
            if (keep || !gone[d])
                y.dim[y.rank++] = all.dim[d];
        const int n = ln_shape_count(&y, 0, y.rank);
        ln_scratch area = {0};
        LN_CHECK(c, n >= 0, "the result is too large");
        ln_scratch_take(&area, n, sizeof(bool));
        LN_TRY(ln_scratch_ask(c, &area));
    }
    return ln_set_out(c, 0, s.values->type, &y);
}

static ln_status reduce_eval(ln_call *c, bool largest)
{
    TfLiteTensor *y = c->out[0];
    bool gone[LN_MAX_RANK], *seen = c->scratch;
    int64_t step_of[LN_MAX_RANK];
    ln_shape all;
    ln_sparse s;
    LN_TRY(ln_sparse_open(c, 0, 1, 2, &s));
    LN_TRY(reduced(c, &s, &all, gone));
    ln_steps(&all, step_of);
    const bool whole = ln_type_in(y->type, LN_INTEGERS);
    if (y->bytes > 0)
        memset(y->data.raw, 0, y->bytes);
    for (int i = 0, n = ln_count(y); i < n; i++)
        seen[i] = false;
    for (int k = 0; k < s.n; k++) {
        int64_t to = 0;
        LN_TRY(ln_sparse_inside(c, &s, k));
        for (int d = 0; d < s.rank; d++)
            to += gone[d] ? 0 : ln_sparse_at(&s, k)[d] * step_of[d];
        if (whole) {
            const int64_t a = int_at(y, (int)to), b = int_at(s.values, k);
            const int64_t v = !largest   ? (int64_t)((uint64_t)a + (uint64_t)b)
                              : seen[to] ? LN_MAX(a, b)
                                         : b;
            ln_lane_store(LN_I64, y->type, y->data.data, to, 1, &v);
        } else {
            const double a = value_of(y, (int)to), b = value_of(s.values, k);
            const double v = !largest ? a + b : seen[to] && a > b ? a : b;
            ln_lane_store(LN_F64, y->type, y->data.data, to, 1, &v);
        }
        seen[to] = true;
    }
    return LN_OK;
}

static ln_status reduce_sum_eval(ln_call *c)
{
    return reduce_eval(c, false);
}

static ln_status reduce_max_eval(ln_call *c)
{
    return reduce_eval(c, true);
}

LN_FLEX_OP(sparse_reduce_sum, "SparseReduceSum", 4, 4, 1, reduce_infer, reduce_sum_eval);
LN_FLEX_OP(sparse_reduce_max, "SparseReduceMax", 4, 4, 1, reduce_infer, reduce_max_eval);
