/* SPDX-License-Identifier: Apache-2.0 */
/* conv_common.c: see conv_common.h. */
#include "ops/conv_common.h"

#include <string.h>

static ln_status check_bias(ln_call *c, const ln_conv_roles *r, int cout)
{
    const TfLiteType x = c->in[r->x]->type;
    if (!ln_has(c, r->b))
        return LN_OK;
    const TfLiteTensor *b = c->in[r->b];
    const bool fits = x == kTfLiteFloat32 ? b->type == kTfLiteFloat32
                      : x == kTfLiteInt16 ? b->type == kTfLiteInt32 || b->type == kTfLiteInt64
                                          : b->type == kTfLiteInt32;
    LN_CHECK(c, fits, "bias has type %s, which does not go with input of type %s",
             ln_type_name(b->type), ln_type_name(x));
    const int n = ln_count(b);
    LN_CHECK(c, n < 0 || cout < 0 || n == cout, "bias has %d values for %d channels", n, cout);
    return LN_OK;
}

static bool weights_fit(TfLiteType x, TfLiteType w)
{
    switch (x) {
    case kTfLiteFloat32:
        return w == kTfLiteFloat32 || w == kTfLiteInt8 || w == kTfLiteUInt8 || w == kTfLiteInt4;
    case kTfLiteUInt8:
        return w == kTfLiteUInt8;
    case kTfLiteInt8:
    case kTfLiteInt16:
        return w == kTfLiteInt8 || w == kTfLiteInt4;
    default:
        return false;
    }
}

ln_status ln_conv_check(ln_call *c, const ln_conv_roles *r, int cout, TfLiteFusedActivation act)
{
    const TfLiteTensor *x = c->in[r->x], *w = c->in[r->w], *y = c->out[0];
    int32_t min, max;
    if (!weights_fit(x->type, x->type) && x->type != kTfLiteInt16)
        return ln_fail_type(c, r->x);
    if (!weights_fit(x->type, w->type))
        return ln_fail_type(c, r->w);
    LN_TRY(check_bias(c, r, cout));
    if (w->type == kTfLiteFloat32)
        return LN_OK;
    LN_TRY(ln_check_quantized(c, w, "weights", x->type == kTfLiteUInt8 ? -1 : r->axis, cout));
    if (x->type == kTfLiteFloat32)
        return LN_OK;
    if (x->type != kTfLiteUInt8)
        LN_TRY(ln_check_symmetric(c, w, "weights"));
    LN_CHECK(c, y->type == x->type, "output has type %s, not that of the input, %s",
             ln_type_name(y->type), ln_type_name(x->type));
    LN_TRY(ln_check_quantized(c, x, "input", -1, 1));
    LN_TRY(ln_check_quantized(c, y, "output", -1, 1));
    if (x->type == kTfLiteInt16) {
        LN_TRY(ln_check_symmetric(c, x, "input"));
        LN_TRY(ln_check_symmetric(c, y, "output"));
    }
    return ln_activation_range_q(c, act, y, &min, &max);
}

bool ln_conv_reads_past(const ln_call *c, const ln_conv_roles *r, TfLiteType declared, int i,
                        ln_made *as)
{
    if (i != r->b || c->in[i]->type != kTfLiteInt32 || declared == kTfLiteInt32 ||
        !ln_has(c, r->x) || c->in[r->x]->type != kTfLiteInt16)
        return false;
    *as = (ln_made){kTfLiteInt64, ln_shape_of(c->in[i])};
    return true;
}

void ln_centered(const void *x, TfLiteType type, size_t from, size_t n, int32_t zero, int16_t *y)
{
    if (type == kTfLiteInt16) {
        memcpy(y, (const int16_t *)x + from, n * sizeof *y);
    } else if (type == kTfLiteUInt8) {
        const uint8_t *p = (const uint8_t *)x + from;
        for (size_t i = 0; i < n; i++)
            y[i] = (int16_t)(p[i] - zero);
    } else {
        const int8_t *p = (const int8_t *)x + from;
        for (size_t i = 0; i < n; i++)
            y[i] = (int16_t)(p[i] - zero);
    }
}
