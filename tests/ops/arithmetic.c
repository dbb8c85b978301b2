/* SPDX-License-Identifier: Apache-2.0 */
/* arithmetic.c: what the quantized ops calculate with: multipliers, fixed-point functions, rows
 * quantized on the fly, windows and inner products, each against its definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <math.h>

#include "ops/dot.h"
#include "ops/qmath.h"
#include "ops/window.h"

static uint32_t seed = 1;

static int pick(int low, int high)
{
    seed = seed * 1664525u + 1013904223u;
    return low + (int)((seed >> 8) % (uint32_t)(high - low + 1));
}

static void multiplier(void **state)
{
    (void)state;
    const ln_mult half = ln_quantize_multiplier(0.5), one = ln_quantize_multiplier(1);
    assert_int_equal(half.mul, 1 << 30);
    assert_int_equal(half.shift, 0);
    assert_int_equal(one.shift, 1);
    assert_int_equal(ln_quantize_multiplier(0).mul, 0);
    assert_int_equal(ln_quantize_multiplier((double)NAN).mul, 0);
    assert_int_equal(ln_quantize_multiplier(-1).mul, 0);
    assert_int_equal(ln_quantize_multiplier(1e-12).mul, 0);
    assert_int_equal(ln_quantize_multiplier((double)INFINITY).shift, 30);
    /* Just below a power of two rounds up into the next exponent. */
    const ln_mult near = ln_quantize_multiplier(nextafter(1, 0));
    assert_int_equal(near.mul, 1 << 30);
    assert_int_equal(near.shift, 1);
}

/* Infinities pass where no activation is fused: masks of attention are made of them. */
static void open_ranges(void **state)
{
    float min, max;
    (void)state;
    ln_activation_range_f32(kTfLiteActNone, &min, &max);
    assert_true(isinf(min) && min < 0 && isinf(max) && max > 0);
    ln_activation_range_f32(kTfLiteActRelu, &min, &max);
    assert_true(min == 0 && isinf(max));
    ln_activation_range_f32(kTfLiteActRelu6, &min, &max);
    assert_true(min == 0 && max == 6);
}

static void rounding(void **state)
{
    (void)state;
    assert_int_equal(ln_rounding_divide_by_pot(5, 1), 3);
    assert_int_equal(ln_rounding_divide_by_pot(-5, 1), -3);
    assert_int_equal(ln_rounding_divide_by_pot(-3, 1), -2);
    assert_int_equal(ln_rounding_divide_by_pot(INT32_MIN, 31), -1);
    assert_int_equal(ln_sat_rounding_doubling_high_mul(INT32_MIN, INT32_MIN), INT32_MAX);
    assert_int_equal(ln_sat_rounding_multiply_by_pot(1 << 30, 1), INT32_MAX);
    assert_int_equal(ln_sat_rounding_multiply_by_pot(-(1 << 30) - 1, 1), INT32_MIN);
    for (int i = 0; i < 10000; i++) {
        const int32_t x = pick(-1000000, 1000000);
        const double real = pick(1, 1000000) / 1e6;
        const double wanted = x * real, got = ln_mul_q(x, ln_quantize_multiplier(real));
        assert_true(fabs(got - wanted) <= 1); /* two roundings */
        /* 16 bits of multiplier */
        assert_true(fabs(ln_mul_q64(x, ln_quantize_multiplier(real)) - wanted) <=
                    1 + fabs(wanted) / 32768);
    }
}

static void fixed_point(void **state)
{
    (void)state;
    const double unit = 2147483648.0;
    assert_int_equal(ln_fx_exp_on_negative(0, 5), INT32_MAX);
    for (int i = 1; i < 2000; i++) {
        const double x = i / 100.0;
        const int32_t raw = (int32_t)(x * (1 << 26));
        assert_true(fabs(ln_fx_exp_on_negative(-raw, 5) / unit - exp(-x)) < 1e-6);
        assert_true(fabs(ln_fx_logistic(raw, 5) / unit - 1 / (1 + exp(-x))) < 1e-6);
        assert_true(fabs(ln_fx_logistic(-raw, 5) / unit - 1 / (1 + exp(x))) < 1e-6);
    }
    for (int i = -32768; i < 32768; i += 7) {
        const double x = i / 4096.0; /* three integer bits */
        assert_true(fabs(ln_fx_tanh16((int16_t)i, 3) / 32768.0 - tanh(x)) < 1e-3);
        assert_true(fabs(ln_fx_logistic16((int16_t)i, 3) / 32768.0 - 1 / (1 + exp(-x))) < 1e-3);
    }
    for (int x = 2; x < 1 << 20; x = x * 5 / 3 + 1) {
        const ln_mult m = ln_inv_sqrt_multiplier(x);
        assert_true(fabs(ldexp(m.mul, m.shift - 31) * sqrt(x) - 1) < 1e-3);
    }
}

static void rows(void **state)
{
    (void)state;
    const float x[5] = {-1, -0.5f, 0, 0.25f, 0.5f}, zeros[3] = {0, 0, 0};
    int8_t q[5];
    float scale;
    int32_t zero;
    ln_quantize_row_symmetric(x, 5, q, &scale);
    assert_int_equal(q[0], -127);
    assert_int_equal(q[1], -64); /* -63.5 rounds away from zero */
    assert_int_equal(q[2], 0);
    assert_true(scale == 1.f / 127);
    ln_quantize_row_asymmetric(x, 5, q, &scale, &zero);
    assert_int_equal(q[0], -128);
    assert_int_equal(q[4], 127);
    assert_int_equal(q[2], zero);
    ln_quantize_row_asymmetric(zeros, 3, q, &scale, &zero);
    assert_true(q[0] == 0 && scale == 1 && zero == 0);
    /* What is no number must not become undefined. */
    const float odd[3] = {NAN, INFINITY, -INFINITY};
    ln_quantize_row_symmetric(odd, 3, q, &scale);
    ln_quantize_row_asymmetric(odd, 3, q, &scale, &zero);
}

/* Every tap that ln_window_taps names lies inside, and no other does. */
static void windows(void **state)
{
    (void)state;
    ln_call c = {0};
    for (int i = 0; i < 3000; i++) {
        ln_window w = {
            .in = pick(1, 12), .filter = pick(1, 5), .stride = pick(1, 4), .dilation = pick(1, 3)};
        const bool same = pick(0, 1);
        const TfLitePadding padding = same ? kTfLitePaddingSame : kTfLitePaddingValid;
        const int reach = (w.filter - 1) * w.dilation + 1;
        const ln_status status = ln_window_plan(&c, "width", padding, &w);
        if (!same && reach > w.in) {
            assert_true(status != LN_OK || w.out == 0);
            continue;
        }
        assert_int_equal(status, LN_OK);
        assert_int_equal(w.out,
                         same ? (w.in + w.stride - 1) / w.stride : (w.in - reach) / w.stride + 1);
        for (int o = 0; o < w.out; o++) {
            int begin, end;
            const int first = ln_window_taps(&w, o, &begin, &end);
            assert_int_equal(first, o * w.stride - w.pad);
            for (int t = 0; t < w.filter; t++) {
                const int at = first + t * w.dilation;
                assert_true((t >= begin && t < end) == (at >= 0 && at < w.in));
            }
        }
    }
    ln_window bad = {.in = 4, .filter = 2, .stride = 0, .dilation = 1};
    assert_int_equal(ln_window_plan(&c, "width", kTfLitePaddingSame, &bad), LN_ERR_ARGUMENT);
    bad = (ln_window){.in = 4, .filter = INT_MAX, .stride = 1, .dilation = INT_MAX};
    assert_int_equal(ln_window_plan(&c, "width", kTfLitePaddingSame, &bad), LN_ERR_ARGUMENT);
}

enum { N = 70000 }; /* longer than a piece */

static void dots(void **state)
{
    (void)state;
    static int16_t x[N];
    static int8_t w[N];
    int64_t wanted = 0, sum = 0;
    for (int i = 0; i < N; i++) {
        x[i] = -255;
        w[i] = -128;
        wanted += x[i] * w[i];
        sum += x[i];
    }
    assert_int_equal(ln_dot_s8(x, w, N), (int32_t)(uint32_t)(uint64_t)wanted);
    assert_true(ln_sum_s16(x, N) == sum);
    wanted = 0;
    for (int i = 0; i < N; i++) {
        x[i] = INT16_MIN;
        wanted += x[i] * w[i];
    }
    assert_true(ln_dot_s16(x, w, N) == wanted);
    const float a[3] = {1, 2, 3}, b[9] = {1, 0, 0, 0, 1, 0, 1, 1, 1};
    float acc[4] = {0, 0, 0, 10};
    ln_dot_f32(a, b, 3, 3, 3, acc);
    assert_true(acc[0] == 1 && acc[1] == 2 && acc[2] == 6 && acc[3] == 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multiplier),  cmocka_unit_test(open_ranges), cmocka_unit_test(rounding),
        cmocka_unit_test(fixed_point), cmocka_unit_test(rows),        cmocka_unit_test(windows),
        cmocka_unit_test(dots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
