/* SPDX-License-Identifier: Apache-2.0 */
/* budget.h: finds which operators must stay in float for a quantized model to be good enough. */
#ifndef BUDGET_H
#define BUDGET_H

#include "args.h"
#include "linnet/quantize.h"

/* The options that budget_search reads, to stand in a command's table. */
#define BUDGET_OPTIONS                                                                 \
    {"max-drop", "P%", "keep operators in float until the loss is at most this"},      \
        {"metric", "NAME",                                                             \
         "the loss: agree (default), of the same top class; cosine; or rmse,"          \
         " against the float outputs"},                                                \
        {"eval", "PATH", "samples to measure the loss on (default: those of --data)"}, \
    {                                                                                  \
        "time", "SECONDS", "for the search (default 600)"                              \
    }

/* Adds to options->keep_float, which has room for `room` names, what is needed to meet --max-drop;
 * the names live until budget_free.  False with a message on stderr when that cannot be met. */
typedef struct budget budget;
budget *budget_search(const args *a, const char *path, const void *model, size_t n,
                      ln_quantize_options *options, const char **room, int capacity);
void budget_free(budget *b);

#endif
