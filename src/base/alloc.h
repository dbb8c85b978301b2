/* SPDX-License-Identifier: Apache-2.0 */
/* alloc.h: allocators are values.  Nothing outside base/ calls malloc; whoever allocates is given
 * an ln_alloc at creation.  A test puts a failing or counting one there. */
#ifndef LN_BASE_ALLOC_H
#define LN_BASE_ALLOC_H

#include "base/compiler.h"

/* fn(user, NULL, n) allocates, fn(user, p, 0) frees and returns NULL, else it resizes.  Memory is
 * aligned for any C type.  NULL means out of memory and leaves `p` as it was. */
typedef struct ln_alloc {
    void *(*fn)(void *user, void *p, size_t n);
    void *user;
} ln_alloc;

/* The C library's allocator. */
extern const ln_alloc ln_alloc_default;

/* Memory for `count` items of `size` bytes, zeroed; NULL on overflow or when there is none. */
void *ln_new(const ln_alloc *a, size_t count, size_t size) LN_MUST_USE;
/* Resizes `p` to `count` items of `size` bytes; the new part is not zeroed. */
void *ln_resize(const ln_alloc *a, void *p, size_t count, size_t size) LN_MUST_USE;
/* `p` may be NULL. */
void ln_free(const ln_alloc *a, void *p);
/* `n` bytes (not zeroed) aligned to 64; freed by ln_free_aligned. */
void *ln_new_aligned(const ln_alloc *a, size_t n) LN_MUST_USE;
/* The same of zeros: pages that come cleared from the system are left alone. */
void *ln_new_zeros(const ln_alloc *a, size_t n) LN_MUST_USE;
void ln_free_aligned(const ln_alloc *a, void *p);

/* Asks the system for large pages where [p, p + n) has room for them. */
void ln_use_large_pages(void *p, size_t n);
/* All of it will be written at once: its pages come together, not by a fault each. */
void ln_want_pages(void *p, size_t n);

/* Asks the C library to give pages that nothing lies in back to the system. */
void ln_trim_heap(void);

/* Makes room for one more item in a growing array: *items has *capacity items of `size` bytes.
 * Returns false when memory is out (then nothing has changed). */
bool ln_grow(const ln_alloc *a, void **items, size_t *capacity, size_t count, size_t size);

#endif
