/* SPDX-License-Identifier: Apache-2.0 */
/* emulate_amx.h: AMX intrinsics in plain C, for testing kernels on processors that lack them;
 * included by emulate_avx512.h.  Tiles that were not set up, or whose sizes do not fit each other,
 * end the process, as they would there. */
#ifndef TESTS_KERNELS_EMULATE_AMX_H
#define TESTS_KERNELS_EMULATE_AMX_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct emu_tile {
    size_t rows, bytes;
    uint8_t at[16][64];
} emu_tile;

static _Thread_local emu_tile emu_tiles[8];

static inline void emu_tile_loadconfig(const void *config)
{
    const uint8_t *c = config;
    memset(emu_tiles, 0, sizeof emu_tiles);
    for (int i = 0; i < 8; i++) {
        emu_tiles[i].rows = c[48 + i];
        emu_tiles[i].bytes = c[16 + 2 * i] | (size_t)c[17 + 2 * i] << 8;
    }
}
static inline void emu_tile_release(void)
{
    memset(emu_tiles, 0, sizeof emu_tiles);
}
static inline emu_tile *emu_used(int t)
{
    if (emu_tiles[t].rows == 0)
        abort();
    return &emu_tiles[t];
}
static inline void emu_tile_loadd(int t, const void *base, long stride)
{
    emu_tile *to = emu_used(t);
    for (size_t i = 0; i < to->rows; i++)
        memcpy(to->at[i], (const char *)base + (long)i * stride, to->bytes);
}
static inline void emu_tile_stored(int t, void *base, long stride)
{
    const emu_tile *from = emu_used(t);
    for (size_t i = 0; i < from->rows; i++)
        memcpy((char *)base + (long)i * stride, from->at[i], from->bytes);
}
static inline void emu_check(const emu_tile *c, const emu_tile *a, const emu_tile *b)
{
    if (c->rows != a->rows || a->bytes != 4 * b->rows || b->bytes != c->bytes)
        abort();
}
static inline void emu_tile_dpbusd(int to, int x, int w)
{
    emu_tile *c = emu_used(to), *a = emu_used(x), *b = emu_used(w);
    emu_check(c, a, b);
    for (size_t i = 0; i < c->rows; i++)
        for (size_t j = 0; j < c->bytes / 4; j++) {
            uint32_t sum;
            memcpy(&sum, c->at[i] + 4 * j, 4);
            for (size_t s = 0; s < a->bytes; s++)
                sum += (uint32_t)(a->at[i][s] * (int8_t)b->at[s / 4][4 * j + s % 4]);
            memcpy(c->at[i] + 4 * j, &sum, 4);
        }
}
static inline float emu_bf16(const uint8_t *from)
{
    const uint32_t u = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 24;
    float f;
    memcpy(&f, &u, 4);
    return f;
}
static inline void emu_tile_dpbf16ps(int to, int x, int w)
{
    emu_tile *c = emu_used(to), *a = emu_used(x), *b = emu_used(w);
    emu_check(c, a, b);
    for (size_t i = 0; i < c->rows; i++)
        for (size_t j = 0; j < c->bytes / 4; j++) {
            float sum;
            memcpy(&sum, c->at[i] + 4 * j, 4);
            for (size_t s = 0; s < a->bytes; s += 2)
                sum += emu_bf16(a->at[i] + s) * emu_bf16(b->at[s / 4] + 4 * j + s % 4);
            memcpy(c->at[i] + 4 * j, &sum, 4);
        }
}
static inline void emu_tile_zero(int t)
{
    memset(emu_used(t)->at, 0, sizeof emu_tiles[t].at);
}
#undef _tile_zero
#undef _tile_loadconfig
#undef _tile_release
#undef _tile_loadd
#undef _tile_stream_loadd
#undef _tile_stored
#undef _tile_dpbusd
#undef _tile_dpbf16ps
#define _tile_zero emu_tile_zero
#define _tile_loadconfig emu_tile_loadconfig
#define _tile_release emu_tile_release
#define _tile_loadd emu_tile_loadd
#define _tile_stream_loadd emu_tile_loadd
#define _tile_stored emu_tile_stored
#define _tile_dpbusd emu_tile_dpbusd
#define _tile_dpbf16ps emu_tile_dpbf16ps

#endif
