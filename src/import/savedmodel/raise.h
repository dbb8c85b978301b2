/* SPDX-License-Identifier: Apache-2.0 */
/* raise.h: what raise.c finds out about a graph's control flow, for raise_build.c.
 *
 * A construct is a loop (one frame) or a condition (one predicate).  Each value is inside of a
 * chain of them: Switch and Enter lead in, Merge and Exit lead out. */
#ifndef LN_IMPORT_SAVEDMODEL_RAISE_H
#define LN_IMPORT_SAVEDMODEL_RAISE_H

#include "import/savedmodel/tf.h"

typedef struct ln_tf_chain {
    const struct ln_tf_chain *outer;
    int depth;
    int construct;
    bool side; /* of a condition */
} ln_tf_chain;

typedef struct ln_tf_construct {
    bool loop;
    bool broken;                  /* is left as it is */
    ln_tf_ref predicate;          /* of a condition: where it comes from, */
    ln_tf_ref predicate_in;       /* and as a node takes it, */
    const char *predicate_at;     /* also as text */
    int next_same;                /* conditions by other outputs of the predicate's node */
    int condition;                /* of a loop: its LoopCond */
    ln_tf_chain *inner[2];        /* by side; of a loop the first one */
    int merges, constants, exits; /* first nodes, linked by ln_tf_raise.next; -1: none */
} ln_tf_construct;

typedef struct ln_tf_extra {
    ln_tf_ref ref;
    const char *text;
} ln_tf_extra;

/* Per node: the arrays are as long as the graph may become. */
typedef struct ln_tf_raise {
    ln_tf *tf;
    ln_tf_graph *g;
    const ln_tf_chain **chain; /* what a node's outputs are inside of; of a Switch, its inputs */
    int *edge;         /* the construct, plus 1, into which this Switch, Merge or Enter leads */
    int *next;         /* in the list of a construct */
    int *partner;      /* of a loop's Merge: its Switch, plus 1; of a predicate: its condition, plus
                          1 */
    bool *swapped;     /* of a Merge: its first input is of the true side, or from NextIteration */
    int *seen, *taken; /* by walk, by stamp; behind the nodes come the graph's arguments */
    int *stack;
    int walk, stamps;
    ln_tf_construct *constructs;
    int n_constructs;
    int *nodes, *edges; /* of a function while it is made: its nodes, where it is entered, */
    ln_tf_extra *extra; /* and what it takes beside that */
} ln_tf_raise;

/* Makes one node of a construct, whose functions go into the library; what cannot be raised stays
 * as it is.  Constructs within it come first. */
ln_status ln_tf_raise_loop(ln_tf_raise *r, int construct) LN_MUST_USE;
ln_status ln_tf_raise_condition(ln_tf_raise *r, int construct) LN_MUST_USE;
/* The NextIteration of a loop's Merge. */
int ln_tf_raise_next(const ln_tf_raise *r, int merge);

#endif
