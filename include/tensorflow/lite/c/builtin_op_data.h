/* SPDX-License-Identifier: Apache-2.0 */
/* Another path of TensorFlow Lite: forwards to tensorflow/lite/core/c/builtin_op_data.h. */
#include "tensorflow/lite/core/c/builtin_op_data.h"
