/* SPDX-License-Identifier: Apache-2.0 */
/* range.c: RANGE and STABLEHLO_IOTA: numbers in a row.
 *
 *   RANGE  start [], limit [], delta [] -> [n], start, start + delta, ... before limit
 *   IOTA   -> the shape that the model states; item (i0, i1, ...) is the index along one axis
 * Floats are summed up one by one, as TFLite does. */
#include <math.h>

#include "base/half.h"
#include "ops/move.h"

enum { START, LIMIT, DELTA };

/* Items before the limit: ceil((limit - start) / delta). */
static ln_status count_ints(ln_call *c, int64_t start, int64_t limit, int64_t delta, int *n)
{
    LN_CHECK(c, delta != 0, "delta is 0");
    LN_CHECK(c, start == limit || (start < limit) == (delta > 0),
             "%lld is not reached from %lld by steps of %lld", (long long)limit, (long long)start,
             (long long)delta);
    const uint64_t way =
        start < limit ? (uint64_t)limit - (uint64_t)start : (uint64_t)start - (uint64_t)limit;
    const uint64_t step = delta < 0 ? 0 - (uint64_t)delta : (uint64_t)delta;
    const uint64_t count = way / step + (way % step != 0);
    LN_CHECK(c, count <= INT32_MAX, "the range has %llu items", (unsigned long long)count);
    *n = (int)count;
    return LN_OK;
}

static ln_status count_floats(ln_call *c, float start, float limit, float delta, int *n)
{
    LN_CHECK(c, delta != 0, "delta is 0");
    LN_CHECK(c, (start >= limit && delta < 0) || (start <= limit && delta > 0),
             "%g is not reached from %g by steps of %g", (double)limit, (double)start,
             (double)delta);
    const float count = ceilf(fabsf((limit - start) / delta));
    LN_CHECK(c, count < 2147483648.f, "the range has %g items", (double)count);
    *n = (int)count;
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const TfLiteType type = c->in[START]->type;
    ln_shape y = {.rank = 1, .dim = {-1}};
    bool known = true;

    if (type != kTfLiteInt32 && type != kTfLiteInt64 && type != kTfLiteFloat32)
        return ln_fail_type(c, START);
    for (int i = START; i <= DELTA; i++) {
        LN_CHECK(c, c->in[i]->type == type, "input %d has type %s, input 0 has %s", i,
                 ln_type_name(c->in[i]->type), ln_type_name(type));
        LN_CHECK(c, ln_count(c->in[i]) == 1, "input %d has %d items, not 1", i, ln_count(c->in[i]));
        known = known && ln_known(c, i);
    }
    if (known && type == kTfLiteFloat32)
        LN_TRY(count_floats(c, *c->in[START]->data.f, *c->in[LIMIT]->data.f, *c->in[DELTA]->data.f,
                            y.dim));
    else if (known)
        LN_TRY(count_ints(c, ln_int_at(c->in[START], 0), ln_int_at(c->in[LIMIT], 0),
                          ln_int_at(c->in[DELTA], 0), y.dim));
    return ln_set_out(c, 0, type, &y);
}

static ln_status eval(ln_call *c)
{
    const int n = ln_count(c->out[0]);
    TfLiteTensor *y = c->out[0];
    if (y->type == kTfLiteFloat32) {
        float v = *c->in[START]->data.f;
        for (int i = 0; i < n; i++, v += *c->in[DELTA]->data.f)
            y->data.f[i] = v;
        return LN_OK;
    }
    /* The value behind the last one may overflow. */
    uint64_t v = (uint64_t)ln_int_at(c->in[START], 0);
    const uint64_t delta = (uint64_t)ln_int_at(c->in[DELTA], 0);
    for (int i = 0; i < n; i++, v += delta) {
        if (y->type == kTfLiteInt64)
            y->data.i64[i] = (int64_t)v;
        else
            y->data.i32[i] = (int32_t)v;
    }
    return LN_OK;
}

const ln_op ln_op_range = {
    .name = "RANGE",
    .builtin = kTfLiteBuiltinRange,
    .version = 2,
    .options = 75,
    .min_in = 3,
    .max_in = 3,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
};

/* ---- STABLEHLO_IOTA ---- */

typedef struct iota_params {
    int64_t dimension;
} iota_params;

static ln_status iota_infer(ln_call *c)
{
    const iota_params *p = c->params;
    const ln_shape y = ln_shape_of(c->out[0]);
    LN_CHECK(c, p->dimension >= 0 && p->dimension < y.rank, "axis %lld is outside of rank %d",
             (long long)p->dimension, y.rank);
    const TfLiteType type = c->out[0]->type;
    LN_CHECK(c,
             ln_is_int(type) || type == kTfLiteFloat32 || type == kTfLiteFloat16 ||
                 type == kTfLiteBFloat16 || type == kTfLiteFloat64 || type == kTfLiteUInt32 ||
                 type == kTfLiteUInt64 || type == kTfLiteUInt16,
             "the output has type %s", ln_type_name(type));
    return ln_set_out(c, 0, type, &y);
}

static void set_number(TfLiteTensor *y, int k, int v)
{
    switch (y->type) {
    case kTfLiteFloat32:
        y->data.f[k] = (float)v;
        break;
    case kTfLiteFloat64:
        y->data.f64[k] = v;
        break;
    case kTfLiteFloat16:
        y->data.ui16[k] = ln_float_to_half((float)v);
        break;
    case kTfLiteBFloat16:
        y->data.ui16[k] = ln_float_to_bf16((float)v);
        break;
    case kTfLiteInt64:
    case kTfLiteUInt64:
        y->data.i64[k] = v;
        break;
    case kTfLiteInt16:
    case kTfLiteUInt16:
        y->data.ui16[k] = (uint16_t)v;
        break;
    case kTfLiteInt8:
    case kTfLiteUInt8:
        y->data.uint8[k] = (uint8_t)v;
        break;
    case kTfLiteBool:
        y->data.b[k] = v != 0;
        break;
    default:
        y->data.i32[k] = v;
        break;
    }
}

static ln_status iota_eval(ln_call *c)
{
    const iota_params *p = c->params;
    const ln_shape y = ln_shape_of(c->out[0]);
    const int count = ln_count(c->out[0]);
    const int64_t inner = ln_product(&y, (int)p->dimension + 1, y.rank);
    for (int i = 0; i < count; i++)
        set_number(c->out[0], i, (int)(i / inner % y.dim[p->dimension]));
    return LN_OK;
}

static const ln_field iota_fields[] = {
    LN_FIELD(I64, 0, iota_params, dimension, 1),
    {0},
};

const ln_op ln_op_stablehlo_iota = {
    .name = "STABLEHLO_IOTA",
    .builtin = kTfLiteBuiltinStablehloIota,
    .version = 1,
    .options = 11,
    .options2 = true,
    .min_in = 0,
    .max_in = 0,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = iota_fields,
    .params_size = sizeof(iota_params),
    .infer = iota_infer,
    .eval = iota_eval,
};
