/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q8.h: products of 8-bit matrices with sums of 32 bits that wrap around.
 *
 *   c[i][j] = column[j] + row[i] + sum over s < k of a[i][s] b[s][j]
 *
 * Each instruction set has its own form of a and b; what follows is the same for all of them:
 *   a   rows of values in `pieces` runs of the same length, somewhere in memory.  Each goes `kr`
 *       values at a time, and what follows it up to that is read, but does not count
 *   b   panels of nr columns, each [pieces][length / kr][nr][kr] int8, filled up with zeros
 * A value of a is the byte x of the operand in one of three forms (LN_Q8_*).  `flip` turns int8
 * into uint8 (0x80) or leaves it (0); b holds w ^ flip likewise as int8. */
#ifndef LN_KERNELS_GEMM_Q8_H
#define LN_KERNELS_GEMM_Q8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ln_q8_form {
    LN_Q8_CENTERED, /* int16: the zero point taken off */
    LN_Q8_UNSIGNED, /* uint8: int8 + 128 */
    LN_Q8_SIGNED,   /* int8: uint8 - 128 */
} ln_q8_form;

enum { LN_Q8_MAX_NR = 32 };

/* Rows of a: piece p of row i begins at at[i] + offset[p]. */
typedef struct ln_q8_rows {
    const uint8_t *const *at;
    const size_t *offset;
    size_t pieces, length; /* values of a piece */
} ln_q8_rows;

/* For columns to which nothing is added: a tile may look whether it is given these. */
extern const int32_t ln_gemm_q8_zeros[LN_Q8_MAX_NR];

/* Rows of a by one panel of b. */
typedef struct ln_q8_tile {
    int32_t *sums; /* m rows of nr, of which the first n count */
    ln_q8_rows a;
    const int8_t *panel;
    size_t m, n;
    const int32_t *column, *row; /* row: NULL for zeros */
    bool begun;                  /* between `begin` and `end` */
    size_t apart;                /* bytes from each row of a to the next; 0: not known */
    bool ahead;                  /* the panel behind this one comes next, from far away */
} ln_q8_tile;

typedef struct ln_gemm_q8 {
    ln_q8_form form;
    int mr, nr, kr; /* rows of one tile; see above */
    int line;       /* rows that are put together are best this many bytes apart, or a multiple */
    /* NULL: nothing to do.  Around many calls of `tile` on this thread, which does it by itself
     * otherwise. */
    void (*begin)(void);
    void (*end)(void);
    /* m rows of k bytes, ldx apart, to rows of this form that are lda bytes apart; `zero` is taken
     * off by LN_Q8_CENTERED.  Each row is filled up with zeros to a multiple of kr. */
    void (*take)(void *a, size_t lda, const uint8_t *x, size_t ldx, size_t m, size_t k,
                 uint8_t flip, int zero);
    /* The sums of each of m rows. */
    void (*sums)(int32_t *sums, const ln_q8_rows *a, size_t m);
    /* NULL, or rows whose pieces lie one behind the other, `ld` bytes apart: `tile` is faster with
     * them than with windows of a convolution. */
    void (*pack)(uint8_t *to, size_t ld, const ln_q8_rows *a, size_t m);
    void (*tile)(const ln_q8_tile *t);
    /* With m = 1 and any n: by as many panels as that takes, one after another.  column: NULL for
     * zeros. */
    void (*row)(const ln_q8_tile *t);
} ln_gemm_q8;

static inline void ln_gemm_q8_begin(const ln_gemm_q8 *g)
{
    if (g->begin)
        g->begin();
}

static inline void ln_gemm_q8_end(const ln_gemm_q8 *g)
{
    if (g->end)
        g->end();
}

/* Bytes from row to row where rows of `bytes` are put together: lines of a cache where a tile's
 * rows begin must not all be in the same few sets of it. */
static inline size_t ln_gemm_q8_apart(const ln_gemm_q8 *g, size_t bytes)
{
    enum { SAME_SETS = 1024 };
    const size_t line = g->line > 0 && bytes >= (size_t)g->line ? (size_t)g->line : 1;
    const size_t apart = (bytes + line - 1) / line * line;
    return line > 1 && apart % SAME_SETS == 0 ? apart + line : apart;
}

/* Values of a piece of b, and of all of a column. */
static inline size_t ln_gemm_q8_depth(const ln_gemm_q8 *g, size_t length, size_t pieces)
{
    return (length + (size_t)g->kr - 1) / (size_t)g->kr * (size_t)g->kr * pieces;
}

/* W [n][pieces][length], of which b is the transpose. */
typedef struct ln_q8_weights {
    const uint8_t *at;
    size_t n, pieces, length;
    uint8_t flip;
} ln_q8_weights;

/* plain/pack_q8.c: panel `panel` of b; sums[j] receives the sum of column j of the panel as packed,
 * for nr columns; NULL: nobody asks. */
void ln_gemm_q8_pack(const ln_gemm_q8 *g, int8_t *to, const ln_q8_weights *w, size_t panel,
                     int32_t *sums);

/* plain/take_q8.c: `take` of forms of a byte, for kr of 4 and 8. */
void ln_gemm_q8_take_4(void *a, size_t lda, const uint8_t *x, size_t ldx, size_t m, size_t k,
                       uint8_t flip, int zero);
void ln_gemm_q8_take_8(void *a, size_t lda, const uint8_t *x, size_t ldx, size_t m, size_t k,
                       uint8_t flip, int zero);

#endif
