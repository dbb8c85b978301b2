/* SPDX-License-Identifier: Apache-2.0 */
/* chain.h: the elementwise nodes of a group, run one after the other on a block of items while it
 * is in cache: behind the node that makes their operand (a tail), or by themselves (the row
 * ln_cpu_chain).  Values that only the group sees never get memory of their size.
 *
 * A chain by itself may have sums or means of its rows, the last axis of the output, among its
 * steps, and steps between such values: a normalization. */
#ifndef LN_CPU_CHAIN_H
#define LN_CPU_CHAIN_H

#include "cpu/eltwise.h"
#include "cpu/graph.h"

enum { LN_CHAIN_MAX = 16 };

/* 0 in a library for models without sums and means: nothing folds rows. */
enum { LN_CHAIN_FOLDS = 0 LN_KEEP_ITEM(fold_rows, +1) };

/* Where an operand of a step is: a register, the block of the output, a tensor, or
 * LN_CHAIN_ROWS - i where step i makes items of rows. */
enum { LN_CHAIN_ROWS = -3, LN_CHAIN_TENSOR = -2, LN_CHAIN_OUTPUT = -1 };

/* See lines_q8.h. */
typedef struct ln_q8_line {
    ln_quant_line line; /* of `columns`, `repeats` times one behind the other */
    size_t columns, repeats;
    int moving; /* which operand is none of the constants */
} ln_q8_line;

typedef struct ln_chain_step {
    ln_step step;
    int node; /* of the group */
    int from[LN_STEP_IN], to;
    bool folds;    /* it is no elementwise step, but one that makes one item of each row */
    bool row;      /* what it makes has one item for each row, */
    size_t row_at; /* all of which have scratch memory, here */
    bool feeds;  /* the next step is its only reader */
    bool affine; /* a product that the next step, a sum, reads: both are one kernel's */
    bool pair;   /* its line and that of the next step are one kernel's */
    ln_q8_line line; /* without columns: none */
} ln_chain_step;

/* Steps that one kernel does: those of a normalization, with which a chain begins. */
typedef struct ln_chain_norm {
    int steps; /* 0: none */
    ln_norm_rows how;
    struct {
        int node, in; /* an operand of the group; node -1: none */
    } x, factor, term, epsilon;
} ln_chain_norm;

typedef struct ln_chain {
    int n, registers;
    ln_chain_norm norm;
    size_t width; /* of rows; 1 where none are folded */
    size_t block; /* items at a time, whole rows */
    size_t register_bytes, scratch_at;
    ln_chain_step steps[]; /* at most one for each elementwise node of the group */
} ln_chain;

static inline size_t ln_chain_width(const ln_chain *c)
{
    return LN_CHAIN_FOLDS ? c->width : 1;
}

/* The plan positions of elementwise nodes that can follow `at`, in order: nodes that use each
 * other's values or that of `at`, the last one's being all that others use.  Returns how many. */
int ln_chain_match(const ln_cpu_graph *g, int at, int *nodes, int max);
/* The same of a chain by itself that begins with `at`, which folds rows, or with what makes its
 * operand. */
int ln_chain_match_rows(const ln_cpu_graph *g, int at, int *nodes, int max);
/* True when node `at` can be a step of a chain. */
bool ln_chain_takes(const ln_cpu_graph *g, int at);

/* Plans steps for nodes [first, end) of `k`, whose shapes are known; adds to k->scratch_bytes.
 * With first > 0 the output's memory holds the value of node first - 1.  LN_ERR_UNSUPPORTED where
 * a step would need more of a value than its block. */
ln_status ln_chain_plan(ln_chain *c, ln_cpu_kernel *k, int first, int end) LN_MUST_USE;
/* Makes one step of two where a table of bytes can be both; before they have places. */
void ln_chain_join_bytes(ln_chain *c, const ln_cpu_kernel *k);
/* Finds c->norm; after steps have their operands.  last_use: of the input of a step's value. */
void ln_chain_find_norm(ln_chain *c, const ln_cpu_kernel *k, const int *last_use);
/* Runs items [at, at + n) of the output, as thread `thread`. */
void ln_chain_run(const ln_chain *c, const ln_cpu_kernel *k, size_t at, size_t n, int thread);
/* The same where only these items of the output have memory, which is at `out`. */
void ln_chain_run_at(const ln_chain *c, const ln_cpu_kernel *k, void *out, size_t at, size_t n,
                     int thread);

/* Of rows of chains by themselves. */
ln_status ln_chain_row_plan(ln_cpu_kernel *k, const ln_call *c);
void ln_chain_row_run(const ln_cpu_kernel *k, const ln_call *c);
extern const ln_cpu_row ln_cpu_chain;

#endif
