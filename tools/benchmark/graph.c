/* SPDX-License-Identifier: Apache-2.0 */
/* graph.c: --graph as TensorFlow Lite's tools read it: a path, or "fd:FD:OFFSET:BYTES", a part of
 * an open file, or "pipe:READ:WRITE:BYTES", what comes out of a pipe, whose other end is closed
 * here first unless WRITE is negative.  One run may open a model several times, but a pipe gives
 * it once: such bytes stay until the end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "benchmark/benchmark.h"
#include "common/tool.h"

typedef struct source {
    struct source *next;
    char *name;
    uint8_t *bytes; /* the model, */
    size_t n;       /* its size, */
    void *mapping;  /* and the pages with it; NULL: the bytes are memory of their own */
    size_t map_size;
} source;

static source *sources;

/* Reads "A:B:C", whole numbers. */
static bool three_numbers(const char *text, long long v[3])
{
    for (int i = 0; i < 3; i++) {
        char *end;
        errno = 0;
        v[i] = strtoll(text, &end, 10);
        if (end == text || errno != 0 || *end != (i < 2 ? ':' : 0))
            return false;
        text = end + 1;
    }
    return true;
}

/* Notes why a model cannot be had. */
static bool refuse(session *s, const char *fmt, long long a, long long b, long long c)
{
    snprintf(s->error, sizeof s->error, fmt, a, b, c);
    return false;
}

static bool map(session *s, source *to, const long long v[3])
{
    struct stat st;
    if (v[0] < 0 || v[0] > 1 << 30 || fstat((int)v[0], &st) != 0)
        return refuse(s, "file descriptor %lld is not open", v[0], 0, 0);
    if (!S_ISREG(st.st_mode))
        return refuse(s, "file descriptor %lld is no regular file; see pipe:", v[0], 0, 0);
    if (v[1] < 0 || v[2] <= 0 || v[1] > (long long)st.st_size ||
        v[2] > (long long)st.st_size - v[1])
        return refuse(s, "the file has %lld bytes, not %lld from %lld on", (long long)st.st_size,
                      v[2], v[1]);
    const long long before = v[1] % sysconf(_SC_PAGESIZE);
    to->map_size = (size_t)(before + v[2]);
    void *pages =
        mmap(NULL, to->map_size, PROT_READ, MAP_PRIVATE, (int)v[0], (off_t)(v[1] - before));
    if (pages == MAP_FAILED)
        return refuse(s, "file descriptor %lld cannot be mapped", v[0], 0, 0);
    to->mapping = pages;
    to->bytes = (uint8_t *)pages + before;
    to->n = (size_t)v[2];
    return true;
}

static bool read_pipe(session *s, source *to, const long long v[3])
{
    if (v[0] < 0 || v[0] > 1 << 30 || v[1] > 1 << 30 || v[2] <= 0)
        return refuse(s, "not a pipe and a number of bytes: %lld, %lld, %lld", v[0], v[1], v[2]);
    if (v[1] >= 0)
        close((int)v[1]);
    to->bytes = tool_new((size_t)v[2], 1);
    ssize_t got = 1;
    while (to->n < (size_t)v[2] && (got > 0 || (got < 0 && errno == EINTR))) {
        got = read((int)v[0], to->bytes + to->n, (size_t)v[2] - to->n);
        to->n += got > 0 ? (size_t)got : 0;
    }
    close((int)v[0]);
    return to->n == (size_t)v[2] ||
           refuse(s, "the pipe %lld ended after %lld of %lld bytes", v[0], (long long)to->n, v[2]);
}

static void release(source *from)
{
    if (from->mapping)
        munmap(from->mapping, from->map_size);
    else
        tool_free(from->bytes);
    tool_free(from->name);
    tool_free(from);
}

static source *find(session *s, const char *name)
{
    for (source *known = sources; known; known = known->next)
        if (strcmp(known->name, name) == 0)
            return known;
    long long v[3];
    if (!three_numbers(strchr(name, ':') + 1, v)) {
        refuse(s, "wanted are fd:FD:OFFSET:BYTES or pipe:READ:WRITE:BYTES", 0, 0, 0);
        return NULL;
    }
    source *made = tool_new(1, sizeof *made);
    made->name = tool_copy(name);
    if (!(*name == 'f' ? map(s, made, v) : read_pipe(s, made, v))) {
        release(made);
        return NULL;
    }
    made->next = sources;
    sources = made;
    return made;
}

bool benchmark_graph_open(session *s, const session_options *options)
{
    const char *name = benchmark_text("graph");
    if (strncmp(name, "fd:", 3) != 0 && strncmp(name, "pipe:", 5) != 0)
        return session_open_file(s, name, options);
    memset(s, 0, sizeof *s);
    const source *from = find(s, name);
    return from && session_open(s, from->bytes, from->n, options);
}

void benchmark_graph_forget(void)
{
    while (sources) {
        source *next = sources->next;
        release(sources);
        sources = next;
    }
}
