/* SPDX-License-Identifier: Apache-2.0 */
/* Old name: forwards to tensorflow/lite/core/c/builtin_op_data.h. */
#include "tensorflow/lite/core/c/builtin_op_data.h"
