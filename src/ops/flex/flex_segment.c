/* SPDX-License-Identifier: Apache-2.0 */
/* flex_segment.c: rows of a tensor combined by the segments that they belong to.
 *
 *   SegmentSum, ...Mean, ...Prod, ...Min, ...Max   x [n, ..], ids [n] that do not descend
 *                            -> [last id + 1, ..]
 *   UnsortedSegmentSum, ...Prod, ...Min, ...Max    x [ids.., rest..], ids, count
 *                            -> [count, rest..]; negative ids are passed over
 *   SparseSegmentSum, ...Mean, ...SqrtN (WithNumSegments)   x, rows [n], ids [n] (, count)
 *
 * The builtins of that name (segment.c) take fewer types. */
#include <float.h>
#include <math.h>

#include "ops/combine.h"
#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"

enum { REALS = LN_BIT(Float32) | LN_BIT(Float64) };
enum { NUMBERS = REALS | LN_INTEGERS };

typedef enum mean_kind { PLAIN, MEAN, SQRT_N } mean_kind;

/* What one operator is, for all of its functions. */
typedef struct kind {
    ln_combine op;
    double start; /* of a segment that has rows; of one without: `empty` */
    double empty;
    mean_kind mean;
} kind;

/* ---- shapes ---- */

/* [rows, what of x's shape lies behind its first `skip` dimensions]. */
static ln_status set_rows(ln_call *c, int rows, int skip)
{
    const ln_shape x = ln_shape_of(c->in[0]);
    ln_shape y = {.rank = 1, .dim = {rows}};
    for (int i = skip; i < x.rank; i++)
        y.dim[y.rank++] = x.dim[i];
    return ln_set_out(c, 0, c->in[0]->type, &y);
}

/* One more than the last of the ids, which must not descend. */
static ln_status count_sorted(ln_call *c, int ids, int *rows)
{
    int64_t last = 0;
    const int n = ln_count(c->in[ids]);
    for (int i = 0; i < n; i++) {
        const int64_t id = ln_int_at(c->in[ids], i);
        LN_CHECK(c, id >= last && id < INT32_MAX, "id %d is %lld, the one before is %lld", i,
                 (long long)id, (long long)last);
        last = id;
    }
    *rows = n ? (int)last + 1 : 0;
    return LN_OK;
}

/* The number that input `i` gives; -1 where it is not known yet. */
static ln_status count_given(ln_call *c, int i, int *rows)
{
    int n;
    LN_TRY(ln_check_index(c, i));
    *rows = -1;
    if (!ln_known(c, i))
        return LN_OK;
    LN_TRY(ln_read_ints(c, i, 1, rows, &n));
    LN_CHECK(c, n == 1 && *rows >= 0, "the number of segments is %d", n == 1 ? *rows : -1);
    return LN_OK;
}

static ln_status sorted_infer(ln_call *c, unsigned types)
{
    const ln_shape x = ln_shape_of(c->in[0]), ids = ln_shape_of(c->in[1]);
    int rows = -1;
    LN_TRY(ln_check_type(c, 0, types));
    LN_TRY(ln_check_index(c, 1));
    LN_CHECK(c, ids.rank == 1 && x.rank >= 1, "the ids have rank %d, the input %d", ids.rank,
             x.rank);
    LN_CHECK(c, ids.dim[0] == x.dim[0] || ids.dim[0] < 0 || x.dim[0] < 0,
             "there are %d ids for %d rows", ids.dim[0], x.dim[0]);
    if (ln_known(c, 1))
        LN_TRY(count_sorted(c, 1, &rows));
    return set_rows(c, rows, 1);
}

static ln_status any_infer(ln_call *c)
{
    return sorted_infer(c, NUMBERS);
}

static ln_status real_infer(ln_call *c)
{
    return sorted_infer(c, REALS);
}

static ln_status unsorted_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]), ids = ln_shape_of(c->in[1]);
    int rows;
    LN_TRY(ln_check_type(c, 0, NUMBERS));
    LN_TRY(ln_check_index(c, 1));
    LN_CHECK(c, ids.rank <= x.rank, "the ids have rank %d, the input %d", ids.rank, x.rank);
    for (int i = 0; i < ids.rank; i++)
        LN_CHECK(c, ids.dim[i] == x.dim[i] || ids.dim[i] < 0 || x.dim[i] < 0,
                 "dimension %d of the ids is %d, of the input %d", i, ids.dim[i], x.dim[i]);
    LN_TRY(count_given(c, 2, &rows));
    return set_rows(c, rows, ids.rank);
}

static ln_status sparse_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]), at = ln_shape_of(c->in[1]);
    const ln_shape ids = ln_shape_of(c->in[2]);
    int rows = -1;
    LN_TRY(ln_check_type(c, 0, REALS));
    LN_TRY(ln_check_index(c, 1));
    LN_TRY(ln_check_index(c, 2));
    LN_CHECK(c, x.rank >= 1 && at.rank == 1 && ids.rank == 1,
             "the input has rank %d, the rows %d, the ids %d", x.rank, at.rank, ids.rank);
    LN_CHECK(c, ids.dim[0] == at.dim[0] || ids.dim[0] < 0 || at.dim[0] < 0,
             "there are %d ids for %d rows", ids.dim[0], at.dim[0]);
    if (c->n_in == 4)
        LN_TRY(count_given(c, 3, &rows));
    else if (ln_known(c, 2))
        LN_TRY(count_sorted(c, 2, &rows));
    return set_rows(c, rows, 1);
}

/* ---- values ---- */

/* Sets items [from, from + n) of y to a number. */
static void set_run(TfLiteTensor *y, int64_t from, int64_t n, double value)
{
    const size_t size = ln_type_size(y->type);
    char item[LN_MAX_ITEM];
    if (y->type == kTfLiteFloat32) /* as integers do by themselves */
        value = fmax(fmin(value, (double)FLT_MAX), -(double)FLT_MAX);
    ln_lane_store(LN_F64, y->type, item, 0, 1, &value);
    ln_fill_items(y->data.raw + (size_t)from * size, (size_t)n, item, size);
}

static void divide_run(TfLiteTensor *y, int64_t from, int64_t n, double by)
{
    for (int64_t i = from; i < from + n; i++)
        if (y->type == kTfLiteFloat32)
            y->data.f[i] /= (float)by;
        else
            y->data.f64[i] /= by;
}

/* Row r of x (by `rows`, or in order) goes to the row of y that id r names.  Ids of segments with
 * a mean are sorted, so a segment's rows follow each other. */
static ln_status combine(ln_call *c, const kind *k, int rows, int ids)
{
    const TfLiteTensor *id = c->in[ids], *x = c->in[0];
    const ln_shape y = ln_shape_of(c->out[0]), s = ln_shape_of(x);
    const int64_t inner = ln_product(&y, 1, y.rank), n = ln_count(id);
    const ln_combine_run run = ln_combine_of(k->op, x->type);
    int64_t begin = 0; /* of this segment */
    set_run(c->out[0], 0, ln_count(c->out[0]), k->empty);
    for (int64_t r = 0; r < n; r++) {
        const int64_t to = ln_int_at(id, r), from = rows ? ln_int_at(c->in[rows], r) : r;
        LN_CHECK(c, to < y.dim[0], "id %d is %lld, there are %d segments", (int)r, (long long)to,
                 y.dim[0]);
        LN_CHECK(c, !rows || (from >= 0 && from < s.dim[0]), "row %lld, there are %d",
                 (long long)from, s.dim[0]);
        LN_CHECK(c, k->mean == PLAIN || (to >= 0 && (r == 0 || to >= ln_int_at(id, r - 1))),
                 "id %d is %lld: ids must not descend", (int)r, (long long)to);
        if (to < 0 || inner == 0)
            continue;
        if (k->start != k->empty && (r == 0 || to != ln_int_at(id, r - 1)))
            set_run(c->out[0], to * inner, inner, k->start);
        run(c->out[0]->data.raw, to * inner, 1, x->data.raw_const, from * inner, 1, inner);
        if (k->mean == PLAIN || (r + 1 < n && ln_int_at(id, r + 1) == to))
            continue;
        const double rows_in = (double)(r + 1 - begin);
        divide_run(c->out[0], to * inner, inner, k->mean == MEAN ? rows_in : sqrt(rows_in));
        begin = r + 1;
    }
    return LN_OK;
}

#define LIMIT DBL_MAX
#define SEGMENT(id, text, inputs, infer_, rows, ids, ...) \
    static ln_status id##_eval(ln_call *c)                \
    {                                                     \
        static const kind k = {__VA_ARGS__};              \
        return combine(c, &k, rows, ids);                 \
    }                                                     \
    LN_FLEX_OP(id, text, inputs, inputs, 1, infer_, id##_eval)

SEGMENT(segment_sum, "SegmentSum", 2, any_infer, 0, 1, LN_COMBINE_ADD, 0, 0, PLAIN);
SEGMENT(segment_mean, "SegmentMean", 2, real_infer, 0, 1, LN_COMBINE_ADD, 0, 0, MEAN);
SEGMENT(segment_prod, "SegmentProd", 2, any_infer, 0, 1, LN_COMBINE_MUL, 1, 1, PLAIN);
SEGMENT(segment_min, "SegmentMin", 2, any_infer, 0, 1, LN_COMBINE_MIN, LIMIT, 0, PLAIN);
SEGMENT(segment_max, "SegmentMax", 2, any_infer, 0, 1, LN_COMBINE_MAX, -LIMIT, 0, PLAIN);

SEGMENT(unsorted_sum, "UnsortedSegmentSum", 3, unsorted_infer, 0, 1, LN_COMBINE_ADD, 0, 0, PLAIN);
SEGMENT(unsorted_prod, "UnsortedSegmentProd", 3, unsorted_infer, 0, 1, LN_COMBINE_MUL, 1, 1, PLAIN);
SEGMENT(unsorted_min, "UnsortedSegmentMin", 3, unsorted_infer, 0, 1, LN_COMBINE_MIN, LIMIT, LIMIT,
        PLAIN);
SEGMENT(unsorted_max, "UnsortedSegmentMax", 3, unsorted_infer, 0, 1, LN_COMBINE_MAX, -LIMIT, -LIMIT,
        PLAIN);

#define SPARSE(id, text, mean)                                            \
    SEGMENT(id, text, 3, sparse_infer, 1, 2, LN_COMBINE_ADD, 0, 0, mean); \
    SEGMENT(id##_counted, text "WithNumSegments", 4, sparse_infer, 1, 2, LN_COMBINE_ADD, 0, 0, mean)

SPARSE(sparse_sum, "SparseSegmentSum", PLAIN);
SPARSE(sparse_mean, "SparseSegmentMean", MEAN);
SPARSE(sparse_sqrt_n, "SparseSegmentSqrtN", SQRT_N);
