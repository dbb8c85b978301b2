/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_half_avx512bf16.c: operands rounded to bfloat16.  vdpbf16ps adds two products to each
 * float32 sum, so two steps of a column lie side by side, and two values of a row go to all lanes.
 * Sums are float32: only the operands lose precision, 2^-9 of each at most. */
#include <immintrin.h>
#include <string.h>

#include "kernels/gemm/bf16.h"
#include "kernels/gemm/up_to.h"
#include "kernels/kernels.h"

enum { MR = 8, NV = 3, PAIR = 2, CHUNK = 1 << 30 };
#define PANELS(make) LN_UP_TO_8(make, 1) LN_UP_TO_8(make, 2) LN_UP_TO_8(make, 3)

typedef __m512 sums[MR][NV];

LN_INLINE void clear(sums sum, const int m, const int v)
{
    LN_UNROLL
    for (int i = 0; i < m; i++) {
        LN_UNROLL
        for (int j = 0; j < v; j++)
            sum[i][j] = _mm512_setzero_ps();
    }
}

LN_INLINE void add_products(sums sum, const value *const row[MR], size_t steps, const float *b,
                            const int m, const int v)
{
    for (size_t s = 0; s < steps; s += PAIR, b += v * LANES) {
        __m512bh w[NV];
        LN_UNROLL
        for (int j = 0; j < v; j++)
            w[j] = (__m512bh)_mm512_loadu_si512(b + j * LANES);
        LN_UNROLL
        for (int i = 0; i < m; i++) {
            int32_t two;
            memcpy(&two, row[i] + s, sizeof two);
            const __m512bh y = (__m512bh)_mm512_set1_epi32(two);
            LN_UNROLL
            for (int j = 0; j < v; j++)
                sum[i][j] = _mm512_dpbf16_ps(sum[i][j], y, w[j]);
        }
    }
}

/* NaN stays NaN. */
LN_INLINE void finish(const ln_gemm_c *c, float *out, sums sum, size_t n, const int m, const int v)
{
    const __m512 min = _mm512_set1_ps(c->min), max = _mm512_set1_ps(c->max);
    LN_UNROLL
    for (int j = 0; j < v; j++) {
        const size_t left = n - (size_t)j * LANES;
        const __mmask16 lanes = lanes_of(left);
        const __m512 bias =
            c->bias ? _mm512_maskz_loadu_ps(lanes, c->bias + j * LANES) : _mm512_setzero_ps();
        LN_UNROLL
        for (int i = 0; i < m; i++) {
            const __m512 x = _mm512_add_ps(sum[i][j], bias);
            _mm512_mask_storeu_ps(out + (size_t)i * c->ld + j * LANES, lanes,
                                  _mm512_min_ps(max, _mm512_max_ps(min, x)));
        }
    }
}

#include "kernels/gemm/gemm_half.h"

void ln_gemm_half_init_avx512bf16(ln_kernels *k)
{
    k->gemm_half = kernels(narrow);
}
