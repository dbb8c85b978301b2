/* SPDX-License-Identifier: Apache-2.0 */
/* take_centered.h: ln_gemm_q8.take for LN_Q8_CENTERED on x86, 16 values at a time in 256 bits. */
#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"
#include "kernels/gemm_q8.h"

LN_INLINE void take16(int16_t *to, const uint8_t *x, __m128i flip, __m256i zero)
{
    const __m128i v = _mm_xor_si128(_mm_loadu_si128((const __m128i *)(const void *)x), flip);
    _mm256_storeu_si256((__m256i *)(void *)to, _mm256_sub_epi16(_mm256_cvtepu8_epi16(v), zero));
}

static void take(void *a, size_t lda, const uint8_t *x, size_t ldx, size_t m, size_t k,
                 uint8_t flip, int zero)
{
    const __m128i f = _mm_set1_epi8((char)flip);
    const __m256i z = _mm256_set1_epi16((int16_t)zero);
    for (size_t i = 0; i < m; i++, x += ldx) {
        int16_t *to = (int16_t *)(void *)((uint8_t *)a + i * lda);
        size_t s = 0;
        for (; s + 16 <= k; s += 16)
            take16(to + s, x + s, f, z);
        if (s < k && k >= 16) { /* the last 16 once more */
            take16(to + k - 16, x + k - 16, f, z);
        } else if (s < k) {
            int16_t wide[16];
            uint8_t bytes[16] = {0};
            memcpy(bytes, x, k);
            take16(wide, bytes, f, z);
            memcpy(to, wide, k * sizeof *to);
        }
        if (k % 2)
            to[k] = 0;
    }
}
