/* SPDX-License-Identifier: Apache-2.0 */
/* tail_q8.h: the constants that turn 32-bit sums of a quantized product into outputs, per column,
 * for the functions of kernels/rescale.h. */
#ifndef LN_CPU_TAIL_Q8_H
#define LN_CPU_TAIL_Q8_H

#include "kernels/kernels.h"
#include "ops/qmath.h"

typedef struct ln_q8_tail {
    bool real, fused; /* rounded once in double precision; else twice, by which function */
    ln_rescale bytes;
    ln_rescale_real doubles;
    void *to; /* where the constants lie */
    size_t columns;
} ln_q8_tail;

/* Chooses for the columns of `q`, n of them.  Columns are counted in multiples of 16, with gaps
 * where that suits the caller: `columns` with the gaps. */
void ln_q8_tail_choose(ln_q8_tail *t, const ln_kernels *fn, const ln_requant *q, size_t n,
                       bool real, size_t columns);
/* Bytes of the constants. */
size_t ln_q8_tail_bytes(const ln_q8_tail *t);
/* Chooses for constants that were filled in before and take so many bytes; false where none do. */
bool ln_q8_tail_of_size(ln_q8_tail *t, const ln_kernels *fn, bool real, size_t columns,
                        size_t bytes);
/* Looks at constants in their place that come from a file; false where they are not right. */
bool ln_q8_tail_check(ln_q8_tail *t);
/* Sets where they lie, zeroed and 64-byte aligned, and what is the same for all columns of `y`. */
void ln_q8_tail_place(ln_q8_tail *t, void *to, const ln_requant *q, const TfLiteTensor *y);
/* Columns [at, at + n). */
void ln_q8_tail_fill(ln_q8_tail *t, size_t at, const ln_requant *q, size_t n);

/* Sums [m][n] of columns [first, first + n) and where their outputs go; see kernels/rescale.h. */
typedef struct ln_q8_sums {
    const int32_t *x;
    size_t ldx, m, n, first;
    void *y;
    size_t y_at, ldy; /* items: of y, where the first output goes, and from row to row */
} ln_q8_sums;

void ln_q8_tail_run(const ln_q8_tail *t, const ln_kernels *fn, const ln_q8_sums *s);

#endif
