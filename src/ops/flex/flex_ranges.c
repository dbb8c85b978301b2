/* SPDX-License-Identifier: Apache-2.0 */
/* flex_ranges.c: ragged tensors that are made: rows of different lengths as the values of all rows,
 * and splits, which say where each row begins, and the end.
 *
 *   RaggedRange    starts, limits, steps: scalars or [n] -> splits [n + 1], numbers
 *   RaggedGather   splits of each level.., values, indices -> splits of each level.., values
 *   StringNGrams   words, splits -> n-grams, splits */
#include <math.h>
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/flex/texts.h"
#include "ops/move.h"

/* ---- RaggedRange ---- */

enum { STARTS, LIMITS, STEPS };
enum { RANGES = LN_BIT(Float32) | LN_BIT(Float64) | LN_BIT(Int32) | LN_BIT(Int64) };

static double real_at(const TfLiteTensor *t, int row)
{
    double buffer[2];
    const int at = ln_shape_of(t).rank ? row : 0;
    return *(const double *)ln_lane_load(LN_F64, t->type, t->data.data, at, 1, buffer);
}

static int64_t whole_at(const TfLiteTensor *t, int row)
{
    return ln_int_at(t, ln_shape_of(t).rank ? row : 0);
}

/* Numbers of a row; -1: the step is 0, or there are too many. */
static int64_t range_size(const ln_call *c, int row)
{
    if (ln_type_in(c->in[0]->type, LN_INTEGERS)) {
        const int64_t from = whole_at(c->in[STARTS], row), to = whole_at(c->in[LIMITS], row);
        const int64_t step = whole_at(c->in[STEPS], row);
        if (step == 0)
            return -1;
        if (step > 0 ? to <= from : to >= from)
            return 0;
        const uint64_t span =
            step > 0 ? (uint64_t)to - (uint64_t)from : (uint64_t)from - (uint64_t)to;
        const uint64_t by = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
        const uint64_t n = span / by + (span % by != 0);
        return n <= INT32_MAX ? (int64_t)n : -1;
    }
    const double from = real_at(c->in[STARTS], row), to = real_at(c->in[LIMITS], row);
    const double step = real_at(c->in[STEPS], row), n = ceil(fabs((to - from) / step));
    if (step > 0 ? to < from : to > from)
        return 0;
    return step != 0 && n <= INT32_MAX ? (int64_t)n : -1;
}

static ln_status range_infer(ln_call *c)
{
    int rows = 1, values = -1;
    TfLiteType splits;
    LN_TRY(ln_flex_index_type(c, "Tsplits", kTfLiteInt64, &splits));
    LN_TRY(ln_check_type(c, 0, RANGES));
    bool known = true, vector = false;
    for (int i = 0; i < 3; i++) {
        const ln_shape s = ln_shape_of(c->in[i]);
        if (c->in[i]->type != c->in[0]->type)
            return ln_fail_type(c, i);
        LN_CHECK(c, s.rank <= 1, "input %d has rank %d", i, s.rank);
        LN_CHECK(c, s.rank == 0 || !vector || s.dim[0] == rows || s.dim[0] < 0 || rows < 0,
                 "input %d has %d items, not %d", i, s.dim[0], rows);
        known = known && ln_known(c, i);
        rows = s.rank && (!vector || rows < 0) ? s.dim[0] : rows;
        vector = vector || s.rank;
    }
    if (known) {
        int64_t sum = 0;
        for (int r = 0; r < rows; r++) {
            const int64_t n = range_size(c, r);
            LN_CHECK(c, n >= 0 && sum + n <= INT32_MAX, "range %d has no end", r);
            sum += n;
        }
        values = (int)sum;
    }
    LN_TRY(ln_set_out(c, 0, splits, &(ln_shape){1, {rows < 0 ? -1 : rows + 1}}));
    return ln_set_out(c, 1, c->in[0]->type, &(ln_shape){1, {values}});
}

static void put_range(TfLiteTensor *y, const ln_call *c, int row, int64_t at, int64_t n)
{
    const double step = real_at(c->in[STEPS], row);
    double v = real_at(c->in[STARTS], row);
    if (ln_type_in(y->type, LN_INTEGERS)) {
        uint64_t w = (uint64_t)whole_at(c->in[STARTS], row);
        for (int64_t i = 0; i < n; i++, w += (uint64_t)whole_at(c->in[STEPS], row))
            ln_set_int_at(y, at + i, (int64_t)w);
    } else if (y->type == kTfLiteFloat64) {
        for (int64_t i = 0; i < n; i++, v += step)
            y->data.f64[at + i] = v;
    } else {
        for (int64_t i = 0; i < n; i++, v = (double)(float)(v + step))
            y->data.f[at + i] = (float)v;
    }
}

static ln_status range_eval(ln_call *c)
{
    int64_t at = 0;
    for (int r = 0, rows = ln_count(c->out[0]) - 1; r <= rows; r++) {
        ln_set_int_at(c->out[0], r, at);
        const int64_t n = r < rows ? range_size(c, r) : 0;
        put_range(c->out[1], c, r < rows ? r : 0, at, n);
        at += n;
    }
    return LN_OK;
}

LN_FLEX_OP(ragged_range, "RaggedRange", 3, 3, 2, range_infer, range_eval);

/* ---- RaggedGather ---- */

/* The levels of the input, and the splits that the indices' further dimensions make. */
typedef struct pick {
    int levels, outer;
    const TfLiteTensor *values, *indices;
    int rows; /* of the outermost level */
} pick;

static ln_status open_pick(ln_call *c, pick *p)
{
    p->levels = c->n_in - 2;
    LN_CHECK(c, p->levels >= 1 && p->levels < LN_MAX_RANK, "there are %d levels", p->levels);
    p->values = c->in[p->levels];
    p->indices = c->in[p->levels + 1];
    p->outer = ln_shape_of(p->indices).rank - 1;
    LN_CHECK(c, p->outer >= 0 && c->n_out == p->levels + p->outer + 1,
             "there are %d outputs for %d levels and indices of rank %d", c->n_out, p->levels,
             p->outer + 1);
    for (int i = 0; i < p->levels; i++) {
        LN_TRY(ln_check_index(c, i));
        LN_CHECK(c, c->in[i]->type == c->in[0]->type && ln_shape_of(c->in[i]).rank == 1,
                 "splits %d are of another type or rank", i);
    }
    LN_TRY(ln_check_index(c, p->levels + 1));
    LN_TRY(ln_check_movable(c, p->levels));
    LN_CHECK(c, ln_shape_of(p->values).rank >= 1, "the values are a scalar");
    return LN_OK;
}

/* The rows [from[i], to[i]) of level i that index k takes, of the values at i = levels. */
static ln_status reach(ln_call *c, const pick *p, int k, int64_t *from, int64_t *to)
{
    const int64_t at = ln_int_at(p->indices, k);
    from[0] = at;
    to[0] = at + 1;
    for (int i = 0; i < p->levels; i++) {
        const int n = ln_count(c->in[i]);
        LN_CHECK(c, from[i] >= 0 && from[i] <= to[i] && to[i] < n,
                 "index %d, %lld, leads outside of splits %d", k, (long long)at, i);
        from[i + 1] = ln_int_at(c->in[i], from[i]);
        to[i + 1] = ln_int_at(c->in[i], to[i]);
    }
    LN_CHECK(c,
             from[p->levels] >= 0 && from[p->levels] <= to[p->levels] &&
                 to[p->levels] <= ln_shape_of(p->values).dim[0],
             "index %d, %lld, leads outside of the values", k, (long long)at);
    return LN_OK;
}

static ln_status gather_infer(ln_call *c)
{
    int64_t from[LN_MAX_RANK + 1], to[LN_MAX_RANK + 1], size[LN_MAX_RANK + 1] = {0};
    pick p;
    LN_TRY(open_pick(c, &p));
    bool known = ln_shape_of(p.values).dim[0] >= 0 && ln_known(c, p.levels + 1);
    for (int i = 0; i < p.levels; i++)
        known = known && ln_known(c, i);
    for (int k = 0, n = known ? ln_count(p.indices) : 0; k < n; k++) {
        LN_TRY(reach(c, &p, k, from, to));
        for (int i = 0; i <= p.levels; i++) {
            size[i] += to[i] - from[i];
            LN_CHECK(c, size[i] < INT32_MAX, "the result has too many rows");
        }
    }
    const ln_shape at = ln_shape_of(p.indices);
    for (int i = 0; i < p.outer; i++) {
        const int n = ln_shape_count(&at, 0, i + 1);
        LN_TRY(ln_set_out(c, i, c->in[0]->type, &(ln_shape){1, {n < 0 ? -1 : n + 1}}));
    }
    for (int i = 0; i < p.levels; i++)
        LN_TRY(ln_set_out(c, p.outer + i, c->in[0]->type,
                          &(ln_shape){1, {known ? (int)size[i] + 1 : -1}}));
    ln_shape y = ln_shape_of(p.values);
    y.dim[0] = known ? (int)size[p.levels] : -1;
    return ln_set_out(c, p.outer + p.levels, p.values->type, &y);
}

typedef struct strings_of {
    ln_call *c;
    const pick *p;
    ln_strings x;
    int64_t inner, at, end; /* strings of a row; where the copy is */
    int k;                  /* the index that it copies */
} strings_of;

/* Asked for in order. */
static ln_string string_at(void *arg, int i)
{
    strings_of *s = arg;
    int64_t from[LN_MAX_RANK + 1], to[LN_MAX_RANK + 1];
    if (i == 0)
        s->k = (int)(s->at = s->end = 0);
    while (s->at == s->end && reach(s->c, s->p, s->k++, from, to) == LN_OK) {
        s->at = from[s->p->levels] * s->inner;
        s->end = to[s->p->levels] * s->inner;
    }
    return ln_strings_at(&s->x, (int)s->at++);
}

static ln_status gather_eval(ln_call *c)
{
    int64_t from[LN_MAX_RANK + 1], to[LN_MAX_RANK + 1], sum[LN_MAX_RANK + 1] = {0};
    int64_t at[LN_MAX_RANK] = {0}, moved = 0;
    pick p;
    LN_TRY(open_pick(c, &p));
    TfLiteTensor *y = c->out[p.outer + p.levels];
    const ln_shape s = ln_shape_of(p.values), places = ln_shape_of(p.indices);
    const int64_t inner = ln_product(&s, 1, s.rank);
    for (int i = 0; i < p.outer; i++)
        for (int k = 0, n = ln_count(c->out[i]); k < n; k++)
            ln_set_int_at(c->out[i], k, (int64_t)k * places.dim[i + 1]);
    for (int i = 0; i < p.levels; i++)
        ln_set_int_at(c->out[p.outer + i], at[i]++, 0);
    for (int k = 0, n = ln_count(p.indices); k < n; k++) {
        LN_TRY(reach(c, &p, k, from, to));
        for (int i = 0; i < p.levels; i++)
            for (int64_t r = from[i]; r < to[i]; r++) {
                sum[i] += ln_int_at(c->in[i], r + 1) - ln_int_at(c->in[i], r);
                ln_set_int_at(c->out[p.outer + i], at[i]++, sum[i]);
            }
        const int64_t items = (to[p.levels] - from[p.levels]) * inner;
        if (y->type != kTfLiteString)
            ln_copy_run(y, moved, p.values, from[p.levels] * inner, items);
        moved += items;
    }
    if (y->type != kTfLiteString)
        return LN_OK;
    strings_of all = {.c = c, .p = &p, .inner = inner};
    LN_TRY(ln_strings_open(c->diag, p.values, &all.x));
    return ln_strings_write(c, p.outer + p.levels, ln_count(y), string_at, &all);
}

LN_FLEX_OP(ragged_gather, "RaggedGather", 3, -1, -1, gather_infer, gather_eval);
