/* SPDX-License-Identifier: Apache-2.0 */
/* recurrent.h: what the recurrent families (lstm_step.c, rnn.c) share: a row of floats times a
 * weight matrix that is float, or 8 bits wide ("hybrid": the row is quantized on the fly). */
#ifndef LN_OPS_RECURRENT_H
#define LN_OPS_RECURRENT_H

#include "base/thread.h"
#include "ops/op.h"

enum { LN_ROW_BLOCK = 64 }; /* products at a time */

/* Inner loops that whoever runs an operator may have faster ones for: the engine has those of
 * kernels/recurrent.h, where their contracts are. */
typedef struct ln_row_loops {
    void (*dots_f32)(float *y, const float *w, size_t ld, const float *x, size_t rows, size_t n);
    void (*dots_s8)(int32_t *y, const int8_t *w, size_t ld, const int16_t *x, size_t rows,
                    size_t n);
    void (*add_s16)(int16_t *y, const int32_t *x, size_t n, int32_t mul, int left, int right);
    void (*logistic_s16)(int16_t *y, const int16_t *x, size_t n, int bits);
    void (*tanh_s16)(int16_t *y, const int16_t *x, size_t n, int bits);
    void (*logistic_f32)(void *y, const void *const *x, size_t n, const void *none);
    void (*tanh_f32)(void *y, const void *const *x, size_t n, const void *none);
    ln_pool *pool; /* NULL: one thread */
} ln_row_loops;

/* A row of floats and, for 8-bit weights, the same quantized. */
typedef struct ln_row {
    const float *f;
    const int8_t *q;
    float scale;
    int32_t zero;
    int n;
    const ln_row_loops *loops; /* NULL: plain ones */
} ln_row;

/* The row as weights of `type` want it; `q` is room for n bytes. */
ln_row ln_row_for(TfLiteType type, const float *f, int n, bool asymmetric, int8_t *q);
/* Calls fn for parts of the `rows` rows of a matrix that x is multiplied with, by several threads
 * where that is work enough; parts begin at multiples of LN_ROW_BLOCK. */
void ln_row_share(const ln_row *x, int rows, ln_range_fn fn, void *arg);
/* y[i] += w[i] . x for a matrix [rows, x.n]; a vector of weights is a diagonal matrix. */
void ln_row_product(const TfLiteTensor *w, const ln_row *x, int rows, float *y);
/* Sum of w[i] * (x[i] - zero); wraps as TFLite's int32 sum does. */
int32_t ln_dot_offset_s8(const int8_t *w, const int8_t *x, int32_t zero, int n);
/* The same for `count` rows of w and a quantized row, to y. */
void ln_dots_offset_s8(const int8_t *w, const ln_row *x, int count, int32_t *y);
void ln_activate_row(const ln_row_loops *loops, TfLiteFusedActivation act, const float *x, int n,
                     float *y);
/* True for the types of weights that may go with a float input. */
bool ln_row_type(TfLiteType type);

/* How a cell goes over a batch of sequences, [batch, time, n] or [time, batch, n]. */
typedef struct ln_walk {
    int batch, time;
    bool time_major, backward;
    int y_row, y_offset; /* items per row of y; where this direction's part starts */
} ln_walk;
/* The row of x and y that sequence `b` meets in its step `i`. */
size_t ln_walk_row(const ln_walk *w, int b, int i);
/* For x of rank 3; y_row is left to the caller. */
ln_walk ln_walk_over(const TfLiteTensor *x, bool time_major);

/* ---- checks: a dimension of -1, on either side, is not known and agrees with all ---- */

/* Input `i` is there, of that type, with dimensions [d0] or, where d1 is not LN_NO_DIM,
 * [d0, d1]. */
enum { LN_NO_DIM = -2 };
ln_status ln_check_operand(ln_call *c, int i, TfLiteType type, int d0, int d1) LN_MUST_USE;
/* The optional second input `i` of a bidirectional op with first input x: without weights of its
 * own it replaces x for the backward cell and must look like it. */
ln_status ln_check_second_input(ln_call *c, int i, const ln_shape *x, bool forward_weights,
                                bool backward_weights) LN_MUST_USE;
/* Input `i` is a variable of that type with `rows` x `n` items. */
ln_status ln_check_state(ln_call *c, int i, TfLiteType type, int rows, int n) LN_MUST_USE;

#endif
