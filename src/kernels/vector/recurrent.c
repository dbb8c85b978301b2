/* SPDX-License-Identifier: Apache-2.0 */
/* recurrent.c: inner loops of recurrent cells; the contract is in kernels/recurrent.h.  Fixed point
 * of 16 bits is computed in lanes of 32, where no sum of the formulas of ops/qmath.c wraps. */
#include "kernels/kernels.h"
#include "kernels/vector/fixed.h"
#include "kernels/vector/math.h"

/* ---- products ---- */

enum { ROWS = 4 };

LN_INLINE void dots(float *y, const float *w, size_t ld, const float *x, const int rows, size_t n)
{
    vf sums[ROWS][2];
    float rest[ROWS];
    size_t i = 0;
    LN_UNROLL
    for (int r = 0; r < rows; r++)
        sums[r][0] = sums[r][1] = vf_set(0);
    for (; n - i >= 2 * VF; i += 2 * VF) {
        const vf a = vf_load(x + i), b = vf_load(x + i + VF);
        LN_UNROLL
        for (int r = 0; r < rows; r++) {
            const float *at = w + (size_t)r * ld + i;
            sums[r][0] = vf_fma(a, vf_load(at), sums[r][0]);
            sums[r][1] = vf_fma(b, vf_load(at + VF), sums[r][1]);
        }
    }
    for (int r = 0; r < rows; r++) {
        rest[r] = 0;
        for (size_t k = i; k < n; k++)
            rest[r] += x[k] * w[(size_t)r * ld + k];
        y[r] += vf_sum(vf_add(sums[r][0], sums[r][1])) + rest[r];
    }
}

static void dots_f32(float *y, const float *w, size_t ld, const float *x, size_t rows, size_t n)
{
    for (; rows >= ROWS; rows -= ROWS, y += ROWS, w += ROWS * ld)
        dots(y, w, ld, x, ROWS, n);
    for (; rows > 0; rows--, y++, w += ld)
        dots(y, w, ld, x, 1, n);
}

static void add_s16(int16_t *y, const int32_t *x, size_t n, int32_t mul, int left, int right)
{
    const vi_fixed f = vi_fixed_of(&(ln_elt_fixed){mul, left, right});
    const vi most = vi_set(1 << 17), least = vi_set(-(1 << 17)); /* keep the sum within 32 bits */
    for (; n > 0; n -= LN_MIN(n, (size_t)VF), x += VF, y += VF) {
        const bool whole = n >= VF;
        const vi v = vi_times(whole ? vi_load(x) : vi_load_n(x, n), &f);
        const vi sum =
            vi_add(vi_min(vi_max(v, least), most), whole ? vi_load_s16(y) : vi_load_s16_n(y, n));
        if (whole)
            vi_store_s16(y, sum);
        else
            vi_store_s16_n(y, sum, n);
    }
}

/* ---- gates ---- */

LN_INLINE vi times(vi a, vi b)
{
    return vi_shr(vi_add(vi_mul(a, b), vi_set(1 << 14)), 15);
}

/* x / 2^n, halves away from zero. */
#define DIVIDE(x, n) \
    vi_shr(vi_add(x, vi_add(vi_set((1 << ((n)-1)) - 1), vi_add(vi_set(1), vi_shr(x, 31)))), n)

LN_INLINE vi shift(vi x, int n)
{
    const vi most = vi_set(INT16_MAX >> n), least = vi_sub(vi_set(0), most);
    const vi v = vi_shlv(x, vi_set(n));
    return vi_select(vi_gt(x, most), vi_set(INT16_MAX),
                     vi_select(vi_gt(least, x), vi_set(INT16_MIN), v));
}

LN_INLINE vi exp_quarter(vi a)
{
    const vi constant = vi_set(28918), x = vi_add(a, vi_set(1 << 12)); /* exp(-1/8) */
    const vi x2 = times(x, x), x3 = times(x2, x), x4 = times(x2, x2);
    const vi sum = vi_add(times(vi_add(DIVIDE(x4, 2), x3), vi_set(10923)), x2);
    const vi v = vi_add(constant, times(constant, vi_add(x, DIVIDE(sum, 1))));
    return vi_min(v, vi_set(INT16_MAX));
}

/* exp(a) for a <= 0 with `bits` integer bits. */
LN_INLINE vi exp_on_negative(vi a, int bits)
{
    static const int16_t steps[] = {25520, 19875, 12055, 4435, 600, 11, 0}; /* exp(-2^i), i >= -2 */
    const int fraction = 15 - bits;
    const vi quarter = vi_set(1 << (fraction - 2));
    const vi mod = vi_sub(vi_and(a, vi_sub(quarter, vi_set(1))), quarter), rest = vi_sub(mod, a);
    vi e = exp_quarter(vi_shlv(mod, vi_set(bits)));
    for (int i = -2; i <= 4 && i < bits; i++) {
        const vi bit = vi_and(rest, vi_set(1 << (fraction + i)));
        e = vi_select(vi_gt(bit, vi_set(0)), times(e, vi_set(steps[i + 2])), e);
    }
    if (bits > 5)
        e = vi_select(vi_gt(vi_set(-(1 << (20 - bits))), a), vi_set(0), e);
    return vi_select(vi_gt(vi_set(0), a), e, vi_set(INT16_MAX));
}

/* 2 / (1 + a) with two integer bits, a in [0, 1]. */
LN_INLINE vi two_over_one_plus(vi a)
{
    const vi half = vi_shr(vi_add(a, vi_set(INT16_MAX + 1)), 1);
    vi x = vi_add(vi_set(23130), times(half, vi_set(-15420))); /* 48/17, -32/17 */
    LN_UNROLL
    for (int i = 0; i < 3; i++) {
        const vi rest = vi_sub(vi_set(1 << 13), times(half, x));
        x = vi_add(x, shift(times(x, rest), 2));
    }
    return x;
}

LN_INLINE vi logistic(vi x, int bits)
{
    const vi zero = vi_set(0);
    const vm up = vi_gt(x, zero);
    const vi y =
        shift(two_over_one_plus(exp_on_negative(vi_select(up, vi_sub(zero, x), x), bits)), 1);
    return vi_select(up, y,
                     vi_select(vi_gt(zero, x), vi_sub(vi_set(INT16_MAX), y), vi_set(1 << 14)));
}

LN_INLINE vi hyperbolic(vi x, int bits)
{
    const vi zero = vi_set(0);
    const vm up = vi_gt(x, zero);
    const vi e = exp_on_negative(vi_select(up, vi_sub(zero, x), x), bits + 1);
    const vi y = shift(vi_sub(two_over_one_plus(e), vi_set(1 << 13)), 2);
    return vi_select(up, y, vi_select(vi_gt(zero, x), vi_sub(zero, y), zero));
}

#define GATE(name, function)                                           \
    static void name(int16_t *y, const int16_t *x, size_t n, int bits) \
    {                                                                  \
        for (; n >= VF; n -= VF, x += VF, y += VF)                     \
            vi_store_s16(y, function(vi_load_s16(x), bits));           \
        if (n > 0)                                                     \
            vi_store_s16_n(y, function(vi_load_s16_n(x, n), bits), n); \
    }
GATE(logistic_s16, logistic)
GATE(tanh_s16, hyperbolic)

typedef struct cell {
    vf h, c;
} cell;

LN_INLINE cell cell_of(vf in, vf forget, vf fresh, vf out, vf was)
{
    const vf kept = vf_mul(vf_logistic(forget), was);
    const vf c = vf_add(kept, vf_mul(vf_logistic(in), vf_tanh(fresh)));
    return (cell){vf_mul(vf_logistic(out), vf_tanh(c)), c};
}

static void lstm_f32(float *h, float *c, const ln_lstm_sums *s, size_t n)
{
    size_t i = 0;
    for (; i + VF <= n; i += VF) {
        const cell v = cell_of(vf_load(s->in + i), vf_load(s->forget + i), vf_load(s->fresh + i),
                               vf_load(s->out + i), vf_load(s->was + i));
        vf_store(h + i, v.h);
        vf_store(c + i, v.c);
    }
    if (i < n) {
        const size_t m = n - i;
        const cell v =
            cell_of(vf_load_n(s->in + i, m), vf_load_n(s->forget + i, m),
                    vf_load_n(s->fresh + i, m), vf_load_n(s->out + i, m), vf_load_n(s->was + i, m));
        vf_store_n(h + i, v.h, m);
        vf_store_n(c + i, v.c, m);
    }
}

void LN_SET_FN(ln_recurrent_init)(ln_kernels *k)
{
    k->recurrent.dots_f32 = dots_f32;
    k->recurrent.add_s16 = add_s16;
    k->recurrent.logistic_s16 = logistic_s16;
    k->recurrent.tanh_s16 = tanh_s16;
    k->recurrent.lstm_f32 = lstm_f32;
}
