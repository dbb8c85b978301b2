/* SPDX-License-Identifier: Apache-2.0 */
/* passes.h: a graph is emitted twice; one copy goes through the passes.  Its text must be what the
 * test says, and both must give the same numbers in the runtime. */
#ifndef TESTS_CONVERT_PASSES_H
#define TESTS_CONVERT_PASSES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "opt/opt.h"

typedef void build_fn(ln_emit *e);

/* Checks that `build` becomes `expected`: "CONV_2D(SAME RELU) ADD ...": the operators in order,
 * with their padding and activation where there are any; "" for constants or inputs alone. */
void check_passes(build_fn *build, const char *expected, const ln_opt_options *options);

/* A model of one graph, "main"; the caller releases it. */
ln_model *made_model(build_fn *build);

/* Inputs and constants of floats, of a few random values between -2 and 2 that are always the
 * same. */
ln_id float_input(ln_emit *e, int rank, const int *dims);
ln_id float_constant(ln_emit *e, int rank, const int *dims);
#define DIMS(...)                                                                                \
    (int)(sizeof((const int[]){__VA_ARGS__}) / sizeof(int)), (const int[]){__VA_ARGS__}


#endif
