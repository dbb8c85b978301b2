/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q4.h: a row of int8 by int4 weights that have a scale for every block of each column:
 *
 *   y[j] = clamp(scale sum over blocks b of scale[b][j] (sum over s in b of (x[s] - zero) w[s][j])
 *                + bias[j])
 *
 * The inner sums are exact; each becomes a float, is scaled and added in order, with a rounding
 * after each step.  Weights stay packed, so that memory is read once at half a byte for each. */
#ifndef LN_KERNELS_GEMM_Q4_H
#define LN_KERNELS_GEMM_Q4_H

#include <stddef.h>
#include <stdint.h>

/* Columns of a panel, the unit of a block, and the most that a block may have. */
enum { LN_Q4_COLUMNS = 32, LN_Q4_RUN = 32, LN_Q4_MAX_BLOCK = 2048 };

/* Of each block, one after another in a panel: its scales (float16) and the sums of its weights,
 * then [size / 8][LN_Q4_COLUMNS][4] bytes, of which byte i holds weights i and i + 4 of eight, plus
 * 8, in its lower and upper half. */
typedef struct ln_q4_block {
    uint16_t scale[LN_Q4_COLUMNS];
    int16_t sum[LN_Q4_COLUMNS];
} ln_q4_block;

static inline size_t ln_q4_block_bytes(size_t size)
{
    return sizeof(ln_q4_block) + size / 2 * LN_Q4_COLUMNS;
}

typedef struct ln_q4_row {
    const int8_t *x;
    const int32_t *sums; /* of x in each block, times 8 */
    int32_t zero;
    size_t blocks, size; /* size: of a block, a multiple of LN_Q4_RUN */
    float scale, min, max; /* NaN stays NaN */
    const float *bias;     /* of the panel's columns */
} ln_q4_row;

typedef struct ln_gemm_q4 {
    /* All columns of one panel.  NULL: there is no fast code. */
    void (*panel)(float *y, const void *panel, const ln_q4_row *r);
} ln_gemm_q4;

#endif
