/* SPDX-License-Identifier: Apache-2.0 */
/* kept.h: runs a model on the samples that a calibration has kept, with a custom operator in it
 * that looks at tensors. */
#ifndef LN_QUANT_KEPT_H
#define LN_QUANT_KEPT_H

#include "base/status.h"
#include "tensorflow/lite/core/c/c_api_opaque.h"

typedef struct ln_quant_kept {
    void *const *samples; /* each the bytes of all inputs, one behind the other */
    int n;
    const char *op; /* the custom operator, and what it does */
    TfLiteStatus (*prepare)(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node);
    TfLiteStatus (*invoke)(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node);
    void (*begin)(void *user, int sample); /* these may be NULL */
    void (*end)(void *user);
    void *user;
} ln_quant_kept;

ln_status ln_quant_run_kept(const ln_quant_kept *kept, const void *bytes, size_t n) LN_MUST_USE;

#endif
