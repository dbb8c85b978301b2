/* SPDX-License-Identifier: Apache-2.0 */
/* arg.c: positions of extremes, against loops. */
#include <stdio.h>

#include "check.h"

enum { MOST = 100, COLUMNS_MOST = 40 };

/* The first best of n items that lie `step` apart. */
static int32_t best_float(const float *x, size_t step, size_t n, int kind)
{
    float best = x[0];
    int32_t at = 0;
    for (size_t i = 1; i < n; i++) {
        const float v = x[i * step];
        if ((kind == LN_ARG_MAX ? v > best : v < best) || (best != best && v == v)) {
            best = v;
            at = (int32_t)i;
        }
    }
    return at;
}

static int32_t best_byte(const uint8_t *x, size_t step, size_t n, uint8_t flip)
{
    int32_t at = 0;
    for (size_t i = 1; i < n; i++)
        if ((x[i * step] ^ flip) > (x[(size_t)at * step] ^ flip))
            at = (int32_t)i;
    return at;
}

static void row(check *c, int kind, size_t n)
{
    const float *x = check_floats(n, (int)(n % CHECK_KINDS));
    const int32_t got = c->new->arg.row_f32[kind](x, n), want = best_float(x, 1, n, kind);
    check_that(c, got == want, "%zu items: %d, not %d", n, (int)got, (int)want);
    check_that(c, check_end(), "writes in front of a buffer");
}

static void columns(check *c, int kind, size_t n, size_t count)
{
    const float *x = check_floats(n * count, (int)(n % CHECK_KINDS));
    int32_t *to = check_buffer(count * sizeof *to);
    c->new->arg.columns_f32[kind](to, x, count, n, count);
    for (size_t j = 0; j < count; j++)
        check_that(c, to[j] == best_float(x + j, count, n, kind), "%zu items: [%zu] is %d", n, j,
                   (int)to[j]);
    check_that(c, check_end(), "writes in front of a buffer");
}

static void rows_8(check *c, size_t rows, size_t n, uint8_t flip)
{
    const uint8_t *x = (const uint8_t *)check_bytes(rows * n, (int)(n % CHECK_KINDS));
    int32_t *to = check_buffer(rows * sizeof *to);
    c->new->arg.rows_8(to, x, rows, n, flip);
    for (size_t i = 0; i < rows; i++)
        check_that(c, to[i] == best_byte(x + i * n, 1, n, flip), "rows of %zu: [%zu] is %d", n, i,
                   (int)to[i]);
    check_that(c, check_end(), "writes in front of a buffer");
}

static void columns_8(check *c, size_t n, size_t count, uint8_t flip)
{
    const uint8_t *x = (const uint8_t *)check_bytes(n * count, (int)(n % CHECK_KINDS));
    int32_t *to = check_buffer(count * sizeof *to);
    c->new->arg.columns_8(to, x, count, n, count, flip);
    for (size_t j = 0; j < count; j++)
        check_that(c, to[j] == best_byte(x + j, count, n, flip), "%zu items: [%zu] is %d", n, j,
                   (int)to[j]);
    check_that(c, check_end(), "writes in front of a buffer");
}

void check_arg(check *c)
{
    static const uint8_t flips[] = {0, 128, 255, 127};
    char name[40];
    for (int kind = 0; kind < LN_ARGS; kind++) {
        snprintf(name, sizeof name, "arg_row_%s", kind == LN_ARG_MAX ? "max" : "min");
        if (CHECK_BEGIN(c, name, arg.row_f32[kind]))
            for (size_t n = 1; n <= MOST; n++)
                row(c, kind, n);
        snprintf(name, sizeof name, "arg_columns_%s", kind == LN_ARG_MAX ? "max" : "min");
        if (CHECK_BEGIN(c, name, arg.columns_f32[kind]))
            for (size_t n = 1; n <= COLUMNS_MOST; n++)
                columns(c, kind, 1 + n % 7, n);
    }
    if (CHECK_BEGIN(c, "arg_rows_8", arg.rows_8))
        for (size_t n = 1; n <= 2 * MOST; n++)
            rows_8(c, n % 9, n, flips[n % 4]);
    if (CHECK_BEGIN(c, "arg_columns_8", arg.columns_8))
        for (size_t n = 1; n <= COLUMNS_MOST; n++)
            columns_8(c, 1 + n % 7, n, flips[n % 4]);
}
