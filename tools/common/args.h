/* SPDX-License-Identifier: Apache-2.0 */
/* args.h: a subcommand's options as one table, from which both parsing and --help come. */
#ifndef ARGS_H
#define ARGS_H

#include <stdbool.h>

/* One option: `--name` or, where `value` names one, `--name VALUE` or `--name=VALUE`; `-o FILE` is
 * `--output FILE` where there is such an option.  A table ends with a NULL name. */
typedef struct arg_option {
    const char *name, *value, *help;
} arg_option;

typedef struct args args;

typedef struct command {
    const char *name;
    const char *operands;       /* "MODEL", for the usage line */
    const char *summary;        /* one line */
    const char *details;        /* further help text, or NULL */
    const arg_option *options;
    int (*run)(const args *a);  /* returns an exit code */
} command;

struct args {
    const command *command;
    int n_operands, n_set;
    const char **operands;
    struct arg_set {
        const arg_option *option;
        const char *value;
    } *set;
};

/* Parses argv (the words behind the subcommand) and runs it; returns the exit code. */
int args_run(const command *c, int argc, char **argv);

/* The last value given to --name, `fallback` where it was not given. */
const char *args_text(const args *a, const char *name, const char *fallback);
/* True where --name was given. */
bool args_flag(const args *a, const char *name);
/* A whole number in [min, max]; prints the error and returns false when it is none. */
bool args_int(const args *a, const char *name, int min, int max, int *value);
bool args_double(const args *a, const char *name, double *value);
/* The place of the value, or of `fallback`, among `names`, which end with NULL; -1, with the error
 * printed, when it is none of them. */
int args_choice(const args *a, const char *name, const char *const *names, const char *fallback);
/* Walks the values of a repeated option: start with *at = 0; NULL at the end. */
const char *args_next(const args *a, const char *name, int *at);

#endif
