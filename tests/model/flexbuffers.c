/* SPDX-License-Identifier: Apache-2.0 */
/* flexbuffers.c: the reader on a buffer of every kind of value, made by FlatBuffers' own Python
 * package, and on the same buffer damaged. */
#include "fb/flexbuffers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* {i: -70000, u: 200, f: 0.5, d: 0.1, t: true, s: "hello", v: [1, "two", 3.5], n: [1, -2, 300],
 *  q: [0.25, -4, 8], b: blob 0 1 2, x: indirect -5, m: {k: 9}} */
static const uint8_t sample[] = {
    0x69, 0x00, 0x75, 0x00, 0x66, 0x00, 0x64, 0x00, 0x74, 0x00, 0x73, 0x00, 0x05, 0x68, 0x65, 0x6c,
    0x6c, 0x6f, 0x00, 0x76, 0x00, 0x03, 0x74, 0x77, 0x6f, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x00, 0x60, 0x40, 0x06, 0x14, 0x0e, 0x6e,
    0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0xfe, 0xff, 0x2c, 0x01, 0x71, 0x00, 0x00, 0x00, 0x80, 0x3e,
    0x00, 0x00, 0x80, 0xc0, 0x00, 0x00, 0x00, 0x41, 0x62, 0x00, 0x03, 0x00, 0x01, 0x02, 0x78, 0x00,
    0xfb, 0x6d, 0x00, 0x6b, 0x00, 0x01, 0x03, 0x01, 0x01, 0x01, 0x09, 0x04, 0x0c, 0x15, 0x58, 0x5b,
    0x60, 0x10, 0x33, 0x29, 0x5a, 0x5d, 0x64, 0x54, 0x1a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x13, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x0c, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x3d, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xe0, 0x3f,
    0x90, 0xee, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0x4e, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x7c, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x7c, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0xb3, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0xc8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x90, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x64, 0x0f, 0x0f, 0x07, 0x24, 0x2d, 0x56, 0x14,
    0x6b, 0x0b, 0x2a, 0x18, 0x6c, 0x27, 0x01,
};

static ln_flex get(const ln_flex *root, const char *key)
{
    const ln_flex v = ln_flex_get(root, key);
    if (ln_flex_is_null(&v))
        fail_msg("'%s' is missing", key);
    return v;
}

static void numbers_are_read(void **state)
{
    (void)state;
    const ln_flex root = ln_flex_root(sample, sizeof sample);
    const ln_flex i = get(&root, "i"), u = get(&root, "u"), f = get(&root, "f"),
                  d = get(&root, "d"), t = get(&root, "t"), x = get(&root, "x");
    assert_int_equal(ln_flex_count(&root), 12);
    assert_int_equal(ln_flex_i64(&i, 0), -70000);
    assert_int_equal(ln_flex_i32(&u, 0), 200);
    assert_true(ln_flex_f64(&u, 0) == 200);
    assert_true(ln_flex_f64(&f, 0) == 0.5);
    assert_true(ln_flex_f64(&d, 0) == 0.1);
    assert_true(ln_flex_bool(&t, false));
    assert_int_equal(ln_flex_i64(&x, 0), -5);
    assert_int_equal(ln_flex_i64(&f, 3), 0);
    const ln_flex none = ln_flex_get(&root, "absent");
    assert_true(ln_flex_is_null(&none));
    assert_int_equal(ln_flex_i32(&none, 17), 17);
}

static void vectors_are_read(void **state)
{
    (void)state;
    const ln_flex root = ln_flex_root(sample, sizeof sample);
    const ln_flex v = get(&root, "v"), n = get(&root, "n"), q = get(&root, "q"),
                  m = get(&root, "m");
    size_t size;
    assert_int_equal(ln_flex_count(&v), 3);
    const ln_flex two = ln_flex_item(&v, 1), real = ln_flex_item(&v, 2), past = ln_flex_item(&v, 3);
    assert_string_equal(ln_flex_text(&two, &size), "two");
    assert_int_equal(size, 3);
    assert_true(ln_flex_f64(&real, 0) == 3.5);
    assert_true(ln_flex_is_null(&past));
    assert_int_equal(ln_flex_count(&n), 3);
    const ln_flex n1 = ln_flex_item(&n, 1), n2 = ln_flex_item(&n, 2);
    assert_int_equal(ln_flex_i32(&n1, 0), -2);
    assert_int_equal(ln_flex_i32(&n2, 0), 300);
    assert_int_equal(ln_flex_count(&q), 3);
    const ln_flex q1 = ln_flex_item(&q, 1);
    assert_true(ln_flex_f64(&q1, 0) == -4);
    const ln_flex k = get(&m, "k");
    assert_int_equal(ln_flex_i32(&k, 0), 9);
    assert_string_equal(ln_flex_key(&m, 0), "k");
}

static void text_is_read(void **state)
{
    (void)state;
    const ln_flex root = ln_flex_root(sample, sizeof sample);
    const ln_flex s = get(&root, "s"), b = get(&root, "b"), i = get(&root, "i");
    size_t n = 0;
    assert_string_equal(ln_flex_text(&s, &n), "hello");
    assert_int_equal(n, 5);
    assert_memory_equal(ln_flex_text(&b, &n), "\0\1\2", 3);
    assert_int_equal(n, 3);
    assert_null(ln_flex_text(&i, &n));
    assert_int_equal(ln_flex_count(&s), 0);
}

static void walk(const ln_flex *v, int depth)
{
    enum { MAX_DEPTH = 4 };
    size_t n;
    (void)ln_flex_text(v, &n);
    (void)ln_flex_i32(v, 0);
    (void)ln_flex_bool(v, false);
    for (size_t i = 0; depth < MAX_DEPTH && i < ln_flex_count(v); i++) {
        const ln_flex item = ln_flex_item(v, i);
        (void)ln_flex_key(v, i);
        walk(&item, depth + 1);
    }
}

/* The sanitizers watch: each byte is changed, and the buffer begins later or ends earlier. */
static void damage_is_harmless(void **state)
{
    (void)state;
    uint8_t copy[sizeof sample];
    for (size_t cut = 0; cut < sizeof sample; cut++) {
        memcpy(copy, sample + cut, sizeof sample - cut);
        const ln_flex late = ln_flex_root(copy, sizeof sample - cut);
        walk(&late, 0);
        const ln_flex early = ln_flex_root(sample, cut);
        walk(&early, 0);
    }
    for (size_t i = 0; i < sizeof sample; i++)
        for (int v = 1; v < 256; v++) {
            memcpy(copy, sample, sizeof sample);
            copy[i] = (uint8_t)(copy[i] + v);
            const ln_flex root = ln_flex_root(copy, sizeof copy), k = ln_flex_get(&root, "m");
            walk(&root, 0);
            walk(&k, 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read),
        cmocka_unit_test(vectors_are_read),
        cmocka_unit_test(text_is_read),
        cmocka_unit_test(damage_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
