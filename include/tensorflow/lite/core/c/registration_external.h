/* SPDX-License-Identifier: Apache-2.0 */
/* Old name: forwards to tensorflow/lite/core/c/operator.h. */
#include "tensorflow/lite/core/c/operator.h"
