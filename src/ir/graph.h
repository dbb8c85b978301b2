/* SPDX-License-Identifier: Apache-2.0 */
/* ir/: the one graph.  Importers make it, passes rewrite it, the writer saves it, the interpreter
 * loads it.  Arrays and integer ids; all memory is the model's arena, so editing is cheap and
 * nothing but large constants is freed singly (shed.c).
 *
 * graph.h: tensors, nodes, graphs and the model that holds them.  The shapes, types and
 * quantization of a tensor are a TfLiteTensor (architecture, idea 2). */
#ifndef LN_IR_GRAPH_H
#define LN_IR_GRAPH_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/file.h"
#include "tensorflow/lite/c/common.h"

typedef int ln_id; /* index in its array; -1 is none */
struct ln_op;

/* Bytes of constants.  `data` points into the file's mapping, or into memory that outlives it. */
typedef struct ln_buffer {
    const uint8_t *data;
    size_t size;
    bool outside; /* lay outside the flatbuffer (offset/size form) */
} ln_buffer;

typedef struct ln_tensor {
    /* type, dims, dims_signature, name, is_variable, params, quantization, sparsity; where the
     * tensor is constant also data and bytes, with allocation_type kTfLiteMmapRo. */
    TfLiteTensor t;
    ln_id buffer;              /* in model->buffers; 0: no data */
    bool has_rank;             /* the schema's field: an unranked tensor has rank 0 and false */
    const void *source;        /* the schema table it was read from (for what `t` cannot hold:
                                  quantization min/max, variant types, ...); NULL when made here */
} ln_tensor;

typedef struct ln_node {
    const struct ln_op *op;    /* NULL: not in our table; a user's resolver may know it */
    int builtin, version;      /* kTfLiteBuiltin*; of the operator code */
    const char *custom_name;   /* for kTfLiteBuiltinCustom, else NULL */
    TfLiteIntArray *inputs, *outputs, *intermediates; /* tensor ids; -1: absent */
    void *params;              /* op->params_size bytes, or NULL */
    size_t params_size;
    const uint8_t *custom;     /* custom options (also large ones) */
    size_t custom_size;
    const void *source;        /* the operator's table in the file, NULL when made here */
    int debug_index;           /* the schema's debug_metadata_index, -1 when there is none */
    const char *location;      /* where the converter found it; NULL */
} ln_node;

typedef struct ln_graph {
    const char *name;
    ln_tensor *tensors;
    ln_node *nodes;            /* in order of execution */
    int n_tensors, n_nodes;
    size_t tensor_capacity, node_capacity;
    TfLiteIntArray *inputs, *outputs;
    int debug_index;
} ln_graph;

typedef struct ln_binding { const char *name; ln_id tensor; } ln_binding;
typedef struct ln_signature {
    const char *key;
    int graph;
    ln_binding *inputs, *outputs;
    int n_inputs, n_outputs;
} ln_signature;

typedef struct ln_metadata { const char *name; ln_id buffer; } ln_metadata;

/* A model: immutable once read, reference-counted, shared by interpreters and threads. */
typedef struct ln_model {
    ln_alloc alloc;
    ln_arena arena;
    const uint8_t *bytes;      /* the whole file, NULL for a model made here */
    size_t n_bytes;
    size_t graph_bytes;        /* the flatbuffer without data outside it */
    int version;               /* of the schema */
    const char *description;
    ln_graph **graphs;
    ln_buffer *buffers;
    ln_signature *signatures;
    ln_metadata *metadata;
    int n_graphs, n_buffers, n_signatures, n_metadata;
    size_t buffer_capacity;
    void (*release)(struct ln_model *); /* unmaps or forgets `bytes`; may be NULL */
    /* Lets pages that `owner` has mapped leave memory; they come back when read.  May be NULL. */
    void (*forget)(const struct ln_model *, const void *data, size_t n);
    void *owner;               /* for `release` and `forget` */
    const ln_file *file;       /* where `bytes` come from; NULL: from the caller */
    void *refs;                /* atomic count, see graph.c */
} ln_model;

/* ---- life (graph.c) ---- */

/* An empty model with buffer 0 (the empty one) and no graph.  One reference. */
ln_status ln_model_create(ln_model **out, const ln_alloc *alloc) LN_MUST_USE;
void ln_model_retain(ln_model *m);
/* Drops one reference; the last one frees everything.  NULL is fine. */
void ln_model_release(ln_model *m);

/* ---- editing: all return ids or LN_ERR_MEMORY; pointers into arrays go stale on adding ---- */

ln_status ln_model_add_graph(ln_model *m, const char *name, ln_graph **out) LN_MUST_USE;
/* `data` is copied into the arena when `copy`, else it must outlive the model. */
ln_status ln_model_add_buffer(ln_model *m, const void *data, size_t n, bool copy, ln_id *out)
    LN_MUST_USE;
ln_status ln_graph_add_tensor(ln_model *m, ln_graph *g, const char *name, TfLiteType type,
                              int rank, const int *dims, ln_id *out) LN_MUST_USE;
ln_status ln_graph_add_node(ln_model *m, ln_graph *g, const struct ln_op *op, int n_in,
                            const ln_id *in, int n_out, const ln_id *out, ln_id *node) LN_MUST_USE;
/* Makes every use of tensor `from` (inputs of nodes, graph outputs) a use of `to`. */
void ln_graph_replace_uses(ln_graph *g, ln_id from, ln_id to);
/* Removes nodes for which dead(user, node) says so, keeping the order of the rest. */
int ln_graph_remove_nodes(ln_graph *g, bool (*dead)(void *user, const ln_node *), void *user);
/* The node that makes tensor `t`, -1 when none does; the number of uses of `t`. */
ln_id ln_graph_producer(const ln_graph *g, ln_id t);
int ln_graph_use_count(const ln_graph *g, ln_id t);
TfLiteIntArray *ln_ints(ln_arena *arena, int n, const int *values);

/* ---- memory of constants (shed.c) ---- */

/* Large constants that no tensor and no metadata have any more lose their memory. */
ln_status ln_model_shed(ln_model *m) LN_MUST_USE;
/* Buffer i, if it lies in a mapped file, leaves memory until it is read again. */
void ln_model_forget(const ln_model *m, int i);
/* The same of n of its bytes, if they are many. */
void ln_model_forget_part(const ln_model *m, const void *data, size_t n);
/* Buffer i will not be read again, nor the ones before it. */
void ln_model_shed_buffer(ln_model *m, int i);

/* Well-formedness: ids in range, no constant graph input, no constant or twice-written output, no
 * input that is made later, known ranks <= 8, sizes that do not overflow.  That constants are as
 * large as their shape says is checked where they are read (model/read_tensor.c). */
ln_status ln_graph_validate(const ln_model *m, int graph, ln_diag *diag) LN_MUST_USE;

/* The graph as text, stable across runs (tests compare it); `put` gets pieces of it.  Defined in
 * model/dump.c, for the names of ops and of their fields are not known here. */
typedef void (*ln_put)(void *user, const char *text, size_t n);
void ln_graph_dump(const ln_model *m, int graph, ln_put put, void *user);
/* The same for Graphviz. */
void ln_graph_dot(const ln_model *m, int graph, ln_put put, void *user);

#endif
