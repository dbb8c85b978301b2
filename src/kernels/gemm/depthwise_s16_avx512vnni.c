/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_s16_avx512vnni.c: depthwise convolutions of int16 pixels by vpdpwssd; the contract is
 * in kernels/s16.h.  Two taps at a time: their pixels, interleaved within 128 bits, meet weights
 * that are packed so.  What narrows two vectors of sums undoes the interleaving. */
#include <immintrin.h>

#include "kernels/kernels.h"

enum { GROUP = LN_S16_GROUP, LANES = 16 };

/* What turns the sums of one vector into outputs.  With x = 2^16 high + low, and a shift of at
 * least 17, (x mul + 2^(shift - 1)) >> shift is (high mul + (low mul >> 16) + half) >> (shift -
 * 16), where nothing leaves 32 bits. */
typedef struct factors {
    __m512i bias, mul, upper, half, shift;
} factors;

LN_INLINE factors factors_at(const int32_t *packed)
{
    factors f;
    f.bias = _mm512_loadu_si512(packed);
    f.mul = _mm512_loadu_si512(packed + GROUP);
    f.upper = _mm512_slli_epi32(f.mul, 16);
    f.shift = _mm512_loadu_si512(packed + 2 * GROUP);
    const __m512i one = _mm512_set1_epi32(1);
    f.half = _mm512_srli_epi32(_mm512_sllv_epi32(one, f.shift), 1);
    return f;
}

LN_INLINE __m512i scaled(__m512i x, const factors *f)
{
    const __m512i high = _mm512_madd_epi16(x, f->upper), low = _mm512_mulhi_epu16(x, f->mul);
    const __m512i sum = _mm512_add_epi32(_mm512_add_epi32(high, low), f->half);
    return _mm512_srav_epi32(sum, f->shift);
}

/* Channels [at, at + GROUP) of all pixels; those of `mask` count. */
LN_INLINE void run_group(const ln_s16_pixels *p, size_t at, const int32_t *packed, __mmask32 mask)
{
    const factors f0 = factors_at(packed), f1 = factors_at(packed + LANES);
    const __m512i min = _mm512_set1_epi16((int16_t)p->min);
    const __m512i max = _mm512_set1_epi16((int16_t)p->max);
    packed += 3 * GROUP;
    for (size_t i = 0; i < p->count; i++) {
        const int32_t *w = packed;
        const size_t from = at + i * p->step;
        __m512i s0 = f0.bias, s1 = f1.bias;
        for (size_t t = 0; t < p->taps; t += 2, w += GROUP) {
            const __m512i a = _mm512_maskz_loadu_epi16(mask, p->x[t] + from);
            const __m512i b = _mm512_maskz_loadu_epi16(mask, p->x[t + 1] + from);
            s0 = _mm512_dpwssd_epi32(s0, _mm512_unpacklo_epi16(a, b), _mm512_loadu_si512(w));
            s1 =
                _mm512_dpwssd_epi32(s1, _mm512_unpackhi_epi16(a, b), _mm512_loadu_si512(w + LANES));
        }
        const __m512i y = _mm512_packs_epi32(scaled(s0, &f0), scaled(s1, &f1));
        _mm512_mask_storeu_epi16(p->y + i * p->n + at, mask,
                                 _mm512_min_epi16(_mm512_max_epi16(y, min), max));
    }
}

static void pixels(const ln_s16_pixels *p)
{
    const int32_t *packed = p->packed;
    size_t at = 0;
    for (; at + GROUP <= p->n; at += GROUP, packed += ln_s16_group_items(p->taps))
        run_group(p, at, packed, UINT32_MAX);
    if (at < p->n)
        run_group(p, at, packed, (__mmask32)((UINT32_C(1) << (p->n - at)) - 1));
}

void ln_depthwise_s16_init_avx512vnni(ln_kernels *k)
{
    k->s16.pixels = pixels;
}
