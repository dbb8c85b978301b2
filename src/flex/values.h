/* SPDX-License-Identifier: Apache-2.0 */
/* values.h: tensors of TensorFlow Lite as tensors of TensorFlow, and back. */
#ifndef LN_FLEX_VALUES_H
#define LN_FLEX_VALUES_H

#include "flex/tensorflow.h"
#include "tensorflow/lite/core/c/common.h"

/* A copy of a tensor; NULL where its type is none of TensorFlow's, or memory is out. */
TF_Tensor *ln_flex_value(const ln_tensorflow *tf, const TfLiteTensor *t);
/* Gives `to` the shape and values of `from`, which has its type; `resize` for its memory. */
TfLiteStatus ln_flex_take(const ln_tensorflow *tf, TfLiteContext *context, const TF_Tensor *from,
                          TfLiteTensor *to);

#endif
