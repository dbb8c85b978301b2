/* SPDX-License-Identifier: Apache-2.0 */
/* quantized.c: elementwise functions of quantized operands; the contract is in
 * kernels/quantized.h. */
#include "kernels/kernels.h"
#include "kernels/vector/fixed.h"
#include "kernels/vector/forms.h"

typedef struct pair {
    vi za, zb, zy, min, max;
    vi_fixed a, b, y;
} pair;

LN_INLINE vi finish(vi v, const pair *q)
{
    return vi_min(vi_max(vi_add(vi_times(v, &q->y), q->zy), q->min), q->max);
}

LN_INLINE vi add(vi a, vi b, const pair *q)
{
    return finish(vi_add(vi_times(vi_sub(a, q->za), &q->a), vi_times(vi_sub(b, q->zb), &q->b)), q);
}

LN_INLINE vi subtract(vi a, vi b, const pair *q)
{
    return finish(vi_sub(vi_times(vi_sub(a, q->za), &q->a), vi_times(vi_sub(b, q->zb), &q->b)), q);
}

LN_INLINE vi multiply(vi a, vi b, const pair *q)
{
    return finish(vi_mul(vi_sub(a, q->za), vi_sub(b, q->zb)), q);
}

#define PAIR(op, suffix, type)                                                               \
    LN_INLINE void op##_##suffix(void *to, const void *const *from, size_t n, const void *p, \
                                 bool left, bool right)                                      \
    {                                                                                        \
        const ln_elt_fixed_pair *r = p;                                                      \
        const pair q = {                                                                     \
            vi_set(r->za),  vi_set(r->zb),      vi_set(r->zy),      vi_set(r->min),          \
            vi_set(r->max), vi_fixed_of(&r->a), vi_fixed_of(&r->b), vi_fixed_of(&r->y)};     \
        const type *u = from[0], *w = from[1];                                               \
        const vi us = left ? vi_set(*u) : vi_set(0), ws = right ? vi_set(*w) : vi_set(0);    \
        type *y = to;                                                                        \
        size_t i = 0;                                                                        \
        for (; n - i >= VF; i += VF) {                                                       \
            const vi a = left ? us : vi_load_##suffix(u + i);                                \
            const vi b = right ? ws : vi_load_##suffix(w + i);                               \
            vi_store_##suffix(y + i, op(a, b, &q));                                          \
        }                                                                                    \
        if (i < n) {                                                                         \
            const vi a = left ? us : vi_load_##suffix##_n(u + i, n - i);                     \
            const vi b = right ? ws : vi_load_##suffix##_n(w + i, n - i);                    \
            vi_store_##suffix##_n(y + i, op(a, b, &q), n - i);                               \
        }                                                                                    \
    }                                                                                        \
    FORMS(op##_##suffix)
#define PAIRS(op)         \
    PAIR(op, s8, int8_t)  \
    PAIR(op, u8, uint8_t) \
    PAIR(op, s16, int16_t)
PAIRS(add)
PAIRS(subtract)
PAIRS(multiply)

static void lut8(void *to, const void *const *from, size_t n, const void *p)
{
    const uint8_t *x = from[0], *table = p;
    uint8_t *y = to;
    for (; n >= 4; n -= 4, x += 4, y += 4) {
        const uint8_t a = table[x[0]], b = table[x[1]], c = table[x[2]], d = table[x[3]];
        y[0] = a;
        y[1] = b;
        y[2] = c;
        y[3] = d;
    }
    for (; n > 0; n--)
        *y++ = table[*x++];
}

void LN_SET_FN(ln_quantized_init)(ln_kernels *k)
{
#define TYPES(op) {ALL_FORMS(op##_s8), ALL_FORMS(op##_u8), ALL_FORMS(op##_s16)}
    k->quantized = (ln_quantized_kernels){
        .pair =
            {
                [LN_QUANT_ADD] = TYPES(add),
                [LN_QUANT_SUB] = TYPES(subtract),
                [LN_QUANT_MUL] = TYPES(multiply),
            },
        .lut8 = lut8,
    };
}
