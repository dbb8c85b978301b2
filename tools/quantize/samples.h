/* SPDX-License-Identifier: Apache-2.0 */
/* samples.h: a data set for a model, one sample after another, from the files that --data names:
 * folders of them, images, .npy and .npz arrays whose first dimension counts samples, and files of
 * raw records (a sample's inputs one behind another). */
#ifndef SAMPLES_H
#define SAMPLES_H

#include <stddef.h>

#include "common/args.h"
#include "common/value.h"

struct TfLiteInterpreter;

/* The options that samples_open reads, to stand in a command's table. */
#define SAMPLES_OPTIONS                                                                         \
    {"data", "PATH", "samples: images, .npy, .npz, raw records, or a folder; may be repeated"}, \
        {"samples", "N", "at most so many, of images evenly spread (default: all)"},            \
        {"mean", "X[,X...]",                                                                    \
         "images: a pixel becomes (pixel - mean) / std (default: the metadata's)"},             \
    {                                                                                           \
        "std", "X[,X...]", "see --mean (default: the metadata's, else 1)"                       \
    }

typedef struct samples samples;

/* Those that --OPTION names, for the model at `path`, whose metadata say how images are prepared.
 * NULL with a message. */
samples *samples_open(const args *a, const char *option, const char *path);
void samples_close(samples *s);
/* How many files there are, and how many samples were given since the last rewind. */
int samples_files(const samples *s);
int samples_given(const samples *s);
int samples_file(const samples *s);
/* The place of the sample that was taken last among all there are, from 0 on. */
size_t samples_place(const samples *s);
/* How much of the data was given, from 0 to 1. */
double samples_progress(const samples *s);
const char *samples_path(const samples *s, int file);
void samples_rewind(samples *s);
/* Takes the next sample: 1, 0 at the end, -1 with a message on stderr.  It can then be put into the
 * inputs of several interpreters; numbers are scaled where these are quantized otherwise. */
int samples_next(samples *s, struct TfLiteInterpreter *shapes);
bool samples_feed(const samples *s, struct TfLiteInterpreter *to);
/* What it puts into input `i`, which is a tensor like `t`. */
bool samples_value(const samples *s, int i, const TfLiteTensor *t, value *v);

#endif
