/* SPDX-License-Identifier: Apache-2.0 */
/* product_q8.h: products of 8-bit rows with constant 8-bit weights, requantized: what CONV_2D,
 * FULLY_CONNECTED have in common.  x may be int8 or uint8, with its zero point;
 * weights int8, int4, or uint8 with a zero point. */
#ifndef LN_CPU_PRODUCT_Q8_H
#define LN_CPU_PRODUCT_Q8_H

#include "cpu/patches_q8.h"
#include "cpu/row.h"
#include "cpu/steps_q8.h"
#include "cpu/tail_q8.h"
#include "cpu/windows_q8.h"

typedef struct ln_q8_product {
    /* set before ln_q8_product_plan */
    size_t m, n, k, groups; /* rows; columns and depth of each group */
    bool windowed;          /* rows are windows; else they lie in memory */
    ln_q8_windows windows;
    bool transposed;        /* weights lie as [k, n], of a single group */
    size_t joined; /* groups of a convolution that are one here, see int_product.h; 0: one */
    bool real; /* sums are rounded once, in double precision */
    /* Groups are products of their own: their results follow each other, and all columns have the
     * same constants in the tail, those of the first LN_Q8_MAX_NR. */
    bool uniform;
    /* set by it */
    const ln_gemm_q8 *g;  /* the form of rows and weights */
    ln_q8_steps steps;
    uint8_t x_flip;       /* see kernels/gemm_q8.h */
    int x_zero, w_zero;   /* zero points of packed values */
    bool centered;        /* packed weights have lost their zero point, */
    ln_q8_patches patches; /* and this */
    int take_zero;        /* what packing takes off */
    uint8_t pad;          /* the byte of x that stands for 0 */
    size_t rows;          /* of one block of work, at most */
    size_t blocks;
    size_t pieces, length; /* of a row, see kernels/gemm_q8.h */
    bool even;             /* windows go to the tiles as they lie in a frame, see windows_q8.h */
    size_t filled;         /* length of a piece of the weights as packed, if even */
    size_t depth;          /* of a column as packed */
    bool copies;           /* rows cannot be used as they lie */
    bool packs;            /* windows become rows, by ln_gemm_q8.pack */
    size_t frame_bytes;    /* of a block's rows, or frame */
    size_t panels;        /* of one group */
    const int8_t *packed; /* all panels, then what follows */
    const int32_t *column; /* per column: what is added to each sum */
    ln_q8_tail tail;
    size_t scratch_at, scratch_bytes; /* each thread's */
} ln_q8_product;

/* Which inputs of the node are what. */
typedef struct ln_q8_roles {
    int x, w, b;
} ln_q8_roles;

/* True where the types of a node are for this. */
bool ln_q8_product_claims(const ln_call *c, const ln_q8_roles *roles);
/* Packs the weights and sizes scratch memory; LN_ERR_UNSUPPORTED where weights or bias are not
 * constant. */
ln_status ln_q8_product_plan(ln_cpu_kernel *k, const ln_call *c, const ln_q8_roles *roles,
                             TfLiteFusedActivation act, ln_q8_product *p) LN_MUST_USE;

/* For weights that are not constant.  Sizes and zero points, and scratch memory of threads. */
ln_status ln_q8_product_shape(ln_cpu_kernel *k, const ln_call *c, const ln_q8_roles *roles,
                              ln_q8_product *p) LN_MUST_USE;
/* The form of rows and weights: flip and zero points; needs groups and n.  False where channels of
 * the weights have zero points of their own. */
bool ln_q8_product_form(ln_q8_product *p, const ln_gemm_q8 *g, const TfLiteTensor *x,
                        const TfLiteTensor *w);
/* Packs one group's weights [n, k], and what is added to its columns: p->panels times nr of
 * them, p->depth bytes each. */
void ln_q8_product_pack(const ln_q8_product *p, const uint8_t *w, uint8_t flip, const int32_t *bias,
                        int8_t *to, int32_t *column);

/* One run.  x: the images, or rows, of which row i of group g begins at x + i * ldx + g * group_x.
 */
typedef struct ln_q8_run {
    const uint8_t *x;
    size_t ldx, group_x;
    void *y;
    size_t ldy; /* items */
} ln_q8_run;

void ln_q8_product_run(const ln_cpu_kernel *k, const ln_q8_product *p, const ln_q8_run *run);
/* `rows` rows that lie in memory, of one group, on this thread, between begin and end of p->g. */
void ln_q8_product_run_rows(const ln_cpu_kernel *k, const ln_q8_product *p, const ln_q8_run *run,
                            size_t rows, int thread);

#endif
