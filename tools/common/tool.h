/* SPDX-License-Identifier: Apache-2.0 */
/* tools/: the `linnet` command.  It sees public headers only, like any other user of the library.
 *
 * tool.h: what all subcommands share: exit codes, memory that never fails (the command ends
 * instead), messages, whole files. */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOOL_OK = 0, TOOL_FAILED = 1, TOOL_USAGE = 2 };

/* Zeroed memory for `count` items of `size` bytes; ends the command when there is none. */
void *tool_new(size_t count, size_t size);
/* Resizes what tool_new gave. */
void *tool_resize(void *p, size_t count, size_t size);
void tool_free(void *p);

/* Text like printf's, to be freed by tool_free. */
char *tool_format(const char *fmt, ...);
char *tool_copy(const char *text);
/* True when `text` ends in `tail`. */
bool tool_ends_with(const char *text, const char *tail);
/* The part of a path after its last slash. */
const char *tool_basename(const char *path);

/* "linnet: message" on stderr; returns TOOL_FAILED so that a caller can return it. */
int tool_error(const char *fmt, ...);

/* Reads the whole file (`-`: stdin) and puts a zero behind it; NULL with a message on stderr when
 * that fails. */
uint8_t *tool_read_file(const char *path, size_t *n);
/* `-`: stdout. */
bool tool_write_file(const char *path, const void *data, size_t n);
/* A file for a while, which the caller removes: its name with this tail, NULL with a message on
 * stderr where it cannot be made. */
char *tool_temporary_file(const char *tail, const void *data, size_t n);

#endif
