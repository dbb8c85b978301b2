/* SPDX-License-Identifier: Apache-2.0 */
/* int_product.h: products of integer rows, gathered from windows or as they lie, with packed
 * weights, over several threads.  Work goes in blocks of rows by panels of columns; the sums of
 * each are finished while they are in the cache. */
#ifndef LN_CPU_INT_PRODUCT_H
#define LN_CPU_INT_PRODUCT_H

#include "cpu/row.h"
#include "cpu/gather.h"

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
    size_t chunk, chunks; /* k goes in `chunks` pieces of `chunk`, whose sums come one by one */
    size_t rows;          /* of a block; set by ln_cpu_int_product_plan */
    const ln_cpu_gather *gather; /* A: the windows of `a`; NULL: rows of `a` as they lie, */
    const uint8_t *a;
    size_t lda;            /* `lda` items from row to row */
    const uint8_t *panels; /* chunks of a panel follow each other */
    size_t chunk_bytes;    /* from chunk to chunk of a panel; */
    size_t panel_bytes;    /* from panel to panel */
    uint8_t *scratch;
    const ln_gemm_s16 *s16; /* the tiles */
    void (*finish)(const ln_cpu_kernel *k, const void *user, const ln_cpu_sums *sums);
    const void *user;
} ln_cpu_int_product;

/* Chooses `rows`; *bytes is what a run needs at `scratch`.  Needs m to chunks, and gather. */
ln_status ln_cpu_int_product_plan(const ln_cpu_kernel *k, ln_cpu_int_product *p,
                                  size_t *bytes) LN_MUST_USE;
void ln_cpu_int_product_run(const ln_cpu_kernel *k, const ln_cpu_int_product *p);

#endif
