/* SPDX-License-Identifier: Apache-2.0 */
/* interpreter.h: what an interpreter needs and does: memory, time per operator, and the graphs as
 * they run.  What is returned belongs to the interpreter and lives until it is changed or deleted
 * next; like the interpreter it is for one thread at a time. */
#ifndef LINNET_INTERPRETER_H
#define LINNET_INTERPRETER_H

#include "linnet/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ln_tflite_memory {
    size_t arena_bytes;      /* activations and scratch memory */
    size_t persistent_bytes; /* variables and what operators keep between runs */
    size_t dynamic_bytes;    /* tensors whose size only a run tells */
} ln_tflite_memory;
/* Memory as of the last TfLiteInterpreterAllocateTensors or run. */
LN_API void ln_tflite_interpreter_memory(const TfLiteInterpreter *interpreter,
                                         ln_tflite_memory *memory);

/* Starts (or stops) keeping the times that ln_tflite_interpreter_node gives; off at first. */
LN_API void ln_tflite_interpreter_profile(TfLiteInterpreter *interpreter, bool on);

typedef struct ln_tflite_profile {
    const char *op;          /* "CONV_2D", a custom name, or that of a delegate's kernel */
    const char *output;      /* name of the node's first output, "" when it has none */
    uint64_t runs, total_ns; /* since the last reset */
    bool delegated;          /* a delegate runs it */
    const char *why;         /* why the CPU engine does not; NULL where a delegate or nobody does */
} ln_tflite_profile;
/* Node `i` of the main graph in order of execution; false past the last one. */
LN_API bool ln_tflite_interpreter_node(const TfLiteInterpreter *interpreter, int i,
                                       ln_tflite_profile *profile);
LN_API void ln_tflite_interpreter_profile_reset(TfLiteInterpreter *interpreter);

/* ---- the graphs as they run ---- */

/* A node: of the model, or a delegate's kernel, whose number lies behind the model's own. */
typedef struct ln_tflite_kernel {
    const char *op;              /* "CONV_2D", a custom name, or that of a delegate's kernel */
    const char *detail;          /* what a delegate's kernel says of itself beside its name */
    int builtin;                 /* its code; kTfLiteBuiltinDelegate for a delegate's kernel */
    const struct TfLiteNode *node;  /* inputs, outputs, temporaries, delegate */
    const TfLiteIntArray *replaces; /* nodes that a delegate's kernel stands for; else NULL */
    bool folded;                 /* computed once, by TfLiteInterpreterAllocateTensors */
    double flops;                /* arithmetic of one run, by the shapes; 0: not known */
    uint64_t runs, total_ns;     /* see ln_tflite_interpreter_profile */
} ln_tflite_kernel;
/* False when there is no such node. */
LN_API bool ln_tflite_interpreter_kernel(const TfLiteInterpreter *interpreter, int graph, int node,
                                         ln_tflite_kernel *kernel);
LN_API int ln_tflite_interpreter_graph_count(const TfLiteInterpreter *interpreter);
/* The nodes that run, in order; NULL when there is no such graph. */
LN_API const TfLiteIntArray *ln_tflite_interpreter_plan(const TfLiteInterpreter *interpreter,
                                                        int graph);
/* The numbers of a graph's inputs (outputs). */
LN_API const TfLiteIntArray *ln_tflite_interpreter_inputs(const TfLiteInterpreter *interpreter,
                                                          int graph);
LN_API const TfLiteIntArray *ln_tflite_interpreter_outputs(const TfLiteInterpreter *interpreter,
                                                           int graph);
/* A tensor with its shape and memory as they are now; NULL past the last one. */
LN_API const TfLiteTensor *ln_tflite_interpreter_tensor(const TfLiteInterpreter *interpreter,
                                                        int graph, int tensor);

/* A stretch of a graph's memory block, and the part of the run in which it is in use. */
typedef struct ln_tflite_block {
    int tensor;           /* -1: scratch memory of `node` */
    int node;             /* the first that uses it */
    int first, last;      /* positions in the plan */
    size_t offset, bytes; /* bytes 0: nothing lies here */
} ln_tflite_block;
/* Stretch `i`, in no order, some of them empty; false past the last one. */
LN_API bool ln_tflite_interpreter_block(const TfLiteInterpreter *interpreter, int graph, int i,
                                        ln_tflite_block *block);

#ifdef __cplusplus
}
#endif

#endif
