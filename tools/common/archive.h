/* SPDX-License-Identifier: Apache-2.0 */
/* archive.h: zip archives, read entry by entry into memory (libzip). */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct archive archive;

/* NULL with a message on stderr when `path` is no zip archive. */
archive *archive_open(const char *path);
/* Of bytes that stay where they are; NULL without a message. */
archive *archive_open_memory(const void *bytes, size_t n);
void archive_close(archive *a);
int archive_count(const archive *a);
/* The name of entry `i`, "" where it has none. */
const char *archive_name(const archive *a, int i);
bool archive_has(const archive *a, const char *name);
/* The bytes of an entry and a zero behind them, to be freed by tool_free; NULL when there is no
 * such entry or it cannot be read. */
uint8_t *archive_read(archive *a, const char *name, size_t *n);

#endif
