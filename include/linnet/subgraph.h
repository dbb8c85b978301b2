/* SPDX-License-Identifier: Apache-2.0 */
/* subgraph.h: the graphs of an interpreter one by one, where TensorFlow Lite's C API knows the
 * main one and signatures.  Graphs have the numbers of linnet/model.h: ln_tflite_model_graph_count
 * tells how many there are and ln_tflite_model_graph which tensors go in and out. */
#ifndef LINNET_SUBGRAPH_H
#define LINNET_SUBGRAPH_H

#include "linnet/linnet.h"
#include "tensorflow/lite/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Returns what operators and delegates of a graph see: `tensors` are those of the model, then what
 * operators and delegates added.  NULL: there is no such graph.  Owned by the interpreter; the
 * address of its tensors may change whenever tensors are allocated or delegates applied. */
LN_API TfLiteContext *ln_tflite_subgraph_context(TfLiteInterpreter *interpreter, int graph);

/* The number of nodes that the context's GetNodeAndRegistration has: those of the model in their
 * order, then those that delegates made. */
LN_API int ln_tflite_subgraph_node_count(const TfLiteInterpreter *interpreter, int graph);

/* Gives a tensor a new shape, as TfLiteInterpreterResizeInputTensor does (`strict`: as
 * TfLiteInterpreterResizeInputTensorStrict).  Allocate the graph before it runs again. */
LN_API TfLiteStatus ln_tflite_subgraph_resize(TfLiteInterpreter *interpreter, int graph,
                                              int tensor, const int *dims, int n_dims,
                                              bool strict);

/* TfLiteInterpreterAllocateTensors and TfLiteInterpreterInvoke of one graph. */
LN_API TfLiteStatus ln_tflite_subgraph_allocate(TfLiteInterpreter *interpreter, int graph);
LN_API TfLiteStatus ln_tflite_subgraph_invoke(TfLiteInterpreter *interpreter, int graph);

#ifdef __cplusplus
}
#endif

#endif
