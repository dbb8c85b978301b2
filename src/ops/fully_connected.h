/* SPDX-License-Identifier: Apache-2.0 */
/* fully_connected.h: the form of FULLY_CONNECTED with shuffled weights, which
 * fully_connected_shuffled.c computes. */
#ifndef LN_OPS_FULLY_CONNECTED_H
#define LN_OPS_FULLY_CONNECTED_H

#include "ops/op.h"

/* infer, for weights of rank 2 and an input that is no scalar; and eval. */
ln_status ln_shuffled_infer(ln_call *c) LN_MUST_USE;
ln_status ln_shuffled_eval(ln_call *c) LN_MUST_USE;

#endif
