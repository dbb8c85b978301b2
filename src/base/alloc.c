/* SPDX-License-Identifier: Apache-2.0 */
/* alloc.c: the default allocator and overflow-checked wrappers. */
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif
#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

static void *libc_alloc(void *user, void *p, size_t n)
{
    (void)user;
    if (n == 0) {
        free(p);
        return NULL;
    }
    return realloc(p, n);
}

const ln_alloc ln_alloc_default = {libc_alloc, NULL};

void *ln_resize(const ln_alloc *a, void *p, size_t count, size_t size)
{
    size_t n;
    if (!ln_mul_size(count, size, &n))
        return NULL;
    return a->fn(a->user, p, n ? n : 1);
}

void *ln_new(const ln_alloc *a, size_t count, size_t size)
{
    size_t n;
    if (a->fn == libc_alloc) /* knows pages that come cleared from the system */
        return ln_mul_size(count, size, &n) ? calloc(1, n ? n : 1) : NULL;
    void *p = ln_resize(a, NULL, count, size);
    if (p)
        memset(p, 0, count * size);
    return p;
}

void ln_free(const ln_alloc *a, void *p)
{
    if (p)
        a->fn(a->user, p, 0);
}

/* The block's true start is kept in the pointer just below the aligned address. */
static void *align(char *start)
{
    if (!start)
        return NULL;
    const uintptr_t first = (uintptr_t)start + sizeof(void *);
    char *aligned = start + (((first + 63) & ~(uintptr_t)63) - (uintptr_t)start);
    memcpy(aligned - sizeof(void *), &start, sizeof start);
    return aligned;
}

void *ln_new_aligned(const ln_alloc *a, size_t n)
{
    size_t total;
    return ln_add_size(n, 64 + sizeof(void *), &total) ? align(a->fn(a->user, NULL, total)) : NULL;
}

void *ln_new_zeros(const ln_alloc *a, size_t n)
{
    size_t total;
    return ln_add_size(n, 64 + sizeof(void *), &total) ? align(ln_new(a, total, 1)) : NULL;
}

void ln_free_aligned(const ln_alloc *a, void *p)
{
    if (!p)
        return;
    void *start;
    memcpy(&start, (char *)p - sizeof(void *), sizeof start);
    a->fn(a->user, start, 0);
}

void ln_use_large_pages(void *p, size_t n)
{
#if defined(__linux__)
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)p;
    const uintptr_t first = (at + page - 1) / page * page, end = (at + n) / page * page;
    if (first < end)
        (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
#else
    (void)p;
    (void)n;
#endif
}

void ln_want_pages(void *p, size_t n)
{
#if defined(__linux__)
    enum { POPULATE_WRITE = 23, LEAST = 8 }; /* asm-generic/mman-common.h, from Linux 5.14 on */
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)p;
    const uintptr_t first = (at + page - 1) / page * page, end = (at + n) / page * page;
    if (first + LEAST * page <= end)
        (void)madvise((void *)first, end - first, POPULATE_WRITE);
#else
    (void)p;
    (void)n;
#endif
}

void ln_trim_heap(void)
{
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
}

bool ln_grow(const ln_alloc *a, void **items, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity)
        return true;
    const size_t wanted = *capacity ? *capacity * 2 : 8;
    void *p = ln_resize(a, *items, wanted, size);
    if (!p)
        return false;
    *items = p;
    *capacity = wanted;
    return true;
}
