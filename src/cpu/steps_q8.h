/* SPDX-License-Identifier: Apache-2.0 */
/* steps_q8.h: the weights of an 8-bit product as steps (kernels/gemm_steps.h), panel after panel.
 * Whether that is worth it depends on the weights: those of trained networks are small for the
 * most part, above all where all channels have one scale. */
#ifndef LN_CPU_STEPS_Q8_H
#define LN_CPU_STEPS_Q8_H

#include "kernels/kernels.h"

/* Where a step's values begin: piece << LN_Q8_PIECE_SHIFT, and the value within. */
enum { LN_Q8_PIECE_SHIFT = 20 };

typedef struct ln_q8_steps {
    size_t most;           /* steps of one panel; 0: the product does not go by steps */
    const int8_t *weights; /* of all steps */
    const uint32_t *first; /* the first step of each panel, and how many there are */
    const ln_step_sets *sets; /* of each panel */
    const uint32_t *from;  /* of each step */
} ln_q8_steps;

/* Weights while they become steps. */
typedef struct ln_q8_stepper {
    const ln_gemm_steps *g;
    size_t pieces, length; /* of a row, see kernels/gemm_q8.h */
    int zero;              /* what packed weights are too large by */
    size_t panels, made;
    size_t dense_steps; /* of a panel */
    int8_t *dense;      /* room for a panel of ln_gemm_q8_pack */
    ln_step_list panel; /* its steps as they come */
    ln_step_list list;  /* all, by sets */
    uint32_t *first;
    ln_step_sets *sets;
} ln_q8_stepper;

/* Set before: g to panels.  False when memory is out, or rows are too long. */
bool ln_q8_stepper_begin(ln_q8_stepper *s);
/* Adds the next panel, s->dense, of n columns; false when steps are too many to be worth it. */
bool ln_q8_stepper_add(ln_q8_stepper *s, size_t n);
/* Bytes of what has been added. */
size_t ln_q8_stepper_bytes(const ln_q8_stepper *s);
/* Copies that to `to`, 64-byte aligned. */
void ln_q8_stepper_end(const ln_q8_stepper *s, void *to);
void ln_q8_stepper_free(ln_q8_stepper *s);

/* The steps that lie at `at`, at most `bytes`, for a product as `s` says; *used receives how many
 * these are.  False where they are not right. */
bool ln_q8_steps_read(ln_q8_steps *steps, const ln_q8_stepper *s, const void *at, size_t bytes,
                      size_t *used);

/* The places of n steps in bytes; `offset`: where pieces begin. */
void ln_q8_steps_place(uint32_t *to, const uint32_t *from, size_t n, const size_t *offset);

#endif
