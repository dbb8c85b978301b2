/* SPDX-License-Identifier: Apache-2.0 */
/* Old name: forwards to tensorflow/lite/c/common.h. */
#include "tensorflow/lite/c/common.h"
