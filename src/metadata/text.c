/* SPDX-License-Identifier: Apache-2.0 */
/* text.c: see text.h. */
#include "metadata/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"

enum { FIRST_CAPACITY = 1024 };

void ln_text_put(ln_text *t, const char *chars, size_t n)
{
    size_t need;
    if (t->failed || !ln_add_size(t->n, n, &need) || !ln_add_size(need, 1, &need)) {
        t->failed = true;
        return;
    }
    if (need > t->capacity) {
        const size_t capacity = LN_MAX(need, LN_MAX(t->capacity, FIRST_CAPACITY / 2) * 2);
        char *grown = ln_resize(&ln_alloc_default, t->chars, capacity, 1);
        if (!grown) {
            t->failed = true;
            return;
        }
        t->chars = grown;
        t->capacity = capacity;
    }
    memcpy(t->chars + t->n, chars, n);
    t->n += n;
    t->chars[t->n] = '\0';
}

/* For short pieces; longer ones are cut. */
void ln_text_add(ln_text *t, const char *fmt, ...)
{
    char piece[512];
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(piece, sizeof piece, fmt, args);
    va_end(args);
    ln_text_put(t, piece, n < 0 ? 0 : LN_MIN((size_t)n, sizeof piece - 1));
}
