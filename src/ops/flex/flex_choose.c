/* SPDX-License-Identifier: Apache-2.0 */
/* flex_choose.c: what picks and places items, for the types that the builtins lack.
 *
 *   TopKV2          x [.., n], k -> the k largest of each row, in order, and their places
 *   OneHot          indices, depth, on, off -> with a further axis of `depth` items
 *   Select          condition, a, b: of a's shape, a scalar, or one per row of a */
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"
#include "ops/scratch.h"
#include "ops/sort.h"

enum { REALS = LN_FLOATS | LN_BIT(Float64), NARROW = LN_INTEGERS & ~LN_BIT(UInt64) };

/* ---- TopKV2 ---- */

static ln_status top_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]);
    ln_shape y = x;
    ln_scratch s = {0};
    TfLiteType index;
    int k = -1, n;
    LN_TRY(ln_check_type(c, 0, REALS | NARROW));
    LN_TRY(ln_check_index(c, 1));
    LN_TRY(ln_flex_index_type(c, "index_type", kTfLiteInt32, &index));
    LN_CHECK(c, x.rank >= 1, "the input is a scalar");
    if (ln_known(c, 1)) {
        LN_TRY(ln_read_ints(c, 1, 1, &k, &n));
        LN_CHECK(c, n == 1 && k >= 0 && (x.dim[x.rank - 1] < 0 || k <= x.dim[x.rank - 1]),
                 "there are no %d largest of %d", k, x.dim[x.rank - 1]);
    }
    y.dim[y.rank - 1] = k;
    if (x.dim[x.rank - 1] >= 0) {
        ln_scratch_take(&s, x.dim[x.rank - 1], sizeof(int));
        ln_scratch_take(&s, x.dim[x.rank - 1], sizeof(int));
        ln_scratch_take(&s, x.dim[x.rank - 1], sizeof(int64_t));
        LN_TRY(ln_scratch_ask(c, &s));
    }
    LN_TRY(ln_set_out(c, 0, c->in[0]->type, &y));
    return ln_set_out(c, 1, index, &y);
}

static bool is_more(const void *row, int a, int b)
{
    return ((const int64_t *)row)[a] > ((const int64_t *)row)[b];
}

static bool is_more_real(const void *row, int a, int b)
{
    return ((const double *)row)[a] > ((const double *)row)[b];
}

static ln_status top_eval(ln_call *c)
{
    const TfLiteTensor *x = c->in[0];
    const ln_shape s = ln_shape_of(x), y = ln_shape_of(c->out[0]);
    const int n = s.dim[s.rank - 1], k = y.dim[y.rank - 1], rows = n ? ln_count(x) / n : 0;
    const bool whole = ln_type_in(x->type, LN_INTEGERS);
    const size_t size = ln_type_size(x->type);
    ln_scratch area = {.base = c->scratch};
    int *places = ln_scratch_take(&area, n, sizeof *places);
    int *others = ln_scratch_take(&area, n, sizeof *others);
    void *buffer = ln_scratch_take(&area, n, sizeof(int64_t));
    for (int r = 0; r < rows; r++) {
        const void *row =
            ln_lane_load(whole ? LN_I64 : LN_F64, x->type, x->data.data, (int64_t)r * n, n, buffer);
        for (int i = 0; i < n; i++)
            places[i] = i;
        ln_sort_indices(places, others, n, whole ? is_more : is_more_real, row);
        for (int i = 0; i < k; i++) {
            const size_t to = (size_t)r * (size_t)k + (size_t)i;
            memcpy(c->out[0]->data.raw + to * size,
                   x->data.raw + ((size_t)r * (size_t)n + (size_t)places[i]) * size, size);
            ln_set_int_at(c->out[1], (int64_t)to, places[i]);
        }
    }
    return LN_OK;
}

LN_FLEX_OP(top_k_v2, "TopKV2", 2, 2, 2, top_infer, top_eval);

/* ---- OneHot ---- */

static ln_status hot_axis(ln_call *c, int rank, int *axis)
{
    return ln_axis(c, (int)ln_flex_int(c, "axis", -1), rank + 1, axis);
}

static ln_status hot_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]);
    ln_shape y = x;
    int axis, depth = -1, n;
    LN_TRY(ln_check_type(c, 0, LN_BIT(UInt8) | LN_BIT(Int8) | LN_BIT(Int32) | LN_BIT(Int64)));
    LN_TRY(ln_check_plain(c, 2));
    LN_CHECK(c, c->in[3]->type == c->in[2]->type && ln_type_size(c->in[2]->type) > 0,
             "on is %s, off %s", ln_type_name(c->in[2]->type), ln_type_name(c->in[3]->type));
    LN_CHECK(c, ln_count(c->in[2]) == 1 && ln_count(c->in[3]) == 1, "on and off are no scalars");
    LN_CHECK(c, x.rank < LN_MAX_RANK, "the result has rank %d, more than %d", x.rank + 1,
             (int)LN_MAX_RANK);
    LN_TRY(hot_axis(c, x.rank, &axis));
    if (ln_known(c, 1)) {
        LN_TRY(ln_read_ints(c, 1, 1, &depth, &n));
        LN_CHECK(c, n == 1 && depth >= 0, "the depth is %d", depth);
    }
    y.rank++;
    for (int i = y.rank - 1; i > axis; i--)
        y.dim[i] = x.dim[i - 1];
    y.dim[axis] = depth;
    return ln_set_out(c, 0, c->in[2]->type, &y);
}

static ln_status hot_eval(ln_call *c)
{
    TfLiteTensor *y = c->out[0];
    const ln_shape s = ln_shape_of(c->in[0]), shape = ln_shape_of(y);
    const size_t size = ln_type_size(y->type);
    int axis;
    LN_TRY(hot_axis(c, s.rank, &axis));
    const int64_t inner = ln_product(&shape, axis + 1, shape.rank), depth = shape.dim[axis];
    ln_fill_items(y->data.data, (size_t)ln_count(y), c->in[3]->data.data, size);
    for (int64_t i = 0, n = ln_count(y) ? ln_count(c->in[0]) : 0; i < n; i++) {
        const int64_t v = ln_int_at(c->in[0], i);
        if (v < 0 || v >= depth)
            continue;
        const int64_t at = (i / inner * depth + v) * inner + i % inner;
        memcpy(y->data.raw + (size_t)at * size, c->in[2]->data.raw, size);
    }
    return LN_OK;
}

LN_FLEX_OP(one_hot, "OneHot", 4, 4, 1, hot_infer, hot_eval);

/* ---- Select ---- */

static ln_status select_infer(ln_call *c)
{
    const ln_shape condition = ln_shape_of(c->in[0]), a = ln_shape_of(c->in[1]);
    const ln_shape b = ln_shape_of(c->in[2]);
    LN_TRY(ln_check_type(c, 0, LN_BIT(Bool)));
    LN_TRY(ln_check_plain(c, 1));
    LN_CHECK(c, c->in[2]->type == c->in[1]->type && ln_type_size(c->in[1]->type) > 0,
             "the sides have types %s and %s", ln_type_name(c->in[1]->type),
             ln_type_name(c->in[2]->type));
    LN_CHECK(c, ln_shape_equal(&a, &b) || !ln_shape_known(&a) || !ln_shape_known(&b),
             "the sides have different shapes");
    LN_CHECK(c, condition.rank == 0 || condition.rank == 1 || condition.rank == a.rank,
             "the condition has rank %d, the sides %d", condition.rank, a.rank);
    for (int i = 0; i < condition.rank; i++)
        LN_CHECK(
            c, i < a.rank && (condition.dim[i] == a.dim[i] || condition.dim[i] < 0 || a.dim[i] < 0),
            "dimension %d of the condition does not go with the sides", i);
    return ln_set_out(c, 0, c->in[1]->type, &a);
}

static ln_status select_eval(ln_call *c)
{
    const uint8_t *condition = c->in[0]->data.uint8; /* whose bytes may be more than 0 and 1 */
    const int n = ln_count(c->in[0]), all = ln_count(c->out[0]);
    const size_t piece = n && all ? (size_t)(all / n) * ln_type_size(c->out[0]->type) : 0;
    for (int i = 0; piece > 0 && i < n; i++)
        memcpy(c->out[0]->data.raw + (size_t)i * piece,
               c->in[condition[i] ? 1 : 2]->data.raw + (size_t)i * piece, piece);
    return LN_OK;
}

LN_FLEX_OP(select, "Select", 3, 3, 1, select_infer, select_eval);
