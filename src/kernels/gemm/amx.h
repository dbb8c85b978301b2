/* SPDX-License-Identifier: Apache-2.0 */
/* amx.h: what products on AMX have in common.  All eight tiles are 16 rows of 64 bytes: fewer rows
 * or bytes would take as long, and setting up another form some 200 cycles.  Four tiles are sums,
 * two by two of 16 rows and 16 columns; two have A's rows, two what B has for 16 columns.
 *
 * Intrinsics of some compilers do not say that they read memory: amx_settle goes between writing
 * it and loading a tile from it. */
#ifndef LN_KERNELS_GEMM_AMX_H
#define LN_KERNELS_GEMM_AMX_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

enum { AMX_ROWS = 16, AMX_BYTES = 64 };

typedef struct amx_form {
    uint8_t palette, start, unused[14];
    uint16_t bytes[16];
    uint8_t rows[16];
} amx_form;

/* These belong to a thread; other functions may run in between. */
LN_INLINE void amx_begin(void)
{
    static const _Alignas(64) amx_form form = {
        .palette = 1,
        .bytes = {64, 64, 64, 64, 64, 64, 64, 64},
        .rows = {16, 16, 16, 16, 16, 16, 16, 16},
    };
    _tile_loadconfig(&form);
}
LN_INLINE void amx_end(void)
{
    _tile_release();
}
LN_INLINE void amx_settle(void)
{
    __asm__ volatile("" ::: "memory");
}

/* Which of the two groups of 16 rows and of 16 columns are computed; whether rows are to leave the
 * first-level cache to B.  Constants in every call. */
typedef struct amx_size {
    bool two, wide, stream;
} amx_size;

#define AMX_ROWS_OF(tile, a, lda, size)       \
    do {                                      \
        if ((size).stream)                    \
            _tile_stream_loadd(tile, a, lda); \
        else                                  \
            _tile_loadd(tile, a, lda);        \
    } while (0)

/* 64 bytes of rows that are `lda` bytes apart, of each group `from` bytes on, by 16 rows of B.
 * What has been used is set to zero, which gives its register back: where another program runs on
 * the core's other thread, tiles wait for registers otherwise, and all takes twice as long. */
#define AMX_ADD(dot, a, from, lda, b, ldb, size)                       \
    do {                                                               \
        AMX_ROWS_OF(4, (a)[0] + (from), (lda), size);                  \
        _tile_loadd(6, (b), (ldb));                                    \
        dot(0, 4, 6);                                                  \
        if ((size).wide) {                                             \
            _tile_loadd(7, (const uint8_t *)(b) + AMX_BYTES, (ldb));   \
            dot(1, 4, 7);                                              \
        }                                                              \
        _tile_zero(4);                                                 \
        if ((size).two) {                                              \
            AMX_ROWS_OF(5, (a)[1] + (from), (lda), size);              \
            dot(2, 5, 6);                                              \
            _tile_zero(6);                                             \
            if ((size).wide)                                           \
                dot(3, 5, 7);                                          \
            _tile_zero(5);                                             \
        } else {                                                       \
            _tile_zero(6);                                             \
        }                                                              \
        if ((size).wide)                                               \
            _tile_zero(7);                                             \
    } while (0)

/* Sums of nothing. */
LN_INLINE void amx_zero(const amx_size size)
{
    _tile_zero(0);
    if (size.wide)
        _tile_zero(1);
    if (size.two)
        _tile_zero(2);
    if (size.two && size.wide)
        _tile_zero(3);
}
/* Sums from memory: rows are `ld` bytes apart, those of the second group from `below` on. */
LN_INLINE void amx_load(const void *from, const void *below, size_t ld, const amx_size size)
{
    _tile_loadd(0, from, ld);
    if (size.wide)
        _tile_loadd(1, (const uint8_t *)from + AMX_BYTES, ld);
    if (size.two)
        _tile_loadd(2, below, ld);
    if (size.two && size.wide)
        _tile_loadd(3, (const uint8_t *)below + AMX_BYTES, ld);
}
/* And to memory. */
LN_INLINE void amx_store(void *to, void *below, size_t ld, const amx_size size)
{
    _tile_stored(0, to, ld);
    if (size.wide)
        _tile_stored(1, (uint8_t *)to + AMX_BYTES, ld);
    if (size.two)
        _tile_stored(2, below, ld);
    if (size.two && size.wide)
        _tile_stored(3, (uint8_t *)below + AMX_BYTES, ld);
}

#endif
