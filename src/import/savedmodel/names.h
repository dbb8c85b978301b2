/* SPDX-License-Identifier: Apache-2.0 */
/* names.h: names -> numbers, for nodes, functions, operators and keys of a checkpoint. */
#ifndef LN_IMPORT_SAVEDMODEL_NAMES_H
#define LN_IMPORT_SAVEDMODEL_NAMES_H

#include "base/arena.h"

/* All zero with an arena is an empty one.  The names are not copied. */
typedef struct ln_names {
    ln_arena *arena;
    const char **keys;
    size_t *lengths;
    int *values;
    size_t capacity, n;
} ln_names;

/* Gives `key` a number >= 0; the first one stays where it has one.  False: out of memory. */
bool ln_names_put(ln_names *names, const char *key, size_t length, int value);
/* -1: there is no such name. */
int ln_names_get(const ln_names *names, const char *key, size_t length);

#endif
