/* SPDX-License-Identifier: Apache-2.0 */
/* LiteRT's path: forwards to tensorflow/lite/builtin_ops.h. */
#include "tensorflow/lite/builtin_ops.h"
