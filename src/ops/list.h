/* SPDX-License-Identifier: Apache-2.0 */
/* list.h: declares the constant of every op, ln_op_conv_2d and so on, for whoever makes nodes. */
#ifndef LN_OPS_LIST_H
#define LN_OPS_LIST_H

#include "ops/op.h"

#define LN_OP(code, name)  extern const ln_op ln_op_##name;
#define LN_CUSTOM_OP(name) extern const ln_op ln_op_##name;
#include "ops/ops.def"

#endif
