/* SPDX-License-Identifier: Apache-2.0 */
/* input.c: the inputs of benchmark_model: --input_layer=a,b names them,
 * --input_layer_shape=1,30:1,10 gives shapes in the same order,
 * --input_layer_value_range=a,0,1:b,2,3 bounds random numbers, and
 * --input_layer_value_files=a:f1,b:f2 names files ("::" stands for a colon).  A layer belongs to
 * the input of its name, else to the one at its place, as in TensorFlow Lite, which never looks at
 * the names; without --input_layer the other two name the model's inputs themselves. */
#include <stdlib.h>
#include <string.h>

#include "benchmark/benchmark.h"
#include "common/feed.h"
#include "common/tool.h"

enum { MAX_LAYERS = 256 };

typedef struct layer {
    char *name;
    int rank, dims[VALUE_MAX_RANK];
} layer;

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

static int count_parts(const char *text, char end)
{
    int n = *text ? 1 : 0;
    for (; *text; text++)
        n += *text == end;
    return n;
}

/* ---- which input is meant ---- */

/* The number of the tensor behind input `i` of the session, and its place in the graph. */
static int tensor_of(const session *s, int i, int *place)
{
    ln_tflite_graph g = {0};
    int tensor = -1;
    ln_tflite_model_graph(s->model, s->graph, &g);
    *place = i;
    if (!s->runner)
        return i < g.n_inputs ? g.inputs[i] : -1;
    const char *wanted = session_input_name(s, i), *key;
    for (int k = 0, graph; (key = ln_tflite_model_signature(s->model, k, &graph)) != NULL; k++) {
        const char *name;
        int id;
        for (int j = 0; graph == s->graph &&
                        (name = ln_tflite_model_signature_input(s->model, k, j, &id)) != NULL;
             j++)
            tensor = strcmp(name, wanted) == 0 ? id : tensor;
    }
    for (int j = 0; j < g.n_inputs; j++)
        *place = g.inputs[j] == tensor ? j : *place;
    return tensor;
}

/* True when an input goes by that name, its own or that of its tensor. */
static bool is_called(const session *s, int i, const char *name)
{
    const TfLiteTensor *t = session_input(s, i);
    return strcmp(session_input_name(s, i), name) == 0 ||
           (t && t->name && strcmp(t->name, name) == 0);
}

static int find_input(const session *s, const char *name)
{
    for (int i = 0; i < session_input_count(s); i++) {
        if (is_called(s, i, name))
            return i;
    }
    return -1;
}

/* The input that layer number `at` of --input_layer describes. */
static int input_of_layer(const session *s, const char *name, int at)
{
    int place, i = find_input(s, name);
    for (int k = 0; i < 0 && k < session_input_count(s); k++) {
        const int tensor = tensor_of(s, k, &place);
        const TfLiteTensor *t = session_input(s, k);
        if (place != at)
            continue;
        benchmark_log("WARN", "Tensor # %d is named %s but flags call it %s", tensor,
                      t && t->name ? t->name : "", name);
        i = k;
    }
    return i;
}

/* The input that `name` in a flag means; -1 with a message. */
static int input_called(const session *s, const char *name)
{
    const char *names = benchmark_text("input_layer");
    const bool free_names = !*names;
    int found = free_names ? find_input(s, name) : -1, at = 0;
    for (char *item; (item = part(&names, ',')) != NULL; tool_free(item), at++) {
        if (strcmp(item, name) == 0)
            found = find_input(s, name) >= 0 ? find_input(s, name) : at;
    }
    if (found < 0 || found >= session_input_count(s)) {
        benchmark_log("ERROR",
                      "Cannot find the corresponding input_layer name(%s) in --input_layer as %s",
                      name, free_names ? "the model's inputs" : benchmark_text("input_layer"));
        return -1;
    }
    return found;
}

/* ---- shapes ---- */

static bool read_shape(layer *l, const char *text)
{
    l->rank = 0;
    for (const char *at = text; *at;) {
        char *end;
        const long dim = strtol(at, &end, 10);
        if (end != at && dim == -1) {
            benchmark_log("ERROR", "Any unknown sizes in the shapes (-1's) must be replaced with "
                                   "the size you want to benchmark with.");
            return false;
        }
        if (end == at || (*end && *end != ',') || dim < 0 || dim > 1 << 30 ||
            l->rank == VALUE_MAX_RANK) {
            benchmark_log("ERROR", "Incorrect size string specified: %s", text);
            return false;
        }
        l->dims[l->rank++] = (int)dim;
        at = *end ? end + 1 : end;
    }
    return true;
}

static bool resize(session *s, const layer *l, int at)
{
    const int i = input_of_layer(s, l->name, at);
    const TfLiteTensor *t = session_input(s, i);
    if (!t || t->type == kTfLiteString) /* strings have no shape of their own to give */
        return true;
    if (t->dims && t->dims->size != l->rank) {
        benchmark_log("ERROR", "Input tensor #%d should have %d dimensions!", i, t->dims->size);
        return false;
    }
    if (!session_resize(s, i, l->dims, l->rank)) {
        benchmark_log("ERROR", "%s", s->error);
        return false;
    }
    return true;
}

bool benchmark_input_shapes(session *s)
{
    const char *names = benchmark_text("input_layer");
    const char *shapes = benchmark_text("input_layer_shape");
    const int n_names = count_parts(names, ','), n_shapes = count_parts(shapes, ':');
    bool ok = true;
    if (n_names != n_shapes) {
        benchmark_log("ERROR",
                      "The number of items in --input_layer_shape (%s, with %d items) must match "
                      "the number of items in --input_layer (%s, with %d items). For example "
                      "--input_layer=input1,input2 --input_layer_shape=1,224,224,4:1,20",
                      shapes, n_shapes, names, n_names);
        return false;
    }
    if (n_names > 0 && n_names != session_input_count(s)) {
        benchmark_log("ERROR", "Inputs mismatch: Model inputs #:%d expected: %d", n_names,
                      session_input_count(s));
        return false;
    }
    for (int at = 0; ok && at < n_names; at++) {
        layer l = {.name = part(&names, ',')};
        char *dims = part(&shapes, ':');
        ok = read_shape(&l, dims ? dims : "") && resize(s, &l, at);
        tool_free(dims);
        tool_free(l.name);
    }
    return ok;
}

/* ---- values ---- */

typedef struct bounds {
    double low, high;
} bounds;

/* TensorFlow Lite's own choice for types that it knows. */
static bounds usual_bounds(TfLiteType type)
{
    switch (type) {
    case kTfLiteFloat32:
    case kTfLiteFloat64:
    case kTfLiteFloat16:
    case kTfLiteBFloat16:
        return (bounds){-0.5, 0.5};
    case kTfLiteInt64:
    case kTfLiteUInt64:
    case kTfLiteInt32:
    case kTfLiteUInt32:
        return (bounds){0, 99};
    case kTfLiteUInt8:
        return (bounds){0, 254};
    case kTfLiteInt8:
        return (bounds){-127, 127};
    case kTfLiteInt16:
        return (bounds){-32767, 32767};
    default:
        return (bounds){0, 1};
    }
}

/* Reads the items of --input_layer_value_range; `range` has one per input, NaN where none. */
static bool read_ranges(const session *s, bounds *range, bool *given)
{
    const char *text = benchmark_text("input_layer_value_range");
    bool ok = true;
    for (char *item; ok && (item = part(&text, ':')) != NULL; tool_free(item)) {
        const char *rest = item;
        char *name = part(&rest, ','), *low = part(&rest, ','), *high = part(&rest, ','), *end,
             *top;
        ok = name && low && high && !*rest;
        if (!ok)
            benchmark_log("ERROR", "Wrong input value range item specified: %s", item);
        const int i = ok ? input_called(s, name) : -1;
        ok = i >= 0;
        if (ok) {
            range[i] = (bounds){strtod(low, &end), strtod(high, &top)};
            given[i] = true;
            ok = end != low && !*end && top != high && !*top && range[i].low <= range[i].high;
            if (!ok)
                benchmark_log("ERROR",
                              "Wrong low and high value of the input value range specified: %s",
                              item);
        }
        tool_free(name);
        tool_free(low);
        tool_free(high);
    }
    return ok;
}

/* Splits "name:file" in place; NULL with a message where it is nothing of the kind. */
static const char *split_file(char *item)
{
    char *to = item;
    const char *file = NULL;
    for (const char *from = item; *from; from++) {
        const bool escaped = from[0] == ':' && from[1] == ':';
        if (*from == ':' && !escaped) {
            if (file)
                return NULL;
            *to++ = '\0';
            file = to;
            continue;
        }
        from += escaped;
        *to++ = *from;
    }
    *to = '\0';
    return file;
}

/* Reads the items of --input_layer_value_files; `files` has one per input, NULL where none. */
static bool read_files(const session *s, char **files, const bool *ranged)
{
    const char *text = benchmark_text("input_layer_value_files");
    bool ok = true;
    for (char *item; ok && (item = part(&text, ',')) != NULL; tool_free(item)) {
        char *whole = tool_copy(item);
        const char *file = split_file(item);
        const int i = file ? input_called(s, item) : -1;
        ok = i >= 0;
        if (!file)
            benchmark_log("ERROR", "Wrong input value file item specified: %s", whole);
        if (ok && ranged[i])
            benchmark_log("WARN",
                          "The input_name:%s appears both in input_layer_value_files and "
                          "input_layer_value_range. The input_layer_value_range of the "
                          "input_name will be ignored.",
                          item);
        if (ok) {
            tool_free(files[i]);
            files[i] = tool_copy(file);
        }
        tool_free(whole);
    }
    return ok;
}

/* Strings end in NUL, the last one perhaps not; a .pb file is one string. */
static bool string_file(value *v, const TfLiteTensor *t, const char *path, size_t wanted)
{
    size_t n = 0, count = 0;
    uint8_t *data = tool_read_file(path, &n);
    if (!data)
        return false;
    const char **texts = tool_new(n + 1, sizeof *texts);
    size_t *sizes = tool_new(n + 1, sizeof *sizes);
    const bool one = tool_ends_with(path, ".pb");
    for (size_t from = 0; from < n || (one && count == 0); count++) {
        const uint8_t *end = one ? NULL : memchr(data + from, '\0', n - from);
        texts[count] = (const char *)data + from;
        sizes[count] = (end ? (size_t)(end - data) : n) - from;
        from += sizes[count] + 1;
    }
    const bool ok = one || count == wanted;
    if (ok)
        value_pack_strings(v, texts, sizes, count);
    else
        benchmark_log("ERROR",
                      "The number of string in the input_layer_value_file(%s) is %zu. It should "
                      "be %zu.",
                      path, count, wanted);
    (void)t;
    tool_free(texts);
    tool_free(sizes);
    tool_free(data);
    return ok;
}

static void some_strings(value *v, size_t count)
{
    const char **texts = tool_new(count + 1, sizeof *texts);
    size_t *sizes = tool_new(count + 1, sizeof *sizes);
    for (size_t i = 0; i < count; i++) {
        texts[i] = "a few words that a model for texts could have been given";
        sizes[i] = strlen(texts[i]);
    }
    value_pack_strings(v, texts, sizes, count);
    tool_free(texts);
    tool_free(sizes);
}

static bool make_value(value *v, const TfLiteTensor *t, const char *file, const bounds *range,
                       uint64_t *state)
{
    size_t count = 1;
    for (int i = 0; t->dims && i < t->dims->size; i++)
        count *= (size_t)(t->dims->data[i] > 0 ? t->dims->data[i] : 0);
    if (t->type == kTfLiteString && file)
        return string_file(v, t, file, count);
    if (t->type == kTfLiteString)
        some_strings(v, count);
    else if (file)
        return feed_raw(v, t, file);
    else
        feed_range(v, t, state, range->low, range->high);
    return true;
}

bool benchmark_input_values(session *s, benchmark_inputs *inputs)
{
    const int n = session_input_count(s);
    uint64_t state = 0x9e3779b97f4a7c15u;
    bounds *range = tool_new((size_t)n + 1, sizeof *range);
    bool *ranged = tool_new((size_t)n + 1, sizeof *ranged);
    char **files = tool_new((size_t)n + 1, sizeof *files);
    inputs->values = tool_new((size_t)n + 1, sizeof *inputs->values);
    inputs->n = n;
    for (int i = 0; i < n; i++)
        range[i] = usual_bounds(session_input(s, i)->type);
    bool ok = read_ranges(s, range, ranged) && read_files(s, files, ranged);
    for (int i = 0; ok && i < n; i++) {
        ok = make_value(&inputs->values[i], session_input(s, i), files[i], &range[i], &state) &&
             session_set_input(s, i, &inputs->values[i]);
        if (!ok && s->error[0])
            benchmark_log("ERROR", "%s", s->error);
    }
    for (int i = 0; i < n; i++)
        tool_free(files[i]);
    tool_free(files);
    tool_free(ranged);
    tool_free(range);
    return ok;
}

void benchmark_input_free(benchmark_inputs *inputs)
{
    for (int i = 0; i < inputs->n; i++)
        value_free(&inputs->values[i]);
    tool_free(inputs->values);
    *inputs = (benchmark_inputs){0};
}
