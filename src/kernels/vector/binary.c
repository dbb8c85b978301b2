/* SPDX-License-Identifier: Apache-2.0 */
/* binary.c: elementwise functions of two floats or integers; the contract is in kernels/binary.h.
 */
#include "kernels/kernels.h"
#include "kernels/simd/simd.h"
#include "kernels/vector/forms.h"

/* `expr` is made of the vectors a and b of v##_load; `setup` comes before the loop. */
#define BINARY(name, v, item, type, store, setup, expr)                                        \
    LN_INLINE void name(void *to, const void *const *from, size_t n, const void *p, bool left, \
                        bool right)                                                            \
    {                                                                                          \
        const item *u = from[0], *w = from[1];                                                 \
        const v us = left ? v##_set(*u) : v##_set(0), ws = right ? v##_set(*w) : v##_set(0);   \
        type *y = to;                                                                          \
        size_t i = 0;                                                                          \
        (void)p;                                                                               \
        setup;                                                                                 \
        for (; n - i >= VF; i += VF) {                                                         \
            const v a = left ? us : v##_load(u + i), b = right ? ws : v##_load(w + i);         \
            store(y + i, expr);                                                                \
        }                                                                                      \
        if (i < n) {                                                                           \
            const v a = left ? us : v##_load_n(u + i, n - i);                                  \
            const v b = right ? ws : v##_load_n(w + i, n - i);                                 \
            store##_n(y + i, expr, n - i);                                                     \
        }                                                                                      \
    }                                                                                          \
    FORMS(name)

/* Into a range; the operand comes second in min and max, so that NaN passes. */
#define BINARY_IN_RANGE(name, expr)                                     \
    BINARY(name, vf, float, float, vf_store, const ln_elt_range *r = p; \
           const vf min = vf_set(r->min);                               \
           const vf max = vf_set(r->max), vf_min(max, vf_max(min, expr)))
BINARY_IN_RANGE(add, vf_add(a, b))
BINARY_IN_RANGE(subtract, vf_sub(a, b))
BINARY_IN_RANGE(multiply, vf_mul(a, b))
BINARY_IN_RANGE(divide, vf_div(a, b))

#define BINARY_PLAIN(name, expr) BINARY(name, vf, float, float, vf_store, , expr)
BINARY_PLAIN(maximum, vf_max(a, b))
BINARY_PLAIN(minimum, vf_min(a, b))
BINARY_PLAIN(squared_difference, vf_mul(vf_sub(a, b), vf_sub(a, b)))
BINARY_PLAIN(prelu, vf_select(vf_le(vf_set(0), a), a, vf_mul(a, b)))

#define BINARY_INTEGER(name, expr) BINARY(name, vi, int32_t, int32_t, vi_store, , expr)
BINARY_INTEGER(add_s32, vi_add(a, b))
BINARY_INTEGER(subtract_s32, vi_sub(a, b))
BINARY_INTEGER(multiply_s32, vi_mul(a, b))
BINARY_INTEGER(maximum_s32, vi_max(a, b))
BINARY_INTEGER(minimum_s32, vi_min(a, b))

/* Of vector j, VF items or the n < VF that are left. */
LN_INLINE vf affine_at(const float *x, const float *factor, const float *term, size_t n, vf min,
                       vf max)
{
    const vf v = vf_mul(vf_load_most(x, n), vf_load_most(factor, n));
    const vf sum = vf_add(v, vf_load_most(term, n));
    return vf_min(max, vf_max(min, sum));
}

static void affine(float *y, const float *x, const float *factor, const float *term, size_t rows,
                   size_t n, const ln_elt_range *r)
{
    const vf min = vf_set(r->min), max = vf_set(r->max);
    for (size_t i = 0; i < rows; i++, x += n, y += n) {
        size_t j = 0;
        for (; n - j >= VF; j += VF)
            vf_store(y + j, affine_at(x + j, factor + j, term + j, VF, min, max));
        if (j < n)
            vf_store_n(y + j, affine_at(x + j, factor + j, term + j, n - j, min, max), n - j);
    }
}

/* Truth values as bytes. */
LN_INLINE vi bits(vm m)
{
    return vi_select(m, vi_set(1), vi_set(0));
}
#define COMPARE(name, v, item, expr) BINARY(name, v, item, uint8_t, vi_store_u8, , bits(expr))
COMPARE(equal, vf, float, vf_eq(a, b))
COMPARE(not_equal, vf, float, vm_not(vf_eq(a, b)))
COMPARE(less, vf, float, vf_lt(a, b))
COMPARE(less_equal, vf, float, vf_le(a, b))
COMPARE(equal_s32, vi, int32_t, vi_eq(a, b))
COMPARE(not_equal_s32, vi, int32_t, vm_not(vi_eq(a, b)))
COMPARE(less_s32, vi, int32_t, vi_gt(b, a))
COMPARE(less_equal_s32, vi, int32_t, vm_not(vi_gt(a, b)))

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
        .affine = affine,
        .s32 =
            {
                [LN_INTEGER_ADD] = ALL_FORMS(add_s32),
                [LN_INTEGER_SUB] = ALL_FORMS(subtract_s32),
                [LN_INTEGER_MUL] = ALL_FORMS(multiply_s32),
                [LN_INTEGER_MAX] = ALL_FORMS(maximum_s32),
                [LN_INTEGER_MIN] = ALL_FORMS(minimum_s32),
            },
        .compare_f32 =
            {
                [LN_COMPARE_EQ] = ALL_FORMS(equal),
                [LN_COMPARE_NE] = ALL_FORMS(not_equal),
                [LN_COMPARE_LT] = ALL_FORMS(less),
                [LN_COMPARE_LE] = ALL_FORMS(less_equal),
            },
        .compare_s32 =
            {
                [LN_COMPARE_EQ] = ALL_FORMS(equal_s32),
                [LN_COMPARE_NE] = ALL_FORMS(not_equal_s32),
                [LN_COMPARE_LT] = ALL_FORMS(less_s32),
                [LN_COMPARE_LE] = ALL_FORMS(less_equal_s32),
            },
    };
}
