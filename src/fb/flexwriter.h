/* SPDX-License-Identifier: Apache-2.0 */
/* flexwriter.h: writes FlexBuffers of one level: a vector or a map of strings, numbers and lists of
 * numbers, which is what custom operators carry as options.  The bytes are those of
 * flexbuffers::Builder.
 *
 *     ln_flex_writer w = {.arena = arena};
 *     ln_flex_begin(&w);
 *     ln_flex_put_int(&w, "rank", 4);
 *     if (ln_flex_finish(&w, true))
 *         use(w.out, w.n_out);
 */
#ifndef LN_FB_FLEXWRITER_H
#define LN_FB_FLEXWRITER_H

#include "base/arena.h"

typedef struct ln_flex_slot {
    const char *key; /* NULL in a vector */
    int type;
    int64_t number; /* int, bool; for a string or list where it lies */
    float real;
    unsigned width;
    size_t key_at;
} ln_flex_slot;

typedef struct ln_flex_writer {
    ln_arena *arena;
    uint8_t *out;
    size_t n_out, room;
    ln_flex_slot *slots;
    size_t n, capacity;
    bool failed;
} ln_flex_writer;

void ln_flex_begin(ln_flex_writer *w);
/* The next value; `key` only in a map, living until the end. */
void ln_flex_put_string(ln_flex_writer *w, const char *key, const char *text, size_t n);
void ln_flex_put_int(ln_flex_writer *w, const char *key, int64_t value);
void ln_flex_put_bool(ln_flex_writer *w, const char *key, bool value);
void ln_flex_put_float(ln_flex_writer *w, const char *key, float value);
void ln_flex_put_ints(ln_flex_writer *w, const char *key, const int64_t *values, size_t n);
/* In 32 bits each. */
void ln_flex_put_floats(ln_flex_writer *w, const char *key, const double *values, size_t n);
/* Closes the map or vector; false when memory was out. */
bool ln_flex_finish(ln_flex_writer *w, bool map) LN_MUST_USE;

#endif
