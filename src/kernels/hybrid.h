/* SPDX-License-Identifier: Apache-2.0 */
/* hybrid.h: float activations with integer weights: rows of floats become integers, and integer
 * sums floats. */
#ifndef LN_KERNELS_HYBRID_H
#define LN_KERNELS_HYBRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a row becomes integers: x inverse, rounded (halves away from zero), plus zero, not less than
 * `least` nor more than 127; NaN counts as 0. */
typedef struct ln_hybrid_row {
    float inverse;
    int32_t zero, least;
} ln_hybrid_row;

/* How sums become floats. */
typedef struct ln_hybrid_scales {
    const float *row, *column; /* factors */
    const float *bias;         /* per column */
    /* Where what was summed up was too large by `offset[i]`, the sums of the columns' weights say
     * what that is worth; NULL: it was not. */
    const int32_t *offset, *weights;
    float min, max; /* NaN stays NaN */
    bool column_first; /* (sum column) row, as CONV_2D rounds; else sum (row column) */
    /* What may be relied on: all rows have the offset of the first one; sums and offsets times
     * weights are below 2^24 in size. */
    bool same_offset, small;
} ln_hybrid_scales;

/* The most steps of bytes, and offsets up to 255, that are `small`. */
enum { LN_HYBRID_SMALL = (1 << 24) / (255 * 128) };

enum { LN_HYBRID_ROWS = 8 };

/* What LN_HYBRID_ROWS rows take to become integers, by TFLite's rules (ops/qmath.h). */
typedef struct ln_hybrid_scales_of {
    float scale[LN_HYBRID_ROWS], inverse[LN_HYBRID_ROWS];
    int32_t zero[LN_HYBRID_ROWS];
} ln_hybrid_scales_of;

typedef struct ln_hybrid_kernels {
    /* The least value and the largest of n, or 0 where that is beyond; NaN does not count. */
    void (*range)(const float *x, size_t n, float *min, float *max);
    /* The scales of rows of n, which are ld apart, from their least values and their largest.
     * NULL: one by one is as fast. */
    void (*scales_of)(const float *x, size_t ld, size_t n, bool asymmetric,
                      ln_hybrid_scales_of *s);
    /* To int8; to int8 + 128; to int16 or float with `zero` taken off. */
    void (*to_s8)(int8_t *q, const float *x, size_t n, const ln_hybrid_row *r);
    void (*to_u8)(uint8_t *q, const float *x, size_t n, const ln_hybrid_row *r);
    void (*to_s16)(int16_t *q, const float *x, size_t n, const ln_hybrid_row *r);
    void (*to_f32)(float *q, const float *x, size_t n, const ln_hybrid_row *r);
    /* y[i][j] = clamp((c[i][j] - offset[i] weights[j]) row[i] column[j] + bias[j]) for i < rows,
     * j < n.  ldy, ldc: items from row to row. */
    void (*scale)(float *y, size_t ldy, const int32_t *c, size_t ldc, size_t rows, size_t n,
                  const ln_hybrid_scales *q);
    /* low[j] and high[j] become the least and the largest of themselves and all c[i][j]. */
    void (*extremes)(int32_t *low, int32_t *high, const int32_t *c, size_t ldc, size_t rows,
                     size_t n);
} ln_hybrid_kernels;

#endif
