/* SPDX-License-Identifier: Apache-2.0 */
/* page.c: see page.h. */
#include "common/page.h"

#include <stdio.h>
#include <string.h>

/* JSON inside of a script element, which "</" would end, and "<!--" make a comment of. */
static void put_json(FILE *f, const char *json)
{
    for (; *json; json++) {
        if (*json == '<')
            fputs("\\u003c", f);
        else
            fputc(*json, f);
    }
}

/* The part whose mark is at the beginning of the text; NULL when there is none. */
static const page_part *part_at(const page_part *parts, const unsigned char *text, size_t n)
{
    for (; parts->mark; parts++)
        if (n >= strlen(parts->mark) && memcmp(text, parts->mark, strlen(parts->mark)) == 0)
            return parts;
    return NULL;
}

bool page_write(const unsigned char *html, size_t n, const page_part *parts, const char *path)
{
    FILE *f = fopen(path, "w");
    for (size_t i = 0; f && i < n;) {
        const page_part *part = html[i] == '@' ? part_at(parts, html + i, n - i) : NULL;
        if (part)
            put_json(f, part->json);
        else
            fputc(html[i], f);
        i += part ? strlen(part->mark) : 1;
    }
    return f && fclose(f) == 0;
}
