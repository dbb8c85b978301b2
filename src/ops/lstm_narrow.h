/* SPDX-License-Identifier: Apache-2.0 */
/* lstm_narrow.h: LSTM's integer form with 12 intermediate tensors (TFLite's 8x8_8), whose gates
 * pass through int8 before they are added.  The usual form, with 5, is in lstm_step.h. */
#ifndef LN_OPS_LSTM_NARROW_H
#define LN_OPS_LSTM_NARROW_H

#include "ops/lstm_step.h"

enum { LN_LSTM_NARROW_MIDS = 12 };

/* For operands that lstm.c has checked as those of an integer cell; x [batch, n_input]. */
ln_status ln_lstm_narrow_infer(ln_call *c, const ln_lstm *l) LN_MUST_USE;
ln_status ln_lstm_narrow_eval(ln_call *c, const ln_lstm *l) LN_MUST_USE;

#endif
