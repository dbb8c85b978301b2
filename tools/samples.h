/* SPDX-License-Identifier: Apache-2.0 */
/* samples.h: a data set for a model, one sample after another, from the files that --data names:
 * folders of them, images, .npy and .npz arrays whose first dimension counts samples, and files of
 * raw records (a sample's inputs one behind another). */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "args.h"
#include "value.h"

struct TfLiteInterpreter;

/* The options that samples_open reads, to stand in a command's table. */
#define SAMPLES_OPTIONS                                                                          \
    {"data", "PATH", "samples: images, .npy, .npz, raw records, or a folder; may be repeated"},  \
        {"samples", "N", "at most so many of them (default: all)"},                              \
        {"mean", "X", "images: a pixel becomes (pixel - mean) / std (default: the metadata's)"}, \
    {                                                                                            \
        "std", "X", "see --mean (default: the metadata's, else 1)"                               \
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
const char *samples_path(const samples *s, int file);
void samples_rewind(samples *s);
/* Takes the next sample: 1, 0 at the end, -1 with a message on stderr.  It can then be put into the
 * inputs of several interpreters; numbers are quantized where the input is. */
int samples_next(samples *s, const struct TfLiteInterpreter *shapes);
bool samples_feed(const samples *s, struct TfLiteInterpreter *to);

#endif
