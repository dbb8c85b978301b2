/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_q8_avx512vbmi.c: the lines of depthwise_q8_avx512vnni.c interleaved by one permute of
 * bytes; the contract is in kernels/depthwise_q8.h. */
#include <immintrin.h>

#include "kernels/kernels.h"

enum { COLUMN = 64 };

/* Where channel c has its four lines, which lie in quarters of a vector. */
#define LINES(c) c, c + 16, c + 32, c + 48
static const _Alignas(64) uint8_t order_of_bytes[COLUMN] = {
    LINES(0), LINES(1), LINES(2),  LINES(3),  LINES(4),  LINES(5),  LINES(6),  LINES(7),
    LINES(8), LINES(9), LINES(10), LINES(11), LINES(12), LINES(13), LINES(14), LINES(15),
};

LN_INLINE __m128i load16(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static void interleave(void *to, const uint8_t *const *line, const size_t *step, size_t columns,
                       uint8_t flip, int zero)
{
    const __m512i flips = _mm512_set1_epi8((char)flip);
    const uint8_t *p0 = line[0], *p1 = line[1], *p2 = line[2], *p3 = line[3];
    const __m512i order = _mm512_load_si512(order_of_bytes);
    const size_t s0 = step[0], s1 = step[1], s2 = step[2], s3 = step[3];
    char *out = to;
    (void)zero;
    for (size_t i = 0; i < columns; i++, out += COLUMN) {
        __m512i v = _mm512_castsi128_si512(load16(p0));
        v = _mm512_inserti32x4(v, load16(p1), 1);
        v = _mm512_inserti32x4(v, load16(p2), 2);
        v = _mm512_inserti32x4(v, load16(p3), 3);
        v = _mm512_permutexvar_epi8(order, v);
        _mm512_storeu_si512(out, _mm512_xor_si512(v, flips));
        p0 += s0;
        p1 += s1;
        p2 += s2;
        p3 += s3;
    }
}

void ln_depthwise_q8_init_avx512vbmi(ln_kernels *k)
{
    k->depthwise_q8.interleave = interleave;
}
