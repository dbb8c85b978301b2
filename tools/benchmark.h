/* SPDX-License-Identifier: Apache-2.0 */
/* benchmark.h: the parts of benchmark_model. */
#ifndef BENCHMARK_H
#define BENCHMARK_H

#include <stdio.h>

#include "benchmark_flags.h"
#include "session.h"

/* Runs benchmark_model on the words behind the program's name; returns the exit code. */
int benchmark_main(int argc, char **argv);

/* --input_layer and its companions: shapes (before allocation), then values.  False with a
 * message. */
bool benchmark_input_shapes(session *s);
bool benchmark_input_values(session *s);

/* Times per node, and of the first run alone, in ns. */
typedef struct benchmark_profile {
    const session *s;
    double *first_ns;
    int nodes;
} benchmark_profile;

/* Keeps the times so far as those of the first run; `profile` is a benchmark_profile. */
void benchmark_profile_first(void *profile);
/* Prints the three tables of `runs` runs, and before them that of the initialization. */
void benchmark_profile_print(const benchmark_profile *p, int runs, double init_ms, FILE *to,
                             bool csv);

#endif
