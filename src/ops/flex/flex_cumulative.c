/* SPDX-License-Identifier: Apache-2.0 */
/* flex_cumulative.c: running sums, products and logarithms of sums along an axis.
 *
 *   Cumsum, Cumprod        x, axis -> like x; floats, float64, integers, which wrap
 *   CumulativeLogsumexp    of floats and float64
 * exclusive: without the item itself; reverse: from the last item back. */
#include <math.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"

enum { REALS = LN_FLOATS | LN_BIT(Float64) };
typedef enum kind { SUM, PRODUCT, LOG_SUM } kind;

typedef struct number {
    double f;
    uint64_t i;
} number;

static ln_status infer(ln_call *c, unsigned types)
{
    LN_TRY(ln_infer_like(c, types));
    LN_TRY(ln_check_index(c, 1));
    LN_CHECK(c, ln_shape_of(c->in[0]).rank >= 1, "the input is a scalar");
    LN_CHECK(c, ln_count(c->in[1]) == 1, "the axis has %d items, not 1", ln_count(c->in[1]));
    return LN_OK;
}

/* log(e^a + e^b) */
static double log_sum(double a, double b)
{
    const double high = a > b ? a : b, low = a > b ? b : a;
    if (isnan(a) || isnan(b))
        return a + b;
    return isinf(high) ? high : high + log1p(exp(low - high));
}

static void take(kind k, number *a, double f, uint64_t i)
{
    if (k == SUM)
        *a = (number){a->f + f, a->i + i};
    else if (k == PRODUCT)
        *a = (number){a->f * f, a->i * i};
    else
        a->f = log_sum(a->f, f);
}

static ln_status eval(ln_call *c, kind k)
{
    const TfLiteTensor *x = c->in[0];
    TfLiteTensor *y = c->out[0];
    const ln_shape s = ln_shape_of(x);
    const bool exclusive = ln_flex_flag(c, "exclusive", false);
    const bool reverse = ln_flex_flag(c, "reverse", false);
    const bool whole = ln_type_in(x->type, LN_INTEGERS);
    const ln_lane lane = whole ? LN_I64 : LN_F64;
    const number start = {k == PRODUCT ? 1 : k == LOG_SUM ? -INFINITY : 0, k == PRODUCT};
    int axis, n;
    LN_TRY(ln_read_ints(c, 1, 1, &axis, &n));
    LN_TRY(ln_axis(c, axis, s.rank, &axis));
    const int64_t inner = ln_product(&s, axis + 1, s.rank), length = s.dim[axis];
    const int64_t lines = length ? ln_count(x) / length : 0;
    for (int64_t line = 0; line < lines; line++) {
        number sum = start;
        for (int64_t turn = 0; turn < length; turn++) {
            const int64_t place = reverse ? length - 1 - turn : turn;
            const int64_t at = (line / inner * length + place) * inner + line % inner;
            int64_t buffer[2];
            const void *v = ln_lane_load(lane, x->type, x->data.data, at, 1, buffer);
            const number item = {whole ? 0 : *(const double *)v, whole ? *(const uint64_t *)v : 0};
            const number before = sum;
            take(k, &sum, item.f, item.i);
            const number *out = exclusive ? &before : &sum;
            ln_lane_store(lane, y->type, y->data.data, at, 1,
                          whole ? (const void *)&out->i : &out->f);
        }
    }
    return LN_OK;
}

static ln_status number_infer(ln_call *c)
{
    return infer(c, REALS | LN_INTEGERS);
}

static ln_status real_infer(ln_call *c)
{
    return infer(c, REALS);
}

static ln_status cumsum_eval(ln_call *c)
{
    return eval(c, SUM);
}

static ln_status cumprod_eval(ln_call *c)
{
    return eval(c, PRODUCT);
}

static ln_status cumulative_logsumexp_eval(ln_call *c)
{
    return eval(c, LOG_SUM);
}

LN_FLEX_OP(cumsum, "Cumsum", 2, 2, 1, number_infer, cumsum_eval);
LN_FLEX_OP(cumprod, "Cumprod", 2, 2, 1, number_infer, cumprod_eval);
LN_FLEX_OP(cumulative_logsumexp, "CumulativeLogsumexp", 2, 2, 1, real_infer,
           cumulative_logsumexp_eval);
