/* SPDX-License-Identifier: Apache-2.0 */
/* flags.h: the flags of benchmark_model, all of the form --name=value, and the lines it
 * prints. */
#ifndef BENCHMARK_FLAGS_H
#define BENCHMARK_FLAGS_H

#include <stdbool.h>

enum { BENCHMARK_MAX_COMPARED = 2 };

/* Reads the flags; unknown words are told as a warning.  False when one cannot be read. */
bool benchmark_flags_parse(int argc, char **argv);
void benchmark_flags_help(void);
/* Prints the value of every flag that was given, or of all. */
void benchmark_flags_log(bool all);
/* Visits the flags that were given. */
void benchmark_flags_each(void (*visit)(void *user, const char *name, const char *value),
                          void *user);

bool benchmark_flag_given(const char *name);
/* The place of a flag on the command line, which orders delegates; 0 when it was not given. */
int benchmark_flag_position(const char *name);
const char *benchmark_text(const char *name);
bool benchmark_bool(const char *name);
double benchmark_number(const char *name);
int benchmark_int(const char *name);
/* Changes what a flag is when it is not given; `value` is kept. */
void benchmark_flag_default(const char *name, const char *value);
/* Sets a flag as if it had been given; false when there is no such flag or it cannot be read.
 * `value` is kept. */
bool benchmark_flag_set(const char *name, const char *value);
/* The values of all flags, to go back to. */
typedef struct benchmark_flags_state benchmark_flags_state;
benchmark_flags_state *benchmark_flags_save(void);
/* Sets and frees what benchmark_flags_save gave. */
void benchmark_flags_restore(benchmark_flags_state *state);

/* What follows --compare, NULL past the last of BENCHMARK_MAX_COMPARED. */
const char *benchmark_compared(int i);

/* A line on stdout, or on stderr for "ERROR". */
void benchmark_log(const char *level, const char *fmt, ...);
/* Leaves out all lines but those for "ERROR", until it is called with false. */
void benchmark_log_errors_only(bool only);

#endif
