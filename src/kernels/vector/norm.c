/* SPDX-License-Identifier: Apache-2.0 */
/* norm.c: rows that are normalized by themselves; the contract is in kernels/norm.h. */
#include "kernels/kernels.h"
#include "kernels/vector/fixed.h"
#include "kernels/vector/math.h"

static void l2_f32(float *y, const float *x, size_t n)
{
    vf a = vf_set(0), b = a;
    float sum = 0;
    size_t i = 0;
    for (; n - i >= 2 * VF; i += 2 * VF) {
        const vf u = vf_load(x + i), v = vf_load(x + i + VF);
        a = vf_fma(u, u, a);
        b = vf_fma(v, v, b);
    }
    for (; i < n; i++)
        sum += x[i] * x[i];
    const float norm = sqrtf(sum + vf_sum(vf_add(a, b)));
    const vf factor = vf_set(1 / (norm < 1e-6f ? 1e-6f : norm));
    for (; n >= VF; n -= VF, x += VF, y += VF)
        vf_store(y, vf_mul(vf_load(x), factor));
    if (n > 0)
        vf_store_n(y, vf_mul(vf_load_n(x, n), factor), n);
}

/* ---- 8 bits ---- */

static int32_t squares_8(const uint8_t *x, size_t n, uint8_t flip, int32_t zero)
{
    const vi turn = vi_set(flip), z = vi_set(zero);
    vi sum = vi_set(0);
    uint32_t rest = 0;
    for (; n >= VF; n -= VF, x += VF) {
        const vi d = vi_sub(vi_xor(vi_load_u8(x), turn), z);
        sum = vi_add(sum, vi_mul(d, d));
    }
    for (; n > 0; n--, x++) {
        const int32_t d = (*x ^ flip) - zero;
        rest += (uint32_t)(d * d);
    }
    return (int32_t)((uint32_t)vi_sum(sum) + rest);
}

static void l2_8(uint8_t *y, const uint8_t *x, size_t n, uint8_t flip, int32_t zero,
                 const ln_elt_fixed *m)
{
    const vi turn = vi_set(flip), z = vi_set(zero), middle = vi_set(128);
    const vi_fixed f = vi_fixed_of(m);
#define VALUE(load)                                                                              \
    vi_xor(                                                                                      \
        vi_max(vi_min(vi_add(vi_times(vi_sub(vi_xor(load, turn), z), &f), middle), vi_set(255)), \
               vi_set(0)),                                                                       \
        turn)
    for (; n >= VF; n -= VF, x += VF, y += VF)
        vi_store_u8(y, VALUE(vi_load_u8(x)));
    if (n > 0)
        vi_store_u8_n(y, VALUE(vi_load_u8_n(x, n)), n);
#undef VALUE
}

/* ---- over a window ---- */

LN_INLINE vf lrn_factor(const float *squares, const ln_norm_lrn *p, const bool whole, size_t n)
{
    vf s = vf_set(0);
    for (size_t k = 0; k <= 2 * p->radius; k++)
        s = vf_add(s, whole ? vf_load(squares + k) : vf_load_n(squares + k, n));
    const vf base = vf_fma(s, vf_set(p->alpha), vf_set(p->bias));
    return vf_exp(vf_mul(vf_log(base), vf_set(-p->beta)));
}

static void lrn_f32(float *y, const float *x, size_t n, float *squares, const ln_norm_lrn *p)
{
    for (size_t i = 0; i < p->radius; i++)
        squares[i] = squares[p->radius + n + i] = 0;
    for (size_t i = 0; i < n; i++)
        squares[p->radius + i] = x[i] * x[i];
    for (; n >= VF; n -= VF, x += VF, y += VF, squares += VF)
        vf_store(y, vf_mul(vf_load(x), lrn_factor(squares, p, true, VF)));
    if (n > 0)
        vf_store_n(y, vf_mul(vf_load_n(x, n), lrn_factor(squares, p, false, n)), n);
}

void LN_SET_FN(ln_norm_init)(ln_kernels *k)
{
    k->norm = (ln_norm_kernels){
        .l2_f32 = l2_f32,
        .squares_8 = squares_8,
        .l2_8 = l2_8,
        .lrn_f32 = lrn_f32,
    };
}
