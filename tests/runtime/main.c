/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: runs the groups of tests of runtime/. */
#include "runtime/main.h"

int main(void)
{
    return test_planner() + test_run() + test_custom() + test_delegates() + test_no_alloc() +
           test_memory() + test_threads() + test_parts();
}
