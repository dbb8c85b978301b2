/* SPDX-License-Identifier: Apache-2.0 */
/* encoder_op.h: the custom operator that universal sentence encoders cut texts with. */
#ifndef LN_TASK_ENCODER_OP_H
#define LN_TASK_ENCODER_OP_H

#include "tensorflow/lite/core/c/c_api.h"

#define LN_ENCODER_OP "TFSentencepieceTokenizeOp"

/* Makes the operator known to interpreters with these options. */
void ln_encoder_op_add(TfLiteInterpreterOptions *options);

#endif
