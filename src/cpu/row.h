/* SPDX-License-Identifier: Apache-2.0 */
/* row.h: one operator family of the engine, and what it works with.  rows.def lists the rows;
 * several may serve one operator (one per number format): the first that claims a node has it. */
#ifndef LN_CPU_ROW_H
#define LN_CPU_ROW_H

#include "base/file.h"
#include "base/thread.h"
#include "kernels/keep.h"
#include "kernels/kernels.h"
#include "ops/op.h"

struct ln_cpu_graph;

/* One node of the model as the engine runs it. */
typedef struct ln_cpu_node {
    const ln_op *op;
    ln_call call; /* its operands; tensors that only the group sees are copies without data */
} ln_cpu_node;

/* When the threads of the pool share a kernel's work. */
typedef enum ln_cpu_sharing {
    LN_SHARING_USUAL, /* from the work on that is worth it on most processors, */
    LN_SHARING_NONE,  /* never, */
    LN_SHARING_SOON,  /* from a quarter of that on */
} ln_cpu_sharing;

/* Ways of computing are numbered from 0, what the row expects to be fastest.  All give the same
 * bits, but those from this one on may round floats otherwise. */
enum { LN_CPU_OTHER_WAYS = 16 };

/* What becomes one node for the runtime: a node of the model, or several that run as one. */
typedef struct ln_cpu_kernel {
    const ln_kernels *fn; /* the inner loops for this processor */
    ln_cpu_node *nodes;   /* in order; the last one's output is the group's */
    int n_nodes;
    void *plan;            /* the row's own, of the size that it says, zero at first */
    void *packed;          /* constants in the row's own order, 64-byte aligned; NULL: none yet */
    const void *packed_of; /* the data that `packed` was made from */
    uint64_t packed_channels; /* of the nodes' inputs, then */
    size_t packed_bytes;
    const char *row_name;
    uint64_t packed_key;        /* in the weight cache; 0: it does not go there */
    const ln_file *packed_file; /* the model's, then */
    ln_cpu_node *late;          /* makes a constant that is not there yet; NULL: none */
    bool filled;                /* ln_cpu_pack_cached found the bytes in the weight cache */
    struct ln_cpu_cache *cache; /* NULL: none */
    struct ln_cpu_slabs *slabs; /* where `packed` comes from, */
    struct ln_cpu_slab *slab;   /* and from which; NULL: the heap */
    const void *graph;          /* which one the node is in */
    /* What is chosen by measurement (tune.h).  The way that plan is to take; where there is no such
     * way it takes way 0. */
    int way;
    ln_cpu_sharing sharing;
    int ways, other_ways; /* set by plan: how many compete; 1 and 0 otherwise */
    double work;          /* set by plan: multiplications, about; 0: there is no choice */
    struct ln_cpu_share **shares, *share; /* see share.h: all of them; the kernel's own, or NULL */
    size_t scratch_bytes;  /* set by plan: memory for one run */
    void *scratch;         /* given to run, 64-byte aligned */
    int threads;           /* of the pool */
    ln_pool *pool;         /* for plan and run; NULL: one thread */
    /* Of height and width, before and after: see LN_CPU_PAD; of LN_CPU_BLOCKS, too, whose block is
     * 0 where there is none. */
    int pad[2][2], crop[2][2], block[2];
    struct ln_chain *tail; /* what follows the row's node; NULL: nothing */
    /* Set by plan: kernels of single nodes of the group, with constants of their own. */
    struct ln_cpu_kernel *parts;
    int n_parts;
} ln_cpu_kernel;

enum {
    LN_CPU_IN_PLACE = 1, /* run may write output 0 over any input that has as many bytes */
    LN_CPU_TAIL = 2,     /* run calls ln_cpu_tail_run, so elementwise nodes may follow in a group */
    LN_CPU_PAD = 4,      /* windows come from ln_cpu_window_plan, so that a PAD may be left out, */
    LN_CPU_STATE = 8,    /* for an operator with state, which lies in variable tensors alone */
    /* or SPACE_TO_BATCH_ND and, behind the node, BATCH_TO_SPACE_ND; 0 where no model has them */
    LN_CPU_BLOCKS = 0 LN_KEEP_ITEM(space_to_batch_nd, +32),
    LN_CPU_CONSTANTS = 16, /* match may begin with nodes of constants.h; plan packs all matrices */
};

typedef struct ln_cpu_row {
    const ln_op *op;
    const char *name; /* for profiles, as in "conv int8"; NULL: the operator's */
    size_t plan_size, node_size; /* bytes of a plan, and what each node of the group adds */
    unsigned traits;
    /* Looks at types and parameters only: shapes and constants may not be known yet. */
    bool (*claims)(const ln_call *c);
    /* For rows of several nodes: the plan positions of a group with `at`, a node of `op`, to
     * nodes[0..max), in order; returns how many, 0: none.  What others use of the group they use
     * behind its last node.  NULL: the node alone, by `claims`. */
    int (*match)(const struct ln_cpu_graph *g, int at, int *nodes, int max);
    /* For groups whose nodes cannot tell their shapes one by one: says of the last node's output
     * what infer would (call.made); plan must not refuse then.  NULL: infer of each node. */
    ln_status (*infer)(ln_cpu_kernel *k);
    /* Shapes of inputs and outputs are known and infer was content.  Called again when they
     * change.  Values of weights are there when it has memory to pack them, unless that is filled
     * (constants.h).  LN_ERR_UNSUPPORTED, without a message: the nodes run by their references. */
    ln_status (*plan)(ln_cpu_kernel *k, const ln_call *c);
    /* Whether the operands' values can be run; says why not.  NULL: any can. */
    ln_status (*check)(const ln_cpu_kernel *k);
    /* Computes the outputs.  `c` is that of the row's own node, nodes[0] but for constants and what
     * pad.h leaves out; with a tail, its output is the group's memory under its own type and
     * quantization. */
    void (*run)(const ln_cpu_kernel *k, const ln_call *c);
} ln_cpu_row;

#define LN_CPU_ROW(name) extern const ln_cpu_row ln_cpu_##name;
#include "cpu/rows.def"
#undef LN_CPU_ROW
/* All of them, in order; NULL past the end. */
const ln_cpu_row *ln_cpu_row_at(int i);

/* True when k->packed was made of the values that `t` has now, for inputs of as many channels: the
 * model's own constants never change, folded ones may be new at the same address. */
bool ln_cpu_is_packed(const ln_cpu_kernel *k, const TfLiteTensor *t);
/* Replaces k->packed by `bytes` bytes for what is made of `of`, a constant's data; NULL when memory
 * is out. */
void *ln_cpu_pack(ln_cpu_kernel *k, size_t bytes, const void *of);
/* The same where the bytes are written in a run: their pages come then. */
void *ln_cpu_pack_room(ln_cpu_kernel *k, size_t bytes, const void *of);
/* The same for what takes long to make and holds no addresses.  With k->filled the bytes are there
 * already, from the weight cache: what a row wrote for the same nodes and `form`, which is whatever
 * else they depend on.  To write them again does no harm. */
void *ln_cpu_pack_cached(ln_cpu_kernel *k, size_t bytes, const void *of, uint64_t form);
/* The same in two steps, for rows that learn sizes from what the weight cache has for the same
 * nodes and `form`, NULL: nothing; or which might not trust that. */
void *ln_cpu_packed_before(ln_cpu_kernel *k, const void *of, uint64_t form, size_t *bytes);
void ln_cpu_pack_found(ln_cpu_kernel *k, void *found, const void *of);
void *ln_cpu_pack_anew(ln_cpu_kernel *k, size_t bytes, const void *of, uint64_t form);

/* The work from which on threads share it; `usual` by the row's own measure. */
static inline size_t ln_cpu_small(const ln_cpu_kernel *k, size_t usual)
{
    return k->sharing == LN_SHARING_SOON ? usual / 4 : usual;
}

/* How many of `items` a thread takes at a time: all where there is no other, else so few that
 * threads finish together. */
static inline size_t ln_cpu_items_at_once(const ln_pool *pool, size_t items)
{
    enum { TIMES = 8 };
    return LN_MAX(pool ? items / (TIMES * (size_t)ln_pool_threads(pool)) : items, (size_t)1);
}

/* How many panels of so many bytes a thread packs at a time, where plan shares that. */
static inline size_t ln_cpu_panels_at_once(size_t bytes)
{
    enum { TOGETHER = 64 * 1024 };
    return TOGETHER / LN_MAX(bytes, (size_t)1) + 1;
}

/* For rows with LN_CPU_TAIL: runs the elementwise nodes that follow on a finished block of the
 * node's output, as thread `thread`; every item of the output must come by once.  The block:
 * rows [row, row + rows) and columns [col, col + cols) of the output as a matrix of `ld` columns.
 */
typedef struct ln_cpu_block {
    size_t row, rows, col, cols, ld;
} ln_cpu_block;
void ln_cpu_tail_run(const ln_cpu_kernel *k, const ln_cpu_block *b, int thread);

#endif
