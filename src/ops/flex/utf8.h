/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h: characters of UTF-8, one at a time. */
#ifndef LN_OPS_FLEX_UTF8_H
#define LN_OPS_FLEX_UTF8_H

#include <stddef.h>
#include <stdint.h>

enum { LN_UTF8_LAST = 0x10FFFF, LN_UTF8_MALFORMED = -1 };

/* The character that the n bytes at s, one at least, begin with, and of how many it is.  Of a
 * malformed one all bytes that could have begun one are taken. */
int ln_utf8_next(const uint8_t *s, size_t n, size_t *used);

#endif
