/* SPDX-License-Identifier: Apache-2.0 */
/* main.h: the groups of tests that make up test_runtime. */
#ifndef TESTS_RUNTIME_MAIN_H
#define TESTS_RUNTIME_MAIN_H

int test_planner(void);
int test_run(void);
int test_custom(void);
int test_delegates(void);
int test_no_alloc(void);
int test_memory(void);
int test_threads(void);
int test_parts(void);

#endif
