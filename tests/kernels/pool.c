/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c: pixels of pools, against loops. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "check.h"

enum { MAX_TAPS = 12, MAX_CHANNELS = 150 };

static const char *const names[] = {"average", "max", "l2"};
static const char *const type_names[] = {"s8", "u8", "s16"};

/* The pixels under a window, in an order of their own. */
static void point(const void **list, const void *x, size_t taps, size_t bytes)
{
    for (size_t t = 0; t < taps; t++)
        list[t] = (const char *)x + (t * 5 + 3) % taps * bytes;
}

static void check_floats_at(check *c, int kind, size_t taps, size_t n)
{
    const void *list[MAX_TAPS];
    const float *x = check_floats(taps * n, kind == LN_POOL_MAX ? CHECK_ODD : CHECK_PLAIN);
    float *y = check_buffer(n * sizeof *y);
    const float min = -5, max = 6.5f;
    point(list, x, taps, n * sizeof *x);
    c->new->pool.f32[kind](y, (const float *const *)(const void *)list, taps, n, min, max);
    for (size_t j = 0; j < n; j++) {
        float s = kind == LN_POOL_MAX ? -FLT_MAX : 0;
        for (size_t t = 0; t < taps; t++) {
            const float v = ((const float *)list[t])[j];
            s = kind == LN_POOL_MAX ? (v > s ? v : s) : s + (kind == LN_POOL_L2 ? v * v : v);
        }
        if (kind != LN_POOL_MAX)
            s = s / (float)taps;
        if (kind == LN_POOL_L2)
            s = sqrtf(s);
        s = s < min ? min : s > max ? max : s;
        if (!check_that(c, check_ulps(y[j], s) <= (kind == LN_POOL_L2 ? 4 : 0),
                        "%zu taps, %zu channels: [%zu] is %g, not %g", taps, n, j, (double)y[j],
                        (double)s))
            break;
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

static int32_t item(int type, const void *x, size_t i)
{
    return type == LN_FOLD_S8   ? ((const int8_t *)x)[i]
           : type == LN_FOLD_U8 ? ((const uint8_t *)x)[i]
                                : ((const int16_t *)x)[i];
}

static void check_sum(check *c, int type, size_t taps, size_t n)
{
    const void *list[MAX_TAPS];
    const size_t size = type == LN_FOLD_S16 ? 2 : 1;
    const void *x = check_bytes(taps * n * size, (int)(n % CHECK_KINDS));
    int32_t *s = check_buffer(n * sizeof *s);
    point(list, x, taps, n * size);
    c->new->pool.sum[type](s, list, taps, n);
    for (size_t j = 0; j < n; j++) {
        int32_t want = 0;
        for (size_t t = 0; t < taps; t++)
            want += item(type, list[t], j);
        if (!check_that(c, s[j] == want, "%zu taps, %zu channels: [%zu] is %d, not %d", taps, n, j,
                        (int)s[j], (int)want))
            break;
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

static void check_average(check *c, int type, int32_t count, size_t n)
{
    const int32_t min = type == LN_FOLD_U8 ? 3 : -100, max = 120;
    const size_t size = type == LN_FOLD_S16 ? 2 : 1;
    int32_t *s = check_ints(n, LN_MIN(count * 256, (1 << 23) - 1));
    void *y = check_buffer(n * size);
    c->new->pool.average[type](y, s, n, count, min, max);
    for (size_t j = 0; j < n; j++) {
        const bool up = type == LN_FOLD_U8 || s[j] > 0;
        const int32_t v = (up ? s[j] + count / 2 : s[j] - count / 2) / count;
        const int32_t want = v < min ? min : v > max ? max : v;
        if (!check_that(c, item(type, y, j) == want, "%d / %d is %d, not %d", (int)s[j], (int)count,
                        (int)item(type, y, j), (int)want))
            break;
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

static void check_max_8(check *c, size_t taps, size_t n, uint8_t flip)
{
    const void *list[MAX_TAPS];
    const uint8_t *x = (const uint8_t *)check_bytes(taps * n, (int)(n % CHECK_KINDS));
    uint8_t *y = check_buffer(n);
    const uint8_t min = 9, max = 250;
    point(list, x, taps, n);
    c->new->pool.max_8(y, (const uint8_t *const *)(const void *)list, taps, n, flip, min, max);
    for (size_t j = 0; j < n; j++) {
        uint8_t want = min;
        for (size_t t = 0; t < taps; t++)
            want = LN_MAX(want, (uint8_t)(((const uint8_t *)list[t])[j] ^ flip));
        want = (uint8_t)(LN_MIN(want, max) ^ flip);
        if (!check_that(c, y[j] == want, "%zu taps, %zu channels: [%zu] is %d, not %d", taps, n, j,
                        y[j], want))
            break;
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

void check_pool(check *c)
{
    static const int32_t counts[] = {1, 2, 3, 7, 49, 125, 1089, 30000};
    char name[40];
    for (int kind = 0; kind < LN_POOLS; kind++) {
        snprintf(name, sizeof name, "pool_%s", names[kind]);
        if (CHECK_BEGIN(c, name, pool.f32[kind]))
            for (size_t n = 0; n <= MAX_CHANNELS; n++)
                check_floats_at(c, kind, 1 + n % MAX_TAPS, n);
    }
    for (int type = 0; type < LN_FOLD_TYPES; type++) {
        snprintf(name, sizeof name, "pool_sum_%s", type_names[type]);
        if (CHECK_BEGIN(c, name, pool.sum[type]))
            for (size_t n = 0; n <= MAX_CHANNELS; n++)
                check_sum(c, type, 1 + n % MAX_TAPS, n);
        snprintf(name, sizeof name, "pool_average_%s", type_names[type]);
        if (CHECK_BEGIN(c, name, pool.average[type]))
            for (size_t n = 0; n <= MAX_CHANNELS; n++)
                check_average(c, type, counts[n % LN_COUNTOF(counts)], n);
    }
    if (CHECK_BEGIN(c, "pool_max_8", pool.max_8))
        for (size_t n = 0; n <= MAX_CHANNELS; n++)
            check_max_8(c, 1 + n % MAX_TAPS, n, n & 1 ? 128 : 0);
}
