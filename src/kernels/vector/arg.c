/* SPDX-License-Identifier: Apache-2.0 */
/* arg.c: positions of extremes; the contract is in kernels/arg.h. */
#include "kernels/kernels.h"
#include "kernels/vector/bytes.h"

/* ---- floats ---- */

/* Lanes where v takes the place of `best`: it is better, or the first that is no NaN. */
LN_INLINE vm better(const int kind, vf v, vf best)
{
    const vm first = vm_and(vm_not(vf_eq(best, best)), vf_eq(v, v));
    return vm_or(kind == LN_ARG_MAX ? vf_lt(best, v) : vf_lt(v, best), first);
}

LN_INLINE bool better_item(const int kind, float v, float best)
{
    return (kind == LN_ARG_MAX ? v > best : v < best) || (best != best && v == v);
}

typedef struct candidate {
    float value;
    int32_t at;
} candidate;

LN_INLINE candidate best_of(const int kind, candidate a, candidate b)
{
    const bool equal = a.value == b.value && b.at < a.at;
    return equal || better_item(kind, b.value, a.value) ? b : a;
}

/* Each lane finds the best of its own items; then the lanes are compared. */
LN_INLINE int32_t row(const int kind, const float *x, size_t n)
{
    candidate best = {x[0], 0};
    size_t i = 1;
    if (n >= VF) {
        vf b = vf_load(x);
        vi at = vi_set(0), here = vi_set(0);
        float values[VF];
        int32_t where[VF];
        for (i = VF; n - i >= VF; i += VF) {
            const vf v = vf_load(x + i);
            here = vi_add(here, vi_set(VF));
            const vm m = better(kind, v, b);
            b = vf_select(m, v, b);
            at = vi_select(m, here, at);
        }
        vf_store(values, b);
        vi_store(where, at);
        best = (candidate){values[0], where[0]};
        for (int32_t k = 1; k < VF; k++)
            best = best_of(kind, best, (candidate){values[k], where[k] + k});
    }
    for (; i < n; i++)
        best = best_of(kind, best, (candidate){x[i], (int32_t)i});
    return best.at;
}

/* One vector of columns; `whole`: all lanes count, else n of them. */
LN_INLINE void columns(const int kind, const bool whole, int32_t *to, const float *x, size_t step,
                       size_t items, size_t n)
{
    vf best = whole ? vf_load(x) : vf_load_n(x, n);
    vi at = vi_set(0), here = at;
    for (size_t i = 1; i < items; i++) {
        x += step;
        const vf v = whole ? vf_load(x) : vf_load_n(x, n);
        const vm m = better(kind, v, best);
        here = vi_add(here, vi_set(1));
        best = vf_select(m, v, best);
        at = vi_select(m, here, at);
    }
    if (whole)
        vi_store(to, at);
    else
        vi_store_n(to, at, n);
}

#define FLOATS(suffix, kind)                                                                       \
    static int32_t row_##suffix(const float *x, size_t n)                                          \
    {                                                                                              \
        return row(kind, x, n);                                                                    \
    }                                                                                              \
    static void columns_##suffix(int32_t *to, const float *x, size_t step, size_t items, size_t n) \
    {                                                                                              \
        for (; n >= VF; n -= VF, to += VF, x += VF)                                                \
            columns(kind, true, to, x, step, items, VF);                                           \
        if (n > 0)                                                                                 \
            columns(kind, false, to, x, step, items, n);                                           \
    }
FLOATS(max, LN_ARG_MAX)
FLOATS(min, LN_ARG_MIN)

/* ---- 8 bits ---- */

static int32_t row_8(const uint8_t *x, size_t n, uint8_t flip)
{
    const uint8_t most = vb_row_max(x, n, flip) ^ flip;
    size_t i = 0;
    for (; n - i >= VB; i += VB) {
        const size_t lane = vb_first(vb_load(x + i), most);
        if (lane < VB)
            return (int32_t)(i + lane);
    }
    while (i + 1 < n && x[i] != most)
        i++;
    return (int32_t)i;
}

/* A row in one vector, with what comes after it, which `inside` takes off again. */
LN_INLINE int32_t short_row_8(const uint8_t *x, vb turn, vb inside)
{
    return (int32_t)vb_first_max(vb_and(vb_xor(vb_load(x), turn), inside));
}

static void rows_8(int32_t *to, const uint8_t *x, size_t rows, size_t n, uint8_t flip)
{
    if (n < VB) {
        uint8_t mask[VB] = {0};
        for (size_t i = 0; i < n; i++)
            mask[i] = 255;
        const vb inside = vb_load(mask), turn = vb_set(flip);
        for (; rows * n >= VB; rows--, x += n)
            *to++ = short_row_8(x, turn, inside);
    }
    for (; rows > 0; rows--, x += n)
        *to++ = row_8(x, n, flip);
}

LN_INLINE void column_8(const bool whole, int32_t *to, const uint8_t *x, size_t step, size_t items,
                        size_t n, vi turn)
{
    vi best = vi_set(-1), at = vi_set(0), here = at;
    for (size_t i = 0; i < items; i++, x += step) {
        const vi v = vi_xor(whole ? vi_load_u8(x) : vi_load_u8_n(x, n), turn);
        const vm m = vi_gt(v, best);
        best = vi_select(m, v, best);
        at = vi_select(m, here, at);
        here = vi_add(here, vi_set(1));
    }
    if (whole)
        vi_store(to, at);
    else
        vi_store_n(to, at, n);
}

static void columns_8(int32_t *to, const uint8_t *x, size_t step, size_t items, size_t n,
                      uint8_t flip)
{
    const vi turn = vi_set(flip);
    for (; n >= VF; n -= VF, to += VF, x += VF)
        column_8(true, to, x, step, items, VF, turn);
    if (n > 0)
        column_8(false, to, x, step, items, n, turn);
}

void LN_SET_FN(ln_arg_init)(ln_kernels *k)
{
    k->arg = (ln_arg_kernels){
        .row_f32 = {row_max, row_min},
        .columns_f32 = {columns_max, columns_min},
        .rows_8 = rows_8,
        .columns_8 = columns_8,
    };
}
