/* SPDX-License-Identifier: Apache-2.0 */
/* runtime/: runs a model.  An interpreter shares the model's constants with others, and owns
 * shapes, plan and memory.  For every graph of the model it has a TfLiteContext with one
 * contiguous array of TfLiteTensor, which is what custom ops and delegates see.
 *
 * interpreter.h: all that capi/ and the tools need.  Planning happens in ln_interpreter_allocate;
 * ln_interpreter_invoke allocates nothing once shapes are fixed.  An interpreter belongs to one
 * thread at a time; only ln_interpreter_cancel may come from another. */
#ifndef LN_RUNTIME_INTERPRETER_H
#define LN_RUNTIME_INTERPRETER_H

#include "base/thread.h"
#include "ir/graph.h"
#include "ops/op.h"

typedef struct ln_interpreter ln_interpreter;

/* Where a user's own operators come from. */
typedef struct ln_resolver {
    /* The operator for a code (kTfLiteBuiltinCustom: of that name), NULL when there is none.  The
     * struct must outlive the interpreter. */
    const TfLiteRegistration *(*find)(void *user, int builtin, const char *custom_name,
                                      int version);
    void *user;
    bool only; /* do not look in our own table for what `find` does not know */
} ln_resolver;

/* What is told of each node that runs.  `begin` gives a handle that `end` gets back. */
typedef struct ln_profiler {
    void *user;
    uint32_t (*begin)(void *user, int graph, int node, const char *op);
    void (*end)(void *user, uint32_t handle);
} ln_profiler;

/* Which nodes delegates get to see; fn NULL: all. */
typedef struct ln_delegable {
    bool (*fn)(void *user, int graph, int node);
    void *user;
} ln_delegable;

/* All zero is a good start: see ln_interpreter_options_init for what else is set there. */
typedef struct ln_interpreter_options {
    ln_alloc alloc; /* of the interpreter's own memory; fn NULL: the C library's */
    int threads;    /* -1: the runtime's choice; 0 is 1 */
    void (*report)(void *user, const char *message); /* gets each error message; may be NULL */
    void *report_user;
    ln_resolver resolver; /* find NULL: our own operators only */
    size_t max_bytes;     /* refuse plans that need more tensor memory; 0: no limit */
    uint64_t max_steps;   /* refuse to run more nodes than this in one invoke; 0: no limit */
    bool cancellable;     /* ln_interpreter_cancel works */
    bool profile;         /* keep the table of ln_interpreter_node_info's times */
    bool allow_fp16;      /* TfLiteContext.allow_fp32_relax_to_fp16 */
    bool release_dynamic; /* free dynamic tensors as soon as nothing more reads them */
    bool ordered_parts;   /* a delegate's parts keep the order of the plan, unclustered */
    ln_delegable delegable;
    bool preserve;        /* every tensor keeps its memory, so that each can be read after a run */
} ln_interpreter_options;

void ln_interpreter_options_init(ln_interpreter_options *options);

/* ---- life ---- */

/* Keeps a reference to the model.  A model with built-in operators that nobody knows fails with
 * LN_ERR_UNSUPPORTED and a message that lists them all; with custom ones ln_interpreter_allocate
 * does, unless a delegate has taken them by then.  `options` may be NULL. */
ln_status ln_interpreter_create(ln_interpreter **out, ln_model *model,
                                const ln_interpreter_options *options) LN_MUST_USE;
/* NULL is fine. */
void ln_interpreter_destroy(ln_interpreter *it);
/* Works out shapes and memory of a graph (0: the main one).  Does nothing when nothing changed. */
ln_status ln_interpreter_allocate(ln_interpreter *it, int graph) LN_MUST_USE;
ln_status ln_interpreter_invoke(ln_interpreter *it, int graph) LN_MUST_USE;
/* Stops an invoke in flight before its next node; callable from any thread.  LN_ERR_STATE unless
 * options.cancellable. */
ln_status ln_interpreter_cancel(ln_interpreter *it);
/* Sets variable tensors of all graphs to zero; resources keep their values. */
ln_status ln_interpreter_reset_variables(ln_interpreter *it) LN_MUST_USE;

/* Calls destroy(object) at the end of ln_interpreter_destroy, when no node is left, or at once
 * when memory is out. */
ln_status ln_interpreter_own(ln_interpreter *it, void *object,
                             void (*destroy)(void *object)) LN_MUST_USE;

/* ---- what there is ---- */

const ln_model *ln_interpreter_model(const ln_interpreter *it);
/* The sink of this interpreter's messages; its `text` is the last one. */
ln_diag *ln_interpreter_diag(ln_interpreter *it);
int ln_interpreter_graph_count(const ln_interpreter *it);
/* The ids of a graph's inputs and outputs. */
const TfLiteIntArray *ln_interpreter_inputs(const ln_interpreter *it, int graph);
const TfLiteIntArray *ln_interpreter_outputs(const ln_interpreter *it, int graph);
/* Ids of variable tensors; the array is the interpreter's. */
const TfLiteIntArray *ln_interpreter_variables(const ln_interpreter *it, int graph);
int ln_interpreter_tensor_count(const ln_interpreter *it, int graph);
/* NULL when there is no such tensor.  The address may change when delegates are applied. */
TfLiteTensor *ln_interpreter_tensor(ln_interpreter *it, int graph, int tensor);
/* The threads to use, at least 1. */
int ln_interpreter_threads(const ln_interpreter *it);
ln_pool *ln_interpreter_pool(ln_interpreter *it);
/* -1: the runtime's choice.  Takes effect before the next invoke. */
ln_status ln_interpreter_set_threads(ln_interpreter *it, int threads) LN_MUST_USE;

/* ---- input and output ---- */

/* Gives tensor `tensor` of a graph a new shape; allocate before the next invoke.  `strict`: only
 * dimensions that the model leaves open (dims_signature -1) may change. */
ln_status ln_interpreter_resize(ln_interpreter *it, int graph, int tensor, int rank,
                                const int *dims, bool strict) LN_MUST_USE;
/* Makes a tensor live in the caller's memory (TfLiteCustomAllocationFlags in `flags`). */
ln_status ln_interpreter_set_custom_allocation(ln_interpreter *it, int graph, int tensor,
                                               const TfLiteCustomAllocation *memory,
                                               int64_t flags) LN_MUST_USE;
/* Gives a string tensor (dynamic memory) or any kTfLiteDynamic tensor `bytes` bytes of data. */
ln_status ln_interpreter_set_bytes(ln_interpreter *it, int graph, int tensor,
                                   size_t bytes) LN_MUST_USE;
ln_status ln_interpreter_set_buffer_handle(ln_interpreter *it, int graph, int tensor,
                                           TfLiteBufferHandle handle,
                                           TfLiteDelegate *delegate) LN_MUST_USE;
ln_status ln_interpreter_buffer_handle(ln_interpreter *it, int graph, int tensor,
                                       TfLiteBufferHandle *handle,
                                       TfLiteDelegate **delegate) LN_MUST_USE;
/* Copies what a delegate holds into the tensor's own memory where that is stale. */
ln_status ln_interpreter_make_readable(ln_interpreter *it, int graph, int tensor) LN_MUST_USE;
/* Leaves outputs in the delegate's buffers after an invoke. */
void ln_interpreter_allow_buffer_handle_output(ln_interpreter *it, bool allow);

/* ---- delegates ---- */

/* Hands every graph to the delegate.  LN_ERR_DELEGATE: it failed, and all delegates are off again
 * (the interpreter still runs); LN_ERR_STATE: it cannot be applied to this model (dynamic shapes
 * that it does not support), nothing has changed. */
ln_status ln_interpreter_apply_delegate(ln_interpreter *it, TfLiteDelegate *delegate) LN_MUST_USE;
/* Takes all delegates off; allocate before the next invoke. */
ln_status ln_interpreter_remove_delegates(ln_interpreter *it) LN_MUST_USE;
bool ln_interpreter_has_delegates(const ln_interpreter *it);
/* What a delegate was made from; NULL: it has functions of its own.  The field is looked at only
 * where there is no Prepare: delegates compiled for TensorFlow Lite 2.9 and older end before it. */
const TfLiteOpaqueDelegateBuilder *ln_delegate_builder(const TfLiteDelegate *d);
/* Likewise for what follows `version` in a registration with functions of its own: where something
 * stands there that cannot be meant, all of it is cleared. */
void ln_registration_trim(TfLiteRegistration *r);

/* ---- looking inside ---- */

/* The context that operators of this graph get. */
TfLiteContext *ln_interpreter_context(ln_interpreter *it, int graph);
/* The interpreter and the number of the graph behind a context. */
ln_interpreter *ln_context_interpreter(const TfLiteContext *context);
int ln_context_graph(const TfLiteContext *context);
/* Nodes of a graph; those of delegates have ids behind the graph's own. */
int ln_interpreter_node_count(const ln_interpreter *it, int graph);
/* Ids of the nodes that invoke runs, in order. */
const TfLiteIntArray *ln_interpreter_plan(const ln_interpreter *it, int graph);
/* A pointer of the caller's own beside each node, NULL at first; NULL: there is no such node. */
void **ln_interpreter_node_slot(ln_interpreter *it, int graph, int node);
/* A graph marked so is passed over by delegates applied later. */
void ln_interpreter_skip_delegation(ln_interpreter *it, int graph);

typedef struct ln_node_info {
    const char *op;          /* "CONV_2D", the custom name, or the name of a delegate's kernel */
    uint64_t runs, total_ns; /* since the last ln_interpreter_profile_reset */
    bool delegated;          /* made by a delegate */
    bool folded;             /* computed once, while planning */
    const char *detail;      /* a delegate's kernel: its profiling_string where that says more */
    int builtin;             /* its code; kTfLiteBuiltinDelegate for a delegate's kernel */
    const TfLiteNode *node;  /* inputs, outputs, temporaries */
    const TfLiteIntArray *replaces; /* nodes that a delegate's kernel stands for; else NULL */
    double flops;                   /* of one run, by the shapes as they are; 0: not known */
} ln_node_info;
bool ln_interpreter_node_info(const ln_interpreter *it, int graph, int node, ln_node_info *info);
void ln_interpreter_profile(ln_interpreter *it, bool on);
void ln_interpreter_profile_reset(ln_interpreter *it);
/* NULL: none.  The struct is copied. */
void ln_interpreter_set_profiler(ln_interpreter *it, const ln_profiler *profiler);

typedef struct ln_memory_info {
    size_t arena_bytes;      /* activations and scratch, all graphs */
    size_t persistent_bytes; /* variables, folded constants, buffers of custom ops */
    size_t dynamic_bytes;    /* tensors whose size only a run tells */
} ln_memory_info;
void ln_interpreter_memory(const ln_interpreter *it, ln_memory_info *info);

/* A stretch of a graph's memory block and the part of the run in which it is in use. */
typedef struct ln_block_info {
    int tensor;           /* -1: scratch memory of `node` */
    int node;             /* the first that uses it */
    int first, last;      /* positions in the plan */
    size_t offset, bytes; /* bytes 0: nothing lies here */
} ln_block_info;
/* Stretch `i` of a graph, in no order, some of them empty; false past the last one. */
bool ln_interpreter_block(const ln_interpreter *it, int graph, int i, ln_block_info *info);

/* The TfLiteStatus that stands for a status, and the other way. */
TfLiteStatus ln_status_to_tflite(ln_status status);
ln_status ln_status_from_tflite(TfLiteStatus status);

#endif
