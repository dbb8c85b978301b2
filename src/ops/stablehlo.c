/* SPDX-License-Identifier: Apache-2.0 */
/* stablehlo.c: the helpers of stablehlo.h.  Integers are multiplied and added as uint32, where
 * wrapping around is defined. */
#include "ops/stablehlo.h"

ln_status ln_axis_set(ln_call *c, const char *what, const int64_t *axes, int n, int rank,
                      unsigned *set)
{
    *set = 0;
    LN_CHECK(c, n >= 0 && n <= LN_MAX_RANK, "%s has %d items", what, n);
    for (int i = 0; i < n; i++) {
        LN_CHECK(c, axes[i] >= 0 && axes[i] < rank && !(*set >> axes[i] & 1),
                 "%s has axis %lld, which comes twice or is outside of rank %d", what,
                 (long long)axes[i], rank);
        *set |= 1u << axes[i];
    }
    return LN_OK;
}

ln_status ln_product_type(ln_call *c, TfLiteType *type)
{
    *type = c->in[0]->type;
    if (*type != kTfLiteFloat32 && *type != kTfLiteInt32 && *type != kTfLiteInt8)
        return ln_fail_type(c, 0);
    LN_CHECK(c, c->in[1]->type == *type, "the operands have types %s and %s", ln_type_name(*type),
             ln_type_name(c->in[1]->type));
    for (int i = 0; i < 2; i++)
        LN_CHECK(c, *type == kTfLiteFloat32 || c->in[i]->quantization.type == kTfLiteNoQuantization,
                 "input %d is quantized, only plain integers are supported", i);
    if (*type == kTfLiteInt8 && c->out[0]->type == kTfLiteInt32)
        *type = kTfLiteInt32;
    return LN_OK;
}

void ln_products_add(ln_products *p, int64_t from, int64_t x_step, int64_t at, int64_t w_step,
                     int64_t n)
{
    if (p->x->type == kTfLiteFloat32) {
        const float *x = p->x->data.f, *w = p->w->data.f;
        for (int64_t k = 0; k < n; k++)
            p->f += x[from + k * x_step] * w[at + k * w_step];
    } else if (p->x->type == kTfLiteInt32) {
        const int32_t *x = p->x->data.i32, *w = p->w->data.i32;
        for (int64_t k = 0; k < n; k++)
            p->i += (uint32_t)x[from + k * x_step] * (uint32_t)w[at + k * w_step];
    } else {
        const int8_t *x = p->x->data.int8, *w = p->w->data.int8;
        for (int64_t k = 0; k < n; k++)
            p->i += (uint32_t)(x[from + k * x_step] * w[at + k * w_step]);
    }
}

void ln_products_end(ln_products *p, int64_t to)
{
    if (p->y->type == kTfLiteFloat32)
        p->y->data.f[to] = p->f;
    else if (p->y->type == kTfLiteInt32)
        p->y->data.i32[to] = (int32_t)p->i;
    else
        p->y->data.int8[to] = (int8_t)(uint8_t)p->i;
    p->f = 0;
    p->i = 0;
}
