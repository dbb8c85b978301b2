/* SPDX-License-Identifier: Apache-2.0 */
/* gemm.h: float32 matrix products C = clamp(A B + bias), a panel of B's columns at a time.
 *
 * B is packed once: panels of `nr` columns, the last of up to `nr_last` (see ln_gemm_panels), each
 * k steps of as many floats as the panel is wide, filled up with zeros to a multiple of `unit`.
 * Every result is one sum over k in order and then the bias, whatever tile it falls into, so
 * results do not depend on how the work is cut.
 *
 * Groups of few columns, those of a convolution, go side by side: a panel has the columns of
 * `together` groups, the first one of each, then the second one of each; a step of k is as many
 * floats of A, one for each group, and columns of C lie group by group.  `gather` brings images
 * into that form.
 *
 * Kernels of half precision take both operands in 16 bits, k filled up with zeros to a multiple of
 * `steps`.  B has `half` steps of a column side by side.  Rows of A are rounded once for all
 * panels, by `take`, and lie as the set likes them; windows are collected from an image that was
 * rounded before.  Of float16 alone (`half` 1) A is floats, too. */
#ifndef LN_KERNELS_GEMM_H
#define LN_KERNELS_GEMM_H

#include <stddef.h>
#include <stdint.h>

enum { LN_GEMM_GROUPS = 3 };

/* The rows of A: row i begins at `at` + i `ld`, or at list[i] where there is a list.  A row is
 * `pieces` pieces of `length` floats; piece r begins offsets[r] floats from the row's begin.  So
 * the windows of a convolution are rows without being copied. */
typedef struct ln_gemm_a {
    const float *at;
    size_t ld;
    const float *const *list;
    const ptrdiff_t *offsets;
    size_t pieces, length;
    const float *next; /* what of B is likely to be read after this; NULL: that is not known */
} ln_gemm_a;

/* The same of values in 16 bits: row i begins at list[i]. */
typedef struct ln_gemm_windows {
    const uint16_t *const *list;
    const ptrdiff_t *offsets;
    size_t pieces, length;
} ln_gemm_windows;

/* Where the rows of C go and what becomes of each sum. */
typedef struct ln_gemm_c {
    float *at;
    size_t ld;
    const float *bias; /* per column; NULL: none */
    float min, max;    /* NaN stays NaN */
} ln_gemm_c;

typedef struct ln_gemm_kernels {
    size_t mr;                /* rows that are computed at once: a good multiple to cut at */
    size_t nr, nr_last, unit; /* nr and nr_last are multiples of unit */
    size_t speed;             /* how many times that of the best float32 kernels, about */
    size_t least_row;         /* products of one row from which on they are faster than those */
    size_t least;             /* products of all rows from which on they are */
    size_t together;          /* groups; 1 but for kernels that are made for more */
    /* n pixels of `sets` times `floats` floats, each set of them with the others of its kind, sets
     * `apart` floats from each other: of as many groups the first channel of each, then the second,
     * and so on.  NULL: windows as they lie do. */
    void (*gather)(float *to, size_t apart, const float *from, size_t n, size_t sets,
                   size_t floats);
    size_t half, steps;       /* 0 and 1: operands are floats, and what follows is NULL */
    /* Rounds n floats. */
    void (*narrow)(uint16_t *to, const float *from, size_t n);
    /* Rounds m rows of one piece into ln_gemm_taken bytes, 64-byte aligned.  These are a->at of a
     * panel then; a piece of k steps is all that counts of the rest. */
    void (*take)(void *to, const ln_gemm_a *a, size_t m);
    /* The same of m rows that `narrow` has rounded. */
    void (*collect)(void *to, const ln_gemm_windows *a, size_t m);
    /* Before a thread's first panel and after its last; NULL: nothing. */
    void (*begin)(void), (*end)(void);
    /* m rows by the panel `b` of n columns (n not rounded up). */
    void (*panel)(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t m, size_t n);
    /* One row by all n columns; NULL: panels do. */
    void (*row)(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t n);
} ln_gemm_kernels;

/* How many panels n columns make; all but the last have g->nr. */
static inline size_t ln_gemm_panels(const ln_gemm_kernels *g, size_t n)
{
    return n <= g->nr_last ? (n > 0) : (n - g->nr_last + g->nr - 1) / g->nr + 1;
}

/* Columns of the next panel, where `left` columns have none yet. */
static inline size_t ln_gemm_columns(const ln_gemm_kernels *g, size_t left)
{
    return left <= g->nr_last ? left : g->nr;
}

/* Floats, or the room of so many, that k steps of `width` packed columns take; width is a multiple
 * of the unit, which is even. */
static inline size_t ln_gemm_floats(const ln_gemm_kernels *g, size_t width, size_t k)
{
    return g->half ? width / 2 * ((k + g->steps - 1) / g->steps * g->steps) : width * k;
}

/* Bytes of m rows of k steps as `take` leaves them. */
static inline size_t ln_gemm_taken(const ln_gemm_kernels *g, size_t m, size_t k)
{
    return (m + g->mr - 1) / g->mr * g->mr * ((k + g->steps - 1) / g->steps * g->steps) * 2;
}

/* Columns as packed: n rounded up. */
static inline size_t ln_gemm_width(const ln_gemm_kernels *g, size_t n)
{
    return (n + g->unit - 1) / g->unit * g->unit;
}

#endif
