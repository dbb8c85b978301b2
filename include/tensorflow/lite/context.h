/* SPDX-License-Identifier: Apache-2.0 */
/* Old name: forwards to tensorflow/lite/core/c/common.h. */
#include "tensorflow/lite/core/c/common.h"
