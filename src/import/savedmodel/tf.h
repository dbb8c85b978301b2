/* SPDX-License-Identifier: Apache-2.0 */
/* savedmodel/: TensorFlow's SavedModel and frozen graphs.
 *
 *   savedmodel.c  the two entry points: what is imported, one graph per signature
 *   open.c        saved_model.pb: the MetaGraph, its functions and operators
 *   restore.c     which value of the checkpoint belongs to which variable
 *   graph.c       nodes with their inputs resolved; which are needed, and in what order
 *   scope.c       one call of a function: nodes -> values, by the rows
 *   rows.c        the mapping table: families of rows in map_*.c, by the operator's name
 *   attr.c, tensor.c   attributes and TensorProto
 *   raise.c, raise_build.c  control flow of TensorFlow 1 -> If and While
 *   control.c, lists.c, arrays.c, variables.c, tables.c, text_table.c   what is not a mere operator
 *   implements.c, composite.c   functions that one operator stands for
 *   flex.c        operators that stay TensorFlow's: Select-TF and custom ones
 *   op_outputs.c  what operators give that the file does not list
 *   bundle.c, slices.c, names.c        checkpoints
 *
 * tf.h: what these files share.
 *
 * Functions are translated each time that they are called, into the graph of the caller: that
 * inlines them.  Values that only exist while importing (a variable's handle, a table, a list of
 * tensors) go through calls like tensors do. */
#ifndef LN_IMPORT_SAVEDMODEL_TF_H
#define LN_IMPORT_SAVEDMODEL_TF_H

#include "emit/emit.h"
#include "import/import.h"
#include "import/savedmodel/bundle.h"
#include "import/savedmodel/names.h"
#include "ops/list.h"
#include <tensorflow.pb-c.h>

enum { LN_TF_MAX_DEPTH = 48, LN_TF_MAX_NODES = 2000000 };

typedef enum ln_tf_kind {
    LN_TF_NONE, /* no value: of a node that is not needed, or of control flow */
    LN_TF_TENSOR,
    LN_TF_VARIABLE, /* its handle */
    LN_TF_TABLE,    /* a hash table's handle */
    LN_TF_LIST,     /* a TensorList, as one tensor with the items along axis 0 */
} ln_tf_kind;

/* Which side of a Switch a value belongs to; see switch.c. */
typedef struct ln_tf_branch {
    ln_id condition;
    bool side;
    int depth;
    const struct ln_tf_branch *outer;
} ln_tf_branch;

typedef struct ln_tf_value {
    ln_tf_kind kind;
    const ln_tf_branch *branch; /* NULL: it is there in any case */
    ln_id id;     /* tensor; of a list -1 while it has no items whose shape is known */
    int object;   /* number of the variable or table */
    ln_made item; /* of a list: what one item is */
    ln_id length; /* of a list without a tensor: how many items, int32 scalar */
} ln_tf_value;

/* Where an input comes from: output `out` of node `node`, or argument -1 - node; out -1: control.
 */
typedef struct ln_tf_ref {
    int node, out;
} ln_tf_ref;

typedef struct ln_tf_node {
    const Tf__NodeDef *def;
    const struct ln_tf_row *row; /* NULL: not in the table */
    ln_tf_ref *in;               /* n_in values, then control inputs */
    int n_in, n_all;
    int mark;       /* see graph.c */
    size_t finding; /* its number in the report, plus 1 */
} ln_tf_node;

typedef struct ln_tf_graph {
    const char *name;
    const Tf__FunctionDef *fn; /* NULL: the main graph */
    ln_tf_node *nodes;
    int n_nodes, n_args, n_ret;
    ln_names index; /* names of nodes */
    ln_names args;
    ln_tf_ref *ret;
    int *order, n_order; /* the needed nodes, inputs first */
    bool ready, busy, broken, effects, surveyed;
} ln_tf_graph;

typedef struct ln_tf_variable {
    const char *name;  /* shared name */
    const char *key;   /* in the checkpoint; NULL: none is known */
    const char *slice; /* which part of what is there; "": all */
    TfLiteType type;
    ln_shape shape;
    bool kept;             /* something assigns to it: it stays a variable */
    const ln_graph *graph; /* the graph that has its value as constant `id` */
    ln_id id;
    const ln_graph *handle_graph; /* the graph that has its handle as `handle` */
    ln_id handle;
} ln_tf_variable;

typedef struct ln_tf_table {
    const char *name;
    int id;
    TfLiteType key_type, value_type;
    const Tf__Tensor *keys, *values; /* NULL: not initialized */
} ln_tf_table;

typedef struct ln_tf {
    const ln_import_options *o;
    ln_report *report;
    ln_diag *diag;
    const ln_alloc *alloc;
    ln_arena *arena; /* of the source: gone when the model is made, but where it `lends` */
    bool lends;      /* large constants of the model lie in it */
    ln_bundle bundle;
    size_t read; /* bytes of it, since it was told to forget what was */
    const char *folder;        /* of a SavedModel; NULL: it came as bytes */
    const Tf__MetaGraph *meta; /* NULL: a frozen graph */
    const Tf__GraphDef *def;
    ln_tf_graph main;
    ln_tf_graph *functions; /* of the library */
    ln_names function_names, op_names, rows, variable_names, table_names;
    Tf__OpDef **told; /* see op_outputs.c */
    ln_names restored;           /* variable's node -> number in `keys` */
    const char **keys, **slices; /* in the checkpoint; "": all of it */
    int n_keys;
    ln_tf_variable *variables;
    ln_tf_table *tables;
    int n_variables, n_tables;
    ln_model *m;
    int budget;                     /* nodes that may still be translated */
    int raising;                    /* ... and be looked at to raise control flow */
    int n_functions, max_functions; /* of the library, with those that are raised */
    int depth;
    bool again;      /* a variable turned out to be assigned to: translate anew */
    int init_graph;  /* initializes variables and tables; -1: none */
    bool uses_state; /* the graph being made has variables or tables */
} ln_tf;

typedef struct ln_tf_scope {
    ln_tf *tf;
    ln_emit *e;
    const ln_tf_graph *g;
    const ln_tf_value *args;
    int n_args;
    ln_tf_value **values; /* by node */
    int *n_values;
} ln_tf_scope;

/* One node while it is translated: `make` reads `in` and sets `out`. */
typedef struct ln_tf_op {
    ln_tf *tf;
    const ln_tf_scope *scope;
    ln_emit *e;
    const ln_tf_node *node;
    const ln_tf_value *in;
    ln_tf_value *out;
    int n_in, n_out, room; /* of `out` */
    bool joined;           /* the outputs say themselves which branch they are of */
} ln_tf_op;

typedef void ln_tf_make(ln_tf_op *op);

enum {
    LN_TF_EFFECT = 1,    /* changes something beyond its outputs */
    LN_TF_SEVERAL = 2,   /* becomes several operators, or none */
    LN_TF_FUNCTIONS = 4, /* runs functions that its attributes name */
    LN_TF_WIDE_8 = 8,    /* computes integers of 8 bits as int32 */
    LN_TF_WIDE_16 = 16,  /* ... of 16 bits */
    LN_TF_WIDE = 24,
};

typedef struct ln_tf_row {
    const char *name;
    ln_tf_make *make;
    const ln_op *to;
    unsigned flags;
} ln_tf_row;

/* ---- open.c ---- */

/* Reads PATH/saved_model.pb, or a GraphDef.  Everything is in tf->arena. */
ln_status ln_tf_open_saved_model(ln_tf *tf, const char *folder) LN_MUST_USE;
ln_status ln_tf_open_graph_def(ln_tf *tf, const char *path) LN_MUST_USE;
/* saved_model.pb from memory, without a checkpoint. */
ln_status ln_tf_open_bytes(ln_tf *tf, const uint8_t *data, size_t n) LN_MUST_USE;
ln_status ln_tf_open_graph_bytes(ln_tf *tf, const uint8_t *data, size_t n) LN_MUST_USE;
/* What the file says of an operator, or what is known of it; NULL: neither. */
const Tf__OpDef *ln_tf_op_def(const ln_tf *tf, const char *op);
/* op_outputs.c: the outputs of TensorFlow's own operators. */
bool ln_tf_told_init(ln_tf *tf) LN_MUST_USE;
const Tf__OpDef *ln_tf_told(const ln_tf *tf, const char *op);
/* restore.c: finds out by the graph that restores a checkpoint what belongs to which variable. */
ln_status ln_tf_read_restore(ln_tf *tf) LN_MUST_USE;

/* savedmodel.c: as ln_import_saved_model, of the bytes of saved_model.pb. */
ln_status ln_tf_import_bytes(ln_model **out, const uint8_t *data, size_t n,
                             const ln_import_options *o, ln_report *report, const ln_alloc *alloc,
                             ln_diag *diag) LN_MUST_USE;

/* As ln_import_graph_def, of the bytes of the file. */
ln_status ln_tf_import_frozen_bytes(ln_model **out, const uint8_t *data, size_t n,
                                    const ln_import_options *o, ln_report *report,
                                    const ln_alloc *alloc, ln_diag *diag) LN_MUST_USE;

/* ---- graph.c ---- */

ln_status ln_tf_index_main(ln_tf *tf) LN_MUST_USE;
/* The function, with its needed nodes in order; NULL with a message when there is none. */
ln_tf_graph *ln_tf_function(ln_tf *tf, const char *name);
/* "node:1", "node:out:1", "^node", "arg" */
ln_status ln_tf_resolve(ln_tf *tf, const ln_tf_graph *g, const char *text,
                        ln_tf_ref *ref) LN_MUST_USE;
/* Marks what these values need, and orders it. */
ln_status ln_tf_need(ln_tf *tf, ln_tf_graph *g, const ln_tf_ref *roots, int n) LN_MUST_USE;
/* Adds all needed nodes, of called functions too, to the report. */
ln_status ln_tf_survey(ln_tf *tf, ln_tf_graph *g) LN_MUST_USE;

/* ---- raise.c ---- */

/* How many loops and conditions of TensorFlow 1 there may be among these nodes. */
int ln_tf_raise_count(Tf__NodeDef *const *defs, size_t n);
/* Makes If and While of them; `room` is how many nodes the graph has space for. */
ln_status ln_tf_raise_control(ln_tf *tf, ln_tf_graph *g, int room) LN_MUST_USE;

/* ---- scope.c ---- */

ln_status ln_tf_scope_open(ln_tf_scope *s, ln_tf *tf, ln_emit *e, const ln_tf_graph *g,
                           const ln_tf_value *args, int n_args) LN_MUST_USE;
/* Translates the needed nodes that have no values yet. */
bool ln_tf_scope_run(ln_tf_scope *s);
ln_tf_value ln_tf_scope_get(const ln_tf_scope *s, ln_tf_ref ref);
bool ln_tf_scope_set(ln_tf_scope *s, int node, const ln_tf_value *values, int n);
/* The node as a call of a function, or as the operator that stands for it. */
void ln_tf_call_function(ln_tf_op *op, const ln_tf_graph *g);
/* Calls a function: out[i] are its n_ret results. */
bool ln_tf_call(ln_tf *tf, ln_emit *e, const ln_tf_graph *g, const ln_tf_value *args, int n_args,
                ln_tf_value *out);

/* Input i as a tensor; -1 and a failure when it is something else. */
ln_id ln_tf_in(ln_tf_op *op, int i);
void ln_tf_out(ln_tf_op *op, int i, ln_id id);
void ln_tf_give(ln_tf_op *op, int i, ln_tf_value value);
/* For rows: the operator `to` of the inputs as they are, without parameters. */
void ln_tf_same(ln_tf_op *op);
/* Input i as constant integers, at most `max`; a failure when it is none. */
bool ln_tf_ints(ln_tf_op *op, int i, int max, int *values, int *n);
/* Input i, a constant axis of input `of`, brought to [0, rank). */
bool ln_tf_axis(ln_tf_op *op, int i, int of, int *axis);
/* The same constant in another graph. */
ln_id ln_tf_share(ln_emit *e, const ln_graph *from, ln_id id);

/* ---- attr.c ---- */

const Tf__AttrValue *ln_tf_attr(const ln_tf_op *op, const char *name);
const Tf__AttrValue *ln_tf_attr_of(const Tf__NodeDef *def, const char *name);
int64_t ln_tf_attr_int(const ln_tf_op *op, const char *name, int64_t fallback);
float ln_tf_attr_float(const ln_tf_op *op, const char *name, float fallback);
bool ln_tf_attr_bool(const ln_tf_op *op, const char *name, bool fallback);
TfLiteType ln_tf_attr_type(const ln_tf_op *op, const char *name);
/* The bytes of a text attribute as a zero-terminated string, "" where it is missing. */
const char *ln_tf_attr_text(const ln_tf_op *op, const char *name);
bool ln_tf_attr_is(const ln_tf_op *op, const char *name, const char *text);
/* At most `max` integers; -1: no such attribute, or more. */
int ln_tf_attr_ints(const ln_tf_op *op, const char *name, int max, int *values);
/* The function that an attribute names; NULL with a failure. */
ln_tf_graph *ln_tf_attr_function(const ln_tf_op *op, const char *name);
/* What TensorFlow recorded of output i. */
ln_made ln_tf_hint(const ln_tf_op *op, int i);
ln_shape ln_tf_shape(const Tf__TensorShape *shape);
/* kTfLiteNoType where there is no such type; references are what they refer to. */
TfLiteType ln_tf_type(int dtype);

/* ---- tensor.c ---- */

ln_id ln_tf_constant(ln_tf *tf, ln_emit *e, const Tf__Tensor *t);
/* A constant from bytes of a checkpoint. */
ln_id ln_tf_stored(ln_tf *tf, ln_emit *e, const ln_bundle_tensor *t);

/* ---- rows.c ---- */

ln_status ln_tf_rows(ln_tf *tf) LN_MUST_USE;
const ln_tf_row *ln_tf_row_of(const ln_tf *tf, const char *op);
extern const ln_tf_row ln_tf_rows_math[], ln_tf_rows_compare[], ln_tf_rows_conv[],
    ln_tf_rows_product[], ln_tf_rows_shape[], ln_tf_rows_slice[], ln_tf_rows_gather[],
    ln_tf_rows_reduce[], ln_tf_rows_image[], ln_tf_rows_search[], ln_tf_rows_flow[],
    ln_tf_rows_lists[], ln_tf_rows_variables[], ln_tf_rows_tables[], ln_tf_rows_random[],
    ln_tf_rows_matrix[], ln_tf_rows_norm[], ln_tf_rows_segment[], ln_tf_rows_switch[],
    ln_tf_rows_arrays[], ln_tf_rows_signal[], ln_tf_rows_train[], ln_tf_rows_cast[],
    ln_tf_rows_assign[], ln_tf_rows_list_parts[];

/* ---- control.c, lists.c, einsum.c ---- */

void ln_tf_if(ln_tf_op *op);
void ln_tf_case(ln_tf_op *op);
void ln_tf_while(ln_tf_op *op);
void ln_tf_ragged_to_tensor(ln_tf_op *op);
/* map_slice.c: what x gives by the begin, end and strides that are inputs 1 to 3. */
ln_id ln_tf_strided_slice(ln_tf_op *op, ln_id x);
/* gelu.c: true when the product was one, and is given. */
bool ln_tf_gelu(ln_tf_op *op);
/* implements.c: true when one operator does what the function says that it does, and is given. */
bool ln_tf_implements(ln_tf_op *op, const ln_tf_graph *g);
/* composite.c: the custom operator that the function says it is, NULL where it is none; the
 * function's call as that operator, false where it is none. */
const char *ln_tf_composite_name(const ln_tf_graph *g);
bool ln_tf_composite(ln_tf_op *op, const ln_tf_graph *g);
/* Gives a list of `length` items its tensor, of zeros.  `like` has the shape of an item where that
 * is not known; -1: there is no such tensor. */
void ln_tf_list_fill(ln_tf_op *op, ln_tf_value *list, ln_id like);
/* The list with another item at place `at`. */
ln_tf_value ln_tf_list_put(ln_tf_op *op, ln_tf_value list, ln_id at, ln_id item);
/* The list of input 0 as a tensor; -1: it has none yet, and what an item is is not told. */
ln_id ln_tf_list_in(ln_tf_op *op, const ln_made *item, ln_id like);
/* The list with zeros behind it, so that it has an item at place `at`. */
ln_id ln_tf_list_grow(ln_tf_op *op, ln_id list, ln_id at);

/* ---- variables.c, tables.c, flex.c ---- */

int ln_tf_variable_number(ln_tf *tf, const Tf__NodeDef *def);
ln_id ln_tf_variable_read(ln_tf *tf, ln_emit *e, int variable);
void ln_tf_variable_write(ln_tf *tf, ln_emit *e, int variable, ln_id value);
/* The variable that input i is the handle of; -1 and a failure when it is none. */
int ln_tf_variable_in(ln_tf_op *op, int i);
ln_status ln_tf_init_tables(ln_tf *tf, ln_emit *e) LN_MUST_USE;
/* text_table.c: what a file of the SavedModel's assets fills a table with, whose initializer is
 * `def`; `path` is the node that names the file. */
ln_status ln_tf_text_table(ln_tf *tf, ln_tf_table *table, const Tf__NodeDef *def,
                           const Tf__NodeDef *path) LN_MUST_USE;
/* The graph that gives variables and tables their first values; made when there are any. */
ln_status ln_tf_make_init(ln_tf *tf) LN_MUST_USE;
/* True when the runtime has a kernel for TensorFlow's own operator of that name. */
bool ln_tf_is_native(const char *op);
/* True when --select-tf-ops may keep it: TensorFlow has it, the file says what it gives, and no
 * function or rule of the program takes it. */
bool ln_tf_may_be_flex(const ln_tf *tf, const char *op);
/* The call of a custom operator that has a kernel here as a call of that kernel; `made` takes the
 * types and shapes that it tells.  False where there is none, or it refuses. */
bool ln_tf_native_call(ln_tf_op *op, ln_emit_call *call, ln_made *made);
/* The node by a function of the program, as an operator of TensorFlow's own, or under its own
 * name. */
void ln_tf_foreign(ln_tf_op *op);

#endif
