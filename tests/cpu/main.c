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
#define ROW_TEST(name) cmocka_unit_test(test_##name),
#include "cpu/tests.def"
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
