/* SPDX-License-Identifier: Apache-2.0 */
/* budget.h: finds what operators of a quantized model must have for it to be good enough: scales
 * per channel, int16 activations, or floats. */
#ifndef BUDGET_H
#define BUDGET_H

#include "common/args.h"
#include "linnet/quantize.h"
#include "quantize/score.h"

/* The options that budget_search reads, to stand in a command's table. */
#define BUDGET_OPTIONS                                                                             \
    {"max-drop", "P%",                                                                             \
     "give operators scales per channel (with --per-tensor), int16 or floats until the loss is at" \
     " most this (or dB: signal to noise is at least that)"},                                      \
        SCORE_OPTIONS,                                                                             \
    {                                                                                              \
        "time", "SECONDS", "for the search (default 600)"                                          \
    }

/* The lists of the options, which have room for `capacity` names each. */
typedef struct budget_names {
    const char **keep, **wide, **per_channel;
    int capacity;
} budget_names;

/* Adds to the lists of `options` what is needed to meet --max-drop, for the smallest model; the
 * names live until budget_free.  NULL with a message on stderr when that cannot be met. */
typedef struct budget budget;
budget *budget_search(const args *a, const char *path, const void *model, size_t n,
                      ln_quantize_options *options, const budget_names *names);
void budget_free(budget *b);

#endif
