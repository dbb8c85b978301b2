/* SPDX-License-Identifier: Apache-2.0 */
/* lut8_avx512vbmi.c: tables of bytes by permutes over two registers: two of them serve the lower
 * half of the table and the upper one, and the top bit of each byte chooses. */
#include <immintrin.h>
#include <string.h>

#include "kernels/kernels.h"

enum { STEP = 64 };

static void prepare(uint8_t table[256])
{
    (void)table; /* in order */
}

static void lut8(void *to, const void *const *from, size_t n, const void *p)
{
    const uint8_t *x = from[0], *table = p;
    const __m512i t0 = _mm512_loadu_si512(table), t1 = _mm512_loadu_si512(table + 64);
    const __m512i t2 = _mm512_loadu_si512(table + 128), t3 = _mm512_loadu_si512(table + 192);
    uint8_t *y = to, rest[STEP] = {0};
    while (n > 0) {
        const size_t m = LN_MIN(n, (size_t)STEP);
        if (m < STEP)
            x = memcpy(rest, x, m);
        const __m512i v = _mm512_loadu_si512(x);
        const __m512i low = _mm512_permutex2var_epi8(t0, v, t1);
        const __m512i high = _mm512_permutex2var_epi8(t2, v, t3);
        const __m512i all = _mm512_mask_blend_epi8(_mm512_movepi8_mask(v), low, high);
        _mm512_storeu_si512(m < STEP ? rest : y, all);
        if (m < STEP)
            memcpy(y, rest, m);
        x += m;
        y += m;
        n -= m;
    }
}

void ln_lut8_init_avx512vbmi(ln_kernels *k)
{
    k->quantized.lut8 = lut8;
    k->quantized.lut8_prepare = prepare;
}
