/* SPDX-License-Identifier: Apache-2.0 */
/* unary.h: functions of one float32, signature and rules in kernels/elt.h.  No parameters but where
 * it says so. */
#ifndef LN_KERNELS_UNARY_H
#define LN_KERNELS_UNARY_H

#include "kernels/elt.h"

enum {
    LN_UNARY_CLAMP, /* into the ln_elt_range in p */
    LN_UNARY_ABS,
    LN_UNARY_NEG,
    LN_UNARY_SQUARE,
    LN_UNARY_SQRT,
    LN_UNARY_RSQRT,
    LN_UNARY_FLOOR,
    LN_UNARY_CEIL,
    LN_UNARY_ROUND, /* halves to even */
    LN_UNARY_SIGN,  /* of NaN: NaN; of -0: 0 */
    LN_UNARY_HARD_SWISH, /* x min(max(x + 3, 0), 6) / 6 */
    LN_UNARY_LEAKY_RELU, /* x > 0 ? x : x times the float in p */
    LN_UNARY_EXP,
    LN_UNARY_LOG,
    LN_UNARY_SIN,
    LN_UNARY_COS,
    LN_UNARY_TANH,
    LN_UNARY_LOGISTIC,
    LN_UNARY_ELU,       /* x < 0 ? e^x - 1 : x */
    LN_UNARY_GELU,      /* x times the normal distribution function */
    LN_UNARY_GELU_TANH, /* TFLite's approximation of that by tanh */
    LN_UNARY_COUNT,
};

typedef struct ln_unary_kernels {
    ln_elt_fn f32[LN_UNARY_COUNT];
} ln_unary_kernels;

#endif
