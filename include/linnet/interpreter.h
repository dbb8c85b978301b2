/* SPDX-License-Identifier: Apache-2.0 */
/* interpreter.h: choices and measurements that TensorFlow Lite's C interface has no place for. */
#ifndef LINNET_INTERPRETER_H
#define LINNET_INTERPRETER_H

#include "linnet/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- before TfLiteInterpreterCreate ---- */

/* Leaves the CPU engine out (false) or puts it in (true, the default).  Without it every operator
 * runs as its reference: slower, single-threaded, and the yardstick for the engine. */
LN_API void ln_tflite_options_use_engine(TfLiteInterpreterOptions *options, bool on);
/* Keeps the times that ln_tflite_interpreter_node gives; off by default. */
LN_API void ln_tflite_options_profile(TfLiteInterpreterOptions *options, bool on);
/* Refuses models whose tensors need more than `bytes` of memory; 0 is no limit (the default). */
LN_API void ln_tflite_options_max_bytes(TfLiteInterpreterOptions *options, size_t bytes);

/* ---- after it ---- */

typedef struct ln_tflite_memory {
    size_t arena_bytes;      /* activations and scratch memory */
    size_t persistent_bytes; /* variables and what operators keep between runs */
    size_t dynamic_bytes;    /* tensors whose size only a run tells */
} ln_tflite_memory;
/* Memory as of the last TfLiteInterpreterAllocateTensors or run. */
LN_API void ln_tflite_interpreter_memory(const TfLiteInterpreter *interpreter,
                                         ln_tflite_memory *memory);

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
