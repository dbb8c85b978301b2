/* SPDX-License-Identifier: Apache-2.0 */
/* select.c: a choice of two, item by item; the contract is in kernels/select.h.  Items of 4 bytes,
 * the usual ones, by vectors; the rest as the compiler likes. */
#include "kernels/kernels.h"
#include "kernels/simd/simd.h"

LN_INLINE void select_4(void *to, const void *const *from, size_t n, bool left, bool right)
{
    const uint8_t *condition = from[0];
    const int32_t *u = from[1], *w = from[2];
    const vi us = left ? vi_set(*u) : vi_set(0), ws = right ? vi_set(*w) : vi_set(0);
    const vi zero = vi_set(0);
    int32_t *y = to;
    size_t i = 0;
    for (; n - i >= VF; i += VF) {
        const vi a = left ? us : vi_load(u + i), b = right ? ws : vi_load(w + i);
        vi_store(y + i, vi_select(vi_eq(vi_load_u8(condition + i), zero), b, a));
    }
    if (i < n) {
        const vi a = left ? us : vi_load_n(u + i, n - i), b = right ? ws : vi_load_n(w + i, n - i);
        vi_store_n(y + i, vi_select(vi_eq(vi_load_u8_n(condition + i, n - i), zero), b, a), n - i);
    }
}

#define SELECT(size, type)                                                               \
    LN_INLINE void select_##size(void *to, const void *const *from, size_t n, bool left, \
                                 bool right)                                             \
    {                                                                                    \
        const uint8_t *condition = from[0];                                              \
        const type *u = from[1], *w = from[2];                                           \
        type *y = to;                                                                    \
        for (size_t i = 0; i < n; i++)                                                   \
            y[i] = condition[i] ? u[left ? 0 : i] : w[right ? 0 : i];                    \
    }
SELECT(1, uint8_t)
SELECT(2, uint16_t)
SELECT(8, uint64_t)

#define SELECT_FORM(size, form, left, right)                                                   \
    static void select_##size##_##form(void *y, const void *const *x, size_t n, const void *p) \
    {                                                                                          \
        (void)p;                                                                               \
        select_##size(y, x, n, left, right);                                                   \
    }
#define SELECT_FORMS(size)              \
    SELECT_FORM(size, vv, false, false) \
    SELECT_FORM(size, sv, true, false)  \
    SELECT_FORM(size, vs, false, true)  \
    SELECT_FORM(size, ss, true, true)
SELECT_FORMS(1)
SELECT_FORMS(2)
SELECT_FORMS(4)
SELECT_FORMS(8)

void LN_SET_FN(ln_select_init)(ln_kernels *k)
{
#define SELECTS(size)       \
    {                       \
        select_##size##_vv, \
        select_##size##_sv, \
        select_##size##_vs, \
        select_##size##_ss, \
    }
    k->select = (ln_select_kernels){.items = {SELECTS(1), SELECTS(2), SELECTS(4), SELECTS(8)}};
}
