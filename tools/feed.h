/* SPDX-License-Identifier: Apache-2.0 */
/* feed.h: gives a model's inputs their values: from files, or random. */
#ifndef FEED_H
#define FEED_H

#include "args.h"
#include "session.h"

/* The options that feed_inputs reads, to stand in a command's table. */
#define FEED_OPTIONS                                                                           \
    {"input", "NAME=FILE", "an input from .npy, .png, .jpg, or raw bytes; may be repeated"},  \
        {"image", "FILE", "the input that looks like an image, from .png or .jpg"},           \
        {"shape", "NAME=1,2,3", "a shape for an input; may be repeated"},                     \
        {"mean", "X", "images: a pixel's number becomes (pixel - mean) / std (default 0)"},   \
        {"std", "X", "see --mean (default 1: pixels from 0 to 255)"},                         \
        {"seed", "N", "of random inputs (default 1)"}

/* Resizes inputs, allocates, and fills every input; those that no option names get random
 * numbers.  NAME is an input's name or its number.  False with a message on stderr. */
bool feed_inputs(session *s, const args *a);

/* A new array for tensor `t`: raw bytes of a file (for strings: one string), false with a message
 * on stderr; random numbers of the type's usual range; random numbers of a given range. */
bool feed_raw(value *v, const TfLiteTensor *t, const char *path);
void feed_random(value *v, const TfLiteTensor *t, uint64_t *state);
void feed_range(value *v, const TfLiteTensor *t, uint64_t *state, double low, double high);

#endif
