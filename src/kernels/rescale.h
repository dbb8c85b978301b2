/* SPDX-License-Identifier: Apache-2.0 */
/* rescale.h: what becomes of the 32-bit sums of quantized products.  The arithmetic is that of
 * ops/qmath.h, bit for bit.
 *
 * The usual rule rounds twice: r = ((x mul + 2^30) >> 31) / 2^right, halves away from zero.  For
 * right >= 1 both floors are one, of x mul + 2^30 + 2^(30 + right) over 2^(31 + right), or less
 * 2^31 above where x < 0.  `fused` computes that with 64 bits, or first in float32: of a byte's 8
 * bits and 15 behind them the last 2 are uncertain, so that most outputs are known then. */
#ifndef LN_KERNELS_RESCALE_H
#define LN_KERNELS_RESCALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Factors of 16 columns for `fused`, right from 1 to LN_RESCALE_MAX_RIGHT.  64-bit items: those of
 * even columns, then those of odd ones.  Outputs count from 0 to 255, int8 as int8 + 128. */
enum { LN_RESCALE_COLUMNS = 16, LN_RESCALE_MAX_RIGHT = 22, LN_RESCALE_UNSURE = 2 };
typedef struct ln_rescale_fused {
    int32_t low[LN_RESCALE_COLUMNS]; /* a sum that gives min; smaller ones count as it */
    int32_t mul[LN_RESCALE_COLUMNS];
    int64_t add[LN_RESCALE_COLUMNS];   /* 2^30 + 2^(30 + right), and the zero point's share */
    int64_t shift[LN_RESCALE_COLUMNS]; /* 31 + right; in odd columns 32 less */
    /* x scale + start, where x < 0 `below`, is 256 and the output, and LN_RESCALE_UNSURE units of
     * 2^-15 more, of which roundings of scale, start, x and the sum take less than half one each */
    float scale[LN_RESCALE_COLUMNS], start[LN_RESCALE_COLUMNS], below[LN_RESCALE_COLUMNS];
} ln_rescale_fused;

/* Arrays have an item per column, and as many more as fill up the last LN_RESCALE_COLUMNS. */
typedef struct ln_rescale {
    const int32_t *mul, *left, *right; /* x 2^left mul / 2^31 / 2^right; one of the two is 0 */
    const ln_rescale_fused *fused;     /* per 16 columns; NULL: only the others are there */
    int32_t zero, min, max;            /* of the output, in its own type */
    uint8_t flip;                      /* 0x80 for int8, 0 for uint8 */
    bool positive;                     /* fused: no `low` is negative */
} ln_rescale;

typedef struct ln_rescale_real {
    const double *real;
    int32_t zero, min, max;
    bool wide; /* outputs are int16 */
} ln_rescale_real;

/* Outputs y[i][j] of sums x[i][j] for i < m, first <= j < first + n, where y and x point at column
 * `first`, a multiple of 16; ldy, ldx: items from row to row.  Sums are read in runs of 16, so each
 * row has room for as many. */
typedef struct ln_rescale_kernels {
    /* Twice rounded, to int8 or uint8; `fused` needs q->fused, and is NULL where it is no faster */
    void (*twice)(uint8_t *y, size_t ldy, const int32_t *x, size_t ldx, size_t m, size_t n,
                  const ln_rescale *q, size_t first);
    void (*fused)(uint8_t *y, size_t ldy, const int32_t *x, size_t ldx, size_t m, size_t n,
                  const ln_rescale *q, size_t first);
    /* round(x real) + zero in double precision, halves away from zero, to int8 or uint8 by their
     * limits, or to int16. */
    void (*real)(void *y, size_t ldy, const int32_t *x, size_t ldx, size_t m, size_t n,
                 const ln_rescale_real *q, size_t first);
} ln_rescale_kernels;

#endif
