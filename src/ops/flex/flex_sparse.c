/* SPDX-License-Identifier: Apache-2.0 */
/* flex_sparse.c: sparse tensors (sparse.h): order, shape, rows, products.
 *
 *   SparseReorder            indices, values, shape -> indices, values in order of places
 *   SparseReshape            indices, shape, new shape (-1: what is left) -> indices, shape
 *   SparseFillEmptyRows      indices, values, shape, default -> indices and values with an item in
 *                            each row, which rows had none, and where each value went
 *   SparseTensorDenseMatMul  indices, values, shape [m, k], b [k, n] -> [m, n] */
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/flex/sparse.h"
#include "ops/move.h"
#include "ops/scratch.h"
#include "ops/strings.h"

enum { INDICES, VALUES, SHAPE, MORE };
enum { NUMBERS = LN_BIT(Float32) | LN_BIT(Float64) | LN_BIT(Int32) | LN_BIT(Int64) };

/* ---- SparseReorder ---- */

typedef struct picked {
    ln_strings x, fallback;
    const int *from; /* -1: the default */
} picked;

static ln_string picked_at(void *arg, int k)
{
    const picked *p = arg;
    return p->from[k] < 0 ? ln_strings_at(&p->fallback, 0) : ln_strings_at(&p->x, p->from[k]);
}

/* values[k] = input 1's item from[k], or input `fallback`. */
static ln_status pick_values(ln_call *c, int out, const int *from, int fallback)
{
    TfLiteTensor *y = c->out[out];
    const int n = ln_count(y);
    if (y->type == kTfLiteString) {
        picked p = {.from = from};
        LN_TRY(ln_strings_open(c->diag, c->in[VALUES], &p.x));
        if (fallback)
            LN_TRY(ln_strings_open(c->diag, c->in[fallback], &p.fallback));
        return ln_strings_write(c, out, n, picked_at, &p);
    }
    for (int k = 0; k < n; k++)
        ln_copy_run(y, k, c->in[from[k] < 0 ? fallback : VALUES], LN_MAX(from[k], 0), 1);
    return LN_OK;
}

static ln_status reorder_infer(ln_call *c)
{
    const ln_shape i = ln_shape_of(c->in[INDICES]), v = ln_shape_of(c->in[VALUES]);
    ln_scratch area = {0};
    ln_sparse s;
    LN_TRY(ln_sparse_open(c, INDICES, VALUES, SHAPE, &s));
    if (s.n >= 0) {
        ln_scratch_take(&area, 2 * (int64_t)s.n, sizeof(int));
        LN_TRY(ln_scratch_ask(c, &area));
    }
    LN_TRY(ln_set_out(c, 0, kTfLiteInt64, &i));
    return ln_set_out(c, 1, c->in[VALUES]->type, &v);
}

static ln_status reorder_eval(ln_call *c)
{
    int *places = c->scratch;
    ln_sparse s;
    LN_TRY(ln_sparse_open(c, INDICES, VALUES, SHAPE, &s));
    for (int k = 0; k < s.n; k++)
        LN_TRY(ln_sparse_inside(c, &s, k));
    ln_sparse_order(s.indices->data.i64, s.rank, s.n, places, places + s.n);
    for (int k = 0; k < s.n && s.rank > 0; k++)
        memcpy(&c->out[0]->data.i64[(int64_t)k * s.rank], ln_sparse_at(&s, places[k]),
               sizeof(int64_t) * (size_t)s.rank);
    return pick_values(c, 1, places, 0);
}

LN_FLEX_OP(sparse_reorder, "SparseReorder", 3, 3, 2, reorder_infer, reorder_eval);

/* ---- SparseReshape ---- */

/* The product of a shape, whose item `open` is passed over; -1: it does not fit. */
static int64_t product(const TfLiteTensor *shape, int open)
{
    int64_t n = 1;
    for (int d = 0; d < ln_count(shape); d++) {
        const int64_t size = d == open ? 1 : shape->data.i64[d];
        if (size < 0 || (size > 0 && n > INT64_MAX / size))
            return -1;
        n *= size;
    }
    return n;
}

static ln_status reshape_infer(ln_call *c)
{
    const ln_shape i = ln_shape_of(c->in[INDICES]), to = ln_shape_of(c->in[2]);
    const ln_shape s = ln_shape_of(c->in[1]);
    for (int k = 0; k < 3; k++)
        LN_TRY(ln_check_type(c, k, LN_BIT(Int64)));
    LN_CHECK(c, i.rank == 2 && s.rank == 1 && to.rank == 1,
             "the indices have rank %d, the shapes %d and %d", i.rank, s.rank, to.rank);
    LN_CHECK(c, i.dim[1] == s.dim[0] || i.dim[1] < 0 || s.dim[0] < 0,
             "indices of %d dimensions for a shape of %d", i.dim[1], s.dim[0]);
    LN_TRY(ln_set_out(c, 0, kTfLiteInt64, &(ln_shape){2, {i.dim[0], to.dim[0]}}));
    return ln_set_out(c, 1, kTfLiteInt64, &to);
}

static ln_status reshape_eval(ln_call *c)
{
    const TfLiteTensor *shape = c->in[1], *to = c->in[2];
    const int rank = ln_count(shape), new_rank = ln_count(to), n = ln_shape_of(c->in[0]).dim[0];
    int64_t *y = c->out[0]->data.i64, *size = c->out[1]->data.i64;
    const ln_sparse s = {.indices = c->in[0], .shape = shape, .n = n, .rank = rank};
    int open = -1;
    for (int d = 0; d < new_rank; d++) {
        LN_CHECK(c, to->data.i64[d] >= 0 || (to->data.i64[d] == -1 && open < 0),
                 "dimension %d of the new shape is %lld", d, (long long)to->data.i64[d]);
        open = to->data.i64[d] < 0 ? d : open;
        size[d] = to->data.i64[d];
    }
    const int64_t all = product(shape, -1), rest = product(to, open);
    LN_CHECK(c,
             all >= 0 && rest >= 0 && (open < 0 || (rest > 0 && all % rest == 0)) &&
                 (open >= 0 || all == rest),
             "%lld items cannot take the new shape", (long long)all);
    if (open >= 0)
        size[open] = all / rest;
    for (int k = 0; k < n; k++) {
        int64_t at = 0;
        LN_TRY(ln_sparse_inside(c, &s, k));
        for (int d = 0; d < rank; d++)
            at = at * shape->data.i64[d] + ln_sparse_at(&s, k)[d];
        for (int d = new_rank - 1; d >= 0; d--) {
            y[(int64_t)k * new_rank + d] = at % size[d];
            at /= size[d];
        }
    }
    return LN_OK;
}

LN_FLEX_OP(sparse_reshape, "SparseReshape", 3, 3, 2, reshape_infer, reshape_eval);

/* ---- SparseFillEmptyRows ---- */

static ln_status count_rows(ln_call *c, int *rows)
{
    const int64_t n = ln_count(c->in[SHAPE]) ? c->in[SHAPE]->data.i64[0] : -1;
    LN_CHECK(c, n >= 0 && n < INT32_MAX, "there are %lld rows", (long long)n);
    *rows = (int)n;
    return LN_OK;
}

static ln_status count_empty(ln_call *c, int rows, int *empty)
{
    const int n = ln_shape_of(c->in[INDICES]).dim[0], rank = ln_count(c->in[SHAPE]);
    int64_t last = -1;
    *empty = rows;
    for (int k = 0; k < n; k++) {
        const int64_t row = c->in[INDICES]->data.i64[(int64_t)k * rank];
        LN_CHECK(c, row >= last && row >= 0 && row < rows,
                 "index %d is of row %lld: the rows are out of order or range", k, (long long)row);
        *empty -= row != last;
        last = row;
    }
    return LN_OK;
}

static ln_status fill_infer(ln_call *c)
{
    const ln_shape i = ln_shape_of(c->in[INDICES]);
    ln_shape many = {2, {-1, i.dim[1]}};
    ln_scratch area = {0};
    ln_sparse s;
    int rows = -1, empty;
    LN_TRY(ln_sparse_open(c, INDICES, VALUES, SHAPE, &s));
    LN_CHECK(c, c->in[MORE]->type == c->in[VALUES]->type && ln_count(c->in[MORE]) == 1,
             "the default is no scalar of the values' type");
    if (ln_known(c, SHAPE))
        LN_TRY(count_rows(c, &rows));
    if (rows >= 0 && ln_known(c, INDICES)) {
        LN_TRY(count_empty(c, rows, &empty));
        LN_CHECK(c, (int64_t)i.dim[0] + empty <= INT32_MAX, "there are too many rows");
        many.dim[0] = i.dim[0] + empty;
        ln_scratch_take(&area, many.dim[0], sizeof(int));
        LN_TRY(ln_scratch_ask(c, &area));
    }
    LN_TRY(ln_set_out(c, 0, kTfLiteInt64, &many));
    LN_TRY(ln_set_out(c, 1, c->in[VALUES]->type, &(ln_shape){1, {many.dim[0]}}));
    LN_TRY(ln_set_out(c, 2, kTfLiteBool, &(ln_shape){1, {rows}}));
    return ln_set_out(c, 3, kTfLiteInt64, &(ln_shape){1, {i.dim[0]}});
}

static ln_status fill_eval(ln_call *c)
{
    const int n = ln_shape_of(c->in[INDICES]).dim[0], rank = ln_count(c->in[SHAPE]);
    const int64_t *x = c->in[INDICES]->data.i64;
    int64_t *y = c->out[0]->data.i64;
    int rows, to = 0, k = 0, *from = c->scratch;
    LN_TRY(count_rows(c, &rows));
    for (int row = 0; row < rows; row++) {
        const bool empty = k == n || x[(int64_t)k * rank] != row;
        c->out[2]->data.b[row] = empty;
        if (empty) {
            memset(&y[(int64_t)to * rank], 0, sizeof *y * (size_t)rank);
            y[(int64_t)to * rank] = row;
            from[to++] = -1;
        }
        for (; k < n && x[(int64_t)k * rank] == row; k++, to++) {
            memcpy(&y[(int64_t)to * rank], &x[(int64_t)k * rank], sizeof *y * (size_t)rank);
            c->out[3]->data.i64[k] = to;
            from[to] = k;
        }
    }
    return pick_values(c, 1, from, MORE);
}

LN_FLEX_OP(sparse_fill_empty_rows, "SparseFillEmptyRows", 4, 4, 4, fill_infer, fill_eval);

/* ---- SparseTensorDenseMatMul ---- */

static ln_status product_infer(ln_call *c)
{
    const ln_shape b = ln_shape_of(c->in[MORE]);
    const bool turn_a = ln_flex_flag(c, "adjoint_a", false);
    const bool turn_b = ln_flex_flag(c, "adjoint_b", false);
    ln_shape y = ln_shape_unknown(2);
    ln_sparse a;
    LN_TRY(ln_sparse_open(c, INDICES, VALUES, SHAPE, &a));
    LN_TRY(ln_check_type(c, VALUES, NUMBERS));
    LN_CHECK(c, c->in[MORE]->type == c->in[VALUES]->type && b.rank == 2,
             "the dense operand has type %s and rank %d", ln_type_name(c->in[MORE]->type), b.rank);
    y.dim[1] = b.dim[turn_b ? 0 : 1];
    if (ln_known(c, SHAPE)) {
        const int64_t *s = c->in[SHAPE]->data.i64, inner = b.dim[turn_b ? 1 : 0];
        LN_CHECK(c, ln_count(c->in[SHAPE]) == 2, "the sparse operand has rank %d",
                 ln_count(c->in[SHAPE]));
        const int64_t rows = s[turn_a ? 1 : 0], columns = s[turn_a ? 0 : 1];
        LN_CHECK(c, rows >= 0 && rows <= INT32_MAX && (inner < 0 || inner == columns),
                 "%lld columns do not go with %lld rows", (long long)columns, (long long)inner);
        y.dim[0] = (int)rows;
    }
    return ln_set_out(c, 0, c->in[VALUES]->type, &y);
}

/* A row or column of the dense operand. */
typedef struct line {
    const TfLiteTensor *b;
    int64_t at, step, n;
} line;

/* Adds item k of v times the line to y's items from `to` on. */
static void add_line(TfLiteTensor *y, int64_t to, const TfLiteTensor *v, int k, const line *l)
{
    const TfLiteTensor *b = l->b;
    int64_t from = l->at;
    for (int64_t i = 0; i < l->n; i++, to++, from += l->step)
        if (y->type == kTfLiteFloat32)
            y->data.f[to] += v->data.f[k] * b->data.f[from];
        else if (y->type == kTfLiteFloat64)
            y->data.f64[to] += v->data.f64[k] * b->data.f64[from];
        else if (y->type == kTfLiteInt64)
            y->data.u64[to] += v->data.u64[k] * b->data.u64[from];
        else
            y->data.u32[to] += v->data.u32[k] * b->data.u32[from];
}

static ln_status product_eval(ln_call *c)
{
    const bool turn_a = ln_flex_flag(c, "adjoint_a", false);
    const bool turn_b = ln_flex_flag(c, "adjoint_b", false);
    TfLiteTensor *y = c->out[0];
    const ln_shape b = ln_shape_of(c->in[MORE]), s = ln_shape_of(y);
    const int64_t n = s.dim[1], columns = b.dim[1];
    if (y->bytes > 0)
        memset(y->data.raw, 0, y->bytes);
    ln_sparse a;
    LN_TRY(ln_sparse_open(c, INDICES, VALUES, SHAPE, &a));
    for (int k = 0; k < a.n; k++) {
        LN_TRY(ln_sparse_inside(c, &a, k));
        const int64_t *at = ln_sparse_at(&a, k);
        const int64_t row = at[turn_a ? 1 : 0], inner = at[turn_a ? 0 : 1];
        const line l = {c->in[MORE], turn_b ? inner : inner * columns, turn_b ? columns : 1, n};
        add_line(y, row * n, c->in[VALUES], k, &l);
    }
    return LN_OK;
}

LN_FLEX_OP(sparse_tensor_dense_mat_mul, "SparseTensorDenseMatMul", 4, 4, 1, product_infer,
           product_eval);
