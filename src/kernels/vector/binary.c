/* SPDX-License-Identifier: Apache-2.0 */
/* binary.c: elementwise functions of two floats; the contract is in kernels/binary.h. */
#include "kernels/kernels.h"
#include "kernels/simd/simd.h"
#include "kernels/vector/forms.h"

/* `expr` is a vector made of a and b; `setup` comes before the loop, `store` stores. */
#define BINARY(name, type, store, setup, expr)                                                 \
    LN_INLINE void name(void *to, const void *const *from, size_t n, const void *p, bool left, \
                        bool right)                                                            \
    {                                                                                          \
        const float *u = from[0], *w = from[1];                                                \
        const vf us = left ? vf_set(*u) : vf_set(0), ws = right ? vf_set(*w) : vf_set(0);      \
        type *y = to;                                                                          \
        size_t i = 0;                                                                          \
        (void)p;                                                                               \
        setup;                                                                                 \
        for (; n - i >= VF; i += VF) {                                                         \
            const vf a = left ? us : vf_load(u + i), b = right ? ws : vf_load(w + i);          \
            store(y + i, expr);                                                                \
        }                                                                                      \
        if (i < n) {                                                                           \
            const vf a = left ? us : vf_load_n(u + i, n - i);                                  \
            const vf b = right ? ws : vf_load_n(w + i, n - i);                                 \
            store##_n(y + i, expr, n - i);                                                     \
        }                                                                                      \
    }                                                                                          \
    FORMS(name)

/* Into a range; the operand comes second in min and max, so that NaN passes. */
#define BINARY_IN_RANGE(name, expr)                                                         \
    BINARY(name, float, vf_store, const ln_elt_range *r = p; const vf min = vf_set(r->min); \
           const vf max = vf_set(r->max), vf_min(max, vf_max(min, expr)))
BINARY_IN_RANGE(add, vf_add(a, b))
BINARY_IN_RANGE(subtract, vf_sub(a, b))
BINARY_IN_RANGE(multiply, vf_mul(a, b))
BINARY_IN_RANGE(divide, vf_div(a, b))

#define BINARY_PLAIN(name, expr) BINARY(name, float, vf_store, , expr)
BINARY_PLAIN(maximum, vf_max(a, b))
BINARY_PLAIN(minimum, vf_min(a, b))
BINARY_PLAIN(squared_difference, vf_mul(vf_sub(a, b), vf_sub(a, b)))
BINARY_PLAIN(prelu, vf_select(vf_le(vf_set(0), a), a, vf_mul(a, b)))

/* Truth values as bytes. */
LN_INLINE vi bits(vm m)
{
    return vi_select(m, vi_set(1), vi_set(0));
}
#define COMPARE(name, expr) BINARY(name, uint8_t, vi_store_u8, , bits(expr))
COMPARE(equal, vf_eq(a, b))
COMPARE(not_equal, vm_not(vf_eq(a, b)))
COMPARE(less, vf_lt(a, b))
COMPARE(less_equal, vf_le(a, b))

void LN_SET_FN(ln_binary_init)(ln_kernels *k)
{
    k->binary = (ln_binary_kernels){
        .f32 =
            {
                [LN_BINARY_ADD] = ALL_FORMS(add),
                [LN_BINARY_SUB] = ALL_FORMS(subtract),
                [LN_BINARY_MUL] = ALL_FORMS(multiply),
                [LN_BINARY_DIV] = ALL_FORMS(divide),
                [LN_BINARY_MAX] = ALL_FORMS(maximum),
                [LN_BINARY_MIN] = ALL_FORMS(minimum),
                [LN_BINARY_SQUARED_DIFFERENCE] = ALL_FORMS(squared_difference),
                [LN_BINARY_PRELU] = ALL_FORMS(prelu),
            },
        .compare_f32 =
            {
                [LN_COMPARE_EQ] = ALL_FORMS(equal),
                [LN_COMPARE_NE] = ALL_FORMS(not_equal),
                [LN_COMPARE_LT] = ALL_FORMS(less),
                [LN_COMPARE_LE] = ALL_FORMS(less_equal),
            },
    };
}
