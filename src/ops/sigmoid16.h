/* SPDX-License-Identifier: Apache-2.0 */
/* sigmoid16.h: LOGISTIC and TANH on 16-bit fixed point with zero point 0. */
#ifndef LN_OPS_SIGMOID16_H
#define LN_OPS_SIGMOID16_H

#include "ops/op.h"

/* y[i] = f(x[i] * scale) in units of 2^-15; y may be x; scale > 0 and finite. */
void ln_logistic16(const int16_t *x, int n, float scale, int16_t *y);
void ln_tanh16(const int16_t *x, int n, float scale, int16_t *y);

#endif
