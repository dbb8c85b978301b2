/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h: what the files of runtime/ share.  A graph of the model becomes an ln_rt_graph:
 * tensors (in its TfLiteContext), a slot per tensor with what the planner knows, nodes, and the
 * execution plan.  Planning goes in segments: a segment ends behind a node whose output shapes
 * only its run tells; the next one is planned when execution reaches it. */
#ifndef LN_RUNTIME_INTERNAL_H
#define LN_RUNTIME_INTERNAL_H

#include <stdatomic.h>

#include "base/arena.h"
#include "runtime/interpreter.h"

typedef struct ln_rt_graph ln_rt_graph;

enum {
    LN_RT_FOREVER = INT32_MAX, /* a plan position behind every node */
    LN_RT_MAX_DEPTH = 32,      /* graphs running inside each other */
    LN_RT_MAX_INPUTS = 256,    /* of a graph that another one calls */
};

/* Whether there are operators with ln_op.whole, which a library for given models may be without. */
#ifdef LN_NO_WHOLES
enum { LN_RT_WHOLES = 0 };
#else
enum { LN_RT_WHOLES = 1 };
#endif

/* Beside each tensor. */
typedef struct ln_rt_slot {
    int first, last; /* plan positions between which its bytes are needed */
    int use;         /* the last plan position that needs it */
    int maker;       /* plan position of the node that makes it; -1: none */
    int root;        /* the tensor whose memory it uses, mostly itself, */
    size_t shift;    /* and from which byte of it on */
    size_t offset;   /* in the block of segment `segment` */
    int segment;     /* -1: not in an arena */
    size_t charged;  /* heap bytes counted against max_bytes */
    void *own;       /* aligned memory of a persistent tensor */
    bool is_input, is_output;
    bool wanted; /* a node reads it, or whoever runs the graph */
    bool unknown; /* its shape is not known before its maker ran */
    bool folded;  /* computed while planning: constant until the next plan */
    bool custom;  /* lives in the caller's memory */
    size_t custom_bytes;
} ln_rt_slot;

typedef struct ln_rt_node {
    TfLiteNode node; /* first: adapter functions get this address */
    TfLiteRegistration reg;
    const ln_op *op;       /* runs through ln_call; NULL: through `reg` */
    const ln_node *source; /* NULL: made by a delegate */
    ln_rt_graph *graph;
    int id;
    ln_call call;
    const TfLiteTensor **in, **mid;
    TfLiteTensor **out;
    uint64_t bound; /* graph->generation when these pointers were set */
    int segment;
    size_t scratch_size;         /* of the scratch that the segment has for it */
    bool rerun_infer;            /* shapes are to be worked out again right before eval */
    bool folded, folded_forever; /* computed while planning; from constants alone */
    bool initialized;            /* reg.init was called */
    bool unresolved;             /* a custom operator that only a delegate can run */
    void *slot;                  /* of ln_interpreter_node_slot */
    void *delegate_params;       /* what the init of a delegate's kernel got */
    uint64_t runs, total_ns;
} ln_rt_node;

/* A stretch of the plan whose memory was laid out together. */
typedef struct ln_rt_segment {
    int from, to;
    char *block;
    size_t size, capacity;
} ln_rt_segment;

typedef struct ln_rt_scratch {
    size_t bytes, offset;
    int node, segment;
} ln_rt_scratch;

struct ln_rt_graph {
    ln_interpreter *it;
    int index;
    const ln_graph *source;
    TfLiteContext context; /* impl_ is this graph */
    size_t tensor_capacity;
    uint64_t generation; /* counts moves of context.tensors */
    ln_rt_slot *slots;
    ln_rt_node **nodes;
    int n_nodes;
    size_t node_capacity;
    TfLiteIntArray *variables;
    TfLiteIntArray *plan, *full_plan; /* what runs; what ran before any delegate (or NULL) */
    TfLiteIntArray *shown_plan;       /* of `plan`, what a delegate may see */
    ln_rt_segment *segments;
    int n_segments;
    size_t segment_capacity;
    int n_blocks;             /* segments whose block is kept for the next plan */
    ln_rt_scratch *scratches; /* RequestScratchBufferInArena */
    int n_scratches;
    size_t scratch_capacity;
    int planned;    /* positions below are prepared and have memory */
    int preparing;  /* the position that is being prepared, -1 */
    bool allocated; /* ln_interpreter_allocate has nothing to do */
    bool busy;      /* is running, or is being planned */
    bool resized;   /* a shape changed since this was cleared */
    bool immutable; /* a delegate took fixed shapes for granted */
    bool skip_delegation;
    TfLiteDelegate *delegating; /* whose Prepare is running */
    struct ln_rt_reader *readers; /* meanwhile, for partition_in_place.c: of each tensor */
    size_t n_readers;
    int last_cut; /* plan position of the first node of the group that was cut last */
    ln_rt_node *running;
    TfLiteDelegateParams *preview;
    int n_preview;
    char *late; /* scratch of nodes that infer while running */
    size_t late_size;
    void *eval_buffers;             /* AllocateBufferForEval, freed after the node */
    TfLiteEvalTensor *eval_tensors; /* a ring, see GetEvalTensor */
    unsigned next_eval_tensor;
};

typedef struct ln_rt_resource {
    ln_resource r;
    const char *container, *name;
} ln_rt_resource;

/* An object that dies with the interpreter. */
typedef struct ln_rt_owned {
    struct ln_rt_owned *next;
    void *object;
    void (*destroy)(void *object);
} ln_rt_owned;

struct ln_interpreter {
    ln_host host; /* first: host functions get this address */
    ln_alloc alloc;
    ln_arena arena; /* nodes and all else that lives as long as the interpreter */
    ln_model *model;
    ln_interpreter_options options;
    ln_diag diag;
    ln_rt_graph *graphs;
    int n_graphs;
    TfLiteDelegate **delegates;
    int n_delegates;
    size_t delegate_capacity;
    bool delegates_off; /* undone for a resize, to be applied again by allocate */
    TfLiteExternalContext *external[kTfLiteMaxExternalContexts];
    ln_rt_owned *owned;
    ln_rt_resource **resources;
    int n_resources;
    size_t resource_capacity;
    size_t held; /* bytes of tensor memory, against options.max_bytes */
    uint64_t steps, plan_steps;
    int depth; /* graphs running inside each other */
    atomic_bool cancelled;
    bool invoking;
    bool keep_handles; /* outputs may stay in a delegate's buffers */
    ln_profiler profiler;
    char *stage; /* copies of a loop's values, see host.c */
    size_t stage_size;
};

/* ---- interpreter.c ---- */
ln_rt_graph *ln_rt_graph_at(const ln_interpreter *it, int graph);
/* Counts a change of tensor memory; false: beyond max_bytes. */
bool ln_rt_charge(ln_interpreter *it, size_t old_bytes, size_t new_bytes);
/* Messages that follow are about that node (NULL: none); returns the node before. */
const void *ln_rt_where(const ln_rt_graph *g, const void *node);
const char *ln_rt_node_name(const ln_rt_node *n);

/* ---- build.c: graphs of the model become graphs that run ---- */
ln_status ln_rt_build(ln_interpreter *it) LN_MUST_USE;
/* Reports the custom operators of a graph that neither an operator nor a delegate runs. */
ln_status ln_rt_fail_unresolved(ln_rt_graph *g);
void ln_rt_graph_deinit(ln_rt_graph *g);
/* Adds an empty node at the end. */
ln_status ln_rt_add_node(ln_rt_graph *g, ln_rt_node **out) LN_MUST_USE;
/* Calls the init of a node that runs through its registration. */
ln_status ln_rt_node_init(ln_rt_node *n, const char *buffer, size_t length) LN_MUST_USE;
/* Frees what the node owns, its memory in the arena excepted. */
void ln_rt_node_deinit(ln_rt_node *n);
ln_status ln_rt_add_tensors(ln_rt_graph *g, int count, int *first) LN_MUST_USE;

/* ---- adapter.c: between nodes and what runs them ---- */
/* Fills n->reg for a node with an op. */
void ln_rt_adapt(ln_rt_node *n);
/* The kTfLiteInplaceOp bits of whatever runs the node. */
uint64_t ln_rt_inplace(const ln_rt_node *n);
/* Points the operands of an op's call at the tensors. */
ln_status ln_rt_bind(ln_rt_node *n) LN_MUST_USE;
void *ln_rt_reg_init(ln_rt_node *n, const char *buffer, size_t length);
void ln_rt_reg_free(ln_rt_node *n);
TfLiteStatus ln_rt_reg_prepare(ln_rt_node *n);
TfLiteStatus ln_rt_reg_invoke(ln_rt_node *n);

/* ---- tensor.c: shapes and memory of single tensors ---- */
bool ln_rt_bytes(TfLiteType type, int rank, const int *dims, size_t *bytes);
/* Gives a tensor a new shape (and a dynamic one its memory). */
ln_status ln_rt_set_dims(ln_rt_graph *g, int tensor, int rank, const int *dims) LN_MUST_USE;
/* Takes a shape array from malloc over, as ResizeTensor does. */
ln_status ln_rt_take_dims(ln_rt_graph *g, int tensor, TfLiteIntArray *dims) LN_MUST_USE;
/* Frees heap data and makes the tensor one of the arena. */
void ln_rt_to_arena(ln_rt_graph *g, int tensor);
void ln_rt_to_dynamic(ln_rt_graph *g, int tensor);
/* Frees the data of a dynamic tensor. */
void ln_rt_release(ln_rt_graph *g, int tensor);
/* Heap data of a dynamic or persistent tensor. */
ln_status ln_rt_heap(ln_rt_graph *g, int tensor, size_t bytes) LN_MUST_USE;
ln_status ln_rt_persistent(ln_rt_graph *g, int tensor) LN_MUST_USE;
void ln_rt_tensor_deinit(ln_rt_graph *g, int tensor);
ln_status ln_rt_reset_variables(ln_rt_graph *g) LN_MUST_USE;
ln_status ln_rt_make_readable(ln_rt_graph *g, int tensor) LN_MUST_USE;
/* The id of a tensor of this graph's array, -1 when it is none. */
int ln_rt_tensor_id(const ln_rt_graph *g, const TfLiteTensor *t);

/* ---- plan.c ---- */
/* Prepares nodes from plan position `from` on and lays out their memory. */
ln_status ln_rt_plan(ln_rt_graph *g, int from) LN_MUST_USE;
/* Plans a graph that has no plan yet, and resets its variables. */
ln_status ln_rt_allocate(ln_rt_graph *g) LN_MUST_USE;
/* Forgets everything planned from position `from` on. */
void ln_rt_unplan(ln_rt_graph *g, int from);
/* Runs infer and gives the outputs the shapes it says. */
ln_status ln_rt_infer(ln_rt_node *n, bool run) LN_MUST_USE;

/* ---- layout.c ---- */
ln_status ln_rt_layout(ln_rt_graph *g, int from, int to) LN_MUST_USE;
void ln_rt_drop_segments(ln_rt_graph *g, int from);

/* Makes room for the scratch of a node that was not laid out with the others. */
ln_status ln_rt_late_scratch(ln_rt_node *n) LN_MUST_USE;

/* ---- invoke.c ---- */
ln_status ln_rt_run(ln_rt_graph *g) LN_MUST_USE;

/* ---- context.c ---- */
void ln_rt_context_init(ln_rt_graph *g);
/* Frees the buffers that AllocateBufferForEval gave. */
void ln_rt_free_eval_buffers(ln_rt_graph *g);

/* ---- partition.c ---- */
typedef struct ln_rt_part {
    bool claimed;
    TfLiteIntArray *nodes, *inputs, *outputs; /* from malloc */
} ln_rt_part;
/* Cuts the plan into parts that can run one after the other, each all claimed or all not.
 * `claimed` has a byte per node id.  The parts come from the interpreter's allocator. */
ln_status ln_rt_partition(ln_rt_graph *g, const uint8_t *claimed, ln_rt_part **parts,
                          int *n) LN_MUST_USE;
/* The claimed part alone, where its nodes, `claims` at most, can run as one, at the place of the
 * last of them, without moving any other; *n is 0 where that cannot be.  For delegates that claim
 * many small groups; what it remembers of the graph is to be forgotten when they have. */
ln_status ln_rt_partition_in_place(ln_rt_graph *g, const uint8_t *claimed, int claims,
                                   ln_rt_part **parts, int *n) LN_MUST_USE;
void ln_rt_forget_readers(ln_rt_graph *g);
void ln_rt_parts_free(ln_rt_graph *g, ln_rt_part *parts, int n);

/* ---- delegate.c ---- */
ln_status ln_rt_replace_nodes(ln_rt_graph *g, const TfLiteRegistration *reg,
                              const TfLiteIntArray *nodes, TfLiteDelegate *delegate) LN_MUST_USE;
ln_status ln_rt_preview(ln_rt_graph *g, const TfLiteIntArray *nodes, TfLiteDelegateParams **out,
                        int *n) LN_MUST_USE;
void ln_rt_free_preview(ln_rt_graph *g);
/* The nodes that a delegate's kernel stands for. */
const TfLiteIntArray *ln_rt_replaced_nodes(const ln_rt_node *n);
/* Undoes all delegates of all graphs but keeps them in the list. */
ln_status ln_rt_undo_delegates(ln_interpreter *it) LN_MUST_USE;
ln_status ln_rt_redo_delegates(ln_interpreter *it) LN_MUST_USE;
void ln_rt_free_handle(ln_rt_graph *g, TfLiteTensor *t);
/* Functions of a delegate, whichever form it has. */
TfLiteStatus ln_rt_copy_from_handle(TfLiteContext *c, TfLiteDelegate *d, TfLiteTensor *t);
int64_t ln_rt_delegate_flags(const TfLiteDelegate *d);

/* ---- host.c ---- */
void ln_rt_host_init(ln_interpreter *it);
void ln_rt_host_deinit(ln_interpreter *it);

#endif
