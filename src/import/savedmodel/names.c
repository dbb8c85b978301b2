/* SPDX-License-Identifier: Apache-2.0 */
/* names.c: a hash table with open addressing. */
#include "import/savedmodel/names.h"

#include <string.h>

#include "base/hash.h"

/* Where `key` is, or would go; there is always a free place. */
static size_t place(const ln_names *names, const char *key, size_t length)
{
    size_t i = (size_t)ln_hash(key, length, 0) & (names->capacity - 1);
    while (names->keys[i] &&
           (names->lengths[i] != length || memcmp(names->keys[i], key, length) != 0))
        i = (i + 1) & (names->capacity - 1);
    return i;
}

static void put(ln_names *names, const char *key, size_t length, int value)
{
    const size_t i = place(names, key, length);
    if (names->keys[i])
        return;
    names->keys[i] = key;
    names->lengths[i] = length;
    names->values[i] = value;
    names->n++;
}

static bool grow(ln_names *names)
{
    ln_names more = {.arena = names->arena, .capacity = names->capacity ? 4 * names->capacity : 64};
    more.keys = ln_arena_new(more.arena, more.capacity, sizeof *more.keys);
    more.lengths = ln_arena_new(more.arena, more.capacity, sizeof *more.lengths);
    more.values = ln_arena_new(more.arena, more.capacity, sizeof *more.values);
    if (!more.keys || !more.lengths || !more.values)
        return false;
    for (size_t i = 0; i < names->capacity; i++)
        if (names->keys[i])
            put(&more, names->keys[i], names->lengths[i], names->values[i]);
    *names = more;
    return true;
}

bool ln_names_put(ln_names *names, const char *key, size_t length, int value)
{
    if (2 * (names->n + 1) > names->capacity && !grow(names))
        return false;
    put(names, key, length, value);
    return true;
}

int ln_names_get(const ln_names *names, const char *key, size_t length)
{
    if (names->capacity == 0)
        return -1;
    const size_t i = place(names, key, length);
    return names->keys[i] ? names->values[i] : -1;
}
