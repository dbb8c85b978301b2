/* SPDX-License-Identifier: Apache-2.0 */
/* interpreter.h: what an interpreter needs: memory, and time per operator. */
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
} ln_tflite_profile;
/* Node `i` of the main graph in order of execution; false past the last one. */
LN_API bool ln_tflite_interpreter_node(const TfLiteInterpreter *interpreter, int i,
                                       ln_tflite_profile *profile);
LN_API void ln_tflite_interpreter_profile_reset(TfLiteInterpreter *interpreter);

#ifdef __cplusplus
}
#endif

#endif
