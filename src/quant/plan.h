/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h: which nodes of a graph become integer nodes, and the scale and zero point of every tensor
 * that they read or make. */
#ifndef LN_QUANT_PLAN_H
#define LN_QUANT_PLAN_H

#include "quant/quant.h"

typedef struct ln_quant_scale {
    float scale;
    int zero;
} ln_quant_scale;

/* One tensor as an activation. */
typedef struct ln_quant_value {
    bool used;   /* an integer node reads or makes it */
    bool ranged; /* low and high are known */
    bool fixed;  /* its op says what its scale is */
    bool exact;  /* low and high come from training and are kept */
    bool tops;   /* an op reads it whose outputs hang on its largest values */
    int leader;  /* of the tensors with one scale; itself where it is the leader */
    float low, high;
    ln_quant_scale q; /* of the leader */
} ln_quant_value;

typedef struct ln_quant_plan {
    ln_quant_job *job;
    ln_graph *g;
    int graph, n;           /* its number; tensors of the source */
    bool *integer;          /* per node */
    ln_quant_value *values; /* per tensor */
    int bits;               /* of activations: 8 or 16 */
} ln_quant_plan;

/* probe.c: true when the op takes the operands of a node as integers of so many bits. */
bool ln_quant_probe(const ln_quant_job *job, const ln_graph *g, const ln_node *n, int bits);

ln_status ln_quant_plan_make(ln_quant_plan *p, ln_quant_job *job, int graph, int bits) LN_MUST_USE;
void ln_quant_plan_free(ln_quant_plan *p);
/* The scale of a tensor by itself. */
ln_quant_scale ln_quant_plan_scale(const ln_quant_plan *p, ln_id tensor);
/* The tensor whose scale operand `i` of a node must have: itself, or the one it must be like. */
ln_id ln_quant_plan_like(const ln_quant_plan *p, const ln_node *n, ln_qrule rule, ln_id operand);

/* ---- cells.c: operands of recurrent operators ---- */

/* True when the op keeps a state in variables. */
bool ln_quant_has_state(const ln_op *op);
/* True when a calibration has seen what its variables hold. */
bool ln_quant_cell_is_seen(const ln_quant_plan *p, const ln_node *n);
/* A constant of so many bits in int16. */
ln_status ln_quant_vector(ln_model *m, ln_graph *g, ln_id id, int bits, ln_id *out) LN_MUST_USE;
/* The integer form of a variable (LN_STATE_...); `output` is the scale of the node's output. */
ln_status ln_quant_state(const ln_quant_plan *p, ln_id id, int how, ln_quant_scale output,
                         ln_id *out) LN_MUST_USE;
/* The inner tensors of a node. */
ln_status ln_quant_inner(const ln_quant_plan *p, const ln_node *n, ln_quant_scale output,
                         TfLiteIntArray **out) LN_MUST_USE;

/* ---- plan.c ---- */

/* Why a node cannot be an integer node; NULL when it can. */
const char *ln_quant_plan_why(const ln_quant_plan *p, const ln_node *n);

#endif
