/* SPDX-License-Identifier: Apache-2.0 */
/* feed.c: see feed.h.  Random numbers are small where they may be indices or flags. */
#include "common/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/image.h"
#include "common/tool.h"
#include "tensorflow/lite/c/common.h"

/* The input that "NAME=..." names, by name or number; -1 with a message. */
static int find_input(const session *s, const char *text, size_t n)
{
    char *end;
    for (int i = 0; i < session_input_count(s); i++) {
        const char *name = session_input_name(s, i);
        if (strlen(name) == n && memcmp(name, text, n) == 0)
            return i;
    }
    const long number = strtol(text, &end, 10);
    if (end == text + n && n > 0 && number >= 0 && number < session_input_count(s))
        return (int)number;
    tool_error("there is no input %.*s; the first of %d is \"%s\"", (int)n, text,
               session_input_count(s), session_input_count(s) > 0 ? session_input_name(s, 0) : "");
    return -1;
}

/* Splits "NAME=REST": the input's number and the rest; -1 with a message. */
static int split(const session *s, const char *option, const char *text, const char **rest)
{
    const char *equals = strrchr(text, '=');
    if (!equals) {
        tool_error("--%s is \"%s\", not NAME=...", option, text);
        return -1;
    }
    *rest = equals + 1;
    return find_input(s, text, (size_t)(equals - text));
}

static bool apply_shapes(session *s, const args *a)
{
    const char *text, *rest;
    for (int at = 0; (text = args_next(a, "shape", &at)) != NULL;) {
        const int i = split(s, "shape", text, &rest);
        int rank = 0, dims[VALUE_MAX_RANK];
        if (i < 0)
            return false;
        while (*rest) {
            char *end;
            const long dim = strtol(rest, &end, 10);
            if (end == rest || dim < 0 || dim > 1 << 30 || rank == VALUE_MAX_RANK) {
                tool_error("--shape %s: \"%s\" is no list of sizes", text, rest);
                return false;
            }
            dims[rank++] = (int)dim;
            rest = *end == ',' ? end + 1 : end;
        }
        if (!session_resize(s, i, dims, rank)) {
            tool_error("%s", s->error);
            return false;
        }
    }
    return true;
}

/* A tensor that may hold an image: [1, h, w, c] or [1, c, h, w] with c 1 or 3. */
typedef struct layout {
    int height, width, channels;
    bool channels_first;
} layout;

static bool image_layout(const TfLiteTensor *t, layout *l)
{
    if (!t || !t->dims || t->dims->size != 4 || t->dims->data[0] != 1)
        return false;
    const int *d = t->dims->data;
    const bool last = d[3] == 1 || d[3] == 3, first = d[1] == 1 || d[1] == 3;
    *l = last ? (layout){d[1], d[2], d[3], false} : (layout){d[2], d[3], d[1], true};
    return (last || first) && l->height > 0 && l->width > 0;
}

/* Numbers with commas between them. */
static bool read_list(const args *a, const char *name, double *list, int *n)
{
    const char *text = args_text(a, name, NULL);
    char *end = NULL;
    for (int i = 0; text; i++) {
        const double x = i < FEED_CHANNELS ? strtod(text, &end) : 0;
        if (i == FEED_CHANNELS || end == text || (*end && *end != ',')) {
            tool_error("--%s is \"%s\", not up to %d numbers", name, args_text(a, name, ""),
                       (int)FEED_CHANNELS);
            return false;
        }
        list[i] = x;
        *n = i + 1;
        text = *end ? end + 1 : NULL;
    }
    return true;
}

bool feed_read_scaling(const args *a, feed_scaling *scaling)
{
    if (!scaling->n_std) {
        scaling->std[0] = 1;
        scaling->n_std = 1;
    }
    if (!read_list(a, "mean", scaling->mean, &scaling->n_mean) ||
        !read_list(a, "std", scaling->std, &scaling->n_std))
        return false;
    scaling->asked = scaling->asked || args_flag(a, "mean") || args_flag(a, "std");
    for (int i = 0; i < scaling->n_std; i++)
        if (scaling->std[i] == 0) {
            tool_error("--std is 0");
            return false;
        }
    return true;
}

double feed_scaled(const feed_scaling *scaling, double pixel, size_t c)
{
    const size_t m = scaling->n_mean > 0 ? c % (size_t)scaling->n_mean : 0;
    return (pixel - scaling->mean[m]) / scaling->std[c % (size_t)scaling->n_std];
}

bool feed_image(value *v, const TfLiteTensor *t, const char *path, const feed_scaling *scaling)
{
    layout l;
    image read, m;
    if (!image_layout(t, &l)) {
        tool_error("input %s is not of an image's shape: [1, height, width, 1 or 3]", t->name);
        return false;
    }
    if (!image_read(&read, path, l.channels))
        return false;
    image_resize(&m, &read, l.width, l.height);
    image_free(&read);
    value_make(v, t->type, t->dims->size, t->dims->data);
    const size_t area = (size_t)l.width * (size_t)l.height, c = (size_t)l.channels;
    for (size_t i = 0; i < v->count && m.pixels; i++) {
        const size_t from = l.channels_first ? i % area * c + i / area : i;
        double x = m.pixels[from];
        if (scaling->asked)
            x = feed_scaled(scaling, x, from % c);
        if (scaling->asked && t->params.scale > 0)
            x = x / t->params.scale + t->params.zero_point;
        else if (t->type == kTfLiteInt8)
            x -= 128;
        value_store(v, i, x);
    }
    image_free(&m);
    return true;
}

bool feed_raw(value *v, const TfLiteTensor *t, const char *path)
{
    size_t n = 0;
    uint8_t *data = tool_read_file(path, &n);
    if (!data)
        return false;
    if (t->type == kTfLiteString) {
        const char *text = (const char *)data;
        value_pack_strings(v, &text, &n, 1);
        tool_free(data);
        return true;
    }
    value_make(v, t->type, t->dims->size, t->dims->data);
    const bool ok = v->bytes == n;
    if (ok)
        memcpy(v->data, data, n);
    else
        tool_error("%s: has %zu bytes, the input takes %zu", path, n, v->bytes);
    tool_free(data);
    return ok;
}

static bool npy_value(value *v, const TfLiteTensor *t, const char *path)
{
    char why[160] = "";
    size_t n = 0;
    uint8_t *data = tool_read_file(path, &n);
    if (!data)
        return false;
    const bool strings = tool_ends_with(path, ".strs");
    const bool ok = (strings ? value_from_strs : value_from_npy)(v, data, n, why);
    tool_free(data);
    if (!ok)
        tool_error("%s: %s", path, why);
    else if (value_item_bytes(v->type) == value_item_bytes(t->type))
        v->type = t->type; /* bfloat16 and 4-bit integers travel under other names */
    return ok;
}

static bool file_value(value *v, const TfLiteTensor *t, const char *path, const args *a)
{
    const char *image = args_text(a, "image", NULL);
    feed_scaling scaling = {0};
    if (image_is_file(path) || (image && strcmp(image, path) == 0))
        return feed_read_scaling(a, &scaling) && feed_image(v, t, path, &scaling);
    if (tool_ends_with(path, ".npy") || tool_ends_with(path, ".strs"))
        return npy_value(v, t, path);
    return feed_raw(v, t, path);
}

/* xorshift64*: the same numbers everywhere for one seed. */
static double random_unit(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (double)(*state * 0x2545f4914f6cdd1du >> 11) / 9007199254740992.0;
}

void feed_random(value *v, const TfLiteTensor *t, uint64_t *state)
{
    if (t->type == kTfLiteString) {
        const char *text = "linnet";
        const size_t n = strlen(text);
        value_pack_strings(v, &text, &n, 1);
        return;
    }
    value_make(v, t->type, t->dims->size, t->dims->data);
    const size_t parts = value_kind_of(t->type) == VALUE_COMPLEX ? 0 : v->count;
    for (size_t i = 0; i < parts; i++) {
        double x = random_unit(state);
        switch (t->type) {
        case kTfLiteUInt8:
            x = x * 255;
            break;
        case kTfLiteInt8:
            x = x * 255 - 128;
            break;
        case kTfLiteInt16:
            x = x * 65535 - 32768;
            break;
        case kTfLiteFloat32:
        case kTfLiteFloat16:
        case kTfLiteBFloat16:
        case kTfLiteFloat64:
            x = x * 2 - 1;
            break;
        default:
            break; /* 0 or 1 by rounding */
        }
        value_store(v, i, x);
    }
}

void feed_range(value *v, const TfLiteTensor *t, uint64_t *state, double low, double high)
{
    value_make(v, t->type, t->dims->size, t->dims->data);
    const bool real = value_kind_of(t->type) != VALUE_COMPLEX && t->type != kTfLiteString;
    for (size_t i = 0; real && i < v->count; i++)
        value_store(v, i, low + random_unit(state) * (high - low));
}

static const char *file_of(const session *s, const args *a, int i, bool *ok)
{
    const char *text, *rest, *found = NULL;
    for (int at = 0; (text = args_next(a, "input", &at)) != NULL;) {
        const int named = split(s, "input", text, &rest);
        *ok = *ok && named >= 0;
        if (named == i)
            found = rest;
    }
    layout l;
    if (!found && image_layout(session_input(s, i), &l))
        found = args_text(a, "image", NULL);
    return found;
}

/* An array file of another shape than its input gives the input that shape. */
static bool apply_file_shapes(session *s, const args *a)
{
    bool ok = true;
    for (int i = 0; ok && i < session_input_count(s); i++) {
        const TfLiteTensor *t = session_input(s, i);
        const char *path = file_of(s, a, i, &ok);
        value v = {0};
        if (!ok || !path || !(tool_ends_with(path, ".npy") || tool_ends_with(path, ".strs")))
            continue;
        ok = npy_value(&v, t, path);
        if (ok && !value_has_dims(&v, t->dims) && !session_resize(s, i, v.dims, v.rank)) {
            tool_error("%s", s->error);
            ok = false;
        }
        value_free(&v);
    }
    return ok;
}

bool feed_read_seed(const args *a, int *seed)
{
    *seed = 1;
    return args_int(a, "seed", 0, 2147483647, seed);
}

bool feed_inputs(session *s, const args *a)
{
    int seed;
    bool ok = feed_read_seed(a, &seed) && apply_shapes(s, a) && apply_file_shapes(s, a);
    uint64_t state = (uint64_t)seed * 0x9e3779b97f4a7c15u + 1;
    if (ok && !session_allocate(s)) {
        tool_error("%s", s->error);
        ok = false;
    }
    for (int i = 0; ok && i < session_input_count(s); i++) {
        const TfLiteTensor *t = session_input(s, i);
        const char *path = file_of(s, a, i, &ok);
        value v = {0};
        if (ok && path)
            ok = file_value(&v, t, path, a);
        else if (ok)
            feed_random(&v, t, &state);
        if (ok && !session_set_input(s, i, &v)) {
            tool_error("%s", s->error);
            ok = false;
        }
        value_free(&v);
    }
    return ok;
}
