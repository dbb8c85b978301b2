/* SPDX-License-Identifier: Apache-2.0 */
/* s16.c: the contract is in kernels/s16.h. */
#include "kernels/kernels.h"
#include "kernels/simd/simd.h"

/* One vector of columns goes down all rows, so that its scales are loaded once. */
LN_INLINE void scale_columns(int16_t *y, size_t ldy, const int32_t *c, size_t ldc, size_t rows,
                             size_t n, const vi q[3], vi min, vi max)
{
    for (size_t i = 0; i < rows; i++, y += ldy, c += ldc) {
        const vi x = n < VF ? vi_load_n(c, n) : vi_load(c);
        const vi v = vi_min(vi_max(vi_mul_shift(vi_add(x, q[0]), q[1], q[2]), min), max);
        if (n < VF)
            vi_store_s16_n(y, v, n);
        else
            vi_store_s16(y, v);
    }
}

static void scale(int16_t *y, size_t ldy, const int32_t *c, size_t ldc, size_t rows, size_t n,
                  const ln_s16_scales *q)
{
    const vi min = vi_set(q->min), max = vi_set(q->max);
    size_t j = 0;
    for (; j + VF <= n; j += VF) {
        const vi now[] = {vi_load(q->bias + j), vi_load(q->mul + j), vi_load(q->shift + j)};
        scale_columns(y + j, ldy, c + j, ldc, rows, VF, now, min, max);
    }
    if (j < n) {
        const size_t left = n - j;
        const vi last[] = {vi_load_n(q->bias + j, left), vi_load_n(q->mul + j, left),
                           vi_max(vi_load_n(q->shift + j, left), vi_set(1))};
        scale_columns(y + j, ldy, c + j, ldc, rows, left, last, min, max);
    }
}

/* `count` vectors of channels at once, so that several sums are under way. */
LN_INLINE void depthwise_block(int32_t *acc, const int16_t *const *x, const int8_t *const *w,
                               size_t taps, size_t at, const size_t count)
{
    vi sum[4];
    LN_UNROLL
    for (size_t i = 0; i < count; i++)
        sum[i] = vi_set(0);
    for (size_t t = 0; t < taps; t++) {
        const int16_t *px = x[t] + at;
        const int8_t *pw = w[t] + at;
        LN_UNROLL
        for (size_t i = 0; i < count; i++)
            sum[i] = vi_add(sum[i], vi_mul(vi_load_s16(px + i * VF), vi_load_s8(pw + i * VF)));
    }
    LN_UNROLL
    for (size_t i = 0; i < count; i++)
        vi_store(acc + at + i * VF, sum[i]);
}

static void depthwise(int32_t *acc, const int16_t *const *x, const int8_t *const *w, size_t taps,
                      size_t n)
{
    size_t i = 0;
    for (; i + 4 * VF <= n; i += 4 * VF)
        depthwise_block(acc, x, w, taps, i, 4);
    for (; i + VF <= n; i += VF)
        depthwise_block(acc, x, w, taps, i, 1);
    if (i == n)
        return;
    vi sum = vi_set(0);
    for (size_t t = 0; t < taps; t++)
        sum = vi_add(sum, vi_mul(vi_load_s16_n(x[t] + i, n - i), vi_load_s8_n(w[t] + i, n - i)));
    vi_store_n(acc + i, sum, n - i);
}

void LN_SET_FN(ln_s16_init)(ln_kernels *k)
{
    k->s16 = (ln_s16_kernels){.scale = scale, .depthwise = depthwise};
}
