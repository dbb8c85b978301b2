/* SPDX-License-Identifier: Apache-2.0 */
/* jpeg_rows.c: stb_image's arithmetic (see jpeg_pixels.c), shaped for a compiler's vectors: 8
 * columns of a block at once, 16-bit values where they fit, no branch inside of loops.
 *
 * Sums wrap around: a hostile file's coefficients can be any. */
#include "media/jpeg_rows.h"

#include <stdbool.h>
#include <string.h>

#ifndef LN_JPEG_ROWS
#include "base/cpu.h"
#define LN_JPEG_ROWS ln_jpeg_rows_portable

const ln_jpeg_rows *ln_jpeg_rows_best(void)
{
#ifdef LN_JPEG_HAS_AVX2
    if (ln_cpu_isas() & LN_ISA_BIT(avx2))
        return &ln_jpeg_rows_avx2;
#endif
    return &ln_jpeg_rows_portable;
}
#endif

enum { SIDE = LN_JPEG_SIDE, CHUNK = 256, MIDDLE = 65536 + (128 << 17) };

/* Two steps, which become one instruction each. */
static inline int32_t limit(int32_t v, int32_t low, int32_t high)
{
    const int32_t least = v < low ? low : v;
    return least > high ? high : least;
}

static inline uint8_t clamp_byte(int v)
{
    return (uint8_t)limit(v, 0, UINT8_MAX);
}

/* ---- the transform ---- */

/* c / 4096 */
static inline uint32_t times(uint32_t v, int32_t c)
{
    return v * (uint32_t)c;
}

static inline int32_t narrow(uint32_t v)
{
    return limit((int32_t)v >> 10, INT16_MIN, INT16_MAX);
}

/* Columns, in place; 2 bits below the point are kept. */
static void transform_columns(int32_t *v)
{
    for (int x = 0; x < SIDE; x++) {
        const uint32_t s0 = (uint32_t)v[x], s1 = (uint32_t)v[8 + x], s2 = (uint32_t)v[16 + x],
                       s3 = (uint32_t)v[24 + x], s4 = (uint32_t)v[32 + x], s5 = (uint32_t)v[40 + x],
                       s6 = (uint32_t)v[48 + x], s7 = (uint32_t)v[56 + x];
        const uint32_t turn = times(s2 + s6, 2217), both = times(s7 + s3 + s5 + s1, 4816);
        const uint32_t t0 = times(s0 + s4, 4096) + 512, t1 = times(s0 - s4, 4096) + 512;
        const uint32_t t2 = turn + times(s6, -7567), t3 = turn + times(s2, 3135);
        const uint32_t p1 = both + times(s7 + s1, -3685), p2 = both + times(s5 + s3, -10497);
        const uint32_t p3 = times(s7 + s3, -8034), p4 = times(s5 + s1, -1597);
        const uint32_t o0 = times(s1, 6149) + p1 + p4, o1 = times(s3, 12586) + p2 + p3;
        const uint32_t o2 = times(s5, 8410) + p2 + p4, o3 = times(s7, 1223) + p1 + p3;

        v[x] = narrow(t0 + t3 + o0);
        v[8 + x] = narrow(t1 + t2 + o1);
        v[16 + x] = narrow(t1 - t2 + o2);
        v[24 + x] = narrow(t0 - t3 + o3);
        v[32 + x] = narrow(t0 - t3 - o3);
        v[40 + x] = narrow(t1 - t2 - o2);
        v[48 + x] = narrow(t1 + t2 - o1);
        v[56 + x] = narrow(t0 + t3 - o0);
    }
}

/* The sum of what values k to k + 3 add to result x. */
static inline uint32_t four(const int32_t *v, int k, int x)
{
    const int32_t(*adds)[SIDE] = ln_jpeg_adds + k;
    return times((uint32_t)v[k], adds[0][x]) + times((uint32_t)v[k + 1], adds[1][x]) +
           times((uint32_t)v[k + 2], adds[2][x]) + times((uint32_t)v[k + 3], adds[3][x]);
}

/* Rows; of values from `used` on all are zero. */
static void transform_rows(const int32_t *v, int used, uint8_t *out, size_t stride)
{
    int32_t sums[LN_JPEG_BLOCK];
    uint8_t bytes[LN_JPEG_BLOCK];

    for (int y = 0; y < SIDE; y++, v += SIDE) {
        if (used > 4)
            for (int x = 0; x < SIDE; x++)
                sums[y * SIDE + x] = (int32_t)(MIDDLE + four(v, 0, x) + four(v, 4, x));
        else
            for (int x = 0; x < SIDE; x++)
                sums[y * SIDE + x] = (int32_t)(MIDDLE + four(v, 0, x));
    }
    for (int i = 0; i < LN_JPEG_BLOCK; i++)
        bytes[i] = clamp_byte(sums[i] >> 17);
    for (int y = 0; y < SIDE; y++)
        memcpy(out + (size_t)y * stride, bytes + y * SIDE, SIDE);
}

/* How many columns, from the left, have coefficients; 0: none but the first of all. */
static int used_columns(const int16_t *v)
{
    uint16_t any[SIDE];
    int used = SIDE;
    for (int x = 0; x < SIDE; x++)
        any[x] = (uint16_t)((x ? v[x] : 0) | v[8 + x] | v[16 + x] | v[24 + x] | v[32 + x] |
                            v[40 + x] | v[48 + x] | v[56 + x]);
    while (used > 0 && !any[used - 1])
        used--;
    return used;
}

static void inverse_blocks(const int16_t (*blocks)[LN_JPEG_BLOCK], size_t n, const uint16_t *scale,
                           uint8_t *out, size_t stride)
{
    int32_t v[LN_JPEG_BLOCK];

    for (size_t b = 0; b < n; b++, out += SIDE) {
        const int used = used_columns(blocks[b]);
        if (used) {
            for (int i = 0; i < LN_JPEG_BLOCK;
                 i++) /* 16 bits, as the files of sane encoders need */
                v[i] = (int16_t)(uint16_t)((uint32_t)blocks[b][i] * scale[i]);
            transform_columns(v);
            transform_rows(v, used, out, stride);
            continue;
        }
        const int16_t only = (int16_t)(uint16_t)((uint32_t)blocks[b][0] * scale[0]);
        const uint32_t row = (uint32_t)narrow(times((uint32_t)only, 4096) + 512);
        const int all = clamp_byte((int32_t)(times(row, 4096) + MIDDLE) >> 17);
        for (int y = 0; y < SIDE; y++)
            memset(out + (size_t)y * stride, all, SIDE);
    }
}

/* ---- rows ---- */

static void blend_down(const uint8_t *near, const uint8_t *far, int n, uint8_t *out)
{
    for (int i = 0; i < n; i++)
        out[i] = (uint8_t)((3 * near[i] + far[i] + 2) >> 2);
}

/* The last pair is blended from the left sample, as stb_image has it. */
static void blend_across(const uint8_t *in, int n, uint8_t *out)
{
    const int last = n - 1;
    out[0] = in[0];
    for (int i = 0; i < last; i++) {
        out[2 * i + 1] = (uint8_t)((3 * in[i] + in[i + 1] + 2) >> 2);
        out[2 * i + 2] = (uint8_t)((3 * in[i + 1] + in[i] + 2) >> 2);
    }
    if (n > 1)
        out[2 * last] = (uint8_t)((3 * in[last - 1] + in[last] + 2) >> 2);
    out[2 * last + 1] = in[last];
}

static void blend_both(const uint8_t *near, const uint8_t *far, int n, uint8_t *out)
{
    uint16_t down[CHUNK + 1];

    out[0] = (uint8_t)((3 * near[0] + far[0] + 2) >> 2);
    for (int begin = 0; begin < n - 1; begin += CHUNK) {
        const int m = n - 1 - begin < CHUNK ? n - 1 - begin : CHUNK;
        uint8_t *to = out + 2 * begin + 1;
        for (int i = 0; i <= m; i++)
            down[i] = (uint16_t)(3 * near[begin + i] + far[begin + i]);
        for (int i = 0; i < m; i++) {
            to[2 * i] = (uint8_t)((uint16_t)(3 * down[i] + down[i + 1] + 8) >> 4);
            to[2 * i + 1] = (uint8_t)((uint16_t)(3 * down[i + 1] + down[i] + 8) >> 4);
        }
    }
    out[2 * n - 1] = (uint8_t)((3 * near[n - 1] + far[n - 1] + 2) >> 2);
}

/* v * c / 2^16, v a difference of colors with 8 bits behind it */
static inline int16_t part(uint8_t v, int c)
{
    return (int16_t)(((v - 128) * 256 * c) >> 16);
}

static void from_ycc(const uint8_t *const rows[3], int n, uint8_t *rgb)
{
    uint8_t colors[3][CHUNK];

    for (int begin = 0; begin < n; begin += CHUNK, rgb += 3 * CHUNK) {
        const int m = n - begin < CHUNK ? n - begin : CHUNK;
        const uint8_t *bright = rows[0] + begin, *blue = rows[1] + begin, *red = rows[2] + begin;
        /* 1.402, 0.71414, 0.34414, 1.772 in 1 / 4096; 4 bits are kept until the end */
        for (int i = 0; i < m; i++) {
            const int16_t y = (int16_t)(bright[i] * 16 + 8);
            const int16_t r = (int16_t)(y + part(red[i], 5743));
            const int16_t g = (int16_t)(y + part(red[i], -2925) + part(blue[i], -1410));
            const int16_t b = (int16_t)(y + part(blue[i], 7258));
            colors[0][i] = clamp_byte(r >> 4);
            colors[1][i] = clamp_byte(g >> 4);
            colors[2][i] = clamp_byte(b >> 4);
        }
        for (int i = 0; i < m; i++) {
            rgb[3 * i] = colors[0][i];
            rgb[3 * i + 1] = colors[1][i];
            rgb[3 * i + 2] = colors[2][i];
        }
    }
}

const ln_jpeg_rows LN_JPEG_ROWS = {.blocks = inverse_blocks,
                                   .blend_down = blend_down,
                                   .blend_across = blend_across,
                                   .blend_both = blend_both,
                                   .colors = from_ycc};
