/* SPDX-License-Identifier: Apache-2.0 */
/* checked.h: size arithmetic that says when it overflows.  Every size that comes from a file or a
 * shape goes through here. */
#ifndef LN_BASE_CHECKED_H
#define LN_BASE_CHECKED_H

#include "base/compiler.h"

/* *out = a * b; false on overflow (then *out is untouched). */
static inline bool ln_mul_size(size_t a, size_t b, size_t *out)
{
    if (a != 0 && b > SIZE_MAX / a)
        return false;
    *out = a * b;
    return true;
}

/* *out = a + b; false on overflow (then *out is untouched). */
static inline bool ln_add_size(size_t a, size_t b, size_t *out)
{
    if (b > SIZE_MAX - a)
        return false;
    *out = a + b;
    return true;
}

/* *out = `n` rounded up to a multiple of `align` (a power of two); false on overflow. */
static inline bool ln_align_size(size_t n, size_t align, size_t *out)
{
    if (!ln_add_size(n, align - 1, &n))
        return false;
    *out = n & ~(align - 1);
    return true;
}

#endif
