/* SPDX-License-Identifier: Apache-2.0 */
/* feed.h: gives a model's inputs their values: from files, or random. */
#ifndef FEED_H
#define FEED_H

#include "common/args.h"
#include "common/session.h"

/* The options that feed_inputs reads, to stand in a command's table. */
#define FEED_OPTIONS                                                                         \
    {"input", "NAME=FILE", "an input from .npy, .png, .jpg, or raw bytes; may be repeated"}, \
        {"image", "FILE", "the input that looks like an image, from .png or .jpg"},          \
        {"shape", "NAME=1,2,3", "a shape for an input; may be repeated"},                    \
        {"mean", "X[,X...]", "images: a pixel becomes (pixel - mean) / std (default 0)"},    \
        {"std", "X[,X...]", "see --mean (default 1: pixels from 0 to 255)"},                 \
    {                                                                                        \
        "seed", "N", "of random inputs (default 1)"                                          \
    }

/* Resizes inputs, allocates, and fills every input; those that no option names get random
 * numbers.  NAME is an input's name or its number.  False with a message on stderr. */
bool feed_inputs(session *s, const args *a);
/* Reads --seed; false with a message on stderr. */
bool feed_read_seed(const args *a, int *seed);

/* How a pixel becomes a number: (pixel - mean) / std where that is asked for, else itself.  Lists
 * of one number are for all channels. */
enum { FEED_CHANNELS = 4 };
typedef struct feed_scaling {
    bool asked;
    int n_mean, n_std;
    double mean[FEED_CHANNELS], std[FEED_CHANNELS];
} feed_scaling;
/* A pixel's number in channel `c`. */
double feed_scaled(const feed_scaling *scaling, double pixel, size_t c);
/* Reads --mean and --std over what *scaling says. */
bool feed_read_scaling(const args *a, feed_scaling *scaling);
/* An image file as an array for tensor `t`; false with a message on stderr. */
bool feed_image(value *v, const TfLiteTensor *t, const char *path, const feed_scaling *scaling);

/* A new array for tensor `t`: raw bytes of a file (for strings: one string), false with a message
 * on stderr; random numbers of the type's usual range; random numbers of a given range. */
bool feed_raw(value *v, const TfLiteTensor *t, const char *path);
void feed_random(value *v, const TfLiteTensor *t, uint64_t *state);
void feed_range(value *v, const TfLiteTensor *t, uint64_t *state, double low, double high);

#endif
