/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of what the data movement ops share: moves of items, packed strings, fingerprints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ops/combine.h"
#include "ops/fingerprint.h"
#include "ops/move.h"
#include "ops/strings.h"

/* x [2, 3, 4] -> y [4, 2, 3] */
static void transposes(void **state)
{
    const ln_shape shape = {.rank = 3, .dim = {2, 3, 4}}, turned = {.rank = 3, .dim = {4, 2, 3}};
    int64_t from[3], to[3];
    int32_t x[24], y[24];
    ln_move m = {0};
    (void)state;
    for (int i = 0; i < 24; i++)
        x[i] = i;
    ln_steps(&shape, from);
    ln_steps(&turned, to);
    ln_move_axis(&m, 4, from[2], to[0]);
    ln_move_axis(&m, 2, from[0], to[1]);
    ln_move_axis(&m, 3, from[1], to[2]);
    assert_int_equal(m.rank, 2); /* the last two stay together */
    ln_move_items(&m, y, x, sizeof *x);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 6; k++)
            assert_int_equal(y[i * 6 + k], k * 4 + i);
}

/* Every second item of the inner 2 x 3 box, backwards, into a corner. */
static void moves_boxes(void **state)
{
    const ln_shape shape = {.rank = 2, .dim = {4, 6}};
    const int size[2] = {2, 3}, begin[2] = {1, 5}, stride[2] = {1, -2}, at[2] = {2, 3};
    const ln_side from = {&shape, begin, stride}, to = {&shape, at, NULL};
    const ln_move m = ln_move_box(size, &from, &to);
    uint8_t x[24], y[24] = {0};
    (void)state;
    for (int i = 0; i < 24; i++)
        x[i] = (uint8_t)(i + 1);
    ln_move_items(&m, y, x, 1);
    for (int r = 0; r < 4; r++)
        for (int k = 0; k < 6; k++) {
            const bool inside = r >= 2 && k >= 3;
            assert_int_equal(y[r * 6 + k], inside ? x[(r - 1) * 6 + 5 - 2 * (k - 3)] : 0);
        }
}

/* Item by item, in the order of the loops. */
static void move_plainly(const ln_move *m, char *to, const char *from, size_t size)
{
    int64_t count = 1;
    for (int i = 0; i < m->rank; i++)
        count *= m->dim[i];
    for (int64_t k = 0; k < count; k++) {
        int64_t f = m->from_at, t = m->to_at, rest = k;
        for (int i = m->rank - 1; i >= 0; i--) {
            f += rest % m->dim[i] * m->from[i];
            t += rest % m->dim[i] * m->to[i];
            rest /= m->dim[i];
        }
        memcpy(to + (size_t)t * size, from + (size_t)f * size, size);
    }
}

static uint32_t seed = 1;

static int next_int(int low, int high)
{
    seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
    return low + (int)((seed >> 8) % (uint32_t)(high - low + 1));
}

/* Boxes of random sizes, in a random order of dimensions, backwards at times. */
static void moves_in_any_order(void **state)
{
    enum { MOST = 24, RANK = 3, ITEMS = MOST * MOST * MOST, LARGEST = 16 };
    static const size_t sizes[] = {1, 2, 4, 8, LARGEST};
    char *x = malloc(ITEMS * LARGEST), *y = malloc(ITEMS * LARGEST),
         *want = malloc(ITEMS * LARGEST);
    (void)state;
    for (size_t i = 0; i < (size_t)ITEMS * LARGEST; i++)
        x[i] = (char)next_int(0, 255);
    for (int k = 0; k < 400; k++) {
        const size_t size = sizes[k % LN_COUNTOF(sizes)];
        ln_shape shape = {.rank = RANK}, turned = shape;
        int perm[RANK] = {0, 1, 2}, at = next_int(0, 2);
        int64_t from[RANK], to[RANK];
        ln_move m = {0};
        perm[0] = at;
        perm[at] = 0;
        at = next_int(1, 2);
        const int last = perm[at];
        perm[at] = perm[2];
        perm[2] = last;
        for (int i = 0; i < RANK; i++)
            shape.dim[i] = next_int(0, 30) == 0 ? 0 : next_int(1, MOST);
        for (int i = 0; i < RANK; i++)
            turned.dim[i] = shape.dim[perm[i]];
        ln_steps(&shape, from);
        ln_steps(&turned, to);
        for (int i = 0; i < RANK; i++) {
            const int n = turned.dim[i];
            const bool back = n > 0 && next_int(0, 5) == 0;
            m.from_at += back ? (n - 1) * from[perm[i]] : 0;
            ln_move_axis(&m, n, back ? -from[perm[i]] : from[perm[i]], to[i]);
        }
        memset(y, 0, ITEMS * LARGEST);
        memset(want, 0, ITEMS * LARGEST);
        ln_move_items(&m, y, x, size);
        move_plainly(&m, want, x, size);
        assert_memory_equal(y, want, ITEMS * LARGEST);
    }
    free(x);
    free(y);
    free(want);
}

static void fills(void **state)
{
    const uint32_t values[] = {0, UINT32_C(0x01020304), UINT32_C(0xabababab)};
    uint32_t y[20];
    (void)state;
    for (size_t k = 0; k < LN_COUNTOF(values); k++)
        for (size_t n = 0; n < LN_COUNTOF(y); n++) {
            memset(y, 0x55, sizeof y);
            ln_fill_items(y, n, &values[k], sizeof y[0]);
            for (size_t i = 0; i < LN_COUNTOF(y); i++)
                assert_int_equal(y[i], i < n ? values[k] : UINT32_C(0x55555555));
        }
}

static void moves_nibbles(void **state)
{
    char x[3] = {0x21, 0x43, 0x05}, y[3] = {0x11, 0x11, 0x11};
    TfLiteTensor from = {.type = kTfLiteInt4, .data.raw = x};
    TfLiteTensor to = {.type = kTfLiteInt4, .data.raw = y};
    (void)state;
    ln_copy_run(&to, 1, &from, 2, 3); /* 3 4 5 */
    assert_int_equal(y[0], 0x31);
    assert_int_equal(y[1], 0x54);
    assert_int_equal(y[2], 0x11);
}

static ln_status open_block(const void *block, size_t bytes, int count)
{
    TfLiteIntArray *dims = TfLiteIntArrayCreate(1);
    TfLiteTensor t = {.type = kTfLiteString, .data.raw_const = block, .bytes = bytes, .dims = dims};
    ln_strings s;
    dims->data[0] = count;
    const ln_status status = ln_strings_open(NULL, &t, &s);
    if (status == LN_OK && count > 1)
        assert_memory_equal(ln_strings_at(&s, 1).text, "bcd", 3);
    TfLiteIntArrayFree(dims);
    return status;
}

static void refuses_bad_strings(void **state)
{
    struct {
        int32_t count, at[3];
        char text[4];
    } block = {2, {16, 17, 20}, {'a', 'b', 'c', 'd'}};
    (void)state;
    assert_int_equal(open_block(&block, sizeof block, 2), LN_OK);
    assert_int_equal(open_block(NULL, 0, 0), LN_OK);
    assert_int_not_equal(open_block(&block, sizeof block, 3), LN_OK);
    assert_int_not_equal(open_block(&block, sizeof block - 1, 2), LN_OK);
    assert_int_not_equal(open_block(&block, 2, 2), LN_OK);
    block.at[1] = 15; /* into the header, and backwards */
    assert_int_not_equal(open_block(&block, sizeof block, 2), LN_OK);
    block.at[1] = INT32_MIN;
    assert_int_not_equal(open_block(&block, sizeof block, 2), LN_OK);
    block.count = INT32_MAX;
    assert_int_not_equal(open_block(&block, sizeof block, INT32_MAX), LN_OK);
}

static void combines(void **state)
{
    int8_t y[2] = {127, -128};
    const int8_t x[2] = {1, -1};
    (void)state;
    ln_combine_of(LN_COMBINE_ADD, kTfLiteInt8)(y, 0, 1, x, 0, 1, 2);
    assert_int_equal(y[0], -128); /* wraps around */
    assert_int_equal(y[1], 127);
    ln_combine_of(LN_COMBINE_MAX, kTfLiteInt8)(y, 0, 0, x, 0, 1, 2);
    assert_int_equal(y[0], 1);
    assert_null(ln_combine_of(LN_COMBINE_ADD, kTfLiteString));
}

/* One length for each way that FarmHash goes; the values are those of its own library. */
static void fingerprints(void **state)
{
    static const struct {
        size_t n;
        uint64_t hash;
    } known[] = {
        {8, 0xDC480BBCE8C737A7},  {16, 0xFBB2740319962D9B}, {32, 0x0A9D86AA8D37DA5C},
        {64, 0xE0446DD71A78F98A}, {65, 0x184A25714B2CE96B}, {200, 0x18FBA3B01506F414},
    };
    char text[200];
    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(uint8_t)(i * 7);
    for (size_t i = 0; i < LN_COUNTOF(known); i++)
        assert_true(ln_fingerprint64(text, text + 4, known[i].n - 4) == known[i].hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transposes),    cmocka_unit_test(moves_boxes),
        cmocka_unit_test(moves_nibbles), cmocka_unit_test(moves_in_any_order),
        cmocka_unit_test(fills),         cmocka_unit_test(refuses_bad_strings),
        cmocka_unit_test(combines),      cmocka_unit_test(fingerprints),
    };
    return cmocka_run_group_tests_name("ops/move", tests, NULL, NULL);
}
