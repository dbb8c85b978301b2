/* SPDX-License-Identifier: Apache-2.0 */
/* patches_q8.h: uint8 weights with a zero point as int8 without one.  Where ranges were chosen by
 * the smallest and the largest weight, one or two of a layer do not fit: what they lack is added to
 * the sums of their column apart, and nobody needs the sums of rows. */
#ifndef LN_CPU_PATCHES_Q8_H
#define LN_CPU_PATCHES_Q8_H

#include "kernels/gemm_q8.h"

enum { LN_Q8_MOST_PATCHES = 16 };

/* `rest` times value s of a row belongs to column `column` of panel `panel`. */
typedef struct ln_q8_patch {
    size_t panel, column, s;
    int32_t rest;
} ln_q8_patch;

typedef struct ln_q8_patches {
    size_t count;
    ln_q8_patch patch[LN_Q8_MOST_PATCHES];
} ln_q8_patches;

/* w: rows of k, n of them for each group, whose panels are nr columns each; to: w - zero as far as
 * that is an int8.  False: too many are not. */
bool ln_q8_patches_center(ln_q8_patches *p, int8_t *to, const ln_q8_weights *w, size_t groups,
                          size_t nr, int zero);

/* False where they, which a file has given, are not of so many panels of nr columns of k steps. */
bool ln_q8_patches_check(const ln_q8_patches *p, size_t panels, size_t nr, size_t k);

/* Adds what patches of panels [panel, panel + panels) give to their sums, m rows of g->nr for each
 * panel.  a->offset: NULL where pieces lie one behind the other, filled up. */
void ln_q8_patches_add(const ln_q8_patches *p, const ln_gemm_q8 *g, const ln_q8_rows *a, size_t m,
                       size_t panel, size_t panels, int32_t *sums);

#endif
