/* SPDX-License-Identifier: Apache-2.0 */
/* flex_dense.c: between sparse, ragged and dense tensors, of all types, strings included.
 *
 *   SparseToDense         indices [], [n] or [n, rank], shape, values [] or [n], default -> dense
 *   RaggedTensorToSparse  splits of each level.., values -> indices, values, shape
 *   SelectV2              condition, a, b, which broadcast
 *   ConcatV2              values.., axis -> one after the other along the axis */
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"
#include "ops/scratch.h"
#include "ops/strings.h"

/* Items of the output: number from[k] of input `values`, or of `other` as -1 - from[k]. */
typedef struct mixed {
    ln_strings x, other;
    const int *from;
} mixed;

static ln_string mixed_at(void *arg, int k)
{
    const mixed *m = arg;
    return m->from[k] < 0 ? ln_strings_at(&m->other, -1 - m->from[k])
                          : ln_strings_at(&m->x, m->from[k]);
}

static ln_status mix(ln_call *c, int out, const int *from, int values, int other)
{
    TfLiteTensor *y = c->out[out];
    const int n = ln_count(y);
    if (y->type == kTfLiteString) {
        mixed m = {.from = from};
        LN_TRY(ln_strings_open(c->diag, c->in[values], &m.x));
        LN_TRY(ln_strings_open(c->diag, c->in[other], &m.other));
        return ln_strings_write(c, out, n, mixed_at, &m);
    }
    for (int k = 0; k < n; k++)
        ln_copy_run(y, k, c->in[from[k] < 0 ? other : values], from[k] < 0 ? -1 - from[k] : from[k],
                    1);
    return LN_OK;
}

/* Scratch of an int per item of y, where its shape is known. */
static ln_status ask_items(ln_call *c, const ln_shape *y)
{
    ln_scratch s = {0};
    if (!ln_shape_known(y))
        return LN_OK;
    ln_scratch_take(&s, ln_shape_count(y, 0, y->rank), sizeof(int));
    return ln_scratch_ask(c, &s);
}

/* ---- SparseToDense ---- */

enum { INDICES, SHAPE, VALUES, DEFAULT };

static ln_status dense_infer(ln_call *c)
{
    const ln_shape i = ln_shape_of(c->in[INDICES]), s = ln_shape_of(c->in[SHAPE]);
    const ln_shape v = ln_shape_of(c->in[VALUES]);
    const int n = i.rank ? i.dim[0] : 1, depth = i.rank == 2 ? i.dim[1] : 1;
    ln_shape y = ln_shape_unknown(s.rank == 1 ? s.dim[0] : -1);
    LN_TRY(ln_check_index(c, INDICES));
    LN_TRY(ln_check_index(c, SHAPE));
    LN_TRY(ln_check_movable(c, VALUES));
    LN_CHECK(c,
             i.rank <= 2 && s.rank == 1 && s.dim[0] <= LN_MAX_RANK &&
                 (depth < 0 || s.dim[0] < 0 || depth == s.dim[0]),
             "indices of %d components for a shape of %d", depth, s.dim[0]);
    LN_CHECK(c, v.rank == 0 || (v.rank == 1 && (v.dim[0] == n || v.dim[0] < 0 || n < 0)),
             "there are %d indices, but %d values of rank %d", n, v.rank ? v.dim[0] : 1, v.rank);
    LN_CHECK(c, c->in[DEFAULT]->type == c->in[VALUES]->type && ln_count(c->in[DEFAULT]) == 1,
             "the default is no scalar of the values' type");
    if (ln_known(c, SHAPE)) {
        LN_TRY(ln_read_ints(c, SHAPE, LN_MAX_RANK, y.dim, &y.rank));
        for (int d = 0; d < y.rank; d++)
            LN_CHECK(c, y.dim[d] >= 0, "dimension %d is %d", d, y.dim[d]);
    }
    LN_TRY(ask_items(c, &y));
    return ln_set_out(c, 0, c->in[VALUES]->type, &y);
}

static ln_status dense_eval(ln_call *c)
{
    const ln_shape i = ln_shape_of(c->in[INDICES]), y = ln_shape_of(c->out[0]);
    const int n = i.rank ? i.dim[0] : 1, all = ln_count(c->out[0]);
    const bool one = ln_shape_of(c->in[VALUES]).rank == 0;
    int *from = c->scratch;
    for (int k = 0; k < all; k++)
        from[k] = -1;
    for (int k = 0; k < n; k++) {
        int64_t at = 0;
        for (int d = 0; d < y.rank; d++) {
            const int64_t v = ln_int_at(c->in[INDICES], (int64_t)k * y.rank + d);
            LN_CHECK(c, v >= 0 && v < y.dim[d], "index %d is %lld in a dimension of %d", k,
                     (long long)v, y.dim[d]);
            at = at * y.dim[d] + v;
        }
        from[at] = one ? 0 : k;
    }
    return mix(c, 0, from, VALUES, DEFAULT);
}

LN_FLEX_OP(sparse_to_dense, "SparseToDense", 4, 4, 1, dense_infer, dense_eval);

/* ---- SelectV2 ---- */

static ln_status select_infer(ln_call *c)
{
    const ln_shape a = ln_shape_of(c->in[1]), b = ln_shape_of(c->in[2]);
    ln_shape y = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_type(c, 0, LN_BIT(Bool)));
    LN_TRY(ln_check_movable(c, 1));
    LN_CHECK(c, c->in[2]->type == c->in[1]->type, "the sides have types %s and %s",
             ln_type_name(c->in[1]->type), ln_type_name(c->in[2]->type));
    LN_TRY(ln_broadcast(c, &y, &a, &y));
    LN_TRY(ln_broadcast(c, &y, &b, &y));
    LN_TRY(ask_items(c, &y));
    return ln_set_out(c, 0, c->in[1]->type, &y);
}

static ln_status select_eval(ln_call *c)
{
    const ln_shape y = ln_shape_of(c->out[0]);
    const ln_shape x[] = {ln_shape_of(c->in[0]), ln_shape_of(c->in[1]), ln_shape_of(c->in[2])};
    int *from = c->scratch, k = 0;
    ln_bcast b;
    ln_bcast_init(&b, &y, 3, x);
    for (bool more = b.row > 0; more; more = ln_bcast_next(&b))
        for (int i = 0; i < b.row; i++, k++) {
            int64_t at[3];
            for (int j = 0; j < 3; j++)
                at[j] = b.at[j] + (ln_bcast_stays(&b, j) ? 0 : i);
            from[k] = c->in[0]->data.uint8[at[0]] ? (int)at[1] : -1 - (int)at[2];
        }
    return mix(c, 0, from, 1, 2);
}

LN_FLEX_OP(select_v2, "SelectV2", 3, 3, 1, select_infer, select_eval);

/* ---- RaggedTensorToSparse ---- */

static ln_status check_levels(ln_call *c)
{
    const int levels = c->n_in - 1, values = ln_shape_of(c->in[levels]).dim[0];
    for (int i = 0; i < levels; i++) {
        const int n = ln_count(c->in[i]);
        const int below = i + 1 < levels ? ln_count(c->in[i + 1]) - 1 : values;
        LN_CHECK(c, n >= 1, "splits %d are empty", i);
        for (int k = 0; k < n; k++) {
            const int64_t v = ln_int_at(c->in[i], k), last = k ? ln_int_at(c->in[i], k - 1) : 0;
            LN_CHECK(c, v >= last && v <= below && (k > 0 || v == 0) && (k < n - 1 || v == below),
                     "split %d of level %d is %lld, out of order or range", k, i, (long long)v);
        }
    }
    return LN_OK;
}

static ln_status sparse_infer(ln_call *c)
{
    const int levels = c->n_in - 1;
    const ln_shape v = ln_shape_of(c->in[levels]);
    const int rank = levels + v.rank, n = ln_shape_count(&v, 0, v.rank);
    LN_TRY(ln_check_movable(c, levels));
    LN_CHECK(c, v.rank >= 1 && rank <= LN_MAX_RANK, "%d levels and values of rank %d", levels,
             v.rank);
    for (int i = 0; i < levels; i++)
        LN_TRY(ln_check_index(c, i));
    LN_TRY(ln_set_out(c, 0, kTfLiteInt64, &(ln_shape){2, {n, rank}}));
    LN_TRY(ln_set_out(c, 1, c->in[levels]->type, &(ln_shape){1, {n}}));
    return ln_set_out(c, 2, kTfLiteInt64, &(ln_shape){1, {rank}});
}

/* The row of level i that item k of it lies in, from `row` on. */
static int64_t row_of(const TfLiteTensor *splits, int64_t k, int64_t row)
{
    while (ln_int_at(splits, row + 1) <= k)
        row++;
    return row;
}

static ln_status sparse_eval(ln_call *c)
{
    const int levels = c->n_in - 1, n = ln_count(c->out[1]), rank = ln_count(c->out[2]);
    const ln_shape v = ln_shape_of(c->in[levels]);
    const int64_t inner = ln_product(&v, 1, v.rank);
    int64_t row[LN_MAX_RANK] = {0}, *shape = c->out[2]->data.i64, *y = c->out[0]->data.i64;
    LN_TRY(check_levels(c));
    shape[0] = ln_count(c->in[0]) - 1;
    for (int i = 0; i < levels; i++) {
        shape[i + 1] = 0;
        for (int k = 1, m = ln_count(c->in[i]); k < m; k++)
            shape[i + 1] =
                LN_MAX(shape[i + 1], ln_int_at(c->in[i], k) - ln_int_at(c->in[i], k - 1));
    }
    for (int d = 1; d < v.rank; d++)
        shape[levels + d] = v.dim[d];
    for (int k = 0; k < n; k++, y += rank) {
        int64_t at = k / inner, rest = k % inner;
        for (int i = levels - 1; i >= 0; i--) {
            row[i] = row_of(c->in[i], at, row[i]);
            y[i + 1] = at - ln_int_at(c->in[i], row[i]);
            at = row[i];
        }
        y[0] = at;
        for (int d = v.rank - 1; d >= 1; d--) {
            y[levels + d] = rest % v.dim[d];
            rest /= v.dim[d];
        }
    }
    return ln_move_all(c, levels, 1);
}

LN_FLEX_OP(ragged_tensor_to_sparse, "RaggedTensorToSparse", 2, -1, 3, sparse_infer, sparse_eval);

/* ---- ConcatV2 ---- */

static ln_status concat_infer(ln_call *c)
{
    const int many = c->n_in - 1;
    ln_shape y = ln_shape_of(c->in[0]);
    ln_scratch area = {0};
    int axis, n;
    LN_TRY(ln_check_movable(c, 0));
    LN_TRY(ln_check_index(c, many));
    for (int i = 1; i < many; i++)
        LN_CHECK(c, c->in[i]->type == c->in[0]->type && ln_shape_of(c->in[i]).rank == y.rank,
                 "input %d has another type or rank than input 0", i);
    ln_scratch_take(&area, many, sizeof(ln_strings));
    LN_TRY(ln_scratch_ask(c, &area));
    if (!ln_known(c, many)) {
        y = ln_shape_unknown(y.rank);
        return ln_set_out(c, 0, c->in[0]->type, &y);
    }
    LN_TRY(ln_read_ints(c, many, 1, &axis, &n));
    LN_CHECK(c, n == 1, "there are %d axes", n);
    LN_TRY(ln_axis(c, axis, y.rank, &axis));
    int64_t sum = y.dim[axis];
    for (int i = 1; i < many; i++) {
        const ln_shape x = ln_shape_of(c->in[i]);
        for (int d = 0; d < y.rank; d++)
            LN_CHECK(c, d == axis || x.dim[d] == y.dim[d] || x.dim[d] < 0 || y.dim[d] < 0,
                     "dimension %d of input %d is %d, of input 0 %d", d, i, x.dim[d], y.dim[d]);
        sum = sum < 0 || x.dim[axis] < 0 ? -1 : sum + x.dim[axis];
    }
    LN_CHECK(c, sum <= INT32_MAX, "the result is too long");
    y.dim[axis] = (int)sum;
    return ln_set_out(c, 0, c->in[0]->type, &y);
}

typedef struct joined {
    const ln_call *c;
    const ln_strings *x;
    int axis;
    int64_t inner, line; /* items behind the axis; of the result from the axis on */
} joined;

/* Which input item k of the result comes from, and from where. */
static int source(const joined *j, int64_t k, int64_t *at)
{
    int64_t rest = k % j->line;
    int i = 0;
    for (;; i++) {
        const int64_t size = ln_shape_of(j->c->in[i]).dim[j->axis] * j->inner;
        *at = k / j->line * size + rest;
        if (rest < size)
            return i;
        rest -= size;
    }
}

static ln_string joined_at(void *arg, int k)
{
    const joined *j = arg;
    int64_t at;
    const int i = source(j, k, &at);
    return ln_strings_at(&j->x[i], (int)at);
}

static ln_status concat_eval(ln_call *c)
{
    TfLiteTensor *y = c->out[0];
    const ln_shape s = ln_shape_of(y);
    const int many = c->n_in - 1, count = ln_count(y);
    ln_scratch area = {.base = c->scratch};
    ln_strings *texts = ln_scratch_take(&area, many, sizeof *texts);
    joined j = {.c = c, .x = texts};
    int n;
    LN_TRY(ln_read_ints(c, many, 1, &j.axis, &n));
    LN_TRY(ln_axis(c, j.axis, s.rank, &j.axis));
    j.inner = ln_product(&s, j.axis + 1, s.rank);
    j.line = j.inner * s.dim[j.axis];
    for (int i = 0; i < many && y->type == kTfLiteString; i++)
        LN_TRY(ln_strings_open(c->diag, c->in[i], &texts[i]));
    if (y->type == kTfLiteString)
        return ln_strings_write(c, 0, count, joined_at, &j);
    for (int64_t k = 0; k < count;) {
        int64_t at;
        const int i = source(&j, k, &at);
        const int64_t run = ln_shape_of(c->in[i]).dim[j.axis] * j.inner;
        ln_copy_run(y, k, c->in[i], at, run);
        k += run;
    }
    return LN_OK;
}

LN_FLEX_OP(concat_v2, "ConcatV2", 2, -1, 1, concat_infer, concat_eval);
