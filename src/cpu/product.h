/* SPDX-License-Identifier: Apache-2.0 */
/* product.h: matrix products over several threads, for FULLY_CONNECTED and CONV_2D: rows of A,
 * which may have to be gathered first, times packed weights. */
#ifndef LN_CPU_PRODUCT_H
#define LN_CPU_PRODUCT_H

#include "cpu/row.h"
#include "kernels/gemm.h"

/* Packed weights [n, k] of one row: fixed once the weights are constant, else made in each run. */
typedef struct ln_cpu_weights {
    size_t n, k, groups; /* n columns in all, `groups` of them packed apart */
    bool fixed;
} ln_cpu_weights;

/* Sizes and, for constant weights (input `w`), packs.  Adds to k->scratch_bytes what else is
 * needed. */
ln_status ln_cpu_weights_plan(ln_cpu_kernel *k, const ln_call *c, int w,
                              ln_cpu_weights *weights) LN_MUST_USE;
/* The packed weights in a run. */
const float *ln_cpu_weights_get(const ln_cpu_kernel *k, const ln_call *c, int w,
                                const ln_cpu_weights *weights);
/* Floats of one group's panels. */
size_t ln_cpu_weights_stride(const ln_cpu_weights *weights);

/* One product: c [m, n] = a [m, k] times packed b, in blocks of `rows` rows. */
typedef struct ln_cpu_product {
    float *c;
    size_t ldc, m, n, k, rows;
    const float *b;
    ln_gemm_tail tail;
    /* Rows [from, from + count) of A: either they lie in memory... */
    const float *a;
    size_t lda;
    /* ...or `gather` puts them, one after the other, to `to`; `buffers` has rows * k floats for
     * each thread. */
    void (*gather)(const void *user, size_t from, size_t count, float *to);
    const void *user;
    float *buffers;
} ln_cpu_product;

void ln_cpu_product_run(const ln_cpu_kernel *k, const ln_cpu_product *p);

#endif
