/* SPDX-License-Identifier: Apache-2.0 */
/* flex_reduce.c: reductions that are builtins too, for the types that those lack: float64, integers
 * of all widths, complex numbers.
 *
 *   Sum, Mean, Prod     x, axes -> x without these axes (keep_dims: 1 of each)
 *   Max, Min            of no complex numbers, nor of uint64, whose order int64 does not have
 *   EuclideanNorm       the root of the sum of squares
 *   ArgMax, ArgMin      x, axis -> places of the first largest or smallest
 * Integers wrap; reals are summed up in double precision. */
#include <math.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"
#include "ops/scratch.h"

enum { REALS = LN_FLOATS | LN_BIT(Float64), NARROW = LN_INTEGERS & ~LN_BIT(UInt64) };
enum { COMPLEX = LN_BIT(Complex64) | LN_BIT(Complex128), CHUNK = 256 };
typedef enum kind { SUM, MEAN, PROD, MAX, MIN, NORM } kind;

typedef struct number {
    double re, im;
    int64_t i;
} number;

typedef struct reduction {
    ln_shape x, y; /* y with 1 where an axis went */
    bool gone[LN_MAX_RANK];
} reduction;

static ln_status open_axes(ln_call *c, reduction *r)
{
    int axes[2 * LN_MAX_RANK], n;
    *r = (reduction){.x = ln_shape_of(c->in[0]), .y = ln_shape_of(c->in[0])};
    LN_TRY(ln_read_ints(c, 1, (int)LN_COUNTOF(axes), axes, &n));
    for (int i = 0; i < n; i++) {
        LN_TRY(ln_axis(c, axes[i], r->x.rank, &axes[i]));
        LN_CHECK(c, !r->gone[axes[i]], "axis %d is there twice", axes[i]);
        r->gone[axes[i]] = true;
        r->y.dim[axes[i]] = 1;
    }
    return LN_OK;
}

static ln_status infer(ln_call *c, unsigned types)
{
    const bool keep = ln_flex_flag(c, "keep_dims", false);
    ln_shape y = ln_shape_unknown(keep ? ln_shape_of(c->in[0]).rank : -1);
    ln_scratch s = {0};
    reduction r;
    LN_TRY(ln_check_type(c, 0, types));
    LN_TRY(ln_check_index(c, 1));
    if (!ln_known(c, 1))
        return ln_set_out(c, 0, c->in[0]->type, &y);
    LN_TRY(open_axes(c, &r));
    y = (ln_shape){0};
    for (int i = 0; i < r.x.rank; i++)
        if (keep || !r.gone[i])
            y.dim[y.rank++] = r.y.dim[i];
    if (ln_shape_known(&r.y)) {
        ln_scratch_take(&s, ln_product(&r.y, 0, r.y.rank), sizeof(number));
        LN_TRY(ln_scratch_ask(c, &s));
    }
    return ln_set_out(c, 0, c->in[0]->type, &y);
}

/* ---- one number ---- */

/* The smallest or largest integer of a type. */
static int64_t limit(TfLiteType type, bool smallest)
{
    const int bits = 8 * (int)ln_type_size(type);
    if (ln_type_in(type, LN_UNSIGNED))
        return smallest ? 0 : (int64_t)(UINT64_MAX >> (64 - bits));
    const int64_t least = bits == 64 ? INT64_MIN : -((int64_t)1 << (bits - 1));
    return smallest ? least : -(least + 1);
}

static number first(kind k, TfLiteType type)
{
    if (k == MAX || k == MIN)
        return (number){.re = k == MAX ? -INFINITY : INFINITY, .i = limit(type, k == MAX)};
    return (number){.re = k == PROD, .i = k == PROD};
}

static void take_whole(kind k, number *a, int64_t v)
{
    if (k == MAX || k == MIN)
        a->i = (k == MAX) == (v > a->i) ? v : a->i;
    else if (k == PROD)
        a->i = (int64_t)((uint64_t)a->i * (uint64_t)v);
    else
        a->i = (int64_t)((uint64_t)a->i + (uint64_t)v);
}

/* A NaN stays. */
static void take_real(kind k, number *a, double v)
{
    switch (k) {
    case MAX:
        a->re = isnan(v) || v > a->re ? v : a->re;
        break;
    case MIN:
        a->re = isnan(v) || v < a->re ? v : a->re;
        break;
    case PROD:
        a->re *= v;
        break;
    case NORM:
        a->re += v * v;
        break;
    default:
        a->re += v;
    }
}

static void take_complex(kind k, number *a, double re, double im)
{
    if (k == PROD)
        *a = (number){.re = a->re * re - a->im * im, .im = a->re * im + a->im * re};
    else
        *a = (number){.re = a->re + re, .im = a->im + im};
}

/* Item i of x, loaded as v, into a. */
static void take(kind k, const TfLiteTensor *x, int i, const void *v, int at, number *a)
{
    if (x->type == kTfLiteComplex64)
        take_complex(k, a, (double)x->data.c64[i].re, (double)x->data.c64[i].im);
    else if (x->type == kTfLiteComplex128)
        take_complex(k, a, x->data.c128[i].re, x->data.c128[i].im);
    else if (ln_type_in(x->type, LN_INTEGERS))
        take_whole(k, a, ((const int64_t *)v)[at]);
    else
        take_real(k, a, ((const double *)v)[at]);
}

static void give(kind k, TfLiteTensor *y, int i, number a, int64_t each)
{
    const double n = k == MEAN ? (double)each : 1;
    const double re = k == NORM ? sqrt(a.re) : a.re / n;
    if (y->type == kTfLiteComplex64)
        y->data.c64[i] = (TfLiteComplex64){(float)re, (float)(a.im / n)};
    else if (y->type == kTfLiteComplex128)
        y->data.c128[i] = (TfLiteComplex128){re, a.im / n};
    else if (ln_type_in(y->type, LN_INTEGERS))
        ln_lane_store(LN_I64, y->type, y->data.data, i, 1,
                      &(int64_t){k == MEAN ? a.i / each : a.i});
    else
        ln_lane_store(LN_F64, y->type, y->data.data, i, 1, &re);
}

/* ---- all of them ---- */

static void reduce(kind k, const reduction *r, const TfLiteTensor *x, number *sums)
{
    const int n = ln_count(x);
    const bool loaded = !ln_type_in(x->type, COMPLEX);
    int64_t step[LN_MAX_RANK], to = 0, buffer[CHUNK];
    int at[LN_MAX_RANK] = {0};
    const void *v = NULL;
    ln_steps(&r->y, step);
    for (int i = 0; i < n; i++) {
        if (loaded && i % CHUNK == 0)
            v = ln_lane_load(ln_type_in(x->type, LN_INTEGERS) ? LN_I64 : LN_F64, x->type,
                             x->data.data, i, LN_MIN(CHUNK, n - i), buffer);
        take(k, x, i, v, i % CHUNK, &sums[to]);
        for (int d = r->x.rank - 1; d >= 0; d--) {
            const int64_t by = r->gone[d] ? 0 : step[d];
            to += by;
            if (++at[d] < r->x.dim[d])
                break;
            to -= by * r->x.dim[d];
            at[d] = 0;
        }
    }
}

static ln_status eval(ln_call *c, kind k)
{
    TfLiteTensor *y = c->out[0];
    ln_scratch s = {.base = c->scratch};
    reduction r;
    int64_t each = 1;
    LN_TRY(open_axes(c, &r));
    for (int i = 0; i < r.x.rank; i++)
        each *= r.gone[i] ? r.x.dim[i] : 1;
    const int n = ln_count(y);
    LN_CHECK(c, each > 0 || n == 0 || k != MEAN || !ln_type_in(y->type, LN_INTEGERS),
             "the mean of no integers is none");
    number *sums = ln_scratch_take(&s, n, sizeof *sums);
    for (int i = 0; i < n; i++)
        sums[i] = first(k, y->type);
    reduce(k, &r, c->in[0], sums);
    for (int i = 0; i < n; i++)
        give(k, y, i, sums[i], each);
    return LN_OK;
}

#define REDUCTION(id, text, kind_, types)   \
    static ln_status id##_infer(ln_call *c) \
    {                                       \
        return infer(c, types);             \
    }                                       \
    static ln_status id##_eval(ln_call *c)  \
    {                                       \
        return eval(c, kind_);              \
    }                                       \
    LN_FLEX_OP(id, text, 2, 2, 1, id##_infer, id##_eval)

REDUCTION(sum, "Sum", SUM, REALS | LN_INTEGERS | COMPLEX);
REDUCTION(mean, "Mean", MEAN, REALS | NARROW | COMPLEX);
REDUCTION(prod, "Prod", PROD, REALS | LN_INTEGERS | COMPLEX);
REDUCTION(max, "Max", MAX, REALS | NARROW);
REDUCTION(min, "Min", MIN, REALS | NARROW);
REDUCTION(euclidean_norm, "EuclideanNorm", NORM, REALS);

/* ---- ArgMax, ArgMin ---- */

static ln_status place_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]);
    const TfLiteType to = ln_flex_type(c, "output_type", kTfLiteInt64);
    ln_shape y = ln_shape_unknown(x.rank - 1);
    int axis, n;
    LN_TRY(ln_check_type(c, 0, REALS | NARROW | LN_BIT(Bool)));
    LN_CHECK(c, x.rank >= 1, "the input is a scalar");
    LN_CHECK(c, ln_type_in(to, LN_INTEGERS), "output_type is %s", ln_type_name(to));
    if (ln_known(c, 1)) {
        LN_TRY(ln_read_ints(c, 1, 1, &axis, &n));
        LN_CHECK(c, n == 1, "there are %d axes, not 1", n);
        LN_TRY(ln_axis(c, axis, x.rank, &axis));
        LN_CHECK(c, x.dim[axis] != 0, "axis %d has no items", axis);
        for (int i = 0, d = 0; i < x.rank; i++)
            if (i != axis)
                y.dim[d++] = x.dim[i];
    }
    return ln_set_out(c, 0, to, &y);
}

static ln_status place_eval(ln_call *c, bool largest)
{
    const TfLiteTensor *x = c->in[0];
    const ln_shape s = ln_shape_of(x);
    const bool whole = ln_type_in(x->type, LN_INTEGERS | LN_BIT(Bool));
    int axis, n;
    LN_TRY(ln_read_ints(c, 1, 1, &axis, &n));
    LN_TRY(ln_axis(c, axis, s.rank, &axis));
    const int64_t inner = ln_product(&s, axis + 1, s.rank), length = s.dim[axis];
    for (int i = 0, all = ln_count(c->out[0]); i < all; i++) {
        int64_t best = 0, most = 0;
        double top = 0;
        for (int64_t k = 0; k < length; k++) {
            const int64_t from = (i / inner * length + k) * inner + i % inner;
            int64_t buffer[2];
            const void *v =
                ln_lane_load(whole ? LN_I64 : LN_F64, x->type, x->data.data, from, 1, buffer);
            const int64_t w = whole ? *(const int64_t *)v : 0;
            const double f = whole ? 0 : *(const double *)v;
            if (k == 0 || (whole ? (largest ? w > most : w < most) : largest ? f > top : f < top)) {
                best = k;
                most = w;
                top = f;
            }
        }
        ln_lane_store(LN_I64, c->out[0]->type, c->out[0]->data.data, i, 1, &best);
    }
    return LN_OK;
}

static ln_status arg_max_eval(ln_call *c)
{
    return place_eval(c, true);
}

static ln_status arg_min_eval(ln_call *c)
{
    return place_eval(c, false);
}

LN_FLEX_OP(arg_max, "ArgMax", 2, 2, 1, place_infer, arg_max_eval);
LN_FLEX_OP(arg_min, "ArgMin", 2, 2, 1, place_infer, arg_min_eval);
