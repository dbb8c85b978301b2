/* SPDX-License-Identifier: Apache-2.0 */
/* wrap.c: counts and fails the program's own calls of malloc and realloc (linker option --wrap),
 * the ones included that make what the public interface wants from malloc. */
#include <stdlib.h>

#include "runtime/fixture.h"

atomic_int malloc_calls, malloc_left = -1;

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *p, size_t n);

static int refused(void)
{
    atomic_fetch_add(&malloc_calls, 1);
    if (atomic_load(&malloc_left) > 0)
        atomic_fetch_sub(&malloc_left, 1);
    return atomic_load(&malloc_left) == 0;
}

void *__wrap_malloc(size_t n)
{
    return refused() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
    return refused() ? NULL : __real_calloc(count, n);
}

void *__wrap_realloc(void *p, size_t n)
{
    return refused() ? NULL : __real_realloc(p, n);
}
