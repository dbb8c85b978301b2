/* SPDX-License-Identifier: Apache-2.0 */
/* binary.h: functions of two float32 or int32, signature and rules in kernels/elt.h. */
#ifndef LN_KERNELS_BINARY_H
#define LN_KERNELS_BINARY_H

#include "kernels/elt.h"

enum {
    /* into the ln_elt_range in p */
    LN_BINARY_ADD,
    LN_BINARY_SUB,
    LN_BINARY_MUL,
    LN_BINARY_DIV,
    /* without parameters */
    LN_BINARY_MAX, /* a > b ? a : b */
    LN_BINARY_MIN, /* a < b ? a : b */
    LN_BINARY_SQUARED_DIFFERENCE,
    LN_BINARY_PRELU, /* a >= 0 ? a : a b */
    LN_BINARY_COUNT,
};

/* Relations; y is bytes of 1 or 0. */
enum { LN_COMPARE_EQ, LN_COMPARE_NE, LN_COMPARE_LT, LN_COMPARE_LE, LN_COMPARE_COUNT };

/* Without parameters; they wrap around. */
enum {
    LN_INTEGER_ADD,
    LN_INTEGER_SUB,
    LN_INTEGER_MUL,
    LN_INTEGER_MAX,
    LN_INTEGER_MIN,
    LN_INTEGER_COUNT,
};

typedef struct ln_binary_kernels {
    ln_elt_fn f32[LN_BINARY_COUNT][LN_FORMS];
    /* y[i][j] = x[i][j] factor[j] + term[j], rounded twice, into the range, for i < rows, j < n,
     * rows one behind the other; y may be x. */
    void (*affine)(float *y, const float *x, const float *factor, const float *term, size_t rows,
                   size_t n, const ln_elt_range *r);
    ln_elt_fn s32[LN_INTEGER_COUNT][LN_FORMS];
    ln_elt_fn compare_f32[LN_COMPARE_COUNT][LN_FORMS];
    ln_elt_fn compare_s32[LN_COMPARE_COUNT][LN_FORMS];
} ln_binary_kernels;

#endif
