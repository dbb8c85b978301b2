/* SPDX-License-Identifier: Apache-2.0 */
/* quant/: float models -> integer models.  What an op wants is the rules of the op table
 * (ln_op.quant); nothing here names an operator but QUANTIZE, DEQUANTIZE and CAST, which it makes,
 * and the two whose inputs relate.c looks at.
 *
 *     quantize.c   the public interface        weights.c     arrays of numbers -> integers
 *     lite.c       weights alone               stats.c       ranges and histograms, in a file
 *     integer.c    activations too             calibrate.c   runs the model and fills them
 *     plan.c       scales that must agree      compact.c     drops what nothing uses
 *     fake.c       ranges from training        strip.c       integers -> floats
 *     verify.c     floats beside the integers  equalize.c    channels of like size
 *     correct.c    biases by samples           bias.c        biases by means
 *     relate.c     what weights meet           round.c       ... and rounding by it
 *     interface.c  types of inputs, outputs    kept.c        runs a model on kept samples
 *
 * quant.h: what they share.  A model is opened, ln_emit_reopen'ed, edited in place, compacted and
 * written. */
#ifndef LN_QUANT_QUANT_H
#define LN_QUANT_QUANT_H

#include "ir/graph.h"
#include "linnet/quantize.h"
#include "ops/op.h"

typedef struct ln_stats ln_stats;

/* One model being quantized. */
typedef struct ln_quant_job {
    ln_model *m;
    const ln_quantize_options *o;
    const ln_stats *stats; /* of the activations; NULL where none are needed */
    ln_diag *diag;
    struct ln_quant_exact *exact; /* ranges from training; fake.c fills it */
    size_t exact_capacity;
    int n_exact;
    int n_source; /* of the graph at hand: its tensors before anything was added */
    struct ln_quant_shifts *shifts; /* of biases, by samples; NULL: none.  See correct.h */
    const struct ln_quant_relations *relations; /* of weights; NULL: none.  See round.h */
    ln_id *shadow; /* of the graph at hand: its tensors in the float model beside it; verify.c */
} ln_quant_job;

/* The range of a tensor that training with quantization in mind has fixed. */
typedef struct ln_quant_exact {
    int graph;
    ln_id tensor;
    float low, high;
} ln_quant_exact;

/* ---- rules.c: the rules of the op table, with what repeats spelled out ---- */

/* The rule of input (output) `i` of a node; kind LN_Q_NONE_ where there is none. */
ln_qrule ln_quant_rule_in(const ln_op *op, int i);
ln_qrule ln_quant_rule_out(const ln_op *op, int i);
/* How the op takes int8 weights beside float activations: LN_HYBRID_... */
int ln_quant_hybrid(const ln_op *op);
/* The input of a node that its constant weights are multiplied with; -1 where there is none. */
int ln_quant_weights_factor(const ln_graph *g, const ln_node *n);
/* Sets a field of the node's options, copying them first; false when the op has no such field. */
bool ln_quant_set_option(ln_model *m, ln_node *n, const char *field, bool value);
/* True when the user wants this node in float: one of its outputs, or its op, has that name. */
bool ln_quant_keeps_float(const ln_quant_job *job, const ln_graph *g, const ln_node *n);
/* Likewise: in 16 bits; with a scale per channel. */
bool ln_quant_is_wide(const ln_quant_job *job, const ln_graph *g, const ln_node *n);
bool ln_quant_is_per_channel(const ln_quant_job *job, const ln_graph *g, const ln_node *n);

/* ---- tensors.c ---- */

/* Affine parameters of a tensor: n scales along `axis`; zeros NULL: all 0. */
ln_status ln_quant_set_affine(ln_model *m, TfLiteTensor *t, int n, const float *scales,
                              const int *zeros, int axis) LN_MUST_USE;
/* A new constant with the shape of tensor `like`, named as that one; the data are not copied. */
ln_status ln_quant_constant(ln_model *m, ln_graph *g, ln_id like, TfLiteType type, const void *data,
                            size_t bytes, ln_id *out) LN_MUST_USE;
/* A new tensor of another type, with the shape of `like`. */
ln_status ln_quant_tensor(ln_model *m, ln_graph *g, ln_id like, TfLiteType type, const char *name,
                          ln_id *out) LN_MUST_USE;
/* True for a float32 constant that is dense and has data. */
bool ln_quant_is_weights(const ln_graph *g, ln_id id);
/* True for an output of the graph. */
bool ln_quant_is_output(const ln_graph *g, ln_id id);
/* Makes the inputs or outputs of signatures that are tensor `from` tensor `to`. */
void ln_quant_rebind(ln_model *m, int graph, bool inputs, ln_id from, ln_id to);
/* True when the graph is one that users call. */
bool ln_quant_has_interface(const ln_model *m, int graph);
/* A node with one input and one output at the end of the list. */
ln_status ln_quant_add_unary(ln_model *m, ln_graph *g, const ln_op *op, ln_id in,
                             ln_id out) LN_MUST_USE;
/* Takes the nodes out of the graph, to be added again one by one with others between them. */
typedef struct ln_quant_nodes {
    ln_node *nodes;
    int n;
} ln_quant_nodes;
ln_quant_nodes ln_quant_take_nodes(ln_graph *g);
ln_status ln_quant_put_node(ln_model *m, ln_graph *g, const ln_node *n) LN_MUST_USE;

/* ---- weights.c ---- */

/* How an array is laid out around the dimension with its own scale per index. */
typedef struct ln_quant_layout {
    int outer, channels, inner, axis;
} ln_quant_layout;
/* axis -1: one scale for all. */
ln_quant_layout ln_quant_layout_of(const TfLiteTensor *t, int axis);

typedef struct ln_quant_weights {
    int bits; /* 8 or 4 */
    ln_quant_layout at;
    float *scales;                            /* at.channels of them, in the model's arena */
    int8_t *values;                           /* one per item, in the arena */
    const struct ln_quant_relation *relation; /* by which they are rounded; NULL: to the nearest */
} ln_quant_weights;
/* Symmetric integers of w->bits bits for a float constant.  `clip`: scales that minimize the mean
 * square error rather than reach the largest value.  `floors` NULL, or the least scale of each
 * channel. */
ln_status ln_quant_weigh(ln_model *m, const TfLiteTensor *t, ln_quant_clip clip,
                         const float *floors, ln_quant_weights *w) LN_MUST_USE;
/* The constant with these values in it, packed where they have 4 bits. */
ln_status ln_quant_weights_tensor(ln_model *m, ln_graph *g, ln_id like, const ln_quant_weights *w,
                                  ln_id *out) LN_MUST_USE;

/* ---- lite.c ---- */

/* Dynamic range, weight-only, float16, bfloat16. */
ln_status ln_quant_lite(ln_quant_job *job) LN_MUST_USE;

/* ---- integer.c ---- */

/* Integer activations, 8 or 16 bits. */
ln_status ln_quant_integer(ln_quant_job *job) LN_MUST_USE;

/* ---- verify.c ---- */

/* True for a node that can run twice: it keeps no state. */
bool ln_quant_can_verify(const ln_graph *g, const ln_node *n);
/* The node once more, in front of it, with new tensors; out[] gets them. */
ln_status ln_quant_put_copy(ln_quant_job *job, ln_graph *g, const ln_node *n, const ln_id *in,
                            ln_id *out) LN_MUST_USE;
/* LN_QUANT_VERIFY_MODEL: all of the graph once more; fills job->shadow. */
ln_status ln_quant_put_shadow(ln_quant_job *job, ln_graph *g) LN_MUST_USE;
ln_status ln_quant_put_verify(ln_quant_job *job, ln_graph *g, ln_id quantized,
                              ln_id reference) LN_MUST_USE;
/* Gives the tensors of NumericVerify their names, once numbers are final. */
ln_status ln_quant_name_verified(ln_model *m) LN_MUST_USE;

/* ---- fake.c ---- */

/* Takes the FAKE_QUANT nodes out and keeps their ranges in job->exact. */
ln_status ln_quant_take_fakes(ln_quant_job *job) LN_MUST_USE;

/* ---- strip.c ---- */

/* From integers back to floats. */
ln_status ln_quant_strip(ln_quant_job *job) LN_MUST_USE;
/* Makes a model that is quantized already one to quantize: floats all through where it computes in
 * integers; constants of fewer bits become floats in any case. */
ln_status ln_quant_start_over(ln_quant_job *job) LN_MUST_USE;

/* ---- interface.c ---- */

/* Gives the inputs and outputs of a quantized model the types asked for. */
ln_status ln_quant_interface(ln_quant_job *job) LN_MUST_USE;

/* ---- equalize.c ---- */

/* Scales channels between layers so that their weights have like ranges; the model computes the
 * same. */
ln_status ln_quant_equalize_graphs(ln_model *m) LN_MUST_USE;

/* ---- compact.c ---- */

/* Drops tensors and buffers that nothing uses. */
ln_status ln_quant_compact(ln_model *m) LN_MUST_USE;

#endif
