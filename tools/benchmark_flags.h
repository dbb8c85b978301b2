/* SPDX-License-Identifier: Apache-2.0 */
/* benchmark_flags.h: the flags of benchmark_model, all of the form --name=value. */
#ifndef BENCHMARK_FLAGS_H
#define BENCHMARK_FLAGS_H

#include <stdbool.h>

/* Reads the flags; unknown words are told as a warning.  False when one cannot be read. */
bool benchmark_flags_parse(int argc, char **argv);
void benchmark_flags_help(void);
/* Prints the value of every flag that was given, or of all. */
void benchmark_flags_log(bool all);
bool benchmark_flag_given(const char *name);
const char *benchmark_text(const char *name);
bool benchmark_bool(const char *name);
double benchmark_number(const char *name);

/* A line on stdout, or on stderr for "ERROR". */
void benchmark_log(const char *level, const char *fmt, ...);

#endif
