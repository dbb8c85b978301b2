/* SPDX-License-Identifier: Apache-2.0 */
/* emit/: making graphs.  What is emitted is ordinary: nodes of the op table, in order of execution.
 * On the way shapes are inferred by the ops themselves, and what constants alone give is computed
 * by their reference evaluation and becomes a constant.  Importers, passes and the trainer share
 * it.
 *
 * emit.h: one emitter adds to one graph.
 *
 * Failure is sticky: the first one leaves its message in `diag` and its code in `status`; from then
 * on every function does nothing and returns -1, so a caller may emit a whole layer and look at
 * `status` once.
 *
 * While a graph is made, its tensors have dimensions of -1 where nothing is known, and has_rank
 * false where not even the rank is.  ln_emit_finish turns that into what a file says: dims of 1
 * beside a signature of -1. */
#ifndef LN_EMIT_EMIT_H
#define LN_EMIT_EMIT_H

#include "ir/graph.h"
#include "ops/op.h"

typedef struct ln_emit {
    ln_model *m;
    ln_graph *g;
    ln_diag *diag;
    const char *location; /* the layer or node being translated: names what is made, and is said in
                             messages; lives as long as the model (ln_emit_at copies) */
    size_t fold_limit;    /* bytes: what would be larger stays a node */
    bool keep;            /* fold nothing */
    ln_status status;
} ln_emit;

/* An emitter for a graph of `m`. */
void ln_emit_init(ln_emit *e, ln_model *m, ln_graph *g, ln_diag *diag);
/* What follows comes from this layer; the name is copied. */
void ln_emit_at(ln_emit *e, const char *location);
/* Records a failure unless there is one already: "LOCATION: message".  Returns -1. */
ln_id ln_emit_fail(ln_emit *e, ln_status status, const char *fmt, ...) LN_PRINTF(3, 4);
static inline bool ln_emit_ok(const ln_emit *e) { return e->status == LN_OK; }

/* ---- tensors ---- */

/* A new graph input. */
ln_id ln_emit_input(ln_emit *e, const char *name, TfLiteType type, const ln_shape *shape);
/* Makes a tensor the next output of the graph. */
void ln_emit_output(ln_emit *e, ln_id id);
/* A constant of `bytes` bytes; copied, or, when not `copy`, used in place as long as the model. */
ln_id ln_emit_constant(ln_emit *e, TfLiteType type, const ln_shape *shape, const void *data,
                       size_t bytes, bool copy);
ln_id ln_emit_ints(ln_emit *e, int n, const int *values);     /* int32 [n] */
ln_id ln_emit_floats(ln_emit *e, int n, const float *values); /* float32 [n] */
ln_id ln_emit_int(ln_emit *e, int value);                     /* int32 scalar */
ln_id ln_emit_float(ln_emit *e, float value);                 /* float32 scalar */
/* A scalar of any numeric type (bool, integers, floats) with this value. */
ln_id ln_emit_number(ln_emit *e, TfLiteType type, double value);
/* Strings as a string tensor: `lengths[i]` bytes at `texts[i]`. */
ln_id ln_emit_strings(ln_emit *e, const ln_shape *shape, const char *const *texts,
                      const size_t *lengths, int n);

/* The tensor itself, for a look: the pointer is good until the next one is added. */
const TfLiteTensor *ln_emit_tensor(const ln_emit *e, ln_id id);
/* Rank -1 where nothing is known. */
ln_shape ln_emit_shape(const ln_emit *e, ln_id id);
TfLiteType ln_emit_type(const ln_emit *e, ln_id id);
/* True when its value is a constant. */
bool ln_emit_known(const ln_emit *e, ln_id id);
/* The items of a constant int32 or int64 (or bool) tensor, at most `max`; false when it is no such
 * thing. */
bool ln_emit_read_ints(const ln_emit *e, ln_id id, int max, int *values, int *n);
/* The value of a constant number of one item as a double; false when it is no such thing. */
bool ln_emit_read_number(const ln_emit *e, ln_id id, double *value);

/* values.c: what is known of a small integer tensor's items though it is no constant, such as the
 * shape of something with an open batch: LN_UNKNOWN where an item is not known.  False when nothing
 * is known, not even how many there are. */
enum { LN_UNKNOWN = -2147483647 - 1 };
bool ln_emit_values(const ln_emit *e, ln_id id, int max, int *values, int *n);
/* origin.c: an open dimension is one of a tensor that no node makes, an input of the graph; id -1:
 * nothing of the kind is known. */
typedef struct ln_origin {
    ln_id id;
    int dim;
} ln_origin;
ln_origin ln_emit_origin(const ln_emit *e, ln_id id, int dim);
/* The same as ln_emit_values, and for unknown items that are an open dimension, which. */
bool ln_emit_items(const ln_emit *e, ln_id id, int max, int *values, ln_origin *from, int *n);
/* Item i is not known, but a dimension of this tensor, which some node may make. */
bool ln_emit_source(const ln_emit *e, ln_id id, int i, ln_origin *from);
/* What that says of the shape of a node's output, where an operand that is no constant holds it. */
struct ln_emit_call;
bool ln_emit_known_dims(const ln_emit *e, const struct ln_emit_call *call, ln_shape *shape);

/* ---- nodes ---- */

typedef struct ln_emit_call {
    const ln_op *op;
    const void *params;     /* op->params_size bytes, copied; NULL: the schema's defaults */
    const ln_id *in;        /* -1: an optional input that is absent */
    int n_in, n_out;
    const ln_made *hints;   /* n_out of them, taken where infer does not know: for ops that cannot
                               tell (READ_VARIABLE, control flow, custom); may be NULL */
    const TfLiteTensor *like; /* n_out of them: types and quantization of what is given, for
                               quantized nodes, which are not folded; may be NULL */
    const char *custom;     /* a custom op's name; then `op` may be NULL, and hints are needed */
    const void *options;    /* its options, copied */
    size_t n_options;
} ln_emit_call;

/* Adds a node, or constants when the node can be folded; out[i] are the results' ids. */
bool ln_emit_node(ln_emit *e, const ln_emit_call *call, ln_id *out);

/* What the node would give, by its op; call->params must be there.  Adds nothing. */
bool ln_emit_infer(ln_emit *e, const ln_emit_call *call, ln_made *made);

/* Nodes with one output. */
ln_id ln_emit_unary(ln_emit *e, const ln_op *op, const void *params, ln_id x);
ln_id ln_emit_binary(ln_emit *e, const ln_op *op, const void *params, ln_id a, ln_id b);
ln_id ln_emit_nary(ln_emit *e, const ln_op *op, const void *params, int n, const ln_id *in);

/* ---- common.c: what every importer needs; each returns `x` where it would do nothing ---- */

ln_id ln_emit_reshape(ln_emit *e, ln_id x, const ln_shape *shape); /* one dim may be -1 */
ln_id ln_emit_transpose(ln_emit *e, ln_id x, int rank, const int *perm);
ln_id ln_emit_cast(ln_emit *e, ln_id x, TfLiteType type);
ln_id ln_emit_expand_dims(ln_emit *e, ln_id x, int axis);
/* Drops the dimensions whose bit is set in `axes` (of the input's rank). */
ln_id ln_emit_squeeze(ln_emit *e, ln_id x, unsigned axes);
/* SLICE by constants; size -1: to the end. */
ln_id ln_emit_slice(ln_emit *e, ln_id x, int rank, const int *begin, const int *size);
/* PAD with zeros; before[i], after[i] >= 0. */
ln_id ln_emit_pad(ln_emit *e, ln_id x, int rank, const int *before, const int *after);
/* PADV2 with a scalar of the input's type; -1: PAD with zeros. */
ln_id ln_emit_pad_value(ln_emit *e, ln_id x, int rank, const int *before, const int *after,
                        ln_id value);
ln_id ln_emit_concat(ln_emit *e, int n, const ln_id *in, int axis);
ln_id ln_emit_gather(ln_emit *e, ln_id x, ln_id indices, int axis);
/* SUM, MEAN, REDUCE_MAX ...: `op` over axes. */
ln_id ln_emit_reduce(ln_emit *e, const ln_op *op, ln_id x, int n, const int *axes, bool keep_dims);
/* The shape of x as int32 [rank]; a constant where all of it is known. */
ln_id ln_emit_shape_of(ln_emit *e, ln_id x);
/* One of its dimensions, an int32 scalar; a constant where it is known. */
ln_id ln_emit_dim(ln_emit *e, ln_id x, int axis);
/* 0, 1 ... below `limit`, an int32 scalar. */
ln_id ln_emit_range(ln_emit *e, ln_id limit);
/* |x|; of int64, which ABS of TensorFlow's runtime does not take, by MAXIMUM and NEG. */
ln_id ln_emit_abs(ln_emit *e, ln_id x);
/* NULL for none: the op of an activation (RELU, RELU6, RELU_N1_TO_1, TANH, SIGN_BIT has none). */
const ln_op *ln_emit_activation_op(TfLiteFusedActivation activation);

/* einsum.c: "abc,cd->abd" of one or two operands, without diagonals. */
ln_id ln_emit_einsum(ln_emit *e, const char *equation, int n, const ln_id *in);

/* scatter.c: x with updates [.., rest..] at index vectors [.., k], which are about its first k
 * dimensions and not negative: put there, or combined with what is there.  Of updates of one place
 * all count, for LAST the last. */
typedef enum ln_scatter {
    LN_SCATTER_LAST,
    LN_SCATTER_ADD,
    LN_SCATTER_SUB,
    LN_SCATTER_MUL,
    LN_SCATTER_DIV,
    LN_SCATTER_MIN,
    LN_SCATTER_MAX,
} ln_scatter;
ln_id ln_emit_scatter(ln_emit *e, ln_scatter how, ln_id x, ln_id at, ln_id updates);

/* ---- fold.c ---- */

/* Evaluates a node by its op's reference, if it is pure and its inputs are constants: then out[i]
 * are new constants and true is returned. */
bool ln_emit_fold(ln_emit *e, const ln_emit_call *call, const ln_made *made, ln_id *out);

/* ---- finish.c ---- */

/* A signature of the graph: names[i] belongs to input (output) i. */
ln_status ln_emit_signature(ln_model *m, int graph, const char *key, const char *const *inputs,
                            const char *const *outputs) LN_MUST_USE;
/* Turns open dimensions into signatures, for all graphs; the model can then be written. */
ln_status ln_emit_finish(ln_model *m) LN_MUST_USE;
/* The reverse, for a model that was read and will be edited: open dimensions are -1 again. */
ln_status ln_emit_reopen(ln_model *m) LN_MUST_USE;

#endif
