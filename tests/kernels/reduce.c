/* SPDX-License-Identifier: Apache-2.0 */
/* reduce.c: folds of many items, against loops. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

enum { MAX_ITEMS = 300, STEP_MORE = 3 };

static const char *const fold_names[] = {"sum", "max", "min", "squares", "prod"};
static const char *const type_names[] = {"s8", "u8", "s16"};

static float fold_float(int fold, float s, float v)
{
    switch (fold) {
    case LN_FOLD_SUM:
        return s + v;
    case LN_FOLD_MAX:
        return v > s ? v : s;
    case LN_FOLD_MIN:
        return v < s ? v : s;
    case LN_FOLD_SQUARES:
        return s + v * v;
    default:
        return s * v;
    }
}

static int32_t item(int type, const void *x, size_t i)
{
    return type == LN_FOLD_S8   ? ((const int8_t *)x)[i]
           : type == LN_FOLD_U8 ? ((const uint8_t *)x)[i]
                                : ((const int16_t *)x)[i];
}

static int32_t fold_int(int fold, int32_t s, int32_t v)
{
    return fold == LN_FOLD_SUM ? s + v : fold == LN_FOLD_MAX ? LN_MAX(s, v) : LN_MIN(s, v);
}

/* Values whose products stay finite. */
static float *near_one(size_t n)
{
    float *x = check_floats(n, CHECK_PLAIN);
    for (size_t i = 0; i < n; i++)
        x[i] = 1 + x[i] / 64;
    return x;
}

static void floats_columns(check *c, ln_fold_columns fn, int fold, size_t m, size_t n, int kind)
{
    const size_t step = n + STEP_MORE;
    const float *x = fold == LN_FOLD_PROD ? near_one(m * step) : check_floats(m * step, kind);
    float *y = check_buffer(n * sizeof *y), want[MAX_ITEMS];
    for (size_t j = 0; j < n; j++) {
        want[j] = y[j] = 1;
        for (size_t i = 0; i < m; i++)
            want[j] = fold_float(fold, want[j], x[i * step + j]);
    }
    fn(y, x, step, m, n);
    const size_t at = check_differ(y, want, n, fold == LN_FOLD_SQUARES ? 64 : 0, 0);
    if (at < n)
        check_that(c, false, "%zu rows of %zu: [%zu] is %g, not %g", m, n, at, (double)y[at],
                   (double)want[at]);
    check_that(c, check_end(), "writes in front of a buffer");
}

static void floats_row(check *c, float (*fn)(float, const float *, size_t), int fold, size_t n,
                       float start)
{
    const bool prod = fold == LN_FOLD_PROD, sum = fold == LN_FOLD_SUM || fold == LN_FOLD_SQUARES;
    const float *x = prod ? near_one(n) : check_floats(n, sum ? CHECK_PLAIN : CHECK_ODD);
    double exact = (double)start, size = fabs(exact);
    for (size_t i = 0; i < n; i++) {
        const double v = (double)x[i];
        exact = prod                      ? exact * v
                : fold == LN_FOLD_SUM     ? exact + v
                : fold == LN_FOLD_SQUARES ? exact + v * v
                                          : (double)fold_float(fold, (float)exact, x[i]);
        size += fold == LN_FOLD_SQUARES ? v * v : fabs(v);
    }
    const double got = (double)fn(start, x, n);
    const double slack = sum ? size * 2e-6 : prod ? fabs(exact) * 1e-5 : 0;
    check_that(c, got == exact || fabs(got - exact) <= slack || (isnan(got) && isnan(exact)),
               "%zu items: %g, not %g", n, got, exact);
    check_that(c, check_end(), "writes in front of a buffer");
}

static void ints(check *c, ln_fold_columns columns, int32_t (*row)(int32_t, const void *, size_t),
                 int type, int fold)
{
    const size_t size = type == LN_FOLD_S16 ? 2 : 1;
    for (size_t n = 0; n <= 150; n += n < 70 ? 1 : 13) {
        const size_t m = n % 5, step = n + STEP_MORE;
        const void *x = check_bytes(LN_MAX(m * step, n) * size, (int)(n % CHECK_KINDS));
        int32_t *y = check_ints(n, 1000), want, start = 7;
        for (size_t j = 0; columns && j < n; j++)
            y[j] = (int32_t)j;
        if (columns)
            columns(y, x, step, m, n);
        for (size_t j = 0; columns && j < n; j++) {
            want = (int32_t)j;
            for (size_t i = 0; i < m; i++)
                want = fold_int(fold, want, item(type, x, i * step + j));
            check_that(c, y[j] == want, "%zu rows of %zu: [%zu] is %d, not %d", m, n, j, (int)y[j],
                       (int)want);
        }
        want = start;
        for (size_t i = 0; i < n; i++)
            want = fold_int(fold, want, item(type, x, i));
        if (row)
            check_that(c, row(start, x, n) == want, "a row of %zu is not %d", n, (int)want);
        check_that(c, check_end(), "writes in front of a buffer");
    }
}

static void bytes_max(check *c)
{
    for (size_t n = 0; n <= 200; n++)
        for (int flip = 0; flip <= 128; flip += 128) {
            const uint8_t *x = (const uint8_t *)check_bytes(n, (int)(n % CHECK_KINDS));
            uint8_t want = 0;
            for (size_t i = 0; i < n; i++)
                want = LN_MAX(want, (uint8_t)(x[i] ^ flip));
            const uint8_t got = c->new->reduce.max_8(x, n, (uint8_t)flip);
            check_that(c, got == want, "%zu bytes: %d, not %d", n, got, want);
            check_that(c, check_end(), "writes in front of a buffer");
        }
}

/* One item, each operation rounded by itself. */
static float normal(float x, float m, float r, size_t j, const ln_norm_rows *p)
{
    const float f = p->factor ? p->factor[j] : 1, by = r * f, d = x - m;
    if (p->form == LN_NORM_SPREAD)
        return x * by + (p->term ? p->term[j] - m * by : -(m * by));
    const float v = p->form == LN_NORM_FACTOR ? d * by : d * r * f;
    return p->term ? v + p->term[j] : v;
}

static void rows_normalized(check *c, size_t rows, size_t n, unsigned how)
{
    const ln_reduce_kernels *k = &c->new->reduce;
    float *x = check_floats(rows * n, CHECK_PLAIN), *y = check_buffer(rows * n * sizeof *y);
    const ln_norm_form form = (ln_norm_form)(how % 3);
    const ln_norm_rows p = {
        .form = form,
        .centered = how / 3 % 2,
        .epsilon = 1e-3f,
        .factor = form == LN_NORM_SCALED && how / 6 % 2 ? NULL : check_floats(n, CHECK_PLAIN),
        .term = how / 12 % 2 ? check_floats(n, CHECK_PLAIN) : NULL,
    };
    float *squares = check_buffer(n * sizeof *squares);
    k->normalize(y, x, rows, n, &p);
    for (size_t i = 0; i < rows; i++) {
        const float m = p.centered ? k->row_f32[LN_FOLD_SUM](0, x + i * n, n) / (float)n : 0;
        for (size_t j = 0; j < n; j++)
            squares[j] = (x[i * n + j] - m) * (x[i * n + j] - m);
        const float v = k->row_f32[LN_FOLD_SUM](0, squares, n) / (float)n + p.epsilon;
        for (size_t j = 0; j < n; j++) {
            const float want = normal(x[i * n + j], m, 1 / sqrtf(v), j, &p), got = y[i * n + j];
            check_that(c, memcmp(&want, &got, sizeof got) == 0,
                       "%zu items, %u: [%zu][%zu] is %g, not %g", n, how, i, j, (double)got,
                       (double)want);
        }
    }
    k->normalize(x, x, rows, n, &p);
    check_that(c, memcmp(x, y, rows * n * sizeof *y) == 0, "%zu items: not in place", n);
    check_that(c, check_end(), "writes in front of a buffer");
}

typedef struct speed {
    ln_fold_columns fn;
    void *s;
    const void *x;
    size_t m, n;
} speed;

static void run(void *arg)
{
    const speed *s = arg;
    s->fn(s->s, s->x, s->n, s->m, s->n);
}

static void bench_columns(check *c, ln_fold_columns fn, size_t size)
{
    enum { M = 49, N = 256 };
    speed s = {fn, check_floats(N, CHECK_PLAIN), check_bytes(M * N * size, CHECK_PLAIN), M, N};
    check_bench(c, run, &s, (double)(M * N * size), "GB/s");
    check_end();
}

void check_reduce(check *c)
{
    const ln_reduce_kernels *new = &c->new->reduce;
    char name[40];
    for (int fold = 0; fold < LN_FOLDS; fold++) {
        snprintf(name, sizeof name, "reduce_columns_%s", fold_names[fold]);
        if (CHECK_BEGIN(c, name, reduce.columns_f32[fold])) {
            for (size_t n = 0; n <= 150; n += n < 70 ? 1 : 13)
                floats_columns(c, new->columns_f32[fold], fold, n % 7, n, (int)(n % CHECK_KINDS));
            bench_columns(c, new->columns_f32[fold], sizeof(float));
        }
        snprintf(name, sizeof name, "reduce_row_%s", fold_names[fold]);
        if (CHECK_BEGIN(c, name, reduce.row_f32[fold]))
            for (size_t n = 0; n <= MAX_ITEMS; n += n < 150 ? 1 : 29)
                floats_row(c, new->row_f32[fold], fold, n, n % 11 == 3 ? NAN : 1);
    }
    for (int type = 0; type < LN_FOLD_TYPES; type++)
        for (int fold = 0; fold < LN_FOLDS_INT; fold++) {
            snprintf(name, sizeof name, "reduce_columns_%s_%s", fold_names[fold], type_names[type]);
            if (CHECK_BEGIN(c, name, reduce.columns_int[type][fold])) {
                ints(c, new->columns_int[type][fold], NULL, type, fold);
                bench_columns(c, new->columns_int[type][fold], type == LN_FOLD_S16 ? 2 : 1);
            }
            snprintf(name, sizeof name, "reduce_row_%s_%s", fold_names[fold], type_names[type]);
            if (CHECK_BEGIN(c, name, reduce.row_int[type][fold]))
                ints(c, NULL, new->row_int[type][fold], type, fold);
        }
    if (CHECK_BEGIN(c, "reduce_normalize", reduce.normalize))
        for (size_t n = 1; n <= 150; n += n < 70 ? 1 : 13)
            rows_normalized(c, 1 + n * 7 % 20, n, (unsigned)n);
    if (CHECK_BEGIN(c, "reduce_max_8", reduce.max_8))
        bytes_max(c);
}
