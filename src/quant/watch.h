/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h: statistics of what goes on inside of recurrent operators; see watch.c. */
#ifndef LN_QUANT_WATCH_H
#define LN_QUANT_WATCH_H

#include "ir/graph.h"
#include "tensorflow/lite/core/c/c_api_types.h"

struct ln_stats;
/* The name of the custom operator. */
#define LN_QUANT_WATCH "LinnetWatch"
/* Adds one for node `n` to the end of the list. */
ln_status ln_quant_put_watch(ln_model *m, ln_graph *g, int graph, const ln_node *n) LN_MUST_USE;
/* What it does when it is invoked. */
ln_status ln_quant_watch(struct ln_stats *stats, const TfLiteOpaqueContext *context,
                         const TfLiteOpaqueNode *node) LN_MUST_USE;

#endif
