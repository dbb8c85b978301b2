/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c: a list of blocks, the newest first, each twice as large as the one before up to a limit;
 * an object larger than half a block has its own. */
#include "base/arena.h"

#include <string.h>

#include "base/checked.h"

enum { ALIGN = 16, FIRST = 1024, MOST = LN_ARENA_LARGE };

struct ln_arena_block {
    ln_arena_block *next;
    size_t size, used; /* of the bytes that follow the header */
};

static const size_t header = (sizeof(ln_arena_block) + ALIGN - 1) & ~(size_t)(ALIGN - 1);

void ln_arena_init(ln_arena *arena, const ln_alloc *alloc)
{
    arena->alloc = alloc;
    arena->blocks = NULL;
    arena->large = 0;
}

void ln_arena_deinit(ln_arena *arena)
{
    while (arena->blocks) {
        ln_arena_block *next = arena->blocks->next;
        ln_free(arena->alloc, arena->blocks);
        arena->blocks = next;
    }
    arena->large = 0;
}

static ln_arena_block *add_block(ln_arena *arena, size_t n)
{
    const size_t block =
        arena->blocks ? LN_MIN(2 * arena->blocks->size, (size_t)MOST) : (size_t)FIRST;
    const size_t size = n > block / 2 ? n : block;
    size_t total;
    if (!ln_add_size(size, header, &total))
        return NULL;
    ln_arena_block *b = ln_resize(arena->alloc, NULL, total, 1);
    if (!b)
        return NULL;
    ln_want_pages(b, total);
    b->size = size;
    b->used = 0;
    arena->large += size > MOST ? size : 0;
    /* a block of its own goes behind the one still in use */
    if (size != block && arena->blocks) {
        b->next = arena->blocks->next;
        arena->blocks->next = b;
    } else {
        b->next = arena->blocks;
        arena->blocks = b;
    }
    return b;
}

void *ln_arena_new(ln_arena *arena, size_t count, size_t size)
{
    size_t n;
    if (!ln_mul_size(count, size, &n) || !ln_align_size(n ? n : 1, ALIGN, &n))
        return NULL;
    ln_arena_block *b = arena->blocks;
    if (!b || b->size - b->used < n) {
        b = add_block(arena, n);
        if (!b)
            return NULL;
    }
    void *p = (char *)b + header + b->used;
    b->used += n;
    memset(p, 0, n);
    return p;
}

void *ln_arena_copy(ln_arena *arena, const void *data, size_t n)
{
    void *p = ln_arena_new(arena, n, 1);
    if (p && n)
        memcpy(p, data, n);
    return p;
}

char *ln_arena_string(ln_arena *arena, const char *text, size_t n)
{
    size_t total;
    if (!ln_add_size(n, 1, &total))
        return NULL;
    char *p = ln_arena_new(arena, total, 1);
    if (p && n)
        memcpy(p, text, n);
    return p;
}

/* The link to the block of a large object. */
static ln_arena_block **find_large(ln_arena_block **at, const void *p)
{
    const uintptr_t place = (uintptr_t)p;
    for (; *at; at = &(*at)->next) {
        const uintptr_t first = (uintptr_t)*at + header;
        if ((*at)->size > MOST && place >= first && place - first < (*at)->size)
            return at;
    }
    return NULL;
}

const void *ln_arena_large(const ln_arena *arena, const void *p, size_t *n)
{
    ln_arena_block *blocks = arena->blocks;
    ln_arena_block *const *at = find_large(&blocks, p);
    *n = at ? (*at)->size : 0;
    return at ? (const char *)*at + header : NULL;
}

void ln_arena_free_large(ln_arena *arena, const void *p)
{
    ln_arena_block **at = find_large(&arena->blocks, p), *block = at ? *at : NULL;
    if (block) {
        *at = block->next;
        arena->large -= block->size;
        ln_free(arena->alloc, block);
    }
}
