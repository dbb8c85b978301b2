/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: the tests of the engine's rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cpu/rows.h"

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_depthwise), cmocka_unit_test(test_depthwise_crowded),
        cmocka_unit_test(test_pool),      cmocka_unit_test(test_pool_global),
        cmocka_unit_test(test_reduce),    cmocka_unit_test(test_reduce_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
