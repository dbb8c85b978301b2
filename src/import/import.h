/* SPDX-License-Identifier: Apache-2.0 */
/* import/: other formats -> the graph.  One folder per format (savedmodel/, keras/, onnx/), each
 * with one table from its names of operators to functions that emit ours; proto/ has the message
 * definitions.  One importer never includes another's files: what they share is in emit/.
 *
 * An importer first goes over the whole model and puts every operator with its fate into the
 * report, so that all that is missing is said at once; then it translates, or gives up. */
#ifndef LN_IMPORT_IMPORT_H
#define LN_IMPORT_IMPORT_H

#include "base/arena.h"
#include "emit/foreign.h"
#include "ir/graph.h"
#include "ops/op.h"

/* What becomes of one operator of the source. */
typedef enum ln_fate {
    LN_FATE_BUILTIN,    /* one builtin operator */
    LN_FATE_DECOMPOSED, /* several builtin operators, or folded away */
    LN_FATE_FLEX,       /* a Select-TF operator that Linnet runs by its own kernel */
    LN_FATE_FLEX_TF,    /* a Select-TF operator that needs TensorFlow's library to run */
    LN_FATE_CUSTOM,     /* a custom operator under its own name */
    LN_FATE_IMPOSSIBLE,
} ln_fate;

typedef struct ln_finding {
    const char *op;       /* as the source names it: "Conv2D", "LSTM", "com.x:Foo" */
    const char *location; /* layer or node */
    ln_fate fate;
    const char *cure;     /* what the user can do; NULL: what the fate itself asks for */
} ln_finding;

typedef struct ln_report {
    ln_arena arena;
    ln_finding *findings;
    size_t n, capacity;
    int impossible; /* how many have that fate */
    bool marked_lstm; /* a function says that it is an LSTM layer: TensorFlow makes one operator */
} ln_report;

void ln_report_init(ln_report *r, const ln_alloc *alloc);
void ln_report_deinit(ln_report *r);
/* Adds a finding; the texts are copied. */
ln_status ln_report_add(ln_report *r, const ln_finding *finding) LN_MUST_USE;
/* Finding `i` has another fate after all. */
void ln_report_amend(ln_report *r, size_t i, ln_fate fate);
/* Every operator that is impossible, as ln_report_check says it, as far as there is room. */
void ln_report_list(const ln_report *r, char *text, size_t room);
/* LN_ERR_UNSUPPORTED with a message that lists every operator that is impossible, each once with
 * how often it occurs, where first, and its cure; LN_OK when there is none. */
ln_status ln_report_check(const ln_report *r, ln_diag *diag) LN_MUST_USE;

/* A shape that the user gives for an input of the source. */
typedef struct ln_input_shape {
    const char *name;
    ln_shape shape;
    bool taken; /* set where the source has such an input */
} ln_input_shape;

typedef struct ln_import_options {
    const char *const *signatures; /* keys to import; n_signatures 0: all */
    int n_signatures;
    const char *tag;               /* of the MetaGraph in a SavedModel; NULL: "serve" */
    ln_input_shape *shapes;
    int n_shapes;
    const char *const *inputs, *const *outputs; /* of a frozen graph: names of its nodes */
    int n_inputs, n_outputs;
    bool select_tf_ops;            /* what has no builtin becomes a Flex operator */
    const char *const *user_tf_ops; /* ... of those that are not TensorFlow's own: these */
    int n_user_tf_ops;
    bool allow_custom_ops;         /* ... or a custom operator of the same name */
    const ln_foreign_importers *foreign; /* of the program; NULL: none */
} ln_import_options;

/* The shape that the user gives for an input of this name; NULL: none. */
const ln_shape *ln_import_shape(const ln_import_options *o, const char *name);

/* The fate of an operator without a row, called `op` in the source and `custom` as a custom one. */
ln_fate ln_fate_foreign(const ln_import_options *o, const char *op, const char *custom);

/* Each makes a model whose dimensions are still open (ln_emit_finish has not run), with its
 * signatures; on failure *out is NULL.  `report` is filled in either case. */
ln_status ln_import_saved_model(ln_model **out, const char *folder, const ln_import_options *o,
                                ln_report *report, const ln_alloc *alloc,
                                ln_diag *diag) LN_MUST_USE;
ln_status ln_import_graph_def(ln_model **out, const char *path, const ln_import_options *o,
                              ln_report *report, const ln_alloc *alloc, ln_diag *diag) LN_MUST_USE;
/* .keras and .h5 */
ln_status ln_import_keras(ln_model **out, const char *path, const ln_import_options *o,
                          ln_report *report, const ln_alloc *alloc, ln_diag *diag) LN_MUST_USE;
ln_status ln_import_onnx(ln_model **out, const char *path, const ln_import_options *o,
                         ln_report *report, const ln_alloc *alloc, ln_diag *diag) LN_MUST_USE;

#endif
