/* SPDX-License-Identifier: Apache-2.0 */
/* subgraph.h: running the graphs of an interpreter one by one, where TensorFlow Lite's C API knows
 * the main one and signatures.  Graphs have the numbers of linnet/model.h; what is in them is told
 * by linnet/interpreter.h.  An interpreter is for one thread at a time.  Where a call fails, the
 * interpreter's error reporter and ln_last_error say why. */
#ifndef LINNET_SUBGRAPH_H
#define LINNET_SUBGRAPH_H

#include "linnet/linnet.h"
#include "tensorflow/lite/core/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Returns a tensor, to be written like one of TfLiteInterpreterGetTensor; NULL past the last one.
 * Owned by the interpreter; its address may change whenever tensors are allocated or delegates
 * applied. */
LN_API TfLiteTensor *ln_tflite_subgraph_tensor(TfLiteInterpreter *interpreter, int graph,
                                               int tensor);

/* Gives a tensor a new shape, as TfLiteInterpreterResizeInputTensor does (`strict`: as
 * TfLiteInterpreterResizeInputTensorStrict).  Allocate the graph before it runs again. */
LN_API TfLiteStatus ln_tflite_subgraph_resize(TfLiteInterpreter *interpreter, int graph, int tensor,
                                              const int *dims, int n_dims, bool strict);

/* TfLiteInterpreterAllocateTensors and TfLiteInterpreterInvoke of one graph. */
LN_API TfLiteStatus ln_tflite_subgraph_allocate(TfLiteInterpreter *interpreter, int graph);
LN_API TfLiteStatus ln_tflite_subgraph_invoke(TfLiteInterpreter *interpreter, int graph);

#ifdef __cplusplus
}
#endif

#endif
