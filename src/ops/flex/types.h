/* SPDX-License-Identifier: Apache-2.0 */
/* types.h: TensorFlow's numbers of types, in its messages and attributes. */
#ifndef LN_OPS_FLEX_TYPES_H
#define LN_OPS_FLEX_TYPES_H

#include "ops/op.h"

/* TensorFlow's number of a type; 0: none.  And back; kTfLiteNoType: none. */
int ln_type_to_tensorflow(TfLiteType type);
TfLiteType ln_type_from_tensorflow(uint64_t number);

#endif
