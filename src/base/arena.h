/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h: many small objects with one life.  Freed all at once; only large ones singly. */
#ifndef LN_BASE_ARENA_H
#define LN_BASE_ARENA_H

#include "base/alloc.h"

typedef struct ln_arena_block ln_arena_block;

typedef struct ln_arena {
    const ln_alloc *alloc;
    ln_arena_block *blocks;
    size_t large; /* bytes of large objects */
} ln_arena;

/* `alloc` must outlive the arena. */
void ln_arena_init(ln_arena *arena, const ln_alloc *alloc);
/* Frees everything; the arena may be used again. */
void ln_arena_deinit(ln_arena *arena);
/* `count` zeroed items of `size` bytes, aligned to 16; NULL on overflow or when memory is out. */
void *ln_arena_new(ln_arena *arena, size_t count, size_t size) LN_MUST_USE;
/* A copy of `n` bytes; NULL when memory is out. */
void *ln_arena_copy(ln_arena *arena, const void *data, size_t n) LN_MUST_USE;
/* A copy of `n` characters with a terminating zero. */
char *ln_arena_string(ln_arena *arena, const char *text, size_t n) LN_MUST_USE;
/* Large objects (more than LN_ARENA_LARGE bytes) have memory of their own.  The first gives that of
 * the one in which `p` lies, NULL where it lies in none; the second frees it before the others. */
enum { LN_ARENA_LARGE = 65536 };
const void *ln_arena_large(const ln_arena *arena, const void *p, size_t *n);
void ln_arena_free_large(ln_arena *arena, const void *p);

#endif
