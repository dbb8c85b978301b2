/* SPDX-License-Identifier: Apache-2.0 */
/* gather.c: what statistics say of arrays, short and long, is what looking at each value gives; in
 * parts, in any order, it is the same. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quant/stats.h"

enum { MANY = 50000, BINS = LN_STAT_OCTAVES * LN_STAT_PER_OCTAVE };

static uint32_t seed;

static float uniform(void)
{
    seed = seed * 1664525 + 1013904223;
    return (float)(seed >> 8) / (1 << 24);
}

/* Of all sizes and signs, many zeros of both, and where `odd`, what is no number. */
static void fill(float *x, size_t n, bool odd)
{
    for (size_t i = 0; i < n; i++) {
        const float kind = uniform(), v = (uniform() - 0.4f) * exp2f(20 * uniform() - 14);
        x[i] = kind < 0.3f ? 0 : kind < 0.35f ? -0.f : kind < 0.45f ? 6 : v;
        if (odd && kind > 0.99f)
            x[i] = kind > 0.997f ? NAN : kind > 0.993f ? HUGE_VALF : -HUGE_VALF;
    }
}

static ln_stats *start(void)
{
    const int n_tensors = 1;
    ln_stats *s;
    assert_int_equal(ln_stats_create(&s, 1, 1, &n_tensors, &ln_alloc_default), LN_OK);
    return s;
}

static void observe(ln_stats *s, const float *x, size_t n, int channels)
{
    assert_int_equal(ln_stats_observe(s, 0, 0, x, n, channels), LN_OK);
}

/* Holds the statistics of one array to its values. */
static void check(const ln_stat *t, const float *x, size_t n)
{
    uint64_t *counts = calloc(BINS, sizeof *counts), odd = 0;
    float min = HUGE_VALF, max = -HUGE_VALF;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        odd += !isfinite(x[i]);
        if (!isfinite(x[i]))
            continue;
        counts[bits >> LN_STAT_BIN_SHIFT]++;
        min = fminf(min, x[i]);
        max = fmaxf(max, x[i]);
    }
    assert_true(t->min == min && t->max == max);
    assert_int_equal(t->odd, odd);
    for (int i = 0; i < BINS; i++) {
        const uint64_t *octave = t->octaves[i / LN_STAT_PER_OCTAVE];
        assert_int_equal(octave ? octave[i % LN_STAT_PER_OCTAVE] : 0, counts[i]);
    }
    free(counts);
}

static void test_counts(void **state)
{
    static const size_t sizes[] = {1, 31, 33, 1000, 4095, 4096, 4099, MANY};
    float *x = malloc(MANY * sizeof *x);
    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (int odd = 0; odd < 2; odd++) {
            ln_stats *s = start();
            seed = (uint32_t)k;
            fill(x, sizes[k], odd);
            x[0] = 1; /* something finite */
            observe(s, x, sizes[k], 0);
            check(ln_stats_of(s, 0, 0), x, sizes[k]);
            ln_stats_free(s);
        }
    free(x);
}

static void test_means(void **state)
{
    enum { CHANNELS = 300, ROWS = 21 };
    float *x = malloc((size_t)CHANNELS * ROWS * sizeof *x);
    ln_stats *s = start();
    (void)state;
    for (int i = 0; i < CHANNELS * ROWS; i++)
        x[i] = uniform() - 0.3f;
    observe(s, x, (size_t)CHANNELS * ROWS, CHANNELS);
    for (int c = 0; c < CHANNELS; c++) {
        double sum = 0;
        for (int r = 0; r < ROWS; r++)
            sum += (double)x[r * CHANNELS + c];
        assert_true(fabs(ln_stat_mean(ln_stats_of(s, 0, 0), c) - sum / ROWS) < 1e-6);
    }
    ln_stats_free(s);
    free(x);
}

/* Three arrays in one, and in two parts that are put together. */
static void test_parts(void **state)
{
    static const size_t sizes[] = {6000, 96, MANY - MANY % 3};
    float *x = malloc(MANY * sizeof *x);
    ln_stats *whole = start(), *parts[] = {start(), start()};
    uint8_t *bytes[2];
    size_t n[2];
    (void)state;
    for (int k = 0; k < 3; k++) {
        seed = (uint32_t)k;
        fill(x, sizes[k], false);
        observe(whole, x, sizes[k], 3);
        observe(parts[k == 1], x, sizes[k], 3);
    }
    assert_int_equal(ln_stats_merge(parts[1], parts[0], NULL), LN_OK);
    assert_int_equal(ln_stats_write(whole, &bytes[0], &n[0]), LN_OK);
    assert_int_equal(ln_stats_write(parts[1], &bytes[1], &n[1]), LN_OK);
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(bytes[0], bytes[1], n[0]);
    for (int k = 0; k < 2; k++) {
        ln_free(&ln_alloc_default, bytes[k]);
        ln_stats_free(parts[k]);
    }
    ln_stats_free(whole);
    free(x);
}

static void test_sums(void **state)
{
    static const float values[] = {0, 1.5f, -1.5f, -1e-30f, 1e30f, -1e30f, 0x1p-70f};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const ln_fixed_sum s = ln_fixed_sum_of(values[i]);
        const double back = (double)(int64_t)s.high + ldexp((double)s.low, -64);
        assert_true(fabs(back - fmin(fmax((double)values[i], -1e15), 1e15)) < 1e-19);
    }
    const ln_fixed_sum none = ln_fixed_sum_of(NAN);
    assert_true(none.high == 0 && none.low == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_means),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
