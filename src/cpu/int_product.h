/* SPDX-License-Identifier: Apache-2.0 */
/* int_product.h: products of integer rows with packed weights, over several threads.  Work goes in
 * blocks of rows by panels of columns; the sums of each are finished while they are in the cache.
 * Rows lie in memory, or are put together (gathered, quantized) a block at a time. */
#ifndef LN_CPU_INT_PRODUCT_H
#define LN_CPU_INT_PRODUCT_H

#include "cpu/row.h"

/* Rows [row, row + rows) that are wanted at `to`, `ld` items from row to row. */
typedef struct ln_cpu_wanted {
    size_t row, rows, ld;
    void *to;
    int thread;
} ln_cpu_wanted;

/* Sums of rows [row, row + rows) and columns [col, col + cols), `ld` from row to row, of chunk
 * `chunk` of k. */
typedef struct ln_cpu_sums {
    size_t row, rows, col, cols, chunk, ld;
    const int32_t *at;
    int thread;
} ln_cpu_sums;

typedef struct ln_cpu_int_product {
    size_t m, n, k;
    size_t size;          /* bytes of an item of A */
    size_t depth;         /* items from row to row where rows are filled in; at least k */
    size_t chunk, chunks; /* k goes in `chunks` pieces of `chunk`, whose sums come one by one */
    size_t blocks, step;  /* of rows, and between which; set by ln_cpu_int_product_plan, */
    size_t rows;          /* so are the most that a block has */
    bool cheap;           /* `fill` may be called several times for the same rows */
    const uint8_t *a;     /* A as it lies, `lda` items from row to row, where there is no `fill` */
    size_t lda;
    const uint8_t *panels; /* chunks of a panel follow each other */
    size_t chunk_bytes;    /* from chunk to chunk of a panel; */
    size_t panel_bytes;    /* from panel to panel */
    uint8_t *scratch;
    const ln_gemm_s16 *s16; /* the tiles: these, */
    const ln_gemm_q8 *q8;   /* or these, with their depth and one chunk */
    void (*fill)(const ln_cpu_kernel *k, const void *user, const ln_cpu_wanted *wanted);
    void (*finish)(const ln_cpu_kernel *k, const void *user, const ln_cpu_sums *sums);
    const void *user;
    size_t ldc, first; /* for what follows the node: columns of C, and the first one of these n */
} ln_cpu_int_product;

/* Small groups of a convolution are joined, with weights of 0 for what others read: a panel takes
 * as long for all of them as for each.  How many, of `groups` with weights w, by panels of nr. */
size_t ln_cpu_joined_groups(const TfLiteTensor *w, size_t groups, size_t nr);

/* Constant 8-bit or int4 weights: `groups` products of n columns and k steps, those of groups that
 * were joined; transposed: each lies as [k, n]. */
typedef struct ln_cpu_given {
    const TfLiteTensor *w;
    size_t n, k, groups, joined; /* joined 0: as 1 */
    bool transposed;
} ln_cpu_given;
/* Bytes column by column: as they lie, or in memory of ln_alloc_default that `made` has then; it
 * has none when memory is out. */
ln_status ln_cpu_order_weights(const ln_cpu_given *g, uint8_t *made[2],
                               const uint8_t **at) LN_MUST_USE;

/* Columns of a panel. */
static inline size_t ln_cpu_int_product_nr(const ln_cpu_int_product *p)
{
    return p->q8 ? (size_t)p->q8->nr : p->s16->nr;
}

/* Chooses blocks, step and rows; *bytes is what a run needs at `scratch`.  Needs m to chunks, and
 * fill. */
ln_status ln_cpu_int_product_plan(const ln_cpu_kernel *k, ln_cpu_int_product *p,
                                  size_t *bytes) LN_MUST_USE;
void ln_cpu_int_product_run(const ln_cpu_kernel *k, const ln_cpu_int_product *p);
/* Rows [row, row + rows) by all panels, as thread `thread`, which has begun tiles; without what
 * follows the node. */
void ln_cpu_int_product_rows(const ln_cpu_kernel *k, const ln_cpu_int_product *p, size_t row,
                             size_t rows, int thread);

#endif
