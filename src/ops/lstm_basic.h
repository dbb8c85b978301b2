/* SPDX-License-Identifier: Apache-2.0 */
/* lstm_basic.h: the five-input form of LSTM (kernel type BASIC); lstm.c calls it. */
#ifndef LN_OPS_LSTM_BASIC_H
#define LN_OPS_LSTM_BASIC_H

#include "ops/op.h"

ln_status ln_lstm_basic_infer(ln_call *c) LN_MUST_USE;
ln_status ln_lstm_basic_eval(ln_call *c) LN_MUST_USE;

#endif
