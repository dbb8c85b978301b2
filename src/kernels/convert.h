/* SPDX-License-Identifier: Apache-2.0 */
/* convert.h: between number formats and scales, signature and rules in kernels/elt.h.  The
 * arithmetic is that of the references: ops/quantize.c, ops/cast.c. */
#ifndef LN_KERNELS_CONVERT_H
#define LN_KERNELS_CONVERT_H

#include "kernels/elt.h"

/* Formats; S is signed, U unsigned. */
enum { LN_AS_S8, LN_AS_U8, LN_AS_S16, LN_AS_S32, LN_AS_F32, LN_AS_F16, LN_AS_BOOL, LN_FORMATS };
enum { LN_AS_INTEGERS = LN_AS_S32 + 1 };

/* y = scale (x - zero) */
typedef struct ln_convert_scale {
    float scale;
    int32_t zero;
} ln_convert_scale;

/* y = x / scale, halves to even, plus zero, into the limits; NaN gives 0 */
typedef struct ln_convert_steps {
    float scale;
    int32_t zero, min, max;
} ln_convert_steps;

/* y = (x - zx) times m, plus zy, into the limits */
typedef struct ln_convert_rescale {
    int32_t zx, zy, min, max;
    ln_elt_fixed m;
} ln_convert_rescale;

typedef struct ln_convert_kernels {
    ln_elt_fn quantize[LN_AS_INTEGERS];   /* from float32; p: ln_convert_steps */
    ln_elt_fn dequantize[LN_AS_INTEGERS]; /* to float32; p: ln_convert_scale */
    /* [from][to]; p: ln_convert_rescale; NULL between formats of 8 bits, where tables serve */
    ln_elt_fn rescale[LN_AS_INTEGERS][LN_AS_INTEGERS];
    /* [from][to]; without parameters.  To integers: towards zero, saturated, NaN to the largest.
     * NULL for what CAST seldom meets. */
    ln_elt_fn cast[LN_FORMATS][LN_FORMATS];
} ln_convert_kernels;

#endif
