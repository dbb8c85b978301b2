/* SPDX-License-Identifier: Apache-2.0 */
/* graph.h: the graph as the engine sees it while it decides which nodes to take: who makes each
 * tensor and who uses it.  Nodes are numbered by their position in the runtime's plan. */
#ifndef LN_CPU_GRAPH_H
#define LN_CPU_GRAPH_H

#include "cpu/row.h"

typedef struct ln_cpu_item {
    int id; /* the runtime's number of the node */
    const TfLiteNode *node;
    const ln_op *op; /* NULL: not an operator of ours, or taken by another delegate */
    bool taken;      /* belongs to a group already */
    bool constant;   /* the runtime computes it once, before the first run, */
    bool of_shapes;  /* and again when shapes change */
    bool inferred;   /* what it gives is known to be in order (or not) by the shapes in the file */
    bool in_order;
} ln_cpu_item;

typedef struct ln_cpu_graph {
    TfLiteContext *context;
    const ln_kernels *fn; /* for this processor, and how many threads there are */
    int threads;
    ln_cpu_item *items;
    int n;
    int *maker;     /* per tensor: the position that makes it, -1 */
    int *first_use; /* per tensor: where its users begin in `users`; n_tensors + 1 of them */
    int *users;     /* positions, in order; one per use */
    bool *is_output;
} ln_cpu_graph;

/* Reads the runtime's graph; to be freed by ln_cpu_graph_free in any case. */
ln_status ln_cpu_graph_read(ln_cpu_graph *g, TfLiteContext *context) LN_MUST_USE;
void ln_cpu_graph_free(ln_cpu_graph *g);

/* The one node that uses output 0 of `at`, when nothing else does; -1 otherwise. */
int ln_cpu_graph_next(const ln_cpu_graph *g, int at);
/* Tensor number of input i of `at`; -1 where there is none. */
int ln_cpu_graph_in(const ln_cpu_graph *g, int at, int i);
/* The tensor of input i, of output i; NULL where there is none. */
const TfLiteTensor *ln_cpu_graph_input(const ln_cpu_graph *g, int at, int i);
const TfLiteTensor *ln_cpu_graph_output(const ln_cpu_graph *g, int at, int i);

/* A node's call on the tensors as they are now. */
typedef struct ln_cpu_view {
    ln_call call;
    const TfLiteTensor *in[LN_MAX_ARITY], *mid[LN_MAX_ARITY];
    TfLiteTensor *out[LN_MAX_ARITY];
    ln_made made[LN_MAX_ARITY];
    ln_diag diag;
} ln_cpu_view;
/* Fills *v; false where the engine should leave the node alone: operators with state (unless
 * `state`) or side effects need the runtime around them, sparse operands have less data than their
 * shape says, and an output whose shape depends on values would have to be planned in the middle of
 * a run. */
bool ln_cpu_view_plain(ln_cpu_view *v, const ln_cpu_graph *g, int at, bool state);

#endif
