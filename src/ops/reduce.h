/* SPDX-License-Identifier: Apache-2.0 */
/* reduce.h: the arithmetic of quantized SUM and MEAN. */
#ifndef LN_OPS_REDUCE_H
#define LN_OPS_REDUCE_H

#include "ops/qmath.h"

/* Makes `m` divide by n too, as far as its precision goes. */
ln_mult ln_divide_multiplier(ln_mult m, int64_t n);
/* A sum of `group` raw values of int8 SUM in steps of the output, without its zero point, in single
 * precision: TFLite's reference kernel is broken for it, so this is what its optimized one
 * computes. */
int32_t ln_scale_sum(const ln_call *c, int32_t sum, int64_t group);

#endif
