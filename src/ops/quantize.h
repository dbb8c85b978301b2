/* SPDX-License-Identifier: Apache-2.0 */
/* quantize.h: what DEQUANTIZE lends to other ops. */
#ifndef LN_OPS_QUANTIZE_H
#define LN_OPS_QUANTIZE_H

#include "ops/op.h"

/* Checks that input 0 is quantized, or of a half type, and can be given to ln_dequantize. */
ln_status ln_check_dequantize(ln_call *c) LN_MUST_USE;
/* The items of `t` as floats; int8, uint8, int16, int4, int2 (per tensor or channel), halves. */
void ln_dequantize(const TfLiteTensor *t, float *y);

#endif
