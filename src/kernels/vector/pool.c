/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c: pixels of pools; the contract is in kernels/pool.h. */
#include <float.h>

#include "kernels/keep.h"
#include "kernels/kernels.h"
#include "kernels/simd/simd.h"

enum { WIDE = 4 };

/* ---- floats ---- */

LN_INLINE vf fold(const int kind, vf s, vf v)
{
    return kind == LN_POOL_MAX ? vf_max(v, s) : kind == LN_POOL_L2 ? vf_fma(v, v, s) : vf_add(s, v);
}

typedef struct window {
    float *y;
    const float *const *x;
    size_t taps;
    float min, max;
} window;

/* `count` vectors of channels from j on; not `whole`: one, of `n` channels. */
LN_INLINE void block(const window *w, const int kind, const int count, const bool whole, size_t j,
                     size_t n)
{
    vf sums[WIDE];
    LN_UNROLL
    for (int k = 0; k < count; k++)
        sums[k] = vf_set(kind == LN_POOL_MAX ? -FLT_MAX : 0);
    for (size_t t = 0; t < w->taps; t++) {
        const float *at = w->x[t] + j;
        LN_UNROLL
        for (int k = 0; k < count; k++)
            sums[k] = fold(kind, sums[k], whole ? vf_load(at + k * VF) : vf_load_n(at, n));
    }
    LN_UNROLL
    for (int k = 0; k < count; k++) {
        vf v = sums[k];
        if (kind != LN_POOL_MAX)
            v = vf_div(v, vf_set((float)w->taps));
        if (kind == LN_POOL_L2)
            v = vf_sqrt(v);
        v = vf_min(vf_set(w->max), vf_max(vf_set(w->min), v));
        if (whole)
            vf_store(w->y + j + k * VF, v);
        else
            vf_store_n(w->y + j, v, n);
    }
}

LN_INLINE void pool(const window *w, const int kind, size_t n)
{
    size_t j = 0;
    for (; n - j >= WIDE * VF; j += WIDE * VF)
        block(w, kind, WIDE, true, j, VF);
    for (; n - j >= VF; j += VF)
        block(w, kind, 1, true, j, VF);
    if (j < n)
        block(w, kind, 1, false, j, n - j);
}

#define POOL(name, kind)                                                                           \
    static void name(float *y, const float *const *x, size_t taps, size_t n, float min, float max) \
    {                                                                                              \
        const window w = {y, x, taps, min, max};                                                   \
        pool(&w, kind, n);                                                                         \
    }
POOL(pool_average, LN_POOL_AVERAGE)
POOL(pool_max, LN_POOL_MAX)
POOL(pool_l2, LN_POOL_L2)

/* ---- integers ---- */

#define SUM(suffix, type)                                                                        \
    static void sum_##suffix(int32_t *s, const void *const *x, size_t taps, size_t n)            \
    {                                                                                            \
        size_t j = 0;                                                                            \
        for (; n - j >= WIDE * VF; j += WIDE * VF) {                                             \
            vi sums[WIDE];                                                                       \
            LN_UNROLL                                                                            \
            for (int k = 0; k < WIDE; k++)                                                       \
                sums[k] = vi_set(0);                                                             \
            for (size_t t = 0; t < taps; t++) {                                                  \
                const type *at = (const type *)x[t] + j;                                         \
                LN_UNROLL                                                                        \
                for (int k = 0; k < WIDE; k++)                                                   \
                    sums[k] = vi_add(sums[k], vi_load_##suffix(at + k * VF));                    \
            }                                                                                    \
            LN_UNROLL                                                                            \
            for (int k = 0; k < WIDE; k++)                                                       \
                vi_store(s + j + k * VF, sums[k]);                                               \
        }                                                                                        \
        for (; j < n; j += VF) {                                                                 \
            const size_t left = LN_MIN(n - j, (size_t)VF);                                       \
            vi sum = vi_set(0);                                                                  \
            for (size_t t = 0; t < taps; t++) {                                                  \
                const type *at = (const type *)x[t] + j;                                         \
                sum = vi_add(sum,                                                                \
                             left < VF ? vi_load_##suffix##_n(at, left) : vi_load_##suffix(at)); \
            }                                                                                    \
            if (left < VF)                                                                       \
                vi_store_n(s + j, sum, left);                                                    \
            else                                                                                 \
                vi_store(s + j, sum);                                                            \
        }                                                                                        \
    }
SUM(s8, int8_t)
SUM(u8, uint8_t)
SUM(s16, int16_t)

/* Whole numbers below 2^24: the quotient of floats falls on a whole number only where the exact one
 * does, so cutting off its fraction is exact, too. */
LN_INLINE vi average(vi s, int32_t count, const bool is_signed, int32_t min, int32_t max)
{
    const vi half = vi_set(count / 2);
    const vi down = vi_sub(s, half), up = vi_add(s, half);
    const vi sum = is_signed ? vi_select(vi_gt(s, vi_set(0)), up, down) : up;
    const vi v = vi_trunc(vf_div(vf_from_vi(sum), vf_set((float)count)));
    return vi_min(vi_max(v, vi_set(min)), vi_set(max));
}

#define AVERAGE(suffix, type, is_signed)                                                           \
    static void average_##suffix(void *to, const int32_t *s, size_t n, int32_t count, int32_t min, \
                                 int32_t max)                                                      \
    {                                                                                              \
        type *y = to;                                                                              \
        for (; n >= VF; n -= VF, s += VF, y += VF)                                                 \
            vi_store_##suffix(y, average(vi_load(s), count, is_signed, min, max));                 \
        if (n > 0)                                                                                 \
            vi_store_##suffix##_n(y, average(vi_load_n(s, n), count, is_signed, min, max), n);     \
    }
AVERAGE(s8, int8_t, true)
AVERAGE(u8, uint8_t, false)
AVERAGE(s16, int16_t, true)

LN_INLINE vb most(const uint8_t *const *x, size_t taps, size_t j, vb start, vb turn)
{
    for (size_t t = 0; t < taps; t++)
        start = vb_max(start, vb_xor(vb_load(x[t] + j), turn));
    return start;
}

/* The same for n < VB. */
static void max_few(uint8_t *y, const uint8_t *const *x, size_t taps, size_t n, uint8_t flip,
                    uint8_t min, uint8_t max)
{
    const vi turn = vi_set(flip);
    for (size_t j = 0; j < n; j += VF) {
        const size_t left = n - j;
        vi s = vi_set(min);
        for (size_t t = 0; t < taps; t++)
            s = vi_max(
                s, vi_xor(left < VF ? vi_load_u8_n(x[t] + j, left) : vi_load_u8(x[t] + j), turn));
        s = vi_xor(vi_min(s, vi_set(max)), turn);
        if (left < VF)
            vi_store_u8_n(y + j, s, left);
        else
            vi_store_u8(y + j, s);
    }
}

static void max_8(uint8_t *y, const uint8_t *const *x, size_t taps, size_t n, uint8_t flip,
                  uint8_t min, uint8_t max)
{
    const vb turn = vb_set(flip), low = vb_set(min), high = vb_set(max);
    if (n < VB) {
        max_few(y, x, taps, n, flip, min, max);
        return;
    }
    for (size_t j = 0; j + VB <= n; j += VB)
        vb_store(y + j, vb_xor(vb_min(most(x, taps, j, low, turn), high), turn));
    if (n % VB > 0) /* what is left, with some of what was */
        vb_store(y + n - VB, vb_xor(vb_min(most(x, taps, n - VB, low, turn), high), turn));
}

#define INTS(name)                                                                              \
    {                                                                                           \
        LN_KEEP(fold_s8, name##_s8), LN_KEEP(fold_u8, name##_u8), LN_KEEP(fold_s16, name##_s16) \
    }

void LN_SET_FN(ln_pool_init)(ln_kernels *k)
{
    k->pool = (ln_pool_kernels){
        .f32 = LN_KEEP_ALL(fold_f32, {pool_average, pool_max, pool_l2}),
        .sum = INTS(sum),
        .average = INTS(average),
        .max_8 = max_8,
    };
}
