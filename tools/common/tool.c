/* SPDX-License-Identifier: Apache-2.0 */
/* tool.c: memory, messages and files for the command.  A command-line program has nothing better
 * to do than to stop when memory is out, so these functions do. */
#include "common/tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *tool_resize(void *p, size_t count, size_t size)
{
    void *q = NULL;
    if (size == 0 || count <= SIZE_MAX / size)
        q = realloc(p, count * size > 0 ? count * size : 1);
    if (!q) {
        fprintf(stderr, "linnet: no memory for %zu items of %zu bytes\n", count, size);
        exit(TOOL_FAILED);
    }
    return q;
}

void *tool_new(size_t count, size_t size)
{
    void *p = tool_resize(NULL, count, size);
    memset(p, 0, count * size);
    return p;
}

void tool_free(void *p)
{
    free(p);
}

char *tool_format(const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, fmt, args);
    char *text = tool_new(n < 0 ? 1 : (size_t)n + 1, 1);
    if (n >= 0)
        vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(args);
    return text;
}

char *tool_copy(const char *text)
{
    return tool_format("%s", text);
}

bool tool_ends_with(const char *text, const char *tail)
{
    const size_t n = strlen(text), m = strlen(tail);
    return n >= m && strcmp(text + n - m, tail) == 0;
}

const char *tool_basename(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int tool_error(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fflush(stdout);
    fprintf(stderr, "linnet: ");
    vfprintf(stderr, fmt, args);
    fprintf(stderr, "\n");
    va_end(args);
    return TOOL_FAILED;
}

uint8_t *tool_read_file(const char *path, size_t *n)
{
    const bool is_stdin = strcmp(path, "-") == 0;
    FILE *f = is_stdin ? stdin : fopen(path, "rb");
    if (!f) {
        tool_error("%s: %s", path, strerror(errno));
        return NULL;
    }
    uint8_t *data = NULL;
    size_t size = 0, capacity = 0;
    do {
        if (size == capacity) {
            capacity = capacity ? capacity * 2 : 65536;
            data = tool_resize(data, capacity, 1);
        }
        size += fread(data + size, 1, capacity - size, f);
    } while (size == capacity);
    data[size] = 0;
    const bool failed = ferror(f) != 0;
    if (!is_stdin)
        fclose(f);
    if (failed) {
        tool_error("%s: cannot be read", path);
        tool_free(data);
        return NULL;
    }
    *n = size;
    return data;
}

char *tool_temporary_file(const char *tail, const void *data, size_t n)
{
    const char *folder = getenv("TMPDIR");
    char *path = tool_format("%s/linnet-XXXXXX%s", folder && *folder ? folder : "/tmp", tail);
    const int fd = mkstemps(path, (int)strlen(tail));
    if (fd >= 0 && close(fd) == 0 && tool_write_file(path, data, n))
        return path;
    if (fd >= 0)
        remove(path);
    else
        tool_error("%s cannot be made: %s", path, strerror(errno));
    tool_free(path);
    return NULL;
}

bool tool_write_file(const char *path, const void *data, size_t n)
{
    const bool out = strcmp(path, "-") == 0;
    FILE *f = out ? stdout : fopen(path, "wb");
    bool ok = f != NULL;
    if (ok) {
        ok = fwrite(data, 1, n, f) == n;
        ok = (out ? fflush(f) : fclose(f)) == 0 && ok;
    }
    if (!ok)
        tool_error("%s: cannot be written: %s", path, strerror(errno));
    return ok;
}
