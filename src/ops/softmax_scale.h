/* SPDX-License-Identifier: Apache-2.0 */
/* softmax_scale.h: how quantized softmax and log-softmax bring differences of their 8-bit inputs
 * to fixed point with 5 integer bits (PreprocessSoftmaxScaling and CalculateInputRadius of TFLite's
 * quantization_util.cc). */
#ifndef LN_OPS_SOFTMAX_SCALE_H
#define LN_OPS_SOFTMAX_SCALE_H

#include "ops/qmath.h"

enum {
    LN_SOFTMAX_BITS = 5,      /* integer bits of scaled differences */
    LN_SOFTMAX_SUM_BITS = 12, /* integer bits of a sum of exponentials */
};

typedef struct ln_softmax_scale {
    ln_mult m;
    int diff_min; /* differences below are too small to matter */
} ln_softmax_scale;

/* `beta` > 0. */
ln_softmax_scale ln_softmax_scale_for(double beta, const TfLiteTensor *x);

/* The largest of n 8-bit values. */
int ln_max_8(const void *x, size_t from, int n, bool is_signed);

/* 16 bits: the tables, of 513 steps each, of exp over [-10, 0] and 1 / (1 + x) over [0, 1]. */
typedef struct ln_softmax_tables {
    int16_t exps[513], reciprocal[513];
} ln_softmax_tables;
void ln_softmax_tables_fill(ln_softmax_tables *t);
/* What brings differences of x to steps of the first table. */
ln_mult ln_softmax_step(double beta, const TfLiteTensor *x);
void ln_softmax_row_16(int16_t *y, const int16_t *x, int n, ln_mult step,
                       const ln_softmax_tables *t);

/* Logarithm of a sum of exponentials, with LN_SOFTMAX_BITS integer bits; from log_softmax.c. */
int32_t ln_softmax_log(int32_t sum);

#endif
