/* SPDX-License-Identifier: Apache-2.0 */
/* round.h: weights rounded so that their errors make up for each other (GPTQ).  What an error
 * costs, and which other weight can take it back, follows from what the weights are multiplied
 * with: their products' sums over samples (relate.c), by which they are rounded (round.c). */
#ifndef LN_QUANT_ROUND_H
#define LN_QUANT_ROUND_H

#include "base/diag.h"
#include "ir/graph.h"

/* Of the weights of one convolution or product, k to an output. */
typedef struct ln_quant_relation {
    int tensor, k;      /* in the first graph */
    const ln_node *use; /* its parameters */
    int rows, columns;  /* of a convolution's filter; 0: a product */
    float *sums;        /* [k][k], of which the lower triangle is used */
} ln_quant_relation;

typedef struct ln_quant_relations {
    ln_quant_relation *all;
    int n;
} ln_quant_relations;

/* Runs the float model on samples.  To be freed also where it fails. */
ln_status ln_quant_relate(const void *model, size_t n, void *const *samples, int n_samples,
                          ln_quant_relations *out, ln_diag *diag) LN_MUST_USE;
void ln_quant_relations_free(ln_quant_relations *r);
/* NULL where nothing is known; r NULL is fine. */
const ln_quant_relation *ln_quant_relation_of(const ln_quant_relations *r, const ln_model *m,
                                              const ln_graph *g, ln_id tensor);

/* Makes the sums what the rounding needs: U'DU of them, a little being added to the diagonal. */
void ln_quant_factor(float *sums, int k);
struct ln_quant_weights;
/* Rounds `n` weights by w->relation to steps of w->scales, from -top to top; the scales lie along
 * them, each for as many.  `errors` has room for the k of the relation. */
void ln_quant_round_related(const float *x, size_t n, int top, float *errors,
                            struct ln_quant_weights *w);

#endif
