/* SPDX-License-Identifier: Apache-2.0 */
/* product_s16.h: what CONV_2D and FULLY_CONNECTED of int16 activations and int8 or int4 weights
 * share.  Inputs are 0: x, 1: weights [n, ...], 2: bias. */
#ifndef LN_CPU_PRODUCT_S16_H
#define LN_CPU_PRODUCT_S16_H

#include "cpu/columns.h"
#include "cpu/frame.h"
#include "ops/qmath.h"

typedef struct ln_cpu_s16 {
    ln_cpu_int_product product;
    ln_cpu_frame frame; /* of images */
    size_t n, k, groups, images;
    bool gathers; /* rows are windows; else x as it lies */
    bool real; /* scaled in double precision (FULLY_CONNECTED), not by 16-bit multipliers */
    bool wide; /* sums need 64 bits */
    /* where in the packed constants */
    size_t requant_at, bias_at, panels_at, group_bytes;
    /* where in the scratch memory */
    size_t sums_at, wide_at, frames_at;
} ln_cpu_s16;

/* Types that a row may claim. */
bool ln_cpu_s16_claims(const ln_call *c);
/* Packs and sizes.  Set before: groups, real, gathers, and with it images and frame, product.m,
 * product.lda. */
ln_status ln_cpu_s16_plan(ln_cpu_kernel *k, const ln_call *c, TfLiteFusedActivation act,
                          ln_cpu_s16 *p) LN_MUST_USE;
void ln_cpu_s16_run(const ln_cpu_kernel *k, const ln_call *c, const ln_cpu_s16 *p);

#endif
