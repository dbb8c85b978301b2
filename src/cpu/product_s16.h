/* SPDX-License-Identifier: Apache-2.0 */
/* product_s16.h: what CONV_2D, TRANSPOSE_CONV and FULLY_CONNECTED of int16 activations and int8 or
 * int4 weights share: a product of rows and weights, or several parts with the same columns, whose
 * rows are other ones of x and y.  Inputs are 0: x, 1: weights [n, ...], 2: bias. */
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
    bool late; /* weights are packed by the first run, */
    TfLiteFusedActivation act; /* for which it needs this */
    int32_t min, max; /* of results */
    size_t window_at; /* bytes of the frame in front of the first window */
    /* Where rows go: `width` of them are `ld` items apart, and `line` items behind their first one
     * others follow. */
    size_t width, ld, line;
    /* where in the packed constants; late_at: scales, while it packs */
    size_t panels_at, group_bytes, late_at;
    /* where in the scratch memory, behind the product's */
    size_t wide_at, frames_at;
} ln_cpu_s16;

typedef struct ln_cpu_s16_parts {
    ln_cpu_s16 *at;
    size_t count;
    /* Those of part i, [n, k of the part], until the next ones are asked for.  NULL: input 1. */
    int8_t *(*weights)(const void *user, size_t i);
    const void *user;
} ln_cpu_s16_parts;

/* Types that a row may claim. */
bool ln_cpu_s16_claims(const ln_call *c);
/* Packs and sizes.  Set before, of each part: k, groups, real, gathers, and with it images and
 * frame, window_at, width, ld, line, product.m, product.lda.  All have the same frame of memory. */
ln_status ln_cpu_s16_plan(ln_cpu_kernel *k, const ln_call *c, TfLiteFusedActivation act,
                          const ln_cpu_s16_parts *parts) LN_MUST_USE;
/* Copies the images into their frames, for parts that gather. */
void ln_cpu_s16_frame(const ln_cpu_kernel *k, const ln_cpu_s16 *p, const int16_t *x);
/* One part, whose rows go to y. */
void ln_cpu_s16_run(const ln_cpu_kernel *k, const ln_call *c, const ln_cpu_s16 *p, const int16_t *x,
                    int16_t *y);

#endif
