/* SPDX-License-Identifier: Apache-2.0 */
/* inv_sqrt.c: the reciprocal square root of an integer as a quantized multiplier.
 *
 * Five steps of Newton's iteration in Q3.28, bit for bit as GetInvSqrtQuantizedMultiplierExp of
 * tensorflow/lite/kernels/internal/common.h does it.  Layer norm (lstm_step.c) and L2
 * normalization need it. */
#include "ops/qmath.h"

enum {
    HALF_SQRT_2 = 1518500250, /* sqrt(2) / 2 in Q0.31 */
    ONE_AND_A_HALF = (1 << 28) + (1 << 27),
    ONE = 1 << 28,
};

static int leading_zeros(uint32_t x)
{
    int n = 0;

    for (uint32_t bit = UINT32_C(1) << 31; bit && !(x & bit); bit >>= 1)
        n++;
    return n;
}

ln_mult ln_inv_sqrt_multiplier(int32_t x)
{
    if (x <= 1)
        return (ln_mult){INT32_MAX, 0};

    int right = 11;
    for (; x >= 1 << 29; x /= 4)
        right++;
    const int pairs = (leading_zeros((uint32_t)x) - 1) / 2 - 1;
    right -= pairs;

    const int32_t input = (x << 2 * pairs) >> 1;
    const int32_t half = ln_sat_rounding_multiply_by_pot(input, -1);
    int32_t y = ONE;
    for (int i = 0; i < 5; i++) {
        const int32_t y2 = ln_sat_rounding_doubling_high_mul(y, y);
        const int32_t y3 =
            ln_sat_rounding_multiply_by_pot(ln_sat_rounding_doubling_high_mul(y2, y), 6);
        const int32_t a = ln_sat_rounding_doubling_high_mul(ONE_AND_A_HALF, y);
        const int32_t b = ln_sat_rounding_doubling_high_mul(half, y3);
        y = ln_sat_rounding_multiply_by_pot(a - b, 3);
    }
    y = ln_sat_rounding_doubling_high_mul(y, HALF_SQRT_2);
    if (right < 0) {
        y = (int32_t)((uint32_t)y << -right);
        right = 0;
    }
    return (ln_mult){y, -right};
}
