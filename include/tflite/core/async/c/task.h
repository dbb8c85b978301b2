/* SPDX-License-Identifier: Apache-2.0 */
/* LiteRT's path: forwards to tensorflow/lite/core/async/c/task.h. */
#include "tensorflow/lite/core/async/c/task.h"
