/* SPDX-License-Identifier: Apache-2.0 */
/* benchmark_input.c: the inputs of benchmark_model: --input_layer=a,b names them,
 * --input_layer_shape=1,30:1,10 gives shapes in the same order,
 * --input_layer_value_range=a,0,1:b,2,3 bounds random numbers, and
 * --input_layer_value_files=a:f1,b:f2 names raw files ("::" stands for a colon in a name). */
#include <stdlib.h>
#include <string.h>

#include "benchmark.h"
#include "feed.h"
#include "tool.h"

/* The next part of *text up to `end`, to be freed; NULL when nothing is left. */
static char *part(const char **text, char end)
{
    if (!**text)
        return NULL;
    const char *stop = strchr(*text, end);
    const size_t n = stop ? (size_t)(stop - *text) : strlen(*text);
    char *copy = tool_format("%.*s", (int)n, *text);
    *text += stop ? n + 1 : n;
    return copy;
}

static int find(const session *s, const char *name)
{
    for (int i = 0; i < session_input_count(s); i++) {
        if (strcmp(session_input_name(s, i), name) == 0)
            return i;
    }
    benchmark_log("ERROR", "Failed to find input tensor \"%s\" among the model's %d inputs", name,
                  session_input_count(s));
    return -1;
}

static bool shape(session *s, const char *name, const char *text)
{
    int dims[VALUE_MAX_RANK], rank = 0;
    const int i = find(s, name);
    for (const char *at = text; i >= 0 && *at;) {
        char *end;
        const long dim = strtol(at, &end, 10);
        if (end == at || (*end && *end != ',') || dim < 0 || dim > 1 << 30 ||
            rank == VALUE_MAX_RANK) {
            benchmark_log("ERROR", "Failed to parse input_layer_shape \"%s\"", text);
            return false;
        }
        dims[rank++] = (int)dim;
        at = *end ? end + 1 : end;
    }
    if (i >= 0 && !session_resize(s, i, dims, rank)) {
        benchmark_log("ERROR", "%s", s->error);
        return false;
    }
    return i >= 0;
}

bool benchmark_input_shapes(session *s)
{
    const char *names = benchmark_text("input_layer");
    const char *shapes = benchmark_text("input_layer_shape");
    bool ok = true;
    while (ok && (*names || *shapes)) {
        char *name = part(&names, ','), *dims = part(&shapes, ':');
        ok = name && dims;
        if (!ok)
            benchmark_log("ERROR", "input_layer and input_layer_shape must have as many items");
        ok = ok && shape(s, name, dims);
        tool_free(name);
        tool_free(dims);
    }
    return ok;
}

/* The range that the flag gives input `name`; *ok becomes false with a message. */
static bool range_of(const char *name, double *low, double *high, bool *ok)
{
    const char *text = benchmark_text("input_layer_value_range");
    const size_t n = strlen(name);
    bool found = false;
    for (char *item; (item = part(&text, ':')) != NULL; tool_free(item)) {
        char *end = item;
        const char *comma = strchr(item, ',');
        if (comma)
            *low = strtod(comma + 1, &end);
        bool good = comma && end != comma + 1 && *end == ',';
        const char *second = end + 1;
        const double top = good ? strtod(second, &end) : 0;
        good = good && end != second && !*end;
        if (!good) {
            benchmark_log("ERROR", "Wrong input value range item specified: %s", item);
            *ok = false;
        } else if ((size_t)(comma - item) == n && memcmp(item, name, n) == 0) {
            *high = top;
            found = true;
            tool_free(item);
            break;
        }
    }
    return found;
}

/* The file that the flag gives input `name`, to be freed; NULL when none. */
static char *file_of(const char *name)
{
    const char *text = benchmark_text("input_layer_value_files");
    for (char *item; (item = part(&text, ',')) != NULL; tool_free(item)) {
        char *to = item;
        const char *file = NULL;
        for (const char *from = item; *from; from++) {
            const bool escaped = from[0] == ':' && from[1] == ':';
            if (*from == ':' && !escaped && !file) {
                *to++ = 0;
                file = to;
                continue;
            }
            from += escaped;
            *to++ = *from;
        }
        *to = 0;
        if (file && strcmp(item, name) == 0) {
            char *copy = tool_copy(file);
            tool_free(item);
            return copy;
        }
    }
    return NULL;
}

bool benchmark_input_values(session *s)
{
    uint64_t state = 0x9e3779b97f4a7c15u;
    bool ok = true;
    for (int i = 0; ok && i < session_input_count(s); i++) {
        const TfLiteTensor *t = session_input(s, i);
        const char *name = session_input_name(s, i);
        value v = {0};
        double low = 0, high = 0;
        char *path = file_of(name);
        if (path)
            ok = feed_raw(&v, t, path);
        else if (t->type != kTfLiteString && range_of(name, &low, &high, &ok))
            feed_range(&v, t, &state, low, high);
        else if (ok)
            feed_random(&v, t, &state);
        if (ok && !session_set_input(s, i, &v)) {
            benchmark_log("ERROR", "%s", s->error);
            ok = false;
        }
        tool_free(path);
        value_free(&v);
    }
    return ok;
}
