/* SPDX-License-Identifier: Apache-2.0 */
/* product.h: float32 matrix products over several threads: weights that are packed once, rows of A
 * that lie in memory or are windows of an image (windows.h), cut into items for cache and threads.
 * No sum is ever cut, so results do not depend on the number of threads. */
#ifndef LN_CPU_PRODUCT_H
#define LN_CPU_PRODUCT_H

#include "cpu/row.h"

/* ---- weights ---- */

/* Packed weights [n, k] of one row: fixed once the weights are constant, else made in each run. */
typedef struct ln_cpu_weights {
    size_t m, n, k, groups; /* for m rows; n columns in all, `groups` parts of them packed apart */
    bool windows; /* rows are listed: windows.h */
    size_t channels; /* of a group in A, where groups may go side by side; else 0 */
    bool fixed, f16; /* the latter: and float16 has their values */
    const ln_gemm_kernels *g; /* what they are packed for; NULL before the first plan */
} ln_cpu_weights;

/* The kernels for constant weights of these sizes: of half precision where that is allowed and
 * worth rounding rows. */
const ln_gemm_kernels *ln_cpu_gemm_for(const ln_cpu_kernel *k, const ln_cpu_weights *w);
/* Whether weights (input `w`) are constant, and the kernels for them. */
void ln_cpu_weights_begin(ln_cpu_kernel *k, const ln_call *c, int w, ln_cpu_weights *weights);
/* Sizes and, for constant weights, packs.  Adds to k->scratch_bytes what else is needed. */
ln_status ln_cpu_weights_plan(ln_cpu_kernel *k, const ln_call *c, int w,
                              ln_cpu_weights *weights) LN_MUST_USE;
/* The packed weights in a run. */
const float *ln_cpu_weights_get(const ln_cpu_kernel *k, const ln_call *c, int w,
                                const ln_cpu_weights *weights);

/* Floats, or the room of so many, of n packed columns of k steps; false when that overflows. */
bool ln_cpu_packed_floats(const ln_gemm_kernels *g, size_t n, size_t k, size_t *floats);
/* n columns of k steps: step s of column j is at[s * step + j * column]. */
typedef struct ln_cpu_columns {
    const float *at;
    size_t n, k, step, column;
} ln_cpu_columns;
void ln_cpu_pack_columns(ln_pool *pool, const ln_gemm_kernels *g, float *to,
                         const ln_cpu_columns *w);
/* Packs n of a panel's columns, each of which lies value by value: w[j * column + s].  4 at a time
 * are best: many may share sets of the cache. */
void ln_cpu_pack_few(float *to, size_t width, const float *w, size_t k, size_t column, size_t n);

/* ---- products ---- */

/* What a product is, as far as the way it is cut depends on it. */
typedef struct ln_cpu_extent {
    const ln_gemm_kernels *g;
    size_t m, n, k;
    size_t unit;      /* blocks of rows are multiples of so many */
    size_t row_bytes; /* of A and C that a block takes in the cache, per row */
} ln_cpu_extent;

typedef struct ln_cpu_cut {
    size_t rows;   /* per block; all at most */
    size_t blocks; /* of so many rows or somewhat less, if all are to be about as large */
    size_t strips; /* runs of panels that each block is cut into */
    bool by_strips; /* items go strip by strip, else block by block */
    bool alone;    /* too little for several threads */
} ln_cpu_cut;

/* Offers ways of cutting: k->ways, k->work. */
ln_cpu_cut ln_cpu_cut_product(ln_cpu_kernel *k, const ln_cpu_extent *e);

/* Where each thread has room for the rows of A that it rounds, in the scratch memory. */
typedef struct ln_cpu_taken {
    size_t at, bytes; /* 0 bytes: kernels take them as they are */
} ln_cpu_taken;

/* For blocks of up to `rows` rows of k steps; adds to k->scratch_bytes.  False when that is too
 * much. */
bool ln_cpu_taken_plan(ln_cpu_kernel *k, const ln_gemm_kernels *g, size_t rows, size_t steps,
                       ln_cpu_taken *taken);

/* Rows of C and A of one block. */
typedef struct ln_cpu_rows {
    size_t first, count;
    ln_gemm_a a; /* of row `first` on */
    ln_gemm_windows windows; /* instead, where `list` is not NULL */
} ln_cpu_rows;

typedef struct ln_cpu_product {
    const ln_gemm_kernels *g;
    ln_gemm_c c; /* all of it */
    size_t n, k; /* of one group; its columns of C follow those of the group before it, */
    size_t groups; /* and so do its panels of b and its offsets of A's pieces */
    const float *b;
    ln_cpu_taken taken;
    size_t blocks, strips;
    bool by_strips, alone;
    /* The rows of a block; where `thread` is. */
    void (*rows)(const void *user, size_t block, int thread, ln_cpu_rows *to);
    const void *user;
} ln_cpu_product;

/* Rows of A by n packed columns, panel by panel, into the rows at c->at. */
void ln_cpu_multiply(const ln_gemm_kernels *g, const ln_gemm_c *c, const ln_gemm_a *a,
                     const float *b, size_t rows, size_t n);
void ln_cpu_product_run(const ln_cpu_kernel *k, const ln_cpu_product *p);

/* Rows that lie one after the other. */
typedef struct ln_cpu_matrix {
    const float *at;
    size_t ld, m, k;
    size_t blocks, step; /* that all rows are cut into, between multiples of `step` rows */
} ln_cpu_matrix;
/* ln_cpu_product.rows with a matrix as user. */
void ln_cpu_matrix_rows(const void *user, size_t block, int thread, ln_cpu_rows *to);

#endif
