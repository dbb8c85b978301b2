/* SPDX-License-Identifier: Apache-2.0 */
/* stablehlo.h: what the STABLEHLO ops with dimension numbers share: lists of axes as sets, and
 * the sums of products of DOT_GENERAL and CONVOLUTION. */
#ifndef LN_OPS_STABLEHLO_H
#define LN_OPS_STABLEHLO_H

#include "ops/op.h"

/* A checked list of axes, each at most once and below `rank`, as a set of bits. */
ln_status ln_axis_set(ln_call *c, const char *what, const int64_t *axes, int n, int rank,
                      unsigned *set) LN_MUST_USE;

/* Types of the two operands and the result of a sum of products: float32; int32, which wraps;
 * int8 to int8, which wraps, or to int32, as the output says. */
ln_status ln_product_type(ln_call *c, TfLiteType *type) LN_MUST_USE;

typedef struct ln_products {
    const TfLiteTensor *x, *w;
    TfLiteTensor *y;
    float f;    /* the sum so far of floats */
    uint32_t i; /* and of integers */
} ln_products;

/* Adds x[from + k * x_step] * w[at + k * w_step] for k in [0, n), in this order. */
void ln_products_add(ln_products *p, int64_t from, int64_t x_step, int64_t at, int64_t w_step,
                     int64_t n);
/* Writes the sum to item `to` of y and starts the next one. */
void ln_products_end(ln_products *p, int64_t to);

#endif
