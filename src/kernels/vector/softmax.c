/* SPDX-License-Identifier: Apache-2.0 */
/* softmax.c: rows of softmax; the contract is in kernels/softmax.h. */
#include <string.h>

#include "kernels/keep.h"
#include "kernels/kernels.h"
#include "kernels/vector/bytes.h"
#include "kernels/vector/fixed.h"
#include "kernels/vector/math.h"

/* Rows that go together, so that one need not wait for another's sum; as long as all of them stay
 * in the first-level cache. */
enum { ROWS = 8, CLOSE = 4096 };

/* The largest values, in any lanes. */
LN_INLINE vf lane_max(const float *x, size_t n)
{
    vf a = vf_set(-FLT_MAX), b = a;
    float lanes[VF];
    if (n < VF) {
        vf_store(lanes, a);
        memcpy(lanes, x, n * sizeof *x);
        return vf_max(vf_load(lanes), a);
    }
    const vf last = vf_load(x + n - VF); /* some come twice */
    for (; n >= 2 * VF; n -= 2 * VF, x += 2 * VF) {
        a = vf_max(vf_load(x), a);
        b = vf_max(vf_load(x + VF), b);
    }
    if (n >= VF)
        a = vf_max(vf_load(x), a);
    return vf_max(last, vf_max(a, b));
}

/* Sums of exp(beta (x - max)): in lanes, and of what is left of the row; the exponentials go to y
 * where `store`. */
LN_INLINE vf lane_exps(float *y, const float *x, size_t n, float max, float beta, float *rest,
                       const bool store)
{
    const vf m = vf_set(max), factor = vf_set(beta);
    vf a = vf_set(0), b = a;
    for (; n >= 2 * VF; n -= 2 * VF, x += 2 * VF, y += 2 * VF) {
        const vf u = vf_exp_normal(vf_mul(vf_sub(vf_load(x), m), factor));
        const vf v = vf_exp_normal(vf_mul(vf_sub(vf_load(x + VF), m), factor));
        a = vf_add(a, u);
        b = vf_add(b, v);
        if (store) {
            vf_store(y, u);
            vf_store(y + VF, v);
        }
    }
    *rest = 0;
    for (; n > 0; n -= LN_MIN(n, (size_t)VF), x += VF, y += VF) {
        if (n >= VF) {
            const vf v = vf_exp_normal(vf_mul(vf_sub(vf_load(x), m), factor));
            a = vf_add(a, v);
            if (store)
                vf_store(y, v);
            continue;
        }
        float lanes[VF];
        const vf v = vf_exp_normal(vf_mul(vf_sub(vf_load_n(x, n), m), factor));
        vf_store(lanes, v);
        for (size_t i = 0; i < n; i++)
            *rest += lanes[i];
        if (store)
            vf_store_n(y, v, n);
    }
    return vf_add(a, b);
}

static void scale_row(float *y, size_t n, float by)
{
    const vf factor = vf_set(by);
    for (; n >= VF; n -= VF, y += VF)
        vf_store(y, vf_mul(vf_load(y), factor));
    if (n > 0)
        vf_store_n(y, vf_mul(vf_load_n(y, n), factor), n);
}

static void some_rows(float *y, const float *x, size_t rows, size_t n, float beta)
{
    vf lanes[ROWS];
    float max[ROWS], sum[ROWS], rest[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        lanes[i] = i < rows ? lane_max(x + i * n, n) : lanes[0];
    vf_hmax_8(max, lanes);
    for (size_t i = 0; i < rows; i++)
        lanes[i] = lane_exps(y + i * n, x + i * n, n, max[i], beta, &rest[i], true);
    vf_sum_8(sum, lanes);
    for (size_t i = 0; i < rows; i++, y += n)
        scale_row(y, n, 1 / (rest[i] + sum[i]));
}

/* Up to VF rows that are shorter than a vector, side by side: each lane sums up a row, in order, so
 * that its bits are those of the row by itself. */
static void short_rows(float *y, const float *x, size_t rows, size_t n, float beta)
{
    float t[VF][VF] = {{0}};
    vf max = vf_set(-FLT_MAX), sum = vf_set(0);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++)
            t[j][i] = x[i * n + j];
    for (size_t j = 0; j < n; j++)
        max = vf_max(vf_load(t[j]), max);
    for (size_t j = 0; j < n; j++) {
        const vf v = vf_exp_normal(vf_mul(vf_sub(vf_load(t[j]), max), vf_set(beta)));
        vf_store(t[j], v);
        sum = vf_add(sum, v);
    }
    const vf factor = vf_div(vf_set(1), sum);
    for (size_t j = 0; j < n; j++)
        vf_store(t[j], vf_mul(vf_load(t[j]), factor));
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++)
            y[i * n + j] = t[j][i];
}

static void softmax_f32(float *y, const float *x, size_t rows, size_t n, float beta)
{
    const bool shorter = n < VF && rows > 1;
    const size_t most = shorter ? VF : LN_MAX(LN_MIN(CLOSE / n, (size_t)ROWS), (size_t)1);
    for (size_t m; rows > 0; rows -= m, x += m * n, y += m * n) {
        m = LN_MIN(rows, most);
        (shorter ? short_rows : some_rows)(y, x, m, n, beta);
    }
}

static void log_softmax_f32(float *y, const float *x, size_t n)
{
    const float max = vf_hmax(lane_max(x, n));
    float rest;
    const vf lanes = lane_exps(y, x, n, max, 1, &rest, false);
    const vf m = vf_set(max), l = vf_log(vf_set(rest + vf_sum(lanes)));
    for (; n >= VF; n -= VF, y += VF, x += VF)
        vf_store(y, vf_sub(vf_sub(vf_load(x), m), l));
    if (n > 0)
        vf_store_n(y, vf_sub(vf_sub(vf_load_n(x, n), m), l), n);
}

/* ---- 8 bits ---- */

static int32_t exps_8(int32_t *e, const uint8_t *x, size_t n, uint8_t flip,
                      const int32_t table[256])
{
    const int32_t *from = table + 255 - vb_row_max(x, n, flip);
    size_t i = 0;
    for (; n - i >= 4; i += 4) {
        e[i] = from[x[i] ^ flip];
        e[i + 1] = from[x[i + 1] ^ flip];
        e[i + 2] = from[x[i + 2] ^ flip];
        e[i + 3] = from[x[i + 3] ^ flip];
    }
    for (; i < n; i++)
        e[i] = from[x[i] ^ flip];
    /* divided by 2^12, halves up */
    vi sum = vi_set(0);
    uint32_t rest = 0;
    for (i = 0; n - i >= VF; i += VF) {
        const vi v = vi_load(e + i);
        sum = vi_add(sum, vi_add(vi_shr(v, 12), vi_and(vi_shr(v, 11), vi_set(1))));
    }
    for (; i < n; i++)
        rest += (uint32_t)((e[i] >> 12) + (e[i] >> 11 & 1));
    return (int32_t)((uint32_t)vi_sum(sum) + rest);
}

static void scale_8(uint8_t *y, const int32_t *e, size_t n, int32_t scale, int exponent,
                    uint8_t flip)
{
    const vi_fixed f = vi_fixed_of(&(ln_elt_fixed){scale, 0, exponent});
    const vi most = vi_set(255), turn = vi_set(flip);
    for (; n >= VF; n -= VF, e += VF, y += VF)
        vi_store_u8(y, vi_xor(vi_min(vi_times(vi_load(e), &f), most), turn));
    if (n > 0)
        vi_store_u8_n(y, vi_xor(vi_min(vi_times(vi_load_n(e, n), &f), most), turn), n);
}

void LN_SET_FN(ln_softmax_init)(ln_kernels *k)
{
    k->softmax = (ln_softmax_kernels){
        .f32 = softmax_f32,
        .log_f32 = LN_KEEP(log_softmax, log_softmax_f32),
        .exps_8 = exps_8,
        .scale_8 = scale_8,
    };
}
