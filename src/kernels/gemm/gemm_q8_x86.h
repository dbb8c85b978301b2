/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q8_x86.h: 8-bit matrix products on x86; the contract is in kernels/gemm_q8.h.  Included by
 * the files of the sets, which define what tile_x86.h asks for and ROWS, the list of up_to.h up
 * to MR.
 *
 * A tile is as large as the registers allow: MR rows by two vectors of columns, the two vectors of
 * b and one for a's values, which go to all lanes. */
#include "kernels/gemm/tile_x86.h"
#include "kernels/gemm/up_to.h"
#include "kernels/gemm_q8.h"
#include "kernels/kernels.h"

enum { VEC = sizeof(vec), VALUE = 4 / KR }; /* bytes of a vector, and of a value */

/* Sums of SUM_ROWS rows. */
LN_INLINE void sum_rows(vec acc[SUM_ROWS], const uint8_t *const *at, const ln_q8_rows *a)
{
    const size_t bytes = a->length * VALUE;
    const vec one = vec_set(KR == 4 ? 0x01010101 : 0x00010001);
    LN_UNROLL
    for (size_t i = 0; i < SUM_ROWS; i++)
        acc[i] = vec_zero();
    for (size_t p = 0; p < a->pieces; p++) {
        size_t s = 0, from = a->offset[p];
        for (; s + VEC < bytes; s += VEC, from += VEC)
            LN_UNROLL
        for (size_t i = 0; i < SUM_ROWS; i++)
            acc[i] = dot(acc[i], vec_load(at[i] + from), one);
        LN_UNROLL
        for (size_t i = 0; i < SUM_ROWS; i++)
            acc[i] = dot(acc[i], vec_first(at[i] + from, bytes - s), one);
    }
}

/* Rows that are left over are summed with some before them once more, or with the last one. */
static void sums(int32_t *sums, const ln_q8_rows *a, size_t m)
{
    const uint8_t *few[SUM_ROWS];
    vec acc[SUM_ROWS];
    for (size_t i = 0; i < SUM_ROWS && m < SUM_ROWS; i++)
        few[i] = a->at[LN_MIN(i, m - 1)];
    for (size_t i = 0; i < m; i += SUM_ROWS) {
        const size_t from = m < SUM_ROWS ? 0 : LN_MIN(i, m - SUM_ROWS);
        sum_rows(acc, m < SUM_ROWS ? few : a->at + from, a);
        vec_sums(sums + from, acc, LN_MIN(m, (size_t)SUM_ROWS));
    }
}

/* ---- tiles ---- */

/* What belongs to each column and row; m and v are constants in every call. */
LN_INLINE void begin_sums(vec acc[MR][2], const ln_q8_tile *t, size_t from, const int m,
                          const int v)
{
    LN_UNROLL
    for (int i = 0; i < m; i++)
        LN_UNROLL
    for (int j = 0; j < v; j++)
        acc[i][j] = vec_load(t->column + LANES * j);
    if (!t->row)
        return;
    LN_UNROLL
    for (int i = 0; i < m; i++) {
        const vec row = vec_set(t->row[from + (size_t)i]);
        LN_UNROLL
        for (int j = 0; j < v; j++)
            acc[i][j] = vec_add(acc[i][j], row);
    }
}

LN_INLINE void store_sums(vec acc[MR][2], int32_t *to, const int m, const int v)
{
    LN_UNROLL
    for (int i = 0; i < m; i++)
        LN_UNROLL
    for (int j = 0; j < v; j++)
        vec_store(to + i * NR + LANES * j, acc[i][j]);
}

/* m rows by v vectors of columns; both are constants in every call. */
LN_INLINE void tile_of(const ln_q8_tile *t, size_t from, const int m, const int v)
{
    vec acc[MR][2];
    begin_sums(acc, t, from, m, v);
    const size_t bytes = t->a.length * VALUE;
    const int8_t *b = t->panel;
    for (size_t p = 0; p < t->a.pieces; p++, b += (t->a.length + KR - 1) / KR * KR * NR) {
        const char *x[MR];
        LN_UNROLL
        for (int i = 0; i < m; i++)
            x[i] = (const char *)t->a.at[from + (size_t)i] + t->a.offset[p];
        add_products(acc, x, bytes, b, m, v);
    }
    store_sums(acc, t->sums + from * NR, m, v);
}

typedef void (*tile_fn)(const ln_q8_tile *t, size_t from);

#define TILE(m, v)                                               \
    static void tile_##m##_##v(const ln_q8_tile *t, size_t from) \
    {                                                            \
        tile_of(t, from, m, v);                                  \
    }
ROWS(TILE, 1)
ROWS(TILE, 2)
#undef TILE

/* A tile of MR rows by itself, or false. */
#ifndef EVEN_TILE
#define EVEN_TILE(t, from) false
#endif

static void tile(const ln_q8_tile *t)
{
#define NAME(m, v) tile_##m##_##v,
    static const tile_fn fn[2][MR + 1] = {{NULL, ROWS(NAME, 1)}, {NULL, ROWS(NAME, 2)}};
#undef NAME
    for (size_t from = 0; from < t->m; from += MR)
        if (t->m - from < MR || !EVEN_TILE(t, from))
            fn[t->n > LANES][LN_MIN(t->m - from, (size_t)MR)](t, from);
}

/* ---- one row ---- */

/* 4 bytes of the row by v vectors of columns, two per panel; `apart`: bytes from panel to panel.
 * v is a constant in every call. */
LN_INLINE void add_step(vec acc[4], const char *x, const int8_t *b, size_t apart, const int v)
{
    int32_t four;
    memcpy(&four, x, sizeof four);
    const vec all = vec_set(four);
    LN_UNROLL
    for (int j = 0; j < v; j++) {
        const int8_t *at = b + (j < 2 ? 0 : apart) + j % 2 * LANES * KR;
        acc[j] = dot(acc[j], all, columns_at(at));
    }
}

LN_INLINE void row_of(const ln_q8_tile *t, size_t col, size_t apart, const int v)
{
    const size_t bytes = t->a.length * VALUE;
    const vec first = vec_set(t->row ? t->row[0] : 0);
    const int8_t *b = t->panel + col / NR * apart;
    vec acc[4];
    LN_UNROLL
    for (int j = 0; j < v; j++)
        acc[j] = t->column ? vec_add(vec_load(t->column + col + (size_t)j * LANES), first) : first;
    for (size_t p = 0; p < t->a.pieces; p++) {
        const char *x = (const char *)t->a.at[0] + t->a.offset[p];
        size_t s = 0;
        for (; s + 8 <= bytes; s += 8, b += 2 * NR * KR) {
            add_step(acc, x + s, b, apart, v);
            add_step(acc, x + s + 4, b + NR * KR, apart, v);
        }
        for (; s < bytes; s += 4, b += NR * KR)
            add_step(acc, x + s, b, apart, v);
    }
    LN_UNROLL
    for (int j = 0; j < v; j++)
        vec_store(t->sums + col + (size_t)j * LANES, acc[j]);
}

/* Two panels at a time: each value of the row is loaded for both. */
static void row(const ln_q8_tile *t)
{
    const size_t apart = (t->a.length + KR - 1) / KR * KR * NR * t->a.pieces;
    size_t col = 0;
    for (; col + NR < t->n; col += 2 * NR)
        row_of(t, col, apart, 4);
    if (col + LANES < t->n)
        row_of(t, col, apart, 2);
    else if (col < t->n)
        row_of(t, col, apart, 1);
}
