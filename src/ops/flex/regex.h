/* SPDX-License-Identifier: Apache-2.0 */
/* regex.h: regular expressions with RE2's syntax and choice of match (leftmost, earlier
 * alternatives first), in time that is bounded by text times expression: Pike's machine, as in
 * Cox, "Regular Expression Matching: the Virtual Machine Approach".
 *
 * Known: literals, ., classes with ranges, [:posix:], \d \w \s and their opposites, \b \B, ^ $ \A
 * \z, groups, (?:...), (?i), |, * + ? {m,n} and their lazy forms.  Characters are UTF-8; a byte
 * that is none is a character of its own.  (?i) folds ASCII only; \p{...} is refused. */
#ifndef LN_OPS_FLEX_REGEX_H
#define LN_OPS_FLEX_REGEX_H

#include "base/diag.h"

enum { LN_REGEX_GROUPS = 10, LN_REGEX_STEPS = 2048, LN_REGEX_RANGES = 4096 };

typedef struct ln_regex_step {
    int kind;
    int x, y; /* of a jump: the first and second choice, relative; of a class: ranges [x, y) */
} ln_regex_step;

typedef struct ln_regex_threads {
    int n;
    int at[LN_REGEX_STEPS];
    int group[LN_REGEX_STEPS][2 * LN_REGEX_GROUPS];
} ln_regex_threads;

/* Some 500 kB: callers take it from scratch memory. */
typedef struct ln_regex {
    ln_regex_step steps[LN_REGEX_STEPS];
    uint32_t ranges[LN_REGEX_RANGES][2];
    int n_steps, n_ranges, n_groups;
    ln_regex_threads threads[2];
    unsigned seen[LN_REGEX_STEPS]; /* the round in which a step was last reached */
    unsigned round;
    struct {
        int step, slot, old;
    } stack[2 * LN_REGEX_STEPS];
} ln_regex;

ln_status ln_regex_compile(ln_regex *r, const char *pattern, size_t n, ln_diag *diag) LN_MUST_USE;
/* The first match at or after `from` in n < 2^31 bytes; `full`: only one from `from` to the end.
 * groups[2 k], groups[2 k + 1]: begin and end of group k, -1 where it took no part. */
bool ln_regex_search(ln_regex *r, const char *text, size_t n, size_t from, bool full, int *groups);
/* Bytes of the character at `at` < n. */
size_t ln_regex_character(const char *text, size_t n, size_t at, uint32_t *code);

#endif
