/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h: which types an operator takes, found out by asking it: nodes of recorded models are
 * shown to its infer, and to the rows of the engine, with the types of their operands changed. */
#ifndef OPS_DOC_PROBE_H
#define OPS_DOC_PROBE_H

#include "ir/graph.h"
#include "ops/op.h"

enum { PROBE_INPUTS = 3 };

typedef struct probe {
    const ln_op *op;
    int nodes;                      /* that were asked about */
    unsigned in[PROBE_INPUTS], out; /* sets of types, a bit each */
    unsigned engine;                /* of the first input, where a row claims the node */
} probe;

/* Asks about one node of a graph. */
void probe_node(probe *p, const ln_graph *g, const ln_node *node);

#endif
