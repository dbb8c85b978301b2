/* SPDX-License-Identifier: Apache-2.0 */
/* lut8_avx2.c: tables of bytes with shuffles that look up 16: part k of the table serves the bytes
 * 16 k ... 16 k + 15.
 *
 * A shuffle gives 0 where the top bit of its index is set.  Taking 16 from the index from part to
 * part, the parts up to k of a byte 16 k + r have given something when its index turns negative,
 * if k < 8; for k >= 8, whose indices are negative at first, parts k - 7 to k have.  So each part
 * is stored xored with what those before it gave, and the xor of all is the entry.  The last
 * subtractions saturate, or an index would come around to positive again. */
#include <immintrin.h>
#include <string.h>

#include "kernels/kernels.h"

/* Bytes at a time: two registers use each part. */
enum { PARTS = 16, STEP = 64 };

static void prepare(uint8_t table[256])
{
    uint8_t part[16], last[16] = {0};
    for (int k = 0; k < PARTS; k++) {
        uint8_t *t = table + 16 * k;
        memcpy(part, t, sizeof part);
        for (int i = 0; i < 16; i++)
            t[i] = (uint8_t)(part[i] ^ last[i] ^ (k < 8 ? 0 : t[i - 128]));
        memcpy(last, part, sizeof last);
    }
}

/* STEP bytes. */
LN_INLINE void look_up(uint8_t *to, const uint8_t *from, const uint8_t *parts)
{
    const __m256i step = _mm256_set1_epi8(16);
    __m256i x[2], y[2];
    for (int i = 0; i < 2; i++) {
        x[i] = _mm256_loadu_si256((const void *)(from + 32 * i));
        y[i] = _mm256_setzero_si256();
    }
    LN_UNROLL
    for (int k = 0; k < PARTS; k++) {
        const __m256i part =
            _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)(parts + 16 * k)));
        LN_UNROLL
        for (int i = 0; i < 2; i++) {
            y[i] = _mm256_xor_si256(y[i], _mm256_shuffle_epi8(part, x[i]));
            x[i] = k < 8 ? _mm256_sub_epi8(x[i], step) : _mm256_subs_epi8(x[i], step);
        }
    }
    for (int i = 0; i < 2; i++)
        _mm256_storeu_si256((void *)(to + 32 * i), y[i]);
}

static void lut8(void *to, const void *const *from, size_t n, const void *p)
{
    const uint8_t *x = from[0];
    uint8_t *y = to;
    for (; n >= STEP; n -= STEP, x += STEP, y += STEP)
        look_up(y, x, p);
    if (n > 0) {
        uint8_t rest[STEP] = {0};
        memcpy(rest, x, n);
        look_up(rest, rest, p);
        memcpy(y, rest, n);
    }
}

void ln_lut8_init_avx2(ln_kernels *k)
{
    k->quantized.lut8 = lut8;
    k->quantized.lut8_prepare = prepare;
}
