/* SPDX-License-Identifier: Apache-2.0 */
/* resize.c: rows of resized images, against loops in the order of ops/resize.c. */
#include <math.h>

#include "check.h"

enum { MAX_CHANNELS = 40, PIXELS = 7 };

/* Rows of n items become one. */
static void check_rows(check *c, size_t n, float f, int32_t part)
{
    const ln_resize_kernels *fn = &c->new->resize;
    const float *a = check_floats(n, CHECK_PLAIN), *b = check_floats(n, CHECK_PLAIN);
    const int8_t *sa = check_bytes(n, CHECK_PLAIN), *sb = check_bytes(n, CHECK_PLAIN);
    const uint8_t *ua = (const uint8_t *)sa, *ub = (const uint8_t *)sb;
    float *r = check_buffer(n * sizeof *r), *ra = check_buffer(n * sizeof *ra);
    float *rb = check_buffer(n * sizeof *rb);
    int32_t *s = check_buffer(n * sizeof *s);
    fn->rows_f32(r, a, b, f, n);
    fn->rows_u8(ra, rb, ua, ub, f, n);
    fn->rows_s8(s, sa, sb, part, n);
    for (size_t i = 0; i < n; i++) {
        const float want = a[i] * (1 - f) + b[i] * f;
        check_that(c, fabsf(r[i] - want) <= 2e-6f, "%zu items: [%zu] is %g, not %g", n, i,
                   (double)r[i], (double)want);
        check_that(c, ra[i] == (float)ua[i] * (1 - f) && rb[i] == (float)ub[i] * f,
                   "%zu items: uint8 [%zu] is wrong", n, i);
        check_that(c, s[i] == sa[i] * (1024 - part) + sb[i] * part,
                   "%zu items: int8 [%zu] is wrong", n, i);
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

typedef struct pixels {
    ln_resize_pixel p[PIXELS];
    size_t channels, items; /* of a row between */
} pixels;

static pixels make_pixels(size_t channels)
{
    pixels x = {.channels = channels, .items = PIXELS * channels + LN_RESIZE_PAD};
    for (size_t i = 0; i < PIXELS; i++)
        x.p[i] = (ln_resize_pixel){i / 2 * 3 % PIXELS * channels, i / 2 * 5 % PIXELS * channels,
                                   (float)i / PIXELS, (int32_t)(i * 1024 / PIXELS)};
    return x;
}

static void check_floats_pixels(check *c, const pixels *x)
{
    const float *r = check_floats(x->items, CHECK_PLAIN);
    float *y = check_buffer(PIXELS * x->channels * sizeof *y);
    c->new->resize.pixels_f32(y, r, x->p, PIXELS, x->channels);
    for (size_t i = 0; i < PIXELS * x->channels; i++) {
        const ln_resize_pixel *p = &x->p[i / x->channels];
        const size_t k = i % x->channels;
        const float want = r[p->low + k] * (1 - p->f) + r[p->high + k] * p->f;
        check_that(c, fabsf(y[i] - want) <= 2e-6f, "%zu channels: [%zu] is %g, not %g", x->channels,
                   i, (double)y[i], (double)want);
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

static void check_u8_pixels(check *c, const pixels *x)
{
    float *ra = check_floats(x->items, CHECK_PLAIN), *rb = check_floats(x->items, CHECK_PLAIN);
    uint8_t *y = check_buffer(PIXELS * x->channels);
    for (size_t i = 0; i < x->items; i++) {
        ra[i] = fabsf(ra[i]) * 15;
        rb[i] = fabsf(rb[i]) * 15;
    }
    c->new->resize.pixels_u8(y, ra, rb, x->p, PIXELS, x->channels);
    for (size_t i = 0; i < PIXELS * x->channels; i++) {
        const ln_resize_pixel *p = &x->p[i / x->channels];
        const size_t l = p->low + i % x->channels, h = p->high + i % x->channels;
        const float sum = ra[l] * (1 - p->f) + rb[l] * (1 - p->f) + ra[h] * p->f + rb[h] * p->f;
        const uint8_t want = (uint8_t)(sum + 0.5f);
        check_that(c, y[i] == want, "%zu channels: [%zu] is %d, not %d", x->channels, i, y[i],
                   want);
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

/* By fractions of 1/128, where order does not matter. */
static void check_exact(check *c, const pixels *of)
{
    pixels x = *of;
    const float down = (float)(x.channels * 37 % 129) / 128;
    const uint8_t *a = (const uint8_t *)check_bytes(x.items, CHECK_PLAIN);
    const uint8_t *b = (const uint8_t *)check_bytes(x.items, CHECK_PLAIN);
    float *r = check_buffer(x.items * sizeof *r);
    uint8_t *y = check_buffer(PIXELS * x.channels);
    for (size_t i = 0; i < PIXELS; i++)
        x.p[i].f = (float)(i * 61 % 129) / 128;
    c->new->resize.rows_exact_u8(r, a, b, down, x.items);
    c->new->resize.pixels_exact_u8(y, r, x.p, PIXELS, x.channels);
    for (size_t i = 0; i < PIXELS * x.channels; i++) {
        const ln_resize_pixel *p = &x.p[i / x.channels];
        const size_t l = p->low + i % x.channels, h = p->high + i % x.channels;
        const float left = (float)a[l] * (1 - down) + (float)b[l] * down;
        const float right = (float)a[h] * (1 - down) + (float)b[h] * down;
        const uint8_t want = (uint8_t)(left * (1 - p->f) + right * p->f + 0.5f);
        check_that(c, y[i] == want, "%zu channels: [%zu] is %d, not %d", x.channels, i, y[i], want);
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

static void check_s8_pixels(check *c, const pixels *x)
{
    const int32_t *r = check_ints(x->items, 127 * 1024);
    int8_t *y = check_buffer(PIXELS * x->channels);
    c->new->resize.pixels_s8(y, r, x->p, PIXELS, x->channels);
    for (size_t i = 0; i < PIXELS * x->channels; i++) {
        const ln_resize_pixel *p = &x->p[i / x->channels];
        const size_t k = i % x->channels;
        const int32_t v = r[p->low + k] * (1024 - p->i) + r[p->high + k] * p->i;
        const int32_t want = (v + (v > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20);
        check_that(c, y[i] == want, "%zu channels: [%zu] is %d, not %d", x->channels, i, y[i],
                   (int)want);
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

/* Also where both are the same, so that nothing is left behind the point. */
static void check_s16_pixels(check *c, const pixels *x)
{
    const int16_t *a = (const void *)check_bytes(2 * x->items, CHECK_PLAIN);
    const int16_t *b = (const void *)check_bytes(2 * x->items, CHECK_PLAIN);
    int32_t *r = check_buffer(x->items * sizeof *r);
    int16_t *y = check_buffer(PIXELS * x->channels * sizeof *y);
    const int32_t part = (int32_t)(x->channels * 100 % 1025);
    c->new->resize.rows_s16(r, a, b, part, x->items);
    for (size_t i = 0; i < x->items; i++) {
        check_that(c, r[i] == a[i] * (1024 - part) + b[i] * part, "[%zu] of a row is wrong", i);
        r[i] = i % 3 ? r[i] : r[i] / 1024 * 512;
    }
    c->new->resize.pixels_s16(y, r, x->p, PIXELS, x->channels);
    for (size_t i = 0; i < PIXELS * x->channels; i++) {
        const ln_resize_pixel *p = &x->p[i / x->channels];
        const size_t k = i % x->channels;
        const int64_t v = (int64_t)r[p->low + k] * (1024 - p->i) + (int64_t)r[p->high + k] * p->i;
        const int64_t want = (v + (v > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20);
        check_that(c, y[i] == want, "%zu channels: [%zu] is %d, not %d", x->channels, i, y[i],
                   (int)want);
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

void check_resize(check *c)
{
    if (CHECK_BEGIN(c, "resize_rows", resize.rows_u8))
        for (size_t n = 0; n <= 70; n++)
            check_rows(c, n, (float)(n % 9) / 9, (int32_t)(n * 100 % 1025));
    for (size_t n = 1; n <= MAX_CHANNELS; n++) {
        const pixels x = make_pixels(n);
        if (CHECK_BEGIN(c, "resize_pixels_f32", resize.pixels_f32))
            check_floats_pixels(c, &x);
        if (CHECK_BEGIN(c, "resize_pixels_u8", resize.pixels_u8))
            check_u8_pixels(c, &x);
        if (CHECK_BEGIN(c, "resize_exact_u8", resize.pixels_exact_u8))
            check_exact(c, &x);
        if (CHECK_BEGIN(c, "resize_pixels_s8", resize.pixels_s8))
            check_s8_pixels(c, &x);
        if (CHECK_BEGIN(c, "resize_pixels_s16", resize.pixels_s16))
            check_s16_pixels(c, &x);
    }
}
