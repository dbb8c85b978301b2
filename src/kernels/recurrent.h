/* SPDX-License-Identifier: Apache-2.0 */
/* recurrent.h: the inner loops of recurrent cells: a matrix of `rows` rows, `ld` items apart, times
 * a vector of n items, and gates.  Plain types, since ops/recurrent.h names the same
 * functions. */
#ifndef LN_KERNELS_RECURRENT_H
#define LN_KERNELS_RECURRENT_H

#include <stddef.h>
#include <stdint.h>

/* Sums of the gates of n cells, and their states before. */
typedef struct ln_lstm_sums {
    const float *in, *forget, *fresh, *out, *was;
} ln_lstm_sums;

typedef struct ln_recurrent_kernels {
    /* y[i] += row i . x */
    void (*dots_f32)(float *y, const float *w, size_t ld, const float *x, size_t rows, size_t n);
    /* The same, wrapped; |x| <= 255. */
    void (*dots_s8)(int32_t *y, const int8_t *w, size_t ld, const int16_t *x, size_t rows,
                    size_t n);
    /* y += x mul 2^(left - right - 31), rounded as qmath.h's ln_mul_q, saturated; left or right 0,
     * left <= 30, right <= 31, mul positive. */
    void (*add_s16)(int16_t *y, const int32_t *x, size_t n, int32_t mul, int left, int right);
    /* qmath.h's ln_fx_logistic16 and ln_fx_tanh16 with `bits` integer bits, at most 6; y may be
     * x. */
    void (*logistic_s16)(int16_t *y, const int16_t *x, size_t n, int bits);
    void (*tanh_s16)(int16_t *y, const int16_t *x, size_t n, int bits);
    /* What an LSTM cell makes of the sums of its gates: c = forget was + in fresh, h = out tanh(c),
     * where in, forget and out are logistic and fresh is tanh of the sums; the very results of
     * kernels/unary.h and kernels/binary.h. */
    void (*lstm_f32)(float *h, float *c, const ln_lstm_sums *s, size_t n);
} ln_recurrent_kernels;

#endif
