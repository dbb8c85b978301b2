/* SPDX-License-Identifier: Apache-2.0 */
/* eltwise.h: an elementwise node as a step: a kernel, its parameters, and how its operands go along
 * with its output.  A step computes any run of consecutive items of the output, so nodes can be run
 * block by block while a block is in cache: behind the node that makes an operand, or one after the
 * other in a group.
 *
 * eltwise.c plans and runs steps, eltwise_rules.c knows the operators. */
#ifndef LN_CPU_ELTWISE_H
#define LN_CPU_ELTWISE_H

#include "kernels/kernels.h"
#include "ops/op.h"

enum { LN_STEP_IN = 3, LN_STEP_BYTES = 256 };

/* How an operand goes along. */
typedef enum ln_step_form {
    LN_STEP_FULL,   /* item by item */
    LN_STEP_ONE,    /* the same item all along */
    LN_STEP_PIECES, /* repeats: long pieces of its items, or of one item, by the axes below */
    LN_STEP_BUFFER, /* repeats in short pieces, which are put together to be read as FULL */
} ln_step_form;

typedef struct ln_step_operand {
    int in; /* which input of the node */
    ln_step_form form;
    size_t size; /* bytes of an item */
    int rank;
    size_t dim[LN_MAX_RANK], stride[LN_MAX_RANK]; /* axes of the output, joined; stride 0: stays */
} ln_step_operand;

typedef struct ln_step {
    ln_elt_fn fn;
    ln_gates_fn gates;    /* of FULL bytes and a row; NULL: `fn` takes them, too */
    size_t kernel; /* where in ln_kernels it is, see eltwise_rules.h */
    int n_in;
    ln_step_operand x[LN_STEP_IN]; /* in the order that fn takes them */
    size_t out_size;               /* bytes of an item */
    union {
        float slope;
        ln_elt_range range;
        ln_elt_fixed_pair pair;
        ln_convert_scale scale;
        ln_convert_steps steps;
        ln_convert_rescale rescale;
        uint8_t table[LN_STEP_BYTES];
    } p; /* for fn */
} ln_step;

/* A vector over and over again. */
static inline bool ln_step_is_cycle(const ln_step_operand *x)
{
    return (x->form == LN_STEP_PIECES || x->form == LN_STEP_BUFFER) && x->rank == 2 &&
           x->stride[0] == 0 && x->stride[1] != 0;
}

/* True when nodes of these types and parameters are steps, as far as their shapes allow. */
bool ln_step_claims(const ln_op *op, const ln_call *c);
/* Plans the step of a node whose shapes are known and whose infer was content;
 * LN_ERR_UNSUPPORTED, without a message, where there is none. */
ln_status ln_step_plan(ln_step *s, const ln_op *op, const ln_call *c,
                       const ln_kernels *fn) LN_MUST_USE;
/* Items [at, at + n) of the output.  y, and x[k] where s->x[k] is FULL, point at item `at`; the
 * other x[k] at the operand's first item.  y may be any FULL operand whose items have its size. */
void ln_step_run(const ln_step *s, void *y, const void *const *x, size_t at, size_t n);

/* What the reference makes of one byte: input i is from[i][j] for j = 0 to 255, a tensor of bytes,
 * or itself where from[i] is NULL.  The output is one of bytes, too; LN_STEP_IN inputs at most. */
ln_status ln_step_byte_table(const ln_op *op, const ln_call *c,
                             const uint8_t *const from[LN_STEP_IN],
                             uint8_t table[LN_STEP_BYTES]) LN_MUST_USE;
/* The same with all bytes for input `moving`. */
ln_status ln_step_table_of(const ln_op *op, const ln_call *c, int moving,
                           uint8_t table[LN_STEP_BYTES]) LN_MUST_USE;

#endif
