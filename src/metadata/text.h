/* SPDX-License-Identifier: Apache-2.0 */
/* text.h: text that grows.  When memory is out, `failed` sticks and nothing more is added.  And the
 * name of a file without its folder. */
#ifndef LN_METADATA_TEXT_H
#define LN_METADATA_TEXT_H

#include <string.h>

#include "base/alloc.h"

typedef struct ln_text {
    char *chars; /* zero-terminated once something was added; freed by ln_free */
    size_t n, capacity;
    bool failed;
} ln_text;

void ln_text_put(ln_text *t, const char *chars, size_t n);
void ln_text_add(ln_text *t, const char *fmt, ...) LN_PRINTF(2, 3);

static inline const char *ln_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

#endif
