/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h: many small objects with one life.  Freed all at once; no single free. */
#ifndef LN_BASE_ARENA_H
#define LN_BASE_ARENA_H

#include "base/alloc.h"

typedef struct ln_arena_block ln_arena_block;

typedef struct ln_arena {
    const ln_alloc *alloc;
    ln_arena_block *blocks;
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

#endif
