/* SPDX-License-Identifier: Apache-2.0 */
/* Old name: forwards to tensorflow/lite/c/operator.h. */
#include "tensorflow/lite/c/operator.h"
