/* SPDX-License-Identifier: Apache-2.0 */
/* s16.c: the contract is in kernels/s16.h. */
#include "kernels/kernels.h"
#include "kernels/simd/simd.h"

/* True where all shifts fit vi_mul15_shift. */
LN_INLINE bool is_usual(vi shift)
{
    return !vm_any(
        vm_or(vi_gt(vi_set(LN_S16_LEAST_SHIFT), shift), vi_gt(shift, vi_set(LN_S16_MOST_SHIFT))));
}

/* The scales of a vector of columns. */
typedef struct columns {
    vi bias, mul, shift, min, max;
} columns;

/* One vector of columns goes down all rows, so that its scales are loaded once. */
LN_INLINE void scale_rows(int16_t *y, size_t ldy, const int32_t *c, size_t ldc, size_t rows,
                          size_t n, const columns *q, const bool usual)
{
    for (size_t i = 0; i < rows; i++, y += ldy, c += ldc) {
        const vi x = vi_add(n < VF ? vi_load_n(c, n) : vi_load(c), q->bias);
        const vi product =
            usual ? vi_mul15_shift(x, q->mul, q->shift) : vi_mul_shift(x, q->mul, q->shift);
        const vi v = vi_min(vi_max(product, q->min), q->max);
        if (n < VF)
            vi_store_s16_n(y, v, n);
        else
            vi_store_s16(y, v);
    }
}

LN_INLINE void scale_columns(int16_t *y, size_t ldy, const int32_t *c, size_t ldc, size_t rows,
                             size_t n, const columns *q)
{
    if (is_usual(q->shift))
        scale_rows(y, ldy, c, ldc, rows, n, q, true);
    else
        scale_rows(y, ldy, c, ldc, rows, n, q, false);
}

static void scale(int16_t *y, size_t ldy, const int32_t *c, size_t ldc, size_t rows, size_t n,
                  const ln_s16_scales *q)
{
    columns now = {.min = vi_set(q->min), .max = vi_set(q->max)};
    size_t j = 0;
    for (; j + VF <= n; j += VF) {
        now.bias = vi_load(q->bias + j);
        now.mul = vi_load(q->mul + j);
        now.shift = vi_load(q->shift + j);
        scale_columns(y + j, ldy, c + j, ldc, rows, VF, &now);
    }
    if (j < n) {
        const size_t left = n - j;
        const vi shift = vi_load_n(q->shift + j, left), missing = vi_set(LN_S16_LEAST_SHIFT);
        now.bias = vi_load_n(q->bias + j, left);
        now.mul = vi_load_n(q->mul + j, left);
        now.shift = vi_select(vi_eq(shift, vi_set(0)), missing, shift);
        scale_columns(y + j, ldy, c + j, ldc, rows, left, &now);
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
    k->s16.scale = scale;
    k->s16.depthwise = depthwise;
}
