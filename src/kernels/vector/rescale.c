/* SPDX-License-Identifier: Apache-2.0 */
/* rescale.c: sums of quantized products to outputs; the contract is in kernels/rescale.h.  16
 * columns at a time, so that their factors stay in registers. */
#include "kernels/rescale.h"

#include "kernels/kernels.h"
#include "kernels/simd/simd.h"

/* VF items, or the first n. */
#define STORE(suffix, type)                                \
    LN_INLINE void store_##suffix(type *y, vi v, size_t n) \
    {                                                      \
        if (n == VF)                                       \
            vi_store_##suffix(y, v);                       \
        else                                               \
            vi_store_##suffix##_n(y, v, n);                \
    }
STORE(s8, int8_t)
STORE(u8, uint8_t)
STORE(s16, int16_t)
#undef STORE

/* ---- rounded twice ---- */

typedef struct factors {
    vi mul, left, right, mask;
} factors;

LN_INLINE factors factors_at(const ln_rescale *q, size_t j)
{
    const vi right = vi_load(q->right + j);
    return (factors){vi_load(q->mul + j), vi_load(q->left + j), right,
                     vi_sub(vi_shlv(vi_set(1), right), vi_set(1))};
}

/* As ln_requantize. */
LN_INLINE vi twice_rounded(vi x, const factors *f, const ln_rescale *q)
{
    const vi t = vi_mulhi(vi_shlv(x, f->left), f->mul);
    const vi threshold = vi_sub(vi_shr(f->mask, 1), vi_shr(t, 31));
    const vi up = vi_select(vi_gt(vi_and(t, f->mask), threshold), vi_set(1), vi_set(0));
    const vi v = vi_add(vi_add(vi_shrv(t, f->right), up), vi_set(q->zero));
    return vi_min(vi_max(v, vi_set(q->min)), vi_set(q->max));
}

static void twice(uint8_t *y, size_t ldy, const int32_t *x, size_t ldx, size_t m, size_t n,
                  const ln_rescale *q, size_t first)
{
    const bool int8 = q->flip != 0;
    for (size_t j = 0; j < n; j += VF) {
        const factors f = factors_at(q, first + j);
        const size_t count = LN_MIN(n - j, (size_t)VF);
        for (size_t i = 0; i < m; i++) {
            const vi v = twice_rounded(vi_load(x + i * ldx + j), &f, q);
            uint8_t *to = y + i * ldy + j;
            if (int8)
                store_s8((int8_t *)to, v, count);
            else
                store_u8(to, v, count);
        }
    }
}

/* ---- rounded once, in double precision ---- */

/* Rows from which on it pays to narrow a column's factors for floats. */
enum { FLOAT_ROWS = 4 };

typedef struct floats {
    vf factor, least, most;
} floats;

LN_INLINE vf narrow(const double *by)
{
    float factors[VF];
    for (size_t i = 0; i < VF; i++)
        factors[i] = (float)LN_MIN(by[i], 1e30); /* times 0 is 0 */
    return vf_load(factors);
}

/* Of bytes nearly all are known from floats, which are beside the real number by 3 roundings of up
 * to 256: those that are not that near to the middle between two whole numbers. */
LN_INLINE bool known(vi sum, const floats *f, vi *r)
{
    const vf v = vf_min(f->most, vf_max(f->least, vf_mul(vf_from_vi(sum), f->factor)));
    *r = vi_round(v);
    return !vm_any(vf_lt(vf_set(0.5f - 0x1p-13f), vf_abs(vf_sub(v, vf_from_vi(*r)))));
}

static void real(void *y, size_t ldy, const int32_t *x, size_t ldx, size_t m, size_t n,
                 const ln_rescale_real *q, size_t first)
{
    const vi zero = vi_set(q->zero), min = vi_set(q->min), max = vi_set(q->max);
    const bool quick = !q->wide && m >= FLOAT_ROWS;
    floats f = {.factor = vf_set(0),
                .least = vf_set((float)(q->min - q->zero - 1)),
                .most = vf_set((float)(q->max - q->zero + 1))};
    for (size_t j = 0; j < n; j += VF) {
        const double *by = q->real + first + j;
        const size_t count = LN_MIN(n - j, (size_t)VF);
        if (quick)
            f.factor = narrow(by);
        for (size_t i = 0; i < m; i++) {
            const vi sum = vi_load(x + i * ldx + j);
            const size_t at = i * ldy + j;
            vi r;
            if (!quick || !known(sum, &f, &r))
                r = vi_scale_real(sum, by);
            r = vi_min(vi_max(vi_add(r, zero), min), max);
            if (q->wide)
                store_s16((int16_t *)y + at, r, count);
            else if (q->min < 0)
                store_s8((int8_t *)y + at, r, count);
            else
                store_u8((uint8_t *)y + at, r, count);
        }
    }
}

void LN_SET_FN(ln_rescale_init)(ln_kernels *k)
{
    k->rescale.twice = twice;
    k->rescale.real = real;
}
