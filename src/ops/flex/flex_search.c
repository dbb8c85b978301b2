/* SPDX-License-Identifier: Apache-2.0 */
/* flex_search.c: places and orders.
 *
 *   LowerBound, UpperBound   sorted [b, n], values [b, m] -> how many of a row are smaller (not
 *                            larger) than each value
 *   InTopK, InTopKV2         predictions [b, n], targets [b], k -> bool [b]
 *   ListDiff                 x [n], y [m] -> what of x is not in y, and where it was
 *   LinSpace                 from, to, n -> [n] */
#include <math.h>
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"

enum { NUMBERS = LN_BIT(Float32) | LN_BIT(Float64) | LN_INTEGERS };
enum { REALS = LN_BIT(Float32) | LN_BIT(Float64) };

/* Item `at` of x and item `to` of y, of one type, compared: less, equal, more. */
static int compare(const TfLiteTensor *x, int64_t at, const TfLiteTensor *y, int64_t to)
{
    double a, b;
    int64_t i, j;
    if (ln_type_in(x->type, REALS)) {
        const double *p = ln_lane_load(LN_F64, x->type, x->data.data, at, 1, &a);
        const double *q = ln_lane_load(LN_F64, y->type, y->data.data, to, 1, &b);
        return *p < *q ? -1 : *p > *q;
    }
    const int64_t *p = ln_lane_load(LN_I64, x->type, x->data.data, at, 1, &i);
    const int64_t *q = ln_lane_load(LN_I64, y->type, y->data.data, to, 1, &j);
    if (x->type == kTfLiteUInt64)
        return (uint64_t)*p < (uint64_t)*q ? -1 : (uint64_t)*p > (uint64_t)*q;
    return *p < *q ? -1 : *p > *q;
}

/* ---- LowerBound, UpperBound ---- */

static ln_status bound_infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]), v = ln_shape_of(c->in[1]);
    TfLiteType type;
    LN_TRY(ln_check_type(c, 0, NUMBERS));
    LN_CHECK(c, c->in[1]->type == c->in[0]->type, "the values have type %s, the sorted ones %s",
             ln_type_name(c->in[1]->type), ln_type_name(c->in[0]->type));
    LN_CHECK(c, s.rank == 2 && v.rank == 2, "the ranks are %d and %d, not 2", s.rank, v.rank);
    LN_CHECK(c, s.dim[0] == v.dim[0] || s.dim[0] < 0 || v.dim[0] < 0,
             "there are %d sorted rows, %d rows of values", s.dim[0], v.dim[0]);
    LN_TRY(ln_flex_index_type(c, "out_type", kTfLiteInt32, &type));
    return ln_set_out(c, 0, type, &v);
}

static ln_status bound(ln_call *c, int behind)
{
    const ln_shape s = ln_shape_of(c->in[0]), v = ln_shape_of(c->in[1]);
    for (int64_t i = 0, n = ln_count(c->in[1]); i < n; i++) {
        const int64_t row = i / v.dim[1] * s.dim[1];
        int low = 0, high = s.dim[1];
        while (low < high) {
            const int middle = low + (high - low) / 2;
            if (compare(c->in[0], row + middle, c->in[1], i) < behind)
                low = middle + 1;
            else
                high = middle;
        }
        ln_set_int_at(c->out[0], i, low);
    }
    return LN_OK;
}

static ln_status lower_eval(ln_call *c)
{
    return bound(c, 0);
}

static ln_status upper_eval(ln_call *c)
{
    return bound(c, 1);
}

LN_FLEX_OP(lower_bound, "LowerBound", 2, 2, 1, bound_infer, lower_eval);
LN_FLEX_OP(upper_bound, "UpperBound", 2, 2, 1, bound_infer, upper_eval);

/* ---- InTopK ---- */

static ln_status top_infer(ln_call *c)
{
    const ln_shape p = ln_shape_of(c->in[0]), t = ln_shape_of(c->in[1]);
    LN_TRY(ln_check_type(c, 0, LN_BIT(Float32)));
    LN_TRY(ln_check_index(c, 1));
    LN_CHECK(c, p.rank == 2 && t.rank == 1, "the ranks are %d and %d, not 2 and 1", p.rank, t.rank);
    LN_CHECK(c, p.dim[0] == t.dim[0] || p.dim[0] < 0 || t.dim[0] < 0,
             "there are %d predictions, %d targets", p.dim[0], t.dim[0]);
    if (c->n_in == 3) {
        LN_TRY(ln_check_index(c, 2));
        LN_CHECK(c, ln_count(c->in[2]) == 1, "k has %d items, not 1", ln_count(c->in[2]));
    }
    return ln_set_out(c, 0, kTfLiteBool, &t);
}

/* As TensorFlow: what is as good as the target does not push it out; where a prediction is not
 * finite, the answer is no. */
static ln_status top_eval(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    const int64_t most = c->n_in == 3 ? ln_int_at(c->in[2], 0) : ln_flex_int(c, "k", 1);
    for (int i = 0; i < s.dim[0]; i++) {
        const float *x = c->in[0]->data.f + (int64_t)i * s.dim[1];
        const int64_t target = ln_int_at(c->in[1], i);
        bool can = target >= 0 && target < s.dim[1] && isfinite(x[target]);
        int64_t better = 0;
        for (int k = 0; can && k < s.dim[1]; k++) {
            can = isfinite(x[k]);
            better += x[k] > x[target];
        }
        c->out[0]->data.b[i] = can && better < most;
    }
    return LN_OK;
}

LN_FLEX_OP(in_top_k, "InTopK", 2, 2, 1, top_infer, top_eval);
LN_FLEX_OP(in_top_k_v2, "InTopKV2", 3, 3, 1, top_infer, top_eval);

/* ---- ListDiff ---- */

enum { MAX_LISTED = 1 << 16 }; /* time grows with the product */

static bool is_in(const TfLiteTensor *x, int k, const TfLiteTensor *y)
{
    for (int i = 0, n = ln_count(y); i < n; i++)
        if (compare(x, k, y, i) == 0)
            return true;
    return false;
}

static ln_status diff_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]), y = ln_shape_of(c->in[1]);
    ln_shape left = {.rank = 1, .dim = {-1}};
    TfLiteType type;
    LN_TRY(ln_check_type(c, 0, NUMBERS));
    LN_CHECK(c, c->in[1]->type == c->in[0]->type, "the lists have types %s and %s",
             ln_type_name(c->in[0]->type), ln_type_name(c->in[1]->type));
    LN_CHECK(c, x.rank == 1 && y.rank == 1, "the lists have rank %d and %d, not 1", x.rank, y.rank);
    LN_CHECK(c, x.dim[0] <= MAX_LISTED && y.dim[0] <= MAX_LISTED,
             "the lists have %d and %d items, more than %d", x.dim[0], y.dim[0], MAX_LISTED);
    LN_TRY(ln_flex_index_type(c, "out_idx", kTfLiteInt32, &type));
    if (ln_known(c, 0) && ln_known(c, 1)) {
        left.dim[0] = 0;
        for (int k = 0; k < x.dim[0]; k++)
            left.dim[0] += !is_in(c->in[0], k, c->in[1]);
    }
    LN_TRY(ln_set_out(c, 0, c->in[0]->type, &left));
    return ln_set_out(c, 1, type, &left);
}

static ln_status diff_eval(ln_call *c)
{
    int found = 0;
    for (int k = 0, n = ln_count(c->in[0]); k < n; k++)
        if (!is_in(c->in[0], k, c->in[1])) {
            ln_copy_run(c->out[0], found, c->in[0], k, 1);
            ln_set_int_at(c->out[1], found++, k);
        }
    return LN_OK;
}

LN_FLEX_OP(list_diff, "ListDiff", 2, 2, 2, diff_infer, diff_eval);

/* ---- LinSpace ---- */

static ln_status space_infer(ln_call *c)
{
    ln_shape y = {.rank = 1, .dim = {-1}};
    int n;
    LN_TRY(ln_check_type(c, 0, REALS));
    LN_CHECK(c, c->in[1]->type == c->in[0]->type, "the ends have types %s and %s",
             ln_type_name(c->in[0]->type), ln_type_name(c->in[1]->type));
    LN_TRY(ln_check_index(c, 2));
    for (int i = 0; i < 3; i++)
        LN_CHECK(c, ln_count(c->in[i]) == 1, "input %d has %d items, not 1", i, ln_count(c->in[i]));
    if (ln_known(c, 2)) {
        LN_TRY(ln_read_ints(c, 2, 1, y.dim, &n));
        LN_CHECK(c, y.dim[0] > 0, "the number of items is %d, not positive", y.dim[0]);
    }
    return ln_set_out(c, 0, c->in[0]->type, &y);
}

static ln_status space_eval(ln_call *c)
{
    TfLiteTensor *y = c->out[0];
    const int n = ln_count(y);
    for (int i = 0; i < n; i++) {
        const TfLiteTensor *from = c->in[0], *to = c->in[1];
        if (y->type == kTfLiteFloat32) {
            const float step = n > 1 ? (*to->data.f - *from->data.f) / (float)(n - 1) : 0;
            y->data.f[i] = i && i == n - 1 ? *to->data.f : *from->data.f + step * (float)i;
        } else {
            const double step = n > 1 ? (*to->data.f64 - *from->data.f64) / (n - 1) : 0;
            y->data.f64[i] = i && i == n - 1 ? *to->data.f64 : *from->data.f64 + step * i;
        }
    }
    return LN_OK;
}

LN_FLEX_OP(lin_space, "LinSpace", 3, 3, 1, space_infer, space_eval);
