/* SPDX-License-Identifier: Apache-2.0 */
/* conv_common.h: what the convolutions have in common: which types go together, and integer
 * images as int16 with the zero point taken off. */
#ifndef LN_OPS_CONV_COMMON_H
#define LN_OPS_CONV_COMMON_H

#include "ops/qmath.h"

/* The inputs of a convolution: their numbers, and the axis of `w` that counts output channels. */
typedef struct ln_conv_roles {
    int x, w, b, axis;
} ln_conv_roles;

/* Checks types, quantization and the size of the bias; `cout` -1: not known yet. */
ln_status ln_conv_check(ln_call *c, const ln_conv_roles *roles, int cout,
                        TfLiteFusedActivation act) LN_MUST_USE;

/* ln_op.reads_past: a 16-bit convolution takes its bias for int64 unless its options declare int32
 * as the type. */
bool ln_conv_reads_past(const ln_call *c, const ln_conv_roles *r, TfLiteType declared, int i,
                        ln_made *as);

/* True when x is float and w is not: x gets quantized on the fly. */
static inline bool ln_conv_is_hybrid(const ln_call *c, const ln_conv_roles *r)
{
    return c->in[r->x]->type == kTfLiteFloat32 && c->in[r->w]->type != kTfLiteFloat32;
}

/* Values [from, from + n) of 8-bit or 16-bit data as int16, `zero` taken off. */
void ln_centered(const void *x, TfLiteType type, size_t from, size_t n, int32_t zero, int16_t *y);

#endif
