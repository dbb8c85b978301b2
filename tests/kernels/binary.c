/* SPDX-License-Identifier: Apache-2.0 */
/* binary.c: functions of two floats or integers, relations, and the choice between two. */
#include <math.h>
#include <string.h>

#include "check.h"

enum { MOST = 67, SPEED = 4096 };

static const ln_elt_range range = {-3, 5}, open = {-3.4e38f, 3.4e38f};

/* ---- floats ---- */

static float limited(float x, const ln_elt_range *r)
{
    return x < r->min ? r->min : x > r->max ? r->max : x;
}

static float plain_f32(int op, float a, float b, const ln_elt_range *r)
{
    switch (op) {
    case LN_BINARY_ADD:
        return limited(a + b, r);
    case LN_BINARY_SUB:
        return limited(a - b, r);
    case LN_BINARY_MUL:
        return limited(a * b, r);
    case LN_BINARY_DIV:
        return limited(a / b, r);
    case LN_BINARY_MAX:
        return a > b ? a : b;
    case LN_BINARY_MIN:
        return a < b ? a : b;
    case LN_BINARY_SQUARED_DIFFERENCE:
        return (a - b) * (a - b);
    default:
        return a >= 0 ? a : a * b;
    }
}

/* Of n items: the operand that is one item in `form` has one. */
static size_t left_items(size_t n, int form)
{
    return form == LN_SCALAR_LEFT ? 1 : n;
}
static size_t right_items(size_t n, int form)
{
    return form == LN_SCALAR_RIGHT ? 1 : n;
}

static void check_f32(check *c, int op, int form, const ln_elt_range *r)
{
    const ln_elt_fn fn = c->new->binary.f32[op][form];
    for (int kind = 0; kind < CHECK_KINDS; kind++)
        for (size_t n = 0; n <= MOST; n++) {
            const float *a = check_floats(left_items(n, form), kind);
            const float *b = check_floats(right_items(n, form), kind);
            float *y = check_buffer(n * sizeof *y), want[MOST];
            fn(y, (const void *const[]){a, b}, n, r);
            for (size_t i = 0; i < n; i++)
                want[i] = plain_f32(op, a[form == LN_SCALAR_LEFT ? 0 : i],
                                    b[form == LN_SCALAR_RIGHT ? 0 : i], r);
            const size_t at = check_differ(y, want, n, 0, 0);
            if (at < n)
                check_that(c, false, "form %d, n %zu, [%zu] is %g, not %g", form, n, at,
                           (double)y[at], (double)want[at]);
            check_that(c, check_end(), "form %d, n %zu: writes in front", form, n);
        }
}

static void check_affine(check *c, size_t n, int kind)
{
    enum { ROWS = 3 };
    const float *x = check_floats(ROWS * n, kind);
    const float *factor = check_floats(n, CHECK_PLAIN), *term = check_floats(n, kind);
    float *y = check_buffer(ROWS * n * sizeof *y), want[ROWS * MOST];
    c->new->binary.affine(y, x, factor, term, ROWS, n, &range);
    for (size_t i = 0; i < ROWS * n; i++) {
        const float product = x[i] * factor[i % n];
        want[i] = limited(product + term[i % n], &range);
    }
    const size_t at = check_differ(y, want, ROWS * n, 0, 0);
    if (at < ROWS * n)
        check_that(c, false, "n %zu, [%zu] is %g, not %g", n, at, (double)y[at], (double)want[at]);
    check_that(c, check_end(), "n %zu: writes in front", n);
}

/* ---- integers ---- */

static int32_t plain_s32(int op, int32_t a, int32_t b)
{
    const uint32_t u = (uint32_t)a, v = (uint32_t)b;
    switch (op) {
    case LN_INTEGER_ADD:
        return (int32_t)(u + v);
    case LN_INTEGER_SUB:
        return (int32_t)(u - v);
    case LN_INTEGER_MUL:
        return (int32_t)(u * v);
    case LN_INTEGER_MAX:
        return a > b ? a : b;
    default:
        return a < b ? a : b;
    }
}

static bool related(int relation, bool less, bool equal)
{
    return relation == LN_COMPARE_EQ   ? equal
           : relation == LN_COMPARE_NE ? !equal
           : relation == LN_COMPARE_LT ? less
                                       : less || equal;
}

static void check_s32(check *c, int op, int form)
{
    const ln_elt_fn fn = c->new->binary.s32[op][form];
    for (size_t n = 0; n <= MOST; n++) {
        const int32_t *a = check_ints(left_items(n, form), INT32_MAX);
        const int32_t *b = check_ints(right_items(n, form), INT32_MAX);
        int32_t *y = check_buffer(n * sizeof *y);
        bool same = true;
        fn(y, (const void *const[]){a, b}, n, NULL);
        for (size_t i = 0; i < n; i++)
            same = same && y[i] == plain_s32(op, a[form == LN_SCALAR_LEFT ? 0 : i],
                                             b[form == LN_SCALAR_RIGHT ? 0 : i]);
        check_that(c, same, "form %d, n %zu", form, n);
        check_that(c, check_end(), "form %d, n %zu: writes in front", form, n);
    }
}

static void check_compare(check *c, int relation, int form)
{
    for (int kind = 0; kind < CHECK_KINDS; kind++)
        for (size_t n = 0; n <= MOST; n++) {
            const float *a = check_floats(left_items(n, form), kind);
            const float *b = check_floats(right_items(n, form), kind);
            const int32_t *u = check_ints(left_items(n, form), 3);
            const int32_t *v = check_ints(right_items(n, form), 3);
            uint8_t *y = check_buffer(n), *z = check_buffer(n);
            bool same = true;
            c->new->binary.compare_f32[relation][form](y, (const void *const[]){a, b}, n, NULL);
            c->new->binary.compare_s32[relation][form](z, (const void *const[]){u, v}, n, NULL);
            for (size_t i = 0; i < n; i++) {
                const size_t l = form == LN_SCALAR_LEFT ? 0 : i,
                             r = form == LN_SCALAR_RIGHT ? 0 : i;
                same = same && y[i] == related(relation, a[l] < b[r], a[l] == b[r]) &&
                       z[i] == related(relation, u[l] < v[r], u[l] == v[r]);
            }
            check_that(c, same, "form %d, n %zu", form, n);
            check_that(c, check_end(), "form %d, n %zu: writes in front", form, n);
        }
}

/* ---- all ---- */

typedef struct speed {
    ln_elt_fn fn;
    float *y;
    const void *x[2];
} speed;

static void run(void *arg)
{
    const speed *s = arg;
    s->fn(s->y, s->x, SPEED, &open);
}

static void measure(check *c, ln_elt_fn fn)
{
    speed s = {fn,
               check_buffer(SPEED * sizeof(float)),
               {check_floats(SPEED, CHECK_PLAIN), check_floats(SPEED, CHECK_PLAIN)}};
    check_bench(c, run, &s, 3.0 * SPEED * sizeof(float), "GB/s");
    check_end();
}

void check_binary(check *c)
{
    static const char *const f32[] = {"binary_add", "binary_sub", "binary_mul",    "binary_div",
                                      "binary_max", "binary_min", "binary_sqdiff", "binary_prelu"};
    static const char *const s32[] = {"integer_add", "integer_sub", "integer_mul", "integer_max",
                                      "integer_min"};
    static const char *const relations[] = {"compare_eq", "compare_ne", "compare_lt", "compare_le"};
    for (int op = 0; op < LN_BINARY_COUNT; op++)
        if (CHECK_BEGIN(c, f32[op], binary.f32[op][LN_VECTORS])) {
            for (int form = 0; form < LN_FORMS; form++)
                for (int wide = 0; wide < 2; wide++)
                    check_f32(c, op, form, wide ? &open : &range);
            measure(c, c->new->binary.f32[op][LN_VECTORS]);
        }
    if (CHECK_BEGIN(c, "affine", binary.affine))
        for (int kind = 0; kind < CHECK_KINDS; kind++)
            for (size_t n = 1; n <= MOST; n++)
                check_affine(c, n, kind);
    for (int op = 0; op < LN_INTEGER_COUNT; op++)
        if (CHECK_BEGIN(c, s32[op], binary.s32[op][LN_VECTORS]))
            for (int form = 0; form < LN_FORMS; form++)
                check_s32(c, op, form);
    for (int relation = 0; relation < LN_COMPARE_COUNT; relation++)
        if (CHECK_BEGIN(c, relations[relation], binary.compare_f32[relation][LN_VECTORS]))
            for (int form = 0; form < LN_FORMS; form++)
                check_compare(c, relation, form);
}

/* ---- choice ---- */

static void check_choice(check *c, int size, int form)
{
    const size_t bytes = (size_t)1 << size;
    const bool one = form & LN_SELECT_SCALAR_1, other = form & LN_SELECT_SCALAR_2;
    for (size_t n = 0; n <= MOST; n++) {
        uint8_t *condition = check_buffer(n);
        const int8_t *a = check_bytes((one ? 1 : n) * bytes, CHECK_PLAIN);
        const int8_t *b = check_bytes((other ? 1 : n) * bytes, CHECK_PLAIN);
        int8_t *y = check_buffer(n * bytes);
        bool same = true;
        for (size_t i = 0; i < n; i++)
            condition[i] = check_random() & 1;
        c->new->select.items[size][form](y, (const void *const[]){condition, a, b}, n, NULL);
        for (size_t i = 0; i < n; i++) {
            const int8_t *from =
                condition[i] ? a + (one ? 0 : i * bytes) : b + (other ? 0 : i * bytes);
            same = same && memcmp(y + i * bytes, from, bytes) == 0;
        }
        check_that(c, same, "form %d, n %zu", form, n);
        check_that(c, check_end(), "form %d, n %zu: writes in front", form, n);
    }
}

void check_select(check *c)
{
    static const char *const names[] = {"select_1", "select_2", "select_4", "select_8"};
    for (int size = 0; size < LN_SELECT_SIZES; size++)
        if (CHECK_BEGIN(c, names[size], select.items[size][LN_SELECT_VECTORS]))
            for (int form = 0; form < LN_SELECT_FORMS; form++)
                check_choice(c, size, form);
}
