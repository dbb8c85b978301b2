/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_steps.h: products of 8-bit matrices for sets whose instruction for bytes (vpmaddubsw) adds
 * up two products in 16 bits, with saturation.
 *
 * Columns of b are packed as steps of 4 values, in which neither the positive weights of each half
 * of a column add up to more than 128 nor the negative ones to less than -128: times bytes of up to
 * 255 they stay within 16 bits, and products are exact.  Weights that are too large for that are
 * dealt out to several steps, which meet the same values of a.  Four or three steps of small
 * weights, from anywhere in a column, make a set for which the same holds together: its products
 * are added up in 16 bits and widened once.  A step alone takes three quarters of the time that the
 * tile takes which widens both operands, in a set about half. */
#ifndef LN_KERNELS_GEMM_STEPS_H
#define LN_KERNELS_GEMM_STEPS_H

#include <stdbool.h>

#include "kernels/gemm_q8.h"

enum { LN_STEP = 4 }; /* values of a step */

/* Steps of a panel: first sets of four, then sets of three, then what is left. */
typedef struct ln_step_sets {
    uint32_t fours, threes, ones;
} ln_step_sets;

/* Rows of a, bytes without sign, by one panel of b. */
typedef struct ln_step_tile {
    int32_t *sums;            /* m rows of nr, of which the first n count */
    const uint8_t *const *at; /* rows */
    const int8_t *weights;    /* [steps][nr][LN_STEP] */
    const uint32_t *from;     /* of each step: where in a row its values begin */
    const ln_step_sets *sets;
    size_t m, n;
    const int32_t *column; /* what is added to the sums of each */
} ln_step_tile;

/* Where steps are written. */
typedef struct ln_step_list {
    int8_t *weights; /* [most][nr][LN_STEP] */
    uint32_t *of;    /* of each: which one of the dense ones it is a part of */
    uint32_t *next;  /* for `collect`; only where steps are taken from */
    size_t count, most;
} ln_step_list;

typedef struct ln_gemm_steps {
    ln_gemm_q8 dense; /* form, mr, nr, kr and `take` alone */
    /* Appends the steps of a panel of ln_gemm_q8_pack, n steps of it, whose values are too large by
     * `zero`; false: there is no room. */
    bool (*split)(ln_step_list *to, const int8_t *panel, size_t n, int zero);
    /* Appends all steps of `from` by sets; `to` has room. */
    void (*collect)(ln_step_list *to, const ln_step_list *from, ln_step_sets *sets);
    void (*tile)(const ln_step_tile *t); /* NULL: the set has something better */
} ln_gemm_steps;

#endif
