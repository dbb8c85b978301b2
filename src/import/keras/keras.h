/* SPDX-License-Identifier: Apache-2.0 */
/* keras/: Keras models (.keras of Keras 3, .h5 of Keras 2 and 3) -> the graph.
 *
 * archive.c (zip), hdf5.c, json.c: reading.  weights.c: where a layer's weights lie.  model.c:
 * Sequential and Functional models, call by call; arguments.c: what a call is given.  layers.def
 * lists all layers and operations, layers.c looks them up and reports; the rest are the layers, by
 * family, each a function that emits one call.
 *
 * keras.h: what all of them share.  A file is data from a stranger: sizes, counts and depths have
 * limits, and whoever reads JSON asks for a type and gets that or a default. */
#ifndef LN_IMPORT_KERAS_KERAS_H
#define LN_IMPORT_KERAS_KERAS_H

#include <cjson/cJSON.h>

#include "emit/emit.h"
#include "import/import.h"
#include "import/keras/hdf5.h"

/* ---- one import ---- */

enum { LN_KERAS_MAX_DEPTH = 24, LN_KERAS_MAX_CALLS = 100000, LN_KERAS_MAX_NAMES = 32 };

typedef struct ln_keras {
    const ln_import_options *options;
    ln_report *report;
    ln_diag *diag;
    ln_arena arena;       /* of the import */
    ln_arena scratch;     /* of one call of a layer: weights before they are laid out */
    ln_model *m;
    ln_emit e;
    ln_h5 *h5;
    bool legacy;          /* weights as an .h5 file has them: by names in groups */
    int version, release; /* of Keras: 2 or 3; 315 is 3.15 */
    bool plain_sums;      /* of a backend that adds arrays as such (core.c) */
    int calls, depth, busy;
    int n_resources;      /* tables and variables made so far */
    struct ln_archive *archive; /* of a .keras file; else NULL */
    struct ln_keras_kept *kept; /* weights that are constants already (weights.c) */
    const cJSON *root;          /* the model */
    struct ln_keras_place *places; /* of all layers, once one is looked for (shared.c) */
    int compared;                  /* of these */
    struct ln_keras_gone *gone;    /* tensors that lost their masks (arguments.c) */
} ln_keras;

/* keras.c: ln_import_keras on a file in memory. */
ln_status ln_keras_import(ln_model **out, const void *data, size_t n, const ln_import_options *o,
                          ln_report *report, const ln_alloc *alloc, ln_diag *diag) LN_MUST_USE;

/* ---- json.c: what is asked for, or `fallback` where it is absent or of another type ---- */

/* Python's JSON, which has NaN, Infinity and -Infinity too; NULL where it is none. */
cJSON *ln_json_parse(const char *text, size_t n, const ln_alloc *alloc);
const cJSON *ln_json_get(const cJSON *object, const char *key);
const char *ln_json_text(const cJSON *object, const char *key, const char *fallback);
double ln_json_number(const cJSON *object, const char *key, double fallback);
int ln_json_int(const cJSON *object, const char *key, int fallback);
bool ln_json_bool(const cJSON *object, const char *key, bool fallback);
/* A number or a list of numbers as at most `max` ints (null: -1); how many, -1 when it is neither.
 */
int ln_json_ints(const cJSON *object, const char *key, int max, int *values);
int ln_json_ints_of(const cJSON *list, int max, int *values);
/* Dictionaries, at any depth, in the order of their keys: so does Keras count what is in them. */
void ln_json_sort(cJSON *item);
/* An int from a number; false when it is none or does not fit. */
bool ln_json_is_int(const cJSON *item, int *value);
/* A number or a list (of lists ...) of numbers as floats in `arena`; count -1: it is no such thing.
 */
const float *ln_json_floats(const cJSON *item, ln_arena *arena, int *count);

/* ---- weights.c ---- */

/* Where a layer's weights lie. */
typedef struct ln_keras_scope {
    const char *path;                      /* .keras: "layers/dense" */
    const char *group;                     /* .h5: the group of the outermost layer */
    const char *names[LN_KERAS_MAX_NAMES]; /* .h5: names of the layers inside, from outside in */
    int n_names;
} ln_keras_scope;

/* Fills in a part of a layer: `attribute` as .keras names it, `name` as .h5 does. */
void ln_keras_scope_part(ln_keras *k, const ln_keras_scope *outer, const char *attribute,
                         const char *name, ln_keras_scope *part);
/* Names for the layers of one container: "dense", "dense_1", ... */
typedef struct ln_keras_counter ln_keras_counter;
ln_keras_counter *ln_keras_counter_new(ln_keras *k);
void ln_keras_scope_layer(ln_keras *k, const ln_keras_scope *model, ln_keras_counter *counter,
                          const cJSON *layer, ln_keras_scope *scope);
/* Of .keras, by its place alone. */
void ln_keras_scope_numbered(ln_keras *k, const ln_keras_scope *model, ln_keras_counter *counter,
                             const cJSON *layer, ln_keras_scope *scope);
/* shared.c: the scope of a layer that is mentioned again becomes where its weights are. */
void ln_keras_scope_shared(ln_keras *k, const cJSON *layer, ln_keras_scope *scope);

/* Likewise the cells inside of a StackedRNNCells. */
void ln_keras_scope_cell(ln_keras *k, const ln_keras_scope *stack, ln_keras_counter *counter,
                         const cJSON *cell, ln_keras_scope *scope);

/* ---- arguments.c: what a layer is called with ---- */

typedef struct ln_keras_mask {
    enum { LN_MASK_NONE, LN_MASK_BOOL, LN_MASK_NOT_ZERO, LN_MASK_ANY_NOT } kind;
    ln_id id;       /* bool [batch, time], or what it is computed from */
    double value;   /* LN_MASK_ANY_NOT: a step is masked where all features are this */
} ln_keras_mask;

typedef struct ln_keras_value {
    ln_id id;
    ln_keras_mask mask;
} ln_keras_value;

typedef struct ln_keras_arg {
    enum { LN_ARG_NONE, LN_ARG_TENSOR, LN_ARG_LIST, LN_ARG_JSON } kind;
    const char *name; /* in a dictionary, or of a keyword argument; else NULL */
    ln_keras_value value;
    const cJSON *json;  /* also of a tensor that is a constant */
    const char *dtype;  /* of a constant; else NULL */
    struct ln_keras_arg *items;
    int n;
} ln_keras_arg;

/* ---- one call of a layer ---- */

struct ln_keras_layer;
typedef struct ln_keras_call {
    ln_keras *k;
    ln_emit *e;
    const struct ln_keras_layer *row;
    const cJSON *layer, *config; /* as saved; its "config" */
    const char *name;
    ln_keras_scope scope;
    const ln_keras_arg *args, *kwargs;
    int n_args, n_kwargs;
    const ln_keras_value *in;    /* all tensors of the first argument, in order */
    int n_in;
    ln_keras_value *out;
    int n_out;
} ln_keras_call;

typedef void ln_keras_fn(ln_keras_call *c);

enum {
    LN_KERAS_MASKS = 1, /* the mask of the input goes on to the output */
    LN_KERAS_OP = 2,    /* a function of keras.ops, not a layer */
    LN_KERAS_STEPS = 4, /* works on the last axis or item by item: TimeDistributed does nothing */
};

typedef struct ln_keras_layer {
    const char *name;
    ln_keras_fn *emit; /* NULL: impossible */
    unsigned flags;
    ln_fate fate;
    const char *cure;
} ln_keras_layer;

/* tf_ops.c: TFOpLambda and SlicingOpLambda of Keras 2, which name a function of TensorFlow: which
 * of ops.def does the same, NULL: none; and the call. */
bool ln_keras_is_tf(const cJSON *layer);
const char *ln_keras_tf_op(const cJSON *layer);
void ln_keras_tf_call(ln_keras_call *c);

/* layers.c */
/* Where a layer is: its name behind those of the models around it. */
const char *ln_keras_location(ln_keras *k, const char *outer, const char *name);
const ln_keras_layer *ln_keras_layer_find(const cJSON *layer);
ln_status ln_keras_report(ln_keras *k, const cJSON *model);
/* Runs the layer's function; its outputs are in c->out. */
void ln_keras_layer_call(ln_keras_call *c);
/* A call of `layer` inside of another one (a wrapper's), on the same values. */
ln_keras_call ln_keras_inner(const ln_keras_call *c, const cJSON *layer,
                             const ln_keras_scope *scope);
/* Runs it on one value; `arg` holds that as its argument and must live as long as it. */
void ln_keras_call_with(ln_keras_call *inner, const ln_keras_value *value, ln_keras_arg *arg);

/* foreign.c: a layer without a row, by a function of the program or as a custom operator. */
void ln_keras_foreign(ln_keras_call *c, const char *class);

/* arguments.c */
/* Makes tensors of the constants among the arguments, those inside of lists too. */
void ln_keras_constants(ln_keras_call *c, ln_keras_arg *args, int n);
const ln_keras_arg *ln_keras_arg_find(const ln_keras_call *c, int position, const char *name);
/* The tensor of an argument, -1 when it is none. */
ln_id ln_keras_arg_tensor(const ln_keras_call *c, int position, const char *name);
/* A number that is an argument or, where it is not, stands in the config. */
double ln_keras_arg_number(const ln_keras_call *c, int position, const char *name,
                           double fallback);
/* Likewise as an int; a number that is none is the nearest. */
int ln_keras_arg_int(const ln_keras_call *c, int position, const char *name, int fallback);
/* An argument's JSON, or the config's; NULL. */
const cJSON *ln_keras_arg_json(const ln_keras_call *c, int position, const char *name);
/* The tensor of that key in a dictionary; else NULL. */
const ln_keras_value *ln_keras_arg_item(const ln_keras_arg *arg, const char *key);
/* All tensors of an argument, in order, appended to `values`. */
bool ln_keras_arg_flatten(ln_keras *k, const ln_keras_arg *arg, ln_keras_value **values, int *n,
                          int *capacity);
/* Whether the first argument is made of tensors alone, c->in; fails where it is not. */
bool ln_keras_all_tensors(ln_keras_call *c);
/* The mask that a call works with: its own argument, or what comes with input i. */
ln_keras_mask ln_keras_mask_of(const ln_keras_call *c, int i);
/* Whoever is given a tensor later sees no mask of it. */
void ln_keras_drop_mask(ln_keras_call *c, ln_id id);
bool ln_keras_mask_is_gone(const ln_keras_call *c, ln_id id);
/* As bool [batch, time]. */
ln_id ln_keras_mask_tensor(ln_emit *e, const ln_keras_mask *mask);
void ln_keras_out(ln_keras_call *c, ln_id id);
void ln_keras_out_masked(ln_keras_call *c, ln_id id, ln_keras_mask mask);
static inline ln_id ln_keras_x(const ln_keras_call *c)
{
    return c->n_in ? c->in[0].id : -1;
}

/* model.c, interface.c */
/* Calls a Sequential or Functional model, whose layers' weights are below `c->scope`. */
ln_keras_fn ln_keras_model;
ln_status ln_keras_model_inputs(ln_keras *k, const cJSON *model, ln_keras_value **in, int *n_in);
/* The names of a model's outputs, as its signature has them. */
const char **ln_keras_output_names(ln_keras *k, const cJSON *model, int n);
bool ln_keras_is_model(const cJSON *layer);
const cJSON *ln_keras_layers_of(const cJSON *model);
/* "int32" ...; what is computed in floating point is float32. */
TfLiteType ln_keras_type(const char *name);

/* weights.c: the weight `name` (alternatives: "a|b"; "*": any) of the layer, number `index` of its
 * own */
typedef struct ln_keras_array {
    const float *f;
    ln_shape shape;
    int count;
} ln_keras_array;

/* True when a .keras file has so many weights of the layer's own. */
bool ln_keras_has_weight(const ln_keras_call *c, int index);
bool ln_keras_weight(ln_keras_call *c, const char *name, int index, ln_keras_array *out);
/* As a constant; `perm` (one number per axis, then -1) reorders its axes, NULL: none; then `as`, if
 * not NULL, is its shape (one dim may be -1).  The same weight twice is one constant. */
ln_id ln_keras_param(ln_keras_call *c, const char *name, int index, const int *perm,
                     const ln_shape *as);
ln_id ln_keras_constant(ln_keras_call *c, const ln_shape *shape, const float *values);
/* Float scratch of the call. */
float *ln_keras_floats(ln_keras_call *c, size_t n);

/* once.c: a table from keys to values, filled once; ids are given by ln_keras_table_find. */
typedef struct ln_keras_column {
    TfLiteType type; /* string: texts; int64: numbers */
    const char **texts;
    size_t *lengths;
    int64_t *numbers;
} ln_keras_column;

typedef struct ln_keras_table {
    int n, id;
    ln_keras_column keys, values;
} ln_keras_table;

/* The values of x's items, `missing` where there is none. */
ln_id ln_keras_table_find(ln_keras_call *c, ln_keras_table *t, ln_id x, ln_id missing);
/* A new variable of zeros, by its name; its value, and a new one. */
const char *ln_keras_variable(ln_keras_call *c, const ln_shape *shape);
ln_id ln_keras_variable_read(ln_keras_call *c, const char *name, const ln_shape *shape);
void ln_keras_variable_assign(ln_keras_call *c, const char *name, ln_id value);

/* lookup.c: a text as a tensor without axes; what StringLookup makes of words with this layer's
 * config: of dense ones (places -1), or of those at `places` of rows, `shape` of them by words. */
ln_id ln_keras_one_text(ln_emit *e, const char *text);
ln_id ln_keras_word_rows(ln_keras_call *c, ln_id words, ln_id places, ln_id shape);

/* preprocess.c */
/* A layer's value_range: the least and the largest color; 0 and 255 where it is absent. */
void ln_keras_value_range(const ln_keras_call *c, double range[2]);
/* Indices as "one_hot", "multi_hot" or "count" of `depth`; weights -1: none */
ln_id ln_keras_encode(ln_keras_call *c, ln_id x, const char *mode, int depth, ln_id weights);

/* ops.c, ops_shape.c: arguments of functions */

/* A number, or lists of them that are as long as each other, as a constant; -1: it is none. */
ln_id ln_keras_json_constant(ln_keras_call *c, const cJSON *json);
/* As a tensor of the type; numbers and lists of them are constants. */
ln_id ln_keras_operand(ln_keras_call *c, const ln_keras_arg *a, TfLiteType type);
/* The argument "axis" as axes of this rank; all where there is none. */
int ln_keras_axes(ln_keras_call *c, int rank, int *axes);
/* x along the one axis of the argument, or all of it in a row where there is none. */
ln_id ln_keras_running(ln_keras_call *c, int *axis);
/* The ints of an argument, at most LN_MAX_RANK; -1 when it is no int and no list of them. */
int ln_keras_ints(const ln_keras_call *c, int position, const char *name, int *values);

/* activations.c */
TfLiteFusedActivation ln_keras_fused(const cJSON *activation);
/* What ln_keras_fused does not cover; `y` itself where it covers all. */
ln_id ln_keras_activate(ln_keras_call *c, const cJSON *activation, ln_id y);
/* The whole activation as nodes. */
ln_id ln_keras_activation(ln_keras_call *c, const cJSON *activation, ln_id x);

/* Softmax over the last axis of what `mask` (bool, -1: none) leaves: a row of which nothing is left
 * has equal items. */
ln_id ln_keras_masked_softmax(ln_emit *e, ln_id x, ln_id mask);
/* As the layer does it: since Keras 3.14 such a row is 0. */
ln_id ln_keras_softmax_layer(ln_keras_call *c, ln_id x, ln_id mask);

/* core.c: fails where Keras's backends do not agree on what `a` plus something of shape b is. */
void ln_keras_check_sum(ln_keras_call *c, ln_id a, const ln_shape *b);
/* `a op b`, where that is not so. */
ln_id ln_keras_combine(ln_keras_call *c, const ln_op *op, ln_id a, ln_id b);
/* A weight [summed..., made...] as [made, summed], times a factor; `tail`: the axes made */
ln_id ln_keras_matrix(ln_keras_call *c, const char *name, int summed, double factor,
                      ln_shape *tail);
/* x [..., n] by weights [m, n], and over several last axes, which become those of tail. */
ln_id ln_keras_product(ln_emit *e, ln_id x, ln_id weights, ln_id bias,
                       TfLiteFusedActivation activation);
ln_id ln_keras_contract(ln_emit *e, ln_id x, int summed, ln_id w, ln_id b, const ln_shape *tail);

/* conv.c: the products of a ConvLSTM of n spatial axes: of all steps of x, and of its state. */
ln_id ln_keras_conv_steps(ln_keras_call *c, int n, ln_id x);
ln_id ln_keras_conv_state(ln_keras_call *c, int n, ln_id state);
/* x [b, h, w, i] by a filter [o, h, w, i], transposed: sums at places that are `stride` apart. */
ln_id ln_keras_spread(ln_keras_call *c, ln_id x, ln_id filter, const int *stride,
                      const ln_shape *to);

/* shape.c */
enum { LN_KERAS_AS = -2 }; /* a dimension LN_KERAS_AS - i is that of axis i of x */
ln_id ln_keras_reshape(ln_emit *e, ln_id x, const ln_shape *to);
/* [b, w, c] -> [b, 1, w, c] and back: one-dimensional layers are two-dimensional ones. */
ln_id ln_keras_lift(ln_emit *e, ln_id x);
ln_id ln_keras_drop(ln_emit *e, ln_id x);
/* Where data_format is channels_first: to channels last, and back. */
ln_id ln_keras_to_last(ln_keras_call *c, ln_id x);
ln_id ln_keras_from_last(ln_keras_call *c, ln_id y);
ln_id ln_keras_unary(ln_emit *e, const ln_op *op, ln_id x);
ln_id ln_keras_binary(ln_emit *e, const ln_op *op, ln_id a, ln_id b);
/* x op number, of x's type */
ln_id ln_keras_with(ln_emit *e, const ln_op *op, ln_id x, double number);
/* Items [begin, begin + size) along one axis. */
ln_id ln_keras_part(ln_emit *e, ln_id x, int axis, int begin, int size);
/* Each item `times` times along an axis. */
ln_id ln_keras_stretch(ln_emit *e, ln_id x, int axis, int times);
int ln_keras_axis(ln_keras_call *c, int axis, int rank);
/* Images [b, h, w, c] to another size; `smooth`: by a kernel that is as wide as a step. */
ln_id ln_keras_resize(ln_keras_call *c, ln_id x, const int *size, const char *how, bool smooth);

/* resample.c: whether it has this kind of resizing; likewise the images */
bool ln_keras_resamples(const char *how, bool smooth);
ln_id ln_keras_resample(ln_keras_call *c, ln_id x, const int *size, const char *how, bool smooth);

/* patches.c: the windows of images [b, h, w, c] as [b, y, x, size[0] * size[1] * c] */
ln_id ln_keras_patches(ln_keras_call *c, ln_id x, const int *size, const int *stride,
                       const int *dilation, TfLitePadding padding);
/* [b, h, w, c] of a known size, or it fails. */
bool ln_keras_is_image(ln_keras_call *c, const ln_shape *s);

/* Of all families. */
#define LN_KERAS_LAYER(name, function, ...) ln_keras_fn ln_keras_##function;
#define LN_KERAS_NONE(name, cure)
#include "import/keras/layers.def"
#define LN_KERAS_LAYER(name, function, ...) ln_keras_fn ln_keras_##function;
#define LN_KERAS_NONE(name, cure)
#include "import/keras/ops.def"

#endif
