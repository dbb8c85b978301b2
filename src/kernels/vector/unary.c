/* SPDX-License-Identifier: Apache-2.0 */
/* unary.c: elementwise functions of one float; the contract is in kernels/unary.h. */
#include "kernels/kernels.h"
#include "kernels/vector/math.h"

/* `expr` is a vector made of v. */
#define UNARY(name, setup, expr)                                                 \
    static void name(void *to, const void *const *from, size_t n, const void *p) \
    {                                                                            \
        const float *x = from[0];                                                \
        float *y = to;                                                           \
        (void)p;                                                                 \
        setup;                                                                   \
        for (; n >= VF; n -= VF, x += VF, y += VF) {                             \
            const vf v = vf_load(x);                                             \
            vf_store(y, expr);                                                   \
        }                                                                        \
        if (n) {                                                                 \
            const vf v = vf_load_n(x, n);                                        \
            vf_store_n(y, expr, n);                                              \
        }                                                                        \
    }

LN_INLINE vf sign(vf v)
{
    const vf zero = vf_set(0), one = vf_set(1);
    const vf positive = vf_select(vf_lt(zero, v), one, vf_select(vf_eq(v, zero), zero, v));
    return vf_select(vf_lt(v, zero), vf_set(-1), positive);
}

LN_INLINE vf hard_swish_of(vf v)
{
    const vf gate = vf_min(vf_max(vf_add(v, vf_set(3)), vf_set(0)), vf_set(6));
    return vf_mul(v, vf_mul(gate, vf_set(1.0f / 6)));
}

/* The operand comes second in min and max, so that NaN passes. */
UNARY(clamp, const ln_elt_range r = *(const ln_elt_range *)p,
      vf_min(vf_set(r.max), vf_max(vf_set(r.min), v)))
UNARY(absolute, , vf_abs(v))
UNARY(negate, , vf_neg(v))
UNARY(square, , vf_mul(v, v))
UNARY(root, , vf_sqrt(v))
UNARY(inverse_root, , vf_div(vf_set(1), vf_sqrt(v)))
UNARY(floor_, , vf_floor(v))
UNARY(ceil_, , vf_ceil(v))
UNARY(round_, , vf_round(v))
UNARY(sign_, , sign(v))
UNARY(hard_swish, , hard_swish_of(v))
UNARY(leaky_relu, const vf slope = vf_set(*(const float *)p),
      vf_select(vf_lt(vf_set(0), v), v, vf_mul(v, slope)))
UNARY(exp_, , vf_exp(v))
UNARY(log_, , vf_log(v))
UNARY(sin_, , vf_sin(v))
UNARY(cos_, , vf_cos(v))
UNARY(tanh_, , vf_tanh(v))
UNARY(logistic, , vf_logistic(v))
UNARY(elu, , vf_elu(v))
UNARY(gelu, , vf_gelu(v))
UNARY(gelu_tanh, , vf_gelu_tanh(v))

void LN_SET_FN(ln_unary_init)(ln_kernels *k)
{
    k->unary = (ln_unary_kernels){.f32 = {
                                      [LN_UNARY_CLAMP] = clamp,
                                      [LN_UNARY_ABS] = absolute,
                                      [LN_UNARY_NEG] = negate,
                                      [LN_UNARY_SQUARE] = square,
                                      [LN_UNARY_SQRT] = root,
                                      [LN_UNARY_RSQRT] = inverse_root,
                                      [LN_UNARY_FLOOR] = floor_,
                                      [LN_UNARY_CEIL] = ceil_,
                                      [LN_UNARY_ROUND] = round_,
                                      [LN_UNARY_SIGN] = sign_,
                                      [LN_UNARY_HARD_SWISH] = hard_swish,
                                      [LN_UNARY_LEAKY_RELU] = leaky_relu,
                                      [LN_UNARY_EXP] = exp_,
                                      [LN_UNARY_LOG] = log_,
                                      [LN_UNARY_SIN] = sin_,
                                      [LN_UNARY_COS] = cos_,
                                      [LN_UNARY_TANH] = tanh_,
                                      [LN_UNARY_LOGISTIC] = logistic,
                                      [LN_UNARY_ELU] = elu,
                                      [LN_UNARY_GELU] = gelu,
                                      [LN_UNARY_GELU_TANH] = gelu_tanh,
                                  }};
}
