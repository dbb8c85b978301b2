/* SPDX-License-Identifier: Apache-2.0 */
/* model.h: looking into a model and writing it back.  Everything returned belongs to the model
 * and lives as long as it does.  A model does not change, so all of this may be called from
 * several threads at once. */
#ifndef LINNET_MODEL_H
#define LINNET_MODEL_H

#include "linnet/linnet.h"
#include "tensorflow/lite/core/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The model's description, "" when it has none. */
LN_API const char *ln_tflite_model_description(const TfLiteModel *model);
/* The version of the file format that the model names. */
LN_API int ln_tflite_model_version(const TfLiteModel *model);

/* Where a model's bytes go. */
typedef struct ln_tflite_sizes {
    size_t file_bytes;     /* all of it */
    size_t weight_bytes;   /* constants of tensors, each counted once */
    size_t metadata_bytes; /* buffers that metadata entries name */
    size_t graph_bytes;    /* the rest: structure, names, padding */
} ln_tflite_sizes;
LN_API void ln_tflite_model_sizes(const TfLiteModel *model, ln_tflite_sizes *sizes);

/* ---- graphs ---- */

typedef struct ln_tflite_graph {
    const char *name;
    int n_tensors, n_nodes, n_inputs, n_outputs;
    const int *inputs, *outputs; /* tensor numbers */
} ln_tflite_graph;

/* The number of graphs; the main one is number 0. */
LN_API int ln_tflite_model_graph_count(const TfLiteModel *model);
/* False when there is no such graph. */
LN_API bool ln_tflite_model_graph(const TfLiteModel *model, int graph, ln_tflite_graph *info);
/* A tensor as the file describes it (dims_signature where it has open dimensions); NULL when there
 * is none.  Constants have their data. */
LN_API const TfLiteTensor *ln_tflite_model_tensor(const TfLiteModel *model, int graph, int tensor);

typedef struct ln_tflite_node {
    const char *op;       /* "CONV_2D", or the name of a custom operator */
    int builtin, version; /* kTfLiteBuiltin*, and the operator's version that the model asks for */
    bool known;           /* the library has this operator */
    const TfLiteIntArray *inputs, *outputs; /* tensor numbers, -1 for an absent input */
} ln_tflite_node;
/* False when there is no such node.  Nodes stand in the order in which they run. */
LN_API bool ln_tflite_model_node(const TfLiteModel *model, int graph, int node,
                                 ln_tflite_node *info);

/* ---- signatures and metadata ---- */

LN_API int ln_tflite_model_signature_count(const TfLiteModel *model);
/* The key of a signature, and its graph where `graph` is not NULL; NULL when there is none. */
LN_API const char *ln_tflite_model_signature(const TfLiteModel *model, int signature, int *graph);
/* The name of input (output) `i` of a signature, and the number of its tensor in the signature's
 * graph where `tensor` is not NULL; NULL past the last one. */
LN_API const char *ln_tflite_model_signature_input(const TfLiteModel *model, int signature, int i,
                                                   int *tensor);
LN_API const char *ln_tflite_model_signature_output(const TfLiteModel *model, int signature, int i,
                                                    int *tensor);
/* The name of metadata entry `i` and its bytes; NULL past the last one. */
LN_API const char *ln_tflite_model_metadata(const TfLiteModel *model, int i, const void **data,
                                            size_t *n);

/* ---- the whole ---- */

/* Prints a graph as text, or for Graphviz: `put` gets the pieces in order. */
typedef void (*ln_tflite_put)(void *user, const char *text, size_t n);
LN_API void ln_tflite_model_dump(const TfLiteModel *model, int graph, ln_tflite_put put,
                                 void *user);
LN_API void ln_tflite_model_dot(const TfLiteModel *model, int graph, ln_tflite_put put,
                                void *user);

/* Writes the model as the bytes of a .tflite file, to be freed by ln_tflite_free.  The same model
 * always gives the same bytes; files that it carries (labels, as a zip archive) stay with it.  On
 * failure *bytes is NULL and the model's error reporter has been told why. */
LN_API TfLiteStatus ln_tflite_model_write(const TfLiteModel *model, void **bytes, size_t *n);
LN_API void ln_tflite_free(void *bytes);

/* Writes a model's bytes with these `size` bytes as its metadata entry `name`, in place of an entry
 * of that name or in addition; NULL removes the entry.  All else stays as it is, operators that the
 * library does not know too.  On failure *out is NULL and the message says why; `message` may be
 * NULL. */
typedef struct ln_tflite_entry {
    const char *name;
    const void *data;
    size_t size;
} ln_tflite_entry;
LN_API TfLiteStatus ln_tflite_attach(const void *model, size_t n, const ln_tflite_entry *entry,
                                     void **out, size_t *n_out, char message[512]);

#ifdef __cplusplus
}
#endif

#endif
