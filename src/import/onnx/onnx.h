/* SPDX-License-Identifier: Apache-2.0 */
/* onnx/: ONNX models, opset 7 and later.
 *
 *   read.c      the file -> protobuf messages, in the model's own memory
 *   tensor.c    initializers and tensors in attributes -> constants
 *   graph.c     scopes of names; graphs, nodes and functions in order
 *   value.c     what order a tensor's dimensions have, and bringing tensors to another one
 *   table.c     the table from ONNX's operators to the functions that emit ours, by rows.def
 *   all others  those functions, a file per family
 *
 * ONNX's images are [n, c, h, w], TFLite's [n, h, w, c].  So a value is a tensor together with its
 * layout: stored dimension i is dimension at.dim[i] of what ONNX means.  A Transpose only changes
 * the layout; a convolution asks for channels last and gives channels last; elementwise operators,
 * reductions, concatenations and the like work in the layout that they find, their axes translated.
 * Only where the order itself matters (Reshape, MatMul, outputs) a tensor is transposed.
 *
 * float16, bfloat16 and double are computed as float32; inputs and outputs keep their types. */
#ifndef LN_IMPORT_ONNX_ONNX_H
#define LN_IMPORT_ONNX_ONNX_H

#include <onnx.pb-c.h>

#include "emit/emit.h"
#include "import/import.h"
#include "ops/list.h"

/* ONNX's element types. */
enum {
    LN_OX_FLOAT = 1,
    LN_OX_UINT8,
    LN_OX_INT8,
    LN_OX_UINT16,
    LN_OX_INT16,
    LN_OX_INT32,
    LN_OX_INT64,
    LN_OX_STRING,
    LN_OX_BOOL,
    LN_OX_FLOAT16,
    LN_OX_DOUBLE,
    LN_OX_UINT32,
    LN_OX_UINT64,
    LN_OX_BFLOAT16 = 16,
    LN_OX_FLOAT8E4M3FN,
    LN_OX_FLOAT8E4M3FNUZ,
    LN_OX_FLOAT8E5M2,
    LN_OX_FLOAT8E5M2FNUZ,
    LN_OX_UINT4,
    LN_OX_INT4,
    LN_OX_FLOAT4E2M1,
    LN_OX_FLOAT8E8M0,
    LN_OX_UINT2,
    LN_OX_INT2,
};

typedef struct ln_ox_layout {
    int rank;
    int8_t dim[LN_MAX_RANK]; /* stored dimension i holds dimension dim[i] */
} ln_ox_layout;

enum { LN_OX_ALTS = 3 };

/* What a name stands for.  Where `q` is not -1 it is the tensor of integers that this value was
 * dequantized from, in the same layout; then `id` may still be -1 (ln_ox_id makes it).  `integer`:
 * the value is those integers themselves. */
typedef struct ln_ox_value {
    ln_id id, q;
    bool integer, was_unsigned; /* was_unsigned: uint8 in the file, int8 here */
    ln_ox_layout at;
    struct {
        ln_ox_layout at;
        ln_id id;
    } alts[LN_OX_ALTS]; /* the same in other layouts, as far as they were asked for */
    int n_alts;
    struct ln_ox_value **items; /* of a sequence, which has no tensor; NULL: it is none */
    int n_items;
    bool absent; /* an optional value that is not there */
    const Onnx__NodeProto *done[3]; /* nodes behind, in order, whose effect is in here already */
    int n_done;
} ln_ox_value;

typedef struct ln_ox ln_ox;
typedef struct ln_ox_node ln_ox_node;

/* A name within a scope. */
typedef struct ln_ox_name {
    const char *name;
    ln_ox_value *value;       /* NULL until it is made */
    const Onnx__TensorProto *initializer; /* becomes a value when it is first used */
    const Onnx__SparseTensorProto *sparse;
    const Onnx__TypeProto *type; /* what the file says of it; NULL: nothing */
    const Onnx__NodeProto *maker, *user; /* the node that makes it; the last one that uses it */
    int uses;                 /* by nodes, inner graphs included, and as outputs */
    bool output;              /* of the graph */
} ln_ox_name;

typedef struct ln_ox_scope {
    struct ln_ox_scope *parent; /* what names that are not here mean; NULL for functions */
    const ln_ox_node *call;     /* the node whose function this is, for its attributes */
    const Onnx__FunctionProto *function;
    ln_ox_name *names;          /* open addressing, `capacity` a power of two */
    size_t capacity, n;
    int opset, microsoft_opset;
} ln_ox_scope;

typedef void ln_ox_fn(ln_ox *o, const ln_ox_node *n);

/* A row of the table. */
typedef struct ln_ox_row {
    const char *domain, *op;
    ln_ox_fn *fn;       /* NULL: cannot be converted, for the reason `note` */
    const ln_op *to;    /* for functions that serve several operators */
    int arg;            /* likewise */
    ln_fate fate;
    int since;          /* the oldest opset whose form is read */
    const char *note;   /* limits, for the documentation */
} ln_ox_row;

struct ln_ox_node {
    const Onnx__NodeProto *p;
    const ln_ox_row *row;
    ln_ox_scope *scope;
    int opset;
};

struct ln_ox {
    ln_emit e;          /* into the graph that is being made */
    ln_model *m;
    ln_diag *diag;
    const ln_alloc *alloc;
    const Onnx__ModelProto *proto;
    const ln_import_options *options;
    ln_report *report;
    ln_ox_scope *scope;
    struct ln_ox_files *files; /* external data */
    const ln_file *file;       /* the model's own; NULL: it is in memory */
    size_t read;               /* bytes of constants, since pages were last given back */
    int depth, n_nodes;        /* inlined functions and unrolled loops: both have limits */
    bool *surveyed;            /* per function */
    ln_id *sources;            /* per tensor: what it was dequantized from, plus 1; 0: nothing */
    size_t n_sources;
};

static inline bool ln_ox_ok(const ln_ox *o) { return ln_emit_ok(&o->e); }
#define LN_OX_FAIL(o, ...) ((void)ln_emit_fail(&(o)->e, LN_ERR_UNSUPPORTED, __VA_ARGS__))

/* ---- onnx.c ---- */

/* ln_import_onnx of bytes that live as long as the model; `path` says where external data is;
 * `file`: what they are mapped from, or NULL. */
ln_status ln_ox_import(ln_model **out, const char *path, ln_bytes bytes, const ln_file *file,
                       const ln_import_options *options, ln_report *report,
                       ln_diag *diag) LN_MUST_USE;

/* ---- read.c ---- */

/* The file's messages, in the arena of `m`; large constants stay in `bytes`. */
ln_status ln_ox_read(ln_model *m, const char *path, ln_bytes bytes, Onnx__ModelProto **out,
                     ln_diag *diag) LN_MUST_USE;
/* `n` bytes from `offset` of the file `name` beside the model, SIZE_MAX: to the end; mapped, and
 * kept as long as the model.  NULL after a failure. */
const uint8_t *ln_ox_external(ln_ox *o, const char *name, size_t offset, size_t *n);
ln_status ln_ox_files_open(ln_ox *o, const char *path) LN_MUST_USE;
/* The model's own file is closed with the model. */
void ln_ox_files_keep(ln_model *m, const ln_file *model);
/* Constants of n bytes were read: now and then what was read before leaves memory, for most of it
 * has been laid out anew. */
void ln_ox_files_read(ln_ox *o, size_t n);

/* ---- tensor.c ---- */

/* The type of ours that computes for one of ONNX's; kTfLiteNoType when there is none. */
TfLiteType ln_ox_type(int elem);
/* The same where it is stored or passed (float16 stays float16). */
TfLiteType ln_ox_border_type(int elem);
const char *ln_ox_type_name(int elem);
/* A constant of a computing type; -1 after a failure. */
ln_id ln_ox_tensor(ln_ox *o, const Onnx__TensorProto *t);
ln_id ln_ox_sparse(ln_ox *o, const Onnx__SparseTensorProto *t);

/* narrow.c: what the bits of a float of 4 or 8 bits mean. */
float ln_ox_narrow_value(int elem, unsigned bits);

/* ---- table.c ---- */

/* NULL when there is none. */
const ln_ox_row *ln_ox_find(const char *domain, const char *op);
const ln_ox_row *ln_ox_row_at(int i);

/* ---- graph.c ---- */

/* Translates nodes in order. */
void ln_ox_nodes(ln_ox *o, size_t n, Onnx__NodeProto *const *nodes);
/* An inner graph in a scope of its own, its inputs given; the values of its outputs go to `out`. */
void ln_ox_inline(ln_ox *o, const Onnx__GraphProto *g, int n_in, ln_ox_value *const *in, int n_out,
                  ln_ox_value **out);
/* Says everything that will become of the model's operators. */
ln_status ln_ox_survey(ln_ox *o) LN_MUST_USE;
void ln_ox_main(ln_ox *o);
/* A node that copies, for outputs that are constants, inputs or other outputs too. */
ln_id ln_ox_copied(ln_ox *o, ln_id id);
bool ln_ox_is_in(const TfLiteIntArray *ids, ln_id id);
/* The opset version of a domain ("" is ONNX's own). */
int ln_ox_opset(const ln_ox *o, const char *domain);

/* "Relu", or with another domain "com.example:Thing". */
void ln_ox_full_name(const Onnx__NodeProto *p, char *text, size_t room);

/* foreign.c: a node without a row, by a function of the program or as a custom operator. */
void ln_ox_foreign(ln_ox *o, const ln_ox_node *n, const char *full_name);

/* scope.c */
ln_ox_scope *ln_ox_scope_new(ln_ox *o, ln_ox_scope *parent);
/* The entry of a name in this very scope, made if there is none; NULL after a failure. */
ln_ox_name *ln_ox_name_in(ln_ox *o, ln_ox_scope *s, const char *name);
/* The entry in this scope or those around it; NULL when there is none. */
ln_ox_name *ln_ox_lookup(const ln_ox_scope *s, const char *name);
/* What a graph's names are used for. */
void ln_ox_scope_fill(ln_ox *o, ln_ox_scope *s, const Onnx__GraphProto *g);
void ln_ox_scope_uses(ln_ox *o, ln_ox_scope *s, size_t n, Onnx__NodeProto *const *nodes);
/* The value of a name, made if it is an initializer; NULL after a failure. */
ln_ox_value *ln_ox_resolve(ln_ox *o, const char *name);

/* ---- node.c: a node's operands and attributes ---- */

int ln_ox_n_in(const ln_ox_node *n);
int ln_ox_n_out(const ln_ox_node *n);
bool ln_ox_has_in(const ln_ox_node *n, int i);
bool ln_ox_has_out(const ln_ox_node *n, int i);
/* Input i, a tensor; NULL when it is absent, or after a failure. */
ln_ox_value *ln_ox_in(ln_ox *o, const ln_ox_node *n, int i);
/* The same, which may be a sequence. */
ln_ox_value *ln_ox_in_any(ln_ox *o, const ln_ox_node *n, int i);
/* The tensor in ONNX's order; -1 when it is absent, or after a failure. */
ln_id ln_ox_in_id(ln_ox *o, const ln_ox_node *n, int i);
/* Output i is this tensor, in ONNX's order, or in a layout. */
void ln_ox_out(ln_ox *o, const ln_ox_node *n, int i, ln_id id);
void ln_ox_out_at(ln_ox *o, const ln_ox_node *n, int i, ln_id id, const ln_ox_layout *at);
void ln_ox_out_value(ln_ox *o, const ln_ox_node *n, int i, ln_ox_value *v);
/* How many use output i. */
int ln_ox_uses(const ln_ox_node *n, int i);
/* The node that alone uses output i, and it is of that operator; NULL otherwise. */
const Onnx__NodeProto *ln_ox_only_user(const ln_ox_node *n, int i, const char *op);

const Onnx__AttributeProto *ln_ox_attr(const ln_ox_node *n, const char *name);
bool ln_ox_has(const ln_ox_node *n, const char *name);
int ln_ox_int(const ln_ox_node *n, const char *name, int fallback);
float ln_ox_float(const ln_ox_node *n, const char *name, float fallback);
/* Up to `max` items; -1 when there is no such attribute, or it has more. */
int ln_ox_ints(const ln_ox_node *n, const char *name, int max, int *values);
int ln_ox_floats(const ln_ox_node *n, const char *name, int max, float *values);
/* Compares a string attribute. */
bool ln_ox_is(const ln_ox_node *n, const char *name, const char *value, const char *fallback);
/* Input i as constant ints; false, with a failure, when it is not constant. */
bool ln_ox_const_ints(ln_ox *o, const ln_ox_node *n, int i, int max, int *values, int *count);
/* Axes in an attribute up to some opset, then in input `i`; brought to [0, rank).  -1: not given;
 * false after a failure. */
bool ln_ox_axes(ln_ox *o, const ln_ox_node *n, int i, int rank, int *axes, int *count);
/* An axis attribute, brought to [0, rank). */
bool ln_ox_axis(ln_ox *o, const ln_ox_node *n, int fallback, int rank, int *axis);

/* ---- value.c ---- */

ln_ox_layout ln_ox_plain_layout(int rank);
/* [0, 2, 3, ..., 1] */
ln_ox_layout ln_ox_channels_last(int rank);
bool ln_ox_same_layout(const ln_ox_layout *a, const ln_ox_layout *b);
/* Where dimension `axis` is stored. */
int ln_ox_at(const ln_ox_layout *at, int axis);
ln_ox_value *ln_ox_value_new(ln_ox *o, ln_id id, const ln_ox_layout *at);
/* The tensor, in the value's own layout. */
ln_id ln_ox_id(ln_ox *o, ln_ox_value *v);
/* The shape in ONNX's order; rank -1 where not even that is known. */
ln_shape ln_ox_shape(const ln_ox *o, const ln_ox_value *v);
int ln_ox_rank(const ln_ox *o, const ln_ox_value *v);
/* True when it is a constant, or made of constant integers. */
bool ln_ox_is_constant(const ln_ox *o, const ln_ox_value *v);
TfLiteType ln_ox_value_type(const ln_ox *o, const ln_ox_value *v);
/* The tensor in a layout of its rank; in ONNX's order. */
ln_id ln_ox_as(ln_ox *o, ln_ox_value *v, const ln_ox_layout *to);
ln_id ln_ox_plain(ln_ox *o, ln_ox_value *v);
/* The items in ONNX's order, in whatever shape: for whoever reshapes anyway. */
ln_id ln_ox_flat(ln_ox *o, ln_ox_value *v);
ln_id ln_ox_relayout(ln_ox *o, ln_id id, const ln_ox_layout *from, const ln_ox_layout *to);
/* Brings n values that broadcast with each other into one layout: that in which the fewest items
 * must be moved. */
void ln_ox_align(ln_ox *o, int n, ln_ox_value *const *v, ln_id *ids, ln_ox_layout *at);
/* A value that broadcasts against `rank` dimensions stored in layout `to`. */
ln_id ln_ox_broadcast_as(ln_ox *o, ln_ox_value *v, const ln_ox_layout *to);
/* Layout of the same dimensions without those of `axes`. */
ln_ox_layout ln_ox_drop_axes(const ln_ox_layout *at, unsigned axes);

/* ---- quantized.c ---- */

/* The tensor of a value that has only its integers so far. */
ln_id ln_ox_dequantized(ln_ox *o, const ln_ox_value *v);
/* Weights [k, w, c] as [k, 1, w, c], and the integers that they are made of. */
ln_id ln_ox_with_height(ln_ox *o, ln_id weights);
/* Integers in another layout, with their scales. */
ln_id ln_ox_relayout_quantized(ln_ox *o, ln_id q, const ln_ox_layout *from, const ln_ox_layout *to);
/* moved.c: a node that moves integers which have a scale; false when it is none. */
bool ln_ox_moved(ln_ox *o, const ln_ox_node *n);
/* What a tensor was dequantized from; -1: from nothing. */
ln_id ln_ox_source(const ln_ox *o, ln_id id);

/* ---- op.c: emitting, short forms ---- */

/* The node, one of the last, that makes x as its only output; NULL when there is none.  Good until
 * the next node is added. */
const ln_node *ln_ox_maker(const ln_ox *o, ln_id x);
ln_id ln_ox_add(ln_ox *o, ln_id a, ln_id b);
ln_id ln_ox_sub(ln_ox *o, ln_id a, ln_id b);
ln_id ln_ox_mul(ln_ox *o, ln_id a, ln_id b);
ln_id ln_ox_div(ln_ox *o, ln_id a, ln_id b);
ln_id ln_ox_op1(ln_ox *o, const ln_op *op, ln_id x);
ln_id ln_ox_op2(ln_ox *o, const ln_op *op, ln_id a, ln_id b);
/* A number of the type of x. */
ln_id ln_ox_like(ln_ox *o, ln_id x, double value);
/* Integers that no arithmetic takes as the next wider type that it does; others unchanged. */
ln_id ln_ox_widen(ln_ox *o, ln_id x);
ln_id ln_ox_select(ln_ox *o, ln_id condition, ln_id a, ln_id b);
ln_id ln_ox_int32(ln_ox *o, ln_id x);
/* The same bits as another type; x stays where it is that type. */
ln_id ln_ox_as_type(ln_ox *o, ln_id x, TfLiteType type);
ln_id ln_ox_reshape(ln_ox *o, ln_id x, int rank, const int *dims);
ln_id ln_ox_strided_slice(ln_ox *o, ln_id x, int rank, const int *begin, const int *end,
                          const int *step, int end_mask);

#endif
