/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q8.h: products of 8-bit matrices with sums of 32 bits that wrap around.
 *
 *   c[i][j] = column[j] + row[i] + sum over s < k of a[i][s] b[s][j]
 *
 * Each instruction set has its own form of a and b; what follows is the same for all of them:
 *   b   panels of nr columns, each [k / kr][nr][kr] int8, filled up with zeros
 *   a   rows of values, `kr` of them at a time; k rounded up to kr, filled up with zeros
 * A value of a is the byte x of the operand in one of three forms (LN_Q8_*).  `flip` turns int8
 * into uint8 (0x80) or leaves it (0); b holds w ^ flip likewise as int8. */
#ifndef LN_KERNELS_GEMM_Q8_H
#define LN_KERNELS_GEMM_Q8_H

#include <stddef.h>
#include <stdint.h>

typedef enum ln_q8_form {
    LN_Q8_CENTERED, /* int16: the zero point taken off */
    LN_Q8_UNSIGNED, /* uint8: int8 + 128 */
    LN_Q8_SIGNED,   /* int8: uint8 - 128 */
} ln_q8_form;

enum { LN_Q8_MAX_NR = 32 };

/* Rows of a by one panel of b. */
typedef struct ln_q8_tile {
    int32_t *sums; /* m rows of nr, of which the first n count */
    const void *a;
    size_t lda; /* bytes from row to row */
    const int8_t *panel;
    size_t m, n, k;             /* k: a multiple of kr */
    const int32_t *column, *row; /* row: NULL for zeros */
} ln_q8_tile;

typedef struct ln_gemm_q8 {
    ln_q8_form form;
    int mr, nr, kr; /* rows of one tile; see above */
    /* m rows of k bytes, ldx apart, to rows of this form that are lda bytes apart; `zero` is taken
     * off by LN_Q8_CENTERED.  Unsigned and signed rows may be made where they lie. */
    void (*take)(void *a, size_t lda, const uint8_t *x, size_t ldx, size_t m, size_t k,
                 uint8_t flip, int zero);
    /* The sums of the first k values of each row. */
    void (*sums)(int32_t *sums, const void *a, size_t lda, size_t m, size_t k);
    void (*tile)(const ln_q8_tile *t);
} ln_gemm_q8;

/* plain/pack_q8.c: panel `panel` of B = W^T, where W [n, k] lies row by row; sums[j] receives the
 * sum of column j of the panel as packed, for nr columns. */
void ln_gemm_q8_pack(const ln_gemm_q8 *g, int8_t *to, const uint8_t *w, size_t n, size_t k,
                     size_t panel, uint8_t flip, int32_t *sums);

/* plain/take_q8.c: `take` of forms of a byte, for kr of 4 and 8. */
void ln_gemm_q8_take_4(void *a, size_t lda, const uint8_t *x, size_t ldx, size_t m, size_t k,
                       uint8_t flip, int zero);
void ln_gemm_q8_take_8(void *a, size_t lda, const uint8_t *x, size_t ldx, size_t m, size_t k,
                       uint8_t flip, int zero);

#endif
