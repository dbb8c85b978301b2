/* SPDX-License-Identifier: Apache-2.0 */
/* arg.h: where the largest or smallest item is: the first one where several are equal.  NaN is
 * neither, unless there is nothing else: then item 0. */
#ifndef LN_KERNELS_ARG_H
#define LN_KERNELS_ARG_H

#include <stddef.h>
#include <stdint.h>

enum { LN_ARG_MAX, LN_ARG_MIN, LN_ARGS };

typedef struct ln_arg_kernels {
    /* Of x[0..n), n > 0. */
    int32_t (*row_f32[LN_ARGS])(const float *x, size_t n);
    /* to[j] of x[i * step + j], i < n, n > 0, for j < columns. */
    void (*columns_f32[LN_ARGS])(int32_t *to, const float *x, size_t step, size_t n,
                                 size_t columns);
    /* The largest x ^ flip: 0 for uint8, 128 for int8; with 255 less of these, the smallest. */
    void (*rows_8)(int32_t *to, const uint8_t *x, size_t rows, size_t n, uint8_t flip);
    void (*columns_8)(int32_t *to, const uint8_t *x, size_t step, size_t n, size_t columns,
                      uint8_t flip);
} ln_arg_kernels;

#endif
