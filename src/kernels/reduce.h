/* SPDX-License-Identifier: Apache-2.0 */
/* reduce.h: sums, products and extremes of many items. */
#ifndef LN_KERNELS_REDUCE_H
#define LN_KERNELS_REDUCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What becomes of s and the next item x.  A NaN is no extreme, unless s is one: it stays then. */
enum {
    LN_FOLD_SUM,
    LN_FOLD_MAX,
    LN_FOLD_MIN,
    LN_FOLD_SQUARES, /* s + x x */
    LN_FOLD_PROD,
    LN_FOLDS,
    LN_FOLDS_INT = LN_FOLD_MIN + 1, /* those that integers have; sums wrap around */
};
enum { LN_FOLD_S8, LN_FOLD_U8, LN_FOLD_S16, LN_FOLD_TYPES };

/* s[j] folded with x[i * step + j], i < m in order, for j < n. */
typedef void (*ln_fold_columns)(void *s, const void *x, size_t step, size_t m, size_t n);

/* How a row is normalized: with m, its mean, or 0, and r, 1 over the root of the mean of
 * (x - m) (x - m), plus epsilon, each operation rounded by itself. */
typedef enum ln_norm_form {
    LN_NORM_SCALED, /* (x - m) r factor + term */
    LN_NORM_FACTOR, /* (x - m) (r factor) + term */
    LN_NORM_SPREAD, /* x (r factor) + (term - m (r factor)), or + -m (r factor) */
} ln_norm_form;

typedef struct ln_norm_rows {
    ln_norm_form form;
    bool centered; /* else m is 0 */
    float epsilon;
    const float *factor, *term; /* of each column; NULL: none, where the form can do without */
} ln_norm_rows;

typedef struct ln_reduce_kernels {
    ln_fold_columns columns_f32[LN_FOLDS];                    /* s, x: floats */
    ln_fold_columns columns_int[LN_FOLD_TYPES][LN_FOLDS_INT]; /* s: int32 */
    /* s folded with x[0..n) in any order; the same order in each call. */
    float (*row_f32[LN_FOLDS])(float s, const float *x, size_t n);
    int32_t (*row_int[LN_FOLD_TYPES][LN_FOLDS_INT])(int32_t s, const void *x, size_t n);
    /* Rows one behind the other, with the sums of row_f32; y may be x. */
    void (*normalize)(float *y, const float *x, size_t rows, size_t n, const ln_norm_rows *p);
    /* The largest of n bytes x[i] ^ flip, unsigned; 0 for none.  A flip of 128 orders int8. */
    uint8_t (*max_8)(const uint8_t *x, size_t n, uint8_t flip);
} ln_reduce_kernels;

#endif
