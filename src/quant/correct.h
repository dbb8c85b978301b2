/* SPDX-License-Identifier: Apache-2.0 */
/* correct.h: biases that take back what quantization does to means; see correct.c. */
#ifndef LN_QUANT_CORRECT_H
#define LN_QUANT_CORRECT_H

#include "ir/graph.h"

enum { LN_QUANT_SAMPLES = 32 }; /* at most so many are kept */

/* A layer with a bias. */
typedef struct ln_quant_shift {
    int tensor, channels; /* that it makes, in the first graph */
    float *by;            /* per channel: what is too much */
    float *means;         /* [sample][channel] */
} ln_quant_shift;

/* A NumericVerify of the model, in order: the tensor that it looks at. */
typedef struct ln_quant_mark {
    int tensor;
    bool given; /* an output of the graph */
} ln_quant_mark;

typedef struct ln_quant_marks {
    ln_quant_mark *all;
    int n, room;
} ln_quant_marks;

typedef struct ln_quant_shifts {
    ln_quant_shift *all;
    int n;
    ln_quant_marks marks;
} ln_quant_shifts;

/* The layers of a .tflite file, with no shifts yet.  To be freed also where it fails. */
ln_status ln_quant_shifts_list(const void *model, size_t n, int n_samples, ln_quant_shifts *s,
                               ln_diag *diag) LN_MUST_USE;
void ln_quant_shifts_free(ln_quant_shifts *s);
/* The shifts of the layer that makes `tensor`; NULL where there are none. */
const float *ln_quant_shifts_of(const ln_quant_shifts *s, int tensor, int channels);

typedef struct ln_correcting {
    void *const *samples; /* each the bytes of all inputs, one behind the other */
    int n_samples;
    /* The integer model with these shifts, beside its floats; it fills shifts->marks. */
    ln_status (*make)(void *user, ln_quant_shifts *shifts, void **bytes, size_t *n);
    void *user;
} ln_correcting;

/* Fills the shifts, which are 0 before. */
ln_status ln_quant_correct(const ln_correcting *how, ln_quant_shifts *shifts) LN_MUST_USE;

#endif
