/* SPDX-License-Identifier: Apache-2.0 */
/* unary.c: elementwise functions of one float; the contract is in kernels/unary.h. */
#include "kernels/kernels.h"
#include "kernels/simd/simd.h"

/* `expr` is a vector made of v. */
#define UNARY(name, expr)                                \
    static void name(float *y, const float *x, size_t n) \
    {                                                    \
        for (; n >= VF; n -= VF, x += VF, y += VF) {     \
            const vf v = vf_load(x);                     \
            vf_store(y, expr);                           \
        }                                                \
        if (n) {                                         \
            const vf v = vf_load_n(x, n);                \
            vf_store_n(y, expr, n);                      \
        }                                                \
    }

LN_INLINE vf clamp(vf v, float min, float max)
{
    return vf_min(vf_max(v, vf_set(min)), vf_set(max));
}

UNARY(relu, vf_max(v, vf_set(0)))
UNARY(relu6, clamp(v, 0, 6))
UNARY(relu_n1_to_1, clamp(v, -1, 1))
UNARY(relu_0_to_1, clamp(v, 0, 1))
UNARY(absolute, vf_abs(v))
UNARY(negate, vf_neg(v))
UNARY(square, vf_mul(v, v))
UNARY(root, vf_sqrt(v))
UNARY(hard_swish, vf_mul(v, vf_mul(clamp(vf_add(v, vf_set(3)), 0, 6), vf_set(1.0f / 6))))

void LN_SET_FN(ln_unary_init)(ln_kernels *k)
{
    k->unary = (ln_unary_kernels){
        .relu = relu,
        .relu6 = relu6,
        .relu_n1_to_1 = relu_n1_to_1,
        .relu_0_to_1 = relu_0_to_1,
        .abs = absolute,
        .neg = negate,
        .square = square,
        .sqrt = root,
        .hard_swish = hard_swish,
    };
}
