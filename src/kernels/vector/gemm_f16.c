/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_f16.c: a row of floats by weights that are float16 without loss; the contract is in
 * kernels/gemm.h.  A row takes as long as its weights take to come from the third-level cache or
 * the second.  Results have the bits that the same weights give as floats. */
#include "base/half.h"
#include "kernels/kernels.h"
#include "kernels/simd/simd.h"

#if !defined(LN_SET_IS_portable)

/* Vectors of a panel, and of one that is half empty; enough sums for the memory's speed. */
enum { NV = 4, FEW = 2 };

static void narrow(uint16_t *to, const float *from, size_t n)
{
    size_t i = 0;
    for (; n - i >= VF; i += VF)
        vf_store_f16(to + i, vf_load(from + i));
    for (; i < n; i++)
        to[i] = ln_float_to_half(from[i]);
}

/* v vectors of columns, of which n count; v is a constant in every call. */
LN_INLINE void columns(const ln_gemm_c *c, const ln_gemm_a *a, const uint16_t *b, size_t n,
                       const int v)
{
    const vf min = vf_set(c->min), max = vf_set(c->max);
    vf sum[NV];
    LN_UNROLL
    for (int j = 0; j < v; j++)
        sum[j] = vf_set(0);
    for (size_t r = 0; r < a->pieces; r++) {
        const float *x = a->at + a->offsets[r];
        for (size_t s = 0; s < a->length; s++, b += v * VF) {
            const vf y = vf_set(x[s]);
            LN_UNROLL
            for (int j = 0; j < v; j++)
                sum[j] = vf_fma(y, vf_load_f16(b + j * VF), sum[j]);
        }
    }
    float y[NV * VF];
    LN_UNROLL
    for (int j = 0; j < v; j++)
        vf_store(y + j * VF, sum[j]);
    for (size_t j = 0, m; j < n; j += m) {
        m = LN_MIN(n - j, (size_t)VF);
        const vf bias = !c->bias ? vf_set(0) : vf_load_most(c->bias + j, m);
        const vf end = vf_min(max, vf_max(min, vf_add(vf_load(y + j), bias)));
        vf_store_most(c->at + j, end, m);
    }
}

static void row(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t n)
{
    const uint16_t *from = (const uint16_t *)(const void *)b;
    ln_gemm_c to = *c;
    for (size_t m; n > 0; n -= m) {
        m = LN_MIN(n, (size_t)NV * VF);
        if (m > (size_t)FEW * VF)
            columns(&to, a, from, m, NV);
        else
            columns(&to, a, from, m, FEW);
        from += a->pieces * a->length * NV * VF;
        to.at += m;
        if (to.bias)
            to.bias += m;
    }
}

#endif

void LN_SET_FN(ln_gemm_f16_init)(ln_kernels *k)
{
#if !defined(LN_SET_IS_portable)
    k->gemm_f16 = (ln_gemm_kernels){
        .mr = 1,
        .nr = (size_t)NV * VF,
        .nr_last = (size_t)NV * VF,
        .unit = (size_t)FEW * VF,
        .half = 1,
        .together = 1,
        .steps = 1,
        .speed = 1,
        .narrow = narrow,
        .row = row,
    };
#endif
    (void)k;
}
