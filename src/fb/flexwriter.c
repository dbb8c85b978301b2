/* SPDX-License-Identifier: Apache-2.0 */
/* flexwriter.c: values are written as they come, the vector that points back at them last.  Every
 * number is as narrow as the largest of its vector allows: 1, 2, 4 or 8 bytes. */
#include "fb/flexwriter.h"

#include <string.h>

#include "fb/flexbuffers.h"

void ln_flex_begin(ln_flex_writer *w)
{
    *w = (ln_flex_writer){.arena = w->arena};
}

static uint8_t *extend(ln_flex_writer *w, size_t n)
{
    if (w->failed)
        return NULL;
    if (n > w->room - w->n_out) {
        const size_t room = 2 * w->room + n + 64;
        uint8_t *more = ln_arena_new(w->arena, 1, room);
        if (!more) {
            w->failed = true;
            return NULL;
        }
        if (w->n_out)
            memcpy(more, w->out, w->n_out);
        w->out = more;
        w->room = room;
    }
    w->n_out += n;
    return w->out + w->n_out - n;
}

static void put_bytes(ln_flex_writer *w, const void *bytes, size_t n)
{
    uint8_t *at = extend(w, n);
    if (at && n)
        memcpy(at, bytes, n);
}

static void put_number(ln_flex_writer *w, uint64_t v, unsigned width)
{
    uint8_t *at = extend(w, width);
    for (unsigned i = 0; at && i < width; i++)
        at[i] = (uint8_t)(v >> 8 * i);
}

static void align(ln_flex_writer *w, unsigned width)
{
    while (!w->failed && w->n_out % width)
        put_number(w, 0, 1);
}

static unsigned width_of(uint64_t v)
{
    return v <= UINT8_MAX ? 1 : v <= UINT16_MAX ? 2 : v <= UINT32_MAX ? 4 : 8;
}

static unsigned widest(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

/* True when the slot holds the way back to bytes in front of it. */
static bool points_back(const ln_flex_slot *s)
{
    return s->type == LN_FLEX_STRING || s->type == LN_FLEX_VECTOR_INT ||
           s->type == LN_FLEX_VECTOR_FLOAT;
}

static ln_flex_slot *add(ln_flex_writer *w, const char *key, int type)
{
    static ln_flex_slot nowhere;
    if (w->n == w->capacity) {
        const size_t capacity = 2 * w->capacity + 8;
        ln_flex_slot *more = ln_arena_new(w->arena, capacity, sizeof *more);
        if (!more) {
            w->failed = true;
            return &nowhere;
        }
        if (w->n)
            memcpy(more, w->slots, w->n * sizeof *more);
        w->slots = more;
        w->capacity = capacity;
    }
    ln_flex_slot *s = &w->slots[w->n++];
    *s = (ln_flex_slot){.key = key, .type = type, .width = 1};
    if (key) {
        s->key_at = w->n_out;
        put_bytes(w, key, strlen(key) + 1);
    }
    return s;
}

void ln_flex_put_string(ln_flex_writer *w, const char *key, const char *text, size_t n)
{
    ln_flex_slot *s = add(w, key, LN_FLEX_STRING);
    const unsigned width = width_of(n);
    align(w, width);
    put_number(w, n, width);
    s->number = (int64_t)w->n_out;
    s->width = width;
    put_bytes(w, text, n);
    put_number(w, 0, 1);
}

static unsigned width_of_int(int64_t value)
{
    const uint64_t folded = (uint64_t)value << 1; /* one bit more, for the sign */
    return width_of(value >= 0 ? folded : ~folded);
}

void ln_flex_put_int(ln_flex_writer *w, const char *key, int64_t value)
{
    ln_flex_slot *s = add(w, key, LN_FLEX_INT);
    s->number = value;
    s->width = width_of_int(value);
}

/* Begins a list of `n` items that are `width` wide: its count stands in front. */
static void begin_list(ln_flex_writer *w, ln_flex_slot *s, size_t n, unsigned width)
{
    align(w, width);
    put_number(w, n, width);
    s->number = (int64_t)w->n_out;
    s->width = width;
}

void ln_flex_put_ints(ln_flex_writer *w, const char *key, const int64_t *values, size_t n)
{
    ln_flex_slot *s = add(w, key, LN_FLEX_VECTOR_INT);
    unsigned width = width_of(n);
    for (size_t i = 0; i < n; i++)
        width = widest(width, width_of_int(values[i]));
    begin_list(w, s, n, width);
    for (size_t i = 0; i < n; i++)
        put_number(w, (uint64_t)values[i], width);
}

void ln_flex_put_floats(ln_flex_writer *w, const char *key, const double *values, size_t n)
{
    ln_flex_slot *s = add(w, key, LN_FLEX_VECTOR_FLOAT);
    begin_list(w, s, n, sizeof(float));
    for (size_t i = 0; i < n; i++) {
        const float value = (float)values[i];
        put_bytes(w, &value, sizeof value);
    }
}

void ln_flex_put_bool(ln_flex_writer *w, const char *key, bool value)
{
    add(w, key, LN_FLEX_BOOL)->number = value;
}

void ln_flex_put_float(ln_flex_writer *w, const char *key, float value)
{
    ln_flex_slot *s = add(w, key, LN_FLEX_FLOAT);
    s->real = value;
    s->width = 4;
}

static void sort_keys(ln_flex_writer *w)
{
    for (size_t i = 1; i < w->n; i++) {
        const ln_flex_slot s = w->slots[i];
        size_t k = i;
        for (; k > 0 && strcmp(w->slots[k - 1].key, s.key) > 0; k--)
            w->slots[k] = w->slots[k - 1];
        w->slots[k] = s;
    }
}

/* The width that holds the offset back to `at` from entry `i` of a vector that comes next. */
static unsigned reach(const ln_flex_writer *w, size_t at, size_t i)
{
    for (unsigned width = 1; width < 8; width *= 2) {
        const size_t start = (w->n_out + width - 1) / width * width;
        if (width_of(start + i * width - at) <= width)
            return width;
    }
    return 8;
}

/* The vector of keys, which are offsets back to them; returns where its items begin. */
static size_t put_keys(ln_flex_writer *w, unsigned *width)
{
    *width = width_of(w->n);
    for (size_t i = 0; i < w->n; i++)
        *width = widest(*width, reach(w, w->slots[i].key_at, i + 1));
    align(w, *width);
    put_number(w, w->n, *width);
    const size_t begin = w->n_out;
    for (size_t i = 0; i < w->n; i++)
        put_number(w, w->n_out - w->slots[i].key_at, *width);
    return begin;
}

static void put_slot(ln_flex_writer *w, const ln_flex_slot *s, unsigned width)
{
    uint64_t bits = (uint64_t)s->number;
    uint32_t single;
    const double real = (double)s->real;
    if (points_back(s))
        bits = w->n_out - (uint64_t)s->number;
    memcpy(&single, &s->real, sizeof single);
    if (s->type == LN_FLEX_FLOAT && width == 8)
        memcpy(&bits, &real, sizeof bits);
    else if (s->type == LN_FLEX_FLOAT)
        bits = single;
    put_number(w, bits, width);
}

static unsigned exponent(unsigned width)
{
    return width == 1 ? 0 : width == 2 ? 1 : width == 4 ? 2 : 3;
}

bool ln_flex_finish(ln_flex_writer *w, bool map)
{
    unsigned key_width = 1, width = width_of(w->n);
    size_t keys = 0;
    const size_t in_front = map ? 3 : 1;
    if (map && !w->failed) {
        sort_keys(w);
        keys = put_keys(w, &key_width);
        width = widest(width, reach(w, keys, 0));
    }
    for (size_t i = 0; i < w->n && !w->failed; i++)
        width = widest(width, points_back(&w->slots[i])
                                  ? reach(w, (size_t)w->slots[i].number, i + in_front)
                                  : w->slots[i].width);
    align(w, width);
    if (map) {
        put_number(w, w->n_out - keys, width);
        put_number(w, key_width, width);
    }
    put_number(w, w->n, width);
    const size_t begin = w->n_out;
    for (size_t i = 0; i < w->n; i++)
        put_slot(w, &w->slots[i], width);
    for (size_t i = 0; i < w->n && !w->failed; i++) {
        const bool inside = points_back(&w->slots[i]);
        put_number(
            w, (uint64_t)w->slots[i].type << 2 | exponent(inside ? w->slots[i].width : width), 1);
    }
    const unsigned root = reach(w, begin, 0);
    align(w, root);
    put_number(w, w->n_out - begin, root);
    put_number(w, (uint64_t)(map ? LN_FLEX_MAP : LN_FLEX_VECTOR) << 2 | exponent(width), 1);
    put_number(w, root, 1);
    return !w->failed;
}
