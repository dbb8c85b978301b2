/* SPDX-License-Identifier: Apache-2.0 */
/* opt/: passes over a graph whose dimensions may be open (emit.h).  One file per family, all listed
 * in passes.def; patterns that one operator replaces are text (rules.def, rules.c).
 *
 * opt.h: what a pass sees.  A pass looks at one node at a time.  It emits what replaces the node by
 * o->e and calls ln_opt_replace; new nodes take the place of the node that is looked at, so nothing
 * has to be sorted but by that place.  An index of makers and uses is kept along with each edit:
 * a pass over the graph takes linear time.
 *
 * Node numbers are good within one pass; pointers to nodes and tensors only until something is
 * emitted. */
#ifndef LN_OPT_OPT_H
#define LN_OPT_OPT_H

#include "emit/emit.h"
#include "ops/list.h"

struct ln_rules;

typedef struct ln_opt_options {
    bool float_changes;   /* also what rounds floats differently: scales folded into weights */
    bool fuse_lstm;       /* loops of recurrent cells become operators that keep their states */
    bool keep_names;      /* false: tensors that are no input or output lose their names */
    const struct ln_rules *rules; /* of the user, before the built-in ones; NULL: none */
    const void *user;             /* for the function of ln_opt_each */
} ln_opt_options;

/* What was done: how often each pass changed something. */
typedef struct ln_opt_report {
    int rounds, nodes_before, nodes_after;
    int changes[64]; /* by the order of passes.def */
} ln_opt_report;

/* The default: everything that TensorFlow's converter would do. */
extern const ln_opt_options ln_opt_defaults;

/* Runs all passes on all graphs of the model, whose dimensions are open; `report` may be NULL. */
ln_status ln_optimize(ln_model *m, const ln_opt_options *options, ln_opt_report *report,
                      ln_diag *diag) LN_MUST_USE;
/* Calls a function like a pass's once for each node of a graph, then drops what it left dead; adds
 * up how often it returned true. */
struct ln_opt;
ln_status ln_opt_each(ln_model *m, ln_graph *g, const ln_opt_options *options,
                      bool (*node)(struct ln_opt *o, int node), int *changes) LN_MUST_USE;
/* shapes.c: infers the shapes of a model that was read from a file. */
ln_status ln_opt_infer(ln_model *m) LN_MUST_USE;
/* The name of pass i of passes.def; NULL past the end. */
const char *ln_opt_pass_name(int i);

/* ---- for passes ---- */

typedef struct ln_opt_use { int node, slot, next; } ln_opt_use;
typedef struct ln_opt_tensor { int maker, first, uses; } ln_opt_tensor;
typedef struct ln_opt_node { int place; bool dead; } ln_opt_node;

typedef struct ln_opt {
    ln_emit e;
    ln_model *m;
    ln_graph *g;
    const ln_opt_options *options;
    const struct ln_rules *builtin;
    int place;               /* of what is emitted now */
    ln_id first_new;         /* tensors from here on were emitted for the node that is looked at */
    bool edited;             /* since the index was made */
    ln_opt_tensor *tensors;  /* per tensor: the index */
    ln_opt_node *nodes;
    ln_opt_use *uses;
    int n_tensors, n_nodes, n_uses; /* as far as indexed */
    size_t tensor_capacity, node_capacity, use_capacity;
} ln_opt;

typedef struct ln_pass {
    const char *name;
    int stage;                               /* 0 first; 1 when 0 finds nothing more; 2 once */
    bool (*node)(ln_opt *o, int node);       /* true: something has changed */
    bool (*graph)(ln_opt *o);                /* instead: a look at the whole graph */
} ln_pass;

#define LN_PASS(stage, name)  bool ln_pass_##name(ln_opt *o, int node);
#define LN_GRAPH_PASS(stage, name) bool ln_pass_##name(ln_opt *o);
#include "opt/passes.def"

/* index.c: the index is made for a graph, follows edits, and is dropped with the dead nodes. */
ln_status ln_opt_open(ln_opt *o, ln_model *m, ln_graph *g, const ln_opt_options *options,
                      ln_diag *diag) LN_MUST_USE;
ln_status ln_opt_close(ln_opt *o) LN_MUST_USE;
/* Takes in what was emitted since. */
void ln_opt_sync(ln_opt *o);
/* What is emitted from now on takes the place, and the location, of this node. */
void ln_opt_at(ln_opt *o, int node);
/* The node that makes a tensor, -1: none does. */
int ln_opt_maker(ln_opt *o, ln_id t);
/* How often it is used, outputs of the graph included. */
int ln_opt_uses(ln_opt *o, ln_id t);
/* The one node that uses it; -1 when there are others, or it is an output. */
int ln_opt_user(ln_opt *o, ln_id t);
/* The nodes that use it, one for each use; 0 when there are more than `max`, or it is an output. */
int ln_opt_users(ln_opt *o, ln_id t, int max, int *nodes);
/* Makes every use of `from` a use of `to`, which inherits its name where it is an output; then the
 * maker of `from` goes, unless it has other uses.  False, and nothing is done, when `to` has
 * another type or shape, or is no tensor: what was emitted for it goes. */
bool ln_opt_replace(ln_opt *o, ln_id from, ln_id to);
/* Another operand. */
void ln_opt_set_input(ln_opt *o, int node, int slot, ln_id t);
/* Removes a node, and what was made for it alone. */
void ln_opt_kill(ln_opt *o, int node);
/* Removes nodes whose results nobody uses; true when there were some. */
bool ln_opt_sweep(ln_opt *o);

/* Constants that nobody uses any more lose their values, and their memory where it is large. */
ln_status ln_opt_shed(ln_opt *o) LN_MUST_USE;

/* match.c */
static inline ln_node *ln_opt_node_at(const ln_opt *o, int node) { return &o->g->nodes[node]; }
/* True when the node is there and is this operator. */
bool ln_opt_is(const ln_opt *o, int node, const ln_op *op);
/* The node of this operator that makes `t`, which nobody else uses; -1: there is none. */
int ln_opt_only(ln_opt *o, ln_id t, const ln_op *op);
/* Operand i, -1 where it is absent; likewise output 0. */
ln_id ln_opt_in(const ln_opt *o, int node, int i);
ln_id ln_opt_out(const ln_opt *o, int node);
bool ln_opt_is_float(const ln_opt *o, ln_id t);
/* Same type, and same scale and zero point. */
bool ln_opt_same_kind(const ln_opt *o, ln_id a, ln_id b);
/* Shapes that are equal for sure: at most one dimension is open, and it is so in both. */
bool ln_opt_same_shape(const ln_shape *a, const ln_shape *b);
/* All items of a constant of numbers have this value. */
bool ln_opt_splat(const ln_opt *o, ln_id t, double *value);
/* True when `a` is `b`, but for rounding. */
bool ln_opt_near(double a, double b);
/* The fused activation among a node's parameters; NULL: it has none. */
TfLiteFusedActivation *ln_opt_activation(const ln_node *n);
/* True when it has none, or it is NONE. */
bool ln_opt_plain(const ln_node *n);
/* Of a node with two operands, the constant one: false when none or both are. */
bool ln_opt_constant_side(const ln_opt *o, int node, ln_id *x, ln_id *constant);
/* A constant of ints as axes in [0, rank), as a set; false when it is no such thing. */
bool ln_opt_axes(const ln_opt *o, ln_id t, int rank, unsigned *axes);
/* A negative axis counted from the end, where the rank is known. */
static inline int ln_opt_from_end(int axis, int rank)
{
    return axis < 0 && rank > 0 ? axis + rank : axis;
}
/* A node like `n` on other operands; returns its output 0. */
ln_id ln_opt_again(ln_opt *o, int node, int n_in, const ln_id *in);

#endif
