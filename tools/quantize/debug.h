/* SPDX-License-Identifier: Apache-2.0 */
/* debug.h: `linnet quantize --debug`: where a quantized model loses what.  Each operator's integers
 * are held to floats twice: alone, fed with the float model's values, and in the chain, fed with
 * what the quantized operators before it made. */
#ifndef DEBUG_H
#define DEBUG_H

#include "common/args.h"
#include "linnet/quantize.h"
#include "quantize/errors.h"

#define DEBUG_OPTIONS                                                                         \
    {"debug", NULL, "say how far each operator is from its floats, alone and in the chain"},  \
        {"csv", "FILE", "that as a table with the columns of TensorFlow's QuantizationDebugger"}, \
        {"json", "FILE", "that as JSON"},                                                     \
    {                                                                                         \
        "report", "FILE", "that as a page (HTML) with plots"                                  \
    }

enum { DEBUG_BINS = 96, DEBUG_WORST = 3, DEBUG_MAX_CHANNELS = 8192 };

/* Values in a range that is cut into DEBUG_BINS; what lies outside counts in the last ones. */
typedef struct debug_histogram {
    double low, high;
    uint64_t count[DEBUG_BINS];
} debug_histogram;

/* One tensor that an integer operator makes. */
typedef struct debug_layer {
    char *mark, *name; /* NumericVerify's output, and the tensor */
    char *op;
    int tensor; /* its number */
    double scale, low, high;
    int zero, levels; /* the range is [low, high], of so many steps and one */
    errors alone, chain;
    double deviations, largest; /* alone: sums of each sample's */
    int least, most;            /* integers seen in the chain */
    double clipped;             /* values of the float model outside of the range */
    debug_histogram activations;
    int n_channels; /* 0: not kept */
    errors *channels;
    errors weights; /* their own rounding; n 0: no weights */
    debug_histogram weight_values;
    int n_weight_scales;
} debug_layer;

typedef struct debug {
    const char *model;
    int n, samples;
    debug_layer *layers;
} debug;

/* True where the command line asks for it. */
bool debug_is_asked(const args *a);
/* Runs it on --eval, or else --data; NULL with a message. */
debug *debug_run(const args *a, const char *path, const void *model, size_t n,
                 const ln_quantize_options *o);
void debug_free(debug *d);
/* The part of the range, in steps, that values take: 0 to 1. */
double debug_range_use(const debug_layer *l);
/* The channels with the least signal to noise, alone; -1 where there are no more. */
void debug_worst_channels(const debug_layer *l, int worst[DEBUG_WORST]);
/* Prints the table, and writes what the command line asks for. */
bool debug_print(const debug *d, const args *a);

#endif
