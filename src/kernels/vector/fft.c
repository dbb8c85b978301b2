/* SPDX-License-Identifier: Apache-2.0 */
/* fft.c: Cooley and Tukey's transform, radix 2, one row per lane; the contract is in
 * kernels/fft.h. */
#include <math.h>

#include "kernels/kernels.h"
#include "kernels/simd/simd.h"

typedef struct number {
    vf re, im;
} number;

LN_INLINE number load(const float *x, size_t k)
{
    return (number){vf_load(x + 2 * k * VF), vf_load(x + (2 * k + 1) * VF)};
}

LN_INLINE void store(float *x, size_t k, number v)
{
    vf_store(x + 2 * k * VF, v.re);
    vf_store(x + (2 * k + 1) * VF, v.im);
}

LN_INLINE number plus(number a, number b)
{
    return (number){vf_add(a.re, b.re), vf_add(a.im, b.im)};
}

LN_INLINE number minus(number a, number b)
{
    return (number){vf_sub(a.re, b.re), vf_sub(a.im, b.im)};
}

LN_INLINE number times(number a, const float *w)
{
    const vf re = vf_set(w[0]), im = vf_set(w[1]);
    return (number){vf_sub(vf_mul(a.re, re), vf_mul(a.im, im)), vf_fma(a.re, im, vf_mul(a.im, re))};
}

static void complex_stages(float *x, size_t n, const float *roots, size_t n_roots)
{
    for (size_t half = 1; half < n; half *= 2) {
        const size_t stride = n_roots / (2 * half);
        for (size_t from = 0; from < n; from += 2 * half) {
            for (size_t k = 0; k < half; k++) {
                const number a = load(x, from + k);
                const number b = times(load(x, from + half + k), roots + 2 * k * stride);
                store(x, from + k, plus(a, b));
                store(x, from + half + k, minus(a, b));
            }
        }
    }
}

/* The transforms of even and odd values, apart, from that of both as one. */
static void real(float *x, size_t n, const float *roots)
{
    const size_t m = n / 2;
    const vf half = vf_set(0.5f);
    complex_stages(x, m, roots, n);
    store(x, m, load(x, 0));
    for (size_t k = 0; k <= m / 2; k++) {
        const number a = load(x, k), b = load(x, m - k);
        const number even = {vf_mul(vf_add(a.re, b.re), half), vf_mul(vf_sub(a.im, b.im), half)};
        const number odd = {vf_mul(vf_add(a.im, b.im), half), vf_mul(vf_sub(b.re, a.re), half)};
        const number turned = times(odd, roots + 2 * k), low = plus(even, turned);
        const number high = minus(even, turned);
        store(x, m - k, (number){high.re, vf_sub(vf_set(0), high.im)});
        store(x, k, low);
    }
}

/* ---- absolute values ---- */

static void abs_c64(float *y, const float *x, size_t n)
{
    const vf least = vf_set(1e-30f), most = vf_set(1e30f);
    for (; n > 0; n -= LN_MIN(n, (size_t)VF), x += 2 * VF, y += VF) {
        const size_t m = LN_MIN(n, (size_t)VF);
        float re[VF] = {0}, im[VF] = {0};
        for (size_t i = 0; i < m; i++) {
            re[i] = x[2 * i];
            im[i] = x[2 * i + 1];
        }
        const vf a = vf_load(re), b = vf_load(im), sum = vf_fma(a, a, vf_mul(b, b));
        vf_store_n(y, vf_sqrt(sum), m);
        /* the rest where squares would be too small or too large, NaN among them */
        if (vm_any(vm_not(vm_and(vf_lt(least, sum), vf_lt(sum, most)))))
            for (size_t i = 0; i < m; i++)
                y[i] = hypotf(re[i], im[i]);
    }
}

void LN_SET_FN(ln_fft_init)(ln_kernels *k)
{
    k->fft = (ln_fft_kernels){.lanes = VF, .real = real, .abs = abs_c64};
}
