/* SPDX-License-Identifier: Apache-2.0 */
/* test_planner.c: packing: nothing that lives at the same time overlaps, and the block is at
 * least the largest sum that is alive, and no more than all. */
#include <stdlib.h>

#include "runtime/cmocka_all.h"
#include "runtime/main.h"
#include "runtime/planner.h"

static size_t rounded(size_t n)
{
    return (n + LN_PLAN_ALIGN - 1) / LN_PLAN_ALIGN * LN_PLAN_ALIGN;
}

static bool meet(const ln_plan_item *a, const ln_plan_item *b)
{
    return a->first <= b->last && b->first <= a->last;
}

static void check_packing(const ln_plan_item *items, int n, size_t total)
{
    size_t sum = 0;
    for (int i = 0; i < n; i++) {
        const ln_plan_item *a = &items[i];
        size_t alive = 0;
        assert_int_equal(a->offset % LN_PLAN_ALIGN, 0);
        assert_true(a->offset + rounded(a->size) <= total);
        sum += rounded(a->size);
        for (int k = 0; k < n; k++) {
            const ln_plan_item *b = &items[k];
            if (b->first <= a->first && a->first <= b->last)
                alive += rounded(b->size);
            if (k == i || !meet(a, b) || !a->size || !b->size)
                continue;
            assert_true(a->offset + a->size <= b->offset || b->offset + b->size <= a->offset);
        }
        assert_true(total >= alive);
    }
    assert_true(total <= sum);
}

static void packs_at_random(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 200; round++) {
        ln_plan_item items[100];
        const int n = rand() % 100;
        size_t total;
        for (int i = 0; i < n; i++) {
            const int first = rand() % 40;
            items[i] = (ln_plan_item){(size_t)(rand() % 3000), first, first + rand() % 10, 0};
        }
        assert_int_equal(ln_plan_offsets(items, n, &ln_alloc_default, &total), LN_OK);
        check_packing(items, n, total);
    }
}

/* A chain needs room for two neighbors only. */
static void packs_a_chain(void **state)
{
    (void)state;
    ln_plan_item items[50];
    size_t total;
    for (int i = 0; i < 50; i++)
        items[i] = (ln_plan_item){1024, i, i + 1, 0};
    assert_int_equal(ln_plan_offsets(items, 50, &ln_alloc_default, &total), LN_OK);
    assert_int_equal(total, 2048);
}

/* Each of a chain of all sizes has its middle at one of two places. */
static void keeps_middles(void **state)
{
    (void)state;
    ln_plan_item items[50];
    size_t total, middle[2];
    for (int i = 0; i < 50; i++)
        items[i] = (ln_plan_item){(size_t)(50 - i) * 8192, i, i + 1, 0};
    assert_int_equal(ln_plan_offsets(items, 50, &ln_alloc_default, &total), LN_OK);
    check_packing(items, 50, total);
    assert_int_equal(total, (50 + 49) * 8192);
    for (int i = 0; i < 50; i++) {
        if (i < 2)
            middle[i] = items[i].offset + items[i].size / 2;
        assert_int_equal(items[i].offset + items[i].size / 2, middle[i % 2]);
    }
}

/* Where sizes are equal, it is the larger items behind them that say at which one. */
static void follows_the_largest(void **state)
{
    (void)state;
    static const size_t kilobytes[] = {200, 200, 100, 1200, 300, 300, 300, 100};
    enum { N = sizeof kilobytes / sizeof *kilobytes };
    ln_plan_item items[N];
    size_t total;
    for (int i = 0; i < N; i++)
        items[i] = (ln_plan_item){kilobytes[i] * 1024, i, i + 1, 0};
    assert_int_equal(ln_plan_offsets(items, N, &ln_alloc_default, &total), LN_OK);
    check_packing(items, N, total);
    assert_int_equal(total, 1500 * 1024);
    for (int i = 2; i < N; i++)
        assert_int_equal(items[i].offset + items[i].size / 2,
                         items[i - 2].offset + items[i - 2].size / 2);
}

static void refuses_overflow(void **state)
{
    (void)state;
    size_t total;
    ln_plan_item one = {SIZE_MAX - 3, 0, 0, 0};
    ln_plan_item two[2] = {{SIZE_MAX / 2, 0, 1, 0}, {SIZE_MAX / 2 + 4096, 0, 1, 0}};
    assert_int_equal(ln_plan_offsets(&one, 1, &ln_alloc_default, &total), LN_ERR_ARGUMENT);
    assert_int_equal(ln_plan_offsets(two, 2, &ln_alloc_default, &total), LN_ERR_ARGUMENT);
}

int test_planner(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packs_at_random),  cmocka_unit_test(packs_a_chain),
        cmocka_unit_test(keeps_middles),    cmocka_unit_test(follows_the_largest),
        cmocka_unit_test(refuses_overflow),
    };
    return cmocka_run_group_tests_name("planner", tests, NULL, NULL);
}
