/* SPDX-License-Identifier: Apache-2.0 */
/* node.h: one Select-TF operator, run by TensorFlow. */
#ifndef LN_FLEX_NODE_H
#define LN_FLEX_NODE_H

#include "flex/tensorflow.h"
#include "tensorflow/lite/core/c/common.h"

/* What the options of a node hold; they live as long as the model. */
typedef struct ln_flex_call {
    char name[128]; /* TensorFlow's, without "Flex" */
    const uint8_t *def;
    size_t n_def; /* the NodeDef */
} ln_flex_call;

/* False: the options are no list of a name and a NodeDef. */
bool ln_flex_call_read(const void *options, size_t n, ln_flex_call *call);
/* What it gets and gives. */
typedef struct ln_flex_ends {
    TFE_TensorHandle *const *in;
    TFE_TensorHandle **out;
    int n_in, n_out;
} ln_flex_ends;

/* Runs it.  False, with TensorFlow's reason in `status`. */
bool ln_flex_call_run(const ln_tensorflow *tf, TFE_Context *context, const ln_flex_call *call,
                      const ln_flex_ends *ends, TF_Status *status);

#endif
