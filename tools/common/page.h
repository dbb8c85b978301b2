/* SPDX-License-Identifier: Apache-2.0 */
/* page.h: writes a page for people: an HTML file that the build embeds (cmake/embed.cmake), with
 * JSON put in.  The page needs nothing else, no network either. */
#ifndef PAGE_H
#define PAGE_H

#include <stdbool.h>
#include <stddef.h>

/* What stands where the page has `mark`. */
typedef struct page_part {
    const char *mark, *json;
} page_part;

/* `parts` ends with a NULL mark.  False when the file cannot be written. */
bool page_write(const unsigned char *html, size_t n, const page_part *parts, const char *path);

#endif
